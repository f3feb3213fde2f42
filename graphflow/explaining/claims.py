"""A student's formulas: which node each claims to be the gradient by, in the backward order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..dtypes import Array, is_inexact
from ..errors import DTypeError, GraphError, closest, lay_out
from ..graph import Node, as_array
from ..traversal import ancestors
from .symbols import assigned, symbols, unscoped, without_suffix


class Claim(NamedTuple):
    """`formula` (a node, or numbers) is said to be the gradient of the loss by `target`."""

    label: str
    target: Node
    formula: Node | Array

    @property
    def is_node(self) -> bool:
        """Whether it can be evaluated at other points than where it was computed."""
        return isinstance(self.formula, Node)


def claims(loss: Node, formulas: Any) -> list[Claim]:
    """The claims in the order in which backpropagation needs them, the loss's end first.

    A key is a node, or a name with a `d` before it: "dW2" (also "dL/dW2", or "W2" itself) is the
    gradient by the node named W2, or by the result of the line `W2 = ...`.

    Raises DTypeError for what is no mapping, no node and no array, GraphError for a name that no
    node of the loss has, or several have, and for two formulas of one gradient.
    """
    if not isinstance(formulas, Mapping) or not formulas:
        raise DTypeError(
            f"verify_derivation: the formulas are a dict such as {{'dW': x.T @ dz}}, "
            f"not {formulas!r:.60}"
        )
    upstream = ancestors([loss])
    names = _names(upstream)
    targets = {key: _target(key, loss, upstream, names) for key in formulas}
    called = symbols(target for key, target in targets.items() if not isinstance(key, str))
    found: dict[int, Claim] = {}
    for key, formula in formulas.items():
        target = targets[key]
        if target.number in found:
            raise GraphError(
                f"verify_derivation: {found[target.number].label!r} and {key!r} are both "
                f"formulas of the gradient by {target.describe()}"
            )
        label = key if isinstance(key, str) else f"d{called[target.number]}"
        found[target.number] = Claim(label, target, _formula(label, formula, loss))
    return sorted(found.values(), key=_backward(upstream))


def _backward(upstream: list[Node]) -> Any:
    """Sorts claims: a gradient is complete once the earliest consumer of its node is crossed."""
    earliest: dict[int, tuple[int, int]] = {}
    for node in upstream:
        for slot, source in enumerate(node.inputs):
            earliest.setdefault(source.number, (node.number, slot))
    last = (upstream[-1].number + 1, 0)

    def key(claim: Claim) -> tuple[int, bool, int]:
        number, slot = earliest.get(claim.target.number, last)
        return -number, not claim.target.is_variable, slot

    return key


def _names(upstream: list[Node]) -> dict[str, list[Node]]:
    """The nodes that answer to a name, the closest sense of it first.

    That is the node's own name, whole or without its scopes; the name its line assigns it to; its
    own without the suffix that told it from an older node (`W_1`, in a cell that was run again).
    """
    own = [(n, n._own_name) for n in upstream if n._own_name is not None]
    senses = [
        [(name, node) for node, full in own for name in (full, unscoped(node))],
        [(name, node) for name, nodes in assigned(upstream).items() for node in nodes],
        [(without_suffix(unscoped(node)), node) for node, _ in own],
    ]
    found: dict[str, list[Node]] = {}
    for sense in senses:
        nodes: dict[str, dict[int, Node]] = {}
        for name, node in sense:
            if name not in found:
                nodes.setdefault(name, {})[node.number] = node
        found |= {name: list(numbered.values()) for name, numbered in nodes.items()}
    return found


def _target(key: Any, loss: Node, upstream: list[Node], names: dict[str, list[Node]]) -> Node:
    if isinstance(key, Node):
        if all(node is not key for node in upstream):
            raise GraphError(
                f"verify_derivation: {loss.name!r} does not depend on {key.describe()}"
            )
        node = key
    elif isinstance(key, str):
        node = _named(key, loss, names)
    else:
        raise DTypeError(f"verify_derivation: the key {key!r} is neither a node nor a name")
    if not is_inexact(node.dtype):
        raise DTypeError(f"verify_derivation: {node.describe()} holds no floats: no gradient")
    return node


def _named(key: str, loss: Node, names: dict[str, list[Node]]) -> Node:
    quotient = key.replace("∂", "d").partition("/d")
    for name in dict.fromkeys((key, quotient[2] or quotient[0].removeprefix("d"))):
        nodes = names.get(name, [])
        if len(nodes) == 1:
            return nodes[0]
        if nodes:
            rows = [(node.type_text, node.name, str(node.origin or "")) for node in nodes]
            hint = "use the node itself as the key: {node: formula}"
            raise GraphError(
                lay_out(f"verify_derivation: {key!r} may be any of these nodes", rows, hint)
            )
    near = closest(key.removeprefix("d"), names)
    raise GraphError(
        f"verify_derivation: {key!r} names no node that {loss.name!r} depends on",
        (f"did you mean 'd{near}'? " if near else "")
        + "a key is 'd' and a node's name, or the node itself",
    )


def _formula(label: str, formula: Any, loss: Node) -> Node | Array:
    if not isinstance(formula, Node):
        return as_array(formula, f"verify_derivation: {label!r}")
    if formula.is_update:
        raise DTypeError(f"verify_derivation: {label!r} is an update, which has no value")
    if formula._ledger is not loss._ledger:
        raise GraphError(
            f"verify_derivation: the formula of {label!r} is in another graph than the loss",
            formula.describe(),
        )
    return formula
