"""gf.explain: every path from a loss to a node, with local derivatives and numbers."""

import numpy as np
import pytest

import graphflow as gf

RNG = np.random.default_rng(2)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Perceptron:
    """L = -log(sigmoid(w x + b)) + w**2 / 10, all scalars."""

    def __init__(self):
        self.w = gf.Variable(0.5, name="w")
        b = gf.Variable(-0.2, name="b")
        x = gf.placeholder((), name="x")
        z = self.w * x + b
        p = gf.sigmoid(z)
        self.loss = gf.add(-gf.log(p), 0.1 * self.w**2, name="L")
        self.feeds = {x: 3.0}


@pytest.fixture
def perceptron():
    return Perceptron()


def explained(case, **options):
    return gf.explain(case.loss, case.w, case.feeds, **options)


def test_every_path_is_a_product_of_local_derivatives(perceptron):
    told = explained(perceptron)
    p = sigmoid(0.5 * 3 - 0.2)
    first, second = told.paths
    assert [step.factor for step in first.steps] == pytest.approx(
        [1.0, -1.0, 1 / p, p * (1 - p), 1.0, 3.0]
    )
    assert first.product == pytest.approx(-(1 - p) * 3)
    assert second.product == pytest.approx(0.1)


def test_the_sum_over_paths_is_the_gradient(perceptron):
    told = explained(perceptron)
    assert told.count == 2
    assert told.agrees
    assert told.total == pytest.approx(-3 * (1 - sigmoid(1.3)) + 0.1)
    assert told.gradient == pytest.approx(told.total)


def test_local_derivatives_are_named_with_their_formulas(perceptron):
    text = str(explained(perceptron))
    for line in (
        "path 1 of 2: L <- u3 <- ",
        "p = sigmoid(z)   (test_explain.py:",
        "dp/dz = p * (1 - p) = 0.168298",
        "= 1 / p = 1.27253",
        "/dw = x = 3",
        "/dw = 2 * w = 1",
        "along this path: (1) · (0.1) · (1) = 0.1",
        "sum over the paths  -0.542495",
        "gf.gradients        -0.542495   equal",
    ):
        assert line in text, line


def test_arrays_are_pulled_back_operation_by_operation():
    X = gf.placeholder((None, 4), name="X")
    W = gf.Variable(RNG.normal(size=(4, 3)), name="W")
    b = gf.Variable(RNG.normal(size=3), name="b")
    score = X @ W + b
    L = gf.reduce_mean(gf.square(score), name="L")
    x = RNG.normal(size=(5, 4))
    told = gf.explain(L, W, {X: x})
    assert np.allclose(told.total, x.T @ (2 / 15 * (x @ W.initial_value + b.initial_value)))
    text = str(told)
    assert "dL/dW = X.T @ dL/d" in text
    assert "broadcast(1) / 15" in text
    assert "float64[5, 3] norm" in text
    assert "sum(dL/dscore, axis=0)" in str(gf.explain(L, b, {X: x}))


def test_a_placeholder_of_unknown_rank_is_written_as_what_was_fed():
    X = gf.placeholder(name="X")
    W = gf.Variable(RNG.normal(size=(4, 3)), name="W")
    y = gf.matmul(X, W, name="y")
    L = gf.reduce_sum(y, name="L")
    text = str(gf.explain(L, W, {X: RNG.normal(size=(5, 4))}))
    assert "y = X @ W" in text
    assert "dL/dW = X.T @ dL/dy" in text
    assert "@" not in str(gf.explain(L, W, {X: RNG.normal(size=4)}))


def test_a_node_used_in_two_slots_has_two_paths():
    M = gf.Variable([[1.0, 2.0], [3.0, 4.0]], name="M")
    told = gf.explain(gf.reduce_sum(M @ M), M)
    assert told.count == 2
    assert told.total.tolist() == [[7.0, 11.0], [9.0, 13.0]]


def test_paths_are_counted_and_not_all_walked():
    x = y = gf.Variable(1.0, name="x")
    for _ in range(60):
        y = y + y
    told = gf.explain(y, x)
    assert told.count == 2**60
    assert len(told.paths) == 12
    assert told.gradient == 2.0**60
    assert not told.agrees
    assert "path 12 of about 10^18" in str(told)
    assert "the paths that are not shown make the difference" in str(told)


def test_the_number_of_paths_shown_is_an_option(perceptron):
    told = explained(perceptron, max_paths=1)
    assert len(told.paths) == 1
    assert "sum over 1 of 2 paths" in str(told)
    with pytest.raises(ValueError, match="at least one path"):
        explained(perceptron, max_paths=0)


def test_a_long_chain_is_shown_by_its_ends():
    x = y = gf.Variable(1.0, name="x")
    for _ in range(1000):
        y = y + 1.0
    told = gf.explain(y, x)
    assert len(told.paths[0].steps) == 1000
    assert told.agrees
    assert "... 976 steps ..." in str(told)
    assert len(str(told)) < 5000
    assert len(told.html) < 20000
    assert len(told.latex) < 10000


def test_numbers_come_from_the_session(perceptron):
    session = gf.Session()
    session.assign(perceptron.w, 2.0)
    assert explained(perceptron, session=session).wrt_value == 2.0
    with session:
        assert explained(perceptron).wrt_value == 2.0


def test_an_inner_node_is_explained_too(perceptron):
    (p,) = [n for n in perceptron.loss.graph.nodes if n.kind == "sigmoid"][-1:]
    told = gf.explain(perceptron.loss, p, perceptron.feeds)
    assert told.total == pytest.approx(-1 / sigmoid(1.3))


def test_a_loss_by_itself_is_one(perceptron):
    told = gf.explain(perceptron.loss, perceptron.loss, perceptron.feeds)
    assert told.count == 1
    assert told.total == 1.0
    assert told.agrees
    assert "1" in told.latex
    assert "<table>" in told.html


def test_a_formula_that_overflows_as_written_is_said_to():
    z = gf.Variable([1000.0, 0.0], name="z")
    loss = -gf.reduce_sum(gf.constant([0.0, 1.0]) * gf.log(gf.softmax(z)))
    told = gf.explain(loss, z)
    assert told.gradient.tolist() == [1.0, -1.0]
    assert not told.agrees
    assert "gf.gradients differentiates its stable form" in str(told)


def test_a_branch_not_taken_stays_zero():
    x = gf.Variable(0.0, name="x")
    y = gf.where(x > 0, gf.log(x), x)
    told = gf.explain(y, x)
    assert told.total == 1.0
    assert told.agrees


def test_an_input_by_which_a_rule_gives_none_counts_nothing():
    x = gf.Variable(2.0, name="x")
    y = x * gf.custom_gradient(lambda a: (a * 1.0, lambda grad: [None]))(x)
    told = gf.explain(y, x)
    assert told.total == told.gradient == 2.0


def test_the_rule_of_an_operation_of_ones_own_is_written_out():
    class Cubed(gf.Operation):
        def compute(self, xp, x):
            return x * x * x

    @gf.RegisterGradient(Cubed)
    def cubed_gradient(op, grad):
        return grad * 3 * op.inputs[0] ** 2

    w = gf.Variable([1.0, 2.0], name="w")
    told = gf.explain(gf.reduce_sum(Cubed(w, name="c"), name="L"), w)
    assert told.gradient.tolist() == [3.0, 12.0]
    assert "c = cubed(w)" in str(told)
    assert "dL/dw = (dL/dc * 3) * (w ** 2) = [3., 12.]" in str(told)


def test_a_long_rule_is_named_and_not_written_out():
    x = gf.Variable(RNG.normal(size=(3, 3)), name="x")
    told = gf.explain(gf.reduce_sum(gf.linalg.qr(x).R, name="L"), x)
    assert "the gradient rule of qr applied to dL/d" in str(told)


def test_the_graph_gains_no_node():
    with gf.Graph() as graph:
        w = gf.Variable(0.5, name="w")
        loss = gf.exp(w * w)
    before = len(graph.nodes)
    gf.explain(loss, w)
    assert len(graph.nodes) == before


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda p: gf.explain(3.0, p.w), gf.DTypeError, "loss is 3.0"),
        (lambda p: gf.explain(p.loss, [p.w]), gf.DTypeError, "one node at a time"),
        (lambda p: gf.explain(p.loss, p.loss > 1), gf.DTypeError, "holds no floats"),
        (lambda p: gf.explain(p.loss, gf.Variable(1.0)), gf.DisconnectedError, "does not depend"),
        (lambda p: gf.explain(p.loss, p.w), gf.FeedError, "no value fed for placeholder 'x'"),
    ],
)
def test_what_cannot_be_explained_says_why(perceptron, make, kind, text):
    with pytest.raises(kind, match=text):
        make(perceptron)
