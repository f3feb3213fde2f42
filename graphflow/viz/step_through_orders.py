"""In which order plain breadth-first would expand the nodes of a recorded pass, and where it errs.

Plain breadth-first expands a node when its turn comes in the order of discovery, whoever of its
consumers has reported by then. Counting consumers, as the recorded pass did, waits for the last.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ..graph import Node
from .step_through_record import Pass, Sent, Taken


class Turn(NamedTuple):
    """A node's turn under plain breadth-first."""

    node: Node
    came: tuple[Sent, ...]  # what has arrived by then
    due: int  # how many contributions the whole gradient has
    sound: bool  # whether what has arrived was made of whole gradients

    @property
    def early(self) -> bool:
        """Whether the node would be expanded before its last consumer has reported."""
        return len(self.came) < self.due


def plain_order(recorded: Pass) -> list[Turn]:
    """The turns of plain breadth-first over the edges of a recorded pass."""
    sends = [event for event in recorded.events if isinstance(event, Sent)]
    by_op: dict[int, list[Sent]] = {}
    came: dict[int, list[Sent]] = {node.number: [] for node in recorded.between}
    queue: deque[Node] = deque()
    for sent in sends:
        if sent.op is None:
            came[sent.source.number].append(sent)
            queue.append(sent.source)
        else:
            by_op.setdefault(sent.op.number, []).append(sent)
    seen = {node.number for node in queue}
    wrong: set[int] = set()
    turns = []
    while queue:
        node = queue.popleft()
        arrived = came[node.number]
        due = recorded.pending[node.number] + sum(sent.op is None for sent in arrived)
        sound = not any(sent.op is not None and sent.op.number in wrong for sent in arrived)
        turns.append(Turn(node, tuple(arrived), due, sound))
        if turns[-1].early or not sound:
            wrong.add(node.number)
        for sent in by_op.get(node.number, ()):
            came[sent.source.number].append(sent)
            if sent.source.number not in seen:
                seen.add(sent.source.number)
                queue.append(sent.source)
    return turns


def counting_order(recorded: Pass) -> list[Node]:
    """The nodes in the order in which the recorded pass expanded them."""
    return [event.node for event in recorded.events if isinstance(event, Taken)]
