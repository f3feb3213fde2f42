"""The rows of what picks, places and orders entries."""

import numpy as np
from trials import ALONG, AXIS, BOOLS, INTS, Case, binary, unary

import graphflow as gf
from graphflow import ops
from graphflow.ops.indexing import PICKED, Slice
from graphflow.testing.domains import ANY, STEPS, distinct, integers, reals

ONE = (PICKED,)
SOME = (Slice((1, None, None)),)
CHANGES = (((3,), (4,), (4,)), ((3, 2), (2, 2), (2,)), ((3, 2), (2, 1), (2,)), ((3,), (), (2,)))


def changed(ufunc):
    """NumPy's in-place function as one that makes a new array."""

    def reference(x, values, i):
        result = x.copy()
        ufunc(result, i, values)
        return result

    return reference


def assigned(x, i, values):
    x[i] = values


def at(method):
    """x.at[i].method(values) with the operands in the order of the inputs."""
    return lambda x, values, i: getattr(x.at[i], method)(values)


def last_writers(x, i):
    """For each entry of i, whether none behind it has its number."""
    return np.array([n not in list(i[k + 1 :]) for k, n in enumerate(i)], bool)


NUMBERS = integers(0, 3)
PLACES = [
    Case("IndexSet", at("set"), changed(assigned), (ANY, ANY, NUMBERS), CHANGES),
    Case("IndexSet", lambda x, v: x.at[1:].set(v), lambda x, v: np.concatenate([x[:1], v]),
         (ANY, ANY), (((3,), (2,)), ((3, 2), (2, 2)))),
    Case("LastWriter", lambda x, i: ops.update.LastWriter(x, i, key=ONE), last_writers,
         (ANY, NUMBERS), (((3,), (5,)), ((3,), (0,)))),
    Case("IndexMultiply", at("multiply"), changed(np.multiply.at), (ANY, ANY, NUMBERS), CHANGES),
    Case("IndexMultiply", lambda x, values: x.at[1:].multiply(values),
         lambda x, values: np.concatenate([x[:1], x[1:] * values]), (ANY, ANY),
         (((3,), (2,)), ((3, 2), (2,)), ((3, 2), ()))),
    Case("IndexMaximum", at("max"), changed(np.maximum.at), (distinct(), reals(-1, 1), NUMBERS),
         CHANGES, twice=distinct()),
    Case("IndexMinimum", at("min"), changed(np.minimum.at), (distinct(), reals(-1, 1), NUMBERS),
         CHANGES, twice=distinct()),
    Case("Pad", lambda x: gf.pad(x, (1, 2)), lambda x: np.pad(x, (1, 2)), (ANY,),
         (((3,),), ((2, 3),), ((0, 2),), ((1,),)), others=INTS + BOOLS, needs_rank=True),
    Case("Convolve", gf.convolve, np.convolve, (ANY, ANY),
         (((4,), (2,)), ((1,), (1,)), ((2,), (3,))), needs_rank=True),
    Case("Convolve", lambda a, v: ops.compose.Convolve(a, v, mode="valid"),
         lambda a, v: np.convolve(a, v, "valid"), (ANY, ANY), (((4,), (2,)), ((3,), (3,))),
         needs_rank=True),
    Case("Argsort", gf.argsort, lambda x, axis: np.argsort(x, axis, kind="stable"), (STEPS,),
         ALONG, AXIS, others=INTS),
    Case("Argpartition", lambda x: gf.argpartition(x, 0)[..., 0], lambda x: np.argmin(x, -1),
         (distinct(),), (((3,),), ((2, 3),)), needs_rank=True),
    Case("Searchsorted", gf.searchsorted, np.searchsorted, (reals(0, 0.1), ANY),
         (((1,), (3,)), ((1,), ()), ((0,), (2, 3))), ({"side": "left"}, {"side": "right"})),
    Case("Bincount", lambda x, w: gf.bincount(x, w, 5), lambda x, w: np.bincount(x, w, 5).astype(
         w.dtype), (integers(0, 5), ANY), (((4,), (4,)), ((0,), (0,)))),
    *[Case(op, build, reference, (integers(0, 4),), (((5,),), ((2, 3),), ((0,),)), counts=True)
      for op, build, reference in [
          ("Flatnonzero", lambda x: gf.flatnonzero(x), np.flatnonzero),
          ("UniqueIndices", lambda x: gf.unique_all(x).indices, lambda x: np.unique_all(x).indices),
          ("UniqueCounts", lambda x: gf.unique_counts(x).counts,
           lambda x: np.unique_counts(x).counts),
          ("UniqueInverse", lambda x: gf.unique_inverse(x).inverse_indices,
           lambda x: np.unique_inverse(x).inverse_indices),
      ]],
    Case("Fft", lambda x: gf.real(gf.fft.fft(x)), lambda x: np.fft.fft(x).real, (ANY,),
         (((4,),), ((1,),), ((2, 3),)), needs_rank=True),
    Case("Rfft", lambda x: gf.imag(gf.fft.rfft(x)), lambda x: np.fft.rfft(x).imag, (ANY,),
         (((4,),), ((1,),), ((2, 3),)), needs_rank=True, needs_sizes=True),
    Case("Irfft", gf.fft.irfft, np.fft.irfft, (ANY,), (((4,),), ((2,),), ((2, 3),)),
         needs_rank=True, needs_sizes=True),
    binary("Fmod", gf.fmod, np.fmod, reals(2.1, 2.9), reals(1.1, 1.9)),
    unary("Signbit", gf.signbit, np.signbit, ANY),
    binary("LeftShift", gf.left_shift, np.left_shift, integers(0, 9), integers(0, 5), dtypes=INTS),
    binary("RightShift", gf.right_shift, np.right_shift, integers(0, 99), integers(0, 5),
           dtypes=INTS),
]  # fmt: skip
