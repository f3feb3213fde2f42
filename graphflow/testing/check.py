"""check_gradients: the gradients the rules give, against finite differences of the function."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..graph import Node
from ..session import Session
from .case import Case
from .examine import About, Result, examined
from .report import Finding, Report


def check_gradients(
    ys: Any, xs: Any, feed_dict: Any = None, *, order: int = 2, session: Session | None = None
) -> Report:
    """Whether `gradients(ys, xs)` are the derivatives of `ys`, as central differences tell them.

    `ys` and `xs` are nodes or sequences of them; `feed_dict` and the session (a new one by default)
    give the point. Small inputs and outputs are checked entry by entry, large ones by samples and
    in random directions; with `order` 2 the derivative of the gradient, weighed at random, is
    checked in the same way. Floats of less than 64 bits are differenced in float64, and their own
    gradients compared with those. Steps and tolerances follow from what the differences measure. At
    a kink, where no derivative exists, the point is moved off by some percent of its scale.

    Random draws and what `stop_gradient` holds are kept fixed. The graph gains no node.

    Raises what `gradients` and `Session.run` raise for these arguments, and DTypeError for complex
    numbers.
    """
    if order < 1:
        raise ValueError(f"check_gradients: order is 1 or more, not {order}")
    case = Case(_nodes("ys", ys), _nodes("xs", xs), feed_dict, session or Session(seed=0))
    strays: list[Finding] = []
    results: list[Result] = []
    failed: set[int] = set()  # inputs, at a lower order
    for subject, group in case.subjects():
        for number in case.strays(subject, group):
            about = About(case.xs[number], case.ys, 1)
            strays.append(about.finding("not the gradient that a placeholder in its place has"))
        for nth in range(1, order + 1):
            if nth > 1:
                subject = subject.derivative(np.random.default_rng(nth))
            for place, number in enumerate(group):
                about = About(case.xs[number], case.ys, nth)
                result = examined(subject, place, about)
                results.append(result if number in failed else _only_here(result, nth))
                failed |= {number} if result.failures else set()
    return Report(
        failures=tuple(strays) + _all(result.failures for result in results),
        inconclusive=_all(result.inconclusive for result in results),
        moved=_all(result.moved for result in results),
        rows=tuple(result.row for result in results),
    )


def _only_here(result: Result, order: int) -> Result:
    """The result for an input that was right at the orders below."""
    if order == 1:
        return result
    words = "right at first order" if order == 2 else "right at lower orders"
    failures = [
        dataclasses.replace(finding, cause=f"{finding.cause}; {words}" if finding.cause else words)
        for finding in result.failures
    ]
    return result._replace(failures=failures)


def _all(findings: Iterable[list[Finding]]) -> tuple[Finding, ...]:
    return tuple(finding for some in findings for finding in some)


def _nodes(what: str, given: Any) -> list[Node]:
    nodes = [given] if isinstance(given, Node) or not isinstance(given, Iterable) else list(given)
    for node in nodes:
        if not isinstance(node, Node):
            raise DTypeError(f"check_gradients: {what} has {node!r}, which is not a node")
        if node.dtype.kind == "c":
            raise DTypeError(f"check_gradients: complex numbers are not checked: {node.describe()}")
    if not nodes:
        raise ValueError(f"check_gradients: {what} is empty")
    return nodes
