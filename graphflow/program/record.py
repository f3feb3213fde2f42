"""Recording: the forward of every operation read with its calls noted down.

The tracer's abstract reading gives shapes and dtypes; recording is the same reading, and keeps the
calls. Equal calls are made once, calls of constants are computed now (up to 64 KiB of them), and
each call is brought to one form by the table in `canonical`. An operation whose forward cannot be
read that way (it needs values) becomes one call of the whole operation.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from ..errors import GraphError, GraphflowError, lay_out
from ..graph import Constant, Node, Operation, Variable
from ..ops.random import RunKey
from ..ops.state import Assign
from ..ops.tap import After, Tap
from ..primitives import Primitive, Spec, Traced, Tracer, spec_of
from ..shapes import is_known
from ..traversal import ancestors
from .algebra import simplified
from .batching import in_batches
from .canonical import CANONICAL
from .convolutions import with_cheap_convolutions
from .layouts import BEHIND
from .lengths import by_lengths
from .program import TAP, Call, Program, Read, Ref, Update, nbytes, refs
from .quiet import silently
from .scaling import with_factors_early
from .specialize import Special
from .tiles import in_tiles

WHOLE = "operation"  # the name of a call of a whole operation
FOLDED_BYTES = 1 << 16
_INTERNED_BYTES = 1024
_NEEDS_VALUES = (GraphflowError, TypeError, ValueError, IndexError, AttributeError)
_NOT_FOLDED = {"random_normal", "random_uniform", "random_gamma", "broadcast_to"}
verifying = False  # tests switch it on: every simplification must keep shape and dtype then


class Recorded(Traced):
    """A value of the program, while it is recorded. `number` is set for a Python number."""

    __slots__ = ("number", "value")

    def __init__(self, tracer: Recorder, spec: Spec, value: int, number: Any = None) -> None:
        super().__init__(tracer, spec)
        self.value = value
        self.number = number


class Recorder(Tracer):
    """An array namespace that appends every call to a program."""

    def __init__(
        self,
        optimize: bool = False,
        moving: Mapping[str, Any] | None = None,
        fold: bool = True,
    ) -> None:
        self.program = Program()
        self._optimize = optimize
        self._folds = fold
        self._moving = moving or {}  # further rules, by the names of calls
        self.about = 0
        self._known: dict[Any, Recorded] = {}
        self._values: dict[int, Recorded] = {}
        self.made_by: dict[int, Call] = {}  # the call that computes a value

    def emit(
        self, primitive: Primitive, args: tuple[Any, ...], attributes: dict[str, Any], spec: Spec
    ) -> Traced:
        """The value of one call: an earlier one where it is the same, else a new one."""
        name = primitive.name
        args = tuple([self._value(arg) for arg in args])
        if _all_known(spec, args):
            canonical = CANONICAL.get(name)
            simpler = canonical(self, name, spec, *args, **attributes) if canonical else None
            if simpler is None and name in self._moving:
                simpler = self._moving[name](self, name, spec, *args, **attributes)
            if simpler is None and self._optimize:
                try:
                    simpler = simplified(self, name, spec, *args, **attributes)
                except _NEEDS_VALUES as error:  # else the whole operation would be one call
                    if verifying:
                        raise AssertionError(name) from error
                    raise
            if simpler is not None:
                assert not verifying or simpler.spec[:2] == spec[:2], (name, simpler.spec, spec)
                return cast(Traced, simpler)
        stored = tuple([self._argument(arg) for arg in args])
        options = tuple(attributes.items())
        key = (name, *[_key(arg) for arg in stored], _key(options))
        known = self._known.get(key)
        if known is None:
            known = self._folded(primitive, stored, attributes, spec)
            if known is None:
                known = self._appended(name, stored, options, spec)
            self._known[key] = known
        return known

    def whole(self, op: Operation, inputs: list[Recorded]) -> Recorded:
        """One call of an operation's own `compute` on arrays."""
        args = tuple([self._argument(x) for x in inputs])
        return self._appended(WHOLE, args, (), Spec(op.shape, op.dtype))

    def tap(self, op: Tap, inputs: Sequence[Recorded]) -> None:
        """One call that shows values to the function of a tap; copies of a tap show them once."""
        args = tuple([self._argument(self.strong(x)) for x in inputs])
        key = (TAP, id(op.function), args)
        if key not in self._known:
            self._known[key] = self._appended(TAP, args, (), Spec((), np.dtype(np.bool_)))

    def constant(self, value: Any, name: str = "constant") -> Recorded:
        """An array that is known now."""
        small = value.nbytes <= _INTERNED_BYTES
        key = (value.dtype, value.shape, value.tobytes()) if small else ("constant", id(value))
        known = self._known.get(key)
        if known is None:
            number = self.program.new(spec_of(value), name)
            self.program.constants[number] = value
            known = self._known[key] = Recorded(self, spec_of(value), number)
        return known

    def leaf(self, spec: Spec, name: str) -> Recorded:
        """A feed, a variable or the random key."""
        return Recorded(self, spec, self.program.new(spec, name))

    def number(self, value: Any) -> Recorded:
        """A Python number, which takes the dtype of what is beside it."""
        return Recorded(self, spec_of(value), -1, value)

    def strong(self, x: Recorded) -> Recorded:
        """`x` as a value of the program, if it is a Python number too."""
        return x if x.number is None else self.constant(np.asarray(x.number, x.spec.dtype))

    def constant_of(self, x: Any) -> Any:
        """The known value of an argument, or None."""
        if isinstance(x, Recorded):
            return self.program.constants.get(x.value) if x.number is None else x.number
        return None if isinstance(x, Traced) else x

    def maker(self, x: Any) -> str:
        """The name of the call that computes an argument; "constant" for what is known."""
        if not isinstance(x, Recorded) or x.number is not None:
            return "constant"
        call = self.made_by.get(x.value)
        if call is not None:
            return call.name
        return "constant" if x.value in self.program.constants else ""

    def find(self, name: str, *args: Any) -> Recorded | None:
        """The value of such a call, without options, if one is recorded."""
        stored = [self._argument(arg) for arg in args]
        return self._known.get((name, *[_key(arg) for arg in stored], ()))

    def source(self, x: Any, name: str) -> Call | None:
        """The call that computes `x`, if it is one of `name`."""
        call = self.made_by.get(x.value) if isinstance(x, Recorded) else None
        return call if call is not None and call.name == name else None

    def operand(self, arg: Any) -> Any:
        """An argument of a recorded call, as a rule may use it again."""
        return self.at(arg) if isinstance(arg, Ref) else arg

    def dense(self, x: Recorded) -> Recorded:
        """A small constant with all its elements in memory, or `x` as it is."""
        call = self.source(x, "broadcast_to")
        value = None if call is None else self.constant_of(self.at(call.args[0]))
        if call is None or value is None or nbytes(x.spec) > FOLDED_BYTES:
            return x
        return self.constant(np.ascontiguousarray(np.broadcast_to(value, call.args[1])))

    def at(self, ref: Any) -> Recorded:
        """The value that an argument of a recorded call refers to."""
        known = self._values.get(ref.value)
        if known is None:
            known = Recorded(self, self.program.specs[ref.value], ref.value)
            self._values[ref.value] = known
        return known

    def forget(self, x: Recorded) -> None:
        """Let `x` be computed anew by the next call that is equal to its own."""
        self._known = {key: y for key, y in self._known.items() if y.value != x.value}

    def close(self) -> None:
        """Forget the values, which know this recorder."""
        self._known.clear()
        self._values.clear()
        self.made_by.clear()

    def _value(self, arg: Any) -> Any:
        """An argument with arrays, in lists and keys too, as constants of the program."""
        if isinstance(arg, np.ndarray | np.generic):
            return self.constant(np.asarray(arg))
        if type(arg) in (list, tuple):
            return type(arg)([self._value(part) for part in arg])
        return arg

    def _argument(self, arg: Any) -> Any:
        """An argument as a call keeps it: values by their numbers."""
        if isinstance(arg, Recorded):
            return Ref(arg.value) if arg.number is None else arg.number
        if type(arg) in (list, tuple):
            return type(arg)([self._argument(part) for part in arg])
        return arg

    def _appended(
        self, name: str, args: tuple[Any, ...], options: tuple[Any, ...], spec: Spec
    ) -> Recorded:
        called = self.program.operations[self.about].kind if name == WHOLE else name
        spec = Spec(spec.shape, spec.dtype) if spec.weak else spec
        value = self.program.new(spec, called)
        call = Call(name, args, options, value, self.about)
        self.program.calls.append(call)
        self.made_by[value] = call
        return self.at(Ref(value))

    def _folded(
        self, primitive: Primitive, args: tuple[Any, ...], options: dict[str, Any], spec: Spec
    ) -> Recorded | None:
        """The value of a call of constants, computed now if it is small."""
        constants = self.program.constants
        if not self._folds or primitive.name in _NOT_FOLDED:
            return None
        if not constants.keys() >= set(refs(args)):
            return None
        if not is_known(spec.shape) or nbytes(spec) > FOLDED_BYTES:
            return None
        try:
            value = np.asarray(silently(primitive.function, *resolved(args, constants), **options))
        except MemoryError:
            raise
        except Exception:  # it will raise in the run, which can say where
            return None
        value.setflags(write=False)
        return self.constant(value, primitive.name)


def record(
    special: Special, optimize: bool = True, for_numpy: bool = True, fold: bool = True
) -> Program:
    """The program that computes `special.fetches` from `special.feeds` and the state.

    With `optimize`, by fewer and cheaper calls, as `algebra` says, and, `for_numpy`, by those that
    are cheap in NumPy. Without `fold`, calls of constants stay calls: programs for other sizes have
    the same ones then.
    Raises GraphError when a variable would be updated twice.
    """
    assigns = [node for node in ancestors(special.fetches) if isinstance(node, Assign)]
    _check_once(assigns, special.targets)
    wanted = [node for node in special.fetches if not node.is_update]
    roots = [
        *wanted,
        *(node.inputs[1] for node in assigns),
        *(tap.inputs[0] for tap in special.taps),
    ]
    recorder = Recorder(optimize, fold=fold)
    program = recorder.program
    found: dict[int, Recorded] = {}
    for leaf in special.feeds:
        found[leaf.number] = recorder.leaf(leaf.spec, leaf.name)
    program.feeds = [found[leaf.number].value for leaf in special.feeds]
    program.feed_names = [leaf.name for leaf in special.feeds]
    taps: dict[int, list[Tap]] = {}
    for tap in special.taps:
        taps.setdefault(tap.inputs[0].number, []).append(tap)
    for node in ancestors(roots):
        if node.number not in found:
            found[node.number] = _recorded(recorder, node, found)
        for tap in taps.get(node.number, ()):
            _recorded(recorder, tap, found)
    program.outputs = [
        None if node.is_update else recorder.strong(found[node.number]).value
        for node in special.fetches
    ]
    for node in assigns:
        variable = special.targets[node.number]
        value = recorder.strong(found[node.inputs[1].number]).value
        program.updates.append(Update(variable.uid, value, weakref.ref(variable), variable.name))
    recorder.close()
    program = program.without_dead_calls()
    return _improved(program) if optimize and for_numpy else program


def _improved(program: Program) -> Program:
    """The program by fewer and cheaper calls of NumPy, as only the whole of it shows."""
    program = with_cheap_convolutions(with_factors_early(program), Recorder(True, BEHIND))
    return in_tiles(in_batches(by_lengths(program)))


def _recorded(recorder: Recorder, node: Node, found: dict[int, Recorded]) -> Recorded:
    program = recorder.program
    if isinstance(node, Constant):
        return recorder.number(node.value) if node.weak else recorder.constant(node.value)
    if isinstance(node, Variable):
        read = recorder.leaf(node.spec, node.name)
        program.reads.append(Read(read.value, node.uid, node._initial, node.name))
        return read
    if isinstance(node, RunKey):
        if program.key is None:
            program.key = recorder.leaf(node.spec, "key").value
        return recorder.at(Ref(program.key))
    if isinstance(node, After):
        return found[node.inputs[0].number]
    assert isinstance(node, Operation), node
    program.operations.append(node.detached())
    recorder.about = len(program.operations) - 1
    inputs = [found[i.number] for i in node.inputs]
    if isinstance(node, Tap):
        recorder.tap(node, inputs)
        return inputs[0]
    before = len(program.calls)
    result = _read(recorder, node, inputs)
    if len(program.calls) > before:
        program.names[result.value] = node._own_name or program.names[result.value]
    return result


def _read(recorder: Recorder, op: Operation, inputs: list[Recorded]) -> Recorded:
    """The operation's forward, call by call; as one call where it needs the values."""
    try:
        result = op.compute(recorder, *inputs)
        if not isinstance(result, Recorded):
            result = recorder.constant(np.asarray(result))
        result = recorder.strong(result)
        if result.spec == (op.shape, op.dtype, False):
            return result
    except _NEEDS_VALUES:
        pass  # what was recorded of it is dead
    return recorder.whole(op, inputs)


def resolved(args: Any, values: Any) -> Any:
    """Arguments with the values in the place of their numbers."""
    return [_resolved(arg, values) for arg in args]


def _resolved(arg: Any, values: Any) -> Any:
    if isinstance(arg, Ref):
        return values[arg.value]
    if type(arg) in (list, tuple):
        return type(arg)([_resolved(part, values) for part in arg])
    return arg


def _all_known(spec: Spec, args: tuple[Any, ...]) -> bool:
    """Whether all shapes of a call are known."""
    if not is_known(spec.shape):
        return False
    return all(is_known(x.spec.shape) for x in args if isinstance(x, Recorded))


def _key(arg: Any) -> Any:
    if isinstance(arg, Ref):
        return arg
    if isinstance(arg, list | tuple):
        return tuple([_key(part) for part in arg])
    if isinstance(arg, slice):
        return (slice, arg.start, arg.stop, arg.step)
    return (type(arg), repr(arg) if isinstance(arg, float | complex) else arg)


def _check_once(assigns: list[Assign], targets: dict[int, Variable]) -> None:
    first: dict[int, Node] = {}
    for node in assigns:
        variable = targets[node.number]
        other = first.setdefault(variable.number, node)
        if other is not node:
            rows = [("", n.name, str(n.origin or "")) for n in (other, node)]
            raise GraphError(
                lay_out(
                    f"run: variable {variable.name!r} would be updated twice",
                    rows,
                    "run the updates one after the other",
                )
            )
