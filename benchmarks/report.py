"""The tables of one run, as text for a page, made from its JSON."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .engines import ENGINES
from .workloads import WORKLOADS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_OURS = ("graphflow", "graphflow-jax", "graphflow-jax-gpu")
VARIANTS = ("numpy-plain", "numpy-untiled")
# What is aimed at: so many times the step by hand, and so many microseconds more.
TARGETS = {
    "W2": (1.1, 0.5), "W3": (1.1, 0.0), "W4": (1.0, 0.0), "W5": (1.0, 0.0), "W6": (1.02, 0.0),
    "W7": (1.0, 0.0), "W7L": (1.0, 0.0), "W8": (1.0, 0.0), "W9": (1.05, 0.0), "W10": (1.05, 0.0),
    "W11": (1.0, 0.0), "W11H": (1.0, 0.0), "W12": (1.03, 0.0),
}  # fmt: skip
W1_SECONDS = 0.8e-6
Found = dict[str, Any]  # of one workload: what was measured, by engine


def write(path: Path, text: str) -> None:
    """Put a text between the marks of a page. Raises ValueError for a page without them."""
    page = path.read_text(encoding="utf-8")
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"{path}: no lines {BEGIN} and {END} to write between")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def tables(result: Found) -> str:
    """All that a run found, as Markdown."""
    found = result["workloads"]
    parts = [_conditions(result)]
    if found:
        parts += [_times(found), *_missing(found), _losses(found), _variants(found)]
        parts += [_on_jax(found, ""), _on_jax(found, "-gpu")]
        parts += [_backward(found), _table_of(found, "peak", _PEAK, lambda b: f"{b / 2**20:.0f}")]
        parts += [_table_of(found, "built", _BUILT, lambda seconds: f"{seconds:.2g}")]
    parts += [_counts(result["counts"])] if result["counts"] else []
    return "\n\n".join(part for part in parts if part)


_PEAK = "Peak memory of warm steps above what importing the library takes, MB, data included:"
_BUILT = "Building and the first step, seconds (with a neighbour on the other core):"


def _conditions(result: Found) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    absent = result["absent"]
    left_out = f" Not installed, so left out: {', '.join(absent)}." if absent else ""
    rounds, seconds = result["rounds"], result["seconds"]
    clock = " of CPU time, beside other work" if result.get("cpu") else ""
    return (
        f"{versions}; {result['machine']}; one core, one thread; {rounds} rounds of {seconds} s"
        f"{clock}, engines in turns.{left_out}"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _engines(found: Found, skip: Sequence[str] = ()) -> list[str]:
    """Those that have a figure, in order, without own variants."""
    there = {engine for of in found.values() for engine, got in of.items() if "note" not in got}
    hidden = {*VARIANTS, "graphflow-forward", *skip}
    return [engine for engine in ENGINES if engine in there and engine not in hidden]


def _title(workload: str) -> str:
    descends = WORKLOADS[workload].make(True).rate is not None
    return f"{workload}: {WORKLOADS[workload].title}{', descent' if descends else ''}"


def _ratios(of: Found, engine: str, base: str = "numpy") -> list[float]:
    """Round by round; none where there are no times."""
    ours, theirs = (of.get(name, {}).get("rounds", []) for name in (engine, base))
    return [a / b for a, b in zip(ours, theirs, strict=False)]


def _ratio(of: Found, engine: str) -> float:
    """The median; infinite where there is none."""
    return statistics.median(_ratios(of, engine) or [float("inf")])


def _cell(of: Found, engine: str, base: str = "numpy") -> str:
    ratios = _ratios(of, engine, base)
    if not ratios:
        return "" if engine not in of else "–"
    middle = statistics.median(ratios)
    return f"{_number(middle)} ({_number(min(ratios))}–{_number(max(ratios))})"


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.2g} µs"


def _times(found: Found) -> str:
    engines = _engines(found, skip=["numpy"])
    rows = [
        [_title(name), _time(statistics.median(of["numpy"]["rounds"])),
         *[_cell(of, engine) for engine in engines]]
        for name, of in found.items()
    ]  # fmt: skip
    head = ["", "NumPy by hand", *[ENGINES[engine].title for engine in engines]]
    return f"A step by hand, and the others' times as ratios to it:\n\n{_table(head, rows)}"


def _missing(found: Found) -> list[str]:
    notes: dict[tuple[str, str], list[str]] = {}
    for name, of in found.items():
        for engine, got in of.items():
            if got.get("note"):
                notes.setdefault((ENGINES[engine].title, got["note"]), []).append(name)
    lines = [
        f"* {title}{'' if names == list(found) else ', ' + ', '.join(names)}: {note}"
        for (title, note), names in notes.items()
    ]
    return ["Without a figure (–):\n\n" + "\n".join(lines)] if lines else []


def _losses(found: Found) -> str:
    """Against the targets, and against every other engine."""
    rows = []
    for name, of in found.items():
        ours = _ratio(of, "graphflow")
        others = [e for e in _engines(found, skip=["numpy", *_OURS]) if _ratio(of, e) < ours]
        faster = [f"{ENGINES[e].title} {_number(ours / _ratio(of, e))}" for e in others]
        goal, missed = _against_target(name, of)
        rows.append([name, _number(ours), goal, missed, ", ".join(faster)])
    head = ["", "graphflow", "aim", "missed by", "faster peers, and how many times"]
    return f"Where graphflow loses:\n\n{_table(head, rows)}"


def _against_target(name: str, of: Found) -> tuple[str, str]:
    base = statistics.median(of["numpy"]["rounds"])
    ours = _ratio(of, "graphflow")
    if name == "W1":
        goal, aim = W1_SECONDS / base, "0.8 µs"
    else:
        factor, more = TARGETS[name]
        goal = factor + more * 1e-6 / base
        aim = f"{factor}" + (f" and {more} µs" if more else "")
    return aim, "" if ours <= goal else f"{_number(ours / goal)} times"


def _variants(found: Found) -> str:
    rows = [
        [name, *[_cell(of, engine) for engine in ("graphflow", *VARIANTS)]]
        for name, of in found.items()
        if any(engine in of for engine in VARIANTS)
    ]
    head = ["", *[ENGINES[engine].title for engine in ("graphflow", *VARIANTS)]]
    return f"Beside other ways to write NumPy, as ratios to tiles:\n\n{_table(head, rows)}"


def _on_jax(found: Found, where: str) -> str:
    """graphflow's steps on JAX against the same written by hand in JAX."""
    ours, theirs = f"graphflow-jax{where}", f"jax{where}"
    rows = []
    for name, of in found.items():
        if _ratios(of, ours, theirs):
            hand, more = (statistics.median(of[engine]["rounds"]) for engine in (theirs, ours))
            rows.append(
                [name, _time(hand), _cell(of, ours, theirs), f"{(more - hand) * 1e6:+.0f} µs"]
            )
    table = _table(["", f"{ENGINES[theirs].title} by hand", "graphflow's", "more"], rows)
    title = f"{ENGINES[ours].title} beside the same step by hand"
    return f"{title}; graphflow hands out results as arrays of NumPy:\n\n{table}" if rows else ""


def _backward(found: Found) -> str:
    rows = []
    for name, of in found.items():
        whole = _ratios(of, "graphflow", "graphflow-forward")
        if whole and WORKLOADS[name].make(True).direction is None:
            rows.append([name, f"{statistics.median(whole) - 1:.2f}"])
    table = _table(["", "backward / forward"], rows)
    return f"What gradients and update cost beside the value alone:\n\n{table}" if rows else ""


def _table_of(found: Found, key: str, text: str, show: Callable[[float], str]) -> str:
    engines = _engines(found)
    rows = [
        [name, *[show(of[e][key]) if key in of.get(e, {}) else "" for e in engines]]
        for name, of in found.items()
    ]
    return f"{text}\n\n{_table(['', *[ENGINES[e].title for e in engines]], rows)}"


def _counts(counts: Found) -> str:
    rows = []
    for name, got in counts.items():
        us = got["us"]
        hand, ours = got["calls by hand"], got["calls"]
        rows.append(
            [name, f"{hand}", f"{ours} ({ours / hand - 1:+.0%})", f"{us['by hand']:.1f}",
             f"{us['body']:.1f}", f"{us['callable'] - us['body']:+.2f}",
             f"{us['run'] - us['callable']:+.2f}"]
        )  # fmt: skip
    head = ["", "calls by hand", "graphflow's", "by hand, µs", "printed step, µs",
            "callable over it", "run over the callable"]  # fmt: skip
    return f"Calls of NumPy in a step, and the cost of the envelope:\n\n{_table(head, rows)}"
