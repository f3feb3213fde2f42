"""A program as the function that is jitted: from groups of arguments to groups of results."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ...primitives import TABLE
from ...program import Call, Program
from .column import DRAWN
from .evaluate import Found, evaluate

_EMBEDDED = 1 << 16  # bytes: larger constants are arguments, not a part of the compiled text


class Step:
    """What a step is given, in order, and what it computes of that.

    `given` are the variables whose values it uses up, `kept` the others; `fed` are numbers of
    values that are fed, `draws` the calls that draw random numbers of the key alone, before the
    step; `key` is the key, where calls in it need that, and `large` the constants that are
    arguments. `found` is known once the step is traced.
    """

    def __init__(self, program: Program, keeping: bool) -> None:
        self.program = program
        updated = set() if keeping else {update.uid for update in program.updates}
        self.given = [read for read in program.reads if read.uid in updated]
        self.kept = [read for read in program.reads if read.uid not in updated]
        self.fed = [v for v in program.feeds if v is not None]
        self.draws = [call for call in program.calls if call.name in DRAWN]
        drawn = {call.output for call in self.draws}
        others = [call for call in program.calls if call.output not in drawn]
        is_keyed = any(program.key in call.reads() for call in others)
        self.key = program.key if is_keyed else None
        self.large = {v: c for v, c in program.constants.items() if c.nbytes > _EMBEDDED}
        self.found = Found()

    @property
    def groups(self) -> list[list[int]]:
        """The numbers of the arguments: given, kept, brought by every run, and large constants."""
        brought = [*self.fed, *[call.output for call in self.draws]]
        if self.key is not None:
            brought.append(self.key)
        given, kept = ([read.value for read in reads] for reads in (self.given, self.kept))
        return [given, kept, brought, list(self.large)]

    def __call__(self, *arguments: Any) -> Any:
        """Two lists: fetched values and new values of variables; what taps see and what is wrong.

        The arguments are those of `groups`, one after the other, then the number of the run, or
        none.
        """
        program = self.program
        numbers = [number for group in self.groups for number in group]
        leaves = dict(zip(numbers, arguments, strict=False))
        self.found = found = Found(*arguments[len(numbers) :])
        computed = evaluate(program, leaves, found)
        own = {call.output for call in program.calls} - set(leaves)
        fetched = [_own(computed, v, own) for v in program.outputs if v is not None]
        updated = [_own(computed, update.value, own) for update in program.updates]
        seen, rings = found.taken()
        if not rings:
            return [*fetched, *updated], seen
        wrong = jnp.stack(rings)
        old = {read.uid: leaves[read.value] for read in program.reads}
        sound = ~jnp.any(wrong)
        updated = [
            jnp.where(sound, new, old[update.uid]) if update.uid in old else new
            for update, new in zip(program.updates, updated, strict=True)
        ]
        return [*fetched, *updated], [*seen, wrong]


def drawn(call: Call, key: Any) -> Any:
    """The random numbers of a call, by NumPy."""
    return TABLE[call.name].function(key, *call.args[1:], **dict(call.options))


def _own(values: dict[int, Any], value: int, computed: set[int]) -> Any:
    """A value that leaves a step: an array of its own, not one that was brought."""
    found = values[value]
    return found if value in computed else jnp.array(found, copy=True)
