"""How one call is written in Python: a statement that fills a buffer, a view, or an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..primitives import TABLE
from ..primitives.table import UFUNCS
from ..shapes import is_known
from .bounds import clipped
from .buffers import FILLING, Storage, fills, is_view
from .bundle import Helpers
from .naming import Names
from .program import REDUCTIONS, TAP, Call, Program, Ref, is_box, refs
from .record import WHOLE
from .scalars import EXPRESSIONS, once_read

_OUT_BY_NAME = {"maximum", "minimum", "fmax", "fmin"}  # they warn about a positional out
_LONGEST_PART = 80  # characters of an expression that stands within another


class CallPrinter:
    """Writes the calls of a program, and gathers what they need: imports, constants, helpers."""

    def __init__(self, program: Program, scalars: dict[int, bool], storage: Storage) -> None:
        self.program = program
        self.scalars = scalars
        self.storage = storage
        self.names = Names(program)
        self.helpers = Helpers()
        self.imports: set[str] = set()
        self.constants: dict[str, np.ndarray[Any, Any]] = {}
        self.whole: dict[str, Any] = {}
        self.fixed: list[str] = []  # what is made once: buffers and views of them
        self._numbers: dict[Any, str] = {}
        self._bits: dict[int, str] = {}
        self._made = {call.output: call for call in program.calls}
        self._once = once_read(program, scalars)
        self._parts: dict[int, str] = {}  # of expressions: those of the values in `_once`
        self._stacks = {stack for stack, _ in storage.slot.values()}
        self._added: set[int] = set()
        self._unread = self._zeros() - {*program.wanted(), *self._read_otherwise()}

    def statements(self, call: Call) -> list[str]:
        """The lines that compute a call; none for a view that is made once."""
        is_of_known_size = is_known(self.program.specs[call.output].shape)
        if call.name == "index_add" and fills(call) and is_of_known_size:
            return self._placed(call)
        if call.output in self._unread:
            return []
        if call.output in self._stacks:
            return self._stacked(call)
        if call.name == TAP:
            return [self.value(call)]
        line = self._statement(call)
        return [] if line is None else [line]

    def _statement(self, call: Call) -> str | None:
        out, name = call.output, self.names.of(call.output)
        offset = self.storage.place.get(out)
        if out in self.storage.slot:
            stack, entry = self.storage.slot[out]
            self._add_stack(stack)
            self.fixed.append(f"{name} = {self.names.of(stack)}[{entry}]")
            return self.into(call, name)
        if offset is not None:
            shape, dtype, _ = self.program.specs[out]
            self.fixed.append(f"{name} = buffer({shape}, {dtype.str!r}, {offset})")
            return self.into(call, name)
        if self.scalars.get(out):
            floats = self.program.specs[out].dtype.kind == "f"
            operands = [
                self._scalar(float(arg) if floats and not isinstance(arg, Ref) else arg)
                for arg in call.args
            ]
            text = EXPRESSIONS[call.name].format(*operands)
            if out in self._once and len(text) <= _LONGEST_PART:
                self._parts[out] = text
                return None
            return f"{name} = {text}"
        if is_view(call) and self.storage.root[out] != out:
            text = f"{name} = {self._viewed(call)}"
            if out not in self.storage.fixed:
                return text
            self.fixed.append(text)
            return None
        text = self.value(call)
        return f"{name} = float({text})" if out in self.scalars else f"{name} = {text}"

    def numpy(self, name: str) -> str:
        """A name of NumPy's, imported."""
        self.imports.add(name)
        return name

    def array(self, value: int) -> str:
        """A value as an operand of an array function."""
        name = self.names.of(value)
        if value in self.program.constants:
            self.constants[name] = np.asarray(self.program.constants[value])
        elif value in self.scalars:
            return self.as_numpy(value)
        return name

    def as_numpy(self, value: int) -> str:
        """A Python float or boolean as NumPy's, which has a dtype of its own."""
        boolean = self.program.specs[value].dtype.kind == "b"
        return f"{self.numpy('bool_' if boolean else 'float64')}({self.names.of(value)})"

    # ---- arguments --------------------------------------------------------------------------

    def _number(self, value: Any, dtype: Any) -> str:
        """A Python number as an array of rank 0, made once."""
        key = (repr(value), dtype)
        if key not in self._numbers:
            try:
                with np.errstate(over="ignore"):  # a number beyond the dtype is infinite in it
                    array = np.asarray(value, dtype)
            except (OverflowError, TypeError):
                return repr(value)
            self._numbers[key] = self.names.free(f"k{len(self._numbers)}")
            self.constants[self._numbers[key]] = array
        return self._numbers[key]

    def _scalar(self, arg: Any) -> str:
        """A value or number as a part of an expression of Python floats."""
        if not isinstance(arg, Ref):
            return _literal(arg)
        if arg.value in self.program.constants:
            return _literal(self.program.constants[arg.value].item())
        part = self._parts.get(arg.value)
        return self.names.of(arg.value) if part is None else f"({part})"

    def _static(self, arg: Any) -> str:
        """Any argument of a call: values, numbers, axes, dtypes, keys."""
        if isinstance(arg, Ref):
            return self.array(arg.value)
        if isinstance(arg, list | tuple):
            parts = [self._static(part) for part in arg]
            if type(arg) not in (list, tuple):  # a named tuple: its class comes along
                return f"{self.helpers.want(type(arg))}({', '.join(parts)})"
            closed = ", ".join(parts) + ("," if isinstance(arg, tuple) and len(arg) == 1 else "")
            return f"[{closed}]" if isinstance(arg, list) else f"({closed})"
        if isinstance(arg, np.dtype):
            return f"{self.numpy('dtype')}({arg.str!r})"
        return _literal(arg) if isinstance(arg, float) else repr(arg)

    def _operands(self, call: Call) -> list[str]:
        """The operands of a ufunc: numbers in the dtypes of its loop."""
        specs = [
            self.program.specs[arg.value].dtype if isinstance(arg, Ref) else _kind_of(arg)
            for arg in call.args
        ]
        loop = getattr(np, call.name).resolve_dtypes((*specs, None))
        wide = _are_wide([dtype for dtype in (*specs, *loop[:-1]) if isinstance(dtype, np.dtype)])
        return [
            self._operand(arg.value, wide) if isinstance(arg, Ref) else self._number(arg, dtype)
            for arg, dtype in zip(call.args, loop, strict=False)
        ]

    def _operand(self, value: int, wide: bool) -> str:
        """A Python float can stay what it is beside arrays of such precision."""
        if value in self.scalars and value not in self.program.constants and wide:
            return self.names.of(value)
        return self.array(value)

    # ---- calls ------------------------------------------------------------------------------

    def _clip(self, call: Call) -> str | None:
        """How a call begins that bounds many floats by a number; None for others."""
        bounds = clipped(self.program, call)
        if bounds is None:
            return None
        x, ends = bounds
        low, high = (self._number(end, self.program.specs[x.value].dtype) for end in ends)
        return f"{self.numpy('clip')}({self.array(x.value)}, {low}, {high}"

    def into(self, call: Call, out: str) -> str:
        """The call as a statement that writes into an array that is there."""
        name = call.name
        clip = self._clip(call)
        if clip is not None:
            return f"{clip}, out={out})"
        if name in UFUNCS:
            operands = ", ".join(self._operands(call))
            by_name = "out=" if name in _OUT_BY_NAME else ""
            return f"{self.numpy(name)}({operands}, {by_name}{out})"
        if name in REDUCTIONS:
            return self._reduced(call, out)
        if name == "astype":
            return f"{self.numpy('copyto')}({out}, {self.array(call.args[0].value)}, 'unsafe')"
        if name == "contiguous":
            return f"{self.numpy('copyto')}({out}, {self.array(call.args[0].value)})"
        if name == "matmul":
            return f"{self._product(call)}, {out})"
        if name == "masked":
            return self._masked(call)
        options = "".join(f", {key}={self._static(value)}" for key, value in call.options)
        args = ", ".join(map(self._static, call.args))
        begin = self.helpers.called(TABLE[name].function) if name in FILLING else f"np.{name}("
        return f"{begin}{args}{options}, out={out})"

    def value(self, call: Call) -> str:
        """The call as an expression that makes an array of its own."""
        name = call.name
        clip = self._clip(call)
        if clip is not None:
            return f"{clip})"
        if name in UFUNCS:
            return f"{self.numpy(name)}({', '.join(self._operands(call))})"
        if name in REDUCTIONS:
            return self._reduced(call)
        if name == "matmul":
            return f"{self._product(call)})"
        if name == "index" and is_view(call):
            return f"{self.array(call.args[0].value)}[{_keyed(call.args[1])}]"
        args = [self._static(arg) for arg in call.args]
        if name in (WHOLE, TAP):
            called = self.names.free(f"{'operation' if name == WHOLE else name}_{call.output}")
            self.whole[called] = self.program.operations[call.about]
            return f"{called}({', '.join(args)})"
        args += [f"{key}={self._static(value)}" for key, value in call.options]
        return f"{self.helpers.called(TABLE[name].function)}{', '.join(args)})"

    def _viewed(self, call: Call) -> str:
        """A view: of a fixed array as an array of its own, never as a NumPy scalar."""
        source = call.args[0].value
        x = self.array(source)
        if call.name == "index":
            whole = call.args[1] if Ellipsis in call.args[1] else (*call.args[1], Ellipsis)
            key = whole if self.program.specs[call.output].shape == () else call.args[1]
            return f"{x}[{_keyed(key)}]"
        if call.name == "windows":
            return self.value(call)
        if call.name == "broadcast_to":
            return f"{self.numpy(call.name)}({x}, {call.args[1]})"
        if self.program.specs[source].shape == () and source not in self.storage.fixed:
            return f"np.{call.name}({x}, {call.args[1]})"  # it may be a NumPy scalar
        if call.name == "transpose" and _turns_all(call.args[1]):
            return f"{x}.T"
        return f"{x}.{call.name}({', '.join(map(repr, call.args[1])) or '()'})"

    def _placed(self, call: Call) -> list[str]:
        """Values added at neighbouring places: of an operand that goes, of a copy, or of zeros."""
        x, key, values = call.args
        out, name = call.output, self.names.of(call.output)
        shape, dtype, _ = self.program.specs[out]
        lines = []
        if self.storage.root[out] != out:
            self.names.share(out, x.value)
            name = self.names.of(out)
        elif out in self.storage.place:
            self.fixed.append(f"{name} = buffer({shape}, {dtype.str!r}, {self.storage.place[out]})")
        else:
            lines.append(f"{name} = {self.numpy('empty')}({shape}, {dtype.str!r})")
        added = self._static(values)
        if self._is_zero(x) and is_box(key):
            lines += [f"{name}[{_keyed(box)}] = 0" for box in _around(key, shape or ())]
            return [*lines, f"{self.numpy('copyto')}({name}[{_keyed((*key, ...))}], {added})"]
        if self.storage.root[out] == out:
            lines.append(f"{self.numpy('copyto')}({name}, {self._static(x)})")
        if not is_box(key):
            return [*lines, f"{name}[{', '.join(map(self._static, key))}] += {added}"]
        place = f"{name}[{_keyed((*key, ...))}]"
        return [*lines, f"{self.numpy('add')}({place}, {added}, {place})"]

    def _add_stack(self, stack: int) -> None:
        """The array of a stack, made once, before its first entry."""
        if stack not in self._added:
            self._added.add(stack)
            shape, dtype, _ = self.program.specs[stack]
            place = self.storage.place[stack]
            name = self.names.of(stack)
            self.fixed.append(f"{name} = buffer({shape}, {dtype.str!r}, {place})")

    def _stacked(self, call: Call) -> list[str]:
        """The lines for the entries of a stack that were not computed in their places."""
        name = self.names.of(call.output)
        return [
            f"{self.numpy('copyto')}({name}[{i}], {self._static(part)})"
            for i, part in enumerate(call.args[0])
            if not isinstance(part, Ref) or self.storage.slot.get(part.value) != (call.output, i)
        ]

    def _is_zero(self, x: Ref) -> bool:
        """Whether an operand is zeros, repeated."""
        call = self._made.get(x.value)
        if call is None or call.name != "broadcast_to" or not isinstance(call.args[0], Ref):
            return False
        value = self.program.constants.get(call.args[0].value)
        return value is not None and value.shape == () and not value

    def _zeros(self) -> set[int]:
        return {call.output for call in self.program.calls if self._is_zero(Ref(call.output))}

    def _read_otherwise(self) -> Iterator[int]:
        """The values that the text reads; zeros to which something is added it does not."""
        for call in self.program.calls:
            boxed = call.name == "index_add" and is_box(call.args[1])
            zeros = boxed and self._is_zero(call.args[0])
            yield from refs(call.args[1:] if zeros else call.args)

    def _reduced(self, call: Call, out: str | None = None) -> str:
        options = dict(call.options)
        axis, initial = options.get("axis"), options.get("initial")
        rest = f", None, {out}" if out else ""
        rest += ", keepdims=True" if options.get("keepdims") else ""  # of sizes that a run finds
        rest += "" if initial is None else f", initial={self._static(initial)}"
        ufunc = self.numpy(REDUCTIONS[call.name])
        return f"{ufunc}.reduce({self.array(call.args[0].value)}, {axis}{rest})"

    def _product(self, call: Call) -> str:
        a, b = call.args
        flat = all(len(self.program.specs[arg.value].shape or ()) <= 2 for arg in (a, b))
        name = self.numpy("dot" if flat else "matmul")
        return f"{name}({self.array(a.value)}, {self.array(b.value)}"

    def _masked(self, call: Call) -> str:
        """Bits times 0 or 1, as integers: no NaN or infinity comes through a 0."""
        x, mask = call.args
        product = self.numpy("multiply")
        operands = f"{self._as_bits(x.value)}, {self.array(mask.value)}"
        return f"{product}({operands}, {self._as_bits(call.output)})"

    def _as_bits(self, value: int) -> str:
        """A value's bits as integers: a view, made once if the value is."""
        view = f"{self.array(value)}.view('i{self.program.specs[value].dtype.itemsize}')"
        if value not in self.storage.fixed:
            return view
        if value not in self._bits:
            self._bits[value] = self.names.free(f"{self.names.of(value)}_bits")
            self.fixed.append(f"{self._bits[value]} = {view}")
        return self._bits[value]


def _are_wide(dtypes: list[Any]) -> bool:
    """Whether operands are float64 or complex128, where a Python float counts for a float64: beside
    others NumPy takes it for less.
    """
    return all(dtype in (np.float64, np.complex128) for dtype in dtypes)


def _kind_of(number: Any) -> Any:
    """A Python number as NumPy's promotion takes it."""
    return np.dtype(np.bool_) if isinstance(number, bool) else type(number)


def _turns_all(axes: tuple[int, ...] | None) -> bool:
    """Whether an order of axes is that from the last to the first, for which None stands too."""
    return axes is None or axes == tuple(range(len(axes)))[::-1]


def _literal(number: Any) -> str:
    if number != number:
        return "math.nan"
    return repr(number) if abs(number) != np.inf else ("math.inf" if number > 0 else "-math.inf")


def _around(key: tuple[Any, ...], shape: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Keys of the boxes around the box that a key picks: before and behind it, axis by axis."""
    found: list[tuple[Any, ...]] = []
    for axis, part in enumerate(key):
        size = shape[axis]
        if isinstance(part, slice):
            start, stop, _ = part.indices(size)
            stop = max(start, stop)
        else:
            start = part % size
            stop = start + 1
        if start > 0:
            found.append((*key[:axis], slice(None, start)))
        if stop < size:
            found.append((*key[:axis], slice(stop, None)))
    return found


def _keyed(key: tuple[Any, ...]) -> str:
    return ", ".join(map(_subscript, key)) or "()"


def _subscript(part: Any) -> str:
    if isinstance(part, slice):
        start, stop = ("" if p is None else str(p) for p in (part.start, part.stop))
        return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
    return "..." if part is Ellipsis else repr(part)
