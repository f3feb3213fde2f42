"""check_numerics: results are tested for NaN and infinity, and the node that made one is found.

A run costs one sum for each array that leaves it. Only when one is not finite is the graph computed
once more, node by node, which is allowed because a run is pure; then the way back from the result
is followed through what it has its NaN from. What a mask keeps back is never on that way.
"""

from __future__ import annotations

import weakref
from cmath import isfinite
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..compiled import Compiled, Watch
from ..dtypes import Array, is_inexact
from ..errors import NumericError, lay_out
from ..graph import Constant, Node, Operation, Variable
from ..ops.random import RunKey
from ..ops.state import Assign
from ..primitives import FUNCTIONS, Spec
from ..program import Special, State, specialize
from ..program.quiet import silently
from ..traversal import ancestors

Values = dict[int, Any]


def numerics_watch(compiled: Compiled, nodes: Sequence[Node], feeds: Sequence[Node]) -> Watch:
    """What is called with state, feeds, random key and results of each run, and may raise.

    It holds no node. Raises NumericError.
    """
    program = compiled.program
    specs = [program.specs[value] for value in program.wanted()]
    places = [i for i, spec in enumerate(specs) if is_inexact(spec.dtype)]
    fetched, fed = [weakref.ref(n) for n in nodes], [weakref.ref(n) for n in feeds]

    def watch(state: State, arrays: Sequence[Array], key: Array, results: Sequence[Any]) -> None:
        if silently(_are_finite, [results[i] for i in places]):
            return
        found = [alive for ref in fetched if (alive := ref()) is not None]
        keys = [alive for ref in fed if (alive := ref()) is not None]
        raise NumericError(alarm(found, dict(zip(keys, arrays, strict=True)), state, key))

    return watch


def _are_finite(values: Sequence[Any]) -> bool:
    return all(map(_is_finite, values))


def _is_finite(value: Any) -> bool:
    """One sum tells, unless finite numbers overflow in it."""
    return isfinite(np.add.reduce(value, None)) or bool(np.isfinite(value).all())


class Culprit(NamedTuple):
    """The node that a result has its NaN or infinity from: its value and those of its inputs.

    `result` says which result that is, as in "NaN in 'loss'".
    """

    node: Node
    value: Any
    inputs: list[tuple[Node, Any]]
    result: str


def alarm(nodes: Sequence[Node], feeds: Mapping[Node, Array], state: State, key: Array) -> str:
    """What is said when a run of `nodes` gives something that is not finite."""
    found = culprit(nodes, feeds, state, key)
    if found is None:
        rule = "run: a result is not finite, though it is where the graph runs as it is written"
        return f"{rule}\nsimplifying has brought together what overflows: try optimize=False"
    node, value = found.node, f"{found.node.describe()}: {told(found.value)}"
    if node in feeds:
        rows = [("fed as", value)]
    elif isinstance(node, Operation):
        rows = [("made by", value)]
        if node.origin is not None:
            label = "gradient of" if node.role == "gradient" else "at"
            rows.append((label, node.origin.text))
        rows += [("of", f"{x.describe()}: {told(operand)}") for x, operand in found.inputs]
    else:
        rows = [("in", f"{value} before the run" if isinstance(node, Variable) else value)]
    return lay_out(f"run: {found.result}", rows)


def culprit(
    nodes: Sequence[Node], feeds: Mapping[Node, Array], state: State, key: Array
) -> Culprit | None:
    """The first node, in the order of the program, that a result has a NaN or infinity from.

    It made one of inputs that are finite, or it is a leaf. None if all results are finite.
    """
    special = specialize(nodes, {node: Spec(a.shape, node.dtype) for node, a in feeds.items()})
    results = _results(special, nodes)
    with np.errstate(all="ignore"):
        leaves = dict(zip(special.feeds, feeds.values(), strict=True))
        values = node_values(leaves, list(results.values()), state, key)
        reached = {
            what: _sources(root, values)
            for what, root in results.items()
            if _is_bad(values[root.number])
        }
    users = _users(special, nodes) | {
        leaf.number: node for leaf, node in zip(special.feeds, feeds, strict=True)
    }
    found = [
        (users.get(node.number, node).number, what, node)
        for what, sources in reached.items()
        for node in sources
    ]
    if not found:
        return None
    _, what, node = min(found, key=lambda row: row[0])
    kind = "NaN" if np.isnan(values[results[what].number]).any() else "infinity"
    inputs = [(users.get(x.number, x), values[x.number]) for x in node.inputs]
    user = users.get(node.number, node)
    inputs = [(x, value) for x, value in inputs if not isinstance(x, RunKey)]
    return Culprit(user, values[node.number], inputs, f"{kind} in {what}")


def told(value: Any) -> str:
    """A summary of an array: how much of it is not finite, or the range."""
    array = np.asarray(value)
    if not array.size:
        return "empty"
    for kind, which in (("nan", np.isnan(array)), ("inf", np.isinf(array))):
        count = int(which.sum())
        if count and array.size == 1:
            return str(array.item())
        if count:
            return f"{count} of {array.size} {'is' if count == 1 else 'are'} {kind}"
    if array.dtype.kind not in "biuf":
        return f"up to {np.abs(array).max():.4g} in size"
    low, high = array.min(), array.max()
    return f"{low:.4g}" if array.size == 1 else f"from {low:.4g} to {high:.4g}"


def _results(special: Special, nodes: Sequence[Node]) -> dict[str, Node]:
    """What leaves the run, by what it is called."""
    pairs = zip(nodes, special.fetches, strict=True)
    fetched = {repr(node.name): image for node, image in pairs if not node.is_update}
    assigned = {
        f"the new value of {special.targets[node.number].name!r}": node.inputs[1]
        for node in ancestors(special.fetches)
        if isinstance(node, Assign)
    }
    return fetched | assigned


def _users(special: Special, nodes: Sequence[Node]) -> dict[int, Node]:
    """The user's nodes by the numbers of their images; of several the first."""
    images = special.form.image
    users: dict[int, Node] = {}
    for node in ancestors(nodes):
        if node.number in images:
            users.setdefault(images[node.number].number, node)
    return users


def node_values(
    leaves: Mapping[Node, Array], roots: Sequence[Node], state: State, key: Any
) -> Values:
    """The values of all nodes that `roots` are computed from, one by one."""
    values: Values = {leaf.number: array for leaf, array in leaves.items()}
    for node in ancestors(roots, stop=values):
        if node.number not in values:
            values[node.number] = _value(node, values, state, key)
    return values


def _value(node: Node, values: Values, state: State, key: Array) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Variable):
        return np.asarray(state.get(node.uid, node._initial))
    if isinstance(node, RunKey):
        return key
    assert isinstance(node, Operation), node
    return node.compute(FUNCTIONS, *[values[x.number] for x in node.inputs])


def _is_bad(value: Any) -> bool:
    array = np.asarray(value)
    return bool(is_inexact(array.dtype) and not np.isfinite(array).all())


def _sources(root: Node, values: Values) -> list[Node]:
    """The nodes that begin what spoils `root`: none of their inputs spoils them."""
    found: list[Node] = []
    seen = {root.number}
    todo = [root]
    while todo:
        node = todo.pop()
        spoilers = [x for i, x in enumerate(node.inputs) if _spoils(node, i, values)]
        if not spoilers:
            found.append(node)
        for x in spoilers:
            if x.number not in seen:
                seen.add(x.number)
                todo.append(x)
    return found


def _spoils(node: Node, place: int, values: Values) -> bool:
    """Whether an operand is not finite and makes the result so when no other operand does.

    A branch that `where` did not take does not.
    """
    if node.number not in values or node.inputs[place].number not in values:
        return False
    if not _is_bad(values[node.inputs[place].number]):
        return False
    operands = [values[x.number] for x in node.inputs]
    for i, value in enumerate(operands):
        if i != place and _is_bad(value):
            operands[i] = np.where(np.isfinite(value), value, np.asarray(value).dtype.type(0))
    assert isinstance(node, Operation)
    return _is_bad(node.compute(FUNCTIONS, *operands))
