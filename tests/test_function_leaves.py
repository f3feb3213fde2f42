"""What of a Python function's arguments is an array, what it is called, and what is kept of it."""

import sys
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

import graphflow as gf


@dataclass
class Scaled:
    weight: object
    note: str = "none"
    seen: int = field(default=0, init=False)


class Pair(NamedTuple):
    left: object
    right: object


def test_numbers_of_numpy_and_complex_ones_are_leaves_and_pythons_integers_are_not():
    calls = []

    @gf.function
    def power(x, n):
        calls.append(n)
        total = x
        for _ in range(n - 1):
            total = total * x
        return total

    for x in (np.float32(2.0), np.float32(3.0), 2.0 + 1.0j, 3.0 - 1.0j, np.int64(2), 2.0):
        for n in (1, 3):
            found = power(x, n)
            assert found == x**n
            assert found.dtype == np.asarray(x).dtype
    assert calls == [1, 3] * 4  # float32, complex, int64, float64


def test_arrays_keep_their_dtypes_and_python_floats_take_that_beside_them():
    @gf.function
    def both(x, a):
        return x, a

    for dtype, beside in (
        (np.float32, np.float32),
        (np.complex64, np.float32),
        (np.int64, float),
        (np.complex128, float),
        (np.bool_, float),
    ):
        x, a = both(np.ones(2, dtype), 0.5)
        assert (x.dtype, a.dtype) == (np.dtype(dtype), np.dtype(beside))


def test_classes_and_what_a_dataclass_does_not_take_are_no_arrays():
    @gf.function
    def scaled(x, kind, given):
        assert kind is Scaled
        return Scaled(x * given.weight, given.note)

    found = scaled(np.array([1.0, 2.0]), Scaled, Scaled(3.0, "three"))
    np.testing.assert_array_equal(found.weight, [3.0, 6.0])
    assert (found.note, found.seen) == ("three", 0)


def test_placeholders_are_named_after_parameters_keys_and_fields():
    names = []

    @gf.function
    def total(params, *rest, **more):
        leaves = [params["a b"], *params["pair"], params["scaled"].weight, *rest, *more.values()]
        names.extend(leaf.name for leaf in leaves)
        return sum(gf.sum(leaf) for leaf in leaves)

    params = {"a b": 1.0, "pair": Pair(2.0, 3.0), "scaled": Scaled(4.0)}
    assert total(params, 5.0, [6.0][0], last=7.0, **{"": 8.0}) == 36.0
    assert names == [
        "params_a_b", "params_pair_left", "params_pair_right", "params_scaled_weight",
        "rest", "more", "last", "x",
    ]  # fmt: skip
    assert repr(total).startswith("<TracedFunction test_placeholders")


def test_a_call_with_nodes_builds_nodes():
    @gf.function
    def double(x):
        return x * 2.0

    node = double(gf.constant([1.0, 2.0]))
    assert isinstance(node, gf.Node)
    np.testing.assert_array_equal(gf.Session().run(node), [2.0, 4.0])
    assert double.trace_count == 0


def test_numbers_that_are_returned_are_arrays_whatever_was_given():
    @gf.function
    def three(x):
        return 3, {"half": 0.5}

    count, half = three(np.ones(2))
    assert count == 3
    assert isinstance(count, np.integer)
    assert half == {"half": 0.5}


def test_the_graphs_of_late_are_kept(monkeypatch):
    monkeypatch.setattr(sys.modules["graphflow.function.function"], "_TRACES_KEPT", 2)
    sizes = []

    @gf.function
    def total(x):
        sizes.append(x.shape[0])
        return gf.sum(x)

    for size in (1, 2, 1, 3, 1, 2):
        total(np.ones(size))
    assert sizes == [1, 2, 3, 2]  # 1 was used between, so 2 had to go for 3


def test_a_gradient_by_a_python_integer_is_that_by_the_float():
    assert gf.grad(lambda x: x * x)(3) == 6.0
    assert gf.grad(lambda x, a: a["n"] * x, argnums=1)(2.0, {"n": 3}) == {"n": 2.0}


@pytest.mark.parametrize("place", [1, -2, 2])
def test_an_argument_that_was_not_given_is_named(place):
    with pytest.raises(gf.DTypeError, match=f"argnums has {place}, but 1 arguments were given"):
        gf.grad(lambda x: x * x, argnums=place)(3.0)


def test_a_jacobian_of_zeros_needs_known_sizes_and_a_gradient_a_number():
    def held(x):
        return gf.unique_values(gf.stop_gradient(x))

    with pytest.raises(gf.ShapeError, match="every size must be known"):
        gf.jacobian_of(held)(np.ones(2))
    with pytest.raises(gf.ShapeError, match="every size must be known"):
        gf.jacobian_of(lambda x: gf.sum(gf.stop_gradient(x)))(gf.placeholder())
    with pytest.raises(gf.ShapeError, match="every size must be known"):
        gf.jacobian_of(lambda x: gf.py_func(np.sin, [gf.stop_gradient(x)], None, float))(np.ones(2))
    zeros = gf.jacobian_of(lambda x: gf.sum(gf.stop_gradient(x)))(np.ones(2))
    np.testing.assert_array_equal(zeros, [0.0, 0.0])
    with pytest.raises(gf.ShapeError, match=r"an array of shape \[2, 3\], not a scalar"):
        gf.grad(lambda x: x * 2)(np.ones((2, 3)))
    with pytest.raises(gf.ShapeError, match=r"an array of shape \[\.\.\.\], not a scalar"):
        gf.grad(lambda x: gf.py_func(np.sin, [x], None, float))(np.ones(2))
