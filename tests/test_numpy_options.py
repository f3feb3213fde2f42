"""Every option of NumPy's functions means for nodes what it means for arrays: values alone."""

import warnings

import numpy as np
import pytest
from numpy_calls import VALUES, Call

import graphflow as gf

INFINITE = "np.where(b, X, np.inf * X)"

# By function, arguments that are tried one after the other; names as in `numpy_calls.py`.
OPTIONS = {
    "rollaxis": [f"C, {a}, {s}" for a in (-1, 0, 1, 2) for s in (-2, 0, 1, 2, 3)],
    "rot90": [*[f"C, {k}, {axes}" for k in (-1, 0, 1, 2, 3, 5) for axes in ((0, 1), (2, 1))]],
    "moveaxis": ["C, 2, 0", "C, (0, 1), (-1, 0)", "C, -1, -2"],
    "roll": ["X, -1, axis=1", "X, 7", "X, (1, 1), axis=(1, 1)", "C, 5, axis=-2"],
    "flip": ["C", "C, 1", "C, (0, -1)"],
    "tile": ["X, 2", "V, (2, 2)", "C, (2, 1)", "S, 3"],
    "repeat": ["X, 2", "X, [1, 2, 0, 3], axis=-1", "X, [2], axis=0", "k, 2, axis=0"],
    "insert": [
        "V, 0, S", "V, -1, S", "V, 5, S", "V, [0, 5], Z[:2]", "V, [2, 2, 0], Z", "V, [-1, 1], S",
        "V, slice(1, 4), Z", "V, slice(None, None, 2), 7.0", "X, 0, V[:4], axis=0",
        "X, 3, 1.5, axis=0", "X, [0, 2], Z[:, None], axis=1", "X, [1], Y[:1], axis=0",
        "X, 2, S", "X, [1, 3], Y[:2], axis=0", "X, 1, Z, axis=-1", "C, 1, X[:2], axis=1",
        "C, [0], C[:, :1], axis=1", "X, 4, Z, axis=1", "V, [], []",
    ],
    "delete": [
        "V, 0", "V, -1", "V, [1, -1]", "V, []", "X, 2", "X, slice(None, None, 2), axis=1",
        "X, [True, False, True], axis=0", "C, 1, axis=-2",
    ],
    "append": ["X, 3.0", "V, W", "C, C[:1], axis=0"],
    "block": [
        "X", "[V, W, S]", "[[X], [Y]]", "[[[C, C]], [[C, C]]]", "[[A, B], [B, A]]", "[[V], [W]]",
    ],
    "atleast_1d": ["V", "X"],
    "atleast_2d": ["S", "C"],
    "atleast_3d": ["S", "V", "C"],
    "column_stack": ["[V, W]", "[X, Y]"],
    "dstack": ["[V, W]", "[C, C]"],
    "vstack": ["[V, W]", "[C, C]"],
    "hstack": ["[S, V]", "[C, C]"],
    "stack": ["[C, C], axis=2", "[S, S]"],
    "split": ["X, [1, 3], axis=1)[2", "X, [1, 3], axis=1)[0"],
    "array_split": ["V, 3)[2", "V, 3)[0", "X, 3, axis=1)[1"],
    "interp": [
        "Q, Q, W", "Q - 0.2, Q, W", "Q + 9, Q, W", "V * 9, Q, W, right=3.0", "V * 9, Q, W, left=S",
        "S, Q, W", "X * 4, Q, W, S, 2.0", "V, Q[:1], W[:1]", "X, Q[:2], W[:2]", "V, Q, n",
    ],
    "gradient": [
        "C, axis=-1", "C, 0.5, axis=(0,)", "C, 0.5)[2", "X, 2.0)[0", "C, 1.0, 2.0, 0.5)[1",
        "X, Q[:3], axis=0", "X, Q[:4], axis=1, edge_order=2", "X, 0.5, Q[:4])[1",
        "X, 0.5, Q[:4])[0",
        "X, axis=(1, 0))[0", "X, 2.0, 0.5, axis=(1, 0))[0", "X, 0.5, axis=1, edge_order=2",
    ],
    "trapezoid": ["C, axis=1", "X, P[0]", "C, dx=2.0", "X, P, axis=0", "V[:1]"],
    "diff": [
        "X, axis=0", "X, 0", "V, 3", "C, 2, axis=-2",
    ],
    "ediff1d": ["X", "V[:1]"],
    "unwrap": [
        "V * 5, 4.0", "X * 4, axis=0", "X * 4, period=5.0", "X * 4, 2.0, axis=0, period=3.0",
    ],
    "convolve": [
        f"{a}, {m!r}" for a in ("Z, V", "V, Z", "V, T[:, 0]") for m in ("full", "same", "valid")
    ],
    "correlate": [
        f"{a}, {m!r}" for a in ("Z, V", "V, T[:, 0]") for m in ("full", "same", "valid")
    ],
    "polyval": ["Z, S", "Z[:1], X", "V, [1.0, 2.0]", "[], X"],
    "polyder": ["V", "V, 0", "V, 4", "V, 5", "Z, 3"],
    "polyint": ["V, 2", "Z, 0"],
    "polyadd": ["Z, V", "V, W"],
    "polysub": ["V, Z"],
    "vander": ["V", "V, 2", "Z, 4, increasing=True", "Z, 1"],
    "isclose": [
        f"X, {INFINITE}", f"{INFINITE}, {INFINITE}", "N, N", "N, N, equal_nan=True",
        "X, Y, rtol=0.5",
        "X, Y, atol=0.5", "X, X * (1 + 1e-6)", "X, X * (1 + 1e-4)", "X * 0, X * 0 + 2e-8",
        f"{INFINITE}, -{INFINITE}", "X, X + 1e-3, 0.0, 1e-2", "-P, -P + 1e-3, 1e-3, 0.0",
    ],
    "allclose": [f"X, {INFINITE}", "N, N", "N, N, equal_nan=True", "X, X + 1, atol=2.0"],
    "array_equal": ["X, Y", "X, Z", "X, X", "N, N", "X, X[:1]"],
    "isposinf": [INFINITE, f"-{INFINITE}"],
    "isneginf": [INFINITE, f"-{INFINITE}"],
    "nan_to_num": [INFINITE, f"-{INFINITE}, posinf=3.0, neginf=-4.0", "N, nan=7.0"],
    "pad": [
        *[f"X, {w}, mode={m!r}" for w in (1, "(2, 0)", "((0, 1), (3, 2))") for m in
          ("edge", "reflect", "symmetric", "wrap", "maximum", "minimum", "mean", "median",
           "linear_ramp", "empty")[:9]],
        *[f"X, 2, mode={m!r}, stat_length={s}" for s in (1, 3, "((1, 2), (3, 4))") for m in
          ("maximum", "minimum", "mean", "median")],
        "X, 9, mode='wrap'", "X, 9, mode='reflect'", "X, 9, mode='symmetric'", "X, 0",
        "X, 1, constant_values=(1, 2)", "X, 2, mode='linear_ramp', end_values=((1, 2), (3, 4))",
        "V[:1], 3, mode='reflect'",
    ],
    "quantile": [
        *[f"V, {q}, method={m!r}" for q in (0, 0.2, 0.25, 0.5, 0.61, 1) for m in
          ("linear", "lower", "higher", "nearest", "midpoint")],
        "X, 0.3", "X, [], axis=0", "C, [0.3], axis=(1, 2), keepdims=True", "V[:1], 0.7",
        "N, [0.2, 0.5], axis=1", "C, [[0.3]], axis=-1, keepdims=True",
    ],
    "percentile": ["X, [0, 100], axis=1", "V, 61, method='nearest'", "X, 12.5, keepdims=True"],
    "nanquantile": [
        "N, 0.5", "N, [0.5], axis=0", "N[:, :1] * np.nan, 0.5, axis=1", "N, 1.0, keepdims=True",
        "N, [0.3], axis=1, keepdims=True",
    ],
    "median": ["C, axis=(0, 2)", "C, axis=1, keepdims=True", "N, axis=1", "V[:4]"],
    "nanmedian": ["N", "N, axis=1, keepdims=True", "N[:, :1] * np.nan"],
    "nanmean": ["N", "N, axis=1, keepdims=True", "N[0, 1:2]"],
    "nansum": ["N", "N[0, 1:2]"],
    "nanvar": ["N", "N, ddof=1", "N, axis=0, ddof=2, keepdims=True"],
    "nanstd": ["N, axis=0", "N, keepdims=True"],
    "nanmax": ["N", "N, axis=1, keepdims=True"],
    "nanmin": ["N, axis=0"],
    "nanargmax": ["N, axis=0", "N"],
    "average": ["X", "X, axis=0", "X, axis=0, weights=Z", "X, axis=1, keepdims=True"],
    "cov": [
        "X, Y", "X, bias=True", "X, ddof=0", "V", "X, Y, rowvar=False", "X[:1]", "V, W, ddof=2",
    ],
    "corrcoef": ["X", "X, Y", "X, rowvar=False", "V, W"],
    "cross": ["A, B, axis=0", "A, Z", "A, B, axisa=0, axisb=1", "A, B, axisa=0, axisb=1, axisc=0"],
    "kron": ["Z, X", "S, X", "A, C", "V, W"],
    "tensordot": [
        "A, B", "X, T, 1", "C, C, ([2, 0], [2, 0])", "Z, U, 0", "C, T, (2, 0)",
        "A, B, axes=([0], [1])",
    ],
    "trace": ["A, 1", "C", "C, -1, 2, 1", "C, axis1=1, axis2=2"],
    "diagonal": ["X, -1", "C", "C, 1", "C, 0, 2, 0", "X, 9"],
    "diag": ["Z, 1", "X", "X, 2", "X, -2", "X, 4"],
    "diagflat": ["Z, 1", "X, -2", "S"],
    "tril": ["X", "X, -1", "C, 2", "X, 9"],
    "triu": ["X", "X, 1", "X, -9"],
    "linspace": ["Z, 3.0, 1", "Z, U, 2", "S, 2.0, 3, endpoint=False", "Z, U, 0"],
    "geomspace": ["P, 3.0, 4", "P[0], P[1], 3, endpoint=False"],
    "logspace": ["Z, U, 3", "S, 2.0, 3, base=3.0", "S, 2.0, 4, endpoint=False"],
    "digitize": [
        "X, [1.0, 0.0, -1.0]", "X, [-1.0, 0.0, 1.0], right=True", "Q, Q", "Q, Q, right=True",
    ],
    "searchsorted": ["Q, Q", "Q, Q, side='right'", "Q, S"],
    "argsort": ["C, axis=1", "n"],
    "sort": ["C, axis=1", "C, axis=-2"],
    "partition": ["V, 0)[0"],
    "cumulative_sum": ["V, include_initial=True", "C, axis=1, include_initial=True"],
    "cumulative_prod": ["V, include_initial=True", "X, axis=0, include_initial=True"],
    "select": ["[b, X > 0], [X, Y]", "[X > 9, X < -9], [X, Y], default=S"],
    "ptp": ["X", "C, axis=(0, 1)", "X, axis=0, keepdims=True"],
    "count_nonzero": ["k, axis=0", "k, axis=(0, 1)", "k, axis=0, keepdims=True"],
    "meshgrid": ["V, Z, S)[0", "V, Z, S)[2", "V, Z, U, indexing='ij')[1", "V)[0"],
    "broadcast_arrays": ["X, V[:4], S)[1"],
    "expand_dims": ["X, (0, 3)", "X, -1"],
    "squeeze": ["X[None, :, None]", "X[None, :, None], (0, 2)", "X[None], -3"],
    "ravel": ["S", "C"],
    "swapaxes": ["C, -1, 0"],
    "transpose": ["C", "C, (-1, 0, 1)"],
    "compress": ["[1, 0, 1], X, axis=1", "[True], V"],
    "take": ["C, 1, axis=1", "C, [[0, -1]], axis=-1"],
    "isin": ["n, [1, 5]"],
    "clip": ["X, None, 0.5", "X, Y, Y + 1"],
    "round": ["X * 100, -1", "X, 2", "X"],
    "heaviside": ["X * b, 0.5"],
    "fft.fft2": ["C, axes=(2, 0)", "X, (4, 3), axes=(1, 0)", "X + 1j * Y, norm='ortho'"],
    "fft.ifftn": ["C, (3, 2), axes=(2, 1)"],
    "fft.rfftn": ["C, axes=(2, 0)", "C, (3, 5), axes=(1, 0)", "C, axes=(1, 2), norm='forward'"],
    "fft.irfftn": ["C, axes=(2, 1)", "C, (5, 4), axes=(2, 0)"],
    "fft.rfft2": ["X, axes=(1, 0)"],
    "fft.irfft2": ["X, (4, 3), axes=(1, 0)"],
    "fft.hfft": ["V, 4", "X, axis=0", "V, 7, norm='ortho'"],
    "fft.ihfft": ["V, 4", "X, axis=0", "V, norm='forward'"],
    "fft.fft": ["X, 2", "X, 6, axis=0", "X, norm='forward'"],
    "fft.irfft": ["X, 5", "X, 9, axis=0", "S + V"],
    "fft.fftshift": ["X, 1", "C, (0, 2)"],
    "fft.ifftshift": ["X", "C, (0, 2)"],
    "linalg.norm": [
        *[f"X, {o}" for o in (1, -1, 2, -2, "np.inf", "-np.inf")],
        "V, 0", "V, -1", "V, 2.5", "V, -np.inf",
        "C, axis=(0, 2)", "C, 1, axis=(2, 0)", "C, 2, axis=1, keepdims=True", "C",
        "X, 'fro', keepdims=True",
        "C, 'nuc', axis=(1, 2)", "C, np.inf, axis=(0, 1), keepdims=True",
    ],
    "linalg.vector_norm": [
        "X", "X, ord=1", "C, axis=(0, 1), keepdims=True", "X, ord=np.inf, axis=1",
        "X, ord=0, axis=0",
    ],
    "linalg.matrix_norm": [
        "C", "C, ord='nuc'", "X, ord=-1", "C, ord=2, keepdims=True", "C, ord=-np.inf",
    ],
    "linalg.matrix_power": ["A, 0", "A, 1", "A, 2", "A, 5", "A, -1", "A, -3", "D, 3"],
    "linalg.multi_dot": ["[V[:3], A, B, Z]", "[X, T]", "[A, B, X, T]", "[Z, A, B]"],
    "linalg.cond": ["A, 1", "A, np.inf", "A, 'fro'", "T", "D"],
    "linalg.pinv": ["T", "C"],
    "linalg.diagonal": ["C, offset=-1", "X, offset=2"],
    "linalg.trace": ["D", "X, offset=-1"],
    "linalg.matrix_rank": ["A - A", "D", "np.ones((3, 3)) * S"],
    "linalg.cross": ["A, B, axis=0"],
    "linalg.vecdot": ["A, Z"],
}  # fmt: skip
TEXTS = [
    f"np.{name}({row}" + ("]" if row.count("[") > row.count("]") else ")")
    for name, rows in OPTIONS.items()
    for row in rows
]


@pytest.mark.parametrize("text", TEXTS)
def test_an_option_is_for_nodes_what_it_is_for_arrays(text):
    call = Call(text, "")
    names = call.names
    nodes = {name: gf.placeholder(VALUES[name].shape, name=name) for name in names}
    nodes = nodes or {name: gf.constant(VALUES[name]) for name in "nkm"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own, of slices of only NaN and the like
        expected = np.asarray(call.evaluated())
    y = call.evaluated(**nodes)
    got = gf.Session().run(y, {nodes[name]: VALUES[name] for name in names})
    assert got.dtype == y.dtype == expected.dtype
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_bins_that_neither_rise_nor_fall_are_refused():
    with pytest.raises(gf.ShapeError, match="digitize: bins rise or fall"):
        gf.digitize(gf.placeholder((3,)), [0.0, 2.0, 1.0])
