"""Forms of the operations on arrays: reductions, shapes, entries, order, random draws."""

from __future__ import annotations

from ..domains import ANY, BOOLEANS, NOT_ZERO, POSITIVE, distinct, integers, reals
from .form import Form, Sizes, alike, axes, full, vector

_DISTINCT = distinct()
_FACTORS = reals(-4, 4)
_MODERATE = reals(-9, 9)
_INDEX, _CLASS = integers(0, 2), integers(0, 3)


def _long(*shapes: Sizes) -> bool:
    """Whether the first operand has at least two entries along its first axis."""
    return vector(shapes[0]) and shapes[0][0] >= 2


def _plane(*shapes: Sizes) -> bool:
    return len(shapes[0]) >= 2


def _line(*shapes: Sizes) -> bool:
    return all(len(shape) == 1 and shape[0] > 0 for shape in shapes)


def _of_one(*shapes: Sizes) -> bool:
    return len(shapes[0]) >= 1 and shapes[0][0] == 1


def _row_of(*shapes: Sizes) -> bool:
    """Whether the first operand is made of rows that the others are shaped as, or numbers."""
    return _long(shapes[0]) and all(shape in ((), shapes[0][1:]) for shape in shapes[1:])


def _labelled(*shapes: Sizes) -> bool:
    """Whether the first operand is the numbers of classes of the second's rows."""
    if len(shapes) == 1:
        return True
    return bool(shapes[1]) and shapes[0] == shapes[1][:-1] and shapes[1][-1] >= 2


def _sorted_by(*shapes: Sizes) -> bool:
    return shapes[0] == (1,)


def _summed(*shapes: Sizes) -> bool:
    if len(shapes) == 1:
        return True
    big, small = shapes[0], shapes[1]
    if len(small) > len(big):
        return False
    return all(s in (1, b) for s, b in zip(small[::-1], big[::-1], strict=False))


def _spread(*shapes: Sizes) -> bool:
    return len(shapes) == 1 or _summed(shapes[1], shapes[0])


REDUCTION = [
    Form("Sum", "gf.sum({0}{axes})", (ANY,)),
    Form("Mean", "gf.mean({0}{axes})", (ANY,), full),
    Form("Max", "gf.max({0}{axes})", (_DISTINCT,), full),
    Form("Min", "gf.min({0}{axes})", (_DISTINCT,), full),
    Form("LogSumExp", "gf.logsumexp({0}{axes})", (ANY,), full),
    Form("Norm2", "gf.norm2({0}{axes})", (NOT_ZERO,), full),
    Form("WeightedLogSumExp", "gf.ops.reduction.weighted_logsumexp({0}, {1})", (ANY, POSITIVE),
         full),
    Form("AllTrue", "gf.all({0}{axes})", (BOOLEANS,)),
    Form("AnyTrue", "gf.any({0}{axes})", (BOOLEANS,)),
    Form("ArgMax", "gf.argmax({0}, {axis})", (_DISTINCT,), vector),
    Form("ArgMin", "gf.argmin({0}, {axis})", (_DISTINCT,), vector),
    Form("Prod", "gf.prod({0}{axes})", (_FACTORS,), full, needs="sizes"),
    Form("Cumsum", "gf.cumsum({0}, {axis})", (ANY,), axes, needs="rank"),
    Form("Cumprod", "gf.cumprod({0}, {axis})", (_FACTORS,), axes, needs="sizes"),
    Form("Softmax", "gf.softmax({0}, {axis})", (_MODERATE,), vector),
    Form("LogSoftmax", "gf.log_softmax({0}, {axis})", (ANY,), vector),
    Form("SoftmaxCrossEntropy",
         "gf.softmax_cross_entropy_with_logits(labels={0}, logits={1})", (POSITIVE, ANY),
         lambda *s: alike(*s) and vector(*s)),
    Form("SparseSoftmaxCrossEntropy",
         "gf.sparse_softmax_cross_entropy_with_logits(labels={0}, logits={1})", (_INDEX, ANY),
         _labelled),
]  # fmt: skip

SHAPING = [
    Form("Transpose", "gf.transpose({0})", (ANY,), axes),
    Form("Transpose", "gf.permute_dims({0}, (1, 0, 2))", (ANY,), lambda x: len(x) == 3),
    Form("Reshape", "gf.reshape({0}, -1)", (ANY,)),
    Form("Reshape", "gf.reshape({0}, (-1, 1))", (ANY,), full),
    Form("Swapaxes", "gf.swapaxes({0}, 0, -1)", (ANY,), _plane),
    Form("ExpandDims", "gf.expand_dims({0}, 0)", (ANY,), lambda x: len(x) < 3),
    Form("Getitem", "{0}[..., None]", (ANY,), lambda x: len(x) < 3),
    Form("Squeeze", "gf.squeeze({0}, 0)", (ANY,), _of_one),
    Form("BroadcastTo", "gf.broadcast_to({0}, (2, *{shape}))", (ANY,), lambda x: len(x) < 3),
    Form("Concatenate", "gf.concatenate([{0}, {1}], {axis})", (ANY, ANY), alike),
    Form("Stack", "gf.stack([{0}, {1}], -1)", (ANY, ANY),
         lambda *s: len(set(s)) == 1 and len(s[0]) < 3),
    Form("ZerosLike", "gf.zeros_like({0})", (ANY,)),
    Form("OnesLike", "gf.ones_like({0})", (ANY,)),
    Form("Pad", "gf.pad({0}, (1, 2))", (ANY,), _line, needs="rank"),
    Form("SumTo", "gf.ops.array.SumTo({0}, {1})", (ANY, ANY), _summed),
    Form("BroadcastLike", "gf.ops.array.BroadcastLike({0}, {1})", (ANY, ANY), _spread),
    Form("ReshapeLike", "gf.ops.array.ReshapeLike(gf.reshape({0}, -1), {0})", (ANY,)),
    Form("SameShape", "gf.ops.array.SameShape({0}, {1})", (ANY, ANY),
         lambda *s: len(set(s)) == 1),
    Form("Count", "gf.ops.array.Count({0}, axis=-1, to=np.dtype(np.float64))", (ANY,), axes),
    Form("ConcatenatePart",
         "gf.ops.array.ConcatenatePart(gf.concatenate([{0}, {1}]), {0}, {1}, axis=0, index=1)",
         (ANY, ANY), alike),
]  # fmt: skip

ENTRIES = [
    Form("Getitem", "{0}[0]", (ANY,), vector),
    Form("Getitem", "{0}[-1]", (ANY,), vector),
    Form("Getitem", "{0}[::-1]", (ANY,), axes),
    Form("Getitem", "{0}[1:]", (ANY,), axes),
    Form("Getitem", "{0}[..., :1]", (ANY,), axes),
    Form("Getitem", "{0}[np.array([0, 1, 0])]", (ANY,), _long),  # an entry twice
    Form("Getitem", "{0}[{1}]", (ANY, _INDEX), lambda x, *i: _long(x) and len(*i or ((),)) < 3),
    Form("TakeAlongAxis", "gf.take_along_axis({0}, np.zeros({shape}, int), {axis})", (ANY,),
         vector),
    Form("IndexSet", "{0}.at[1].set({1})", (ANY, ANY), _row_of),
    Form("IndexAdd", "{0}.at[1].add({1})", (ANY, ANY), _row_of),
    Form("IndexMultiply", "{0}.at[1].multiply({1})", (ANY, ANY), _row_of),
    Form("IndexMaximum", "{0}.at[1].max({1} + 9)", (_MODERATE, reals(1, 9)), _row_of),
    Form("IndexMinimum", "{0}.at[1].min({1} - 9)", (_MODERATE, reals(-9, -1)), _row_of),
    Form("PutAlongAxis",
         "gf.ops.indexing.PutAlongAxis({0}[:1], {0}, np.zeros((1, *{shape}[1:]), int), axis=0)",
         (ANY,), _long),
    Form("IndexSet", "gf.put_along_axis({0}, np.zeros((1, *{shape}[1:]), int), {1}, 0)",
         (ANY, ANY), lambda *s: _long(*s) and s[1:] in ((), ((),)), needs="sizes"),
    Form("OneHot", "gf.one_hot({0}, 3)", (_CLASS,), lambda x: len(x) < 3),
    Form("LastWriter",
         "gf.ops.update.LastWriter({0}, {1}, key=(gf.ops.indexing.PICKED,))", (ANY, _INDEX),
         lambda *s: _long(*s) and all(len(shape) == 1 for shape in s)),
]  # fmt: skip

ORDER = [
    Form("Argsort", "gf.argsort({0}, {axis})", (_DISTINCT,), vector),
    Form("TakeAlongAxis", "gf.sort({0})", (_DISTINCT,), vector, needs="rank"),
    Form("Argpartition", "gf.argpartition({0}, 0)[..., 0]", (_DISTINCT,), vector, needs="rank"),
    Form("Searchsorted", "gf.searchsorted({0}, {1})", (ANY, ANY), _sorted_by, apart=True),
    Form("Bincount", "gf.bincount({0}, {1}, 3)", (_CLASS, ANY),
         lambda *s: _line(*s) and len(set(s)) == 1),
    Form("Flatnonzero", "gf.flatnonzero({0} > -99)", (ANY,), full),
    Form("UniqueIndices", "gf.unique_all({0}).indices", (_DISTINCT,), full),
    Form("UniqueInverse", "gf.unique_inverse({0}).inverse_indices", (_DISTINCT,), full),
    Form("UniqueCounts", "gf.unique_counts({0}).counts", (_DISTINCT,), full),
    Form("Convolve", "gf.convolve({0}, {1})", (_MODERATE, _MODERATE), _line, needs="rank"),
    Form("Fft", "gf.real(gf.fft.fft({0}))", (ANY,), vector, needs="rank"),
    Form("Rfft", "gf.imag(gf.fft.rfft({0}))", (ANY,), vector, needs="sizes"),
    Form("Irfft", "gf.fft.irfft({0})", (ANY,), lambda x: vector(x) and x[-1] >= 2, needs="sizes"),
]  # fmt: skip

RANDOM = [
    Form("RandomNormal", "{0} + gf.random.normal({shape})", (ANY,)),
    Form("RandomUniform", "{0} * gf.random.uniform({shape})", (ANY,)),
    Form("UniformLike", "gf.ops.random.uniform_like({0})", (ANY,)),
    Form("RandomGamma", "gf.random.gamma({0}, {shape})", (reals(0.5, 4),)),
]

ARRAYS = [*REDUCTION, *SHAPING, *ENTRIES, *ORDER, *RANDOM]
