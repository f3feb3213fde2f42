"""The steps of the page: forward values, the count of consumers, then every event of the pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from .step_through_formula import formula
from .arrays import INLINE, first_entries, inline, number, table
from .step_through_orders import Turn, counting_order, plain_order
from .step_through_record import Sent, Taken
from .step_through_scene import Scene

Step = dict[str, Any]
_PROBED = 6  # entries of a gradient that stand beside a finite difference
_AGREES = {
    "agrees": "agrees",
    "differs": "differs",
    "kink": "kink: the slopes on both sides differ",
    "inconclusive": "too coarse to tell",
}


def steps(of: Scene) -> list[Step]:
    """Every step, in order: what happens, in words and numbers, and what the picture shows."""
    backward = list(_backward(of))
    return [*_forward(of), _count(of), *backward, _end(of, backward)]


def _forward(of: Scene) -> Iterator[Step]:
    leaves = [node for node in of.nodes if not node.inputs]
    yield {
        "kind": "given",
        "title": "What is given",
        "text": [
            "Constants, variables and placeholders have their values before anything runs.",
            f"An array of over {INLINE} entries is written by its shape and norm, as (3×2 ‖1.5‖).",
        ],
        "values": [[of.places[n.number], inline(of.value(n))] for n in leaves],
    }
    for node in of.nodes:
        if node.inputs:
            yield {
                "kind": "forward",
                "at": of.places[node.number],
                "title": f"Forward: {of.names[node.number]}",
                "text": ["The operation is computed from its inputs and keeps its value."],
                "formula": _in_names_and_numbers(of, node, _inputs(of, node)),
                "values": [[of.places[node.number], inline(of.value(node))]],
                "table": table(of.value(node)),
            }


def _inputs(of: Scene, node: Node) -> dict[int, tuple[str, str]]:
    """Name and value of the inputs of an operation."""
    return {i.number: (of.names[i.number], inline(of.value(i))) for i in node.inputs}


def _in_names_and_numbers(of: Scene, end: Node, stops: dict[int, tuple[str, str]]) -> list[str]:
    named = formula(end, {key: name for key, (name, _) in stops.items()}, of.value)
    numbered = formula(end, {key: text for key, (_, text) in stops.items()}, of.value)
    value = inline(of.value(end))
    return [named, value if numbered == value else f"{numbered} = {value}"]


def _count(of: Scene) -> Step:
    pending = of.recorded.pending
    several = [of.names[n] for n, count in pending.items() if count > 1]
    text = [
        "Each node on the way from the loss to what we differentiate by counts its consumers: "
        "the inputs of other such nodes that it is. It has to hear from all of them.",
        f"More than one: {', '.join(several)}." if several else "Here, every node has only one.",
    ]
    if len(pending) < len(of.nodes):
        text.append("Nodes without a count are off the way: no gradient is computed for them.")
    counts = [[of.places[key], count] for key, count in pending.items()]
    return {"kind": "count", "title": "Count the consumers", "text": text, "pending": counts}


def _backward(of: Scene) -> Iterator[Step]:
    early = {turn.node.number: turn for turn in plain_order(of.recorded) if turn.early}
    came: dict[int, list[Sent]] = {node.number: [] for node in of.recorded.between}
    ready = [n for n in of.recorded.between if not of.recorded.pending[n.number]]
    grad: Taken | None = None
    for event in of.recorded.events:
        if isinstance(event, Taken):
            grad, ready = event, list(event.ready)
            yield _taken(of, event, came[event.node.number])
            continue
        came[event.source.number].append(event)
        if not event.left and event.op is not None:
            ready.append(event.source)
        queue = [of.places[node.number] for node in ready]
        yield _sent(of, event, came[event.source.number], grad) | {"ready": queue}
        turn = early.pop(event.source.number, None) if event.left else None
        if turn is not None:
            yield _compared(of, turn) | {"ready": queue}


def _taken(of: Scene, event: Taken, came: list[Sent]) -> Step:
    node, name = event.node, of.names[event.node.number]
    asked = node.number in of.recording.targets
    step: Step = {
        "kind": "take",
        "at": of.places[node.number],
        "asked": asked,
        "ready": [of.places[n.number] for n in event.ready],
        "title": f"{name} is ready: its gradient is whole",
        "text": [_why_ready(came), _what_next(event, asked, _sends(of, node))],
        "sums": _sums(of, came),
    }
    if event.grad is not None:
        grad, value = of.value(event.grad), of.value(node)
        entries = first_entries(grad, _PROBED)
        found = of.prober.differences(node, value, grad, entries)
        step["table"] = table(grad)
        step["gradient"] = inline(grad)
        step["differences"] = [
            [
                f"[{', '.join(map(str, d.entry))}]" if d.entry else "",
                number(d.claimed, 8),
                number(d.measured, 8),
                _AGREES[d.verdict],
            ]
            for d in found
        ]
    return step


def _why_ready(came: list[Sent]) -> str:
    if any(sent.op is None for sent in came):
        return "Nothing between it and the end consumes the loss, so nothing is pending."
    count = len(came)
    return f"Pending consumers: 0. All {count} have reported." if count > 1 else (
        "Pending consumers: 0. Its only consumer has reported."
    )  # fmt: skip


def _what_next(event: Taken, asked: bool, sends: bool) -> str:
    if event.grad is None:
        return "Nothing but None arrived, so it has no gradient and passes none on."
    if not sends:
        return "It is what we differentiate by: done here." if asked else "The way ends here."
    return "It leaves the queue and is expanded: its rule says what each input gets."


def _sends(of: Scene, node: Node) -> bool:
    return any(i.number in of.recorded.pending for i in node.inputs)


def _sums(of: Scene, came: list[Sent]) -> list[list[str]]:
    """From whom, what, and the sum so far, a row for each contribution."""
    rows, total = [], None
    for sent in came:
        sender = "the start" if sent.op is None else of.names[sent.op.number]
        if sent.part is None:
            rows.append([sender, "None", "" if total is None else inline(total)])
            continue
        part = of.value(sent.part)
        with np.errstate(all="ignore"):
            total = part if total is None else np.asarray(total + part)
        rows.append([sender, inline(part), inline(total)])
    return rows


def _sent(of: Scene, event: Sent, came: list[Sent], taken: Taken | None) -> Step:
    name = of.names[event.source.number]
    rows = _sums(of, came)
    step: Step = {
        "kind": "send",
        "at": of.places[event.source.number],
        "left": event.left,
        "sums": rows,
        "gradient": rows[-1][2],
    }
    if event.op is None:
        step["title"] = f"Start: the gradient of {name} by itself is 1"
        step["text"] = ["Nothing consumes it on the way, so it is ready at once."]
        return step
    sender = of.names[event.op.number]
    step["from"] = of.places[event.op.number]
    step["title"] = f"{sender} reports to {name}"
    step["text"] = [_what_left(name, event.left)]
    if event.part is not None and taken is not None and taken.grad is not None:
        stops = _inputs(of, event.op)
        stops[event.op.number] = (sender, inline(of.value(event.op)))
        stops[taken.grad.number] = ("grad", inline(of.value(taken.grad)))
        step["formula"] = _in_names_and_numbers(of, event.part, stops)
    else:
        step["text"].insert(0, "The rule gives None for this input. That is a report all the same.")
    return step


def _what_left(name: str, left: int) -> str:
    if not left:
        return f"That was the last consumer of {name}: it joins the queue."
    wait = "1 more consumer" if left == 1 else f"{left} more consumers"
    return f"{name} waits for {wait}. The sum so far is not its gradient yet."


def _compared(of: Scene, turn: Turn) -> Step:
    name = of.names[turn.node.number]
    whole = next(e for e in of.recorded.events if isinstance(e, Taken) and e.node is turn.node)
    came = ", ".join(of.names[s.op.number] for s in turn.came if s.op is not None)
    text = [
        f"Plain breadth-first has discovered {name} and puts it in its queue now. When its turn "
        f"comes there, {len(turn.came)} of {turn.due} contributions have arrived (from {came}).",
    ]
    wrong = _sums(of, list(turn.came))[-1][2]
    right = inline(of.value(whole.grad)) if whole.grad is not None else "None"
    if turn.sound:
        text.append(f"It would expand {name} with {wrong}. The gradient is {right}.")
    else:
        text.append(f"And those are wrong already. The gradient is {right}.")
    text.append(f"Counting consumers keeps {name} waiting until the last has reported.")
    return {
        "kind": "compare",
        "at": of.places[turn.node.number],
        "title": f"Too early for {name}: why plain breadth-first is wrong",
        "text": text,
        "versus": [wrong if turn.sound else "wrong", right],
    }


def _end(of: Scene, backward: list[Step]) -> Step:
    turns = plain_order(of.recorded)
    early = [of.names[turn.node.number] for turn in turns if turn.early]
    verdict = (
        f"Plain breadth-first would have expanded too early: {', '.join(early)}."
        if early
        else "On this graph plain breadth-first meets every node after its last consumer: it errs "
        "where paths of different lengths meet."
    )
    return {
        "kind": "end",
        "title": "Done: every gradient that was asked for",
        "text": [verdict],
        "results": [
            [of.names[of.nodes[step["at"]].number], step["gradient"], _tally(step["differences"])]
            for step in backward
            if step["kind"] == "take" and "gradient" in step and step["asked"]
        ],
        "plain": [[of.names[t.node.number], t.early, f"{len(t.came)}/{t.due}"] for t in turns],
        "counting": [of.names[node.number] for node in counting_order(of.recorded)],
        "ready": [],
    }


def _tally(differences: list[list[str]]) -> str:
    verdicts = [verdict for *_, verdict in differences]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    return ", ".join(f"{count} × {verdict}" for verdict, count in counts.items())
