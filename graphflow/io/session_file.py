"""What a session holds, in a file: variables by name, the random state, and plain data beside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..dtypes import Array
from ..errors import DataError, DTypeError, lay_out, plain
from ..graph import Variable
from .npz import MOST_NOTE, NpzContents, Stated, write_npz
from .safetensors import SafetensorsContents, write_safetensors
from .whole import write_whole

Path_ = str | os.PathLike[str]

_WRITERS = {".npz": write_npz, ".safetensors": write_safetensors}
_READERS: dict[str, Any] = {".npz": NpzContents, ".safetensors": SafetensorsContents}
_VERSION = 1
_ABSENT = "absent"


class RandomState(NamedTuple):
    """What random draws are functions of: the session's seed, and how many runs drew so far."""

    seed: int
    step: int


@dataclass(frozen=True, repr=False)
class Restored:
    """What a session took from a file, by the unique names of variables.

    `matched` were given their values. `missing` are variables that the file does not have, `unused`
    arrays of the file without a variable, `differing` texts about those of another shape or dtype;
    none of these were touched. `random` is the random state, and `extra` what was saved beside;
    both are None in files of others.
    """

    path: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    differing: tuple[str, ...]
    random: RandomState | None
    extra: Any

    def __str__(self) -> str:
        lines = [f"restored {len(self.matched)} variables from {self.path}"]
        lines += [f"  not in the file: {', '.join(self.missing)}"] if self.missing else []
        lines += [f"  not in the graph: {', '.join(self.unused)}"] if self.unused else []
        lines += [f"  differing: {text}" for text in self.differing]
        lines += [] if self.random else ["  no random state in the file"]
        return "\n".join(map(plain, lines))

    __repr__ = __str__


def save_session(path: Path_, arrays: Mapping[str, Array], random: RandomState, extra: Any) -> None:
    """Write arrays by name, the random state and `extra`, whole or not at all.

    Raises ValueError for another suffix than .npz and .safetensors and for what the format cannot
    hold, DTypeError for an `extra` that JSON does not have, OSError when it cannot be written.
    """
    target = Path(path)
    write = _WRITERS[suffix_of(target, "save")]
    about = {"graphflow": _VERSION, "seed": random.seed, "step": random.step, "extra": extra}
    try:
        note = json.dumps(about)
    except (TypeError, ValueError) as error:
        hint = "extra is made of numbers, texts, None, lists and dicts of them"
        raise DTypeError(f"save: {error}", hint) from error
    if len(note) > MOST_NOTE:
        raise ValueError(f"save: extra takes {len(note)} bytes; at most {MOST_NOTE} are allowed")
    write_whole(target, lambda file: write(file, arrays, note))


def load_session(
    path: Path_, variables: Sequence[Variable], strict: bool
) -> tuple[Restored, list[tuple[Variable, Array]]]:
    """What of a file fits these variables, and their values; everything is checked and read.

    Raises DataError for a damaged or foreign file and, when `strict`, for names, shapes or dtypes
    that differ between file and variables; ValueError for another suffix; OSError.
    """
    target = Path(path)
    reader = _READERS[suffix_of(target, "restore")]
    with target.open("rb") as file:
        with _naming(target):
            contents = reader(file)
            random, extra = _random_and_extra(contents.note)
        matched, rows = _compared(contents.stated, variables)
        if strict and rows:
            rule = f"restore: {target.name} does not fit the graph; nothing was changed"
            raise DataError(
                lay_out(rule, rows, "strict=False takes what fits, and reports the rest")
            )
        with _naming(target):
            values = [(v, _native(contents.array(v.name))) for v in matched]
    report = Restored(
        path=str(target),
        matched=tuple(v.name for v in matched),
        missing=tuple(name for name, stated, _ in rows if stated == _ABSENT),
        unused=tuple(name for name, _, own in rows if own == _ABSENT),
        differing=tuple(" ".join(row) for row in rows if _ABSENT not in row),
        random=random,
        extra=extra,
    )
    return report, values


def suffix_of(path: Path, caller: str) -> str:
    """The format of a session's file. Raises ValueError for a path of another suffix."""
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise ValueError(f"{caller}: {path.name!r} ends neither in .npz nor in .safetensors")
    return suffix


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        rule = f"restore: {path.name} is no file of a session that can be read: {error}"
        raise DataError(rule, "nothing was changed") from error


def _random_and_extra(note: str | None) -> tuple[RandomState | None, Any]:
    """What the note says. A file of arrays alone has none."""
    if note is None:
        return None, None
    try:
        about = json.loads(note)
    except (ValueError, RecursionError) as error:
        raise DataError(f"its note is not JSON: {error}") from error
    match about:
        case {"graphflow": int(version), "seed": int(seed), "step": int(step), "extra": extra}:
            if version != _VERSION:
                raise DataError(f"it is of version {version}; this graphflow reads {_VERSION}")
            if 0 <= seed < 2**64 and 0 <= step < 2**64:
                return RandomState(seed, step), extra
    raise DataError("its note says nothing of a session")


def _compared(
    stated: Mapping[str, Stated], variables: Sequence[Variable]
) -> tuple[list[Variable], list[tuple[str, str, str]]]:
    """The variables that fit, and where file and graph differ: name, in the file, in the graph."""
    matched: list[Variable] = []
    rows: list[tuple[str, str, str]] = []
    for variable in variables:
        found = stated.get(variable.name)
        if found is None:
            rows.append((variable.name, _ABSENT, f"graph: {variable.describe()}"))
        elif found.shape == variable.shape and found.dtype.newbyteorder("=") == variable.dtype:
            matched.append(variable)
        else:
            rows.append((variable.name, f"file: {found}", f"graph: {variable.describe()}"))
    known = {variable.name for variable in variables}
    rows += [
        (name, f"file: {found}", _ABSENT) for name, found in stated.items() if name not in known
    ]
    return matched, rows


def _native(array: Array) -> Array:
    return array.astype(array.dtype.newbyteorder("="), copy=False)
