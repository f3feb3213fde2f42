"""The JAX backend: a program as one compiled function of state, feeds and random draws.

State stays on the device between runs, and the old values of what a run updates are given away to
it. Dtypes are NumPy's: JAX's 64-bit types are switched on, for the whole process, when a program
first needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...dtypes import Array
from ...ops.tap import Tap
from ...primitives import TABLE
from ...program import Program, State, reraise
from ..backend import Backend
from .column import on_host
from .evaluate import Found, check_runs, draws, evaluate, needs_x64
from .placed import Placed
from .waiting import waiting

_EMBEDDED = 1 << 16  # bytes: larger constants are arguments, not a part of the compiled text


class Jitted(Backend):
    """A program compiled by XLA.

    A run that only updates returns when the step is under way. Index and matrix errors are found
    in the step, which then leaves the state as it was, and raised when values are handed out; taps
    are shown their values then.
    """

    def __init__(self, program: Program, placed: Placed, keeping: bool = False) -> None:
        super().__init__(program)
        check_runs(program)
        if needs_x64(program):
            jax.config.update("jax_enable_x64", True)
        self._placed = placed
        self._calls_python = any(isinstance(op, Tap) for op in program.operations) or any(
            map(on_host, program.calls)
        )  # which may raise when old values are gone
        keeping |= self._calls_python
        updated = set() if keeping else {update.uid for update in program.updates}
        self._given = [read for read in program.reads if read.uid in updated]
        self._kept = [read for read in program.reads if read.uid not in updated]
        self.uses_up = bool(self._given)
        self._draws = draws(program)
        drawn = {call.output for call in self._draws}
        others = [call for call in program.calls if call.output not in drawn]
        self._keyed = any(program.key in call.reads() for call in others)
        self._large = {v: c for v, c in program.constants.items() if c.nbytes > _EMBEDDED}
        self._count = sum(v is not None for v in program.outputs)
        self._found = Found()
        self._runs = count()
        self._constants = [jax.device_put(c) for c in self._large.values()]
        with waiting(f"{len(program.calls)} calls"), jax.default_matmul_precision("highest"):
            self._lowered = jax.jit(self._step, donate_argnums=0).lower(*self._shapes())
            self._compiled = self._lowered.compile()

    @property
    def text(self) -> str:
        """What is compiled, as StableHLO."""
        return str(self._lowered.as_text())

    @property
    def peak(self) -> int:
        """The bytes that XLA plans for results and what is made on the way."""
        used: Any = self._compiled.memory_analysis()
        return int(used.temp_size_in_bytes + used.output_size_in_bytes)

    def _leaves(self) -> list[int]:
        """The numbers of the values that every run brings, in the order of the arguments."""
        program = self.program
        found = [read.value for read in self._kept]
        found += [v for v in program.feeds if v is not None]
        found += [call.output for call in self._draws]
        if self._keyed and program.key is not None:
            found.append(program.key)
        return found

    def _shapes(self) -> list[Any]:
        values = [[read.value for read in self._given], self._leaves(), list(self._large)]
        shapes = [[self._shape(value) for value in group] for group in values]
        return [*shapes, jax.ShapeDtypeStruct((), np.int32)]

    def _shape(self, value: int) -> Any:
        shape, dtype, _ = self.program.specs[value]
        return jax.ShapeDtypeStruct(shape, dtype)

    def _step(self, given: list[Any], brought: list[Any], large: list[Any], run: Any) -> Any:
        """Fetched values, new values of variables, what taps see, what is wrong: traced once."""
        leaves = dict(zip([read.value for read in self._given], given, strict=True))
        leaves |= zip(self._leaves(), brought, strict=True)
        leaves |= zip(self._large, large, strict=True)
        self._found = found = Found(run)
        values = evaluate(self.program, leaves, found)
        own = {call.output for call in self.program.calls} - set(leaves)
        fetched = [_own(values, v, own) for v in self.program.outputs if v is not None]
        updated = [_own(values, update.value, own) for update in self.program.updates]
        seen = [value for _, shown in found.taps for value in shown]
        if not found.rings:
            return fetched, updated, seen, []
        wrong = jnp.stack(found.rings)
        old = {read.uid: leaves[read.value] for read in self.program.reads}
        sound = ~jnp.any(wrong)
        updated = [
            jnp.where(sound, new, old[update.uid]) if update.uid in old else new
            for update, new in zip(self.program.updates, updated, strict=True)
        ]
        return fetched, updated, seen, [wrong]

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """Fetched values, new values of variables, what taps see, what is wrong: on the device.

        The number of the run comes last.
        """
        given = [state.get(read.uid, read.initial) for read in self._given]
        fed = [x for x, v in zip(feeds, self.program.feeds, strict=True) if v is not None]
        if not self._waits:
            fed = [np.array(x) for x in fed]  # the caller may write to them before they are read
        brought = [
            self._placed.on_device(read.uid, state.get(read.uid, read.initial), jax.device_put)
            for read in self._kept
        ]
        brought += [*fed, *[self._drawn(call, key) for call in self._draws]]
        if self._keyed:
            brought.append(key)
        run = next(self._runs)
        results = self._compiled(given, brought, self._constants, np.int32(run % 2**31))
        return [*chain.from_iterable(results), run % 2**31]

    @property
    def _waits(self) -> bool:
        """Whether results are looked at when values are handed out, so that the step is over."""
        return bool(self._count or self._found.alarms or self._calls_python)

    def _drawn(self, call: Any, key: Array) -> Any:
        return TABLE[call.name].function(key, *call.args[1:], **dict(call.options))

    def handed_out(self, results: Sequence[Any]) -> Sequence[Any]:
        """The fetched values as arrays of NumPy. Raises what the step found wrong."""
        place = self._count + len(self.program.updates)
        if self._calls_python:
            self._wait(results, place)
        if self._found.alarms:
            for alarm, rings in zip(self._found.alarms, np.asarray(results[-2]), strict=True):
                if rings:
                    fault = alarm.fault
                    raise fault.error(f"{alarm.about.describe()}: {fault.text}", fault.hint)
        fetched = [np.array(value)[()] for value in results[: self._count]]
        return [*fetched, *results[self._count : place]]

    def _wait(self, results: Sequence[Any], place: int) -> None:
        """Wait for the step, and let taps see what they asked for, from this place on.

        Raises what Python raised in the middle of it.
        """
        jax.block_until_ready(list(results))
        raised = self._found.raised.pop(results[-1], None)
        for op, shown in self._found.taps:
            op.show(*[np.asarray(value) for value in results[place : place + len(shown)]])
            place += len(shown)
        if raised is not None:
            reraise(*raised)


def _own(values: dict[int, Any], value: int, computed: set[int]) -> Any:
    """A value that leaves a step: an array of its own, not one that was brought."""
    found = values[value]
    return found if value in computed else jnp.array(found, copy=True)
