"""docs/backends.md says what JAX's column says."""

import pytest
from made_pages import script, written


def test_the_tables_are_those_of_the_column():
    pytest.importorskip("jax")
    page = written("backends")
    assert script("backends").page(page) == page, "stale: python docs/make_backends.py"
