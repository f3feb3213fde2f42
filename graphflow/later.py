"""Parts of the package that are loaded when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .registry import protocols


def loader(package: str, later: dict[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a package: `later` gives for a name the module it is in, or that it is.

    A module is named from the package, as `.export` from `graphflow.io` for one beside it. Pictures
    for notebooks are loaded so too, with the first one.
    """

    def load(name: str) -> Any:
        if name not in later:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f".{later[name]}", package)
        found = module if later[name] == name else getattr(module, name)
        setattr(sys.modules[package], name, found)
        return found

    def display(drawn: Any) -> dict[str, str]:
        load("viz")  # which takes this function's place
        shown: dict[str, str] = protocols["display"](drawn)
        return shown

    if "viz" in later:
        protocols.setdefault("display", display)
    return load
