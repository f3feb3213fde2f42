"""The text of a loop: a function for one tile, and the lines of the step that call it."""

from __future__ import annotations

import copy
from typing import NamedTuple

from .buffers import INTO
from .printing import CallPrinter
from .program import REDUCTIONS, Call, Loop

TILES = '''
def tiles(length, step, scratch):
    """Where each tile starts and stops, and scratch arrays with as many rows."""
    found = []
    for start in range(0, length, step):
        stop = min(start + step, length)
        found.append((start, stop, [array[: stop - start] for array in scratch]))
    return found
'''

Line = tuple[str, int, bool]  # the text, what operation it is about, whether it computes floats


class Looped(NamedTuple):
    """The first line of the function for a tile, its other lines, and those of the step."""

    head: str
    lines: list[Line]
    step: list[Line]


def looped(printer: CallPrinter, loop: Loop, number: int) -> Looped:
    """The text of the `number`th loop; what is made once goes into `printer.fixed`."""
    name = printer.names.of
    calls = printer.program.calls[loop.start : loop.stop]
    about = calls[0].about
    inside = _inside(printer, loop)
    lines: list[Line] = [(_statement(inside, call, loop), call.about, False) for call in calls]
    if loop.totals:
        lines.append((f"return {_row([name(v) for v in loop.totals])}", calls[-1].about, False))
    rows = [*loop.read, *loop.kept]
    scratch = [v for v in loop.made if v in printer.storage.tile]
    whole = _whole(printer, loop, calls)
    parameters = [name(v) for v in (*rows, *whole, *scratch)]
    step: list[Line] = [(text, about, False) for text in _kept_arrays(printer, loop)]
    sliced = []
    for value in rows:
        array = printer.array(value)
        if loop.flat:
            step.append((f"{name(value)}_flat = {array}.reshape(-1)", about, False))
            array = f"{name(value)}_flat"
        sliced.append(f"{array}[start:stop]")
    arrays = _row([_scratch(printer, loop, value) for value in scratch])
    printer.fixed.append(f"tiles_{number} = tiles({loop.length}, {loop.step}, ({arrays}))")
    given = ", ".join([*sliced, *[name(v) for v in whole], "*scratch"])
    call = f"tile_{number}({given})"
    if loop.totals:
        text = f"parts = [{call} for start, stop, scratch in tiles_{number}]"
        step.append((text, about, False))
        step += [_total(printer, call, loop) for call in calls if call.output in loop.totals]
    else:
        step.append((f"for start, stop, scratch in tiles_{number}: {call}", about, False))
    return Looped(f"def tile_{number}({', '.join(parameters)}):", lines, step)


def _inside(printer: CallPrinter, loop: Loop) -> CallPrinter:
    """A printer of the calls of a tile: in it, no rows of an array are made once."""
    inside = copy.copy(printer)
    fixed = printer.storage.fixed - {*loop.read, *loop.made}
    inside.storage = printer.storage._replace(fixed=fixed)
    return inside


def _statement(inside: CallPrinter, call: Call, loop: Loop) -> str:
    """The line of a tile for a call."""
    name = inside.names.of(call.output)
    if call.name == "reshape":
        rest = call.args[1][1:]
        return (
            f"{name} = {inside.array(call.args[0].value)}.reshape({_row(['-1', *map(str, rest)])})"
        )
    if call.output in loop.kept or call.output in inside.storage.tile:
        return inside.into(call, name) if call.name in INTO else f"{name}[:] = {inside.value(call)}"
    return f"{name} = {inside.value(call)}"


def _whole(printer: CallPrinter, loop: Loop, calls: list[Call]) -> list[int]:
    """The values that every tile reads whole, and that are no globals."""
    known = {*loop.read, *loop.made, *printer.program.constants, *printer.storage.fixed}
    return list(dict.fromkeys(v for call in calls for v in call.reads() if v not in known))


def _kept_arrays(printer: CallPrinter, loop: Loop) -> list[str]:
    """The lines that make the arrays that tiles fill; those in the block are made once."""
    lines = []
    for value in loop.kept:
        name, (shape, dtype, _) = printer.names.of(value), printer.program.specs[value]
        offset = printer.storage.place.get(value)
        if offset is None:
            lines.append(f"{name} = {printer.numpy('empty')}({shape}, {dtype.str!r})")
        else:
            printer.fixed.append(f"{name} = buffer({shape}, {dtype.str!r}, {offset})")
    return lines


def _scratch(printer: CallPrinter, loop: Loop, value: int) -> str:
    shape, dtype, _ = printer.program.specs[value]
    rest = () if loop.flat else (shape or ())[1:]
    return f"buffer({(loop.step, *rest)}, {dtype.str!r}, {printer.storage.tile[value]})"


def _total(printer: CallPrinter, call: Call, loop: Loop) -> Line:
    """The line that makes a total of its parts."""
    ufunc = printer.numpy(REDUCTIONS.get(call.name, "add"))
    parts = f"[part[{loop.totals.index(call.output)}] for part in parts]"
    text = f"{ufunc}.reduce({parts})"
    text = f"float({text})" if call.output in printer.scalars else text
    return f"{printer.names.of(call.output)} = {text}", call.about, False


def _row(parts: list[str]) -> str:
    return f"{parts[0]}," if len(parts) == 1 else ", ".join(parts)
