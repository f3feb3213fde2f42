"""Graphs and nodes: scopes, names, origins, what a node refuses to be."""

import copy
import gc
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


@pytest.mark.parametrize(
    "text",
    [
        "x + c",
        "c + x",
        "x * c",
        "c * x",
        "x - c",
        "c - x",
        "x @ c",
        "c @ x",
        "x == c",
        "x != c",
        "x < c",
        "x ** c",
        "c ** x",
    ],
)
@pytest.mark.parametrize("kind", [list, np.array])
def test_operands_stand_in_the_order_of_the_formula(text, kind):
    x, c = gf.placeholder((2, 2), name="x"), kind([[1.0, 2.0], [3.0, 4.0]])
    y, at = eval(text), np.array([[0.5, 1.0], [1.5, -1.0]])
    assert y.inputs[text[0] == "c"] is x
    expected = eval(text, {"x": at, "c": np.array(c)})
    np.testing.assert_allclose(gf.Session().run(y, {x: at}), expected, 1e-15)


@pytest.mark.parametrize("text", ["n & c", "c & n", "n | c", "c | n", "n ^ c", "c ^ n"])
def test_operands_of_bits_stand_in_the_order_of_the_formula(text):
    n, c = gf.placeholder((2,), np.int64), [6, 3]
    y = eval(text)
    assert y.inputs[text[0] == "c"] is n
    expected = eval(text, {"n": np.array([5, 1]), "c": np.array(c)})
    np.testing.assert_array_equal(gf.Session().run(y, {n: [5, 1]}), expected)


def test_the_only_axis_of_a_vector_may_be_given_to_transpose():
    x = gf.placeholder((3,))
    for y in (x.transpose(0), x.transpose(-1), x.transpose((0,)), x.transpose()):
        np.testing.assert_array_equal(gf.Session().run(y, {x: [1.0, 2.0, 3.0]}), [1, 2, 3])


def test_nodes_that_are_gone_leave_no_entries_and_living_ones_keep_their_names():
    ledger = gf.get_default_graph()._ledger
    kept = gf.placeholder(name="kept")
    for i in range(1500):
        gf.placeholder(name=f"gone{i}")
    assert len(ledger._nodes) < 600
    assert len(ledger._named) < 600
    assert gf.get_default_graph().node("kept") is kept
    assert gf.placeholder(name="kept").name == "kept_1"


def test_a_graph_that_grows_is_not_searched_for_what_is_gone_at_every_node():
    kept = [gf.placeholder() for _ in range(600)]
    assert gf.get_default_graph()._ledger._sweep_at > len(kept)


def test_a_name_that_was_given_takes_the_place_of_the_automatic_one():
    with gf.Graph() as graph:
        x = gf.placeholder()
        y = gf.add(x, 1, name="sum")
    with pytest.raises(gf.GraphError, match="no node named"):
        graph.node(f"add_{y.number}")
    assert graph.node("sum") is y


def test_a_function_shows_its_graph_as_written_and_as_it_runs():
    x = gf.placeholder((3,), name="x")
    function = gf.function(gf.log(gf.softmax(x, name="p"), name="y"), [x])
    before, after = function.before, function.after
    assert [node.name for node in before.nodes] == ["x", "p", "y"]
    assert before.node("p").inputs == (x,)
    assert repr(before) == "<Graph of 3 nodes>"
    assert [type(node).__name__ for node in after.nodes] == ["Placeholder", "LogSoftmax"]
    with before:
        later = gf.placeholder(name="p")
    assert later.number > max(node.number for node in before.nodes[:3])
    assert later.name == "p_1"
    del x, function, later
    gc.collect()
    assert [node.name for node in before.nodes][:3] == ["x", "p", "y"]


def test_values_of_constants_and_defaults_cannot_be_written_to():
    given = np.array([1.0, 2.0])
    constant, placeholder = gf.constant(given), gf.placeholder((2,), default=given)
    for array in (constant.value, placeholder.default, gf.Variable(given)._initial):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0
    given[0] = 7.0
    assert constant.value[0] == placeholder.default[0] == 1.0


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1, 2),
        [[1], [2]],
        3,
        np.float64(2),
        [np.int64(1)],
        (np.int64(1), 2),
        [[np.int32(1)]],
        np.array([1]),
    ],
)
def test_a_variable_of_numpys_integers_keeps_them_and_of_pythons_has_floats(value):
    dtype = (
        np.asarray(value).dtype if "np." in repr(value) or isinstance(value, np.ndarray) else float
    )
    assert gf.Variable(value).dtype == dtype
    assert gf.Variable(value, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda x: x, "a node is not a value"),
        (lambda x: [1.0, x], "use gf.stack"),
        (lambda x: (x, x), "use gf.stack"),
        (
            lambda x: np.ma.array([1.0, 2.0], mask=[0, 1]),
            "masked array has no values under its mask",
        ),
        (lambda x: ["a" * 70], r"\['a{55}\.\.\. is not an array of numbers"),
        (lambda x: "b" * 58, "b{58}' is not an array"),
        (lambda x: [[1], [2, 3]], "not an array"),
        (lambda x: np.array(["2020-01-01"], "datetime64[D]"), "is not an array of numbers"),
    ],
)
def test_what_is_no_array_of_numbers_makes_no_constant(value, text):
    with pytest.raises(gf.DTypeError, match=text):
        gf.constant(value(gf.placeholder(())))


@pytest.mark.parametrize("name", ["", 3])
def test_a_name_is_a_string_that_is_not_empty(name):
    with pytest.raises(gf.DTypeError, match="name is a string"):
        gf.placeholder(name=name)


@pytest.mark.parametrize("dtype", ["U3", "datetime64[s]", object])
def test_nodes_are_of_numbers(dtype):
    with pytest.raises(gf.DTypeError, match="is not supported"):
        gf.placeholder((2,), dtype=dtype)


def test_constants_are_described_by_small_values_and_shown_by_short_ones():
    assert gf.constant(2.5).describe() == "constant 2.5"
    assert "float64[2]" in gf.constant([1.0, 2.0]).describe()
    assert repr(gf.constant([1.0, 2.0])) == "Constant(array([1., 2.]), float64[2])"
    text = repr(gf.constant(np.arange(40.0)))
    assert text == f"Constant({repr(np.arange(40.0))[:57]}..., float64[40])"
