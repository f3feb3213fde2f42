"""explain: the chain rule from a loss to a node, worked out in numbers along every path."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dtypes import Array, is_inexact
from ..errors import DTypeError
from ..gradients import gradients
from ..graph import Node, building, entered_session
from ..ops.array import ones_like
from ..session import Session
from ..traversal import ancestors
from .chain import Link, Route, Routes, links
from .explanation import Explanation, Path, Step
from .formulas import Formula, slope, symbol
from .symbols import symbols
from .textbook import expressed, has_textbook, local_formula, pull_formula, value_formula

MAX_PATHS = 12


def explain(
    loss: Node,
    wrt: Node,
    feed_dict: Any = None,
    *,
    session: Session | None = None,
    max_paths: int = MAX_PATHS,
) -> Explanation:
    """d loss / d wrt as the sum over paths of the product of local derivatives, with numbers.

    Each path is followed from the loss down, with the formula of every operation crossed, its local
    derivative, and what arrives at its input. The numbers are those of one run with `feed_dict`
    fed, in `session`, else in the innermost `with Session():` block, else with the initial values
    of variables. The derivative is of the sum of `loss` where that is an array. At most `max_paths`
    paths are worked out; all are counted. The user's graph gains no node.

    Raises DTypeError for what is no node or holds no floats, DisconnectedError when the loss does
    not depend on `wrt`, ValueError for fewer than one path, and what `Session.run` raises.
    """
    _check(loss, wrt, max_paths)
    routes = Routes(loss, wrt)
    chosen = routes.first(max_paths)
    with building(ledger=loss._ledger, role="gradient", scope=""):  # beside the user's graph
        seed = ones_like(loss)
        (gradient,) = gradients(loss, wrt)
    linked = links(chosen, seed)
    values = _run(session, [loss, wrt, gradient, *_nodes(chosen, linked, seed)], feed_dict)
    names = _named(loss, values)
    told = _Telling(values, names)
    pairs = zip(chosen, linked, strict=True)
    return Explanation(
        loss=names[loss.number],
        wrt=names[wrt.number],
        loss_text=_described(loss),
        wrt_text=_described(wrt),
        loss_value=values[loss.number],
        wrt_value=values[wrt.number],
        count=routes.count,
        paths=tuple([told.path(loss, wrt, way, made) for way, made in pairs]),
        gradient=values[gradient.number],
    )


def _check(loss: Any, wrt: Any, max_paths: int) -> None:
    for name, node in (("loss", loss), ("wrt", wrt)):
        if not isinstance(node, Node):
            raise DTypeError(
                f"explain: {name} is {node!r} ({type(node).__name__}), not a node",
                "explain one node at a time" if isinstance(node, list | tuple) else "",
            )
        if not is_inexact(node.dtype):
            raise DTypeError(f"explain: {node.describe()} holds no floats: it has no derivative")
    if max_paths < 1:
        raise ValueError(f"explain: at least one path, not {max_paths}")


def _described(node: Node) -> str:
    place = f" ({node.origin})" if node.origin else ""
    return f"{node.kind} {node.type_text}{place}"


def _nodes(routes: Sequence[Route], linked: Sequence[list[Link] | None], seed: Node) -> list[Node]:
    """What has to be run for the numbers: forward values, factors, what arrives."""
    wanted: list[Node] = [seed]
    for route in routes:
        for edge in route:
            wanted += [edge.consumer, *edge.consumer.inputs]
    for link in [link for made in linked if made for link in made]:
        wanted += [link.arriving] if link.factor is None else [link.arriving, link.factor]
    return wanted


def _named(loss: Node, values: dict[int, Array]) -> dict[int, Formula]:
    """What every node is called, with the rank that its value had."""
    return {
        number: symbol(name)._replace(rank=values[number].ndim if number in values else None)
        for number, name in symbols(ancestors([loss]), short=True).items()
    }


def _run(session: Session | None, nodes: list[Node], feed_dict: Any) -> dict[int, Array]:
    distinct = list({node.number: node for node in nodes}.values())
    runner = session or entered_session.get() or Session(seed=0, optimize=False)
    values = runner.run(distinct, feed_dict)
    pairs = zip(distinct, values, strict=True)
    return {node.number: np.asarray(value) for node, value in pairs}


class _Telling:
    """Values and names by node number, made into paths."""

    def __init__(self, values: dict[int, Array], names: dict[int, Formula]) -> None:
        self._values, self._names = values, names

    def path(self, loss: Node, wrt: Node, route: Route, made: list[Link] | None) -> Path:
        """One path; 0 along it where a rule on the way gives no gradient."""
        if made is None:
            return Path((), np.zeros_like(self._values[wrt.number]))
        steps = tuple([self._step(loss, link) for link in made])
        return Path(steps, steps[-1].arriving if steps else np.ones_like(self._values[wrt.number]))

    def _step(self, loss: Node, link: Link) -> Step:
        op, slot = link.edge.consumer, link.edge.slot
        source = link.edge.source
        factor = None if link.factor is None else self._values[link.factor.number]
        shapes = self._values[op.number].shape, self._values[source.number].shape
        y = self._names[op.number]
        arriving = Formula("1", "1") if op is loss else slope(self._names[loss.number], y)
        pull = None
        if not has_textbook(op, self._names):
            pull = expressed(link.arriving, ChainMap({link.incoming.number: arriving}, self._names))
        return Step(
            y=y,
            x=self._names[source.number],
            value=value_formula(op, self._names),
            local=None if factor is None else local_formula(op, slot, self._names),
            pull=pull or pull_formula(arriving, op, slot, self._names, shapes),
            factor=factor,
            arriving=self._values[link.arriving.number],
            line=str(op.origin or ""),
        )
