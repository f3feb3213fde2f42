"""Activations, norms, attention and losses against their formulas, and what is refused."""

import math

import numpy as np
import pytest
import scipy.special as sp

import graphflow as gf
from graphflow import losses, nn
from graphflow.testing import check_gradients

RNG = np.random.default_rng(2)
Z = np.linspace(-4.03, 4.01, 23)


def run(node, feed=None):
    return gf.Session(seed=0).run(node, feed)


# ---- activations ------------------------------------------------------------------------------

ACTIVATIONS = [
    (nn.gelu, lambda x: x * sp.ndtr(x)),
    (lambda x: nn.gelu(x, "tanh"),
     lambda x: x * sp.expit(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))),
    (nn.silu, lambda x: x * sp.expit(x)),
    (nn.mish, lambda x: x * np.tanh(np.logaddexp(0, x))),
    (nn.elu, lambda x: np.where(x > 0, x, np.expm1(x))),
    (lambda x: nn.elu(x, 0.3), lambda x: np.where(x > 0, x, 0.3 * np.expm1(x))),
    (lambda x: nn.celu(x, 2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2))),
    (nn.selu, lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    (nn.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x)),
    (nn.relu6, lambda x: np.clip(x, 0, 6)),
    (nn.hard_sigmoid, lambda x: np.clip(x + 3, 0, 6) / 6),
    (nn.hard_swish, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    (nn.hard_tanh, lambda x: np.clip(x, -1, 1)),
    (nn.hard_shrink, lambda x: np.where(abs(x) > 0.5, x, 0)),
    (nn.soft_shrink, lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0)),
    (nn.tanh_shrink, lambda x: x - np.tanh(x.astype(np.longdouble))),  # it cancels
    (nn.softsign, lambda x: x / (1 + abs(x))),
]  # fmt: skip


@pytest.mark.parametrize(("function", "formula"), ACTIVATIONS)
def test_activations_are_their_formulas(function, formula):
    for dtype in (np.float64, np.float32):
        x = gf.placeholder(Z.shape, dtype=dtype)
        y = function(x)
        at = Z.astype(dtype)
        got = run(y, {x: at})
        assert got.dtype == dtype
        np.testing.assert_allclose(got, formula(Z), rtol=64 * np.finfo(dtype).eps, atol=1e-6 * (
            dtype == np.float32))  # fmt: skip
        assert check_gradients(y, x, {x: at})


@pytest.mark.parametrize(("function", "formula"), ACTIVATIONS)
@pytest.mark.parametrize("x", [-1e300, -800.0, 800.0, 1e300])
def test_activations_and_their_gradients_are_finite_far_out(function, formula, x):
    node = gf.placeholder(())
    y = function(node)
    value, slope = run([y, *gf.gradients(y, node)], {node: x})
    assert np.isfinite(slope), slope
    if x > -1e299:
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(value, formula(np.float64(x)), rtol=1e-12)


def test_glu_and_prelu():
    x, alpha = gf.placeholder((2, 6)), gf.placeholder(())
    value = RNG.normal(size=(2, 6))
    np.testing.assert_allclose(
        run(nn.glu(x), {x: value}), value[:, :3] * sp.expit(value[:, 3:]), rtol=1e-15
    )
    assert check_gradients([nn.glu(x), nn.prelu(x, alpha)], [x, alpha], {x: value, alpha: 0.2})


# ---- normalisation and dropout ----------------------------------------------------------------


def standardized(x, axis, epsilon=1e-5):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def test_norms_are_their_formulas():
    x, scale, offset = RNG.normal(size=(3, 4, 6)), RNG.normal(size=6), RNG.normal(size=6)
    groups = standardized(x.reshape(3, 4, 2, 3), (1, 3)).reshape(x.shape)
    root = np.sqrt(np.mean(x**2, -1, keepdims=True) + 1e-6)
    pairs = [
        (lambda x: nn.layer_norm(x, scale, offset), standardized(x, -1) * scale + offset),
        (lambda x: nn.layer_norm(x, axis=(1, 2)), standardized(x, (1, 2))),
        (
            lambda x: nn.batch_norm(x, scale, offset).output,
            standardized(x, (0, 1)) * scale + offset,
        ),
        (lambda x: nn.batch_norm(x, axis=1).output, standardized(x, (0, 2))),
        (lambda x: nn.instance_norm(x), standardized(x, 1)),
        (lambda x: nn.group_norm(x, 2), groups),
        (lambda x: nn.rms_norm(x, scale), x / root * scale),
    ]
    for build, wanted in pairs:
        for shape in (x.shape, (None, 4, 6)):
            node = gf.placeholder(shape)
            np.testing.assert_allclose(run(build(node), {node: x}), wanted, rtol=1e-12, atol=1e-14)
        assert check_gradients(build(node), node, {node: x}, order=1)


def test_running_statistics_are_state_of_the_session():
    x = gf.placeholder((None, 2))
    mean, var = gf.Variable([0.0, 0.0], trainable=False), gf.Variable([1.0, 1.0], trainable=False)
    train = nn.batch_norm(x, None, None, mean, var, momentum=0.5)
    infer = nn.batch_norm(x, None, None, mean, var, training=False)
    batch = RNG.normal(size=(5, 2))
    session = gf.Session()
    before, _ = session.run([infer.output, train.update], {x: batch})
    np.testing.assert_allclose(before, batch / np.sqrt(1 + 1e-5), rtol=1e-14)
    np.testing.assert_allclose(session.value(mean), 0.5 * batch.mean(0), rtol=1e-14)
    np.testing.assert_allclose(session.value(var), 0.5 + 0.5 * batch.var(0, ddof=1), rtol=1e-14)
    after = session.run(infer.output, {x: batch})
    wanted = (batch - session.value(mean)) / np.sqrt(session.value(var) + 1e-5)
    np.testing.assert_allclose(after, wanted, rtol=1e-14)


def test_dropout_keeps_the_mean_and_drops_the_gradient_with_the_value():
    x = gf.placeholder((None,))
    y = nn.dropout(x, 0.25)
    value, slope = gf.Session(seed=4).run([y, *gf.gradients(y, x)], {x: np.ones(4000)})
    assert set(np.round(value, 12)) == {0.0, round(4 / 3, 12)}
    np.testing.assert_array_equal(value, slope)  # one mask for both
    assert abs(np.mean(value == 0) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 4000)
    assert nn.dropout(x, 0.5, training=False) is x


# ---- attention --------------------------------------------------------------------------------


def attended(q, k, v, mask=True):
    scores = np.where(mask, q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1]), -np.inf)
    return sp.softmax(scores, -1) @ v


def test_attention_is_its_formula():
    q, k, v = (RNG.normal(size=(2, n, 4)) for n in (3, 5, 5))
    mask = np.arange(5) < np.array([2, 5])[:, None, None]
    np.testing.assert_allclose(run(nn.attention(q, k, v)), attended(q, k, v), rtol=1e-13)
    np.testing.assert_allclose(
        run(nn.attention(q, k, v, mask)), attended(q, k, v, mask), rtol=1e-13
    )
    np.testing.assert_allclose(
        run(nn.attention(k, k, v, causal=True)),
        attended(k, k, v, np.tri(5, dtype=bool)),
        rtol=1e-13,
    )


def test_a_query_that_may_look_nowhere_gets_zeros_and_harms_nobody():
    q = gf.placeholder((2, 3))
    mask = np.array([[True, False], [False, False]])
    y = nn.attention(q, q, q, mask)
    value, slope = run([y, *gf.gradients(y, q)], {q: RNG.normal(size=(2, 3))})
    np.testing.assert_array_equal(value[1], np.zeros(3))
    assert np.isfinite(slope).all()


def test_several_heads_are_attention_of_projections():
    x = gf.placeholder((None, None, 6))
    value = RNG.normal(size=(2, 4, 6))
    wq, wk, wv = RNG.normal(size=(3, 6, 2, 3))
    wo = RNG.normal(size=(2, 3, 5))
    y = nn.multi_head_attention(x, x, x, wq, wk, wv, wo)
    heads = [attended(*[value @ w[:, h] for w in (wq, wk, wv)]) for h in range(2)]
    wanted = sum(head @ wo[h] for h, head in enumerate(heads))
    np.testing.assert_allclose(run(y, {x: value}), wanted, rtol=1e-12)
    assert check_gradients(y, x, {x: value}, order=1)


def test_embeddings_add_up_the_gradients_of_a_word():
    table = gf.Variable(RNG.normal(size=(4, 2)))
    ids = gf.placeholder((None, None), dtype=np.int64)
    (grad,) = gf.gradients(nn.embedding(ids, table), table)
    np.testing.assert_array_equal(
        run(grad, {ids: [[0, 2], [2, 2]]}), [[1, 1], [0, 0], [3, 3], [0, 0]]
    )


# ---- losses -----------------------------------------------------------------------------------

Y, P = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.2, 0.7, 0.4, 0.9])
LOSSES = [
    (losses.mean_squared_error, lambda y, p: (y - p) ** 2),
    (losses.absolute_difference, lambda y, p: abs(y - p)),
    (lambda y, p, **o: losses.huber_loss(y, p, delta=0.5, **o), lambda y, p: 0.5 * sp.huber(
        0.5, y - p) * 2),
    (losses.log_cosh, lambda y, p: np.log(np.cosh(y - p))),
    (losses.log_loss, lambda y, p: -np.log(np.where(y == 1, p, 1 - p))),
    (losses.sigmoid_cross_entropy, lambda y, p: -np.log(sp.expit(np.where(y == 1, p, -p)))),
    (losses.hinge_loss, lambda y, p: np.maximum(0, 1 - (2 * y - 1) * p)),
    (losses.poisson_loss, lambda y, p: p - y * np.log(p)),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "formula"), LOSSES)
def test_losses_are_their_formulas(loss, formula):
    p = gf.placeholder(P.shape)
    each = formula(Y, P)
    for reduction, wanted in (("mean", each.mean()), ("sum", each.sum()), ("none", each)):
        found = loss(Y, p, reduction=reduction)
        np.testing.assert_allclose(run(found, {p: P}), wanted, rtol=1e-13)
    weighed = (each[0] + 2 * each[3]) / 4
    np.testing.assert_allclose(run(loss(Y, p, weights=[1, 0, 0, 2]), {p: P}), weighed, rtol=1e-13)
    assert check_gradients(loss(Y, p), p, {p: P})


def test_losses_over_classes():
    logits, labels = RNG.normal(size=(3, 4)), np.array([0, 3, 1])
    hot = np.eye(4)[labels]
    wanted = -np.mean(sp.log_softmax(logits, -1)[range(3), labels])
    np.testing.assert_allclose(run(losses.softmax_cross_entropy(hot, logits)), wanted, rtol=1e-14)
    np.testing.assert_allclose(
        run(losses.sparse_softmax_cross_entropy(labels, logits)), wanted, rtol=1e-14
    )
    p, q = sp.softmax(logits, -1), sp.softmax(-logits, -1)
    np.testing.assert_allclose(
        run(losses.kl_divergence(p, q)), np.mean(np.sum(sp.rel_entr(p, q), -1)), rtol=1e-13
    )
    cosines = np.sum(p * q, -1) / np.linalg.norm(p, axis=-1) / np.linalg.norm(q, axis=-1)
    np.testing.assert_allclose(run(losses.cosine_distance(p, q)), np.mean(1 - cosines), rtol=1e-12)


@pytest.mark.parametrize(("loss", "formula"), LOSSES)
def test_losses_refuse_shapes_that_would_broadcast(loss, formula):
    with pytest.raises(gf.ShapeError, match=r"labels \[4\] for predictions \[4, 1\]"):
        loss(Y, P[:, None])


# ---- what is refused --------------------------------------------------------------------------

IMAGE = np.zeros((1, 5, 5, 2))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 3, 3, 1))), "2 channels for a kernel of 3"),
        (lambda: nn.conv2d(IMAGE, np.zeros((6, 1, 2, 1))), "window of 6 does not fit size 5"),
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 2, 1))), "the kernel is"),
        (lambda: nn.conv2d(IMAGE[0], np.zeros((3, 3, 2, 1))), "the input has 4 axes"),
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 3, 2, 1)), padding="FULL"), "'SAME', 'VALID'"),
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 3, 2, 1)), 0), "strides is a number from 1 on"),
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 3, 1, 3)), groups=2), "no 2 groups"),
        (lambda: nn.conv2d(IMAGE, np.zeros((3, 3, 2, 1)), data_format="HWNC"), "data_format is"),
        (lambda: nn.max_pool(IMAGE, 2, padding=2), "not smaller than the window"),
        (lambda: nn.max_pool(np.zeros(3), 2), "one to three spatial axes"),
        (lambda: nn.group_norm(IMAGE, 3), "no 3 equal groups"),
        (lambda: nn.dropout(IMAGE, 1.0), "from 0 to below 1"),
        (lambda: nn.gelu(1.0, "cubic"), "'none' or 'tanh'"),
        (lambda: nn.glu(np.zeros(3)), "no 2 equal parts"),
        (lambda: nn.batch_norm(IMAGE, training=False), "running statistics are needed"),
        (lambda: losses.log_loss(Y, P, reduction="max"), "'mean', 'sum' or 'none'"),
    ],
)
def test_what_does_not_fit_is_refused(build, text):
    with pytest.raises(gf.ShapeError, match=text):
        build()


@pytest.mark.parametrize(
    "build",
    [
        lambda x: nn.conv2d(x, np.ones((2, 2, 1, 1)), padding="SAME"),
        lambda x: nn.conv2d(np.ones((1, 9, 9, 3)), x),
        lambda x: nn.conv_transpose2d(x, np.ones((2, 2, 1, 1))),
        lambda x: nn.batch_norm(x, np.ones(1), np.zeros(1)).output,
        lambda x: nn.batch_norm(x, np.ones(3), axis=1).output,
        lambda x: nn.attention(
            x[0, 0], x[0, 0], np.ones((3, 2)), np.ones((3, 3), bool), causal=True
        ),
        lambda x: nn.avg_pool(x, 2, padding="SAME"),
        lambda x: nn.adaptive_max_pool(x, 2),
        lambda x: gf.softmax_cross_entropy_with_logits(labels=np.ones((2, 3, 3, 1)), logits=x),
        lambda x: gf.softmax_cross_entropy_with_logits(labels=x, logits=np.ones((2, 3, 3, 1))),
        lambda x: gf.sparse_softmax_cross_entropy_with_logits(
            labels=np.zeros((2, 3, 3), int), logits=x
        ),
        lambda x: losses.huber_loss(np.ones((2, 3, 3, 1)), x),
        lambda x: gf.linalg.lstsq(x[0, 0], np.ones(3)).x,
        lambda x: gf.block([[x[0, 0], np.ones((3, 1))]]),
        lambda x: gf.cov(x[0, 0], np.ones((3, 1))),
        lambda x: x.at[0].set(np.ones(1)).at[1].multiply(2.0).at[[0]].divide(3).at[0].subtract(1),
        lambda x: gf.std(x, ddof=1) + gf.special.kl_div(x, 2.0),
        lambda x: nn.dropout(x, 0.5) + gf.random.normal((1,), loc=x),
        lambda x: gf.custom_gradient(lambda a, b: (a * b, lambda g: (g * b, g * a)))(x, 3.0),
        lambda x: gf.random.categorical(x)[..., None] + gf.random.gamma(x, x.shape),
    ],
)
def test_a_graph_that_is_not_the_current_one_is_the_one_that_is_built_in(build):
    with gf.Graph() as graph:
        x = gf.placeholder((2, 3, 3, 1), name="x")
    y = build(x)
    assert y.graph is graph
    (grad,) = gf.gradients(y, x, unconnected="zero") if y.dtype.kind == "f" else [x]
    assert grad.graph is graph
    assert not gf.get_default_graph().nodes
