"""Write docs/coverage.md: which public functions of NumPy, the Array API and SciPy there are here.

    python docs/make_coverage.py

It walks the public names, and for each builds the calls of `tests/numpy_calls.py` with nodes: what
the table says of a gradient is what came of taking it. A function that is neither there nor explained
below is an error.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from numpy_calls import VALUES, Call, calls  # noqa: E402

import graphflow as gf  # noqa: E402

# ---- what is not there, and why ---------------------------------------------------------------

WHY_NOT = {
    "makes an array from nothing, no node is given to it: `gf.{name}`": (
        "arange asarray empty eye full identity ones tri zeros fft.fftfreq fft.rfftfreq"
    ),
    "makes an array from nothing: call it and use the array": (
        "array asanyarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix bartlett "
        "blackman bmat copy diag_indices frombuffer fromfile fromfunction fromiter from_dlpack "
        "fromregex fromstring genfromtxt hamming hanning indices kaiser load loadtxt mask_indices "
        "require tril_indices triu_indices ix_ unravel_index ravel_multi_index "
    ),
    "changes its argument, and nodes are frozen: `x.at[key].set(...)`": (
        "copyto fill_diagonal place put putmask"
    ),
    "changes its argument in NumPy; `gf.put_along_axis` makes a new array": "put_along_axis",
    "asks about a static fact, which a node knows: `x.shape`, `x.dtype`": (
        "broadcast_shapes can_cast common_type isdtype isfortran isscalar issubdtype "
        "min_scalar_type mintypecode promote_types result_type typename may_share_memory "
        "shares_memory diag_indices_from tril_indices_from triu_indices_from iterable"
    ),
    "answered at once for a node, from what is known of it": (
        "iscomplexobj isrealobj ndim shape size"
    ),
    "how many results there are depends on values": (
        "intersect1d setdiff1d setxor1d union1d trim_zeros resize"
    ),
    "counts, without a gradient: `gf.searchsorted` and `gf.bincount`": (
        "histogram histogram2d histogramdd histogram_bin_edges"
    ),
    "of integers, bits, dates or text": (
        "base_repr binary_repr bitwise_count busday_count busday_offset datetime_as_string "
        "datetime_data gcd is_busday isnat lcm packbits unpackbits"
    ),
    "prints, writes or configures": (
        "array2string array_repr array_str format_float_positional format_float_scientific "
        "get_include get_printoptions getbufsize geterr geterrcall info printoptions save savetxt "
        "savez savez_compressed set_printoptions setbufsize seterr seterrcall show_config "
        "show_runtime test einsum_path nested_iters"
    ),
    "calls Python element by element: `gf.py_func`": (
        "apply_along_axis apply_over_axes frompyfunc piecewise"
    ),
    "of the representation of floats": "frexp nextafter spacing real_if_close",
    "an order by several keys: sort by one of them": "lexsort sort_complex",
    "`gf.where` or `gf.take`": "choose",
    "`gf.array_equal`": "array_equiv",
    "superseded: `np.linalg.eigvals` of the companion matrix": "roots poly",
    "superseded: long division, by loops over values": "polydiv",
    "superseded: `vstack`": "row_stack",
}  # fmt: skip
REASONS = {name: why for why, names in WHY_NOT.items() for name in names.split()}

ARRAY_API = {
    "": """abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan
        atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift
        bitwise_xor broadcast_arrays broadcast_to can_cast ceil clip concat conj copysign cos cosh
        count_nonzero cumulative_prod cumulative_sum diff divide empty empty_like equal exp
        expand_dims expm1 eye finfo flip floor floor_divide from_dlpack full full_like greater
        greater_equal hypot iinfo imag isdtype isfinite isinf isnan less less_equal linspace log
        log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul
        matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply negative nextafter
        nonzero not_equal ones ones_like permute_dims positive pow prod real reciprocal remainder
        repeat reshape result_type roll round searchsorted sign signbit sin sinh sort sqrt square
        squeeze stack std subtract sum take take_along_axis tan tanh tensordot tile tril triu trunc
        unique_all unique_counts unique_inverse unique_values unstack var vecdot where zeros
        zeros_like""",
    "linalg.": """cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power
        matrix_rank matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot
        vector_norm""",
    "fft.": """fft fftfreq fftn fftshift hfft ifft ifftn ifftshift ihfft irfft irfftn rfft rfftfreq
        rfftn""",
}  # fmt: skip
ARRAY_API_WHY = {
    "finfo": "NumPy's is of dtypes: `np.finfo(x.dtype)`",
    "iinfo": "NumPy's is of dtypes: `np.iinfo(x.dtype)`",
    "isdtype": "of dtypes: `np.isdtype(x.dtype, kind)`",
    "can_cast": "of dtypes: `np.can_cast(x.dtype, to)`",
    "result_type": "of dtypes: `np.result_type(x.dtype, y.dtype)`",
    "from_dlpack": "call NumPy's and use the array",
    "nextafter": "of the representation of floats",
}


# ---- what is there ----------------------------------------------------------------------------


def called() -> dict[str, list[Call]]:
    """The calls of the table by the function they call."""
    found: dict[str, list[Call]] = {}
    for call in calls():
        found.setdefault(call.function, []).append(call)
    return found


def gradient_of(samples: list[Call]) -> tuple[str, str]:
    """Whether there is a gradient, and to which order it is checked: from taking it."""
    orders = []
    for call in samples:
        nodes = {name: gf.placeholder(VALUES[name].shape, name=name) for name in call.names}
        nodes = nodes or {name: gf.constant(VALUES[name]) for name in "nkm"}
        y = call.evaluated(**nodes)
        targets = [x for x in nodes.values() if x.dtype.kind == "f"]
        if y.dtype.kind not in "fc" or not targets:
            continue
        first = [g for g in gf.gradients(y, targets, unconnected="none") if g is not None]
        if first and call.remark != "bare":
            orders.append(1 if call.remark == "order 1" else 2)
    return ("yes", str(max(orders))) if orders else ("none", "")


def public(module: ModuleType, prefix: str) -> Iterator[str]:
    """The functions among a module's public names."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        if callable(value) and not inspect.isclass(value):
            yield prefix + name


def numpy_rows() -> Iterator[str]:
    """A row per public function of NumPy."""
    samples = called()
    spaces = [(np, ""), (np.linalg, "linalg."), (np.fft, "fft.")]
    for module, prefix in spaces:
        for name in public(module, prefix):
            if name in samples:
                gradient, order = gradient_of(samples[name])
                yield f"| `{name}` | yes | {gradient} | {order} | `np.{name}` | |"
            elif name in REASONS:
                why = REASONS[name].format(name=name)
                there = "yes" if _found(name) else "no"
                yield f"| `{name}` | {there} | | | | {why} |"
            else:
                raise SystemExit(f"make_coverage: np.{name} is neither called nor explained")


def _found(name: str) -> bool:
    space, _, own = name.rpartition(".")
    return hasattr(getattr(gf, space) if space else gf, own)


def array_api_rows() -> Iterator[str]:
    """A row per function of the standard, in the order of its spaces."""
    samples = called()
    for prefix, names in ARRAY_API.items():
        for name in sorted(names.split()):
            there = _found(prefix + name)
            if not there and name not in ARRAY_API_WHY:
                raise SystemExit(f"make_coverage: {prefix}{name} is neither there nor explained")
            spelled = f"`gf.{prefix}{name}`" if there else ""
            known = prefix + name in samples
            gradient, order = gradient_of(samples[prefix + name]) if known else ("", "")
            why = "" if there else ARRAY_API_WHY[name]
            answer = "yes" if there else "no"
            yield f"| `{prefix}{name}` | {answer} | {gradient} | {order} | {spelled} | {why} |"


def special_rows() -> Iterator[str]:
    """A row per special function."""
    for name in gf.special.__all__:
        function = getattr(gf.special, name)
        first = (inspect.getdoc(function) or "").splitlines()[0]
        yield f"| `{name}` | {first} |"


PAGE = """# Coverage

Made by `python docs/make_coverage.py` from NumPy {numpy}; a test fails when this page is stale. Every function with a "yes"
is called in `tests/numpy_calls*.py` or has a row in `tests/cases.py`: its value is compared with NumPy's, and its gradient with
differences to the order in the table ("none": it is piecewise constant, or of integers; a path through it is cut).

Gradients by complex numbers are du/dx - i du/dy, the convention of HIPS autograd.

## NumPy

`np.<name>(node)` builds the node; it is also `gf.<name>`, `gf.linalg.<name>`, `gf.fft.<name>`. Of the {all} public functions
{there} are there; the reason is given for every other.

| function | value | gradient | order | spelling | why not |
|---|---|---|---|---|---|
{rows}

## Array API 2024.12

| function | value | gradient | order | spelling | why not |
|---|---|---|---|---|---|
{standard}

## Special functions

By SciPy's names in `gf.special`; SciPy itself is the optional extra `scipy`. All have gradients of every order by their argument;
`gammainc` and `gammaincc` once by their shape; `betainc` by its argument alone (a gradient by its shapes is refused by name).

| function | what it is |
|---|---|
{special}
"""


def page() -> str:
    """The whole page."""
    gf.reset_default_graph()
    rows = list(numpy_rows())
    return PAGE.format(
        numpy=".".join(np.__version__.split(".")[:2]),
        all=len(rows),
        there=sum("| yes |" in row for row in rows),
        rows="\n".join(rows),
        standard="\n".join(array_api_rows()),
        special="\n".join(special_rows()),
    )


if __name__ == "__main__":
    (HERE / "coverage.md").write_text(page(), encoding="utf-8")
