"""Graphs and nodes: scopes, names, origins, what a node refuses to be."""

import copy
import pickle
import threading

import numpy as np
import pytest

import graphflow as gf


def test_operations_join_the_graph_of_their_inputs():
    with gf.Graph() as g:
        x = gf.placeholder(name="x")
    y = x + 1
    assert y.graph is g
    assert y in set(g.nodes)


def test_as_default_as_a_statement_installs_and_as_a_block_restores():
    outer = gf.get_default_graph()
    with gf.Graph().as_default() as g:
        assert gf.get_default_graph() is g
    assert gf.get_default_graph() is outer
    other = gf.Graph()
    other.as_default()
    assert gf.get_default_graph() is other
    assert gf.constant(1.0).graph is other


def test_mixing_graphs_names_both_nodes():
    with gf.Graph():
        a = gf.placeholder(name="a")
    with gf.Graph():
        b = gf.placeholder(name="b")
    with pytest.raises(gf.GraphError, match="(?s)add: operands of two graphs.*'a'.*'b'"):
        gf.add(a, b)


def test_a_failed_operation_leaves_nothing_behind():
    with gf.Graph() as g:
        a = gf.placeholder((2, 3))
        before = len(g.nodes)
        with pytest.raises(gf.ShapeError):
            gf.add(a, np.ones((4, 5)), name="sum")
        assert len(g.nodes) == before
        assert gf.add(a, 1.0, name="sum").name == "sum"


def test_a_taken_name_gets_the_lowest_free_suffix():
    names = [gf.constant(1.0, name="c").name for _ in range(3)]
    assert names == ["c", "c", "c"]  # each died before the next was made
    held = [gf.constant(1.0, name="c") for _ in range(3)]
    assert [node.name for node in held] == ["c", "c_1", "c_2"]
    del held[1]
    assert gf.constant(1.0, name="c").name == "c_1"


def test_automatic_names_are_the_type_and_number_and_never_collide():
    with gf.Graph() as g:
        y = gf.log_softmax(gf.placeholder((3,)))
        assert y.name == f"log_softmax_{y.number}"
        assert g.node(y.name) is y
        taken = gf.constant(1.0, name=y.name)
        assert taken.name == f"{y.name}_1"


def test_scopes_prefix_names():
    with gf.name_scope("net"):
        with gf.name_scope("layer1"):
            w = gf.Variable(1.0, name="W")
        y = w + 1
    assert w.name == "net/layer1/W"
    assert y.name.startswith("net/add_")
    assert gf.Variable(1.0, name="W").name == "W"


def test_node_by_a_wrong_name_suggests_the_near_one():
    with gf.Graph() as g:
        gf.Variable(1.0, name="weights")
        with pytest.raises(gf.GraphError, match="did you mean 'weights'"):
            g.node("wieghts")


def test_origin_is_the_users_line():
    y = gf.exp(gf.constant(1.0))  # this line
    assert y.origin.file == __file__
    assert y.origin.text.endswith("# this line")


def test_repr_says_name_shape_dtype_inputs_and_line():
    x = gf.placeholder((None, 3), name="x")
    text = repr(gf.exp(x, name="e"))
    assert "Exp('e', float64[?, 3], inputs=(x)" in text
    assert "test_graph.py:" in text


def test_nodes_are_frozen_and_hashed_by_identity():
    a, b = gf.constant(1.0), gf.constant(1.0)
    assert len({a, b}) == 2
    assert {a: 1}[a] == 1
    with pytest.raises(AttributeError, match="frozen"):
        a.shape = (2,)
    with pytest.raises(AttributeError, match="frozen"):
        a.anything = 1
    assert copy.deepcopy(a) is a
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(a)


def test_equality_is_elementwise():
    x = gf.constant([1.0, 2.0])
    np.testing.assert_array_equal(gf.Session().run(x == [1.0, 3.0]), [True, False])


@pytest.mark.parametrize(
    "use",
    [bool, float, int, complex, np.asarray, lambda x: [1, 2][x], lambda x: 1.0 in x]
    + [lambda x: x["a"], lambda x: x[1.5], lambda x: x + "text", iter, len],
)
def test_what_a_node_is_not_is_refused_saying_what_to_do(use):
    x = gf.placeholder(name="x")
    with pytest.raises(gf.DTypeError):
        use(x)


def test_iterating_over_a_known_length_gives_its_entries():
    rows = list(gf.constant([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(gf.Session().run(rows[1]), [3.0, 4.0])


def test_array_and_scalar_operands_on_either_side_build_nodes():
    x = gf.constant([1.0, 2.0])
    nodes = [np.ones(2) - x, 3 - x, np.float64(3) - x, [3.0, 3.0] - x, x - np.ones(2)]
    assert all(isinstance(node, gf.Node) for node in nodes)
    np.testing.assert_array_equal(gf.Session().run(nodes[0]), [0.0, -1.0])
    np.testing.assert_array_equal(gf.Session().run(np.ones((2, 2)) @ x), [3.0, 3.0])


def test_float32_stays_float32_beside_python_numbers():
    x = gf.placeholder((3,), dtype=np.float32)
    assert (x * 2.5 + 1 - 3).dtype == np.float32
    assert (x * np.float64(2.5)).dtype == np.float64
    assert gf.mean(x).dtype == np.float32


def test_a_thread_starts_in_the_process_wide_default_graph():
    outer = gf.get_default_graph()
    seen = []
    with gf.Graph():
        thread = threading.Thread(target=lambda: seen.append(gf.get_default_graph()))
        thread.start()
        thread.join()
    assert seen == [outer]


def test_variables_and_placeholders_are_listed_in_creation_order():
    with gf.Graph() as g:
        x = gf.placeholder()
        w = gf.Variable(1.0)
        y = gf.placeholder()
    assert [a is b for a, b in zip(g.placeholders, [x, y], strict=True)] == [True, True]
    assert g.variables[0] is w


def test_variables_refuse_nodes_and_what_is_no_number():
    for wrong in (gf.constant(1.0), "text", [1, "a"], object(), None, [[1], [1, 2]]):
        with pytest.raises(gf.DTypeError):
            gf.Variable(wrong)


def test_an_update_has_no_value_to_compute_with():
    step = gf.assign(gf.Variable(1.0), 2.0)
    with pytest.raises(gf.DTypeError, match="an update has no value"):
        gf.exp(step)


def test_a_summary_counts_operations_and_parameters_by_scope():
    x = gf.placeholder((None, 64), name="x")
    with gf.name_scope("hidden"):
        W = gf.Variable(np.zeros((64, 32)), name="W")
        hidden = gf.relu(x @ W)
    with gf.name_scope("output"):
        V = gf.Variable(np.zeros((32, 10)), name="V")
        offset = gf.Variable(np.zeros(10), trainable=False, name="offset")
        scores = hidden @ V + offset
    loss = gf.mean(scores)
    step = gf.GradientDescentOptimizer(0.1).minimize(loss)
    *rows, last = gf.get_default_graph().summary().splitlines()
    assert [row.split(maxsplit=3) for row in rows] == [
        ["scope", "operations", "parameters", "output"],
        ["-", "1", "0", "float64[]"],
        ["hidden", "2", "2,048", "float64[?, 32]"],
        ["output", "2", "320", "float64[?, 10]"],
        ["total", "5", "2,368"],
    ]
    assert last.startswith("and ")
    assert step.is_update
