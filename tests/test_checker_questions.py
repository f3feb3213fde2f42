"""What the gradient checker can be asked, refuses, and leaves as it was."""

import numpy as np
import pytest
from checking import WrongSign, X, assert_caught, checked

import graphflow as gf
from graphflow.testing import check_gradients

RNG = np.random.default_rng(7)


def test_inner_nodes_and_variables_are_inputs_too():
    x, w = gf.placeholder((None, 3), name="x"), gf.Variable([0.2, 0.3, -0.4], name="w")
    h = gf.tanh(x * w)
    report = check_gradients(gf.log(gf.softmax(h)), [x, h, w], {x: X})
    assert report, str(report)
    assert {row.x for row in report.rows} == {"x", "w", h.name}


def test_several_outputs_are_checked_each():
    x = gf.placeholder((3,), name="x0")
    report = check_gradients([gf.sin(x), WrongSign(x)], x, {x: [0.5, 1.0, 1.5]}, order=1)
    finding = assert_caught(report, entry=(2,))
    assert finding.output == (1, 2)


def test_random_draws_and_stopped_gradients_are_held_fixed():
    x = gf.placeholder((3,), name="x")
    y = x * gf.random.uniform((3,)) + x * gf.stop_gradient(gf.square(x))
    report = check_gradients(y, x, {x: [0.5, 1.0, 1.5]})
    assert report, str(report)


def test_values_of_variables_are_the_sessions():
    w = gf.Variable([1.0, 2.0], name="w")
    session = gf.Session()
    session.assign(w, [0.0, 2.0])
    assert not check_gradients(gf.relu(w), w).moved
    assert check_gradients(gf.relu(w), w, session=session).moved


def test_the_graph_and_the_session_are_left_as_they_were():
    with gf.Graph() as graph:
        x, w = gf.placeholder((3,), name="x"), gf.Variable([0.2, 0.3, -0.4], name="w")
        y = gf.sum(gf.tanh(x * w))
    session = gf.Session(graph)
    nodes = graph.nodes
    given = np.array([0.5, 0.0, 1.5])
    assert check_gradients(y, [x, w], {x: given}, session=session)
    assert all(a is b for a, b in zip(graph.nodes, nodes, strict=True))
    np.testing.assert_array_equal(session.run(w), [0.2, 0.3, -0.4])
    np.testing.assert_array_equal(given, [0.5, 0.0, 1.5])


def test_unknown_shapes_are_checked_as_fed():
    x = gf.placeholder(name="x")
    report = check_gradients(gf.sum(gf.exp(x), axis=0) * x, x, {x: X})
    assert report, str(report)


def test_nothing_to_compare_is_right():
    assert checked(gf.exp, np.zeros((0, 3)))
    assert checked(lambda x: gf.sum(x, axis=0), np.zeros((0, 3)))


def test_large_inputs_are_sampled():
    x = RNG.normal(size=(60, 70))
    report = checked(lambda x: gf.sum(gf.tanh(x), axis=1), x)
    assert report, str(report)
    assert sum(row.checked for row in report.rows) < 200 * 61


def test_the_same_question_gets_the_same_answer():
    assert str(checked(gf.softplus, X)).split() == str(checked(gf.softplus, X)).split()


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (lambda x: check_gradients(gf.exp(x), 3.0, {x: X}), gf.DTypeError),
        (lambda x: check_gradients(gf.exp(x), [], {x: X}), ValueError),
        (lambda x: check_gradients(gf.exp(x), x, {x: X}, order=0), ValueError),
        (lambda x: check_gradients(gf.exp(x), x), gf.FeedError),
        (lambda x: check_gradients(x > 0, x, {x: X}), gf.DTypeError),
        (lambda x: check_gradients(gf.cast(x, np.complex128), x, {x: X}), gf.DTypeError),
    ],
)
def test_bad_questions_are_refused(question, error):
    with pytest.raises(error):
        question(gf.placeholder((2, 3)))


def test_a_report_prints_a_row_per_input_and_order():
    x = gf.placeholder((2,), name="x")
    report = check_gradients(gf.sum(gf.square(x)), x, {x: [1.0, 2.0]})
    lines = str(report).splitlines()
    assert lines[0] == "check_gradients: 2 gradients right"
    assert lines[1].split() == ["order", "input", "line", "entries", "worst", "error", "verdict"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
    assert 0 <= report.worst < 1e-6
    assert repr(report) == str(report)


def test_a_point_near_which_there_is_no_value_is_checked_within_what_has_one():
    x = gf.placeholder((2, 2), name="x")  # steps of the size of x make it not positive definite
    symmetric = (x + gf.transpose(x)) / 2
    feed = {x: np.array([[2.0, 0.3], [0.5, 1.0]])}
    assert check_gradients(gf.linalg.cholesky(symmetric), x, feed)
