"""docs/backends.md says what JAX's column says."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_tables_are_those_of_the_column():
    pytest.importorskip("jax")
    spec = importlib.util.spec_from_file_location("make_backends", DOCS / "make_backends.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "backends.md").read_text(encoding="utf-8")
    assert module.page(written) == written, "stale: python docs/make_backends.py"
