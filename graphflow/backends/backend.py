"""What a session's programs are made for, and what a backend makes of one: a callable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..dtypes import Array
from ..errors import GraphError
from ..program import Program, State


class Backend(ABC):
    """A program as a function of state, feeds and the run's random key. It keeps no values.

    It gives the fetched values, without updates, then the new values of the updated variables; more
    may follow that is its own. Where it `uses_up` what it updates, the old values are gone then.
    """

    uses_up: bool = False

    def __init__(self, program: Program) -> None:
        self.program = program

    @abstractmethod
    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """The values; they may be on their way still."""

    @property
    def text(self) -> str:
        """The text that runs. Raises GraphError where there is none."""
        raise GraphError("source: with optimize=False the program is interpreted, not printed")

    @property
    def peak(self) -> int:
        """The bytes that a run needs at its peak, beside its arguments and the variables."""
        raise GraphError("memory: with optimize=False the program is interpreted, not planned")

    def handed_out(self, results: Sequence[Any]) -> Sequence[Any]:
        """What a call gave, the fetched values as the caller's own. Raises what went wrong."""
        return results


class Kind(NamedTuple):
    """How a session runs: what makes callables of programs, and what they are recorded for.

    `simplify` says that programs are simplified, `for_numpy` that they are brought to what is cheap
    in NumPy. `as_array` gives a value of the state as an array of the host's; None where values
    are. `keeping` is the kind whose programs never use up old values, where this one's may.
    `check_names` raises for wishes about names that no variable or placeholder of a graph has;
    `agreed` is the seed that all processes use where each drew one.
    """

    make: Callable[[Program], Backend]
    simplify: bool = True
    for_numpy: bool = True
    as_array: Callable[[Any], Array] | None = None
    keeping: Kind | None = None
    check_names: Callable[[Iterable[str]], None] | None = None
    agreed: Callable[[int], int] = int
