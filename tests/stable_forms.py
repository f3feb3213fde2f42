"""One row and more for every stable form: the rule, formulas that it is for, and their values.

A formula is written as a user of NumPy writes it. Its value is given by mpmath, at exactly the
floats that are tried; so is its derivative, by differences with hundreds of digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import graphflow as gf
from graphflow import special

mp = mpmath.mp.clone()
mp.dps = 340  # what is lost beside 1 is no float

Domain = tuple[float, float]
REAL, POSITIVE, NEGATIVE = (-800.0, 800.0), (1e-9, 800.0), (-800.0, -1e-9)
MILD = (-80.0, 80.0)


@dataclass(frozen=True)
class Form:
    """A formula over one array: elementwise where `size` is 0, else of a vector, to a number."""

    rule: str
    text: str  # the formula, of x
    exact: Callable[..., Any]  # of one number, or of as many as the vector has
    domain: Domain = REAL
    size: int = 0
    units: int = 64  # how many roundings a value or derivative may be off
    scale: float = 0.0  # ... of at least this size

    def build(self, x: Any) -> Any:
        """The node of the formula."""
        return eval(self.text, {"np": np, "gf": gf, "special": special, "x": x})

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def log_cosh(x: Any) -> Any:
    return mp.log(mp.cosh(x))


def log_total(*z: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(part) for part in z))


def share(*z: Any) -> Any:
    """The first entry of the softmax."""
    return mp.exp(z[0] - log_total(*z))


def length(*x: Any) -> Any:
    return mp.sqrt(mp.fsum(part * part for part in x))


def spread(*x: Any) -> Any:
    """The sum of squared distances from the mean."""
    mean = mp.fsum(x) / len(x)
    return mp.fsum((part - mean) ** 2 for part in x)


def written(rule: str, exact: Callable[..., Any], *texts: str, **more: Any) -> list[Form]:
    """Several ways to write one formula."""
    return [Form(rule, text, exact, **more) for text in texts]


SIGMOIDS = [
    *written("power_of_e", mp.exp, "np.e ** x", domain=(-700.0, 700.0), units=1024),
    *written("inverse_of_exp", softplus, "np.log(1 + 1 / np.exp(-x))",
             "np.log(1 + np.exp(-x) ** -1.0)", "np.log(1 + np.reciprocal(np.exp(-x)))"),
    *written("quotient_of_exps", lambda x: mp.exp(x - 3), "np.exp(2 * x) / np.exp(x + 3)",
             domain=MILD),
    *written("share_of_exps", lambda x: sigmoid(-x), "np.exp(x) / (np.exp(x) + np.exp(2 * x))",
             "np.exp(x) / (np.exp(2 * x) + np.exp(x))"),
    *written("share_of_exps", lambda x: sigmoid(2 * x - 3),
             "np.exp(3 * x) / (np.exp(3 * x) + np.exp(x + 3))", domain=MILD),
    *written("share_of_exps", lambda x: 1 / (1 + mp.exp(-x) + mp.exp(-3 * x)),
             "np.exp(4 * x) / (np.exp(3 * x) + np.exp(4 * x) + np.exp(x))", domain=MILD),
    *written("exp_minus_one", mp.expm1, "np.exp(x) - 1", "-1 + np.exp(x)", "-(1 - np.exp(x))",
             "(2 * np.exp(x) - 2) / 2", domain=(-800.0, 80.0)),
    *written("sinh_by_hand", mp.sinh, "(np.exp(x) - np.exp(-x)) / 2", domain=MILD),
    *written("tanh_by_hand", mp.tanh, "np.sinh(x) / np.cosh(x)",
             "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))",
             "(np.exp(x) - np.exp(-x)) / (np.exp(-x) + np.exp(x))"),
    *written("tanh_by_hand", lambda x: 3 * mp.tanh(x),
             "3 * (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))"),
    *written("tanh_by_hand_of_double", mp.tanh, "(np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)",
             "(1 - np.exp(-2 * x)) / (1 + np.exp(-2 * x))"),
    *written("tanh_by_sigmoid", mp.tanh, "2 * gf.sigmoid(2 * x) - 1", "1 - 2 / (np.exp(2 * x) + 1)",
             "2 / (1 + np.exp(-2 * x)) - 1"),
    *written("one_over_cosh_squared", lambda x: mp.cosh(x) ** -2, "1 / np.cosh(x) ** 2",
             domain=(-300.0, 300.0)),
    *written("one_over_cosh_squared", lambda x: x * mp.cosh(x) ** -2, "x / np.square(np.cosh(x))",
             domain=(-300.0, 300.0)),
    *written("one_minus_tanh_squared", lambda x: mp.cosh(x) ** -2, "1 - np.tanh(x) ** 2",
             "1 - np.tanh(x) * np.tanh(x)", "1 - np.square(np.tanh(x))", domain=(-300.0, 300.0)),
    *written("sigmoid_by_hand", sigmoid, "1 / (1 + np.exp(-x))", "(1 + np.exp(-x)) ** -1",
             "np.reciprocal(1 + np.exp(-x))", "1 / (1 + 1 / np.exp(x))"),
    *written("sigmoid_by_hand_other_way", sigmoid, "np.exp(x) / (1 + np.exp(x))",
             "np.exp(x) / (np.exp(x) + 1)"),
    *written("gated_by_hand", lambda x: 2 * sigmoid(x), "2 / (1 + np.exp(-x))"),
    *written("gate_of_exp", sigmoid, "np.exp(x) * gf.sigmoid(-x)",
             "np.exp(x) * (1 / (1 + np.exp(x)))"),
    *written("gate_of_exp", lambda x: sigmoid(x) * sigmoid(-x),
             "np.exp(-x) / (1 + np.exp(-x)) ** 2",
             domain=(-700.0, 700.0)),
    *written("slope_of_sigmoid", lambda x: sigmoid(x) * sigmoid(-x),
             "gf.sigmoid(x) * (1 - gf.sigmoid(x))", domain=(-700.0, 700.0)),
    *written("one_minus_sigmoid", lambda x: sigmoid(-x), "1 - gf.sigmoid(x)",
             "-(gf.sigmoid(x) - 1)",
             "1 - 1 / (1 + np.exp(-x))"),
    *written("one_plus_tanh", sigmoid, "0.5 * (1 + np.tanh(x / 2))", "(np.tanh(x / 2) + 1) / 2",
             "0.5 + 0.5 * np.tanh(0.5 * x)", "1 - 0.5 * (1 - np.tanh(x / 2))"),
    *written("silu_by_hand", lambda x: x * sigmoid(x), "x / (1 + np.exp(-x))", "x * gf.sigmoid(x)"),
    *written("mish_by_hand", lambda x: x * mp.tanh(softplus(x)),
             "x * np.tanh(np.log(1 + np.exp(x)))",
             "x * np.tanh(gf.softplus(x))"),
]  # fmt: skip
SOFTPLUSES = [
    *written("softplus_by_logaddexp", softplus, "np.logaddexp(0, x)", "np.logaddexp(x, 0.0)"),
    *written("log_cosh_by_logaddexp", lambda x: log_cosh(x) + mp.log(2), "np.logaddexp(x, -x)",
             "np.log(np.exp(x) + np.exp(-x))"),
    *written("softplus_of_pieces", softplus, "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))",
             "np.log(1 + np.exp(-np.abs(x))) + gf.relu(x)", "x + np.log(1 + np.exp(-x))",
             "-np.minimum(-x, 0) + np.log1p(np.exp(-np.abs(x)))", "gf.softplus(-x) - -x",
             "-(np.minimum(-x, 0) - np.log1p(np.exp(-np.abs(-x))))"),
    *written("softplus_of_pieces", lambda x: softplus(x) - x / 4,
             "np.maximum(x, 0) - x * 0.25 + np.log1p(np.exp(-np.abs(x)))", domain=NEGATIVE),
    *written("softplus_of_pieces", lambda x: softplus(x) + x / 4,
             "np.maximum(x, 0) + x * 0.25 + np.log1p(np.exp(-np.abs(x)))", domain=POSITIVE),
    *written("softplus_of_pieces", lambda x: softplus(-x), "gf.softplus(x) - x"),
    *written("log_cosh_of_pieces", log_cosh,
             "np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)",
             "x + gf.softplus(-2 * x) - np.log(2.0)"),
    *written("numbers_that_cancel", log_cosh, "np.log((np.exp(x) + np.exp(-x)) / 2)",
             "np.log(0.5 * (np.exp(x) + np.exp(-x)))",
             "np.log(np.exp(x) + np.exp(-x)) - np.log(2)"),
    *written("numbers_that_cancel", lambda x: -x, "(0.3 - x) - 0.3", "0.25 + (-x - 0.25)"),
    *written("log_odds_of_sigmoid", lambda x: x, "gf.log_sigmoid(x) - gf.log_sigmoid(-x)",
             "np.log(gf.sigmoid(x)) - np.log(1 - gf.sigmoid(x))",
             "gf.softplus(x) - gf.softplus(-x)", "-gf.softplus(-x) + gf.softplus(x)",
             "np.log(gf.sigmoid(x) / (1 - gf.sigmoid(x)))"),
]  # fmt: skip
LOGARITHMS = [
    *written("log_of_exp", lambda x: x, "np.log(np.exp(x))"),
    *written("log_of_exp", lambda x: -x * x / 2 - mp.log(2 * mp.pi) / 2,
             "np.log(np.exp(-x ** 2 / 2) / np.sqrt(2 * np.pi))"),
    *written("log_of_sigmoid", lambda x: -softplus(-x), "np.log(1 / (1 + np.exp(-x)))"),
    *written("log_of_sigmoid_slope", lambda x: -x - 2 * softplus(-x),
             "np.log(np.exp(-x) / (1 + np.exp(-x)) ** 2)"),
    *written("log_of_cosh", log_cosh, "np.log(np.cosh(x))", "-0.5 * np.log(1 - np.tanh(x) ** 2)"),
    *written("log_of_sinh", lambda x: mp.log(mp.sinh(x)), "np.log(np.sinh(x))",
             "np.log((np.exp(x) - np.exp(-x)) / 2)", domain=(1e-9, 800.0)),
    *written("log_of_sinh", lambda x: mp.log(3 * mp.sinh(x)), "np.log(3 * np.sinh(x))",
             domain=POSITIVE),
    *written("log_of_expm1", lambda x: mp.log(mp.expm1(x)), "np.log(np.exp(x) - 1)",
             "np.log(np.expm1(x))", "x + np.log(1 - np.exp(-x))", domain=POSITIVE),
    *written("log_of_expm1", lambda x: mp.log(-mp.expm1(x)), "np.log(1 - np.exp(x))",
             "np.log(-np.expm1(x))", domain=NEGATIVE),
    *written("log_of_expm1", lambda x: mp.log(3 * mp.expm1(x)), "np.log(3 * (np.exp(x) - 1))",
             domain=POSITIVE),
    *written("log_of_expm1", lambda x: mp.log(mp.expm1(x) / 2), "np.log(0.5 * (np.exp(x) - 1))",
             domain=POSITIVE),
    *written("log_of_expm1", lambda x: mp.log(-2 * mp.expm1(x)), "np.log(-2 * np.expm1(x))",
             domain=NEGATIVE),
    *written("log1p_of_exp", lambda x: mp.log(-mp.expm1(x)), "np.log1p(-np.exp(x))",
             "np.log1p(-1 * np.exp(x))", domain=NEGATIVE),
    *written("log_of_half_erfc", lambda x: mp.log(mp.erfc(x) / 2), "np.log(0.5 * special.erfc(x))",
             "np.log((1 - special.erf(x)) / 2)", domain=(-5.0, 100.0)),
    *written("log_of_erfc", lambda x: mp.log(mp.erfc(x)), "np.log(special.erfc(x))",
             "np.log(1 - special.erf(x))", domain=(-5.0, 100.0)),
    *written("log_of_erfc", lambda x: mp.log(mp.ncdf(x)), "np.log(special.ndtr(x))",
             domain=(-100.0, 7.0)),
    *written("log_of_i0", lambda x: mp.log(mp.besseli(0, x)), "np.log(special.i0(x))"),
    *written("log_of_gamma", mp.loggamma, "np.log(special.gamma(x))", domain=(0.1, 800.0),
             units=512),
    *written("log_of_product", lambda x: mp.log(3) - x, "np.log(3 * np.exp(-x))",
             "np.log(np.exp(x) / (np.exp(2 * x) / 3))", domain=NEGATIVE),
    *written("log_of_product", lambda x: mp.log(x) - x, "np.log(x * np.exp(-x))",
             "np.log(x / np.exp(x))", domain=(2.0, 800.0)),
    *written("log_of_sum_of_exps", softplus, "np.log(1 + np.exp(x))", "np.log(np.exp(x) + 1.0)"),
    *written("log_of_sum_of_exps", lambda x: mp.log(2 + 3 * mp.exp(x)),
             "np.log(2 + 3 * np.exp(x))"),
    *written("log_of_sum_of_exps", lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
             "np.log(np.exp(x) + np.exp(2 * x))"),
    *written("log_of_sum_of_exps",
             lambda x: mp.log(mp.exp(-((x - 1) ** 2) / 2) / 4 + 3 * mp.exp(-2 * x * x) / 2),
             "np.log(0.25 * np.exp(-0.5 * (x - 1) ** 2) + 0.75 * np.exp(-2 * x ** 2) / 0.5)",
             units=1024),
    *written("log_of_difference", lambda x: mp.log(mp.exp(2 * x) - mp.exp(x)),
             "np.log(np.exp(2 * x) - np.exp(x))", domain=POSITIVE),
    *written("log_of_difference", lambda x: mp.log(1 - mp.exp(x) * sigmoid(x)),
             "np.log(1 - np.exp(x) * gf.sigmoid(x))", domain=NEGATIVE),
    *written("log1p_of_exp", softplus, "np.log1p(np.exp(x))"),
    *written("log1p_of_negative_sigmoid", lambda x: -softplus(x), "np.log1p(-gf.sigmoid(x))"),
    *written("log1p_of_expm1", lambda x: x, "np.log1p(np.exp(x) - 1)"),
    *written("logs_to_other_bases", lambda x: softplus(x) / mp.log(2), "np.log2(1 + np.exp(x))"),
    *written("logs_to_other_bases", lambda x: x / mp.log(10), "np.log10(np.exp(x))"),
]  # fmt: skip
LOG_FORMS = [
    *written("log_odds_by_hand", lambda x: mp.log(x / (1 - x)), "np.log(x / (1 - x))",
             domain=(1e-9, 1 - 1e-9), units=512),
    *written("difference_of_log_odds", lambda x: mp.log(x / (1 - x)), "np.log(x) - np.log(1 - x)",
             domain=(1e-9, 1 - 1e-9), units=512),
    *written("difference_of_log_odds", lambda x: 2 * mp.atanh(x), "np.log(1 + x) - np.log(1 - x)",
             "np.log(1 + x) - np.log(1 + -1 * x)", domain=(-0.999, 0.999)),
    *written("arctanh_by_hand", mp.atanh, "0.5 * np.log((1 + x) / (1 - x))",
             "-0.5 * np.log((1 - x) / (1 + x))", domain=(-0.999, 0.999)),
    *written("arcsinh_by_hand", mp.asinh, "np.log(x + np.sqrt(x ** 2 + 1))",
             "np.log(np.sqrt(1 + x * x) + x)"),
    *written("arcsinh_by_hand", mp.acosh, "np.log(x + np.sqrt(x ** 2 - 1))", domain=(1.01, 800.0)),
    *written("log_of_one_plus", mp.log1p, "np.log(1 + x)", "np.log(x + 1)", "np.log(1 - -x)",
             domain=(-0.99, 800.0)),
    *written("log_of_power", lambda x: 2 * mp.log(abs(x)), "np.log(x ** 2)", "np.log(x * x)",
             "np.log(np.square(x))"),
    *written("log_of_power", lambda x: 40 * mp.log(abs(x)), "np.log(x ** 40)"),
    *written("log_of_power", lambda x: mp.log(x) / 2, "np.log(np.sqrt(x))", "np.log(x ** 0.5)",
             domain=POSITIVE),
    *written("x_log_x", lambda x: x * mp.log(x), "x * np.log(x)", domain=POSITIVE),
    *written("x_log_x", lambda x: x * mp.log(x / 3), "x * np.log(x / 3)", domain=POSITIVE),
    *written("x_times_log_ratio", lambda x: x * (mp.log(x) - 2), "x * (np.log(x) - 2)",
             domain=POSITIVE),
]  # fmt: skip
ROOTS = [
    *written("length_by_hand", lambda x: mp.sqrt(x * x + (1 + x) ** 2),
             "np.sqrt(x ** 2 + np.square(1 + x))", domain=POSITIVE),
    *written("root_of_square", abs, "np.sqrt(x ** 2)", "np.sqrt(x * x)",
             "np.sqrt(np.abs(x) ** 2)", domain=POSITIVE),
    *written("root_minus_one", lambda x: mp.sqrt(1 + x) - 1, "np.sqrt(1 + x) - 1",
             "-(1 - np.sqrt(1 + x))", "(x + 1) ** 0.5 - 1", domain=(-0.99, 800.0)),
    *written("root_minus_one", lambda x: 1 - mp.sqrt(1 - x * x), "1 - np.sqrt(1 - x * x)",
             domain=(-0.99, 0.99)),
    *written("length_minus_one", lambda x: mp.sqrt(1 + x * x / 4) - 1,
             "np.sqrt(1 + (x / 2) ** 2) - 1", "-1 + np.sqrt(np.square(x * 0.5) + 1)",
             "np.hypot(x / 2, 1) - 1"),
    *written("length_minus_one", lambda x: 2 - 2 * mp.sqrt(1 + x * x),
             "2 - 2 * np.sqrt(1 + x * x)"),
    *written("difference_of_roots", lambda x: mp.sqrt(x + 1) - mp.sqrt(x),
             "np.sqrt(x + 1) - np.sqrt(x)", domain=POSITIVE),
    *written("difference_of_roots", lambda x: mp.sqrt(x + 1) - mp.sqrt(x - 2),
             "np.sqrt(1 + x) - np.sqrt(x - 2)", domain=(2.5, 800.0)),
    *written("difference_of_roots", lambda x: mp.sqrt(x * x + x + 1) - mp.sqrt(x * x + x),
             "np.sqrt(x * x + x + 1) - np.sqrt(x * x + x)", domain=POSITIVE),
]  # fmt: skip
SPECIALS = [
    *written("one_minus_cos", lambda x: 1 - mp.cos(x), "1 - np.cos(x)", "-(np.cos(x) - 1)",
             domain=(-3.0, 3.0)),
    *written("one_minus_cos", lambda x: 1 + mp.cos(x), "1 + np.cos(x)", domain=(-3.0, 3.0)),
    *written("one_minus_cos", lambda x: 3 - 3 * mp.cos(x), "3 - 3 * np.cos(x)",
             domain=(-3.0, 3.0)),
    *written("cosh_minus_one", lambda x: mp.cosh(x) - 1, "np.cosh(x) - 1", domain=(-80.0, 80.0)),
    *written("one_minus_cos_squared", lambda x: mp.sin(x) ** 2, "1 - np.cos(x) ** 2",
             domain=(-1.5, 1.5)),
    *written("one_minus_cos_squared", lambda x: mp.cos(x) ** 2, "1 - np.sin(x) ** 2",
             domain=(-1.5, 1.5)),
    *written("sinc_by_hand", lambda x: mp.sin(x) / x, "np.sin(x) / x", domain=(-3.0, 3.0)),
    *written("square_of_sinc", lambda x: (1 - mp.cos(x)) / x**2, "(1 - np.cos(x)) / x ** 2",
             domain=(-3.0, 3.0)),
    *written("square_of_sinc", lambda x: (3 - 3 * mp.cos(4 * x)) / x**2,
             "(3 - 3 * np.cos(4 * x)) / x ** 2", domain=(-0.7, 0.7)),
    *written("exprel_by_hand", lambda x: mp.expm1(x) / x, "(np.exp(x) - 1) / x", "np.expm1(x) / x",
             domain=(-700.0, 80.0)),
    *written("exprel_by_hand", lambda x: -mp.expm1(-x) / x, "(1 - np.exp(-x)) / x",
             domain=(-80.0, 700.0)),
    *written("exprel_by_hand", lambda x: x / mp.expm1(x), "x / (np.exp(x) - 1)",
             domain=(-700.0, 80.0)),
    *written("over_expm1", lambda x: 1 / mp.expm1(x), "1 / (np.exp(x) - 1)", domain=(1e-9, 700.0)),
    *written("over_expm1", lambda x: x * x / 3 / mp.expm1(x), "x * x / (3 * (np.exp(x) - 1))",
             domain=(1e-9, 700.0)),
    *written("log1prel_by_hand", lambda x: 3 * mp.log1p(2 * x) / x, "3 * np.log(1 + 2 * x) / x",
             domain=(-0.49, 800.0)),
    *written("log1prel_by_hand", lambda x: mp.log1p(2 * x) / (2 * x),
             "(lambda y: np.log1p(y) / y)(2 * x)", domain=(-0.49, 800.0)),
    *written("log1prel_by_hand", lambda x: mp.log1p(x) / x, "np.log(1 + x) / x", "np.log1p(x) / x",
             domain=(-0.99, 800.0)),
    *written("one_minus_erf", mp.erfc, "1 - special.erf(x)", "1 + special.erf(-x)",
             domain=(-5.0, 9.0), units=1024),
    *written("one_minus_erf", lambda x: mp.ncdf(x), "0.5 * (1 + special.erf(x / np.sqrt(2)))",
             domain=(-9.0, 5.0), units=1024),
    *written("one_minus_erfc", mp.erf, "1 - special.erfc(x)", domain=(-5.0, 5.0), units=256),
    *written("one_minus_ndtr", lambda x: mp.ncdf(-x), "1 - special.ndtr(x)", domain=(-5.0, 9.0),
             units=1024),
    *written("gelu_by_hand", lambda x: x * mp.ncdf(x),
             "0.5 * x * (1 + special.erf(x / np.sqrt(2)))",
             "x * 0.5 * (1 + special.erf(x / 2 ** 0.5))", "x * special.ndtr(x)",
             "x * (0.5 * (1 + special.erf(x / np.sqrt(2))))",
             domain=(-9.0, 80.0), units=1024),
    *written("quotient_of_bessels", lambda x: mp.besseli(1, x) / mp.besseli(0, x),
             "special.i1(x) / special.i0(x)", domain=(-20.0, 800.0), units=10**8),
]  # fmt: skip
W = (0.5, 2.0, 0.0)
SOFTMAXES = [
    *written("softmax_by_hand", share, "(np.exp(x) / np.sum(np.exp(x)))[0]",
             "(np.exp(x) / np.sum(np.exp(x), axis=0, keepdims=True))[0]",
             "(lambda e: (e / e.sum(1)[:, None])[0, 0])(np.exp(x[None]))",
             "(lambda e: (e / e.sum(-1)[..., None])[0, 0])(np.exp(x[None]))",
             "(lambda e: (e / np.expand_dims(e.sum(-1), -1))[0, 0])(np.exp(x[None]))",
             "(lambda e: (e / np.expand_dims(e.sum(0), 0))[0, 0])(np.exp(x[:, None]))",
             "(lambda e: (e / e.sum(0)[None, :])[0, 0])(np.exp(x[:, None]))",
             "(lambda e: (e / e.sum(1)[:, None, :])[0, 0, 0])(np.exp(x[None, :, None]))",
             "(lambda e: (e / e.sum(1).reshape(1, 1))[0, 0])(np.exp(x[None]))",
             "(lambda e: (e / e.sum(0).reshape(1, 1))[0, 0])(np.exp(x[:, None]))",
             "(np.exp(x) / np.exp(x).sum(0))[0]",
             size=3, scale=1.0),
    *written("softmax_as_product", share, "(np.exp(x) * (1 / np.sum(np.exp(x))))[0]", size=3,
             scale=1.0),
    *written("softmax_with_factor", lambda *z: 2 * share(*z),
             "(2 * np.exp(x) / np.sum(np.exp(x)))[0]",
             "(np.exp(x) * 2 / np.exp(x).sum(0, keepdims=True))[0]", size=3, scale=1.0),
    *written("mean_weighed_by_exps", lambda a, b: share(a, b) + 3 * share(b, a),
             "np.sum(np.exp(x) * np.array([1.0, 3.0], x.dtype)) / np.sum(np.exp(x))", size=2,
             scale=1.0),
    *written("product_weighed_by_exps", lambda a, b: share(a, b) + 3 * share(b, a),
             "np.exp(x) @ np.array([1.0, 3.0], x.dtype) / np.sum(np.exp(x))",
             "(lambda e: (e @ np.array([[1], [3]], e.dtype) / e.sum(1, keepdims=True))[0, 0])"
             "(np.exp(x[None]))",
             "(lambda e: (e @ np.array([[1], [3]], e.dtype) / e.sum(-1, keepdims=True))[0, 0])"
             "(np.exp(x[None]))",
             *[f"np.exp(x) @ np.array([1.0, 3.0], x.dtype) / np.exp(x).sum({axis})"
               for axis in (0, -1)],
             *[f"(lambda e: e @ np.array([1, 3], e.dtype) / e.sum({axis}))(np.exp(x[None]))[0]"
               for axis in (1, -1)],
             "(np.exp(x) @ np.array([[1, 0], [3, 1]], x.dtype) / np.sum(np.exp(x)))[0]",
             size=2, scale=1.0),
    *written("softmax_of_shifted", share,
             "(lambda e: (e / np.sum(e))[0])(np.exp(x - np.max(x)))",
             "gf.softmax(x - gf.stop_gradient(np.max(x)))[0]",
             "gf.exp(gf.log_softmax(x - np.max(x, axis=0, keepdims=True)))[0]", size=3, scale=1.0),
    *written("log_of_softmax", lambda *z: z[0] - log_total(*z), "np.log(gf.softmax(x))[0]", size=3,
             scale=1.0),
    *written("log_of_moved", lambda *z: z[0] - log_total(*z), "np.log(gf.softmax(x)[0])", size=3,
             scale=1.0),
    *written("exp_of_log_softmax", share, "np.exp(gf.log_softmax(x))[0]", size=3, scale=1.0),
    *written("log_softmax_by_hand", lambda *z: z[0] - log_total(*z),
             "(x - np.log(np.sum(np.exp(x))))[0]",
             "(lambda m: (x - m - np.log(np.sum(np.exp(x - m))))[0])(np.max(x))", size=3,
             scale=1.0),
    *written("logsumexp_of_shifted", log_total,
             "(lambda m: m + np.log(np.sum(np.exp(x - m))))(np.max(x))",
             "(lambda m: np.log(np.sum(np.exp(x - m))) + gf.stop_gradient(m))(np.max(x))",
             "(lambda m: np.squeeze(m, 0) + np.log(np.exp(x - m).sum(0)))(x.max(0, keepdims=True))",
             "(lambda m: m[0] + np.log(np.exp(x - m).sum(0)))(x.max(0, keepdims=True))",
             "(lambda m: m.reshape(()) + np.log(np.exp(x - m).sum(0)))(x.max(0, keepdims=True))",
             "(lambda y, m: (m + np.log(np.exp(y - m[:, None]).sum(1)))[0])"
             "(x[None], x[None].max(1))",
             size=3, scale=1.0),
    *written("log_of_total", log_total, "np.log(np.sum(np.exp(x)))",
             "np.log(np.sum(np.exp(x), axis=0, keepdims=True))[0]", size=3, scale=1.0),
    *written("log_of_mean", lambda *z: log_total(*z) - mp.log(3), "np.log(np.mean(np.exp(x)))",
             size=3, scale=1.0),
    *written("log_of_weighted_total", lambda a, b, c: mp.log(mp.exp(a) / 2 + 2 * mp.exp(b)),
             f"np.log(np.sum(np.array({W}, x.dtype) * np.exp(x)))",
             "np.log(np.sum(np.exp(x) / np.array([2.0, 0.5, np.inf], x.dtype)))", size=3,
             scale=1.0),
    *written("log_of_product_with_weights", lambda a, b, c: mp.log(mp.exp(a) / 2 + 2 * mp.exp(b)),
             f"np.log(np.exp(x) @ np.array({W}, x.dtype))",
             f"np.log(np.dot(np.array({W}, x.dtype), np.exp(x)))",
             f"np.log(np.exp(x[None]) @ np.array({W}, x.dtype))[0]", size=3,
             scale=1.0),
    *written("log_of_prod", lambda a, b: a - b * b,
             "np.log(np.prod(np.exp(x * np.stack([1, -x[1]]))))",
             size=2, domain=(-30.0, 30.0), scale=1.0),
    *written("term_of_entropy", lambda a, b: share(a, b) * mp.log(share(a, b)),
             "(gf.softmax(x) * np.log(gf.softmax(x)))[0]", size=2, domain=(-5.0, 5.0), scale=1.0),
]  # fmt: skip
NORMS = [
    *written("norm_by_hand", length, "np.sqrt(np.sum(x ** 2))", "np.sum(x * x) ** 0.5",
             "np.sqrt(x @ x)", "np.sqrt(np.dot(x, x))", "np.sqrt(np.sum(np.abs(x) ** 2))", size=3),
    *written("root_mean_square", lambda *x: length(*x) / mp.sqrt(3), "np.sqrt(np.mean(x ** 2))",
             size=3),
    *written("root_of_quotient", lambda *x: length(*x) / mp.sqrt(5), "np.sqrt(np.sum(x ** 2) / 5)",
             size=3),
    *written("root_of_quotient", lambda *x: length(*x) * mp.sqrt(2),
             "np.sqrt(np.sum(x ** 2) / 0.5)", size=3),
    *written("root_of_quotient", lambda *x: mp.sqrt(spread(*x) / 2), "np.sqrt(np.var(x, ddof=1))",
             size=3, units=10**5),
    *written("variance_by_hand", lambda *x: spread(*x) / 3, "np.mean(x ** 2) - np.mean(x) ** 2",
             "np.mean(x * x) - np.square(np.mean(x))", "np.sum(x ** 2) / 3 - (np.sum(x) / 3) ** 2",
             "(np.mean(x ** 2, axis=0, keepdims=True) - np.mean(x, axis=0, keepdims=True) ** 2)[0]",
             size=3, units=10**5),
    *written("sum_of_squares_by_hand", spread, "np.sum(x ** 2) - np.sum(x) ** 2 / 3",
             "np.sum(x * x) - 3 * np.mean(x) ** 2", size=3, units=10**5),
    *written("covariance_by_hand", lambda a, b: -spread(a, b) / 2,
             "np.mean(x * x[::-1]) - np.mean(x) * np.mean(x[::-1])", size=2, units=10**5),
]  # fmt: skip
FORMS = [
    *SIGMOIDS, *SOFTPLUSES, *LOGARITHMS, *LOG_FORMS, *ROOTS, *SPECIALS, *SOFTMAXES, *NORMS,
]  # fmt: skip
