"""The text of a program: straight-line Python that calls NumPy on planned buffers.

What is printed here is what runs, what a user is shown, and what is saved. Buffers and constants
are globals of the text, the step is one function of the feeds and the variables; each line has the
user's line beside it.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..primitives import TABLE
from ..primitives.table import UFUNCS
from .buffers import REDUCTIONS, Storage, is_view, plan_storage
from .bundle import Helpers
from .program import Call, Program, Ref
from .record import WHOLE
from .scalars import EXPRESSIONS, python_scalars

_OUT_BY_NAME = {"maximum", "minimum", "fmax", "fmin"}  # they warn about a positional out
_FROM_NUMPY = {"matmul", "transpose", "broadcast_to", "reshape", "concatenate", "stack"}


@dataclass(slots=True)
class Source:
    """The text of a program, and what it needs to run.

    `constants` are the arrays it names, `whole` the operations that are called as a whole;
    `lines` says for every line number of the step which operation it is about, and whether it
    computes Python floats.
    """

    text: str
    parameters: list[str]
    constants: dict[str, np.ndarray[Any, Any]]
    whole: dict[str, Any]
    lines: dict[int, tuple[int, bool]]
    storage: Storage


@dataclass(slots=True)
class _Printer:
    program: Program
    scalars: dict[int, bool] = field(init=False)
    storage: Storage = field(init=False)
    names: dict[int, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    helpers: Helpers = field(default_factory=Helpers)
    imports: set[str] = field(default_factory=set)
    constants: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    numbers: dict[Any, str] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)
    fixed: list[str] = field(default_factory=list)
    body: list[tuple[str, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scalars = python_scalars(self.program)
        self.storage = plan_storage(self.program, set(self.scalars))
        self.taken.update(keyword.kwlist, _RESERVED, UFUNCS)

    # ---- names ------------------------------------------------------------------------------

    def name(self, value: int) -> str:
        """The identifier of a value."""
        known = self.names.get(value)
        if known is None:
            known = self.names[value] = self._free(
                f"{_identifier(self.program.names[value])}_{value}"
            )
        return known

    def named(self, value: int, wanted: str) -> str:
        """Give a value the name that the user gave it, if that is free."""
        self.names[value] = self._free(_identifier(wanted))
        return self.names[value]

    def _free(self, wanted: str) -> str:
        name, i = wanted, 1
        while name in self.taken:
            name, i = f"{wanted}_{i}", i + 1
        self.taken.add(name)
        return name

    def numpy(self, name: str) -> str:
        """A name of NumPy's, imported."""
        self.imports.add(name)
        return name

    def number(self, value: Any, dtype: Any) -> str:
        """A Python number as an array of rank 0, made once."""
        key = (repr(value), dtype)
        if key not in self.numbers:
            try:
                array = np.asarray(value, dtype)
            except (OverflowError, TypeError):
                return repr(value)
            name = self._free(f"k{len(self.numbers)}")
            self.numbers[key] = name
            self.constants[name] = array
        return self.numbers[key]

    # ---- operands ---------------------------------------------------------------------------

    def array(self, value: int) -> str:
        """A value as an operand of an array function."""
        if value in self.program.constants:
            return self.constant(value)
        if self.scalars.get(value):
            return f"{self.numpy('bool_' if self.program.specs[value].dtype.kind == 'b' else 'float64')}({self.name(value)})"
        return self.name(value)

    def constant(self, value: int) -> str:
        """The name of a constant of the program."""
        name = self.name(value)
        self.constants[name] = np.asarray(self.program.constants[value])
        return name

    def scalar(self, arg: Any) -> str:
        """A value or number as a part of an expression of Python floats."""
        if not isinstance(arg, Ref):
            return _literal(arg)
        if arg.value in self.program.constants:
            return _literal(self.program.constants[arg.value].item())
        return self.name(arg.value)

    def static(self, arg: Any) -> str:
        """Any argument of a call: values, numbers, axes, dtypes, keys."""
        if isinstance(arg, Ref):
            return self.array(arg.value)
        if isinstance(arg, list | tuple):
            parts = [self.static(part) for part in arg]
            if type(arg) not in (list, tuple):  # a named tuple: its class comes along
                return f"{self.helpers.want(type(arg))}({', '.join(parts)})"
            closed = ", ".join(parts) + ("," if isinstance(arg, tuple) and len(arg) == 1 else "")
            return f"[{closed}]" if isinstance(arg, list) else f"({closed})"
        if isinstance(arg, np.dtype):
            return f"{self.numpy('dtype')}({arg.str!r})"
        return _literal(arg) if isinstance(arg, float | int) else repr(arg)

    # ---- calls ------------------------------------------------------------------------------

    def call(self, call: Call) -> None:
        """Print one call."""
        out = call.output
        if self.scalars.get(out):
            template = EXPRESSIONS[call.name]
            text = template.format(*[self.scalar(arg) for arg in call.args])
            self._line(call, f"{self.name(out)} = {text}", scalar=True)
        elif is_view(call) and self.storage.root[out] != out:
            text = f"{self.name(out)} = {self._viewed(call)}"
            if out in self.storage.fixed:
                self.fixed.append(text)
            else:
                self._line(call, text)
        elif out in self.storage.place:
            self._line(call, self._into(call, self.name(out)))
        else:
            text = self._value(call)
            self._line(
                call, f"{self.name(out)} = " + (f"float({text})" if out in self.scalars else text)
            )

    def _line(self, call: Call, text: str, scalar: bool = False) -> None:
        self.body.append((text, call.about, scalar))

    def _viewed(self, call: Call) -> str:
        """A view: of a fixed array as an array of its own, never as a NumPy scalar."""
        source = call.args[0].value
        x = self.array(source)
        if call.name == "index":
            whole = call.args[1] if Ellipsis in call.args[1] else (*call.args[1], Ellipsis)
            key = whole if self.program.specs[call.output].shape == () else call.args[1]
            return f"{x}[{_keyed(key)}]"
        if call.name == "broadcast_to":
            return f"{self.numpy(call.name)}({x}, {call.args[1]})"
        if self.program.specs[source].shape == () and source not in self.storage.fixed:
            return f"np.{call.name}({x}, {call.args[1]})"  # it may be a NumPy scalar
        if call.name == "transpose" and call.args[1] == tuple(range(len(call.args[1])))[::-1]:
            return f"{x}.T"
        return f"{x}.{call.name}({', '.join(map(repr, call.args[1])) or '()'})"

    def _operands(self, call: Call) -> list[str]:
        """The operands of a ufunc: numbers in the dtypes of its loop."""
        specs = [
            self.program.specs[arg.value].dtype if isinstance(arg, Ref) else _kind_of(arg)
            for arg in call.args
        ]
        loop = getattr(np, call.name).resolve_dtypes((*specs, None))
        return [
            self.array(arg.value) if isinstance(arg, Ref) else self.number(arg, dtype)
            for arg, dtype in zip(call.args, loop, strict=False)
        ]

    def _into(self, call: Call, out: str) -> str:
        """The call as a statement that writes into an array that is there."""
        name = call.name
        if name in UFUNCS:
            operands = ", ".join(self._operands(call))
            by_name = "out=" if name in _OUT_BY_NAME else ""
            return f"{self.numpy(name)}({operands}, {by_name}{out})"
        if name in REDUCTIONS:
            return self._reduced(call, out)
        if name == "astype":
            return f"{self.numpy('copyto')}({out}, {self.array(call.args[0].value)}, 'unsafe')"
        if name == "matmul":
            return f"{self._product(call)}, {out})"
        if name == "masked":
            return self._masked(call, out)
        options = "".join(f", {key}={self.static(value)}" for key, value in call.options)
        args = ", ".join(map(self.static, call.args))
        return f"{self.numpy(name)}({args}{options}, out={out})"

    def _value(self, call: Call) -> str:
        """The call as an expression that makes an array of its own."""
        name = call.name
        if name in UFUNCS:
            return f"{self.numpy(name)}({', '.join(self._operands(call))})"
        if name in REDUCTIONS:
            return self._reduced(call, "None")
        if name == "matmul":
            return f"{self._product(call)})"
        if name == "index" and is_view(call):
            return f"{self.array(call.args[0].value)}[{_keyed(call.args[1])}]"
        args = [self.static(arg) for arg in call.args]
        if name == WHOLE:
            called = self._free(f"operation_{call.output}")
            self.whole[called] = self.program.operations[call.about]
            return f"{called}({', '.join(args)})"
        args += [f"{key}={self.static(value)}" for key, value in call.options]
        return f"{self.helpers.called(TABLE[name].function)}{', '.join(args)})"

    def _reduced(self, call: Call, out: str) -> str:
        options = dict(call.options)
        axis, initial = options.get("axis"), options.get("initial")
        rest = "" if out == "None" else f", None, {out}"
        rest += "" if initial is None else f", initial={self.static(initial)}"
        ufunc = self.numpy(REDUCTIONS[call.name])
        return f"{ufunc}.reduce({self.array(call.args[0].value)}, {axis}{rest})"

    def _product(self, call: Call) -> str:
        a, b = call.args
        flat = all(len(self.program.specs[arg.value].shape or ()) <= 2 for arg in (a, b))
        name = self.numpy("dot" if flat else "matmul")
        return f"{name}({self.array(a.value)}, {self.array(b.value)}"

    def _masked(self, call: Call, out: str) -> str:
        x, mask = call.args
        bits = f"'i{self.program.specs[call.output].dtype.itemsize}'"
        multiply = self.numpy("multiply")
        return f"{multiply}({self._seen_as(x.value, bits)}, {self.array(mask.value)}, {self._seen_as(call.output, bits)})"

    def _seen_as(self, value: int, dtype: str) -> str:
        """A value's bits as integers: a view, made once if the value is."""
        if value in self.storage.fixed:
            name = f"{self.name(value)}_bits"
            if name not in self.taken:
                self.taken.add(name)
                self.fixed.append(f"{name} = {self.name(value)}.view({dtype})")
            return name
        return f"{self.array(value)}.view({dtype})"

    # ---- the whole --------------------------------------------------------------------------

    def print(self) -> Source:
        """The text."""
        program = self.program
        parameters = []
        for value, wanted in zip(program.feeds, program.feed_names, strict=True):
            parameters.append(self._free("unused") if value is None else self.named(value, wanted))
        for read in program.reads:
            parameters.append(self.named(read.value, read.name))
        if program.key is not None:
            parameters.append(self.named(program.key, "key"))
        for leaf in [*program.feeds, *[read.value for read in program.reads]]:
            if leaf in self.scalars:
                assert leaf is not None
                self.body.append((f"{self.name(leaf)} = float({self.name(leaf)})", -1, False))
        for call in program.calls:
            self._place(call.output)
            self.call(call)
        result = f"return ({', '.join(self._results())}{',' if self._count() == 1 else ''})"
        return self._joined(parameters, result)

    def _place(self, value: int) -> None:
        offset = self.storage.place.get(value)
        if offset is not None:
            shape, dtype, _ = self.program.specs[value]
            self.fixed.append(f"{self.name(value)} = buffer({shape}, {dtype.str!r}, {offset})")

    def _count(self) -> int:
        return len(self.program.wanted())

    def _results(self) -> list[str]:
        """What the step returns: nothing of it is an operand, a buffer, or there twice."""
        given: set[int] = set()
        results = []
        outputs = {i for i, _ in enumerate([v for v in self.program.outputs if v is not None])}
        for i, value in enumerate(self.program.wanted()):
            results.append(self._result(value, i in outputs, given))
        return results

    def _result(self, value: int, is_output: bool, given: set[int]) -> str:
        if value in self.scalars and value not in self.program.constants:
            boolean = self.program.specs[value].dtype.kind == "b"
            kind = self.numpy("bool_" if boolean else "float64")
            return f"{kind}({self.name(value)})" if is_output or boolean else self.name(value)
        root = self.storage.root[value]
        computed = any(True for _ in ()) or root in self._computed()
        ending = "[()]" if is_output and self.program.specs[value].shape == () else ""
        if computed and root not in given and self._covers(value, root):
            given.add(root)
            return f"{self.name(value)}{ending}"
        return f"{self.numpy('array')}({self.array(value)}){ending}"

    def _computed(self) -> set[int]:
        return {
            call.output
            for call in self.program.calls
            if self.storage.root[call.output] == call.output
        } - set(self.storage.place)

    def _covers(self, value: int, root: int) -> bool:
        """Whether a view shows its root whole and once, so that it may be given away."""
        specs = self.program.specs
        return value == root or _nbytes(specs[value]) == _nbytes(specs[root])

    def _joined(self, parameters: list[str], result: str) -> Source:
        head = ["from __future__ import annotations", "", "import math", "", "import numpy as np"]
        if self.fixed and self.storage.size:
            self.numpy("empty")
        if self.imports:
            head.append(f"from numpy import {', '.join(sorted(self.imports))}")
        head += ["", *self.helpers.text()]
        for name in sorted(self.constants):
            about = " ".join(str(self.constants[name]).split())
            head.append(f"{name} = constants[{name!r}]  # {about[:60]}")
        if self.storage.size:
            head += ["", f"block = empty({self.storage.size + 64}, 'u1')", *_BUFFER, *self.fixed]
        head += ["", "", f"def step({', '.join(parameters)}):"]
        lines: dict[int, tuple[int, bool]] = {}
        width = min(max((len(text) for text, _, _ in self.body), default=0), 72)
        for text, about, scalar in self.body:
            origin = str(self.program.operations[about].origin or "") if about >= 0 else ""
            comment = f"{text.ljust(width)}  # {origin}" if origin else text
            head.append(f"    {comment}")
            lines[len(head)] = (about, scalar)
        head.append(f"    {result}")
        return Source(
            "\n".join(head) + "\n", parameters, self.constants, self.whole, lines, self.storage
        )


_BUFFER = """start = -block.ctypes.data % 64


def buffer(shape, dtype, offset):
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return block[start + offset : start + offset + size].view(dtype).reshape(shape)

""".splitlines()
_RESERVED = ("block", "start", "buffer", "step", "constants", "math", "np", "float", "array", "dot",
             "matmul", "copyto", "empty", "float64", "bool_", "dtype", "unused")  # fmt: skip


def print_source(program: Program) -> Source:
    """The text that computes a program."""
    return _Printer(program).print()


def _identifier(name: str) -> str:
    cleaned = re.sub(r"\W", "_", name.rpartition("/")[2], flags=re.ASCII)
    return cleaned if cleaned and not cleaned[0].isdigit() else f"v_{cleaned}"


def _kind_of(number: Any) -> Any:
    """A Python number as NumPy's promotion takes it."""
    return np.dtype(np.bool_) if isinstance(number, bool) else type(number)


def _literal(number: Any) -> str:
    if number != number:
        return "math.nan"
    return repr(number) if abs(number) != np.inf else ("math.inf" if number > 0 else "-math.inf")


def _keyed(key: tuple[Any, ...]) -> str:
    return ", ".join(map(_subscript, key)) + ("," if len(key) == 1 else "") if key else "()"


def _subscript(part: Any) -> str:
    if isinstance(part, slice):
        start, stop = ("" if p is None else str(p) for p in (part.start, part.stop))
        return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
    return "..." if part is Ellipsis else repr(part)


def _nbytes(spec: Any) -> int:
    return int(np.prod(spec.shape, dtype=object)) * spec.dtype.itemsize
