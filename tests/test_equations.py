"""Calls within calls, of numbers, of repeated operands, of mixed dtypes, have the value of NumPy.

What is recorded is simplified by equations that hold for some shapes, dtypes and numbers alone:
these programs are made of what looks like them and often is not.
"""

import numpy as np
import pytest

import graphflow as gf

ARRAYS = {
    "x": np.array([[0.0, -1.5, 0.25], [2.0, -3.0, 4.0]]),
    "y": np.array([[1.25, -0.5, 2.0], [-4.0, 0.75, 3.0]]),
    "odd": np.array([[np.inf, np.nan, 0.0], [-np.inf, -0.0, 5.0]]),
    "row": np.array([1.0, -2.0, 0.5]),
    "column": np.array([[3.0], [-0.25]]),
    "one": np.array([[1.75]]),
    "scalar": np.array(-1.25),
    "single": np.array([[1.5, -0.25, 3.0], [2.0, 0.0, -4.0]], np.float32),
    "short": np.array([0.5, 2.0, -1.0], np.float32),
    "whole": np.array([[2, -3, 1], [0, 5, -1]]),
    "truth": np.array([[True, False, True], [False, True, False]]),
}
NUMBERS = [
    "0", "1", "-1", "2", "0.5", "-3.0", "4.0", "1e30", "1e-30", "1e200", "1e-200",
    "np.float64(1)", "np.float64(-1)", "np.float64(0)", "np.float64(2)", "np.ones(3)",
    "np.zeros((2, 3))", "np.full((2, 3), -1.0)", "np.float32(0.5)",
]  # fmt: skip
BINARY = ["np.add", "np.subtract", "np.multiply", "np.divide", "np.maximum", "np.minimum"]
UNARY = [
    "np.negative({})", "np.square({})", "np.reciprocal(1.0 * {})", "np.absolute({})",
    "np.transpose({})", "np.reshape({}, (-1,))", "np.sum({})", "np.sum(row * {}, axis=0)",
    "np.sum(row * {}, axis=-1, keepdims=True)", "np.mean(column + {}, axis=0)",
    "np.max(row - {}, axis=-1)", "np.where({}, x, 0)", "np.where(truth, {}, 0)",
    "np.where(truth, 0, {})",
    "np.where(np.equal({}, 0), 0, y)", "np.where(np.not_equal(x, 0), {}, 0)", "np.sqrt({})",
    "np.broadcast_to({}, (2, 3))", "np.sign({})", "np.expand_dims({}, 0)",
]  # fmt: skip
PRODUCTS = [
    "np.matmul({}, {})",
    "np.matmul(np.transpose({}), {})",
    "np.matmul({}, np.transpose({}))",
]


def grown(rng: np.random.Generator, depth: int) -> str:
    """A formula of calls within calls; leaves are arrays by name, and numbers."""
    if depth == 0:
        return str(rng.choice(list(ARRAYS)))
    kind = rng.random()
    if kind < 0.3:
        return str(rng.choice(UNARY)).format(grown(rng, depth - 1))
    if kind < 0.36:
        product = str(rng.choice(PRODUCTS))
        return product.format(grown(rng, depth - 1), grown(rng, depth - 1))
    operands = [grown(rng, depth - 1), other(rng, depth - 1)]
    rng.shuffle(operands)
    return f"{rng.choice(BINARY)}({operands[0]}, {operands[1]})"


def other(rng: np.random.Generator, depth: int) -> str:
    kind = rng.random()
    return str(rng.choice(NUMBERS)) if kind < 0.5 else grown(rng, min(depth, int(kind * 8) % 3))


def value(formula: str, names: dict) -> object:
    with np.errstate(all="ignore"):
        return eval(formula, {"np": np, **names})


def formulas(seed: int, count: int, depth: int) -> list[str]:
    """Different formulas that NumPy can compute, of sizes that are no burden."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        formula = grown(rng, depth)
        try:
            expected = value(formula, ARRAYS)
        except (ValueError, TypeError):
            continue  # shapes that do not fit, truths that are not subtracted
        if np.size(expected) < 100 and np.asarray(expected).dtype.kind in "fi":
            found[formula] = None
    return list(found)


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_a_formula_has_the_value_that_numpy_gives_it(seed, depth):
    nodes = {name: gf.placeholder(a.shape, dtype=a.dtype, name=name) for name, a in ARRAYS.items()}
    feeds = {nodes[name]: a for name, a in ARRAYS.items()}
    some = formulas(seed, 120, depth)
    built = [value(formula, nodes) for formula in some]
    for formula, got in zip(some, gf.Session().run(built, feeds), strict=True):
        expected = np.asarray(value(formula, ARRAYS))
        assert got.dtype == expected.dtype, formula
        if expected.dtype.kind == "i":
            np.testing.assert_array_equal(got, expected, err_msg=formula)
            continue
        eps = np.finfo(expected.dtype).eps
        if "single" in formula or "short" in formula or "float32" in formula:
            eps = np.finfo(np.float32).eps
        size = np.max(np.abs(expected), where=np.isfinite(expected), initial=1.0)
        np.testing.assert_allclose(got, expected, 200 * eps, 200 * eps * size, err_msg=formula)


@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.float32])
@pytest.mark.parametrize("swapped", [False, True])
def test_any_number_but_zero_is_true_to_where(dtype, swapped):
    condition, x = gf.placeholder((4,), dtype=dtype), gf.placeholder((4,))
    at, values = np.array([0, 2, -1, 1], dtype), np.array([1.5, -2.5, np.inf, 3.0])
    y = gf.where(condition, 0, x) if swapped else gf.where(condition, x, 0)
    expected = np.where(at, 0, values) if swapped else np.where(at, values, 0)
    found = gf.Session().run(y - 1.0, {condition: at, x: values})  # within a buffer
    np.testing.assert_array_equal(found, expected - 1)


def test_a_scalar_that_is_computed_keeps_its_precision_beside_single_floats():
    s, x = gf.placeholder(()), gf.placeholder((2,), dtype=np.float32)
    y = (s - 1.0) * (x * x)
    values = np.array([3.0, 7.0], np.float32)
    for product in (y, y + 1.0):  # into an array of its own, and into one that is there
        found = gf.Session().run(product, {s: 1.1, x: values})
        expected = np.float64(1.1 - 1.0) * (values * values) + (0.0 if product is y else 1.0)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("number", [1e200, -1e200])
def test_a_number_beyond_single_precision_is_infinite_without_a_warning(number):
    x = gf.placeholder((2,), dtype=np.float32)
    found = gf.Session().run([gf.maximum(x, number), x / number], {x: [1.0, -2.0]})
    largest = np.inf if number > 0 else [1.0, -2.0]
    np.testing.assert_array_equal(found[0], np.broadcast_to(np.float32(largest), (2,)))
    np.testing.assert_array_equal(found[1], [0, 0])


ABSORBED = "np.where(np.logical_and({}, {}), {}, {})"
Q = "np.multiply(x, odd)"  # 0 times an infinity, and others
LOOK_ALIKE = [  # of equations that hold for some numbers and some conditions alone
    ABSORBED.format("np.equal(x, 0)", f"np.logical_not(np.isfinite({Q}))", 0.0, Q),
    ABSORBED.format("np.equal(x, 0)", f"np.logical_not(np.isfinite({Q}))", 7.0, Q),
    ABSORBED.format("np.equal(x, -1.5)", f"np.logical_not(np.isfinite({Q}))", 0.0, Q),
    ABSORBED.format("np.greater(x, -2)", f"np.logical_not(np.isfinite({Q}))", 0.0, Q),
    ABSORBED.format("np.equal(whole, 0)", "np.logical_not(np.isfinite(np.multiply(x, y)))", 0.0,
                    "np.multiply(x, y)"),
    ABSORBED.format("np.equal(x, 0)", "np.logical_not(np.isfinite(y))", 0.0, Q),
    ABSORBED.format("np.equal(x, 0)", f"np.logical_not(np.isnan({Q}))", 0.0, Q),
    ABSORBED.format("np.equal(x, 0)", f"np.isfinite({Q})", 0.0, Q),
    ABSORBED.format("np.equal(x, 0)", "np.greater(y, 0)", 0.0, Q),
    ABSORBED.format("np.equal(np.float64(0), x)", f"np.logical_not(np.isfinite({Q}))", 0.0, Q),
    ABSORBED.format("np.equal(x, np.float64(0))", f"np.logical_not(np.isfinite({Q}))", 0.0, Q),
    "np.multiply(np.divide(1e300, np.add(x, 1e10)), np.multiply(1e9, y))",
    "np.multiply(np.multiply(1e9, y), np.divide(1e300, np.add(x, 1e10)))",
    "np.multiply(1e-200, np.divide(1e200, np.multiply(1e-200, y)))",
    "np.multiply(1e200, np.multiply(1e-200, np.multiply(1e-200, y)))",
    "np.multiply(1e-300, np.multiply(np.multiply(1e9, y), 1e300))",
    "np.divide(1e300, np.multiply(1e-9, y))",
    "np.divide(np.multiply(1e9, y), np.multiply(1e-300, y))",
    "np.multiply(np.multiply(1e9, y), np.multiply(1e300, y))",
    "np.multiply(np.divide(3, short), np.multiply(5, x))",  # divided in single precision
    "np.multiply(y, np.divide(1, short))",
    "np.multiply(y, np.square(np.divide(1, short)))",
    "np.subtract(np.multiply(truth, truth), y)",
    "np.add(np.power(truth, 2), y)",
    "np.multiply(np.square(row), np.square(row))",
]  # fmt: skip


@pytest.mark.parametrize("formula", LOOK_ALIKE)
def test_what_looks_alike_has_the_value_that_numpy_gives_it(formula):
    nodes = {name: gf.placeholder(a.shape, dtype=a.dtype, name=name) for name, a in ARRAYS.items()}
    feeds = {nodes[name]: a for name, a in ARRAYS.items()}
    (got,), _ = gf.Session().run([[value(formula, nodes)], nodes["x"]], feeds)
    expected = np.asarray(value(formula, ARRAYS))
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, 1e-13)
