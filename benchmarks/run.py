"""Time warm steps of the workloads as ratios to NumPy written by hand.

    python benchmarks/run.py [W1 W3 ...]

Every engine runs in a process of its own, on one core and with every OPENBLAS_* variable unset;
rounds of the engines take turns. Results are compared with the first engine's before anything is
timed. An engine that is not installed is left out by name. Prints a table: the median of the
rounds' ratios, and their spread.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import timeit
from pathlib import Path

ENGINES = ("numpy", "graphflow", "autograd")
ROUNDS = 5
SECONDS = 0.3  # of timing in a round
TOLERANCE = 1e-4  # of the losses: float32 too


def child(workload: str, engine: str) -> None:
    """One round in this process: the losses of the first steps, and seconds per step."""
    from workloads import WORKLOADS

    step = WORKLOADS[workload](engine)
    losses = [step() for _ in range(3)]
    timer = timeit.Timer(step)
    count = max(1, int(SECONDS / 3 / max(timer.timeit(3) / 3, 1e-7)))
    print(json.dumps({"losses": losses, "seconds": min(timer.repeat(3, count)) / count}))


def measured(workload: str, engine: str) -> dict[str, object]:
    """A round in a process of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    command = [sys.executable, __file__, "--child", workload, engine]
    core = sorted(os.sched_getaffinity(0))[0] if hasattr(os, "sched_getaffinity") else None

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    done = subprocess.run(
        command, env=env, check=True, capture_output=True, text=True, preexec_fn=pin
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def report(workload: str, engines: list[str]) -> str:
    """A row of the table: hand-written NumPy in microseconds, the others as ratios to it."""
    rounds: dict[str, list[float]] = {engine: [] for engine in engines}
    for _ in range(ROUNDS):
        losses: dict[str, list[float]] = {}
        for engine in engines:
            found = measured(workload, engine)
            losses[engine] = found["losses"]  # type: ignore[assignment]
            rounds[engine].append(float(found["seconds"]))  # type: ignore[arg-type]
        for engine in engines[1:]:
            for ours, theirs in zip(losses[engines[0]], losses[engine], strict=True):
                assert abs(ours - theirs) <= TOLERANCE * max(1, abs(ours)), (workload, losses)
    base = rounds["numpy"]
    cells = [f"{statistics.median(base) * 1e6:.4g} us"]
    for engine in engines[1:]:
        ratios = [a / b for a, b in zip(rounds[engine], base, strict=True)]
        cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    return f"| {workload} | {' | '.join(cells)} |"


def main(names: list[str]) -> None:
    """Print the table."""
    import numpy
    from workloads import WORKLOADS

    engines = [e for e in ENGINES if importlib.util.find_spec(e)]
    for engine in set(ENGINES) - set(engines):
        print(f"{engine}: not installed")
    print(f"Python {platform.python_version()}, NumPy {numpy.__version__}, one core of")
    print(f"{platform.machine()}, {ROUNDS} rounds: median (least-most) of the ratios\n")
    print(f"| | {' | '.join(engines)} |")
    print("|---" * (len(engines) + 1) + "|")
    for workload in names or list(WORKLOADS):
        print(report(workload, engines), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main([name.upper() for name in sys.argv[1:]])
