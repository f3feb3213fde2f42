"""The page of results, docs/mutation.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path

from .mutants import FAMILIES, WITHIN_OPS, Mutant, mutants
from .runs import Outcome
from .survivors import REASONS, reason_for

FAMILY_IN_WORDS = {
    "rules": "gradient rules, `ops/`",
    "flags": "what operations say of themselves: `safe`, `masks`",
    "rewrites": "stabilizing rewrites and their driver, `rewrite/`",
    "program": "recording, equations of programs, buffers, printing, `program/`",
    "primitives": "functions of the table and their rules of shape and dtype, `primitives/`",
    "forwards": "forwards, shapes and public functions of operations, `ops/`",
    "core": "backpropagation, graph, sessions, functions, shapes",
    "learning": "optimizers, schedules, losses, layers, initializers, metrics",
    "checking": "the gradient checker and what watches runs, `testing/` `watching/`",
}
KIND_IN_WORDS = {
    "sign": "a sign turned, a sum for a difference",
    "scale": "a result times 1.01 or 1.0001; of rewrites times 1.000001",
    "factor": "a factor, divisor or exponent left out",
    "term": "a term left out",
    "swap": "two inputs or arguments exchanged",
    "constant": "another number: axes, `keepdims`, factors, bounds",
    "tie": "`>` for `>=` and the like",
    "condition": "a condition always or never true, turned, or a part of it left out",
    "function": "a function left out: f(x) is x",
    "flag": "a flag of a class turned",
    "none": "nothing for a result",
    "statement": "a statement left out",
}
_HEAD = """# Mutation tests

Written by `python tests/mutate.py --write docs/mutation.md` from the results of `python
tests/mutate.py`, which takes hours for all; *run* says how many of the mutants there are it is of.

graphflow is damaged in one place at a time, and the tests must notice. Every function of the files
below is read as a syntax tree, and each damage listed under *Kinds* is made wherever it can be. A
mutant is run in a forked process against the tests that enter the damaged function, one of each
kind in turn and the quickest first, until one fails or a limit of seconds is reached. Left out are
tests that drive browsers, start processes or draw. A mutant is *noticed* when a test fails, or
takes more than ten times its usual time. One that is not is an error of the script, unless
`tests/mutation/survivors.py` says why no test can notice it; a reason for a mutant that is noticed,
or that does not exist, is an error too.
"""


def write(path: Path, outcomes: Mapping[Mutant, Outcome]) -> None:
    """Write the page about these mutants."""
    parts = [
        _HEAD,
        "## Families\n",
        *_table("what", [f for f in FAMILY_IN_WORDS], outcomes, lambda m: m.family,
                FAMILY_IN_WORDS, {f: len(mutants(f)) for f in (*WITHIN_OPS, *FAMILIES)}),
        "\n## Kinds\n",
        *_table("damage", list(KIND_IN_WORDS), outcomes, lambda m: m.kind, KIND_IN_WORDS, None),
        "\n## Files\n",
        *_table("file", sorted({m.file for m in outcomes}), outcomes, lambda m: m.file, {}, None),
        "\n## What no test can notice\n",
        *_reasons(outcomes),
    ]  # fmt: skip
    seconds = sum(o.seconds for o in outcomes.values())
    parts.append(f"\nThe runs took {seconds / 60:.0f} minutes of CPU in all.")
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _table(
    title: str,
    rows: Iterable[str],
    outcomes: Mapping[Mutant, Outcome],
    of: Callable[[Mutant], str],
    words: Mapping[str, str],
    there: Mapping[str, int] | None,
) -> list[str]:
    counts: dict[str, Counter[str]] = {}
    for mutant, outcome in outcomes.items():
        counts.setdefault(of(mutant), Counter())[_class(mutant, outcome)] += 1
    first = f"| {title} | {'mutants | ' if there else ''}run | noticed | with a reason | left |"
    lines = [first, "|---|" + "--:|" * (5 if there else 4)]
    for row in rows:
        found = counts.get(row, Counter())
        cells = [f"{found[c]:,}" for c in ("noticed", "reason", "left")]
        every = [f"{there[row]:,}"] if there else []
        lines.append(
            f"| {' | '.join([words.get(row, row), *every, f'{found.total():,}', *cells])} |"
        )
    return lines


def _class(mutant: Mutant, outcome: Outcome) -> str:
    if outcome.how in ("killed", "timeout"):
        return "noticed"
    return "reason" if outcome.how == "survived" and reason_for(mutant.key) else "left"


def _reasons(outcomes: Mapping[Mutant, Outcome]) -> list[str]:
    """The reasons in use, each once, with the mutants it is given for."""
    survived = sorted(m.key for m, o in outcomes.items() if o.how == "survived")
    explained = [(why, key) for key in survived if (why := reason_for(key)) is not None]
    lines = []
    order = {why: n for n, why in enumerate(dict.fromkeys(REASONS.values()))}
    explained.sort(key=lambda pair: (order[pair[0]], pair[1]))
    for why, group in groupby(explained, key=lambda pair: pair[0]):
        keys = [key for _, key in group]
        lines.append(f"* {why}")
        lines += [f"    * `{key.replace('`', '')}`" for key in keys]
    return lines or ["Nothing was run."]
