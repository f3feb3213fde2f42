"""A recorded pass with names, places and differences for its nodes."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ..dtypes import Array
from ..graph import Node
from ..traversal import ancestors
from . import label
from .step_through_differences import Prober
from .step_through_record import Pass, Recording

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Scene(NamedTuple):
    """A pass with what is needed to tell of it."""

    recording: Recording
    recorded: Pass
    nodes: list[Node]  # of the forward pass, in creation order
    names: dict[int, str]
    places: dict[int, int]  # node number: place in `nodes`
    prober: Prober

    def value(self, node: Node) -> Array:
        """What a node was in the run."""
        return self.recording.values[node.number]


def scene(recording: Recording, recorded: Pass) -> Scene:
    """The scene of one pass."""
    loss = recording.image(recorded)
    nodes = ancestors([loss])
    places = {node.number: place for place, node in enumerate(nodes)}
    prober = Prober(loss, recording.values)
    names = _names(nodes, recording.targets)
    return Scene(recording, recorded, nodes, names, places, prober)


def _names(nodes: list[Node], targets: dict[int, Node]) -> dict[int, str]:
    """A short name for every node, unlike all others: its own, with its scopes where need be.

    What stands for a node that was asked for is called like it; kinds are numbered.
    """
    called = {n.number: targets.get(n.number, n) for n in nodes}
    names = {key: _own(node) for key, node in called.items()}
    common = _repeated(names)
    names |= {key: _full(called[key], name) for key, name in names.items() if name in common}
    names = {key: label.shorten(label.plain(name)) for key, name in names.items()}
    common = _repeated(names)
    used: Counter[str] = Counter()
    for key, name in names.items():
        if name in common:
            used[name] += 1
            names[key] = name + str(used[name]).translate(_SUBSCRIPTS)
    return names


def _repeated(names: dict[int, str]) -> set[str]:
    return {name for name, count in Counter(names.values()).items() if count > 1}


def _own(node: Node) -> str:
    return label.scope_and_name(node)[1] or label.title(node)


def _full(node: Node, name: str) -> str:
    """`layer1/W`; only what the user named is called by scopes."""
    scopes, own = label.scope_and_name(node)
    return "/".join([*scopes, own]) if own else name
