"""Random draws: their distributions, their gradients, and what is refused."""

import mpmath
import numpy as np
import pytest
from scipy import stats

import graphflow as gf
from graphflow import random
from graphflow.ops.special import GammaSlope

N = 4000


def drawn(node, seed=0):
    return gf.Session(seed=seed).run(node)


DRAWS = [
    (lambda: random.exponential(2.0, (N,)), stats.expon(scale=2)),
    (lambda: random.gumbel((N,), loc=1.0, scale=2.0), stats.gumbel_r(1, 2)),
    (lambda: random.truncated_normal(-1.0, 0.5, (N,)), stats.truncnorm(-1, 0.5)),
    (lambda: random.truncated_normal(8.0, 9.0, (N,)), stats.truncnorm(8, 9)),
    (lambda: random.truncated_normal(-np.inf, -20.0, (N,)), stats.truncnorm(-np.inf, -20)),
    (lambda: random.gamma(0.3, (N,)), stats.gamma(0.3)),
    (lambda: random.gamma(5.0, (N,), scale=2.0), stats.gamma(5, scale=2)),
    (lambda: random.beta(0.5, 2.0, (N,)), stats.beta(0.5, 2)),
]


@pytest.mark.parametrize(("build", "law"), DRAWS)
def test_draws_are_distributed_as_they_say(build, law):
    assert stats.kstest(drawn(build()), law.cdf).pvalue > 0.01


@pytest.mark.parametrize(("build", "law"), DRAWS)
def test_draws_repeat_with_the_seed_and_differ_from_step_to_step(build, law):
    node = build()
    session = gf.Session(seed=3)
    first, second = session.run(node), session.run(node)
    np.testing.assert_array_equal(first, drawn(node, 3))
    assert not np.array_equal(first, second)


def test_classes_are_drawn_with_their_probabilities():
    p = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]])
    node = random.categorical(np.log(p), (N,))
    assert node.shape == (N, 2)
    found = drawn(node)
    for row in range(2):
        counts = np.bincount(found[:, row], minlength=3)
        assert stats.chisquare(counts, N * p[row]).pvalue > 0.01
    assert drawn(random.categorical(np.log(p.T), axis=0)).shape == (2,)
    assert set(drawn(random.categorical([-np.inf, 0.0], (50,)))) == {1}


def test_permutations_hold_every_entry_once():
    found = drawn(random.permutation(7))
    assert sorted(found) == list(range(7))
    x = gf.placeholder((3, 5))
    y = random.permutation(x, 1)
    value, slope = gf.Session(seed=1).run(
        [y, *gf.gradients(y * np.arange(5.0), x)], {x: np.tile(np.arange(5.0), (3, 1))}
    )
    np.testing.assert_array_equal(value[0], value[2])
    np.testing.assert_array_equal(slope[0][value[0].astype(int)], np.arange(5))
    firsts = [gf.Session(seed=s).run(random.permutation(3))[0] for s in range(300)]
    assert stats.chisquare(np.bincount(firsts)).pvalue > 0.01


def test_gradients_of_means_are_the_means_derivatives():
    """d/da E[log g] = trigamma(a) for a gamma number; d/da E[x] for a beta one."""
    from scipy.special import polygamma

    a = gf.Variable(2.5)
    g = random.gamma(a, (N,))
    (by_a,) = gf.gradients(gf.mean(gf.log(g)), a)
    np.testing.assert_allclose(drawn(by_a), polygamma(1, 2.5), rtol=0.05)
    x = random.beta(a, 1.5, (N,))
    (by_a,) = gf.gradients(gf.mean(x), a)
    np.testing.assert_allclose(drawn(by_a), 1.5 / 4.0**2, rtol=0.05)


@pytest.mark.parametrize("a", [0.1, 1.0, 10.0, 100.0])
def test_the_gradient_of_a_gamma_number_keeps_its_digits_around_the_mean(a):
    """By mpmath: minus the derivative of P(a, x) by a, over the density."""
    x = a + np.sqrt(a) * np.array([-0.9, 0.5, 1.5, 2.5, 4.0]) + (a < 1)
    nodes = gf.placeholder(()), gf.placeholder(x.shape)
    slope = GammaSlope(*nodes)
    with mpmath.workdps(50):
        expected = [
            float(
                -mpmath.diff(lambda a, x=x: mpmath.gammainc(a, 0, x, regularized=True), a)
                / (x ** (a - 1) * mpmath.exp(-x) / mpmath.gamma(a))
            )
            for a, x in ((mpmath.mpf(a), mpmath.mpf(one)) for one in x)
        ]
    found = gf.Session().run(slope, dict(zip(nodes, (a, x), strict=True)))
    np.testing.assert_allclose(found, expected, rtol=3e-14)


def test_a_gamma_numbers_gradient_keeps_its_probability():
    a = gf.placeholder(())
    g = random.gamma(a, (50,))
    session = gf.Session(seed=5)
    value = session.run(g, {a: 3.0})
    (total,) = gf.gradients(g, a)
    found = gf.Session(seed=5).run(total, {a: 3.0})
    moved = stats.gamma(3.0 + 1e-5).ppf(stats.gamma(3.0).cdf(value))
    np.testing.assert_allclose(found, np.sum((moved - value) / 1e-5), rtol=1e-4)


def test_gradients_reach_bounds_and_scales():
    low, scale = gf.Variable(-1.0), gf.Variable(2.0)
    z = random.truncated_normal(low, 1.0, (200,), scale=scale)
    value, by_low, by_scale = gf.Session(seed=2).run([z, *gf.gradients(z, [low, scale])])
    moved = gf.Session(seed=2)
    moved.assign(low, -1.0 + 1e-6)
    np.testing.assert_allclose(by_low, np.sum(moved.run(z) - value) / 1e-6, rtol=1e-4)
    np.testing.assert_allclose(by_scale, np.sum(value) / 2, rtol=1e-12)


def test_float32_is_kept():
    for node in (random.gamma(2.0, (3,), dtype=np.float32), random.gumbel((3,), dtype=np.float32)):
        assert node.dtype == drawn(node).dtype == np.float32


@pytest.mark.parametrize(
    "build",
    [
        lambda: random.gamma(1.0, (None,)),
        lambda: random.exponential(1.0, None),
        lambda: random.categorical(gf.placeholder()),
        lambda: random.permutation(gf.placeholder()),
        lambda: random.permutation(gf.placeholder((None,))),
    ],
)
def test_unknown_shapes_are_refused(build):
    with pytest.raises(gf.ShapeError, match="must be known"):
        build()


@pytest.mark.parametrize("optimize", [True, False])
def test_a_single_gamma_number_is_drawn_by_a_node_of_its_own_parameter(optimize):
    a = gf.placeholder((), name="a")
    plain, computed = gf.random.gamma(a), gf.random.gamma(gf.exp(a))
    session = gf.Session(seed=3, optimize=optimize)
    for value in session.run([plain, computed, *gf.gradients(computed, a)], {a: 0.875}):
        assert np.shape(value) == ()
        assert value.dtype == np.float64
        assert 0 < value < 40
