"""The JAX backend: a program as one compiled function of state, feeds and random draws.

State stays on its devices between runs, and the old values of what a run updates are given away to
it. Dtypes are NumPy's: JAX's 64-bit types are switched on, for the whole process, when a program
first needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import jax
import numpy as np

from ...dtypes import Array
from ...ops.tap import Tap
from ...program import Program, Read, State, Update, reraise
from ..backend import Backend
from .column import on_host
from .devices import OneDevice, Spread
from .evaluate import check_runs, needs_x64
from .placed import Placed
from .step import Step, drawn
from .waiting import Waiting


class Jitted(Backend):
    """A program compiled by XLA.

    A run that only updates returns when the step is under way. Index and matrix errors are found
    in the step, which then leaves the state as it was, and raised when values are handed out; taps
    are shown their values then.
    """

    def __init__(
        self, program: Program, placed: Placed, devices: OneDevice | Spread, keeping: bool = False
    ) -> None:
        super().__init__(program)
        check_runs(program, devices.host_calls)
        if needs_x64(program):
            jax.config.update("jax_enable_x64", True)
        self._placed, self._devices = placed, devices
        self._calls_python = any(isinstance(op, Tap) for op in program.operations) or any(
            map(on_host, program.calls)
        )  # which may raise when old values are gone
        self._step = Step(program, keeping or self._calls_python)
        self.uses_up = bool(self._step.given)
        self._places = self._laid_out()
        self._constants = devices.put_all(list(self._step.large.values()), self._places[3])
        self._count = sum(v is not None for v in program.outputs)
        self._takes_all = None not in program.feeds
        self._is_afar = jax.default_backend() != "cpu"
        self._runs = count()
        with Waiting(f"{len(program.calls)} calls"):
            self._compiled = self._lowered(self._step).compile()
        # Whether results are looked at when values are handed out, so that the step is over then.
        self._waits = bool(self._count or self._step.found.alarms or self._calls_python)

    @property
    def text(self) -> str:
        """What is compiled, as StableHLO."""
        return str(self._lowered(Step(self.program, not self.uses_up)).as_text())

    @property
    def peak(self) -> int:
        """The bytes that XLA plans for results and what is made on the way, on each device."""
        used: Any = self._compiled.memory_analysis()
        return int(used.temp_size_in_bytes + used.output_size_in_bytes)

    def _laid_out(self) -> list[list[Any]]:
        """Where the arguments of a step lie, by groups. Raises for what cannot lie so."""
        step, devices, program = self._step, self._devices, self.program
        names = [
            name
            for value, name in zip(program.feeds, program.feed_names, strict=True)
            if value is not None
        ]
        brought = [
            devices.of_feed(name, self._shape(value), program.specs[value].dtype)
            for value, name in zip(step.fed, names, strict=True)
        ]
        brought += [devices.of_draw(self._shape(call.output)) for call in step.draws]
        if step.key is not None:
            brought.append(devices.whole)
        variables = [[self._of_variable(v) for v in group] for group in (step.given, step.kept)]
        return [*variables, brought, [devices.whole] * len(step.large)]

    def _of_variable(self, variable: Read | Update) -> Any:
        return self._devices.of_variable(variable.name, self._shape(variable.value))

    def _shape(self, value: int) -> tuple[int, ...]:
        known: Any = self.program.specs[value].shape
        return tuple(known)

    def _lowered(self, step: Step) -> Any:
        whole = self._devices.whole
        arguments: list[Any] = [
            [self._described(*row) for row in zip(numbers, places, strict=True)]
            for numbers, places in zip(step.groups, self._places, strict=True)
        ]
        number = jax.ShapeDtypeStruct((), np.int32, sharding=whole)
        arguments.append([number] if self._calls_python else [])
        new = [self._of_variable(update) for update in self.program.updates]
        places: dict[str, Any] = {}
        if whole is not None:
            places["out_shardings"] = whole, new, whole, whole
        with jax.default_matmul_precision("highest"):
            return jax.jit(step, donate_argnums=0, **places).lower(*arguments)

    def _described(self, value: int, place: Any) -> Any:
        dtype = self.program.specs[value].dtype
        return jax.ShapeDtypeStruct(self._shape(value), dtype, sharding=place)

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """Fetched values, new values of variables, what taps see, what is wrong: on the device.

        Where the step calls Python, the number of the run comes last.
        """
        step, devices = self._step, self._devices
        given_at, kept_at, brought_at, _ = self._places
        given = [state.get(uid, initial) for _, uid, initial, _ in step.given]
        for i, value in enumerate(given):
            if not isinstance(value, jax.Array):
                given[i] = devices.put(value, given_at[i])
        kept = [state.get(uid, initial) for _, uid, initial, _ in step.kept]
        for i, value in enumerate(kept):
            if not isinstance(value, jax.Array):
                kept[i] = self._placed.on_devices(step.kept[i].uid, value, kept_at[i])
        fed = list(feeds) if self._takes_all else self._needed(feeds)
        if not self._waits:
            fed = [np.array(x) for x in fed]  # the caller may write to them before they are read
        fed += [drawn(call, key) for call in step.draws]
        if step.key is not None:
            fed.append(key)
        number = [next(self._runs) % 2**31] if self._calls_python else []
        fetched, updated, seen, wrong = self._compiled(
            given, kept, devices.put_all(fed, brought_at), self._constants,
            [np.int32(n) for n in number],
        )  # fmt: skip
        return [*fetched, *updated, *seen, *wrong, *number]

    def _needed(self, feeds: Sequence[Array]) -> list[Array]:
        return [x for x, v in zip(feeds, self.program.feeds, strict=True) if v is not None]

    def handed_out(self, results: Sequence[Any]) -> Sequence[Any]:
        """The fetched values as arrays of NumPy. Raises what the step found wrong."""
        fetched, place = self._count, self._count + len(self.program.updates)
        if self._calls_python:
            self._show(results, place)
        if self._step.found.alarms:
            self._check(results[-2 if self._calls_python else -1])
        if fetched > 1 and self._is_afar:
            for value in results[:fetched]:
                value.copy_to_host_async()
        return [*[np.array(value)[()] for value in results[:fetched]], *results[fetched:place]]

    def _check(self, wrong: Any) -> None:
        """Raise the first fault that a step found."""
        for alarm, rings in zip(self._step.found.alarms, np.asarray(wrong), strict=True):
            if rings:
                fault = alarm.fault
                raise fault.error(f"{alarm.about.describe()}: {fault.text}", fault.hint)

    def _show(self, results: Sequence[Any], place: int) -> None:
        """Wait for the step, and show taps what they asked for, which begins at this place.

        Raises what Python raised in the middle of the step.
        """
        jax.block_until_ready(list(results))
        found = self._step.found
        raised = found.raised.pop(results[-1], None)
        for op, shown in found.taps:
            op.show(*[np.asarray(value) for value in results[place : place + shown]])
            place += shown
        if raised is not None:
            reraise(*raised)
