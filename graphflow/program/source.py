"""The text of a program: straight-line Python that calls NumPy on planned buffers.

What is printed here is what runs, what a user is shown, and what is saved. Buffers and constants
are globals of the text, the step is one function of the feeds and the variables; each line has the
user's line beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..primitives.table import UFUNCS
from ..shapes import is_known
from .buffers import Storage, plan_storage
from .looped import TILES, Line, Looped, looped
from .printing import CallPrinter
from .program import REDUCTIONS, Call, Loop, Program, nbytes, size
from .scalars import python_scalars

_WIDEST = 64  # where the comments begin, at the most
_WORTH_LETTING_GO = 4096  # bytes
_GIVING_NUMBERS = {*UFUNCS, *REDUCTIONS, "matmul"}  # where NumPy gives a scalar, no array of rank 0
_PIECE = 8192  # elements that NumPy casts at a time
_BUFFER = """
start = -block.ctypes.data % 64


def buffer(shape, dtype, offset):
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return block[start + offset : start + offset + size].view(dtype).reshape(shape)

"""


class Source(NamedTuple):
    """The text of a program, and what it needs to run.

    `constants` are the arrays it names, `given` the functions it calls that have no text; `lines`
    says for each line number of the step which operation it is about, and whether it computes
    Python floats. `peak` is what a step needs in bytes, beside its arguments. `warns` says whether
    it calls NumPy at all, which may warn.
    """

    text: str
    parameters: list[str]
    constants: dict[str, np.ndarray[Any, Any]]
    given: dict[str, Any]
    lines: dict[int, tuple[int, bool]]
    storage: Storage
    peak: int
    warns: bool


def print_source(program: Program) -> Source:
    """The text that computes a program: `step(*feeds, *variables, key)`, a tuple of results."""
    scalars = python_scalars(program)
    printer = CallPrinter(program, scalars, plan_storage(program, set(scalars)))
    parameters = _parameters(printer)
    body, loops, peak = _body(printer)
    results = ", ".join(_results(printer))
    one = "," if len(program.wanted()) == 1 else ""
    page = _Text(_head(printer))
    for found in loops:
        page.function(program, found.head, found.lines)
    page.function(program, f"def step({', '.join(parameters)}):", body, f"return ({results}{one})")
    given = {**printer.whole, **printer.helpers.unprinted}
    warns = any(about >= 0 and not scalar for about, scalar in page.lines.values())
    return Source(
        "\n".join([*page.written, ""]), parameters, printer.constants, given, page.lines,
        printer.storage, peak, warns,
    )  # fmt: skip


def _body(printer: CallPrinter) -> tuple[list[Line], list[Looped], int]:
    """The lines of the step, the loops in it, and the bytes that it needs."""
    program, scalars = printer.program, printer.scalars
    body: list[Line] = [
        (f"{printer.names.of(leaf)} = float({printer.names.of(leaf)})", -1, False)
        for leaf in [*program.feeds, *[read.value for read in program.reads]]
        if leaf is not None and leaf in scalars
    ]
    held = _Held(printer)
    loops: list[Looped] = []
    for start, stop, loop in program.units():
        call = program.calls[start]
        if loop is not None:
            loops.append(looped(printer, loop, len(loops) + 1))
            body += loops[-1].step
        else:
            is_scalar = bool(scalars.get(call.output))
            body += [(text, call.about, is_scalar) for text in printer.statements(call)]
        done = held.after(stop - 1, program.calls[start:stop], loop)
        if done:
            body.append((f"del {', '.join(done)}", -1, False))
    return body, loops, held.peak


def _inside(program: Program, call: Call) -> int:
    """The bytes that NumPy takes to cast an operand of an elementwise call, piece by piece."""
    spec = program.specs[call.output]
    if spec.shape == () or (call.name not in UFUNCS and call.name != "masked"):
        return 0
    if not is_known(spec.shape):
        return 0
    cast = [v for v in call.reads() if program.specs[v].shape and _is_cast(program, v, spec.dtype)]
    return len(cast) * min(size(spec), _PIECE) * spec.dtype.itemsize


def _is_cast(program: Program, value: int, dtype: Any) -> bool:
    own = program.specs[value].dtype
    return bool(dtype.kind != "b" and own != dtype)


class _Held:
    """The arrays that a step makes anew: what they need together, and when they can go."""

    def __init__(self, printer: CallPrinter) -> None:
        self._printer = printer
        self._sizes: dict[int, int] = {}
        self._names: dict[int, list[int]] = {}
        self._now = printer.storage.size + 64 if printer.storage.size else 0
        self.peak = self._now

    def after(self, index: int, calls: list[Call], loop: Loop | None) -> list[str]:
        """The names of larger arrays that are not read after these calls, up to `index`."""
        root_of = self._printer.storage.root
        for call in calls:
            if loop is None or call.output not in loop.made or call.output in loop.kept:
                self._made(call.output)
        inside = max(_inside(self._printer.program, call) for call in calls)
        self.peak = max(self.peak, self._now + inside)
        if not self._sizes:
            return []
        values = {v for call in calls for v in (*call.reads(), call.output)}
        roots = dict.fromkeys(root_of[value] for value in sorted(values))
        gone = [
            r for r in roots if self._printer.storage.last.get(r, -1) <= index and self._worth(r)
        ]
        self._now -= sum(self._sizes.pop(r) for r in gone)
        return [self._printer.names.of(value) for r in gone for value in self._names.pop(r)]

    def _made(self, out: int) -> None:
        storage = self._printer.storage
        root = storage.root[out]
        if root == out and out not in storage.place and out not in self._printer.scalars:
            spec = self._printer.program.specs[out]
            self._sizes[out] = nbytes(spec) if is_known(spec.shape) else 0
            self._names[out] = [out]
            self._now += self._sizes[out]
        elif root in self._names:
            self._names[root].append(out)

    def _worth(self, root: int) -> bool:
        return self._sizes.get(root, 0) >= _WORTH_LETTING_GO


def _parameters(printer: CallPrinter) -> list[str]:
    program, names = printer.program, printer.names
    found = [
        names.free("unused") if value is None else names.give(value, wanted)
        for value, wanted in zip(program.feeds, program.feed_names, strict=True)
    ]
    found += [names.give(read.value, read.name) for read in program.reads]
    return found if program.key is None else [*found, names.give(program.key, "key")]


def _head(printer: CallPrinter) -> list[str]:
    """All above the step: imports, functions, constants, buffers."""
    size = printer.storage.size
    if size:
        printer.numpy("empty")
    lines = ["from __future__ import annotations", "", "import math", "", "import numpy as np"]
    if printer.imports:
        lines.append(f"from numpy import {', '.join(sorted(printer.imports))}")
    lines += printer.helpers.text()
    lines.append("")
    for name, value in sorted(printer.constants.items()):
        about = " ".join(str(value).split())
        lines.append(f"{name} = constants[{name!r}]  # {about[:60]}")
    if size:
        lines += ["", f"block = empty({size + 64}, 'u1')", *_BUFFER.strip().splitlines(), ""]
    if printer.program.loops:
        lines += ["", *TILES.strip().splitlines(), "", ""]
    return [*lines, *printer.fixed]


class _Text:
    """The lines of a program's text, and what the lines of its functions are about."""

    def __init__(self, written: list[str]) -> None:
        self.written = written
        self.lines: dict[int, tuple[int, bool]] = {}

    def function(self, program: Program, head: str, body: list[Line], end: str = "") -> None:
        """A function, with the user's line beside each of its lines."""
        self.written += ["", "", head]
        width = min(max([len(text) for text, _, _ in body], default=0), _WIDEST)
        last = ""
        for text, about, scalar in body:
            origin = program.operations[about].origin if about >= 0 else None
            place = "" if origin is None else f"{origin}  {origin.text}".rstrip()
            comment = place if place != last or origin is None else str(origin)
            last = place
            line = f"    {text.ljust(width)}  # {comment}" if comment else f"    {text}"
            self.written.append(line)
            self.lines[len(self.written)] = (about, scalar)
        if end:
            self.written.append(f"    {end}")


def _results(printer: CallPrinter) -> list[str]:
    """What the step returns: nothing of it is an operand, a buffer, or there twice."""
    program, storage = printer.program, printer.storage
    own = {c.output for c in program.calls if storage.root[c.output] == c.output}
    own -= set(storage.place)
    numbers = {c.output for c in program.calls if c.name in _GIVING_NUMBERS}
    output_count = len(program.wanted()) - len(program.updates)
    results = []
    for i, value in enumerate(program.wanted()):
        is_output = i < output_count
        root = storage.root[value]
        as_scalar = "[()]" if is_output and program.specs[value].shape == () else ""
        if value in printer.scalars and value not in program.constants:
            boolean = program.specs[value].dtype.kind == "b"
            keep = not is_output and not boolean
            results.append(printer.names.of(value) if keep else printer.as_numpy(value))
        elif root in own and _shows_all(program, value, root):
            own.discard(root)  # given away whole; a second one of it is a copy
            results.append(f"{printer.names.of(value)}{'' if value in numbers else as_scalar}")
        else:
            results.append(f"{printer.numpy('array')}({printer.array(value)}){as_scalar}")
    return results


def _shows_all(program: Program, value: int, root: int) -> bool:
    """Whether a view shows what it is of whole."""
    shown, whole = program.specs[value], program.specs[root]
    known = is_known(shown.shape) and is_known(whole.shape)
    return value == root or (known and nbytes(shown) == nbytes(whole))
