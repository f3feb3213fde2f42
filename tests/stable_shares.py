"""Rows of stable forms: shares of totals, powers less one, and differences of what is near."""

from __future__ import annotations

from typing import Any

from stable_form import MILD, POSITIVE, mp, written

FAR = (-1e100, 1e100)
ABOVE = (1e-9, 1e100)
INSIDE = (-0.99, 0.99)


def gamma(x: Any) -> Any:
    """The factor of Lorentz."""
    return 1 / mp.sqrt(1 - x * x)


def tail(x: Any) -> Any:
    """The normal distribution function, with digits in the lower tail."""
    return mp.erfc(-x / mp.sqrt(2)) / 2


def between(x: Any, y: Any) -> Any:
    return tail(-y) - tail(-x) if x + y > 0 else tail(x) - tail(y)


def cauchy(x: Any) -> Any:
    return mp.atan2(1, -x) / mp.pi


SHARES = [
    *written("share_of_sum", lambda x: x / (1 + x), "x / (1 + x)", "x / (x + 1)", domain=ABOVE),
    *written("share_of_sum", lambda x: 3 * x / (x + mp.mpf(2.5)), "3 * x / (2.5 + x)",
             domain=ABOVE),
    *written("share_of_sum", lambda x: x**4 / (1 + x**4), "x ** 4 / (1 + x ** 4)",
             domain=(1e-9, 1e50)),
    *written("share_of_sum", lambda x: x / (x + mp.sqrt(x)), "x / (x + np.sqrt(x))", domain=ABOVE),
    *written("share_of_sum", lambda x: x / (1 + abs(x)), "x / (1 + np.abs(x))",
             "x / (np.abs(x) + 1)", "gf.nn.softsign(x)", domain=FAR),
    *written("share_of_sum", lambda x: 2 * x / (1 + 3 * abs(x)), "2 * x / (1 + 3 * np.abs(x))",
             domain=FAR),
    *written("share_of_sum", lambda x: x * x / (2 + 3 * x * x), "x ** 2 / (2 + 3 * x ** 2)",
             domain=(-1e150, 1e150)),
    *written("slope_of_log", lambda x: 2 * x / (1 + x * x), "2 * x / (1 + x ** 2)",
             domain=(-1e150, 1e150)),
    *written("slope_of_log", lambda x: -x / (2 + x * x / 3), "-x / (x ** 2 / 3 + 2)",
             domain=(-1e150, 1e150)),
    *written("one_minus_share", lambda x: 3 / (x + 3), "1 - x / (x + 3)", "-(x / (3 + x) - 1)",
             domain=ABOVE),
    *written("power_minus_one", lambda x: gamma(x) - 1, "1 / np.sqrt(1 - x ** 2) - 1",
             "(1 - x * x) ** -0.5 - 1", "1 / (1 - x * x) ** 0.5 - 1",
             "np.reciprocal(np.sqrt(1 - np.square(x))) - 1", domain=INSIDE, units=10**4),
    *written("power_minus_one", lambda x: 3 - 3 * gamma(x), "3 - 3 / np.sqrt(1 - x ** 2)",
             domain=INSIDE, units=10**4),
    *written("power_minus_one", lambda x: (1 + x) ** 30 - 1, "(1 + x) ** 30 - 1",
             "-(1 - (x + 1) ** 30)", domain=(-0.99, 80.0), units=1024),
    *written("power_minus_one", lambda x: (1 + x) ** 3 - 1, "(1 + x) ** 3 - 1",
             domain=(-80.0, -1.1)),
    *written("power_minus_one", lambda x: 1 - (1 + x) ** -30, "1 - (1 + x) ** -30.0",
             "1 - 1 / (1 + x) ** 30", domain=(-0.99, 80.0), units=1024),
    *written("power_minus_one", lambda x: -x / (1 + x), "1 / (1 + x) - 1", domain=ABOVE),
    *written("power_minus_one", lambda x: 1 / mp.sqrt(1 + x * x) - 1, "1 / np.sqrt(1 + x ** 2) - 1",
             domain=(-1e60, 1e60)),
    *written("power_minus_one", lambda x: 1 / mp.cos(x) - 1, "1 / np.cos(x) - 1", domain=(-1, 1)),
    *written("power_minus_one", lambda x: x ** mp.mpf(0.01) - 1, "x ** 0.01 - 1", domain=POSITIVE),
    *written("power_minus_one", lambda x: 1 - x ** mp.mpf(-1.5), "1 - x ** -1.5",
             domain=POSITIVE),
    *written("length_minus_one", lambda x: mp.sqrt(x * x + 9) - 3, "np.sqrt(x ** 2 + 9) - 3",
             "3 * (np.hypot(x, 3) - 3) / 3", domain=FAR),
    *written("inverse_of_length", lambda x: 1 / mp.sqrt(1 + x * x), "(1 + x ** 2) ** -0.5",
             domain=FAR),
    *written("side_times_inverse", lambda x: x / mp.sqrt(1 + x * x), "x * (1 + x * x) ** -0.5",
             "(1 / np.sqrt(1 + x * x)) * x", domain=FAR),
    *written("root_less_side", lambda x: mp.sqrt(x * x - 1) - x, "np.sqrt(x * x - 1) - x",
             "-x + (x ** 2 - 1) ** 0.5", domain=(1.001, 1e100), units=10**5),
    *written("root_less_side", lambda x: (-x - mp.sqrt(x * x - 4)) / 2,
             "(-x - np.sqrt(x ** 2 - 4 * 1.0)) / 2", domain=(-80.0, -2.001), units=10**5),
    *written("root_less_side", lambda x: x / 2 - mp.sqrt(x * x / 4 + mp.sqrt(x)),
             "x / 2 - np.sqrt((x / 2) ** 2 + np.sqrt(x))", domain=ABOVE),
]  # fmt: skip
SHIFTS = [
    *written("difference_of_inverses", lambda x: 1 / x - 1 / (x + 1), "1 / x - 1 / (x + 1)",
             "np.reciprocal(x) - np.reciprocal(1 + x)", "x ** -1.0 - (x + 1) ** -1.0",
             domain=ABOVE),
    *written("difference_of_inverses", lambda x: 3 / (x + 2) - 3 / (x + mp.mpf(0.5)),
             "3 / (x + 2) - 3 / (x + 0.5)", domain=ABOVE),
    *written("difference_of_inverses", lambda x: 1 / mp.sqrt(x) - 1 / mp.sqrt(x + 1),
             "1 / np.sqrt(x) - 1 / np.sqrt(x + 1)", domain=ABOVE),
    *written("difference_of_cube_roots", lambda x: mp.cbrt(x + 1) - mp.cbrt(x),
             "np.cbrt(x + 1) - np.cbrt(x)", domain=ABOVE),
    *written("difference_of_arctans", lambda x: mp.atan2(1, 1 + x * (x + 1)),
             "np.arctan(x + 1) - np.arctan(x)", domain=(-1e50, 1e50)),
    *written("difference_of_angles",
             lambda x: 2 * mp.sin(mp.mpf(1e-6) / 2) * mp.cos(x + mp.mpf(1e-6) / 2),
             "np.sin(x + 1e-6) - np.sin(x)", domain=MILD, scale=1e-7),
    *written("difference_of_angles",
             lambda x: -2 * mp.sin(mp.mpf(1e-6) / 2) * mp.sin(x - mp.mpf(1e-6) / 2),
             "np.cos(x) - np.cos(x - 1e-6)", domain=MILD, scale=1e-7),
    *written("difference_of_angles",
             lambda x: mp.sin(mp.mpf(1e-6)) / mp.cos(x) / mp.cos(x + mp.mpf(1e-6)),
             "np.tan(x + 1e-6) - np.tan(x)", domain=(-1, 1)),
    *written("difference_of_exps", lambda x: mp.exp(x) * mp.expm1(mp.mpf(1e-7)),
             "np.exp(x + 1e-7) - np.exp(x)", domain=(-700.0, 700.0), units=1024),
    *written("difference_of_powers",
             lambda x: (x + 1) ** mp.mpf(1 / 3) - x ** mp.mpf(1 / 3),
             "(x + 1) ** (1 / 3) - x ** (1 / 3)", domain=ABOVE),
    *written("difference_of_powers",
             lambda x: x ** mp.mpf(2.5) - (x + 2) ** mp.mpf(2.5),
             "x ** 2.5 - (x + 2) ** 2.5", domain=(1e-9, 1e15)),
    *written("sin_less_tangent", lambda x: mp.sin(x) - x * mp.cos(x), "np.sin(x) - x * np.cos(x)",
             "np.sin(x) - np.cos(x) * x", domain=(-3, 3), units=1024),
    *written("odd_less_line", lambda x: x - mp.sin(x), "x - np.sin(x)", "-(np.sin(x) - x)",
             domain=MILD),
    *written("odd_less_line", lambda x: mp.sinh(x) - x + 1, "np.sinh(x) - x + 1", domain=MILD,
             units=1024),
    *written("odd_less_line", lambda x: mp.tan(x) - x, "np.tan(x) - x", domain=(-1, 1)),
    *written("odd_less_line", lambda x: x - mp.tanh(x), "x - np.tanh(x)", "gf.nn.tanh_shrink(x)"),
    *written("odd_less_line", lambda x: mp.atan(x) - x, "np.arctan(x) - x", domain=FAR),
    *written("odd_less_line", lambda x: mp.asin(x) - x, "np.arcsin(x) - x", domain=INSIDE,
             units=1024),
    *written("odd_less_line", lambda x: mp.asinh(x) - x, "np.arcsinh(x) - x", domain=FAR),
    *written("tan_less_sin", lambda x: mp.tan(x) - mp.sin(x), "np.tan(x) - np.sin(x)",
             domain=(-1, 1)),
    *written("exps_less_two", lambda x: 4 * mp.sinh(x / 2) ** 2, "np.exp(x) + np.exp(-x) - 2",
             "np.exp(x) - 2 + np.exp(-x)", domain=MILD),
    *written("exps_less_two", lambda x: -8 * mp.sinh(x / 2) ** 2,
             "4 - (2 * np.exp(x) + 2 * np.exp(-x))", domain=MILD),
    *written("arctan_and_quarter", cauchy, "0.5 + np.arctan(x) / np.pi", domain=FAR),
    *written("arctan_and_quarter", lambda x: cauchy(-x), "0.5 - np.arctan(x) / np.pi", domain=FAR),
    *written("difference_of_ndtrs", lambda x: between(x + 1, x),
             "special.ndtr(x + 1) - special.ndtr(x)", domain=(-30.0, 30.0), units=10**4),
    *written("log_of_difference_of_ndtrs", lambda x: mp.log(between(x + 1, x)),
             "np.log(special.ndtr(x + 1) - special.ndtr(x))", domain=(-80.0, 80.0), units=10**4),
    *written("log_of_rare", lambda x: mp.log(-mp.expm1(-mp.exp(x))),
             "np.log(1 - np.exp(-np.exp(x)))", domain=(-800.0, 6.0)),
    *written("log_of_rare", lambda x: mp.log(-mp.expm1(-3 * mp.exp(x))),
             "np.log(1 - np.exp(-3 * np.exp(x)))", domain=(-800.0, 5.0)),
]  # fmt: skip
