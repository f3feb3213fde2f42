"""The command: choose mutants, run them, tell what survived without a reason."""

from __future__ import annotations

import argparse
import fnmatch
import gc
import json
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from .chosen import in_order
from .mutants import FAMILIES, ROOT, WITHIN_OPS, Mutant, mutants, source_of
from .page import write
from .planting import Live, live_functions, planted
from .reach import Reach, observed
from .runs import Outcome, collect, in_turn, run_until_failure
from .survivors import reason_for, stale

SLOW = "tests/test_stable_forms.py::test_value"  # mpmath, with hundreds of digits
FOLDER = Path(tempfile.gettempdir()) / "graphflow-mutation"
# Tests that start processes, drive a browser, draw, or only read files: of no use here.
LEFT_OUT = (
    "test_*browser*.py", "test_viz*.py", "test_plots*.py", "test_explore*.py", "test_sliders*.py",
    "test_step_through*.py", "test_animation.py", "test_notebooks.py", "test_examples.py",
    "test_cli.py", "test_run.py", "test_benchmarks.py", "test_mutation*.py", "test_layers.py",
    "test_csv.py", "test_docs.py", "test_train.py", "test_train_*.py", "test_coverage.py",
    "test_launching*.py",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run the command with these arguments; the exit status."""
    options = _options(arguments)
    chosen = [m for family in options.families for m in mutants(family)]
    chosen = [m for m in chosen if fnmatch.fnmatch(m.key, f"*{options.only}*")]
    chosen = [m for m in chosen if not options.kinds or m.kind in options.kinds.split(",")]
    chosen = [m for m in chosen if crc32(m.key.encode()) % options.sample == 0]
    if options.list:
        print("\n".join(m.key for m in chosen))
        return 0
    options.folder.mkdir(exist_ok=True)
    kept = Results(options.folder / "results.jsonl")
    chosen = [m for m in chosen if not options.known or kept.of(m) is not None]
    if options.write:
        write(Path(options.write), kept.all())
        return _told([m for m in chosen if kept.of(m) is not None], kept)
    todo = [m for m in chosen if options.fresh or not kept.settled(m, again=options.again)]
    print(f"{len(chosen)} mutants, {len(todo)} to run", flush=True)
    if todo:
        collect(options.tests or _tests(), lambda items: _run_all(todo, items, kept, options))
    return _told(chosen, kept)


def _options(arguments: Sequence[str]) -> Any:
    parser = argparse.ArgumentParser(prog="tests/mutate.py")
    names = [*WITHIN_OPS, *FAMILIES]
    parser.add_argument("families", nargs="*", default=names, metavar="|".join(names))
    parser.add_argument("--only", default="", help="a part of the key, or a pattern")
    parser.add_argument("--kinds", default="", help="such as sign,factor,term")
    parser.add_argument("--sample", type=int, default=1, help="every so many: one of")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seconds", type=float, default=20, help="of tests per mutant, at most")
    parser.add_argument("--tests", nargs="*", help="these files only")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--list", action="store_true", help="the keys alone")
    parser.add_argument("--again", action="store_true", help="what survived without reason too")
    parser.add_argument("--known", action="store_true", help="of those that were run before")
    parser.add_argument("--fresh", action="store_true", help="all, whatever is known")
    parser.add_argument("--write", default="", help="the page of what was run")
    options = parser.parse_args(arguments)
    if unknown := set(options.families) - set(names):
        parser.error(f"no such family: {', '.join(sorted(unknown))}")
    return options


def _tests() -> list[str]:
    found = sorted((ROOT / "tests").glob("test_*.py"))
    return [str(path) for path in found if not any(map(path.match, LEFT_OUT))]


def _run_all(
    todo: list[Mutant], items: dict[str, pytest.Item], kept: Results, options: Any
) -> None:
    reach = observed(items, options.jobs, options.folder)
    if reach.failing:
        print("fail without damage:", *reach.failing, sep="\n  ", flush=True)
    _warm(items, reach)
    live = live_functions()
    gc.collect()
    gc.freeze()  # so that children do not copy the pages that a collection would touch
    killers = kept.killers()

    def tasks() -> Iterator[Any]:
        for mutant in todo:
            tests = in_order(mutant, reach, killers, options.seconds)
            yield mutant, lambda m=mutant, t=tests: _damaged(m, t, live, items, reach)

    limit = 5 * options.seconds + 120
    for n, (mutant, outcome) in enumerate(in_turn(tasks(), options.jobs, limit), 1):
        kept.add(mutant, outcome)
        if outcome.how == "killed":
            killers.noticed(mutant, outcome.by)
        else:
            print(
                f"{n}/{len(todo)} {outcome.how} ({outcome.tests} tests): {mutant.key}", flush=True
            )


def _warm(items: dict[str, pytest.Item], reach: Reach) -> None:
    """Run the tests whose expected values take long once here, so that every fork has them; the
    second time tells what they take there.
    """
    slow = [name for name in items if name.startswith(SLOW)]
    for name in (*slow, *slow):
        start = time.process_time()
        run_until_failure([(items[name], 60.0)])
        reach.seconds[name] = time.process_time() - start
    signal.setitimer(signal.ITIMER_PROF, 0)


def _damaged(
    mutant: Mutant, tests: list[str], live: Live, items: dict[str, pytest.Item], reach: Reach
) -> dict[str, Any]:
    """What a child does: damage its copy of the library and run tests until one fails."""
    with planted(mutant, live):
        by, count = run_until_failure([(items[t], reach.seconds[t]) for t in tests])
    return {"by": by, "tests": count}


class Results:
    """What became of mutants, kept in a file: a line each, the latest counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            for line in path.read_text().splitlines():
                each = json.loads(line)
                self._found[each["key"]] = each

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        found = {"key": mutant.key, "source": source_of(mutant), **outcome._asdict()}
        self._found[mutant.key] = found
        with self._path.open("a") as file:
            file.write(json.dumps(found) + "\n")

    def of(self, mutant: Mutant) -> Outcome | None:
        """The outcome, if the function is what it was."""
        found = self._found.get(mutant.key)
        if found is None or found["source"] != source_of(mutant):
            return None
        return Outcome(*[found[name] for name in Outcome._fields])

    def settled(self, mutant: Mutant, *, again: bool) -> bool:
        found = self.of(mutant)
        if found is None or found.how == "failed":
            return False
        return found.how != "survived" or not again or reason_for(mutant.key) is not None

    def all(self) -> dict[Mutant, Outcome]:
        found = {}
        for family in (*WITHIN_OPS, *FAMILIES):
            for mutant in mutants(family):
                outcome = self.of(mutant)
                if outcome is not None:
                    found[mutant] = outcome
        return found

    def killers(self) -> Killers:
        killers = Killers()
        for found in self._found.values():
            if found["how"] == "killed":
                killers.note(found["key"], found["by"])
        return killers


class Killers:
    """Which tests noticed damages, by function and by file: they are tried first."""

    def __init__(self) -> None:
        self._by: dict[str, dict[str, int]] = {}

    def noticed(self, mutant: Mutant, test: str) -> None:
        self.note(mutant.key, test)

    def note(self, key: str, test: str) -> None:
        file, function, *_ = key.split("::")
        for place in (file, f"{file}::{function}"):
            counts = self._by.setdefault(place, {})
            counts[test] = counts.get(test, 0) + 1

    def of(self, place: str) -> dict[str, int]:
        return self._by.get(place, {})


def _told(chosen: list[Mutant], kept: Results) -> int:
    outcomes = {m: kept.of(m) for m in chosen}
    noticed = [m for m, o in outcomes.items() if o and o.how in ("killed", "timeout")]
    survived = [m for m, o in outcomes.items() if o and o.how == "survived"]
    broken = [m for m, o in outcomes.items() if o is None or o.how == "failed"]
    unexplained = [m for m in survived if reason_for(m.key) is None]
    for m in unexplained:
        print(f"SURVIVED {m.key}  (line {m.line})")
    for m in broken:
        print(f"NOT RUN {m.key}: {(outcomes[m] or Outcome('', '?', 0, 0)).by}")
    needless = stale([m.key for m in noticed])
    for pattern in needless:
        print(f"STALE reason for what is noticed: {pattern}")
    print(
        f"{len(chosen)} mutants: {len(noticed)} noticed, {len(survived) - len(unexplained)} with a "
        f"reason, {len(unexplained)} survived, {len(broken)} not run"
    )
    return 1 if unexplained or broken or needless else 0
