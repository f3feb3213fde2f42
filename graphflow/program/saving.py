"""A program as one file of Python that needs NumPy alone."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import GraphError
from .program import Program
from .source import Source

_INLINE_BYTES = 1 << 16  # larger arrays go into the file beside it
_LOADER = """
def _array(text, dtype, shape):
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)

"""


def save_source(
    source: Source,
    program: Program,
    variables: Sequence[np.ndarray[Any, Any]],
    path: str | os.PathLike[str],
) -> None:
    """Write the text with its constants, and the values of `variables` as defaults of the step.

    Both files are written beside their names first and then renamed. Raises GraphError for what
    has no text, with nothing written.
    """
    for name, what in source.given.items():
        described = what.describe() if hasattr(what, "describe") else name
        raise GraphError(f"save: no text can stand for {described}", "it runs in Python alone")
    target = Path(path)
    arrays = target.with_suffix(".npz")
    named = dict(source.constants)
    count = len(source.parameters) - len(variables) - (program.key is not None)
    defaults = source.parameters[count : count + len(variables)]
    named |= {f"variable {name}": value for name, value in zip(defaults, variables, strict=True)}
    large = {name: value for name, value in named.items() if value.nbytes > _INLINE_BYTES}
    lines = ["constants = {"]
    lines += [f"    {name!r}: {_inline(v)}," for name, v in named.items() if name not in large]
    lines.append("}")
    if large:
        file = f"os.path.join(os.path.dirname(os.path.abspath(__file__)), {arrays.name!r})"
        lines.append(f"constants.update(np.load({file}))")
        _replace(arrays, lambda out: np.savez(out, **large))  # type: ignore[arg-type]
    text = _with_defaults(source, defaults, draws=program.key is not None)
    marker = "import numpy as np\n"
    above = "import base64\nimport os\n" + marker + _LOADER + "\n" + "\n".join(lines) + "\n"
    text = text.replace(marker, above, 1)
    _replace(target, lambda out: out.write(text.encode()))


def _inline(value: np.ndarray[Any, Any]) -> str:
    data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return f"_array({data!r}, {value.dtype.str!r}, {value.shape!r})"


def _with_defaults(source: Source, defaults: list[str], draws: bool) -> str:
    """The step with the variables' values as defaults."""
    before = f"def step({', '.join(source.parameters)}):"
    known = set(defaults)
    signature = [f"{p}=constants['variable {p}']" if p in known else p for p in source.parameters]
    if draws and known:
        signature[-1] += "=None"  # the random key, after the variables
    return source.text.replace(before, f"def step({', '.join(signature)}):", 1)


def _replace(target: Path, write: Any) -> None:
    """Write beside the target, then put it in its place."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as out:
            write(out)
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
