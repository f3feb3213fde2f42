"""Which tests enter which function, and how long they take: seen once and kept in a folder."""

from __future__ import annotations

import cProfile
import hashlib
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .mutants import PACKAGE, ROOT
from .runs import Failures, in_turn

LIMIT = 1800.0  # seconds for the tests of one file


class Reach(NamedTuple):
    """What is known of the tests."""

    tests: dict[str, list[str]]  # by "file::function", those that enter it
    seconds: dict[str, float]  # of CPU, by test
    failing: list[str]  # without any damage: they tell nothing


def observed(items: dict[str, pytest.Item], jobs: int, folder: Path) -> Reach:
    """Run the tests of every file whose text is not known yet; the rest is kept in the folder."""
    by_file: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items.values():
        by_file[item.location[0]].append(item)
    kept = {file: folder / f"reach-{_digest(file)}.json" for file in by_file}
    missing = [file for file in by_file if not kept[file].exists()]
    tasks = [(f, lambda f=f: _watch(by_file[f], kept[f])) for f in missing]
    for file, outcome in in_turn(tasks, jobs, LIMIT):
        print(f"  looked at {file}: {outcome.how} {outcome.by} {outcome.seconds:.1f} s", flush=True)
    return _joined([json.loads(path.read_text()) for path in kept.values() if path.exists()], items)


def _digest(file: str) -> str:
    content = (ROOT / file).read_bytes()
    return f"{Path(file).stem}-{hashlib.sha256(content).hexdigest()[:16]}"


def _joined(parts: list[Any], items: dict[str, pytest.Item]) -> Reach:
    tests: dict[str, list[str]] = defaultdict(list)
    seconds: dict[str, float] = {}
    failing: list[str] = []
    for part in parts:
        seconds.update(part["seconds"])
        failing.extend(part["failing"])
        for function, numbers in part["tests"].items():
            tests[function].extend(part["names"][n] for n in numbers)
    for function, found in tests.items():
        tests[function] = [t for t in found if t in items and t not in failing]
    return Reach(tests, seconds, failing)


def _watch(items: list[pytest.Item], path: Path) -> dict[str, Any]:
    """Run all tests of a file under a profiler and write down what each enters."""
    failures = Failures()
    items[0].config.pluginmanager.register(failures)
    tests: dict[str, list[int]] = defaultdict(list)
    seconds: dict[str, float] = {}
    for n, item in enumerate(items):
        following = items[n + 1] if n + 1 < len(items) else None
        profiler = cProfile.Profile(subcalls=False, builtins=False)
        start = time.process_time()
        profiler.enable()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        profiler.disable()
        seconds[item.nodeid] = round(time.process_time() - start, 4)
        for function in _entered(profiler):
            tests[function].append(n)
    found = {
        "names": [item.nodeid for item in items],
        "tests": tests,
        "seconds": seconds,
        "failing": failures.found,
    }
    path.write_text(json.dumps(found))
    return {"by": "", "tests": len(items)}


def _entered(profiler: cProfile.Profile) -> list[str]:
    prefix = f"{PACKAGE}/"
    found = set()
    for entry in profiler.getstats():
        file = getattr(entry.code, "co_filename", "")
        if file.startswith(prefix):
            name = entry.code.co_qualname.partition(".<locals>")[0]
            found.add(f"{file.removeprefix(prefix)}::{name}")
    return sorted(found)
