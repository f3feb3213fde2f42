"""Long NumPy programs made at random: values beside NumPy's, gradients beside autograd's."""

import functools
import os
import warnings

import autograd
import autograd.numpy
import numpy as np
import pytest
from numpy_calls import VALUES, calls

import graphflow as gf

STEPS = 400
BOUNDED = ["np.tanh({0})", "np.sin({0})", "np.arctan({0} + {1})", "np.cos({0} * {1})"]
STEP = [  # np.std and np.sinc are left out: autograd has NaN where entries are equal, and at 0
    *BOUNDED, "np.exp(-{0} ** 2)", "{0} - 0.5 * {1}", "{0} / (1 + {1} ** 2)",
    "np.sqrt(1 + {0} ** 2)", "np.where({0} > {1}, {0}, {1} * 0.5)", "np.maximum({0}, {1})",
    "np.logaddexp({0}, {1})", "np.log1p({0} ** 2)", "np.hypot({0}, 1 + {1} ** 2) - 1",
    "np.abs({0}) * 0.7", "np.clip({0}, -0.8, 0.9)", "np.expm1(np.tanh({0}))",
    "{0} @ {1}.T / 3", "np.cumsum({0}, axis=0) * 0.3", "{0}[::-1] + {1}[:, ::-1]",
    "np.roll({0}, 1, axis=1)", "np.sum({0}, axis=0, keepdims=True) * 0.4 + {1}",
    "np.mean({0} * {1}) + {0}", "np.concatenate([{0}[1:], {1}[:1]])",
    "np.sqrt(1 + np.var({0}, axis=1))[:, None] * {1}", "np.transpose({0}) - {1}",
    "np.einsum('ij,kj->ik', {0}, {1}) / 3", "np.triu({0}) + np.tril({1})",
    "np.reshape({0}, (1, 9))[0].reshape(3, 3)", "np.max({0}, axis=1, keepdims=True) - {1}",
    "np.sort({0}, axis=None).reshape(3, 3)", "np.linalg.solve(np.eye(3) * 3 + np.tanh({0}), {1})",
    "np.prod(1 + 0.1 * np.tanh({0}), axis=0) * {1}", "np.kron({0}[:1, :1], {1})",
    "np.diag(np.diag({0})) + {1}", "np.take_along_axis({0}, ORDER, 1)", "np.var({0}, axis=0) + {1}",
]  # fmt: skip
ORDER = np.array([[2, 0, 1], [1, 1, 0], [0, 2, 2]])


def program(seed, unknown):
    """The lines of a program over X and Y, in turn from what was computed lately."""
    rng = np.random.default_rng(seed)
    steps = [line for line in STEP if line not in unknown]
    lines = []
    names = ["X", "Y"]
    for number in range(STEPS):
        first, second = (names[max(0, len(names) - 1 - int(rng.exponential(3)))] for _ in "ab")
        body = BOUNDED if number % 3 == 0 else steps
        lines.append(f"v{number} = " + body[rng.integers(len(body))].format(first, second))
        names.append(f"v{number}")
    return "\n".join([*lines, f"out = np.sum(np.tanh({names[-1]}) * X + {names[-2]})"])


def runs(text):
    """The program as a function of the namespace and its inputs."""
    code = compile(text, "program", "exec")

    def value(namespace, X, Y):
        scope = {"np": namespace, "X": X, "Y": Y, "ORDER": ORDER}
        exec(code, scope)
        return scope["out"]

    return value


def not_in_autograd():
    """The steps whose gradient autograd does not have."""
    found = []
    for line in STEP:
        text = line.format("X", "X * 0.9")

        def value(X, text=text):
            return np.float64(1) * autograd.numpy.sum(
                eval(text, {"np": autograd.numpy, "X": X, "ORDER": ORDER})
            )

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                autograd.grad(value)(np.arange(9.0).reshape(3, 3) / 9)
        except Exception:  # whatever it raises, it is not an oracle for this line
            found.append(line)
    return found


UNKNOWN = not_in_autograd()


def test_most_steps_have_an_oracle():
    assert len(UNKNOWN) <= 6, UNKNOWN


@pytest.mark.parametrize("seed", range(12 if os.environ.get("GRAPHFLOW_DEEP") == "1" else 8))
def test_values_are_numpys_and_gradients_autograds(seed):
    value = runs(program(seed, UNKNOWN))
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(2, 3, 3))
    ours, slopes = gf.value_and_grad(lambda X, Y: value(np, X, Y), argnums=(0, 1))(X, Y)
    np.testing.assert_allclose(ours, value(np, X, Y), rtol=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = autograd.grad(lambda both: value(autograd.numpy, *both))((X, Y))
    scale = np.max(np.abs(theirs))
    for mine, wanted in zip(slopes, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-6, atol=1e-8 * scale)


# ---- every function of the table, thirty at a time, each over what the ones before it gave -------

SMOOTH = [
    call
    for call in calls()
    if not call.remark and call.names and "N" not in call.names and "unique" not in call.text
]
GROUPS = [
    [SMOOTH[i] for i in np.random.default_rng(7).permutation(len(SMOOTH))[start::13]]
    for start in range(13)
]


def chained(group, t):
    """A number that goes through all calls: each moves the operands of the next a little."""
    state, total = t, 0.0
    for number, call in enumerate(group):
        moved = {
            name: VALUES[name] + 0.01 * np.sin(state + np.arange(np.size(VALUES[name]))).reshape(
                np.shape(VALUES[name])
            )
            for name in call.names
        }  # fmt: skip
        y = call.evaluated(**moved)
        weights = np.cos(number + np.arange(np.prod(np.shape(y), dtype=int))).reshape(np.shape(y))
        found = np.tanh(0.1 * np.sum(np.real(y) * weights))
        state = 0.5 * state + found
        total = total + found
    return total


@pytest.mark.parametrize("group", GROUPS, ids=range(len(GROUPS)))
def test_graphs_over_all_functions_have_numpys_values_and_their_derivative(group):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = functools.partial(chained, group)
        step = 1e-4
        wide = (plain(0.3 + step) - plain(0.3 - step)) / (2 * step)
        narrow = (plain(0.3 + step / 2) - plain(0.3 - step / 2)) / step
        value, slope = gf.value_and_grad(plain)(0.3)
        expected = plain(0.3)
    np.testing.assert_allclose(value, expected, rtol=1e-11)
    np.testing.assert_allclose(slope, narrow + (narrow - wide) / 3, rtol=1e-7, atol=1e-9)


def test_such_a_graph_has_hundreds_of_nodes():
    with gf.Graph() as graph:
        chained(GROUPS[0], gf.placeholder(()))
    assert len(graph.nodes) > 500
