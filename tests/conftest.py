"""What every test gets: a Hypothesis profile, an empty default graph, a context of its own."""

import contextvars
import gc
import os
import signal
from collections.abc import Iterator
from importlib import import_module

import pytest
from hypothesis import settings

import graphflow as gf
from graphflow.rewrite import engine

gc.set_threshold(20_000, 20, 20)  # thousands of tests are held: going through them takes long
os.environ.setdefault("MPLBACKEND", "Agg")  # plots are written, never shown

engine.verifying = True  # every rewritten graph is type-checked
import_module("graphflow.program.record").verifying = True  # and every simplified call

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=20)
settings.register_profile("deep", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("deep" if os.environ.get("GRAPHFLOW_DEEP") == "1" else "ci")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Run each test in a copy of the context: a graph that it leaves installed goes with it.

    Ids are compared between the processes that share the tests: none may have an address in it.
    """
    assert " at 0x" not in item.nodeid, item.nodeid
    runtest = item.runtest
    item.runtest = lambda: contextvars.copy_context().run(runtest)


@pytest.fixture(autouse=True)
def _empty_default_graph() -> None:
    gf.reset_default_graph()


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_as_in_a_terminal() -> Iterator[None]:
    """A process in the background may begin without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
