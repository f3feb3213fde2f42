"""The lines of a CSV file as named columns of texts, each with the number of its line."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, lay_out

Array = np.ndarray[Any, Any]

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset(
    ["", "na", "n/a", "nan", "null", "none", "?"]
)  # in any case, and between blanks


class Texts(NamedTuple):
    """What a CSV file says: a list of texts per line, all of one length."""

    file: str  # the name for messages
    names: list[str]
    rows: list[list[str]]
    lines: list[int]  # the line of the file that each row ends on, from 1

    def column(self, number: int) -> list[str]:
        """The fields of one column, without the blanks around them."""
        return [row[number].strip() for row in self.rows]

    def error(self, rule: str, row: int, column: int, hint: str = "") -> DataError:
        """An error about one field."""
        place = (self.file, f"line {self.lines[row]}", f"column {self.names[column]!r}")
        return DataError(lay_out(f"read_csv: {rule}", [place], hint))


def read_texts(
    path: str | os.PathLike[str], *, header: bool | None, delimiter: str | None, encoding: str
) -> Texts:
    """The columns of a CSV file (RFC 4180), by the names in its first line.

    Without a `delimiter` it is the one of , ; tab | that the first line has most of. Without
    `header` the first line holds names unless there is a number in it; columns without names are
    called "0", "1", ... Blank lines do not count.

    Raises DataError for lines of different lengths, repeated names, an unclosed quote, another
    encoding and an empty file; OSError when it cannot be read.
    """
    file = os.path.basename(path)
    text = _decoded(Path(path).read_bytes(), file, encoding)
    rows, lines = _parsed(text, file, delimiter)
    if not rows:
        raise DataError(f"read_csv: {file} is empty")
    named = not any(is_number(field) for field in rows[0]) if header is None else header
    names = [name.strip() for name in rows[0]] if named else [*map(str, range(len(rows[0])))]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(
            lay_out(f"read_csv: the header repeats {repeated[0]!r}", [(file, f"line {lines[0]}")])
        )
    if named:
        rows, lines = rows[1:], lines[1:]
    if not rows:
        raise DataError(f"read_csv: {file} has a header and no rows")
    _check_lengths(file, names, rows, lines)
    return Texts(file, names, rows, lines)


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a text is written as a number."""
    try:
        as_number(text, decimal)
    except ValueError:
        return False
    return True


def as_number(text: str, decimal: str = ".") -> float:
    """The number that a text is. Raises ValueError; Python's own 1_000 and 0x1f are none."""
    if "_" in text or (decimal != "." and "." in text):
        raise ValueError(text)
    return float(text.replace(decimal, "."))


def plain_numbers(fields: list[str], decimal: str) -> Array | None:
    """The numbers that all fields are, finite and none missing; else None. It is the quick way."""
    text = "".join(fields)
    if "_" in text or (decimal != "." and "." in text):
        return None
    written = fields if decimal == "." else [field.replace(decimal, ".") for field in fields]
    try:
        values = np.array(list(map(float, written)))
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def is_missing(text: str) -> bool:
    """Whether a text says that there is no value."""
    return text.strip().lower() in MISSING


def _decoded(content: bytes, file: str, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        place = [(file, f"line {line}", f"byte {content[error.start]:#04x}")]
        hint = "name its encoding, as encoding='latin-1' or 'utf-16'"
        raise DataError(lay_out(f"read_csv: the text is not {encoding}", place, hint)) from error


def _parsed(text: str, file: str, delimiter: str | None) -> tuple[list[list[str]], list[int]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = delimiter or max(DELIMITERS, key=first.count)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    rows, lines = [], []
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        place = [(file, f"line {reader.line_num}")]
        raise DataError(lay_out(f"read_csv: {error}", place)) from error
    return rows, lines


def _check_lengths(file: str, names: list[str], rows: list[list[str]], lines: list[int]) -> None:
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            place = [(file, f"line {line}", f"column {names[min(len(row), len(names)) - 1]!r}")]
            hint = "a field that holds the delimiter must stand in double quotes"
            rule = f"read_csv: {len(row)} fields where {len(names)} are expected"
            raise DataError(lay_out(rule, place, hint))
