"""gf.why_disconnected: what cuts one node from another, in the words of `gradients`' own error."""

import numpy as np
import pytest

import graphflow as gf

CUTS = {
    "integer cast": lambda x: gf.cast(gf.cast(x, np.int64), np.float64),
    "comparison": lambda x: gf.cast(x > 0.5, np.float64),
    "stop_gradient": lambda x: gf.stop_gradient(x),
    "integers": lambda x: gf.cast(gf.argmax(x), np.float64),
    "piecewise constant": lambda x: gf.floor(x),
    "shape only": lambda x: gf.ones_like(x),
}


def variable(name="x"):
    return gf.Variable([1.0, 2.0], name=name)


@pytest.mark.parametrize("kind", CUTS)
def test_what_cuts_is_named_with_its_kind_and_line(kind):
    x = variable()
    y = gf.reduce_sum(2.0 * CUTS[kind](x), name="y")
    why = gf.why_disconnected(y, x)
    assert why
    assert [cut.kind for cut in why.cuts] == [kind]
    assert why.cuts[0].path[0] == "x"
    assert "test_disconnection.py" in str(why)
    assert "lambda x:" in str(why)


@pytest.mark.parametrize("kind", CUTS)
def test_the_error_of_gradients_says_the_same(kind):
    x = variable()
    y = gf.reduce_sum(2.0 * CUTS[kind](x), name="y")
    with pytest.raises(gf.DisconnectedError) as caught:
        gf.gradients(y, x)
    assert str(caught.value) == f"gradients: {gf.why_disconnected(y, x).reason}"


def test_every_cut_is_named():
    x = variable()
    y = gf.sign(x) + gf.stop_gradient(x)
    assert [c.kind for c in gf.why_disconnected(y, x).cuts] == [
        "piecewise constant",
        "stop_gradient",
    ]


def test_the_operation_without_a_rule_is_named():
    class Untold(gf.Operation):
        def compute(self, xp, x):
            return xp.exp(x)

    x = variable()
    assert gf.why_disconnected(Untold(x), x).cuts[0].kind == "no rule"


def test_an_input_by_which_a_rule_gives_none_is_named():
    x = variable()
    y = gf.custom_gradient(lambda a: (a * 1.0, lambda grad: [None]))(x)
    [cut] = gf.why_disconnected(y, x).cuts
    assert cut.kind == "no gradient by this input"
    assert cut.reason.startswith("its rule gives none by")


def test_a_node_made_constant_for_one_gradient_is_named():
    x = variable()
    h = gf.square(x, name="h")
    with pytest.raises(gf.DisconnectedError, match=r"only through square 'h'.*constant here"):
        gf.gradients(gf.exp(h), x, stop_gradients=[h])


def test_where_x_leads_instead_is_named():
    x, w = variable(), variable("w")
    accuracy = gf.square(x, name="accuracy")
    loss = gf.square(w, name="loss")
    assert "'x' feeds only 'accuracy'" in str(gf.why_disconnected(loss, x))
    assert accuracy.name == "accuracy"


def test_a_node_that_nothing_uses_is_named():
    assert "nothing uses 'x'" in str(gf.why_disconnected(gf.square(variable("w")), variable()))


def test_an_assignment_in_between_is_named():
    x, v = variable(), variable("v")
    update = gf.assign(v, 2.0 * x)
    why = gf.why_disconnected(gf.reduce_sum(v * v), x)
    assert "'x' reaches 'v' only by assign" in why.reason
    assert "no gradient passes through it" in str(why)
    assert update.is_update


def test_a_name_given_again_after_y_was_built_is_suspected():
    w = variable("w")
    loss = gf.reduce_sum(w * w)
    w = 0.5 * w
    assert "made after it" in str(gf.why_disconnected(loss, w))


def test_nodes_without_floats_are_named():
    x = gf.Variable(np.array([1, 2]), name="x")
    assert "holds no floats" in str(gf.why_disconnected(gf.square(gf.cast(x, np.float64)), x))


def test_nodes_of_two_graphs_are_named():
    with gf.Graph():
        x = variable()
    assert "two graphs" in str(gf.why_disconnected(variable("y"), x))


def test_nodes_that_are_connected_are_not_called_disconnected():
    x = variable()
    y = gf.reduce_sum(gf.square(x), name="y")
    why = gf.why_disconnected(y, x)
    assert not why
    assert str(why).endswith("has a gradient by 'x' (" + str(x.origin) + "): x -> square_2 -> y")


def test_asking_adds_no_node():
    with gf.Graph() as graph:
        x = variable()
        y = gf.exp(gf.square(x))
    before = len(graph.nodes)
    gf.why_disconnected(y, x)
    assert len(graph.nodes) == before


def test_what_is_no_node_is_refused():
    with pytest.raises(gf.DTypeError, match=r"why_disconnected: 3\.0 is not a node"):
        gf.why_disconnected(3.0, variable())


def test_a_long_chain_is_no_limit():
    x = y = gf.Variable(1.0, name="x")
    for _ in range(5000):
        y = y + 1.0
    why = gf.why_disconnected(gf.floor(y), x)
    assert "nodes ..." in str(why)
    assert len(str(why)) < 600


def test_an_answer_has_its_reason_every_cut_with_its_line_and_what_to_do():
    x = variable()
    y = gf.reduce_sum(gf.cast(x > 0.5, float) + gf.floor(x), name="y")
    place = f"test_disconnection.py:{x.origin.line}"
    line = f"test_disconnection.py:{y.origin.line}"
    greater, floor = (n for n in y.graph.nodes if type(n).__name__ in ("Greater", "Floor"))
    code = 'y = gf.reduce_sum(gf.cast(x > 0.5, float) + gf.floor(x), name="y")'
    why = gf.why_disconnected(y, x)
    assert str(why).splitlines() == [
        f"'y' depends on 'x' ({place}) only through {greater.describe()} and {floor.describe()}, "
        "which have no gradient",
        f"  x -> {greater.name} | cut by {greater.describe()}",
        f"      {code}",
        "      a comparison is true or false: it has no slope; gf.where chooses by value and keeps "
        "the gradient of what is chosen; gf.sigmoid is a smooth step",
        f"  x -> {floor.name} | cut by {floor.describe()}",
        f"      {code}",
        "      it is piecewise constant: its slope is 0 between the jumps",
    ]
    assert repr(why) == str(why)
    assert line in greater.describe()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_of_many_cuts_two_are_named_and_the_others_counted(count):
    x = variable()
    y = sum(gf.floor(x * float(i + 1)) for i in range(count))
    reason = gf.why_disconnected(y, x).reason
    assert reason.count("floor '") == min(count, 2)
    assert ("and 1 more" in reason) == (count == 3)
    assert ("and 3 more" in reason) == (count == 5)
    assert "more" not in reason or count > 2


def test_a_cut_by_all_nodes_made_constant_is_said_to_be_by_them():
    x = variable()
    u = gf.exp(x)
    y = gf.floor(x) * 1.0 + u
    with pytest.raises(gf.DisconnectedError, match="counts as a constant here|have no gradient"):
        gf.gradients(y, x, stop_gradients=[u])


def test_long_paths_are_shown_by_their_ends():
    x = u = variable()
    for _ in range(30):
        u = gf.sin(u)
    shown = gf.why_disconnected(u, x).reason.partition(": ")[2].split(" -> ")
    assert shown[0] == "x"
    assert shown[-1] == u.name
    (middle,) = [part for part in shown if part.startswith("...")]
    assert middle == f"... {31 - (len(shown) - 1)} nodes ..."
    assert shown.index(middle) == (len(shown) - 1) // 2


def test_x_leads_to_the_last_nodes_that_use_it_three_at_most():
    x, other = variable(), variable("other")
    y = gf.reduce_sum(other)
    ends = [gf.exp(gf.sin(x * float(i)), name=f"end{i}") for i in range(4)]
    assert ends
    reason = gf.why_disconnected(y, x).reason
    assert reason.endswith("'x' feeds only 'end0', 'end1', 'end2'")


def test_an_assignment_of_what_y_does_not_read_or_x_does_not_reach_is_not_named():
    x, read, unread = variable(), variable("read"), variable("unread")
    y = gf.reduce_sum(read)
    updates = [gf.assign(unread, x * 2), gf.assign(read, read + 1)]
    assert updates
    assert "for later runs" not in gf.why_disconnected(y, x).hint
    third = gf.assign(read, x)
    assert third.is_update
    assert "changes 'read' for later runs" in gf.why_disconnected(y, x).hint


def test_a_leaf_that_is_made_late_is_not_suspected():
    y = gf.reduce_sum(variable("w"))
    x = variable()
    assert gf.why_disconnected(y, x).hint == ""
    assert "was made after it" in gf.why_disconnected(y, gf.exp(x)).hint
