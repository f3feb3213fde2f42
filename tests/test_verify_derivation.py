"""gf.verify_derivation: right formulas pass, wrong ones are told with their cause, one by one."""

import numpy as np
import pytest

import graphflow as gf
from graphflow import registry
from graphflow.explaining.numbers import close, tolerance
from graphflow.explaining.rules import LOCAL

RNG = np.random.default_rng(1)


class Net:
    """loss = mean((tanh(x W) v - t)**2) on a batch that is open, and its backward pass by hand."""

    def __init__(self, dtype=np.float64):
        self.x = gf.placeholder((None, 3), dtype, name="x")
        self.t = gf.placeholder((None, 2), dtype, name="t")
        self.W = gf.Variable(RNG.normal(size=(3, 4)).astype(dtype), name="W")
        self.v = gf.Variable(RNG.normal(size=(4, 2)).astype(dtype), name="v")
        self.h = gf.tanh(self.x @ self.W, name="h")
        self.e = gf.subtract(self.h @ self.v, self.t, name="e")
        self.loss = gf.reduce_mean(gf.square(self.e), name="loss")
        self.feeds = {self.x: RNG.normal(size=(6, 3)), self.t: RNG.normal(size=(6, 2))}
        self.de = self.e / 6
        self.dh = self.de @ self.v.T
        self.formulas = {
            "de": self.de,
            "dv": self.h.T @ self.de,
            "dh": self.dh,
            "dW": self.x.T @ (self.dh * (1 - self.h**2)),
        }

    def report(self, **changed):
        return gf.verify_derivation(self.loss, self.formulas | changed, self.feeds)


@pytest.fixture
def net():
    return Net()


def test_right_formulas_pass(net):
    report = net.report()
    assert report
    assert report.first_wrong is None
    assert str(report).startswith("verify_derivation: 4 formulas right (3 points)")


def test_right_formulas_pass_in_single_precision():
    net = Net(np.float32)
    assert net.report(), str(net.report())


NAMES = "cos cosh exp log sigmoid sign sin sinh sqrt".split()
FUNCTIONS = {name: getattr(gf, name) for name in NAMES}
FUNCTIONS |= {"one": lambda condition: gf.cast(condition, np.float64), "pi": np.pi}


@pytest.mark.parametrize("name", sorted(LOCAL.keys() - {"Cast", "Where"}))
def test_the_textbooks_derivative_of_every_operation_passes(name):
    derivatives = LOCAL[name].derivatives
    values = RNG.uniform(0.2, 0.8, (len(derivatives), 3, 4)) + (name == "Arccosh")
    inputs = [gf.Variable(value, name=letter) for letter, value in zip("ab", values, strict=False)]
    y = registry.operation(name)(*inputs, name="y")
    loss = gf.reduce_sum(gf.square(y))
    known = FUNCTIONS | dict(zip("ab", inputs, strict=False)) | {"y": y}
    for letter, derivative in zip("ab", derivatives, strict=False):
        formula = 2 * y * eval(derivative, {}, known)
        assert gf.verify_derivation(loss, {"d" + letter: formula})
        assert not gf.verify_derivation(loss, {"d" + letter: formula * 1.001})


def test_formulas_are_judged_in_the_order_of_the_backward_pass(net):
    net.formulas = dict(reversed(net.formulas.items()))
    assert [f.label for f in net.report().findings] == ["de", "dv", "dh", "dW"]


def test_a_node_is_a_key_as_well(net):
    report = gf.verify_derivation(net.loss, {net.v: net.formulas["dv"]}, net.feeds)
    assert report.findings[0].label == "dv"
    assert report


@pytest.mark.parametrize("key", ["dv", "v", "dL/dv", "∂L/∂v"])
def test_names_are_written_as_people_write_them(net, key):
    assert gf.verify_derivation(net.loss, {key: net.formulas["dv"]}, net.feeds)


def test_a_name_is_found_again_in_a_cell_that_was_run_again():
    older = gf.Variable(1.0, name="weight")
    w = gf.Variable(2.0, name="weight")
    assert w.name == "weight_1"
    loss = gf.square(w)
    assert gf.verify_derivation(loss, {"dweight": 2 * w})
    assert gf.verify_derivation(loss, {"dw": 2 * w})
    assert older.name == "weight"


def test_a_name_is_found_without_its_scopes():
    with gf.name_scope("layer1"):
        w = gf.Variable(2.0, name="W")
    assert gf.verify_derivation(gf.square(w), {"dW": 2 * w})


PLANTED = {
    "sign": (lambda g, net: -g, "minus the gradient"),
    "factor": (lambda g, net: g / 6, "too small by the factor 6.0 = the batch (axis 0 of x)"),
    "twice": (lambda g, net: g / 2, "too small by the factor 2.0 = the size of axis 1 of t"),
    "thrice": (lambda g, net: g * -12, "12.0 = the number of elements of"),
    "values": (lambda g, net: g + 0.01 * gf.sin(g), "worst at ["),
    "shape": (lambda g, net: g[None], "the numbers are right, the shape is not: [1, 4, 2]"),
    "transpose": (lambda g, net: g.T, "it is the transpose of the gradient ([2, 4] for [4, 2])"),
    "not finite": (lambda g, net: gf.log(g - g), "it is -inf at [0, 0]"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_error_is_named(net, kind):
    change, text = PLANTED[kind]
    report = net.report(dv=change(net.formulas["dv"], net))
    assert not report
    assert report.first_wrong.label == "dv"
    assert report.first_wrong.kind == {"twice": "factor", "thrice": "factor"}.get(kind, kind)
    assert text in str(report)
    assert [f.label for f in report.findings if f.is_right] == ["de", "dh", "dW"]


def test_what_only_follows_from_an_error_is_told_apart(net):
    de = net.e / 3
    dh = de @ net.v.T
    report = net.report(de=de, dh=dh, dv=-net.h.T @ de)
    verdicts = {f.label: (f.verdict, f.kind) for f in report.findings}
    assert verdicts == {
        "de": ("wrong", "factor"),
        "dv": ("wrong", "sign"),
        "dh": ("follows", ""),
        "dW": ("right", ""),
    }
    assert "dh (" in str(report)
    assert "right in itself; its numbers are off because de is" in str(report)


def test_an_error_that_undoes_another_is_not_taken_for_right(net):
    de = net.e * 1.0  # lacks 1/6
    report = net.report(de=de, dv=net.h.T @ de / 6)
    assert [f.verdict for f in report.findings[:2]] == ["wrong", "cancels"]
    assert "undoes an error before it" in str(report)


def test_weights_of_zero_do_not_hide_a_wrong_formula():
    x = gf.placeholder((None, 3), name="x")
    W = gf.Variable(np.zeros((3, 2)), name="W")
    loss = gf.reduce_sum(gf.square(x @ W + 1.0))
    wrong = x.T @ (2 * gf.square(x @ W + 1.0))  # right where x W is 0
    assert gf.verify_derivation(loss, {"dW": wrong}).first_wrong.kind == "values"
    assert gf.verify_derivation(loss, {"dW": x.T @ (2 * (x @ W + 1.0))})


def test_numbers_are_compared_at_the_point_given(net):
    session = gf.Session()
    numbers = session.run(net.formulas["dv"], net.feeds)
    report = gf.verify_derivation(net.loss, {"dv": numbers}, net.feeds, session=session)
    assert report
    assert report.points == 1
    assert not gf.verify_derivation(net.loss, {"dv": numbers + 1e-3}, net.feeds, session=session)


def test_the_sessions_values_are_used(net):
    session = gf.Session()
    session.assign(net.v, np.ones((4, 2)))
    numbers = session.run(net.formulas["dh"], net.feeds)
    assert gf.verify_derivation(net.loss, {"dh": numbers}, net.feeds, session=session)
    assert not gf.verify_derivation(net.loss, {"dh": numbers}, net.feeds)


def test_several_feeds_are_all_used(net):
    feeds = [{net.x: RNG.normal(size=(n, 3)), net.t: RNG.normal(size=(n, 2))} for n in (6, 7)]
    report = gf.verify_derivation(net.loss, {"de": net.de}, feeds)
    assert not report  # e / 6 is right for six rows alone


def test_a_term_left_out_is_named():
    w = gf.Variable(RNG.normal(size=3), name="w")
    left, right = gf.sin(w, name="left"), gf.exp(w, name="right")
    loss = gf.reduce_sum(left * right)
    report = gf.verify_derivation(loss, {"dw": gf.cos(w) * right})
    assert report.first_wrong.kind == "terms"
    assert "the term through 'right' is missing" in str(report)


def test_a_mean_in_place_of_a_sum_is_the_batch():
    x = gf.placeholder((None, 3), name="x")
    b = gf.Variable(np.zeros(3), name="b")
    z = gf.add(x, b, name="z")
    loss = gf.reduce_sum(gf.square(z))
    report = gf.verify_derivation(loss, {"db": gf.reduce_mean(2 * z, axis=0)})
    assert "too small by the factor 7.0 = the batch (axis 0 of x)" in str(report)


def test_a_formula_with_the_losss_own_random_mask_is_right():
    x = gf.placeholder((None, 3), name="x")
    W = gf.Variable(RNG.normal(size=(3, 2)), name="W")
    z = gf.matmul(x, W, name="z")
    mask = gf.cast(gf.random.uniform((7, 2)) > 0.5, np.float64)
    loss = gf.reduce_sum(gf.square(z * mask))
    dz = 2 * z * mask
    assert gf.verify_derivation(loss, {"dz": dz, "dW": x.T @ dz})
    assert not gf.verify_derivation(loss, {"dz": dz, "dW": x.T @ (2 * z)})


def test_the_right_step_is_written_in_the_students_names(net):
    report = net.report(dv=-net.formulas["dv"])
    assert "right: dv = h.T @ de" in str(report)
    q, w = gf.Variable(np.ones((2, 3)), name="q"), gf.Variable(np.ones((4, 3)), name="w")
    z = gf.add(gf.square(q @ w.T), 1.0, name="z")
    report = gf.verify_derivation(gf.reduce_sum(z * z), {"dw": w, "dz": 2 * z})
    assert "right: dw = (q.T @ (dz * (2 * matmul_" in str(report)


def test_the_graph_gains_no_node(net):
    with gf.Graph() as graph:
        w = gf.Variable(2.0, name="w")
        loss = gf.square(w)
        formula = 3 * w
    before = len(graph.nodes)
    assert not gf.verify_derivation(loss, {"dw": formula})
    assert len(graph.nodes) == before


def test_a_loss_that_is_nan_everywhere_is_refused():
    w = gf.Variable(1.0, name="w")
    with pytest.raises(gf.NumericError, match="NaN or infinite at every point"):
        gf.verify_derivation(gf.sqrt(w - 100.0), {"dw": w})


def test_the_report_shows_itself(net):
    report = net.report()
    assert repr(report) == str(report)
    assert report._repr_mimebundle_() == {"text/plain": str(report)}


BAD = {
    "no dict": (lambda n: [n.de], gf.DTypeError, "the formulas are a dict"),
    "empty": (lambda n: {}, gf.DTypeError, "the formulas are a dict"),
    "unknown name": (lambda n: {"dWW": n.de}, gf.GraphError, r"names no node.*'loss'"),
    "number as key": (lambda n: {3: n.de}, gf.DTypeError, "neither a node nor a name"),
    "node outside": (lambda n: {n.de: n.de}, gf.GraphError, "'loss' does not depend on"),
    "text": (lambda n: {"dv": "h.T @ de"}, gf.DTypeError, "'dv'"),
    "twice": (lambda n: {"dv": n.de, n.v: n.de}, gf.GraphError, "both formulas of the gradient"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_fits_no_node_is_refused(net, what):
    make, kind, text = BAD[what]
    with pytest.raises(kind, match=text):
        gf.verify_derivation(net.loss, make(net), net.feeds)


def test_what_is_drawn_fits_what_is_fed(net):
    assert gf.verify_derivation(net.loss, net.formulas, {net.x: RNG.normal(size=(6, 3))})


def test_a_batch_written_into_a_formula_is_not_hidden_by_what_is_drawn():
    x = gf.placeholder((None, 3), name="x")
    w = gf.Variable(RNG.normal(size=3), name="w")
    loss = gf.reduce_mean(x @ w)
    assert gf.verify_derivation(loss, {"dw": gf.reduce_mean(x, axis=0)})
    for n in (5, 10, 16, 100):
        assert not gf.verify_derivation(loss, {"dw": gf.reduce_sum(x, axis=0) / n})


def test_a_name_of_several_nodes_is_refused_with_their_lines():
    total = gf.constant(0.0)
    for _ in range(2):
        w = gf.Variable(1.0)
        total = total + w * w
    with pytest.raises(gf.GraphError, match=r"may be any of these(.|\n)*test_verify_derivation"):
        gf.verify_derivation(total, {"dw": total})


def test_a_placeholder_of_unknown_rank_has_to_be_fed():
    x = gf.placeholder(name="x")
    w = gf.Variable(1.0, name="w")
    loss = gf.reduce_sum(x * w)
    with pytest.raises(gf.FeedError, match="no value fed for placeholder 'x'"):
        gf.verify_derivation(loss, {"dw": gf.reduce_sum(x)})
    assert gf.verify_derivation(loss, {"dw": gf.reduce_sum(x)}, {x: [1.0, 2.0]})
    W = gf.Variable(np.ones((2, 3)), name="W")
    y = gf.matmul(x, W, name="y")
    loss = gf.reduce_sum(gf.square(y))
    report = gf.verify_derivation(loss, {"dy": 2 * y, "dW": W}, {x: np.ones((4, 2))})
    assert "right: dW = x.T @ dy" in str(report)


@pytest.mark.parametrize(
    ("key", "text"), [("v", "neither the loss nor a formula needs it"), (3, "key 3"), (None, "key")]
)
def test_what_is_fed_for_nothing_is_refused(net, key, text):
    feeds = net.feeds | {gf.Variable(1.0, name="v") if key == "v" else key: 1.0}
    with pytest.raises(gf.FeedError, match=text):
        gf.verify_derivation(net.loss, net.formulas, feeds)


def test_a_node_without_gradient_says_why():
    w = gf.Variable(1.0, name="w")
    loss = gf.floor(w) + gf.Variable(1.0)
    with pytest.raises(gf.DisconnectedError, match="only through floor"):
        gf.verify_derivation(loss, {"dw": w})


def test_rounding_is_forgiven_and_nothing_more():
    eps = np.finfo(np.float64).eps
    assert tolerance(np.dtype(np.float64)) == pytest.approx(eps ** (2 / 3))
    b = np.array([1.0, 100.0])
    assert close(b * (1 + 4 * eps), b).all()
    assert not close(b * (1 + 1e-9), b).all()
    assert not close(np.array([np.nan]), np.array([np.nan])).any()


def test_nodes_of_one_name_in_two_scopes_are_told_apart():
    weights = []
    for scope in ("hidden", "output"):
        with gf.name_scope(scope):
            weights.append(gf.Variable(2.0, name="W"))
    V, W = weights
    report = gf.verify_derivation(V * W * 3.0, {V: 3.0 * W, W: 2.0 * V}, {})
    assert {f.label: f.verdict for f in report.findings} == {
        "dhidden/W": "right",
        "doutput/W": "wrong",
    }
