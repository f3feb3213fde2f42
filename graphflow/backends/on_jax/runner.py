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
        variables = [*self._step.given, *self._step.kept]
        self._uids: list[int] = [variable.uid for variable in variables]
        self._initials: list[Any] = [variable.initial for variable in variables]
        self._places = self._laid_out()
        large = zip(self._step.large.values(), self._places[3], strict=True)
        self._constants = [devices.put(value, place) for value, place in large]
        self._count = sum(v is not None for v in program.outputs)
        self._results = self._count + len(program.updates)
        self._is_afar = jax.default_backend() != "cpu"
        self._runs = count()
        with Waiting(f"{len(program.calls)} calls"):
            self._compiled = self._lowered(self._step).compile()
        self._alarms = self._step.found.alarms
        # Whether results are looked at when values are handed out, so that the step is over then.
        self._waits = bool(self._count or self._alarms or self._calls_python)
        # Whether a step is given what is fed, as it is, and nothing else but variables.
        self._is_plain = (
            self._waits
            and devices.whole is None
            and None not in program.feeds
            and not (self._calls_python or self._step.draws or self._step.key is not None)
        )

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
            self._described(*row)
            for numbers, places in zip(step.groups, self._places, strict=True)
            for row in zip(numbers, places, strict=True)
        ]
        if self._calls_python:
            arguments.append(jax.ShapeDtypeStruct((), np.int32, sharding=whole))
        given = tuple(range(len(step.given)))
        new = [self._of_variable(update) for update in self.program.updates]
        places: dict[str, Any] = {}
        if whole is not None:
            places["out_shardings"] = [*[whole] * self._count, *new], whole
        with jax.default_matmul_precision("highest"):
            return jax.jit(step, donate_argnums=given, **places).lower(*arguments)

    def _described(self, value: int, place: Any) -> Any:
        dtype = self.program.specs[value].dtype
        return jax.ShapeDtypeStruct(self._shape(value), dtype, sharding=place)

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """Fetched values, new values of variables, what taps see, what is wrong: on the device.

        Where the step calls Python, the number of the run comes last.
        """
        values: list[Any] = list(map(state.get, self._uids, self._initials))
        for i, value in enumerate(values):
            if not isinstance(value, jax.Array):
                values[i] = self._sent(i, value)
        if self._is_plain:
            results, more = self._compiled(*values, *feeds, *self._constants)
            return [*results, *more]
        brought = self._brought(feeds, key)
        number = [next(self._runs) % 2**31] if self._calls_python else []
        results, more = self._compiled(
            *values, *brought, *self._constants, *[np.int32(n) for n in number]
        )
        return [*results, *more, *number]

    def _sent(self, i: int, value: Any) -> Any:
        """A variable's value on its device; what is not used up is sent once for all runs."""
        given = len(self._step.given)
        if i < given:
            return self._devices.put(value, self._places[0][i])
        return self._placed.on_devices(self._uids[i], value, self._places[1][i - given])

    def _brought(self, feeds: Sequence[Array], key: Array) -> list[Any]:
        """What a run brings, where it lies: feeds that are needed, random draws, the key."""
        step = self._step
        fed = [x for x, v in zip(feeds, self.program.feeds, strict=True) if v is not None]
        if not self._waits:
            fed = [np.array(x) for x in fed]  # the caller may write to them before they are read
        fed += [drawn(call, key) for call in step.draws]
        if step.key is not None:
            fed.append(key)
        return self._devices.put_all(fed, self._places[2])

    def handed_out(self, results: Sequence[Any]) -> Sequence[Any]:
        """The fetched values as arrays of NumPy. Raises what the step found wrong."""
        if self._calls_python:
            self._show(results)
        if self._alarms:
            self._check(results[-2 if self._calls_python else -1])
        found = list(results)
        del found[self._results :]
        if self._is_afar and self._count > 1:
            for value in found[: self._count]:
                value.copy_to_host_async()
        for i in range(self._count):  # after a step each line of Python costs, so there are few
            found[i] = np.array(found[i])[()]
        return found

    def _check(self, wrong: Any) -> None:
        """Raise the first fault that a step found."""
        for alarm, rings in zip(self._alarms, np.asarray(wrong), strict=True):
            if rings:
                fault = alarm.fault
                raise fault.error(f"{alarm.about.describe()}: {fault.text}", fault.hint)

    def _show(self, results: Sequence[Any]) -> None:
        """Wait for the step, and show taps what they asked for.

        Raises what Python raised in the middle of the step.
        """
        jax.block_until_ready(list(results))
        found = self._step.found
        raised = found.raised.pop(results[-1], None)
        place = self._results
        for op, shown in found.taps:
            op.show(*[np.asarray(value) for value in results[place : place + shown]])
            place += shown
        if raised is not None:
            reraise(*raised)
