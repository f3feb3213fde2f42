"""The errors in the derivations of the five tutorials, each found and named.

The texts print formulas that are wrong, or right for one sample only. Here each is written down as
printed, and `gf.verify_derivation` must say which one is the first wrong one and why. Errors of
prose and of plots have no formula to test.
"""

import numpy as np
import pytest

import graphflow as gf

RNG = np.random.default_rng(0)


def first_wrong(report):
    assert not report
    assert report.first_wrong is not None
    return report.first_wrong


# ---- gradient descent and MLP: Linear.forward(W=, b=) takes other weights, backward uses its own


def test_backward_with_the_layers_own_weights_where_forward_used_others():
    x = gf.placeholder((5, 3), name="x")
    own = gf.Variable(RNG.normal(size=(2, 3)), name="self.W")
    given = gf.Variable(RNG.normal(size=(2, 3)), name="W")
    b = gf.Variable(RNG.normal(size=2), name="b")
    z = x @ given.T + b
    loss = gf.reduce_mean(gf.square(z))
    dy = 2 / 10 * z
    report = gf.verify_derivation(loss, {"dz": dy, "dx": dy @ own})
    wrong = first_wrong(report)
    assert (wrong.label, wrong.kind) == ("dx", "stray node")
    assert "'self.W', which is not in the loss: with 'W' in its place it is right" in str(report)


# ---- first principles


@pytest.fixture
def regressor():
    """The two-layer net of MLPRegressor on a batch of 16 columns, with its backward pass."""
    X = gf.placeholder((1, None), name="X")
    Y = gf.placeholder((1, None), name="Y")
    W1 = gf.Variable(0.1 * RNG.normal(size=(20, 1)), name="W1")
    b1 = gf.Variable(np.zeros((20, 1)), name="b1")
    W2 = gf.Variable(0.1 * RNG.normal(size=(1, 20)), name="W2")
    b2 = gf.Variable(np.zeros((1, 1)), name="b2")
    Z1 = W1 @ X + b1
    A1 = gf.relu(Z1)
    Z2 = W2 @ A1 + b2
    diff = Z2 - Y
    loss = gf.reduce_mean(diff * diff)
    batch = 16
    dZ2 = (2.0 / batch) * diff
    dZ1 = (W2.T @ dZ2) * gf.cast(Z1 > 0, np.float64)
    right = {
        "dZ2": dZ2,
        "dW2": dZ2 @ A1.T,
        "db2": gf.reduce_sum(dZ2, axis=1, keepdims=True),
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": gf.reduce_sum(dZ1, axis=1, keepdims=True),
    }
    x = RNG.uniform(-2, 2, (1, 16))
    return loss, right, {X: x, Y: np.sin(x)}


def test_the_right_backward_pass_of_the_regressor_passes(regressor):
    loss, right, feeds = regressor
    report = gf.verify_derivation(loss, right, feeds)
    assert report
    assert report.findings[0].label == "dZ2"


@pytest.mark.parametrize("layer", "12")
@pytest.mark.parametrize("which", ["dW", "db"])
def test_the_double_division_by_the_batch(regressor, layer, which):
    loss, formulas, feeds = regressor
    formulas[which + layer] = formulas[which + layer] / 16
    report = gf.verify_derivation(loss, formulas, feeds)
    wrong = first_wrong(report)
    assert (wrong.label, wrong.kind) == (which + layer, "factor")
    assert wrong.cause.factor == pytest.approx(16.0, rel=1e-9)
    assert "too small by the factor 16.0 = the batch" in str(report)
    assert sum(not finding.is_right for finding in report.findings) == 1


def test_both_divisions_at_once_name_the_upstream_one_first(regressor):
    loss, formulas, feeds = regressor
    formulas |= {name: formulas[name] / 16 for name in ("dW1", "dW2", "db1", "db2")}
    report = gf.verify_derivation(loss, formulas, feeds)
    assert first_wrong(report).label in ("dW2", "db2")
    assert [f.label for f in report.findings if f.is_right] == ["dZ2", "dZ1"]


def test_the_absolute_error_printed_without_bars():
    y = gf.placeholder((20,), name="y")
    yhat = gf.Variable(RNG.normal(size=20), name="yhat")
    mae = gf.reduce_mean(abs(yhat - y))
    printed = gf.ones_like(yhat) / 20  # the derivative of 1/n sum(yhat - y)
    report = gf.verify_derivation(mae, {"dyhat": printed})
    assert first_wrong(report).kind == "signs"
    assert "a sign(...) is missing, as from |...|" in str(report)


def test_local_derivatives_printed_upside_down():
    x, y = gf.placeholder((), name="x"), gf.placeholder((), name="y")
    w1, w2 = gf.Variable(0.7, name="w1"), gf.Variable(-1.3, name="w2")
    z1 = gf.multiply(w1, x, name="z1")
    a1 = gf.sigmoid(z1, name="a1")
    z2 = gf.multiply(w2, a1, name="z2")
    loss = gf.square(z2 - y)
    g2 = 2 * (z2 - y)
    da1_dz2, dz1_da1 = 1 / w2, 1 / (a1 * (1 - a1))
    g1 = g2 * da1_dz2 * dz1_da1  # as printed: g2 * da1/dz2 * dz1/da1
    report = gf.verify_derivation(loss, {"dz2": g2, "dz1": g1})
    assert (first_wrong(report).label, first_wrong(report).kind) == ("dz1", "upside down")
    assert "upside down: it divides dz2 by what it should be multiplied with" in str(report)
    right = g2 * w2 * (a1 * (1 - a1))
    assert gf.verify_derivation(loss, {"dz2": g2, "dz1": right})


def test_a_flat_bias_on_columns_when_the_batch_is_as_large_as_the_layer():
    X = gf.placeholder((3, 4), name="X")
    W1 = gf.Variable(RNG.normal(size=(4, 3)), name="W1")
    b1 = gf.Variable(RNG.normal(size=4), name="b1")  # flat: broadcast along the rows' axis
    Z1 = W1 @ X + b1
    loss = gf.reduce_sum(gf.sin(Z1))
    dZ1 = gf.cos(Z1)
    report = gf.verify_derivation(loss, {"dZ1": dZ1, "db1": gf.reduce_sum(dZ1, axis=1)})
    assert (first_wrong(report).label, first_wrong(report).kind) == ("db1", "wrong axis")
    assert "it is dZ1 summed over axis 1" in str(report)


# ---- the two-layer softmax classifier


class Classifier:
    """The net of the text, 4-6-3 on five samples, with the backward pass of the text."""

    def __init__(self):
        self.x = gf.placeholder((None, 4), name="x")
        labels = gf.placeholder((None,), np.int64, name="labels")
        self.W1 = gf.Variable(RNG.normal(size=(4, 6)), name="W1")
        self.b1 = gf.Variable(RNG.normal(size=6), name="b1")
        self.W2 = gf.Variable(RNG.normal(size=(6, 3)), name="W2")
        self.b2 = gf.Variable(RNG.normal(size=3), name="b2")
        r = self.x @ self.W1 + self.b1
        self.h = h = gf.relu(r)
        score = h @ self.W2 + self.b2
        y = gf.softmax(score)
        onehot = gf.one_hot(labels, 3)
        self.loss = -gf.reduce_sum(onehot * gf.log(y)) / 5
        self.dscore = (y - onehot) / 5
        self.dh = self.dscore @ self.W2.T
        self.dr = self.dh * gf.cast(h > 0, np.float64)
        self.named = {"r": r, "score": score}
        self.feeds = {self.x: RNG.normal(size=(5, 4)), labels: [0, 2, 1, 1, 0]}
        self.one = {self.x: RNG.normal(size=(1, 4)), labels: [2]}

    def formulas(self, **changed):
        right = {
            "dscore": self.dscore,
            "dW2": self.h.T @ self.dscore,
            "db2": gf.reduce_sum(self.dscore, axis=0),
            "dh": self.dh,
            "dr": self.dr,
            "dW1": self.x.T @ self.dr,
            "db1": gf.reduce_sum(self.dr, axis=0),
        }
        return right | changed


@pytest.fixture
def net():
    return Classifier()


def test_the_backward_pass_of_the_text_passes(net):
    report = gf.verify_derivation(net.loss, net.formulas(), net.feeds)
    assert report, str(report)
    assert len(report.findings) == 7


@pytest.mark.parametrize(("name", "step"), [("db1", "dr"), ("db2", "dscore")])
def test_a_bias_gradient_that_holds_for_one_sample_only(net, name, step):
    wrong = net.formulas(**{name: net.formulas()[step]})
    report = gf.verify_derivation(net.loss, wrong, net.feeds)
    assert (first_wrong(report).label, first_wrong(report).kind) == (name, "missing sum")
    assert "a sum over axis 0 is missing" in str(report)


def test_for_one_sample_the_same_formula_has_the_right_numbers(net):
    one = {"dr": 5 * net.dr, "db1": 5 * net.dr}
    report = gf.verify_derivation(5 * net.loss, one, net.one)
    assert (first_wrong(report).label, first_wrong(report).kind) == ("db1", "shape")
    assert "the numbers are right, the shape is not: [1, 6] for a gradient [6]" in str(report)


def test_a_relu_gradient_written_into_the_array_of_dh(net):
    session = gf.Session()
    dh = session.run(net.dh, net.feeds)
    h = session.run(net.h, net.feeds)
    dr = dh  # as in the text: one array under two names
    dr[h <= 0] = 0
    report = gf.verify_derivation(net.loss, {"dh": dh, "dr": dr}, net.feeds, session=session)
    assert (first_wrong(report).label, first_wrong(report).kind) == ("dh", "another node")
    assert "it is the gradient by 'r'" in str(report)
    assert "one array was changed in place under two names" in str(report)
    assert report.findings[-1].is_right


def test_a_relu_gradient_without_its_mask(net):
    report = gf.verify_derivation(net.loss, net.formulas(dr=net.dh * 1.0), net.feeds)
    assert (first_wrong(report).label, first_wrong(report).kind) == ("dr", "mask")
    assert "a factor such as 1(h > 0) is missing" in str(report)
    assert "right: dr = dh * 1(r > 0)" in str(report)


# ---- the quadratic and MAE: gradients that are never set back to zero


def test_gradients_that_add_up_because_they_are_not_set_to_zero():
    np.random.seed(42)
    x = np.linspace(-2, 2, 20, dtype=np.float32)[:, None]
    f = 3 * x**2 + 2 * x + 1
    noise = [np.random.normal(scale=scale, size=x.shape) for scale in (0.15, 0.5)]
    y = f * (1 + noise[0]) + noise[1]
    abc = gf.Variable(np.array([1.1, 1.1, 1.1]), name="abc")
    loss = gf.reduce_mean(abs(abc[0] * x**2 + abc[1] * x + abc[2] - y))
    (slope,) = gf.gradients(loss, abc)
    session = gf.Session()
    kept = session.run(slope)
    assert kept == pytest.approx([-1.3529, -0.0316, -0.5000], abs=5e-5)
    session.assign(abc, np.array([1.1, 1.1, 1.1]) - 0.01 * kept)
    kept = kept + session.run(slope)  # abc.grad of the second step
    report = gf.verify_derivation(loss, {"dabc": kept}, session=session)
    assert first_wrong(report).cause.factor == pytest.approx(0.5)
    assert "too large by the factor 2.0" in str(report)
    assert "something counted twice" in str(report)


# ---- the graph engine


def sigmoid_of(a):
    return 1 / (1 + np.exp(-a))


def test_the_sigmoids_gradient_as_printed_at_zero():
    a = gf.Variable(0.0, name="a")
    s = gf.sigmoid(a, name="s")
    report = gf.verify_derivation(s, {"da": sigmoid_of(0.0) * sigmoid_of(1 - 0.0)})
    assert first_wrong(report).kind == "values"
    assert "0.365529 where 0.25 is right" in str(report)
    assert "right: da = s * (1 - s)" in str(report)


def test_the_sigmoids_gradient_as_printed_in_a_network():
    a = gf.Variable(RNG.normal(size=(4, 3)), name="a")
    s = gf.sigmoid(a, name="s")
    loss = gf.reduce_sum(gf.square(s))
    grad = 2 * s
    printed = {"ds": grad, "da": grad * s * gf.sigmoid(1 - a)}
    report = gf.verify_derivation(loss, printed)
    assert (first_wrong(report).label, first_wrong(report).kind) == ("da", "values")
    assert "* (s * (1 - s))" in str(report)
    assert gf.verify_derivation(loss, {"ds": grad, "da": grad * s * (1 - s)})


def test_the_paths_of_the_diamond_are_named_where_the_text_names_others():
    a = gf.Variable(0.5, name="a")
    b, c = gf.sin(a, name="b"), gf.cos(a, name="c")
    d = gf.multiply(b, c, name="d")
    e = gf.exp(d, name="e")
    explained = gf.explain(e, a)
    names = [["e", *[step.x.text for step in path.steps]] for path in explained.paths]
    assert names == [["e", "d", "b", "a"], ["e", "d", "c", "a"]]  # not a, b, c, e


# ---- its engine on small graphs


def test_one_slot_of_a_product_of_a_matrix_with_itself():
    M = gf.Variable([[1.0, 2.0], [3.0, 4.0]], name="M")
    loss = gf.reduce_sum(gf.matmul(M, M))
    report = gf.verify_derivation(loss, {"dM": np.array([[6.0, 14.0], [6.0, 14.0]])})
    assert first_wrong(report).kind == "terms"
    assert "is missing" in str(report)
    assert "is there twice" in str(report)
    assert str(report).count("M.T") == 2  # G @ M.T + M.T @ G
    assert gf.verify_derivation(loss, {"dM": np.array([[7.0, 11.0], [9.0, 13.0]])})


def test_a_gradient_that_keeps_the_shape_of_a_broadcast():
    m = gf.Variable(RNG.normal(size=(3, 2)), name="m")
    v = gf.Variable(RNG.normal(size=2), name="v")
    loss = gf.reduce_sum(m * v)
    report = gf.verify_derivation(loss, {"dm": v + 0 * m, "dv": m * 1.0})
    assert (first_wrong(report).label, first_wrong(report).kind) == ("dv", "missing sum")
    assert "it is [3, 2], the gradient [2]" in str(report)
