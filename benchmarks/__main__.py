"""Measure the workloads beside NumPy written by hand and beside other libraries.

    python benchmarks/run.py                        # everything that is installed
    python benchmarks/run.py W3 W6 --peers autograd torch
    python benchmarks/run.py --quick                # NumPy, graphflow, autograd, in three minutes
    python benchmarks/run.py --write run.json --write docs/performance.md
    python benchmarks/run.py --from run.json --write docs/performance.md

Every engine runs a workload in a process of its own, on one core, with one thread and with every
OPENBLAS_* variable unset. Results are compared with the step by hand before anything is timed; then
the engines take turns. An engine whose packages are missing is left out by name; others than this
interpreter are given by `--python PATH`, for all peers, or `--python ENGINE=PATH`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import report
from .engines import ENGINES, OWN, QUICK
from .measure import Budget, compare
from .processes import ROOT, cores, environment, versions
from .workloads import WORKLOADS

PEERS = [name for name in ENGINES if name not in OWN]


def arguments(argv: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("workloads", nargs="*", type=str.upper, help=" ".join(WORKLOADS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, metavar="ENGINE")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25, help="of timing, per round")
    parser.add_argument("--limit", type=float, default=60, help="seconds to be ready in")
    parser.add_argument("--cpu", action="store_true", help="time computed, for a busy machine")
    parser.add_argument("--quick", action="store_true", help="few engines, short rounds")
    parser.add_argument("--counts", action="store_true", help="only the counts of NumPy's calls")
    parser.add_argument("--python", action="append", default=[], metavar="[ENGINE=]PATH")
    parser.add_argument("--write", action="append", default=[], type=Path, metavar="PAGE or JSON")
    parser.add_argument("--from", dest="source", type=Path, metavar="JSON", help="do not measure")
    asked = parser.parse_args(argv)
    unknown = [name for name in asked.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    if asked.quick:
        asked.peers = [engine for engine in QUICK if engine in PEERS]
        asked.rounds, asked.seconds = 3, 0.1
    asked.workloads = asked.workloads or list(WORKLOADS)
    return asked


def interpreters(peers: list[str], given: list[str]) -> dict[str, str]:
    """The interpreter of every engine that is to be measured."""
    chosen = {engine: sys.executable for engine in ENGINES if engine in OWN or engine in peers}
    for entry in given:
        engine, named, path = entry.rpartition("=")
        for each in [engine] if named else peers:
            chosen[each] = path
    return chosen


def installed(pythons: dict[str, str]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The engines that are there, with their interpreters; versions; the others' names."""
    found: dict[str, str] = {}
    there: dict[str, str] = {}
    absent: list[str] = []
    packages = sorted({p for engine in ENGINES.values() for p in engine.packages})
    known = {path: versions(path, packages) for path in set(pythons.values())}
    for engine, path in pythons.items():
        needed = {package: known[path][package] for package in ENGINES[engine].packages}
        if all(needed.values()):
            there[engine] = path
            found.setdefault("Python", known[path]["python"] or "")
            found.update({package: version or "" for package, version in needed.items()})
        else:
            absent.append(engine)
    return there, found, absent


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Measure what was asked for; what is found is printed as it comes."""
    engines, found, absent = installed(interpreters(asked.peers, asked.python))
    budget = Budget(asked.rounds, asked.seconds, asked.limit, asked.cpu)
    result: dict[str, Any] = {
        "machine": f"{_processor()}, {platform.machine()}, {len(cores())} cores",
        "versions": found, "absent": absent, "rounds": budget.rounds, "seconds": budget.seconds,
        "cpu": budget.cpu,
        "workloads": {}, "counts": {},
    }  # fmt: skip
    print(f"{result['machine']}; {found}; left out: {absent or 'none'}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        for name in [] if asked.counts else asked.workloads:
            started = time.perf_counter()
            result["workloads"][name] = compare(name, engines, budget, scratch)
            print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        if asked.counts or set(asked.workloads) == set(WORKLOADS):
            result["counts"] = _counted(scratch)
    return result


def _counted(scratch: str) -> dict[str, Any]:
    core = cores()[0]
    pin = (lambda: os.sched_setaffinity(0, {core})) if hasattr(os, "sched_setaffinity") else None
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.counts"], env=environment(scratch), cwd=ROOT,
        check=True, stdout=subprocess.PIPE, text=True, preexec_fn=pin,
    )  # fmt: skip
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main(argv: list[str]) -> None:
    """Measure or read, write, print."""
    asked = arguments(argv)
    if asked.source:
        result = json.loads(asked.source.read_text(encoding="utf-8"))
    else:
        result = measured(asked)
    for path in asked.write:
        if path.suffix == ".json":
            path.write_text(json.dumps(result, indent=1), encoding="utf-8")
        else:
            report.write(path, report.tables(result))
    print(report.tables(result))


if __name__ == "__main__":
    main(sys.argv[1:])
