"""Optimizers against their published formulas, written out in NumPy; what they refuse."""

import numpy as np
import pytest

import graphflow as gf

A = np.array([[1.0, -2.0, 0.5], [0.3, 0.8, -1.5], [-0.7, 0.2, 0.9], [2.0, 1.0, -0.4]])
Y = np.array([0.4, -1.2, 2.0, 0.3])
START = np.array([0.7, -0.3, 1.1])
STEPS = 100


def slope(w):
    """The gradient of mean(tanh(A w - y) ** 2) + sum(|w|) / 10, by hand."""
    e = np.tanh(A @ w - Y)
    return A.T @ (2 * e * (1 - e**2)) / len(Y) + 0.1 * np.sign(w)


def loss_of(w):
    dtype = w.dtype
    return (
        gf.mean(gf.square(gf.tanh(A.astype(dtype) @ w - Y.astype(dtype)))) + gf.sum(gf.abs(w)) * 0.1
    )


# ---- the formulas -----------------------------------------------------------------------------
# Each goes through its steps: it is given the rate and the gradient function, and yields w.


def descent(w, lr=0.1, decay=0.0):
    while True:
        w = w - lr * (slope(w) + decay * w)
        yield w


def summed(w, lr=0.01):
    total = 0.0
    while True:
        total = total + slope(w)
        w = w - lr * total
        yield w


def momentum(w, lr=0.05, mu=0.9, nesterov=False, decay=0.0):
    v = np.zeros_like(w)
    while True:
        g = slope(w) + decay * w
        v = mu * v + g
        w = w - lr * (g + mu * v if nesterov else v)
        yield w


def adagrad(w, lr=0.01, G=0.0, eps=1e-10):  # Duchi et al. 2011
    while True:
        g = slope(w)
        G = G + g * g
        w = w - lr * g / (np.sqrt(G) + eps)
        yield w


def adadelta(w, lr=1.0, rho=0.9, eps=1e-6):  # Zeiler 2012, algorithm 1
    G, D = np.zeros_like(w), np.zeros_like(w)
    while True:
        g = slope(w)
        G = rho * G + (1 - rho) * g * g
        d = -np.sqrt(D + eps) / np.sqrt(G + eps) * g
        D = rho * D + (1 - rho) * d * d
        w = w + lr * d
        yield w


def rmsprop(w, lr=0.01, alpha=0.99, mu=0.0, eps=1e-8, centered=False):  # lecture 6e; Graves 2013
    n, m, v = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    while True:
        g = slope(w)
        n = alpha * n + (1 - alpha) * g * g
        m = alpha * m + (1 - alpha) * g
        v = mu * v + g / (np.sqrt(n - m * m if centered else n) + eps)
        w = w - lr * v
        yield w


def adam(w, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, decay=0.0, beside=0.0, amsgrad=False):
    m, v, top = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)  # Kingma & Ba, algorithm 1
    for t in range(1, STEPS + 1):
        g = slope(w) + decay * w
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        top = np.maximum(top, v)
        mh, vh = m / (1 - b1**t), (top if amsgrad else v) / (1 - b2**t)
        w = w - lr * (mh / (np.sqrt(vh) + eps) + beside * w)  # Loshchilov & Hutter: beside
        yield w


def nadam(w, lr=0.002, b1=0.9, b2=0.999, eps=1e-8, psi=0.004):  # Dozat 2016, algorithm 2
    m, v, product = np.zeros_like(w), np.zeros_like(w), 1.0
    for t in range(1, STEPS + 1):
        g = slope(w)
        mu = b1 * (1 - 0.5 * 0.96 ** (t * psi))
        following = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
        product *= mu
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        mh = following * m / (1 - product * following) + (1 - mu) * g / (1 - product)
        w = w - lr * mh / (np.sqrt(v / (1 - b2**t)) + eps)
        yield w


def lion(w, lr=0.0001, b1=0.9, b2=0.99, decay=0.001):  # Chen et al. 2023, program 1
    m = np.zeros_like(w)
    while True:
        g = slope(w)
        update = np.sign(b1 * m + (1 - b1) * g)
        m = b2 * m + (1 - b2) * g
        w = w - lr * (update + decay * w)
        yield w


FORMULAS = {
    "descent": (lambda: gf.GradientDescentOptimizer(0.1), descent, {}),
    "descent, decay": (
        lambda: gf.GradientDescentOptimizer(0.1, weight_decay=0.2), descent, {"decay": 0.2}),
    "accumulated": (lambda: gf.GradientDescentOptimizer(0.01, accumulate=True), summed, {}),
    "momentum": (
        lambda: gf.MomentumOptimizer(0.05, weight_decay=0.1), momentum, {"decay": 0.1}),
    "Nesterov": (
        lambda: gf.MomentumOptimizer(0.05, 0.8, nesterov=True), momentum,
        {"mu": 0.8, "nesterov": True}),
    "Adagrad": (lambda: gf.AdagradOptimizer(), adagrad, {}),
    "Adagrad, started": (lambda: gf.AdagradOptimizer(0.1, 0.1), adagrad, {"lr": 0.1, "G": 0.1}),
    "Adadelta": (lambda: gf.AdadeltaOptimizer(), adadelta, {}),
    "Adadelta, slowed": (
        lambda: gf.AdadeltaOptimizer(0.5, 0.8, 1e-3), adadelta,
        {"lr": 0.5, "rho": 0.8, "eps": 1e-3}),
    "RMSProp": (lambda: gf.RMSPropOptimizer(), rmsprop, {}),
    "RMSProp, centered": (
        lambda: gf.RMSPropOptimizer(0.01, 0.9, 0.8, 0.1, centered=True), rmsprop,
        {"alpha": 0.9, "mu": 0.8, "eps": 0.1, "centered": True}),
    "Adam": (lambda: gf.AdamOptimizer(), adam, {}),
    "Adam, large epsilon": (
        lambda: gf.AdamOptimizer(0.1, epsilon=0.5), adam, {"lr": 0.1, "eps": 0.5}),
    "Adam, decay": (
        lambda: gf.AdamOptimizer(0.05, weight_decay=0.1), adam, {"lr": 0.05, "decay": 0.1}),
    "AMSGrad": (
        lambda: gf.AdamOptimizer(0.2, 0.5, 0.6, amsgrad=True), adam,
        {"lr": 0.2, "b1": 0.5, "b2": 0.6, "amsgrad": True}),
    "AdamW": (lambda: gf.AdamWOptimizer(0.05), adam, {"lr": 0.05, "beside": 0.01}),
    "NAdam": (lambda: gf.NAdamOptimizer(), nadam, {}),
    "Lion": (lambda: gf.LionOptimizer(), lion, {}),
    "Lion, to and fro": (  # its signs turn
        lambda: gf.LionOptimizer(0.1, 0.7, 0.8), lion, {"lr": 0.1, "b1": 0.7, "b2": 0.8}),
}  # fmt: skip
DTYPES = {np.float64: 1e-13, np.float32: 3e-6}


def wanted(formula, **options):
    return [w for _, w in zip(range(STEPS), formula(START, **options), strict=False)]


def trained(make, dtype=np.float64, steps=STEPS):
    """w after each step, with a session and the step's node."""
    w = gf.Variable(START.astype(dtype), name="w")
    step = make().minimize(loss_of(w))
    session = gf.Session()
    run = session.make_callable([w, step], [])
    return [*[run()[0] for _ in range(steps)][1:], session.value(w)], session, step


@pytest.mark.parametrize("name", FORMULAS)
def test_an_optimizer_follows_its_formula_for_a_hundred_steps(name):
    make, formula, options = FORMULAS[name]
    for dtype, tolerance in DTYPES.items():
        found, _, _ = trained(make, dtype)
        assert {w.dtype for w in found} == {np.dtype(dtype)}
        np.testing.assert_allclose(
            found, wanted(formula, **options), rtol=tolerance, atol=tolerance
        )


# What the formulas call for: no variable is remembered twice, or for nothing.
SLOTS = {
    "descent": "", "descent, decay": "", "accumulated": "gradient_sum", "momentum": "velocity",
    "Nesterov": "velocity", "Adagrad": "square_sum", "Adagrad, started": "square_sum",
    "Adadelta": "square_mean step_square_mean", "Adadelta, slowed": "square_mean step_square_mean",
    "RMSProp": "square_mean", "RMSProp, centered": "mean square_mean velocity", "Adam": "m v steps",
    "Adam, large epsilon": "m v steps", "Adam, decay": "m v steps", "AMSGrad": "m v v_max steps",
    "AdamW": "m v steps", "NAdam": "m v mu_product steps", "Lion": "m", "Lion, to and fro": "m",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_an_optimizer_remembers_what_its_formula_calls_for_and_no_more(name):
    w = gf.Variable(START, name="w")
    step = FORMULAS[name][0]().minimize(loss_of(w))
    found = [v.name.rpartition("/")[2] for v in step.graph.variables if v is not w]
    assert sorted(found) == sorted(SLOTS[name].split())


def test_steps_are_counted_and_cast_once_for_all_variables_and_the_rate():
    a, b = gf.Variable(2.0), gf.Variable(3.0)
    step = gf.NAdamOptimizer(gf.schedules.cosine(0.1, 9)).minimize(a * b)
    (before,) = [n for n in step.graph.nodes if type(n).__name__ == "Cast"]  # to float64
    (counter,) = before.inputs
    assert counter.name == "nadam/steps"
    after = [n for n in step.graph.nodes if any(x is before for x in n.inputs)]
    assert [type(n).__name__ for n in after].count("Add") == 1


@pytest.mark.parametrize(
    ("formula", "make"),
    [
        (descent, lambda: gf.GradientDescentOptimizer(0.10001)),
        (summed, lambda: gf.GradientDescentOptimizer(0.010001, accumulate=True)),
        (momentum, lambda: gf.MomentumOptimizer(0.05, 0.9001)),
        (adagrad, lambda: gf.AdagradOptimizer(epsilon=1e-3)),
        (adadelta, lambda: gf.AdadeltaOptimizer(epsilon=1.01e-6)),
        (rmsprop, lambda: gf.RMSPropOptimizer(0.01, 0.9901)),
        (adam, lambda: gf.AdamOptimizer(beta2=0.9991)),
        (nadam, lambda: gf.NAdamOptimizer(momentum_decay=0.0041)),
        (lion, lambda: gf.LionOptimizer(weight_decay=0.0011)),
    ],
)
def test_a_formula_with_another_number_in_it_is_told_apart(formula, make):
    found, _, _ = trained(make)
    assert np.abs(np.subtract(found, wanted(formula))).max() > 1e-8


def test_a_centered_mean_of_squares_below_zero_by_rounding_is_zero():
    w = gf.Variable(0.0)
    step = gf.RMSPropOptimizer(0.01, 0.5, centered=True).minimize(w * 1.1)
    session = gf.Session()
    values = [session.run([w, step])[0] for _ in range(300)]
    assert np.isfinite(values).all()


@pytest.mark.parametrize("name", FORMULAS)
def test_float32_stays_float32_in_slots_and_on_the_way(name):
    make, _, _ = FORMULAS[name]
    _, _, step = trained(make, np.float32, 2)
    kinds = {v.name.rpartition("/")[2]: v.dtype for v in step.graph.variables}
    assert kinds.pop("steps", np.int64) == np.int64
    assert kinds.pop("mu_product", np.float64) == np.float64
    assert set(kinds.values()) == {np.dtype(np.float32)}
    assert not [n for n in step.graph.nodes if n.shape == (3,) and n.dtype == np.float64]


def test_the_bias_of_the_moments_is_corrected_from_the_first_step_on():
    (first, *_), _, _ = trained(lambda: gf.AdamOptimizer(0.25, epsilon=0.0))
    np.testing.assert_allclose(first, START - 0.25 * np.sign(slope(START)), rtol=1e-14)


def test_decay_beside_the_moments_is_not_scaled_by_them():
    w = gf.Variable([2.0])
    step = gf.AdamWOptimizer(0.1, weight_decay=0.5).minimize(gf.sum(0.0 * w))
    session = gf.Session()
    session.run(step)
    np.testing.assert_allclose(session.value(w), [2 * (1 - 0.1 * 0.5)], rtol=1e-15)


def test_the_variables_that_are_given_are_trained_and_no_other():
    a, b = gf.Variable(2.0, name="a"), gf.Variable(3.0, name="b", trainable=False)
    session = gf.Session()
    session.run(gf.GradientDescentOptimizer(0.1).minimize(a * b, [b]))
    np.testing.assert_allclose(session.run([a, b]), [2.0, 3.0 - 0.1 * 2.0])


def test_a_variable_that_the_loss_is_cut_from_is_left_out_unless_it_was_asked_for():
    a, b = gf.Variable(2.0, name="a"), gf.Variable(3.0, name="b")
    loss = a * gf.stop_gradient(b)
    optimizer = gf.GradientDescentOptimizer(0.1)
    assert [v for _, v in optimizer.compute_gradients(loss)] == [a]
    with pytest.raises(gf.DisconnectedError, match="'b'"):
        optimizer.compute_gradients(loss, [a, b])


# ---- what is refused --------------------------------------------------------------------------


RANGES = [  # from 0 on, and below 1 or any
    (lambda x: gf.MomentumOptimizer(0.1, momentum=x), "momentum", False),
    (lambda x: gf.MomentumOptimizer(0.1, weight_decay=x), "weight_decay", False),
    (lambda x: gf.AdagradOptimizer(initial_accumulator_value=x), "initial_acc", False),
    (lambda x: gf.AdagradOptimizer(epsilon=x), "epsilon", False),
    (lambda x: gf.AdadeltaOptimizer(rho=x), "rho", True),
    (lambda x: gf.AdadeltaOptimizer(epsilon=x), "epsilon", False),
    (lambda x: gf.RMSPropOptimizer(decay=x), "decay", True),
    (lambda x: gf.RMSPropOptimizer(momentum=x), "momentum", False),
    (lambda x: gf.RMSPropOptimizer(epsilon=x), "epsilon", False),
    (lambda x: gf.AdamOptimizer(beta1=x), "beta1", True),
    (lambda x: gf.AdamWOptimizer(beta2=x), "beta2", True),
    (lambda x: gf.NAdamOptimizer(epsilon=x), "epsilon", False),
    (lambda x: gf.NAdamOptimizer(momentum_decay=x), "momentum_decay", False),
    (lambda x: gf.LionOptimizer(beta1=x), "beta1", True),
    (lambda x: gf.LionOptimizer(beta2=x), "beta2", True),
    (lambda x: gf.GradientDescentOptimizer(0.1, per_variable={gf.Variable(1.0): {
        "weight_decay": x}}), "weight_decay", False),
    (lambda x: gf.ExponentialMovingAverage(gf.assign(gf.Variable(1.0), 2.0), x), "decay", True),
]  # fmt: skip


@pytest.mark.parametrize(("make", "what", "below_1"), RANGES, ids=[r[1] for r in RANGES])
def test_numbers_are_from_0_on_and_what_is_a_share_is_below_1(make, what, below_1):
    for good in (0, np.float32(0.5), np.nextafter(1, 0)):
        make(good)
    bounds = "from 0 on and below 1" if below_1 else "from 0 on"
    for bad in (-1e-9, np.nan, *([1.0] if below_1 else [])):
        with pytest.raises(ValueError, match=f"^{what}.*: a number {bounds} is wanted"):
            make(bad)
    if not below_1:
        make(np.int64(3))
    with pytest.raises(gf.DTypeError, match=f"^{what}.*: a number is wanted, not True"):
        make(True)


@pytest.mark.parametrize(
    ("build", "kind", "text"),
    [
        (lambda w: gf.AdamOptimizer(np.nan), ValueError, "a finite number is wanted"),
        (lambda w: gf.AdamOptimizer("fast"), gf.DTypeError, "a function of the step is wanted"),
        (lambda w: gf.AdamOptimizer(gf.constant([1.0])), gf.ShapeError, "a scalar is wanted"),
        (lambda w: gf.AdamOptimizer(beta1=1.0), ValueError, "beta1: a number from 0 on and below"),
        (lambda w: gf.AdamOptimizer(beta2=np.nan), ValueError, "beta2"),
        (lambda w: gf.AdamOptimizer(epsilon="small"), gf.DTypeError, "epsilon"),
        (lambda w: gf.RMSPropOptimizer(decay=-0.1), ValueError, "decay: a number from 0"),
        (lambda w: gf.MomentumOptimizer(0.1, weight_decay=-1), ValueError, "weight_decay"),
        (lambda w: gf.MomentumOptimizer(0.1, micro_batches=0), ValueError, "micro_batches"),
        (lambda w: gf.MomentumOptimizer(0.1, micro_batches=1.5), gf.DTypeError, "an integer"),
        (lambda w: gf.MomentumOptimizer(0.1, micro_batches=True), gf.DTypeError, "an integer"),
        (lambda w: gf.MomentumOptimizer(0.1, per_variable=[w]), gf.DTypeError, "a dict by var"),
        (lambda w: gf.MomentumOptimizer(0.1, per_variable={w: 0.1}), gf.DTypeError, "not 0.1"),
        (lambda w: gf.MomentumOptimizer(0.1, per_variable={w: {"learning_rate": np.inf}}),
         ValueError, "a finite number"),
        (lambda w: gf.AdamOptimizer(True), gf.DTypeError, "learning_rate: a number"),
        (lambda w: gf.AdamOptimizer(lambda k: gf.sum).minimize(gf.sum(w)), gf.DTypeError,
         "the schedule gave"),
        (lambda w: gf.AdamOptimizer().minimize(3.0), gf.DTypeError, "the loss is 3.0, not a node"),
        (lambda w: gf.AdamOptimizer().minimize(gf.stop_gradient(gf.sum(w))), gf.DisconnectedError,
         "depends on 'w' .* only through stop_gradient"),
        (lambda w: gf.AdamOptimizer().minimize(gf.sum(w), []), gf.DisconnectedError, "no variabl"),
        (lambda w: gf.AdamOptimizer().minimize(gf.sum(w), [1.0]), gf.DTypeError, "1.0 is not a v"),
        (lambda w: gf.AdamOptimizer().minimize(gf.sum(gf.Variable(np.array([1, 2])) * w)),
         gf.DTypeError, "^minimize: .* holds no floats, so it cannot be trained"),
        (lambda w: gf.AdamOptimizer().minimize(gf.sum(gf.Variable([1.0], trainable=False))),
         gf.DisconnectedError, "depends on no trainable variable"),
        (lambda w: gf.AdamOptimizer().apply_gradients([(1.0, w)]), gf.DTypeError, "no gradient"),
        (lambda w: gf.AdamOptimizer().apply_gradients([(w, w * 2)]), gf.DTypeError, "no gradient"),
        (lambda w: gf.MomentumOptimizer(0.1, per_variable={"w": {}}), gf.DTypeError, "variable"),
        (lambda w: gf.MomentumOptimizer(0.1, per_variable={w: {"lr": 1}}), gf.DTypeError, "'lr'"),
        (lambda w: gf.MomentumOptimizer(0.1, decay=1), TypeError, "decay"),
        (lambda w: gf.AdamOptimizer(lambda k: [k]).minimize(gf.sum(w)), gf.DTypeError, "number"),
        (lambda w: gf.AdamOptimizer(lambda k: 1 if k else 2).minimize(gf.sum(w)), gf.DTypeError,
         "neither true nor false"),
        (lambda w: gf.AdamOptimizer().apply_gradients([(w, w), (w, w)]), ValueError, "two grad"),
        (lambda w: gf.AdamOptimizer().apply_gradients([(gf.ones((3,)), w)]), gf.ShapeError, "grad"),
        (lambda w: gf.AdamOptimizer().apply_gradients([]), gf.DisconnectedError, "nothing to tr"),
        (lambda w: gf.AdamOptimizer().minimize(gf.sum(gf.abs(gf.Variable(np.ones(2) * 1j)))),
         gf.DTypeError, "no rule for complex"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(build, kind, text):
    w = gf.Variable([1.0, 2.0], name="w")
    with pytest.raises(kind, match=text):
        build(w)
    assert [v.name for v in w.graph.variables] == ["w"]
