"""The text of the array functions that NumPy does not have, for a program that runs without us."""

from __future__ import annotations

import inspect
import textwrap
from functools import lru_cache, partial
from types import CodeType, ModuleType
from typing import Any

import numpy as np

_PACKAGE = __name__.partition(".")[0]


class Helpers:
    """Functions of the table of primitives, with all that they use, as text."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._imports: set[str] = set()
        self.unprinted: dict[str, Any] = {}  # what has no text: it is given, not printed

    def called(self, function: Any) -> str:
        """How a call of a function of the table begins: its name and the arguments it has."""
        given: str = ""
        if isinstance(function, partial):
            given = "".join(f"{arg!r}, " for arg in function.args)
            function = function.func
        for place, module in (("np.linalg.", np.linalg), ("np.", np)):
            name: str = function.__name__
            if getattr(module, name, None) is function:
                return f"{place}{name}({given}"
        return f"{self.want(function)}({given}"

    def want(self, thing: Any) -> str:
        """The name under which a function or class can be called in the text."""
        self._add(thing.__name__, thing)
        return str(thing.__name__)

    def text(self) -> list[str]:
        """Imports and definitions, as lines."""
        lines = sorted(self._imports)
        for text in self._texts.values():
            lines += ["", "", *text.rstrip().splitlines()]
        return [*lines, ""] if lines else []

    def _add(self, name: str, thing: Any) -> None:
        if name in self._texts:
            return
        self._texts[name] = ""  # it may use itself
        if isinstance(thing, type) and issubclass(thing, Exception):
            text = f'class {name}(ValueError):\n    """A value that does not fit."""\n'
        elif isinstance(thing, type):
            self._imports.add("from typing import Any, NamedTuple")
            text = _source(thing)
        elif callable(thing):
            text = _source(thing)
            if text.startswith("@lru_cache"):
                self._imports.add("from functools import lru_cache")
            plain = inspect.unwrap(thing)
            self._add_globals(plain.__code__, plain.__globals__)
        else:
            text = f"{name} = {thing!r}\n"
        del self._texts[name]
        self._texts[name] = text

    def _add_globals(self, code: CodeType, known: dict[str, Any]) -> None:
        for name in code.co_names:
            if name in known:
                self._add_global(name, known[name])
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                self._add_globals(inner, known)

    def _add_global(self, name: str, thing: Any) -> None:
        if isinstance(thing, ModuleType):
            if thing is not np and name != "math":
                self._imports.add(f"import {thing.__name__} as {name}")
        elif str(getattr(thing, "__module__", _PACKAGE)).startswith(_PACKAGE):
            self._add(name, thing)
        elif not thing.__qualname__.isidentifier():
            self.unprinted[name] = thing
        else:
            self._imports.add(f"from {thing.__module__} import {thing.__qualname__}")


@lru_cache(maxsize=512)
def _source(thing: Any) -> str:
    return textwrap.dedent(inspect.getsource(thing))
