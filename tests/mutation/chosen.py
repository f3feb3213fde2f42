"""Which tests a mutant is run against, and in which order."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from .mutants import Mutant
from .reach import Reach

# Tests that were written for a family, and are tried before others.
_FIRST = {
    "rewrites": (
        "tests/test_rewriting.py::",
        "tests/test_near_forms.py::",
        "tests/test_stable_forms.py::test_the_rule_fires",
        "tests/test_stabilize_as_written.py::test_what_looks_alike",
        "tests/test_stabilize_as_written.py::test_the_value_of_what_looks_alike",
        "tests/test_stable_forms.py::test_value",
        "tests/test_awkward.py::",
    ),
    "program": (
        "tests/test_calls.py::",
        "tests/test_storage.py::",
        "tests/test_look_alikes.py::",
        "tests/test_equations.py::",
        "tests/test_algebra.py::",
        "tests/test_program.py::",
        "tests/test_batching.py::",
        "tests/test_scaling.py::",
    ),
}


def in_order(mutant: Mutant, reach: Reach, killers: Any, limit: float) -> list[str]:
    """The tests that enter the damaged function, up to `limit` seconds of CPU in all.

    First those that noticed other damages of the function, then of the file; then those in which
    it applies, if it is a rule of a table; then the others. Within those, one after the other from
    each kind of test, the quickest of it first.
    """
    place = f"{mutant.file}::{mutant.function}"
    entering = reach.tests.get(place, [])
    known = _by_count(killers.of(place)) + _by_count(killers.of(mutant.file))[:20]
    allowed = set(entering)
    order = dict.fromkeys(t for t in known if t in allowed)
    order |= dict.fromkeys(_spread(reach.firing.get(place, []), reach))
    for start in _FIRST.get(mutant.family, ()):
        order |= dict.fromkeys(_spread([t for t in entering if t.startswith(start)], reach))
    order |= dict.fromkeys(_spread(entering, reach))
    chosen: list[str] = []
    left = limit
    for test in order:
        left -= reach.seconds[test]
        if left < 0 and chosen:
            break
        chosen.append(test)
    return chosen


def _by_count(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=lambda test: -counts[test])


def _spread(tests: list[str], reach: Reach) -> list[str]:
    """One of each kind of test (the same function with other parameters), then a second, ..."""
    kinds: dict[str, list[str]] = {}
    for test in sorted(tests, key=lambda test: reach.seconds[test]):
        kinds.setdefault(test.partition("[")[0], []).append(test)
    rows = zip_longest(*sorted(kinds.values(), key=lambda found: reach.seconds[found[0]]))
    return [test for row in rows for test in row if test is not None]
