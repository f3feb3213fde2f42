"""How far two ways to compute the same may lie apart: the one place that says so.

Two programs for one graph differ where a rule replaced calls by others that are equal on paper.
Each of those may then round differently, by some units in the last place of its own result, and
what follows carries that on: `x - y` of close numbers makes much of it, `tanh` of a large one
nothing. So the bound is measured: the program is run again with every result of a call that rounds
moved at random by one unit in its last place, and the largest change over some runs, times `ULPS`,
is allowed, and `OWN` units for the last call. What merely moves, picks, compares or cuts off is
exact and is not moved, so that ties stay ties.
"""

import numpy as np

from graphflow.primitives import FUNCTIONS, TABLE
from graphflow.program.interpret import leaves
from graphflow.program.record import WHOLE, resolved

ULPS = {
    # Scalars are computed by Python's `math` where the text is printed, which may differ by one.
    "scalars": 4,
    # A rule of the program puts one to three calls in the place of up to four; each library call
    # is right to 1 or 2 units, SciPy's special functions to about 10.
    "simplified": 16,
    # A stable form replaces up to a dozen calls, and its functions err by up to some units.
    "stabilised": 64,
}
OWN = 8  # of the largest entry of a result
RUNS = 4
EXACT = set(
    "absolute ceil conjugate equal floor floor_divide fmax fmin fmod greater greater_equal "
    "heaviside invert isfinite isinf isnan less less_equal maximum minimum negative not_equal "
    "positive rint remainder sign signbit trunc where masked max min reshape transpose "
    "swapaxes expand_dims squeeze broadcast_to concatenate stack pad_zeros contiguous real "
    "imag zeros_like ones_like zeros ones arange take_along_axis entry_of_class index "
    "index_set index_maximum index_minimum max_pool tril triu windows random_normal "
    "random_uniform".split()
)


def moved(value, rng):
    """A float result with each entry moved by a unit in its last place, up or down."""
    value = np.asarray(value)
    if value.dtype.kind not in "fc":
        return value
    unit = np.finfo(value.dtype).eps
    return (value * (1 + unit * rng.choice([-1.0, 1.0], value.shape))).astype(value.dtype)


def run(program, feeds, key, rng=None):
    """The values that leave a program, call by call; with `rng`, each result moved."""
    values = leaves(program, {}, feeds, key)
    for call in program.calls:
        args = resolved(call.args, values)
        if call.name == WHOLE:
            result = program.operations[call.about].compute(FUNCTIONS, *args)
        elif call.name in TABLE:
            result = TABLE[call.name].function(*args, **dict(call.options))
        else:
            continue  # a tap
        values[call.output] = result if rng is None or call.name in EXACT else moved(result, rng)
    return [np.asarray(values[number]) for number in program.wanted()]


def spreads(program, feeds, key):
    """For each value that leaves the program, how far it moves by the rounding of every call."""
    with np.errstate(all="ignore"):
        plain = run(program, feeds, key)
        largest = [0.0] * len(plain)
        for seed in range(RUNS):
            again = run(program, feeds, key, np.random.default_rng(seed))
            for place, (a, b) in enumerate(zip(plain, again, strict=True)):
                if a.dtype.kind in "fc":
                    change = np.max(np.abs(a - b), initial=0.0)
                    largest[place] = max(largest[place], float(change))
    return largest


def assert_near(got, expected, spread, kind, what):
    """Equal but for rounding, where the expected is finite; exactly where it is no float."""
    got, expected = np.asarray(got), np.asarray(expected)
    forms = [(a.dtype, a.shape) for a in (got, expected)]
    assert forms[0] == forms[1], f"{what}\n{forms}"
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, expected, err_msg=what)
        return
    known = np.isfinite(expected)
    unit = np.finfo(expected.dtype).eps
    size = np.max(np.abs(expected), where=known, initial=0.0)
    allowed = ULPS[kind] * spread + OWN * unit * size
    wrong = known & ~(np.abs(got - expected) <= allowed)
    assert not wrong.any(), f"{what}\n{got}\n{expected}\nallowed {allowed:.3g}"
