"""gf.explain: every path from a loss to a node, local derivatives and numbers, and how it shows."""

import dataclasses
import math

import numpy as np
import pytest

import graphflow as gf
from graphflow import registry
from graphflow.explaining.numbers import counted, shown
from graphflow.explaining.rules import LOCAL, MATRIX, PULL

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


# ---- names


def test_nodes_are_called_as_the_users_lines_call_them():
    w = gf.Variable(0.5)
    h = gf.sin(w)
    for _ in range(2):
        h = gf.exp(h) * w
    text = str(gf.explain(h, w))
    assert text.startswith("dh_3/dw along every path")
    assert "h_2 = u" in text
    assert "h_1 = sin(w)" in text


def test_a_suffix_that_only_tells_from_an_older_node_is_left_out():
    older = gf.Variable(1.0, name="weight")
    weight = gf.Variable(2.0, name="weight")
    assert weight.name == "weight_1"
    assert "/dweight along" in str(gf.explain(gf.square(weight), weight))
    assert "/dweight_1 along" in str(gf.explain(gf.square(weight) * older, weight))


def test_names_are_taken_from_lines_that_assign_several():
    W, b = gf.Variable(2.0), gf.Variable(1.0)
    L = gf.square(W) * b
    assert str(gf.explain(L, b)).startswith("dL/db along every path")
    assert str(gf.explain(L, W)).startswith("dL/dW along every path")


def test_given_names_lose_their_scopes_where_that_is_enough():
    with gf.name_scope("one"):
        a, w = gf.Variable(1.0, name="a"), gf.Variable(1.0, name="w")
    with gf.name_scope("two"):
        b = gf.Variable(1.0, name="w")
    loss = gf.add(a * w, b, name="loss")
    assert "dloss/da along" in str(gf.explain(loss, a))
    assert "dloss/d(one/w) along" in str(gf.explain(loss, w))


def test_attributes_are_said_and_what_is_taken_for_granted_is_not():
    x = gf.Variable(RNG.normal(size=(2, 3)), name="x")
    text = str(gf.explain(gf.reduce_sum(gf.max(gf.cumsum(x, axis=0), axis=1)), x))
    assert "cumsum(x, axis=0)" in text
    assert "max(u1, axis=1)" in text


# ---- how it shows itself


HOSTILE = '</script><b>w</b> & "x" \\ {$%_^~#} ' + "é" * 3


def hostile():
    w = gf.Variable(0.5, name=HOSTILE)
    return gf.explain(gf.exp(w * w), w)


def test_names_are_text_in_the_page():
    page = hostile().html
    assert "<b>w</b>" not in page
    assert "&lt;b&gt;w&lt;/b&gt; &amp;" in page


def test_names_are_text_in_latex():
    latex = hostile().latex
    assert r"\mathrm{</script><b>w</b>\ \&\ " in latex
    assert r"\backslash \ \{\$\%\_{\wedge}{\sim}\#\}" in latex


def balanced(text):
    depth = 0
    for sign in text.replace("\\{", "").replace("\\}", ""):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    return depth == 0


def test_latex_is_balanced_and_says_the_numbers(perceptron):
    for told in (explained(perceptron), hostile()):
        assert balanced(told.latex)
        assert told.latex.count(r"\left(") == told.latex.count(r"\right)")
    latex = explained(perceptron).latex
    assert r"\frac{\partial p}{\partial z} &= p \cdot \left(1 - p\right) = 0.168298" in latex
    assert r"\frac{\partial L}{\partial w} &= -0.542495" in latex
    assert r"\underbrace" in latex


def test_powers_of_ten_are_set_in_latex():
    x = gf.Variable(2e-9, name="x")
    latex = gf.explain(1e-7 * x**1 + 0.0, x).latex
    assert r"1 \cdot 10^{-7}" in latex
    assert "1e-07" not in latex


def test_matrices_are_set_in_latex():
    M = gf.Variable([[1.0, 2.0], [3.0, 4.0]], name="M")
    latex = gf.explain(gf.reduce_sum(M @ M), M).latex
    assert r"\begin{bmatrix} 7 & 11 \\ 9 & 13 \end{bmatrix}" in latex
    assert r"M^{\top}" in latex


def test_a_notebook_shows_page_formula_and_text(perceptron):
    told = explained(perceptron)
    bundle = told._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/latex"}
    assert told._repr_html_() == bundle["text/html"]
    assert told._repr_latex_() == bundle["text/latex"]
    assert repr(told) == str(told)


def test_showing_never_raises(perceptron):
    told = dataclasses.replace(explained(perceptron), paths=None)
    with pytest.raises(TypeError):
        str(told)
    assert "2 paths" in told._repr_mimebundle_()["text/plain"]
    assert told._repr_html_() is None


def test_values_are_shown_by_their_size():
    assert shown(np.float64(0.25)) == "0.25"
    assert shown(np.array([[1.0, 2.0]])) == "[[1., 2.]]"
    assert shown(np.ones((3, 5))) == "float64[3, 5] all 1"
    assert shown(np.arange(16.0)) == "float64[16] norm 35.21, from 0 to 15"
    lost = np.array([np.nan, np.inf, *[1.0] * 14])
    assert shown(lost) == "float64[16] norm 3.742, from 1 to 1, 2 not finite"
    assert shown(np.full(16, 1e200) * np.arange(16)).startswith("float64[16] norm 3.521e+201")
    assert shown(np.zeros((0, 3))) == "[]"
    assert counted(1234567) == "1,234,567"
    assert counted(2**2000) == "about 10^602"


# ---- the textbook's formulas, evaluated, against the rules that the engine uses


def one(condition):
    return np.where(condition, 1.0, 0.0)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


FUNCTIONS = {
    name: getattr(np, name)
    for name in "abs arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh exp log log10 log2 "
    "sign sin sinh sqrt tan tanh where".split()
} | {
    "max": np.maximum,
    "min": np.minimum,
    "one": one,
    "pi": math.pi,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "erf": np.vectorize(math.erf),
}
DOMAINS = {"Arccosh": (1.2, 3.0)}  # else between 0.1 and 0.9, without ties


def operands(name, count):
    low, high = DOMAINS.get(name, (0.1, 0.9))
    values = np.sort(np.random.default_rng(len(name)).uniform(low, high, 4 * count))
    return [values[place::count] for place in range(count)]


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_derivative_of_the_textbook_is_the_rules(name):
    textbook = LOCAL[name]
    arrays = operands(name, len(textbook.derivatives))
    if name == "Where":
        arrays[0] = np.array([True, False, True, False])
    nodes = [gf.Variable(array) for array in arrays]
    attributes = {"to": np.dtype(np.float64)} if name == "Cast" else {}
    op = registry.operation(name)(*nodes, **attributes)
    y = gf.Session().run(op)
    known = FUNCTIONS | dict(zip("abc", arrays, strict=False)) | {"y": y}
    assert np.allclose(eval(textbook.value, {}, known), y)
    for slot, template in enumerate(textbook.derivatives):
        if nodes[slot].dtype == np.bool_:
            continue
        written = eval(template.replace("not a", "~a"), {}, known)
        (step,) = gf.explain(op, nodes[slot]).paths[0].steps
        assert np.allclose(written, step.factor), template


def pulled(name, op, x, arrays, cotangent):
    """What the rule makes of a cotangent at the operation, and what the textbook says."""
    weighed = gf.reduce_sum(op * gf.constant(cotangent))
    session = gf.Session()
    y = session.run(op)
    (grad,) = gf.gradients(weighed, x)
    (textbook,) = [t[name] for t in (PULL, MATRIX) if name in t]
    known = FUNCTIONS | dict(zip("abc", arrays, strict=False)) | {"y": y, "G": cotangent}
    known |= {
        "axis": -1,
        "n": arrays[0].size // y.size,
        "sum": lambda v, axis=None: np.sum(v, axis=-1, keepdims=True),
        "broadcast": lambda g: np.broadcast_to(g[..., None], arrays[0].shape),
        "reshape": lambda g: np.reshape(g, arrays[0].shape),
        "one_hot": lambda a: np.eye(3)[a],
    }
    return session.run(grad), known, textbook


ARRAY_OPS = {
    "ExpandDims": lambda a, b: gf.expand_dims(a, 0),
    "LogSoftmax": lambda a, b: gf.log_softmax(a),
    "LogSumExp": lambda a, b: gf.logsumexp(a, axis=-1),
    "Mean": lambda a, b: gf.reduce_mean(a, axis=-1),
    "Reshape": lambda a, b: gf.reshape(a, (3, 4)),
    "Softmax": lambda a, b: gf.softmax(a),
    "Squeeze": lambda a, b: gf.squeeze(gf.reshape(a, (1, 4, 3))),
    "Sum": lambda a, b: gf.reduce_sum(a, axis=-1),
    "Matmul": lambda a, b: gf.matmul(a, b),
    "Swapaxes": lambda a, b: gf.swapaxes(a, 0, 1),
    "Transpose": lambda a, b: gf.transpose(a),
}


@pytest.mark.parametrize("name", ARRAY_OPS)
def test_a_pull_back_of_the_textbook_is_the_rules(name):
    arrays = [RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5))]
    a, b = (gf.Variable(array) for array in arrays)
    op = ARRAY_OPS[name](a, b)
    cotangent = RNG.normal(size=op.shape)
    for slot, x in enumerate((a, b) if name == "Matmul" else (a,)):
        rule, known, textbook = pulled(name, op, x, arrays, cotangent)
        if name in ("LogSumExp",):
            known["G"] = cotangent[..., None]
        assert np.allclose(rule, eval(textbook.derivatives[slot], {}, known))


def test_the_cross_entropies_of_the_textbook_are_the_rules():
    labels, scores = softmax(RNG.normal(size=(4, 3))), RNG.normal(size=(4, 3))
    a, b = gf.Variable(labels), gf.Variable(scores)
    op = gf.softmax_cross_entropy_with_logits(labels=a, logits=b)
    cotangent = RNG.normal(size=4)
    for slot, x in enumerate((a, b)):
        rule, known, textbook = pulled("SoftmaxCrossEntropy", op, x, [labels, scores], cotangent)
        known["G"] = cotangent[:, None]
        assert np.allclose(rule, eval(textbook.derivatives[slot], {}, known))
    classes = np.array([0, 2, 1, 1])
    op = gf.sparse_softmax_cross_entropy_with_logits(labels=gf.constant(classes), logits=b)
    rule, known, textbook = pulled("SparseSoftmaxCrossEntropy", op, b, [classes, scores], cotangent)
    known["G"] = cotangent[:, None]
    assert np.allclose(rule, eval(textbook.derivatives[1], {}, known))


def test_every_pull_back_of_the_textbook_is_tested():
    tested = {*ARRAY_OPS, "SoftmaxCrossEntropy", "SparseSoftmaxCrossEntropy"}
    assert {*PULL, *MATRIX} == tested


def test_every_operation_of_the_textbook_exists():
    assert {*LOCAL, *PULL, *MATRIX} <= set(registry.operations())
