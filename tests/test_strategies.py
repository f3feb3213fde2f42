"""Strategies: what they give is what they say, shrinks to little, and prints as Python."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import graphflow as gf
from graphflow.errors import DTypeError, MissingError, RegistrationError
from graphflow.graph import Elementwise
from graphflow.registry import RegisterGradient
from graphflow.testing import check_gradients, strategies
from graphflow.testing.forms import FORMS
from graphflow.testing.generated import Leaf
from graphflow.testing.growing import Step, grown
from graphflow.traversal import ancestors

FIND = settings(
    max_examples=2000, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def least(strategy, wanted):
    """What the strategy shrinks to among what is wanted."""
    return find(strategy, wanted, settings=FIND)


# ---- numbers, shapes, arrays, feeds -------------------------------------------------------------


@given(strategies.reals(-1, 4, away_from=(0.0, 2.0), margin=0.25))
def test_reals_lie_between_their_bounds_and_away_from_kinks(x):
    assert -1 <= x <= 4
    assert abs(x) >= 0.25
    assert abs(x - 2) >= 0.25


@given(strategies.reals(0.1, 0.3, width=32))
def test_reals_of_a_width_are_floats_of_it_within_the_bounds(x):
    assert 0.1 <= x <= 0.3
    assert float(np.float32(x)) == x


@pytest.mark.parametrize(
    ("strategy", "wanted", "simplest"),
    [
        (strategies.reals(), lambda x: True, 1.0),
        (strategies.reals(away_from=(1.0,)), lambda x: True, 0.0),
        (strategies.reals(), lambda x: x < 0, -1.0),
        (strategies.reals(0, 1, away_from=(0.0, 1.0)), lambda x: True, 0.5),
        (strategies.reals(0.1, 0.9), lambda x: True, 0.5),
    ],
)
def test_reals_shrink_to_simple_numbers(strategy, wanted, simplest):
    assert least(strategy, wanted) == simplest


@given(strategies.broadcastable(3, min_side=0))
def test_broadcastable_shapes_broadcast(shapes):
    np.broadcast_shapes(*shapes)


@given(st.data())
def test_arrays_have_the_shape_and_dtype_that_was_asked_for(data):
    shape = data.draw(strategies.shapes(min_side=0))
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]))
    array = data.draw(strategies.arrays(shape, dtype))
    assert (array.shape, array.dtype) == (shape, dtype)


@given(strategies.arrays((2, 3), away_from=(0.0, 1.0)))
def test_arrays_keep_away_from_kinks(array):
    assert np.all(np.abs(array) >= 0.05)
    assert np.all(np.abs(array - 1) >= 0.05)


@given(st.data())
def test_feeds_fit_placeholders_and_give_named_sizes_once(data):
    x = gf.placeholder(("n", 2), name="x")
    y = gf.placeholder((None, "n"), dtype=np.float32, name="y")
    z = gf.placeholder(None, name="z")
    feed = data.draw(strategies.feeds([x, y, z], away_from=(0.0,)))
    assert feed[x].shape == (feed[y].shape[1], 2)
    assert feed[y].dtype == np.float32
    gf.Session().run([x @ gf.ones((2, 1)), gf.sum(y), gf.sum(z)], feed)
    assert all(np.all(np.abs(value) >= 0.05) for value in feed.values())


def test_feeds_refuse_what_is_no_placeholder():
    with pytest.raises(DTypeError, match="not a placeholder"):
        strategies.feeds([gf.constant(1.0)])


def kinds(generated):
    """The operations that its output is computed by."""
    return {type(node).__name__ for node in ancestors([generated.output])}


# ---- graphs -------------------------------------------------------------------------------------

EVERYTHING = strategies.graphs(dtypes=(np.float64, np.float32), unknown=True, min_side=0)


@given(EVERYTHING)
def test_a_graph_has_at_most_so_many_nodes(generated):
    assert len(ancestors(generated.nodes.values())) <= 20
    assert [*generated.nodes.values()][-1] is generated.output


@given(EVERYTHING)
def test_a_graph_runs_on_its_feeds_and_has_the_values_that_it_says(generated):
    names = [*generated.nodes]
    got = gf.Session(seed=0, optimize=False).run([generated.nodes[n] for n in names],
                                                 generated.feeds)  # fmt: skip
    for name, value in zip(names, got, strict=True):
        node, known = generated.nodes[name], generated.values[name]
        assert value.dtype == node.dtype == known.dtype
        assert np.isfinite(value).all()
        np.testing.assert_allclose(value, known, rtol=1e-4, atol=1e-4, err_msg=str(generated))


def test_a_step_that_is_left_out_changes_no_random_number_of_the_others():
    forms = {form.op: form for form in FORMS}
    leaf = Leaf("x", np.array(2.0))
    left_out = Step(replace(forms["Exp"], text="gf.exp(1000 + {0})"), (0,), 0)  # not finite
    draws = Step(forms["RandomNormal"], (0,), 0)
    plain, other = (grown([leaf], steps, 20, {}) for steps in ([draws], [left_out, draws]))
    assert other.code == plain.code
    np.testing.assert_array_equal(other.values["a"], plain.values["a"])
    got = gf.Session(seed=0).run(other.output, other.feeds)
    np.testing.assert_array_equal(got, other.values["a"])


@given(EVERYTHING)
def test_the_python_that_a_graph_prints_as_builds_an_equal_one(generated):
    assert repr(generated).endswith(f"{generated.code}>")
    names = {}
    with gf.Graph() as again:
        exec(str(generated), names)
    ours, theirs = described(generated.graph.nodes), described(again.nodes)
    assert ours == theirs
    for name, node in generated.nodes.items():
        assert (names[name].shape, names[name].dtype) == (node.shape, node.dtype)
    for leaf in generated.leaves:
        fed = np.asarray(names["feeds"][names[leaf.name]])
        np.testing.assert_array_equal(fed, leaf.value)


def described(nodes):
    """What nodes are, with their inputs by place; functions by their code."""
    places = {node.number: place for place, node in enumerate(nodes)}
    found = []
    for node in nodes:
        attributes = [getattr(node, name) for name in getattr(node, "attributes", ())]
        attributes = ["function" if callable(a) else repr(a) for a in attributes]
        if "stream" in getattr(node, "attributes", ()):
            attributes = []  # the number of a node
        value = repr(node.value) if node.is_constant else ""
        inputs = [places[i.number] for i in node.inputs]
        found.append((type(node).__name__, inputs, attributes, value, node.shape, node.dtype))
    return found


@settings(max_examples=25)
@given(strategies.graphs(max_nodes=10))
def test_feeds_of_a_graph_are_away_from_kinks(generated):
    floats = [n for n in generated.nodes.values() if n.dtype.kind == "f" and not n.is_placeholder]
    random = any("random" in line for line in generated.lines)
    if not floats or random:
        return
    ways = {type(node).__name__ for node in ancestors([floats[-1]])}
    xs = [x for x in generated.feeds if x.number in {n.number for n in ancestors([floats[-1]])}]
    if not xs or ways & {"PyFunc", "StopGradient"}:
        return
    report = check_gradients(floats[-1], xs, generated.feeds, order=1)
    assert not report.failures, f"{generated}\n{report}"
    assert not report.moved, f"{generated}\n{report}"


def test_a_graph_shrinks_to_few_lines_and_simple_numbers():
    generated = least(strategies.graphs(), lambda g: any("gf.exp(" in line for line in g.lines))
    assert generated.code.splitlines() == [
        "import numpy as np", "import graphflow as gf", "",
        "x = gf.placeholder((), name='x')", "a = gf.exp(x)", "feeds = {x: 1.0}",
    ]  # fmt: skip


def test_a_graph_shrinks_to_two_operations_where_two_are_needed():
    both = {"Matmul", "Softmax"}
    generated = least(strategies.graphs([*both, "Exp"]), lambda g: both <= kinds(g))
    assert len(generated.lines) == 2, str(generated)
    assert max(leaf.value.size for leaf in generated.leaves) <= 2
    assert len(generated.leaves) == 1


@pytest.mark.parametrize("known", ["sizes", "rank", ""])
def test_every_form_builds_its_operation_on_some_operands(known):
    square = np.array([[0.5, -0.75], [1.25, 2.0]])
    values = [0.3, np.array([1.5]), np.array([1.5, 0.25]), square, square[..., None],
              np.ones((1, 2)) * [0.5, 2]]  # fmt: skip
    leaves = [Leaf(name, np.asarray(v), known) for name, v in zip("xyzuvw", values, strict=True)]
    for form in FORMS:
        if form.needs and known != "sizes" and (form.needs == "sizes" or not known):
            continue
        tried = (
            grown(leaves, [Step(form, (first, second, second), first)], 40, {})
            for first in range(6)
            for second in range(6 if len(form.operands) > 1 else 1)
        )
        assert any(form.op in kinds(graph) for graph in tried), form


def test_every_operation_of_the_library_has_a_form_but_those_that_gradients_make():
    from test_completeness import VALUED

    made = set("ConvInput ConvKernel GammaSlope OfLargest Spread SquareSlope ToLargest".split())
    assert set(VALUED) - {form.op for form in FORMS} == made


class OwnCubed(Elementwise):
    def compute(self, xp, x):
        return x * x * x


@RegisterGradient("OwnCubed")
def _cubed_grad(op, grad):
    return grad * 3 * gf.square(op.inputs[0])


def cubed(x, name=None):
    """x cubed."""
    return OwnCubed(x, name=name)


@pytest.mark.parametrize("own", [OwnCubed, "OwnCubed", cubed])
def test_a_users_operation_takes_part_when_it_is_named(own):
    generated = least(
        strategies.graphs([own, gf.exp]), lambda g: "ubed(" in g.code and "exp(" in g.code
    )
    assert {type(node) for node in generated.nodes.values()} >= {OwnCubed}
    names = {}
    exec(generated.code, names)
    assert names["OwnCubed" if own != cubed else "cubed"] is (cubed if own is cubed else OwnCubed)


def test_graphs_refuse_what_is_no_operation():
    with pytest.raises(RegistrationError, match="graphs: 3 is not an operation"):
        strategies.graphs([3])
    with pytest.raises(RegistrationError, match="Tahn"):
        strategies.graphs(["Tahn"])
    with pytest.raises(DTypeError, match="ops is empty"):
        strategies.graphs([])


def test_variables_can_take_the_place_of_placeholders():
    generated = least(strategies.graphs(["Exp"]), lambda g: len(g.lines) == 1)
    nodes = generated.with_variables()
    assert gf.Session().run(nodes["a"]) == pytest.approx(np.exp(1.0), rel=1e-15)


# ---- Hypothesis is optional ---------------------------------------------------------------------


def run(text):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_hypothesis_is_loaded_when_a_strategy_is_asked_for_and_testing_when_it_is_used():
    run(
        "import sys, graphflow as gf\n"
        "assert 'graphflow.testing' not in sys.modules\n"
        "gf.testing.strategies, gf.testing.check_gradients\n"
        "assert 'hypothesis' not in sys.modules\n"
        "gf.testing.strategies.reals()\n"
        "assert 'hypothesis' in sys.modules\n"
    )


@pytest.mark.parametrize("name", ["reals", "shapes", "broadcastable", "arrays", "graphs"])
def test_without_hypothesis_the_error_says_how_to_get_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.setitem(sys.modules, "hypothesis.strategies", None)
    monkeypatch.setitem(sys.modules, "hypothesis.extra.numpy", None)
    with pytest.raises(MissingError, match="pip install hypothesis"):
        getattr(strategies, name)()
