"""StableHLO: a program traced by the JAX backend, and serialized for JAX to run alone."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import MissingError
from ...io import write_whole
from ..asked import asked

__all__ = ["to_stablehlo"]


def to_stablehlo(
    fetches: Any,
    inputs: Any = None,
    path: str | PathLike[str] | None = None,
    *,
    session: Any = None,
    platforms: Sequence[str] | None = None,
) -> Any:
    """The fetches as StableHLO over `inputs`, a `jax.export.Exported`; serialized to `path` too.

    `jax.export.deserialize(Path("model.stablehlo").read_bytes()).call(*arrays)` gives the values,
    in the structure of the fetches; where they update variables, a pair of that and of a dict of
    the new values by name. Fetches, inputs, open sizes and variables are as in `to_onnx`.
    `platforms` are those that it can run on, as ("cpu", "cuda"); by default what JAX has here.

    Raises GraphError, before anything is written, naming the operation and the user's line, for
    what cannot leave; MissingError without JAX; FeedError, DTypeError.
    """
    if find_spec("jax") is None:
        raise MissingError(
            "to_stablehlo: JAX is not installed", 'pip install "graphflow-autodiff[jax]"'
        )
    traced = import_module(f"{__package__}.traced")  # which imports JAX
    exported, data = traced.exported(asked("to_stablehlo", fetches, inputs, session), platforms)
    if path is not None:

        def write(file: BinaryIO) -> None:
            file.write(data)

        write_whole(Path(path), write)
    return exported
