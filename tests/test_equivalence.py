"""Interpreted = compiled = saved = simplified = unsimplified = as written, on graphs at random.

About 150 graphs over all operations by default, a thousand with GRAPHFLOW_DEEP=1: values, gradients
and gradients of gradients, in float32 and float64, with sizes and ranks unknown, random draws and
updates. Bit for bit where the calls are the same, else as `rounding_noise` says.
"""

import os
import runpy
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from rounding_noise import assert_near, spreads
from test_completeness import VALUED

import graphflow as gf
from graphflow.backends import Interpreter, Runner
from graphflow.errors import RegistrationError
from graphflow.primitives import Spec
from graphflow.program import SCALARS_RAISE, record, save_source, specialize
from graphflow.testing import strategies
from graphflow.traversal import ancestors

DEEP = os.environ.get("GRAPHFLOW_DEEP") == "1"
COUNT = 1000 if DEEP else 150
KEY = np.array([0, 0], np.uint64)  # of a session with seed 0 in its first run
GRAPHS = strategies.graphs(dtypes=(np.float64, np.float32), unknown=True, min_side=0)
# What takes operands of shapes that are rare among the others.
RARE = strategies.graphs(
    "Argpartition Bincount Cholesky Conv Convolve Eigvalsh Expm IndexMaximum IndexMinimum"
    " IndexMultiply LastWriter Log1mexp MaxPool Qr Searchsorted SparseSoftmaxCrossEntropy Square"
    " SumPool".split(),
    max_nodes=12,
)
MANY = settings(
    max_examples=COUNT, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


class Ways:
    """A generated graph with gradients, and its programs: as written, stable, and simplified."""

    def __init__(self, generated):
        self.generated = generated
        values = [node for node in generated.nodes.values() if not node.is_placeholder]
        self.values = values or [*generated.nodes.values()]
        self.gradients = self._gradients([*generated.feeds])
        self.fetches = [*self.values, *self.gradients]
        self.feeds = [np.asarray(value) for value in generated.feeds.values()]
        specs = {x: Spec(np.shape(value), x.dtype) for x, value in generated.feeds.items()}
        self.written = record(specialize(self.fetches, specs, tables=()), False)
        special = specialize(self.fetches, specs)
        self.stable = [*special.form.image.values()]
        self.plain, self.quick = (record(special, optimize) for optimize in (False, True))

    def _gradients(self, xs):
        floats = [node for node in self.values if node.dtype.kind == "f"]
        if not floats:
            return []
        found = slopes(gf.sum(floats[-1]), xs)
        if not found:
            return []
        try:
            second = slopes(sum(gf.sum(gf.sin(slope)) for slope in found), xs)
        except RegistrationError:  # some operations have no second derivative, and say so
            second = []
        return [*found, *second]

    @property
    def kinds(self):
        """The operations that occur, in the graph or in its stable form."""
        nodes = [*ancestors(self.fetches), *self.stable]
        return {type(node).__name__ for node in nodes}

    def has(self, *names):
        """Whether operations of these names occur in the graph as it is written."""
        return any(type(node).__name__ in names for node in ancestors(self.fetches))


def slopes(y, xs):
    """The gradients by those of the leaves that y depends on."""
    found = gf.gradients(y, xs, unconnected="none")
    return [slope for slope in found if slope is not None]


def run(backend, program, feeds):
    return [np.asarray(value) for value in backend(program)({}, feeds, KEY)]


def assert_same_bits(ours, theirs, what):
    for got, expected in zip(ours, theirs, strict=True):
        got, expected = np.asarray(got), np.asarray(expected)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape), what
        assert got.tobytes() == expected.tobytes(), f"{what}\n{got}\n{expected}"


def by_math(program):
    """Whether the text that is printed computes scalars by Python's own functions."""
    return "math." in Runner(program).source.text


def assert_printed_as_interpreted(program, feeds, what):
    printed, expected = (run(backend, program, feeds) for backend in (Runner, Interpreter))
    if not by_math(program):
        assert_same_bits(printed, expected, what)
        return
    bounds = spreads(program, feeds, KEY)
    for got, wanted, spread in zip(printed, expected, bounds, strict=True):
        assert_near(got, wanted, spread, "scalars", what)


def saved(program, folder):
    """The step of the program's file, executed with what the file itself imports."""
    save_source(Runner(program).source, program, [read.initial for read in program.reads],
                folder / "saved.py")  # fmt: skip
    return runpy.run_path(str(folder / "saved.py"))["step"]


def called(step, program, feeds):
    key = [] if program.key is None else [KEY]
    kept = [program.reads[i].initial for i in range(len(program.reads))] if key else []
    with np.errstate(all="ignore"):
        return step(*feeds, *kept, *key)


def calls(program):
    """What a program does, without what it is about."""
    return [(call.name, repr(call.args), repr(call.options)) for call in program.calls]


def check_values(ways, folder):
    feeds, what = ways.feeds, ways.generated.code
    plain, quick = run(Interpreter, ways.plain, feeds), run(Runner, ways.quick, feeds)
    for program in (ways.plain, ways.quick):
        assert_printed_as_interpreted(program, feeds, f"printed\n{what}")
    for optimize, expected in ((True, quick), (False, plain)):
        got = gf.Session(seed=0, optimize=optimize).run(ways.fetches, ways.generated.feeds)
        assert_same_bits(got, expected, f"a session\n{what}")
    if not ways.has(*IN_PYTHON):
        try:
            got = called(saved(ways.quick, folder), ways.quick, feeds)
        except SCALARS_RAISE:  # a session does such a run again
            got = quick
        assert_same_bits(got, quick, f"the saved file\n{what}")
    if calls(ways.plain) == calls(ways.quick) and not by_math(ways.quick):
        assert_same_bits(quick, plain, f"the same calls\n{what}")
    bounds = spreads(ways.plain, feeds, KEY)
    for got, expected, spread in zip(quick, plain, bounds, strict=True):
        assert_near(got, expected, spread, "simplified", f"simplified\n{what}")


def check_stable(ways):
    what = ways.generated.code
    plain, written = (run(Interpreter, p, ways.feeds) for p in (ways.plain, ways.written))
    bounds = spreads(ways.written, ways.feeds, KEY)
    for got, expected, spread in zip(plain, written, bounds, strict=True):
        assert_near(got, expected, spread, "stabilised", f"as written\n{what}")


def check_training(ways, folder):
    """Two steps of descent from variables: state, as interpreted, as compiled, as saved."""
    nodes = ways.generated.with_variables()
    variables = [nodes[leaf.name] for leaf in ways.generated.leaves]
    floats = [node for node in nodes.values() if node.dtype.kind == "f"]
    found = gf.gradients(gf.sum(floats[-1]), variables, unconnected="none")
    pairs = [(v, s) for v, s in zip(variables, found, strict=True) if s is not None]
    if not pairs:
        return
    step = gf.group(*[gf.assign_sub(v, 0.01 * slope) for v, slope in pairs])
    what = f"training\n{ways.generated.code}"
    sessions = [gf.Session(seed=0, optimize=optimize) for optimize in (True, False)]
    for session in sessions:
        for _ in range(2):
            session.run(step)
    programs = [record(specialize([step], {}), optimize) for optimize in (True, False)]
    one = [run(Runner, program, []) for program in programs]
    for got, expected, spread in zip(*one, spreads(programs[1], [], KEY), strict=True):
        assert_near(got, expected, spread, "simplified", what)
    if not ways.has(*IN_PYTHON):
        assert_same_bits(called(saved(programs[0], folder), programs[0], []), one[0], what)
    again = gf.Session(seed=0)
    again.run(step)
    state = [again.value(u.variable()) for u in programs[0].updates]
    assert_same_bits(state, one[0], what)


IN_PYTHON = ("PyFunc", "Tap", "Print")  # no text can stand for what they call


def test_every_way_to_run_a_graph_gives_the_same(tmp_path):
    seen, graphs = Counter(), 0

    def check(generated):
        nonlocal graphs
        with np.errstate(all="ignore"):
            ways = Ways(generated)
            check_values(ways, tmp_path)
            check_stable(ways)
            check_training(ways, tmp_path)
        seen.update(ways.kinds)
        graphs += 1

    MANY(given(GRAPHS)(check))()
    settings(MANY, max_examples=COUNT // (5 if DEEP else 15))(given(RARE)(check))()
    for number in range(10 if DEEP else 0):  # until all operations were met
        if not set(VALUED) - set(seen):
            break
        again = settings(MANY, derandomize=False, max_examples=200)(given(RARE)(check))
        seed(number)(again)()
    assert graphs >= COUNT
    missing = sorted(set(VALUED) - set(seen))
    print(
        f"{graphs} graphs, {sum(seen.values())} uses of {len(seen)} operations; none of {missing}"
    )
    assert len(missing) <= (0 if DEEP else len(VALUED) // 3), missing


ALONE = """
import sys, numpy as np, runpy
step = runpy.run_path(sys.argv[1])["step"]
given = np.load(sys.argv[2])
with np.errstate(all="ignore"):
    found = step(*[given[f"arr_{i}"] for i in range(len(given.files))])
np.savez(sys.argv[3], *found)
assert not [name for name in sys.modules if "graphflow" in name]
"""


def test_saved_files_give_the_same_in_a_process_of_their_own(tmp_path):
    """A handful: those of the other test are executed in this process."""
    files = [tmp_path / name for name in ("saved.py", "given.npz", "found.npz")]

    @settings(MANY, max_examples=5)
    @given(strategies.graphs(["Exp", "Sum", "Matmul", "Softmax", "Max", "RandomNormal"]))
    def check(generated):
        ways = Ways(generated)
        saved(ways.quick, tmp_path)
        key = [] if ways.quick.key is None else [KEY]
        np.savez(files[1], *ways.feeds, *key)
        subprocess.run([sys.executable, "-I", "-c", ALONE, *map(str, files)], check=True)
        with np.load(files[2]) as found:
            got = [found[f"arr_{i}"] for i in range(len(found.files))]
        assert_same_bits(got, run(Runner, ways.quick, ways.feeds), generated.code)

    check()


def test_one_unit_in_the_last_place_is_no_same_bit_and_a_thousand_are_no_rounding():
    @settings(MANY, max_examples=20)
    @given(strategies.graphs(["Exp", "Add", "Multiply", "Tanh"], max_nodes=10))
    def check(generated):
        ways = Ways(generated)
        plain = run(Interpreter, ways.plain, ways.feeds)
        spread = spreads(ways.plain, ways.feeds, KEY)[0]
        value = plain[0]
        assert_near(value, value, spread, "simplified", "")
        with pytest.raises(AssertionError):
            assert_same_bits([np.nextafter(value, np.inf)], [value], "")
        wrong = value + 1000 * max(spread, np.finfo(float).eps * np.max(np.abs(value)))
        with pytest.raises(AssertionError):
            assert_near(wrong, value, spread, "simplified", "")

    check()
