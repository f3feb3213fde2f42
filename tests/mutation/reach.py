"""Which tests enter which function, and how long they take: seen once and kept in a folder."""

from __future__ import annotations

import cProfile
import functools
import inspect
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

from graphflow.program.algebra.table import ALGEBRA
from graphflow.program.bundle import Helpers
from graphflow.program.canonical import CANONICAL
from graphflow.rewrite import STABILIZE

from .mutants import PACKAGE
from .runs import Failures, in_turn

LIMIT = 1800.0  # seconds for the tests of one file


class Reach(NamedTuple):
    """What is known of the tests."""

    tests: dict[str, list[str]]  # by "file::function", those that enter it
    firing: dict[str, list[str]]  # by rule of a table, those in which it applies
    seconds: dict[str, float]  # of CPU, by test
    failing: list[str]  # without any damage: they tell nothing


def observed(items: dict[str, pytest.Item], jobs: int, folder: Path) -> Reach:
    """Run the tests that are not known yet; what the others enter is kept in the folder."""
    by_file: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items.values():
        by_file[item.location[0]].append(item)
    kept = {file: folder / f"reach-{Path(file).stem}.json" for file in by_file}
    tasks = []
    for file, path in kept.items():
        known = json.loads(path.read_text())["seconds"] if path.exists() else {}
        missing = [item for item in by_file[file] if item.nodeid not in known]
        if missing:
            tasks.append((file, lambda m=missing, p=path: _watch(m, p)))
    for file, outcome in in_turn(tasks, jobs, LIMIT):
        print(f"  looked at {file}: {outcome.tests} tests {outcome.seconds:.1f} s", flush=True)
    return _joined([json.loads(path.read_text()) for path in kept.values() if path.exists()], items)


def _joined(parts: list[Any], items: dict[str, pytest.Item]) -> Reach:
    tests: dict[str, list[str]] = defaultdict(list)
    firing: dict[str, list[str]] = defaultdict(list)
    seconds: dict[str, float] = {}
    failing: set[str] = set()
    for part in parts:
        seconds.update(part["seconds"])
        failing.update(part["failing"])
        for function, found in part["tests"].items():
            tests[function].extend(found)
        for function, found in part["firing"].items():
            firing[function].extend(found)
    for by_function in (tests, firing):
        for function, found in by_function.items():
            by_function[function] = [t for t in found if t in items and t not in failing]
    return Reach(tests, firing, seconds, sorted(failing & set(items)))


def _watch(items: list[pytest.Item], path: Path) -> dict[str, Any]:
    """Run tests of a file under a profiler and add what each enters to what is known."""
    failures = Failures()
    items[0].config.pluginmanager.register(failures)
    known = json.loads(path.read_text()) if path.exists() else {}
    tests: dict[str, list[str]] = defaultdict(list, known.get("tests", {}))
    firing: dict[str, list[str]] = defaultdict(list, known.get("firing", {}))
    seconds: dict[str, float] = known.get("seconds", {})
    fired = _watched_tables()
    for n, item in enumerate(items):
        following = items[n + 1] if n + 1 < len(items) else None
        fired.clear()
        profiler = cProfile.Profile(subcalls=False, builtins=False)
        start = time.process_time()
        profiler.enable()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        profiler.disable()
        seconds[item.nodeid] = round(time.process_time() - start, 4)
        for function in _entered(profiler):
            tests[function].append(item.nodeid)
        for function in sorted(fired):
            firing[function].append(item.nodeid)
            if item.nodeid not in tests[function][-1:]:
                tests[function].append(item.nodeid)
    found = {"tests": tests, "firing": firing, "seconds": seconds}
    path.write_text(json.dumps({**found, "failing": known.get("failing", []) + failures.found}))
    return {"by": "", "tests": len(items)}


def _watched_tables() -> set[str]:
    """Let rules of the tables note down, in the set that is returned, when they apply; and
    functions when they are printed into a program.
    """
    fired: set[str] = set()

    def watched(rule: Callable[..., Any]) -> Callable[..., Any]:
        place = _place(rule.__code__)

        @functools.wraps(rule)
        def noting(*args: Any, **options: Any) -> Any:
            found = rule(*args, **options)
            if found is not None:
                fired.add(place)
            return found

        return noting

    def noting_text(helpers: Helpers, name: str, thing: Any) -> None:
        if inspect.isfunction(plain := inspect.unwrap(thing)):
            fired.add(_place(plain.__code__))
        add_text(helpers, name, thing)

    add_text = Helpers._add
    Helpers._add = noting_text  # type: ignore[method-assign]
    for table in (STABILIZE.rules, ALGEBRA):
        for kind, rules in table.items():
            table[kind] = [watched(rule) for rule in rules]  # type: ignore[index]
    for name, rule in CANONICAL.items():
        CANONICAL[name] = watched(rule)
    return fired


def _entered(profiler: cProfile.Profile) -> list[str]:
    codes = [e.code for e in profiler.getstats() if isinstance(e.code, CodeType)]
    return sorted({_place(c) for c in codes if c.co_filename.startswith(f"{PACKAGE}/")})


def _place(code: CodeType) -> str:
    """The outermost function that a code is in, as "file::function"."""
    name = code.co_qualname.partition(".<locals>")[0]
    return f"{code.co_filename.removeprefix(f'{PACKAGE}/')}::{name}"
