"""Values on pictures: numbers, norms, what is not finite, and time as colour."""

import numpy as np
import pytest
from test_viz import line_of, statements

import graphflow as gf


def chain():
    x = gf.Placeholder((None, 4), name="x")
    with gf.name_scope("s"):
        y = gf.exp(x, name="y")
        z = gf.sum(y, name="z")
    return x, y, z


def test_a_number_is_shown_as_it_is_and_an_array_by_its_norm():
    x, y, z = chain()
    dot = gf.viz.to_dot(z, values={x: np.full((4, 4), 3.0), z: 0.693147, y: [[1, 2]]})
    assert "norm 12" in line_of(dot, "x\\\\n")  # sqrt(16 * 9)
    assert "0.6931" in line_of(dot, "sum")
    assert "1 2" in line_of(dot, "exp")


def test_what_is_not_finite_is_counted_and_red():
    x, _, z = chain()
    dot = gf.viz.to_dot(z, values={x: np.array([[np.nan, np.inf, 3.0, 4.0]]), z: np.nan})
    line = line_of(dot, "x\\\\n")
    assert "1 NaN, 1 inf, norm 5" in line
    assert 'fontcolor="#b3001b"' in line
    assert 'class="placeholder alarm"' in line
    assert "alarm" in line_of(dot, "sum")
    assert "not finite" in dot
    assert "alarm" not in line_of(dot, "exp")


def test_what_is_all_finite_raises_no_alarm():
    x, _, z = chain()
    dot = gf.viz.to_dot(z, values={x: np.ones((1, 4)), z: 4.0})
    assert "alarm" not in dot
    assert "not finite" not in dot


def test_a_folded_scope_has_the_values_of_what_it_holds():
    _, y, z = chain()
    dot = gf.viz.to_dot(z, depth=0, values={y: np.array([3.0, np.nan, 0.0]), z: 4.0})
    assert "1 NaN, norm 5" in line_of(dot, "s, 2 ops")


@pytest.mark.parametrize(
    "value", [np.zeros((0, 4)), np.array(True), 3, np.float32(2), 1 + 2j, np.array([1e300] * 9)]
)
def test_values_of_every_kind_of_number_are_shown(value):
    x, _, z = chain()
    assert gf.viz.to_dot(z, values={x: value}) != gf.viz.to_dot(z)


@pytest.mark.parametrize("bad", [3, [1.0], "time", {"x": 1.0}])
def test_values_that_belong_to_no_node_are_refused(bad):
    with pytest.raises(gf.DTypeError, match="values: "):
        gf.viz.to_dot(chain()[2], values=bad)


@pytest.mark.parametrize("bad", [None, "three", object(), [[1.0], [1.0, 2.0]]])
def test_values_that_are_no_numbers_are_refused(bad):
    x, _, z = chain()
    with pytest.raises(gf.DTypeError, match="not an array of numbers.*'x'"):
        gf.viz.to_dot(z, values={x: bad})


def test_values_of_another_graph_are_refused():
    *_, z = chain()
    with gf.Graph():
        other = gf.Placeholder((2,), name="other")
    with pytest.raises(gf.GraphError, match="values: nodes of two graphs"):
        gf.viz.to_dot(z, values={other: 1.0})


def products():
    """A product of large matrices, and a sum that takes far less."""
    x = gf.Placeholder((300, 300), name="x")
    product = gf.matmul(x, x, name="product")
    return x, gf.sum(gf.negative(product), name="total")


def test_a_profile_colours_what_takes_time():
    x, total = products()
    profile = gf.Session().profile(total, {x: np.ones((300, 300))}, runs=3)
    dot = gf.viz.to_dot(total, values=profile)
    assert "heat7" in line_of(dot, "matmul")
    assert "heat7" not in line_of(dot, "sum")
    assert dot.count("heat") == 3 + 3  # three operations, and the samples of the legend
    assert " us," in line_of(dot, "matmul") or " ms," in line_of(dot, "matmul")
    legend = dot[dot.index("cluster_legend") :]
    assert 'label="0 us"' in legend
    assert len(statements(dot)[0]) == 4


def test_a_folded_scope_has_the_time_of_all_that_it_holds():
    x = gf.Placeholder((300, 300), name="x")
    with gf.name_scope("s"):
        total = gf.sum(gf.matmul(gf.matmul(x, x), x))
    profile = gf.Session().profile(total, {x: np.ones((300, 300))}, runs=1)
    share = sum(row.seconds for row in profile.rows if row.op) / profile.wall
    line = line_of(gf.viz.to_dot(total, depth=0, values=profile), "s, 3 ops")
    assert f"{share:.1%}" in line
    assert "heat7" in line


def test_every_row_of_a_profile_names_a_node_of_the_graph_that_was_run():
    x = gf.Placeholder((8, 3), name="x")
    w = gf.Variable(np.ones((3, 5)), name="w")
    e = gf.exp(gf.matmul(x, w))
    loss = gf.mean(gf.log(e / gf.sum(e, axis=1, keepdims=True)))
    grad = gf.gradients(loss, w)[0]
    profile = gf.Session().profile([loss, grad], {x: np.ones((8, 3))}, runs=1)
    numbers = {node.number: node for node in gf.traversal.ancestors([loss, grad])}
    rows = [row for row in profile.rows if row.op]
    assert rows
    assert {row.number for row in rows} <= set(numbers)
    same = [row for row in rows if row.op == numbers[row.number].kind]
    assert {row.op for row in rows} - {row.op for row in same} <= {"log_softmax", "softmax"}


def test_a_profile_of_other_nodes_is_refused():
    x, total = products()
    profile = gf.Session().profile(total, {x: np.ones((300, 300))}, runs=1)
    y = gf.exp(gf.Placeholder((2,), name="y"))
    with pytest.raises(ValueError, match="profile is of other nodes"):
        gf.viz.to_dot(y, values=profile)
