"""Many small calls as one: what is done alike to each entry of an array, or summed over many.

A recurrent network that is unrolled multiplies each step's input by the same matrix, and adds up
the gradients of all steps. Here products of the entries of an array by one matrix become one
product; so do sums of products; and an elementwise function of many values becomes one of all of
them, stacked. Values that are stacked are computed where they stand in the stack (`buffers`).
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

import numpy as np

from ..primitives import Spec, spec_of
from ..primitives.table import UFUNCS
from ..shapes import is_known
from .program import Call, Program, Ref, reading, size

_LEAST = 8  # calls that are worth being made one
_LARGEST_PRODUCT = 1 << 21  # multiplications of a product that gains by that
_LARGEST_ARRAY = 1 << 14  # elements of an elementwise call that does


def in_batches(program: Program) -> Program:
    """The same program with many small calls made one. Values are equal up to rounding.

    A program with sizes that a run finds is left as it is: how small its calls are is not known.
    """
    known = all(is_known(spec.shape) for spec in program.specs)
    if len(program.calls) < 2 * _LEAST or not known:
        return program
    edit = _Edit(program)
    for change in (_products, _biases, _sums, _functions):
        change(edit)
        if edit.done():
            edit = _Edit(program)
    return program


class _Edit:
    """A program that is being changed: who makes and reads a value, and what is to be inserted."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.specs: list[Any] = program.specs
        self.made = {call.output: (i, call) for i, call in enumerate(program.calls)}
        self.reads, self.reader = Counter(program.wanted()), {}  # the last one
        for call in program.calls:
            for value in call.reads():
                self.reads[value] += 1
                self.reader[value] = call
        self._before: dict[int, list[Call]] = {}
        self._instead: dict[int, Call | None] = {}
        self._other: dict[int, int] = {}

    def source(self, value: Any, name: str) -> Call | None:
        """The call of that name that makes a value, or None."""
        found = self.made.get(value.value) if isinstance(value, Ref) else None
        return found[1] if found is not None and found[1].name == name else None

    def place(self, value: int) -> int:
        """After which call a value is there; -1 for one that is there from the start."""
        found = self.made.get(value)
        return -1 if found is None else found[0]

    def new(self, at: int, name: str, spec: Spec, *args: Any, **options: Any) -> Ref:
        """The value of a new call before the call `at`, which it is about."""
        about = self.program.calls[at].about
        value = self.program.new(spec, name)
        call = Call(name, args, tuple(options.items()), value, about)
        self._before.setdefault(at, []).append(call)
        return Ref(value)

    def add(self, call: Call, x: Ref, y: Ref) -> Ref:
        """Their sum, before `call`, and of its shape."""
        return self.new(self.place(call.output), "add", self.specs[call.output], x, y)

    def constant(self, value: Any) -> Ref:
        """An array that is known."""
        number = self.program.new(spec_of(value), "constant")
        self.program.constants[number] = value
        return Ref(number)

    def move(self, output: int, at: int, name: str, *args: Any) -> None:
        """Let another call make a value, before the call `at`."""
        place, call = self.made[output]
        self._before.setdefault(at, []).append(Call(name, args, (), output, call.about))
        self._instead[place] = None

    def forget(self, output: int, other: Ref) -> None:
        """Let another value be read in the place of one."""
        self._instead[self.place(output)] = None
        self._other[output] = other.value

    def replace(self, output: int, name: str, *args: Any) -> None:
        """Let another call make a value."""
        at, call = self.made[output]
        self._instead[at] = Call(name, args, (), output, call.about)

    def done(self) -> bool:
        """Write the changes into the program. Returns whether there were any."""
        if not self._instead:
            return False
        calls: list[Call] = []
        for i, call in enumerate(self.program.calls):
            calls += self._before.get(i, [])
            now = self._instead.get(i, call)
            if now is not None:
                calls.append(now)
        self.program.calls = [
            call._replace(args=tuple([reading(arg, self._other) for arg in call.args]))
            for call in calls
        ]
        self.program.redirect(self._other)
        self.program.without_dead_calls()
        return True


# ---- entries of one array -----------------------------------------------------------------------


def _entry(edit: _Edit, value: Any) -> tuple[Ref, int] | None:
    """The array that a value is an entry of along the first axis, and which."""
    call = edit.source(value, "index")
    if call is None or len(call.args[1]) != 1 or type(call.args[1][0]) is not int:
        return None
    array, count = call.args[0], edit.specs[call.args[0].value].shape[0]
    return array, call.args[1][0] % count


def _products(edit: _Edit) -> None:
    """X[t] @ W for all t is (X @ W)[t]."""
    found: dict[tuple[Ref, Ref], dict[int, Call]] = {}
    for call in edit.program.calls:
        entry = _entry(edit, call.args[0]) if call.name == "matmul" else None
        if entry is not None and len(edit.specs[call.args[1].value].shape) == 2:
            found.setdefault((entry[0], call.args[1]), {})[entry[1]] = call
    for (array, matrix), by_entry in found.items():
        shape, spec = edit.specs[array.value].shape, edit.specs[matrix.value]
        if not _is_whole(by_entry, shape[0]) or prod(shape[1:]) * spec.shape[1] > _LARGEST_PRODUCT:
            continue
        at = min(edit.place(call.output) for call in by_entry.values())
        rows, wide = prod(shape[:-1]), (*shape[:-1], spec.shape[1])
        flat = edit.new(
            at, "reshape", Spec((rows, shape[-1]), spec.dtype), array, (rows, shape[-1])
        )
        product = edit.new(at, "matmul", Spec((rows, wide[-1]), spec.dtype), flat, matrix)
        shaped = edit.new(at, "reshape", Spec(wide, spec.dtype), product, wide)
        for t, call in by_entry.items():
            edit.replace(call.output, "index", shaped, (t,))


def _biases(edit: _Edit) -> None:
    """X[t] + b and (X[t] + y) + b for all t are (X + b)[t] and (X + b)[t] + y."""
    found: dict[tuple[Ref, Ref], dict[int, tuple[Call, Any]]] = {}
    for call in edit.program.calls:
        for inner, bias in (call.args, call.args[::-1]) if call.name == "add" else ():
            if not isinstance(bias, Ref) or not isinstance(inner, Ref):
                continue
            if len(edit.specs[bias.value].shape) >= len(edit.specs[call.output].shape):
                continue
            for part, rest in _terms(edit, inner):
                entry = _entry(edit, part)
                if entry is not None and edit.specs[part.value] == edit.specs[call.output]:
                    found.setdefault((entry[0], bias), {})[entry[1]] = (call, rest)
    for (array, bias), by_entry in found.items():
        spec = edit.specs[array.value]
        if not _is_whole(by_entry, spec.shape[0]) or edit.place(array.value) < 0:
            continue
        at = min(edit.place(call.output) for call, _ in by_entry.values())
        added = edit.new(at, "add", spec, array, bias)
        for t, (call, rest) in by_entry.items():
            if rest is None:
                edit.replace(call.output, "index", added, (t,))
            else:
                part = edit.new(at, "index", edit.specs[call.output], added, (t,))
                edit.replace(call.output, "add", part, rest)


def _terms(edit: _Edit, value: Ref) -> list[tuple[Any, Any]]:
    """A value alone, or as either term of a sum that nothing else reads, with the other one."""
    inner = edit.source(value, "add")
    if inner is None or edit.reads[value.value] != 1:
        return [(value, None)]
    a, b = inner.args
    whole = edit.specs[value.value]
    return [(p, q) for p, q in ((a, b), (b, a)) if isinstance(q, Ref) and _is(edit, q, whole)]


def _is(edit: _Edit, value: Ref, spec: Spec) -> bool:
    alike: bool = edit.specs[value.value] == spec
    return alike


def _is_whole(by_entry: dict[int, Any], count: int) -> bool:
    return count >= _LEAST and len(by_entry) == count


# ---- values that are stacked --------------------------------------------------------------------


class _Stacks:
    """The stacks of values made so far, to be used again whole or in part."""

    def __init__(self, edit: _Edit) -> None:
        self._edit = edit
        self._known: dict[int, tuple[Ref, int]] = {}  # by value: its stack and its entry there

    def order(self, values: list[int]) -> list[int] | None:
        """The values in the order of the stack that has them all; None if none has."""
        known = [self._known.get(value) for value in values]
        if None in known or len({entry[0] for entry in known if entry}) != 1:
            return None
        return sorted(values, key=lambda value: self._known[value][1])

    def rows(self, values: list[int], at: int) -> Ref | None:
        """The values one below the other: entries of an array, of a stack, or newly stacked.

        None where they are in a stack in another order, or with others between them.
        """
        edit, spec = self._edit, self._edit.specs[values[0]]
        entries = [_entry(edit, Ref(value)) or self._known.get(value) for value in values]
        if None in entries:
            if any(value in self._known for value in values):
                return None
            return self._flat(self._stacked(values), len(values), spec, at)
        arrays = {entry[0] for entry in entries if entry}
        first, count = entries[0], len(values)
        assert first is not None
        in_row = [(first[0], first[1] + i) for i in range(count)]
        if len(arrays) != 1 or entries != in_row:
            return None
        whole = edit.specs[first[0].value].shape[0] == count
        if whole:
            return self._flat(first[0], count, spec, at)
        key = (slice(first[1], first[1] + count),)
        part = edit.new(at, "index", Spec((count, *spec.shape), spec.dtype), first[0], key)
        return self._flat(part, count, spec, at)

    def _stacked(self, values: list[int]) -> Ref:
        spec = self._edit.specs[values[0]]
        at = max(self._edit.place(value) for value in values) + 1
        shape = (len(values), *spec.shape)
        stack = self._edit.new(
            at, "stack", Spec(shape, spec.dtype), [Ref(value) for value in values], axis=0
        )
        self._known.update({value: (stack, i) for i, value in enumerate(values)})
        return stack

    def _flat(self, stack: Ref, count: int, spec: Any, at: int) -> Ref:
        shape = (count * spec.shape[0], *spec.shape[1:])
        return self._edit.new(at, "reshape", Spec(shape, spec.dtype), stack, shape)


def _sums(edit: _Edit) -> None:
    """The sum of A[t]' @ B[t] is the product of all rows of A and of B; so with ones for A'."""
    stacks = _Stacks(edit)
    groups = []
    for call in edit.program.calls:
        found = [(leaf, _pair(edit, leaf)) for leaf in _leaves(edit, call)]
        pairs = [pair for _, pair in found if pair is not None]
        if len(pairs) >= _LEAST and _are_alike(edit, pairs):
            groups.append((call, pairs, [leaf for leaf, pair in found if pair is None]))
    for call, pairs, rest in sorted(groups, key=lambda group: not _is_of_entries(edit, group[1])):
        product = _sum_at_once(edit, stacks, edit.place(call.output), pairs)
        if product is None:
            continue
        for term in rest[:-1]:
            product = edit.add(call, product, term)
        if rest:
            edit.replace(call.output, "add", product, rest[-1])
        else:
            edit.forget(call.output, product)


def _leaves(edit: _Edit, call: Call) -> list[Ref]:
    """The terms of a sum, if it is one and no part of another; each is read by the sum alone."""
    if call.name != "add" or _is_inner(edit, call):
        return []
    spec, pending, leaves = edit.specs[call.output], list(call.args), []
    while pending:
        term = pending.pop()
        if not isinstance(term, Ref) or edit.reads[term.value] != 1 or not _is(edit, term, spec):
            return []
        inner = edit.source(term, "add")
        if inner is None:
            leaves.append(term)
        else:
            pending += inner.args
    return leaves


def _is_inner(edit: _Edit, call: Call) -> bool:
    reader = edit.reader.get(call.output)
    return edit.reads[call.output] == 1 and reader is not None and reader.name == "add"


def _pair(edit: _Edit, leaf: Ref) -> tuple[Ref | None, Ref, Ref] | None:
    """A and B of a term A' @ B, with None for A where A' is a vector of ones; and A' itself."""
    product = edit.source(leaf, "matmul")
    if product is None:
        return None
    left, right = product.args
    if len(edit.specs[right.value].shape) != 2 or edit.place(right.value) < 0:
        return None
    turned = edit.source(left, "transpose")
    if turned is not None and turned.args[1] == (1, 0):
        return turned.args[0], right, left
    ones = edit.program.constants.get(left.value)
    is_ones = ones is not None and ones.ndim == 1 and bool((ones == 1).all())
    return (None, right, left) if is_ones else None


def _are_alike(edit: _Edit, pairs: list[Any]) -> bool:
    """Whether all terms have the same small shapes, and no B is there twice."""
    kinds = {(a and edit.specs[a.value], edit.specs[b.value]) for a, b, _ in pairs}
    if len(kinds) != 1 or len({b for _, b, _ in pairs}) != len(pairs):
        return False
    a, b = kinds.pop()
    return size(b) * (1 if a is None else a.shape[1]) <= _LARGEST_PRODUCT


def _is_of_entries(edit: _Edit, pairs: list[Any]) -> bool:
    return all(a is not None and _entry(edit, a) is not None for a, _, _ in pairs)


def _sum_at_once(edit: _Edit, stacks: _Stacks, at: int, pairs: list[Any]) -> Ref | None:
    """The sum of the terms as one product, before the call `at`; None where they do not fit."""
    by_right = {b.value: a for a, b, _ in pairs}
    order = stacks.order(list(by_right))
    if order is None:
        order = sorted(by_right, key=lambda b: _time(edit, by_right[b], b))
    lefts = [by_right[b] for b in order]
    if lefts[0] is not None and len({a.value for a in lefts}) != len(lefts):
        return None
    right = stacks.rows(order, at)
    if right is None:
        return None
    (rows, columns), dtype = edit.specs[right.value].shape, edit.specs[right.value].dtype
    if lefts[0] is None:
        ones = edit.constant(np.ones(rows, dtype))
        return edit.new(at, "matmul", Spec((columns,), dtype), ones, right)
    left = stacks.rows([a.value for a in lefts], at)
    if left is None:
        return None
    wide = edit.specs[left.value].shape[1]
    turned = edit.new(at, "transpose", Spec((wide, rows), dtype), left, (1, 0))
    return edit.new(at, "matmul", Spec((wide, columns), dtype), turned, right)


def _time(edit: _Edit, left: Ref | None, right: int) -> int:
    """By what terms are ordered: the entry of A, or when A was made, or when B was."""
    entry = None if left is None else _entry(edit, left)
    if entry is not None:
        return entry[1]
    return edit.place(right if left is None else left.value)


def _functions(edit: _Edit) -> None:
    """f(x), f(y), ... are the entries of f of the stack of x, y, ..."""
    found: dict[Any, list[Call]] = {}
    first: dict[int, int] = {}  # where a value is read first
    for i, call in enumerate(edit.program.calls):
        for value in call.reads():
            first.setdefault(value, i)
        spec = edit.specs[call.output]
        if call.name in UFUNCS and len(call.args) == 1 and spec.shape:
            (arg,) = call.args
            alike = isinstance(arg, Ref) and edit.specs[arg.value] == spec
            if alike and size(spec) <= _LARGEST_ARRAY and edit.place(arg.value) >= 0:
                found.setdefault((call.name, spec), []).append(call)
    stacked = {v for c in edit.program.calls if c.name == "stack" for v in c.reads()}
    for (name, spec), calls in found.items():
        args = [call.args[0].value for call in calls]
        at = max(edit.place(arg) for arg in args) + 1
        late = all(first.get(call.output, -1) >= at for call in calls)
        if len(calls) < _LEAST or not late or not stacked.isdisjoint(args):
            continue
        whole = Spec((len(calls), *spec.shape), spec.dtype)
        stack = edit.new(at, "stack", whole, [Ref(arg) for arg in args], axis=0)
        values = edit.new(at, name, whole, stack)
        for i, call in enumerate(calls):
            edit.move(call.output, at, "index", values, (i,))
