"""The scripts that make pages of docs/, and what stands in those pages."""

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).resolve().parent.parent / "docs"


def script(name: str) -> ModuleType:
    """`docs/make_<name>.py` as a module."""
    spec = importlib.util.spec_from_file_location(f"make_{name}", DOCS / f"make_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(name: str) -> str:
    """`docs/<name>.md` as it is."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")
