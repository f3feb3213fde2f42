"""From nodes to what a backend runs: fetches, feeds, specialisation, program, text."""

from .feeds import checked
from .fetches import flatten, written
from .interpret import State, interpret, reraise
from .program import Call, Program, Read, Ref, Update
from .record import record
from .saving import save_source
from .scalars import RAISED as SCALARS_RAISE
from .source import Source, print_source
from .specialize import Special, Taps, specialize

__all__ = [
    "SCALARS_RAISE", "Call", "Program", "Read", "Ref", "Source", "Special", "State", "Taps",
    "Update", "checked", "flatten", "interpret", "print_source", "record", "reraise",
    "save_source", "specialize", "written",
]  # fmt: skip
