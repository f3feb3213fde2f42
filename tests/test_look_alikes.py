"""What looks like an equation of programs, and is none or not for these numbers, has its value."""

import numpy as np
import pytest
from test_algebra import equation_holds, images, pooled

import graphflow as gf


def to_largest(r, x, by=None):
    """The gradient of the largest of windows of `r`, as it arrives at `r`."""
    return gf.gradients(pooled(r), r, grad_ys=by)[0]


LOOK_ALIKE = {  # and is not equal, or not for these numbers
    "shifts that differ by place": lambda x, y: pooled(images(x) + gf.expand_dims(y[0], 1)),
    "shifts of one image": lambda x, y: pooled(images(x) + images(y)[:, :1]),
    "clipped by place": lambda x, y: pooled(gf.maximum(images(x), gf.expand_dims(y[0], 1))),
    "largest of shifts that differ by place": lambda x, y: gf.gradients(
        pooled(images(x) + gf.expand_dims(y[0], 1)), x
    )[0],
    "masked where another is not 0": lambda x, y: gf.where(
        gf.sign(images(y)) != 0, to_largest(gf.relu(images(x)), x), 0
    ),
    "masked where it is not 1": lambda x, y: gf.where(
        (r := gf.relu(images(x))) != 1, to_largest(r, x), 0
    ),
    "masked where it is not more": lambda x, y: gf.where(
        (r := gf.relu(images(x))) > 0, to_largest(r, x), 0
    ),
    "masked by what is at least a half": lambda x, y: gf.where(
        (r := gf.maximum(images(x), 0.5)) != 0, to_largest(r, x), 0
    ),
    "masked by what is at most 0": lambda x, y: gf.where(
        (r := gf.minimum(images(x), 0.0)) != 0, to_largest(r, x), 0
    ),
    "masked by a 0 that is an array": lambda x, y: gf.where(
        (r := gf.maximum(images(x), np.zeros(()))) != np.zeros(()), to_largest(r, x), 0
    ),
    "summed where nothing is masked": lambda x, y: gf.sum(to_largest(images(x), x)),
    "summed where another is more": lambda x, y: gf.sum(
        to_largest(images(x), x, gf.where(images(y)[:, 1:] > 0, 1.0, 0.0))
    ),
    "summed where it is more than 1": lambda x, y: gf.sum(
        to_largest(r := images(x), x, gf.where(gf.maximum(pooled(r), 0.0) > 1, images(y)[:, 1:], 0))
    ),
    "summed where it is not less": lambda x, y: gf.sum(
        to_largest(r := images(x), x, gf.where(pooled(r) > 0, images(y)[:, 1:], 0))
    ),
    "summed over images": lambda x, y: gf.sum(
        to_largest(r := images(x), x, gf.where(gf.relu(pooled(r)) > 0, images(y)[:, 1:], 0)), axis=0
    ),
    "summed over places": lambda x, y: gf.sum(
        to_largest(r := images(x), x, gf.where(gf.relu(pooled(r)) > 0, images(y)[:, 1:], 0)), axis=1
    ),
    "placed less an array": lambda x, y: gf.gradients(y[:, 1:], y)[0] - x * 2,
    "placed less placed": lambda x, y: (g := gf.gradients(y[1], y)[0] * 1) - g * x,
    "a row less what is placed": lambda x, y: x[0] - gf.gradients(y[:, 1:], y)[0],
    "placed among others": lambda x, y: (
        x - gf.put_along_axis(y * 2, np.array([[1], [0]]), x[:, :1], 1)
    ),
    "less an array in which something is placed": lambda x, y: (
        y * 2 - (x * 3 - gf.gradients(gf.take_along_axis(y, [[1, 0, 1]], 0), y)[0])
    ),
    "a square and what is none": lambda x, y: gf.sum(gf.square(x) + y),
}


@pytest.mark.parametrize("name", LOOK_ALIKE)
def test_what_looks_like_an_equation_has_its_own_value(name):
    equation_holds(LOOK_ALIKE[name], np.random.default_rng(3).normal(size=(2, 2, 3)), np.float64)
    special = np.array([[0.0, -0.0, np.inf], [-np.inf, np.nan, 1.0]])
    equation_holds(LOOK_ALIKE[name], np.stack([special, np.roll(special, 1)]), np.float64)
