"""When to leave NumPy for JAX, and one device for many: the figures of docs/scaling.md.

    taskset -c 1 python -m benchmarks.scaling [--write docs/scaling.md]

Measured here: a training step of a classifier at several widths on both backends, in turns, on the
cores that the process may use (on several, the threads of NumPy's BLAS wait for each other busily:
beside other work that is what would be measured); the time until the first step is done; the bytes
that a step on eight devices exchanges, as XLA's own text has them. Estimated from these: what a
step costs on more devices.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

import graphflow as gf

from .engines.graphflow import graph
from .problem import Problem
from .report import write
from .workloads.mlp import classifier

ROUNDS, SECONDS = 7, 0.3
BATCH = 128
WIDTHS = (16, 64, 256, 1024, 2048)
WIDEST = 1024  # of the estimate
DEVICES = (8, 64, 512)
NETWORKS = {  # bytes a second that a device sends, and seconds until a first byte is there
    "10 Gbit Ethernet": (1.25e9, 50e-6),
    "100 Gbit InfiniBand": (12.5e9, 5e-6),
    "NVLink, 300 GB/s": (300e9, 3e-6),
}
_BYTES = {"f64": 8, "f32": 4, "bf16": 2, "s64": 8, "s32": 4, "pred": 1}


class Row(NamedTuple):
    """A width: microseconds per step, medians, and seconds until the first step is done."""

    width: int
    numpy: float
    jax: float
    first_numpy: float
    first_jax: float


def network(width: int) -> Problem:
    """A classifier of two hidden layers in float32."""
    return classifier(BATCH, [width, width, width, 10])


def ready(problem: Problem, backend: str) -> tuple[Callable[[], Any], float]:
    """A step on a backend that has been made once, and how long that took."""
    started = perf_counter()
    fetches, inputs, _ = graph(problem)
    f = gf.Session(backend=backend).make_callable(fetches, inputs)
    feeds = problem.feeds()

    def step() -> Any:
        return f(*next(feeds))[0]

    step()
    return step, perf_counter() - started


def seconds_per_step(step: Callable[[], Any]) -> float:
    """The mean of a round."""
    count, started = 0, perf_counter()
    while (passed := perf_counter() - started) < SECONDS or not count:
        step()
        count += 1
    return passed / count


def measured(width: int) -> Row:
    """One width, the backends taking turns. Raises ValueError if they disagree."""
    steps = {name: ready(network(width), name) for name in ("numpy", "jax")}
    losses = [step() for step, _ in steps.values()]
    if not np.isclose(*losses, rtol=1e-3):
        raise ValueError(f"width {width}: the backends disagree: {losses}")
    rounds = [[seconds_per_step(step) for step, _ in steps.values()] for _ in range(ROUNDS)]
    medians = [statistics.median(column) * 1e6 for column in zip(*rounds, strict=True)]
    return Row(width, *medians, *[first for _, first in steps.values()])


def exchanged(width: int, devices: int = 8) -> int:
    """The bytes of all reductions over devices in one step, as XLA compiled it."""
    code = f"from benchmarks.scaling import spread_step; spread_step({width}, {devices})"
    with tempfile.TemporaryDirectory() as folder:
        flags = f"--xla_force_host_platform_device_count={devices} --xla_dump_to={folder}"
        environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        texts = [path.read_text() for path in Path(folder).glob("*after_optimizations.txt")]
    return max(map(reduced_bytes, texts))


def spread_step(width: int, devices: int) -> None:
    """One step over that many devices."""
    problem = network(width)
    fetches, inputs, _ = graph(problem)
    session = gf.Session(backend="jax", mesh={"data": devices})
    session.run(fetches, dict(zip(inputs, next(problem.feeds()), strict=True)))


def reduced_bytes(text: str) -> int:
    """The bytes of the results of all-reduces in a module's text."""
    total = 0
    for line in text.splitlines():
        found = re.match(r"\s*(?:ROOT )?\S+ = (.*?) all-reduce(?:-start)?\(", line)
        for dtype, sizes in re.findall(r"(\w+)\[([\d,]*)\]", found[1]) if found else ():
            count = int(np.prod([int(size) for size in sizes.split(",") if size]))
            total += count * _BYTES[dtype]
    return total


def estimate(compute: float, exchange: int, devices: int, network: tuple[float, float]) -> float:
    """Seconds of a step whose batch grows with the devices: compute, then a ring of reductions.

    Each device sends 2 (n - 1) / n of the bytes, in 2 (n - 1) messages. Source: P. Patarasuk and
    X. Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, J. Parallel
    Distrib. Comput. 69 (2009), section 4.
    """
    bandwidth, latency = network
    rounds = 2 * (devices - 1)
    return compute + rounds / devices * exchange / bandwidth + rounds * latency


def page(rows: Sequence[Row], compute: float, exchange: int) -> str:
    """The tables, as Markdown."""
    names = ("graphflow", "numpy", "jax")
    versions = ", ".join(f"{n} {gf.__version__ if n == names[0] else version(n)}" for n in names)
    lines = [
        f"{versions}; {platform.machine()}, {_cores()}, no GPU; batches of {BATCH} in float32; "
        f"medians of {ROUNDS} rounds of {SECONDS} s, backends in turns.",
        "",
        "| width | parameters | NumPy, µs a step | JAX, µs a step | NumPy / JAX "
        "| first step, NumPy, s | first step, JAX, s |",
        "|--:|--:|--:|--:|--:|--:|--:|",
        *[
            f"| {r.width:,} | {_parameters(r.width):,} | {r.numpy:,.0f} | {r.jax:,.0f} "
            f"| {r.numpy / r.jax:.2f} | {r.first_numpy:.2f} | {r.first_jax:.2f} |"
            for r in rows
        ],
        "",
        f"At width {WIDEST:,} a step took {compute * 1e3:.1f} ms here and exchanges "
        f"{exchange / 1e6:.1f} MB. From these, on devices as fast as this machine, {BATCH} rows on "
        "each, in milliseconds (and the part of the time that is compute):",
        "",
        f"| network | {' | '.join(f'{n} devices' for n in DEVICES)} |",
        f"|---|{'--:|' * len(DEVICES)}",
        *[
            f"| {name} | {' | '.join(_cell(compute, exchange, n, speed) for n in DEVICES)} |"
            for name, speed in NETWORKS.items()
        ],
    ]
    return "\n".join(lines)


def _cell(compute: float, exchange: int, devices: int, speed: tuple[float, float]) -> str:
    seconds = estimate(compute, exchange, devices, speed)
    return f"{seconds * 1e3:.1f} ({compute / seconds:.0%})"


def _cores() -> str:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return "one core" if count == 1 else f"{count} cores"


def _parameters(width: int) -> int:
    return sum(int(np.size(value)) for value in network(width).parameters)


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    parser.add_argument("--write", type=Path, help="put the tables between the marks of a page")
    options = parser.parse_args()
    rows = [measured(width) for width in WIDTHS]
    [widest] = [row for row in rows if row.width == WIDEST]
    text = page(rows, widest.jax / 1e6, exchanged(WIDEST))
    if options.write is None:
        print(text)
        return
    write(options.write, text)


if __name__ == "__main__":
    main()
