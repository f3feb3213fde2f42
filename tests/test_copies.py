"""Copies of graphs keep every dtype, or make all floats of less than 64 bits wide."""

from typing import NamedTuple

import numpy as np
import pytest

import graphflow as gf
from graphflow.copies import copied


def formula():
    x = gf.placeholder((2,), np.float32, name="x")
    n = gf.constant(np.array([1, 2]))
    half = gf.cast(gf.cast(x, np.float64) * 3.0, np.float32)
    return x, gf.print(x * 2 + half * np.float32(0.5), message="y") * n


@pytest.mark.parametrize("widen", [False, True])
def test_a_copy_keeps_dtypes_and_a_wide_one_has_float64_throughout(widen, capsys):
    x, y = formula()
    images = copied([y], {x.number}, widen=widen)
    at = np.array([0.1, 0.7], np.float32)
    leaf = images[x.number]
    assert leaf.dtype == (np.float64 if widen else np.float32)
    found = gf.Session().run(images[y.number], {leaf: at})
    assert capsys.readouterr().out == ""  # a copy is silent
    assert found.dtype == np.float64  # beside int64
    floats = [n for n in images.values() if isinstance(n, gf.Node) and n.dtype.kind == "f"]
    narrow = [n for n in floats if n.dtype == np.float32]
    assert bool(narrow) is not widen
    if widen:
        np.testing.assert_allclose(found, at.astype(float) * 3.5 * [1, 2], 1e-15)
    else:
        third = (at.astype(float) * 3).astype(np.float32)
        np.testing.assert_array_equal(found, (at * 2 + third * np.float32(0.5)) * np.array([1, 2]))


def test_a_wide_copy_has_complex_numbers_of_128_bits_throughout():
    x = gf.placeholder((2,), np.float32, name="x")
    y = gf.imag(gf.cast(x, np.complex64) ** 2 * (1 + 0.3j))
    images = copied(gf.gradients(y, x), {x.number}, widen=True)
    kinds = {n.dtype.name for n in images.values() if isinstance(n, gf.Node)}
    assert kinds == {"float64", "complex128"}


class Pair(NamedTuple):
    first: object
    second: object


class Row(list):
    pass


def test_fetches_come_back_in_containers_of_their_own_class_every_time():
    session, x = gf.Session(), gf.placeholder(())
    y = x * 2
    for fetch in (Pair(x, y), Row([x, y]), [Row([x]), Pair(y, [x])], (), [(x,), {"y": y}]):
        for value in (1.0, 3.0, 5.0):  # the third time by the short way
            found = session.run(fetch, {x: value}) if fetch else session.run(fetch)
            assert type(found) is type(fetch)
            expected = eval(
                repr(fetch).replace(repr(x), "x").replace(repr(y), "y"),
                {"x": value, "y": 2 * value, "Pair": Pair},
            )
            assert found == expected
            assert [type(part) for part in found if isinstance(part, list | tuple)] == [
                type(part) for part in fetch if isinstance(part, list | tuple)
            ]


def test_a_function_gives_containers_of_their_own_class_every_time():
    x = gf.placeholder(())
    for fetch in (Pair(x, x * 2), Row([x, x * 2])):
        function = gf.function(fetch, [x])
        for value in (1.0, 3.0, 5.0):
            found = function(value)
            assert type(found) is type(fetch)
            assert list(found) == [value, 2 * value]
