"""The table of primitives is what it says, and the tracer reads it as NumPy computes."""

import numpy as np
import pytest
import scipy.special

import graphflow as gf
from graphflow.primitives import TABLE, Spec, Tracer, spec_of, table
from graphflow.primitives import tracer as tracer_module


def spec(*shape, dtype=float):
    return Spec(shape, np.dtype(dtype))


def test_the_table_has_numpys_functions_and_scipys_under_their_names():
    rows = {row.name: row for row in table._rows()}
    assert rows.keys() == TABLE.keys()
    for name in table.UFUNCS:
        assert rows[name].function is getattr(np, name)
        operand = spec("n", dtype=int if name.endswith("shift") else bool)
        given = [operand] * getattr(np, name).nin
        if name not in ("subtract", "negative", "positive", "sign"):  # which booleans do not have
            assert rows[name].rule(*given).shape == ("n",)
    x = np.array([0.25, 0.5])
    np.testing.assert_array_equal(rows["sum"].function(x), 0.75)
    np.testing.assert_array_equal(rows["erf"].function(x), scipy.special.erf(x))
    np.testing.assert_array_equal(rows["jv"].function(x, 2), scipy.special.jv(2, x))
    assert rows["sum"].rule(spec("n")) == rows["max"].rule(spec("n")) == spec()
    assert rows["sum"].rule(spec(0)) == spec()
    assert rows["any"].rule(spec("n")).dtype.name == "bool"
    with pytest.raises(gf.ShapeError, match="nothing to choose from"):
        rows["max"].rule(spec(0))
    assert rows["erf"].rule(spec("n")) == rows["jv"].rule(spec("n"), 2) == spec("n")


def test_draws_and_changes_have_the_shape_of_what_they_are_like():
    assert TABLE["random_gamma"].rule(None, spec("n", dtype="f"), 3) == spec("n", dtype="f")
    assert TABLE["entry_of_class"].rule(spec("n", 1), spec("n", dtype=int)) == spec("n")
    rule = TABLE["put_along_axis_add"].rule
    assert rule(spec("n", 3), spec(2, 3, dtype=int), spec(2, 3), 0) == spec("n", 3)
    with pytest.raises(gf.ShapeError, match="ranks differ"):
        rule(spec("n", 3), spec(3, dtype=int), spec(3), 0)


def test_a_traced_array_has_the_methods_and_operators_of_an_array():
    tracer = Tracer()
    x, y = tracer.input(spec("n", 4, dtype="f")), tracer.input(spec(4, dtype=int))
    read = {
        x.T: spec(4, "n", dtype="f"),
        x.reshape(2, -1): spec(2, None, dtype="f"),
        x.reshape((2, -1)): spec(2, None, dtype="f"),
        y.reshape(4): spec(4, dtype=int),
        x.astype(np.float64): spec("n", 4),
        x.sum(axis=0): spec(4, dtype="f"),
        x.mean(axis=1, keepdims=True): spec("n", 1, dtype="f"),
        x.max(axis=1): spec("n", dtype="f"),
        x.min(): spec(dtype="f"),
        x[0]: spec(4, dtype="f"),
        x[:, 1:3]: spec("n", 2, dtype="f"),
        x + y: spec("n", 4),
        2 - x: spec("n", 4, dtype="f"),
        x @ y: spec("n"),
        y // 2: spec(4, dtype=int),
        y / 2: spec(4),
        1 << y: spec(4, dtype=int),
        x > y: spec("n", 4, dtype=bool),
        -y: spec(4, dtype=int),
        abs(x): spec("n", 4, dtype="f"),
        tracer.concatenate((x, x), axis=1): spec("n", 8, dtype="f"),
        tracer.concat([y, y]): spec(8, dtype=int),
        tracer.where(x > 0, x, 0): spec("n", 4, dtype="f"),
    }
    for found, wanted in read.items():
        assert found.spec == wanted
        assert (found.shape, found.dtype, found.ndim) == (*wanted[:2], len(wanted.shape))
    with pytest.raises(gf.ShapeError, match="the shape of an array of unknown rank"):
        tracer.input(Spec(None, np.dtype(float))).ndim


def test_a_traced_array_is_indexed_by_traced_arrays_and_numpys():
    tracer = Tracer()
    x, at = tracer.input(spec("n", 4)), tracer.input(spec(2, 3, dtype=int))
    assert x[:, at].spec == spec("n", 2, 3)
    assert x[np.array([0, 1])].spec == spec(2, 4)
    assert x[:, at, None].spec == spec("n", 2, 3, 1)


def test_operators_of_arrays_are_the_primitives_in_either_order():
    tracer = Tracer()
    x, y = tracer.input(spec(2, 3)), tracer.input(spec(4, 2))
    forward, backward = tracer_module._binary("matmul")
    assert forward(y, x).spec == backward(x, y).spec == spec(4, 3)
    assert tracer_module._unary("negative")(x).spec == spec(2, 3)


def test_what_is_no_primitive_is_refused_by_name():
    with pytest.raises(gf.GraphflowError, match="compute calls xp.convolve2d, which is not a prim"):
        Tracer().convolve2d


def test_numbers_and_arrays_have_specs():
    assert spec_of(2.0) == Spec((), np.dtype(float), True)
    found = spec_of(np.ones((2, 3), np.float32))
    assert (found.shape, found.dtype.name, found.weak) == ((2, 3), "float32", False)
    assert spec_of(Tracer().input(spec("n"))) == spec("n")
