"""Tables from CSV files: numbers as they are, texts as classes, and no silent guesses."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DataError, closest, lay_out
from .csv_text import Texts, as_number, is_missing, is_number, plain_numbers, read_texts
from .table import Table

MOST_CATEGORIES = 20  # a column with more different texts than this is likely names or notes

Array = np.ndarray[Any, Any]


def read_csv(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    *,
    ignore: Sequence[str] = (),
    categories: Sequence[str] = (),
    missing: str = "error",
    header: bool | None = None,
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8-sig",
) -> Table:
    """The table of a CSV file: `target`, a column by name or number, is `y`, the others are `x`.

    A column of numbers is one feature. A column of texts, of at most 20 different ones, is one
    feature of 0 and 1 per text, named `column=text`; `categories` names columns of numbers to be
    taken so too, and `ignore` those to leave out. A target of texts becomes numbers of classes,
    int64, in the order of `classes`, sorted; one of whole numbers is int64, of others float64.
    Without a target `y` is (n, 0).

    A field is missing that is empty or says NA, NaN, null, none or ?. By `missing` that is an
    "error"; or "drop" leaves the row out; or "fill" puts the column's mean, or its most frequent
    text, and leaves a row out only where the target is missing.

    `header` says whether the first line holds names: None means unless there is a number in it.
    `delimiter` is by default the one of , ; tab | that the first line has most of.

    Raises DataError naming file, line and column; ValueError for an unknown `missing`; OSError.
    """
    if missing not in ("error", "drop", "fill"):
        raise ValueError(f"read_csv: missing is 'error', 'drop' or 'fill', not {missing!r}")
    texts = read_texts(path, header=header, delimiter=delimiter, encoding=encoding)
    goal = _number_of(texts, target) if target is not None else None
    left_out = {_number_of(texts, name) for name in ignore}
    forced = {_number_of(texts, name) for name in categories}
    used = [n for n in range(len(texts.names)) if n != goal and n not in left_out]
    texts = _without_missing(texts, used, goal, missing, decimal)
    features = [_feature(texts, n, n in forced, missing, decimal) for n in used]
    if not features:
        raise DataError(f"read_csv: {texts.file} has no column left for the features")
    y, classes = _labels(texts, goal, decimal)
    columns = tuple(name for _, names in features for name in names)
    return Table(np.column_stack([values for values, _ in features]), y, columns, classes)


def _number_of(texts: Texts, name: str | int) -> int:
    """Which column is meant."""
    count = len(texts.names)
    if isinstance(name, int) and -count <= name < count:
        return name % count
    if name in texts.names:
        return texts.names.index(str(name))
    near = closest(str(name), texts.names)
    hint = f"did you mean {near!r}?" if near else f"it has {', '.join(map(repr, texts.names))}"
    raise DataError(lay_out(f"read_csv: no column {name!r}", [(texts.file,)], hint))


def _without_missing(
    texts: Texts, used: list[int], goal: int | None, missing: str, decimal: str
) -> Texts:
    """The rows to keep. Raises for the first missing field where that is an error."""
    goals = [] if goal is None else [goal]
    looked_at = goals if missing == "fill" else [*used, *goals]
    looked_at = [n for n in looked_at if plain_numbers(texts.column(n), decimal) is None]
    holes = [
        (row, column)
        for row, fields in enumerate(texts.rows)
        for column in looked_at
        if is_missing(fields[column])
    ]
    if holes and missing == "error":
        hint = "missing='drop' leaves such rows out, missing='fill' puts the column's mean"
        rule = (
            f"a value is missing, {len(holes)} in all" if len(holes) > 1 else "a value is missing"
        )
        raise texts.error(rule, *holes[0], hint)
    dropped = {row for row, _ in holes}
    kept = [row for row in range(len(texts.rows)) if row not in dropped]
    if not kept:
        raise DataError(f"read_csv: every row of {texts.file} has a missing value")
    rows, lines = [texts.rows[row] for row in kept], [texts.lines[row] for row in kept]
    return texts._replace(rows=rows, lines=lines)


def _feature(
    texts: Texts, column: int, forced: bool, missing: str, decimal: str
) -> tuple[Array, list[str]]:
    """The values of one column, (n, 1) or one per text, and their names."""
    fields = texts.column(column)
    plain = plain_numbers(fields, decimal) if not forced else None
    if plain is not None:
        return plain[:, None], [texts.names[column]]
    present = [field for field in fields if not is_missing(field)]
    if not present:
        raise texts.error("a column without any value", 0, column, _ignoring(texts, column))
    if forced or not any(is_number(field, decimal) for field in present):
        return _indicators(texts, column, fields, present)
    values = np.full((len(fields), 1), np.nan)
    for row, field in enumerate(fields):
        if not is_missing(field):
            values[row] = _value(texts, row, column, decimal)
    holes = np.isnan(values)
    if holes.any():
        values[holes] = values[~holes].mean()
    return values, [texts.names[column]]


def _indicators(
    texts: Texts, column: int, fields: list[str], present: list[str]
) -> tuple[Array, list[str]]:
    kinds = sorted(set(present))
    if len(kinds) > MOST_CATEGORIES:
        rule = f"{len(kinds)} different texts, as {kinds[0]!r}, are too many for a feature"
        raise texts.error(rule, 0, column, _ignoring(texts, column))
    counts = Counter(present)
    usual = max(kinds, key=lambda kind: counts[kind])
    filled = [usual if is_missing(field) else field for field in fields]
    values = np.array([[float(field == kind) for kind in kinds] for field in filled])
    return values, [f"{texts.names[column]}={kind}" for kind in kinds]


def _labels(texts: Texts, goal: int | None, decimal: str) -> tuple[Array, tuple[str, ...]]:
    if goal is None:
        return np.empty((len(texts.rows), 0)), ()
    fields = texts.column(goal)
    values = plain_numbers(fields, decimal)
    if values is None and not any(is_number(field, decimal) for field in fields):
        classes, numbers = np.unique(fields, return_inverse=True)
        return numbers.astype(np.int64), tuple(classes.tolist())
    if values is None:
        values = np.array([_value(texts, row, goal, decimal) for row in range(len(fields))])
    whole = all(field.lstrip("+-").isdecimal() for field in fields)
    exact = whole and np.abs(values).max() < 2**53
    return values.astype(np.int64) if exact else values, ()


def _value(texts: Texts, row: int, column: int, decimal: str) -> float:
    field = texts.rows[row][column].strip()
    try:
        value = as_number(field, decimal)
    except ValueError:
        hint = _ignoring(texts, column)
        if is_number(field, ","):
            hint = "where the comma is the decimal sign: decimal=','"
        raise texts.error(f"not a number: {field!r}", row, column, hint) from None
    if not np.isfinite(value):
        raise texts.error(f"not a finite number: {field!r}", row, column)
    return value


def _ignoring(texts: Texts, column: int) -> str:
    return f"to leave the column out: ignore=[{texts.names[column]!r}]"
