"""check_op: one operation on many operands: values, shapes, dtypes, gradients, uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..dtypes import Array
from ..errors import DTypeError, GraphflowError, RegistrationError, ShapeError
from ..gradients import gradients
from ..graph import Elementwise, Graph, Node, Placeholder
from ..registry import has_rule, is_differentiable
from ..session import Session
from ..shapes import maybe_equal
from ..transforms import jvp, vjp
from .check import check_gradients
from .domains import Domain, reals
from .forms import FORMS, GUESSES, Called, Form, attribute_choices, called, forms_for
from .generated import IMPORTS
from .report import Finding, Report, Row, merged

Sizes = tuple[int, ...]
_NAMES = "xyzuvw"
_ALIKE: tuple[Sizes, ...] = ((2, 3), (), (1,), (3, 3), (0,), (2, 0))
_BROADCAST: tuple[Sizes, ...] = ((3,), (2, 1), (2, 3), ())
_PRODUCTS: tuple[tuple[Sizes, Sizes], ...] = (((2, 3), (3, 2)), ((3,), (3,)), ((2, 3), (3,)))
_FLOATS = (np.float64, np.float32)


class _Trial(NamedTuple):
    """One way to call an operation, and arrays to call it with."""

    label: str
    build: Callable[..., Node]
    arrays: list[Array]

    def placeholders(self, known: str = "sizes") -> list[Node]:
        """One for each array; `known` says what they are told of its shape."""
        found: list[Node] = []
        for name, array in zip(_NAMES, self.arrays, strict=False):
            told: Any = {"sizes": array.shape, "rank": (None,) * array.ndim, "": None}[known]
            found.append(Placeholder(told, array.dtype, name=name))
        return found

    def on(self, nodes: Sequence[Node]) -> dict[Node, Array]:
        """The feeds."""
        return dict(zip(nodes, self.arrays, strict=True))


class _Way(NamedTuple):
    """How an operation is called, what that is called, and domains, the likeliest first."""

    build: Callable[..., Node]
    label: str
    domains: list[tuple[Domain, ...]]


def check_op(
    op_type: Any,
    *,
    domains: Sequence[tuple[float, float]] | None = None,
    shapes: Sequence[Sequence[Sizes]] | None = None,
    attributes: Sequence[dict[str, Any]] | None = None,
    order: int = 2,
) -> Report:
    """Whether an operation does all that is asked of one, a user's own above all.

    `op_type` is its class, its name, or its public function. It is tried in float64 and float32 on
    operands of many shapes, empty ones and of one entry among them, that broadcast where it is
    elementwise: its value has the shape and dtype that were inferred, from less than all sizes too;
    gradients are those of differences up to `order` and have the inputs' shapes and dtypes; the
    same node may be every operand; jvp and vjp agree.

    `domains` are an interval for each operand; without them a user's operation is tried where it
    is finite: on numbers from -3 to 3, on positive ones, or between 0 and 1. `shapes` are those of
    the operands, one tuple per trial; `attributes` the keyword arguments to try, which are guessed
    for `axis` and `keepdims`.

    Raises RegistrationError for what is no operation or has no gradient rule, DTypeError where an
    attribute is not known, ShapeError where it takes operands of none of the shapes.
    """
    one = called("check_op", op_type)
    if one.cls is not None and not has_rule(one.cls):
        raise RegistrationError(
            f"check_op: operation {one.cls.__name__!r} has no gradient rule",
            f'write one with @RegisterGradient("{one.cls.__name__}")',
        )
    parts: list[Report] = []
    for trial in _trials(one, domains, shapes, attributes):
        parts.append(_tried(one, trial, order))
    if not parts:
        raise ShapeError(
            f"check_op: {one.name} takes no operands of the shapes tried", "shapes=[...]"
        )
    return merged(f"check_op {one.name}", parts)


def _trials(
    one: Called,
    intervals: Sequence[tuple[float, float]] | None,
    shapes: Sequence[Sequence[Sizes]] | None,
    attributes: Sequence[dict[str, Any]] | None,
) -> Iterator[_Trial]:
    forms = forms_for(one.cls, FORMS) if attributes is None and intervals is None else []
    choices = [] if forms else attribute_choices("check_op", one, attributes)
    for count in sorted({len(form.operands) for form in forms} or {one.takes}):
        for given in shapes or _shapes(one, count):
            ways = _written_ways(forms, given) if forms else _own_ways(one, choices, intervals)
            for build, label, domains in ways:
                trial = next(filter(_is_finite, _drawn(build, label, domains, given)), None)
                if trial is not None:
                    yield trial
                    arrays = [_narrow(array) for array in trial.arrays]
                    yield trial._replace(arrays=arrays, label=f"{trial.label} float32")


def _written_ways(forms: Sequence[Form], shapes: Sequence[Sizes]) -> Iterator[_Way]:
    """What the table has for operands of these shapes."""
    for form in forms:
        pairs = zip(form.operands, shapes, strict=False)
        ranked = all(len(shape) >= domain.rank for domain, shape in pairs)
        if ranked and len(form.operands) == len(shapes) and form.fits(*shapes):
            for options in form.options(shapes[0]):
                text = form.text.format(*_NAMES[: len(shapes)], **options)
                yield _Way(_written(text, len(shapes)), text, [form.operands])


def _own_ways(
    one: Called,
    choices: Sequence[dict[str, Any]],
    intervals: Sequence[tuple[float, float]] | None,
) -> Iterator[_Way]:
    """How a user's operation is called, and where it may be finite."""
    domains: list[tuple[Domain, ...]] = [(domain,) * one.takes for domain in GUESSES]
    if intervals is not None:
        domains = [tuple(reals(low, high) for low, high in intervals)]
    for chosen in choices:
        said = "".join(f" {name}={value!r}" for name, value in chosen.items())
        yield _Way(partial(one.make, **chosen), one.name + said, domains)


def _written(text: str, count: int) -> Callable[..., Node]:
    names: dict[str, Any] = {}
    exec("\n".join(IMPORTS), names)
    function: Callable[..., Node] = eval(f"lambda {', '.join(_NAMES[:count])}: {text}", names)
    return function


def _shapes(one: Called, count: int) -> list[tuple[Sizes, ...]]:
    found: list[tuple[Sizes, ...]] = [(shape,) * count for shape in _ALIKE]
    if count > 1:
        found += [tuple(_BROADCAST[(i + k) % 4] for i in range(count)) for k in range(4)]
    if count == 2 and not (one.cls is not None and issubclass(one.cls, Elementwise)):
        found += _PRODUCTS
    return found


def _drawn(
    build: Callable[..., Node],
    label: str,
    domains: list[tuple[Domain, ...]],
    shapes: Sequence[Sizes],
) -> Iterator[_Trial]:
    for some in domains:
        rng = np.random.default_rng(len(shapes))
        arrays = [np.asarray(d.draw(rng, s)) for d, s in zip(some, shapes, strict=True)]
        yield _Trial(f"{label} {' '.join(map(str, shapes))}", build, arrays)


def _narrow(array: Array) -> Array:
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _is_finite(trial: _Trial) -> bool:
    """Whether it is built and its value is finite; an operation may refuse shapes."""
    with Graph():
        xs = trial.placeholders()
        try:
            value = Session(seed=0).run(trial.build(*xs), trial.on(xs))
        except (ShapeError, DTypeError):
            return False
    return bool(np.all(np.isfinite(value)))


def _tried(one: Called, trial: _Trial, order: int) -> Report:
    """All checks on one trial."""
    found = [*_values(trial)]
    report = Report(failures=tuple(found), rows=(_row("value", found),))
    floats = [i for i, array in enumerate(trial.arrays) if array.dtype.kind == "f"]
    cut = one.cls is not None and not is_differentiable(one.cls)
    if found or cut or not floats:
        return report
    with Graph():
        xs = trial.placeholders()
        y, feeds, wrt = trial.build(*xs), trial.on(xs), [xs[i] for i in floats]
        if y.dtype.kind == "f":
            slopes = gradients(y, wrt, unconnected="none")
            wrt = [x for x, slope in zip(wrt, slopes, strict=True) if slope is not None]
        if y.dtype.kind != "f" or not wrt:
            return report
        parts = [report, check_gradients(y, wrt, feeds, order=order)]
        for what, check in (("gradient's form", _forms), ("jvp and vjp", _linear)):
            found = [*check(trial, y, wrt, feeds)]
            parts.append(Report(failures=tuple(found), rows=(_row(what, found),)))
    with Graph():
        parts += _used_twice(trial, floats, order)
    return merged("", parts)


def _row(what: str, failures: Sequence[Finding]) -> Row:
    return Row(0, what, "", 1, 0.0, "WRONG" if failures else "right")


def _finding(trial: _Trial, reason: str) -> Finding:
    return Finding(reason=reason, order=0, x="", y=trial.label)


def _values(trial: _Trial) -> Iterator[Finding]:
    """What is wrong with shape, dtype and value, as far as shapes are known."""
    expected: Any = None
    for known, told in (("sizes", ""), ("rank", ", sizes unknown"), ("", ", rank unknown")):
        with Graph():
            xs = trial.placeholders(known)
            try:
                y = trial.build(*xs)
            except ShapeError:  # it may need to know
                continue
        try:
            value = np.asarray(Session(seed=0).run(y, trial.on(xs)))
        except GraphflowError as error:
            yield _finding(trial, f"does not run{told}: {error}")
            continue
        if value.dtype != y.dtype:
            yield _finding(trial, f"the value is {value.dtype}, inferred was {y.dtype}{told}")
        if not maybe_equal(value.shape, y.shape):
            yield _finding(trial, f"the value's shape is {value.shape}, inferred {y.shape}{told}")
        if expected is None:
            expected = value
        elif not np.array_equal(value, expected, equal_nan=True):
            yield _finding(trial, f"the value is another one{told}")


def _forms(trial: _Trial, y: Node, wrt: list[Node], feeds: dict[Node, Array]) -> Iterator[Finding]:
    """What is wrong with shapes and dtypes of gradients."""
    grads = gradients(y, wrt, unconnected="zero")
    for x, grad, value in zip(wrt, grads, Session(seed=0).run(grads, feeds), strict=True):
        form = f"{value.dtype}{list(np.shape(value))}"
        own = f"{x.dtype}{list(feeds[x].shape)}"
        if form != own or grad.dtype != value.dtype:
            yield _finding(trial, f"the gradient by {x.name} is {form}, which is {own}")


def _used_twice(trial: _Trial, floats: list[int], order: int) -> list[Report]:
    """The gradient where one node is all operands that are floats, if their shapes allow."""
    shapes = {trial.arrays[i].shape for i in floats}
    if len(floats) < 2 or len(shapes) > 1:
        return []
    last = floats[-1]
    xs = trial.placeholders()
    same = [xs[last] if i in floats else x for i, x in enumerate(xs)]
    feeds = {x: array for x, array in trial.on(xs).items() if any(x is s for s in same)}
    return [check_gradients(trial.build(*same), xs[last], feeds, order=order)]


def _linear(trial: _Trial, y: Node, wrt: list[Node], feeds: dict[Node, Array]) -> Iterator[Finding]:
    """Whether <u, J v> is <J' u, v>: the rule is linear in the gradient that arrives."""
    rng = np.random.default_rng(1)
    vs = [rng.uniform(0.5, 1.5, feeds[x].shape).astype(x.dtype) for x in wrt]
    u = rng.uniform(0.5, 1.5, np.shape(Session(seed=0).run(y, feeds))).astype(y.dtype)
    forward = jvp([y], wrt, vs)
    backward = vjp([y], wrt, [u])
    ahead, back = Session(seed=0).run([forward, backward], feeds)
    left = np.sum(u * np.asarray(ahead[0], float))
    terms = [np.sum(v * np.asarray(b, float)) for v, b in zip(vs, back, strict=True)]
    size = sum(abs(term) for term in terms) + abs(left)
    allowed = 1e4 * float(np.finfo(y.dtype).eps) * size
    if not abs(left - sum(terms)) <= allowed:
        yield _finding(trial, f"jvp and vjp disagree: {left:.9g} and {sum(terms):.9g}")
