"""The NumPy backend: the printed text of a program, executed."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ..dtypes import Array
from ..graph import Operation
from ..ops.tap import Tap
from ..primitives import FUNCTIONS
from ..program import SCALARS_RAISE, Program, Source, State, interpret, print_source, reraise
from ..program.quiet import silently
from .backend import Backend

_SETS_KEPT = 4
_FILE = "<graphflow program>"
_MODULE = "graphflow_program"


class _Buffers:
    """The globals of one step function: its buffers are used by one run at a time."""

    __slots__ = ("namespace", "step")

    def __init__(self, code: types.CodeType, given: dict[str, Any]) -> None:
        self.namespace = dict(given)
        exec(code, self.namespace)
        self.step = self.namespace["step"]

    def __del__(self) -> None:
        with suppress(AttributeError):  # an interrupt came before there was one
            self.namespace.clear()  # the functions in it refer to it


class Runner(Backend):
    """A program printed as Python.

    Runs at the same time each take a set of buffers of their own.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.source: Source = print_source(program)
        self._given = {"constants": self.source.constants, "__name__": _MODULE}
        for name, what in self.source.given.items():
            self._given[name] = _whole(what) if isinstance(what, Operation) else what
        self._code = compile(self.source.text, _FILE, "exec")
        self.free: deque[_Buffers] = deque(maxlen=_SETS_KEPT)
        self.reads = [(read.uid, read.initial) for read in program.reads]
        self._draws = program.key is not None

    def timed_step(
        self, marks: list[tuple[int, float]], clock: Callable[[], float]
    ) -> Callable[..., Any]:
        """The step, with 0 and the time noted in `marks` at its start, and after every line of the
        text its number and the time."""
        given = {**self._given, "marks": marks, "clock": clock}
        written: list[str] = []
        for number, line in enumerate(self.source.text.splitlines(), 1):
            written.append(line)
            if line.startswith("def step("):
                written.append("    marks.append((0, clock()))")
            elif number in self.source.lines:
                written.append(f"    marks.append(({number}, clock()))")
        code = compile("\n".join(written), _FILE, "exec")
        buffers = _Buffers(code, given)

        def step(*args: Any) -> Any:
            return buffers.step(*args)

        return step

    def arguments(self, state: State, feeds: Sequence[Array], key: Array) -> list[Any]:
        """What the step is called with."""
        args = [*feeds]
        for uid, initial in self.reads:
            args.append(state.get(uid, initial))
        if self._draws:
            args.append(key)
        return args

    def fresh(self) -> _Buffers:
        """A set of buffers more."""
        return _Buffers(self._code, self._given)

    @property
    def text(self) -> str:
        """The step as Python."""
        return self.source.text

    @property
    def peak(self) -> int:
        """The bytes of planned buffers, and of arrays that are made on the way."""
        return self.source.peak

    def __call__(self, state: State, feeds: Sequence[Array], key: Array) -> Sequence[Any]:
        """The fetched values, without updates, then the new values of the updated variables.

        All are fresh arrays that alias nothing; fetched 0-d results are NumPy scalars, and 0-d
        float64 values of variables are Python floats.
        """
        args = self.arguments(state, feeds, key)
        try:
            buffers = self.free.pop()
        except IndexError:
            buffers = self.fresh()
        try:
            results: Sequence[Any] = silently(buffers.step, *args)
        except Exception as error:
            results = self.failed(error, state, feeds, key)
        finally:
            self.free.append(buffers)
        return results

    def failed(
        self, error: Exception, state: State, feeds: Sequence[Array], key: Array
    ) -> Sequence[Any]:
        """The results after an error: what Python's floats refuse NumPy computes.

        Raises any other error as one that names its operation.
        """
        about, scalar = self._line_of(error)
        stub = type(error).__module__ == _MODULE  # an error of ours, as the text defines it
        if stub or (scalar and isinstance(error, SCALARS_RAISE)):
            return interpret(self.program, state, feeds, key, about or 0)
        if about is None:
            raise error
        reraise(error, self.program.operations[about])

    def _line_of(self, error: Exception) -> tuple[int | None, bool]:
        found: tuple[int | None, bool] = (None, False)
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == _FILE and trace.tb_lineno in self.source.lines:
                found = self.source.lines[trace.tb_lineno]
            trace = trace.tb_next
        return found


def _whole(op: Operation) -> Any:
    if isinstance(op, Tap):
        return op.show

    def operation(*arrays: Any) -> Any:
        value = op.compute(FUNCTIONS, *arrays)
        return np.array(value) if getattr(value, "base", None) is not None else value

    return operation
