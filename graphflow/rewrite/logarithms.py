"""Stable forms: logarithms of what exponentials are multiplied, divided and added up to.

The logarithm of a positive whole is built of the logarithms of its parts, so that no exponential
need be computed; `positive` says which wholes these are.
"""

from __future__ import annotations

import math

from ..graph import Constant, Node
from ..ops.array import count
from ..ops.elementwise import (
    Add,
    Cosh,
    Divide,
    Exp,
    Expm1,
    Log,
    Log1p,
    Log2,
    Log10,
    Multiply,
    Negative,
    SechSquared,
    Sigmoid,
    SigmoidSlope,
    Sinh,
    Subtract,
    equal,
    log,
    log1mexp,
    log_cosh,
    log_sigmoid,
    logaddexp,
    negative,
    sign,
    softplus,
    where,
)
from ..ops.linalg import Matmul
from ..ops.nn import Softmax, log_softmax
from ..ops.reduction import Mean, Sum, logsumexp, sum, weighted_logsumexp
from ..ops.scan import Prod
from ..ops.special import Erfc, Gamma, Iv, Ndtr, gammaln, log_erfc, log_i0, log_ndtr
from .engine import Look, RuleTable
from .patterns import (
    LOG_2,
    beside,
    exp_of,
    if_there,
    number,
    scaled,
    sigmoid_of,
)
from .positive import MOVES, is_exponential, is_positive_constant

LOGARITHMS = RuleTable("Logarithms of exponentials")
rule = LOGARITHMS.rule
_ROOT_2 = math.sqrt(2)


def _log(part: Node) -> Node | float:
    """The logarithm of a part of a whole."""
    value = number(part)
    return math.log(value) if value is not None and value > 0 else log(part)


# ---- of one function ----------------------------------------------------------------------------


@rule(Log, over=(Exp,))
def log_of_exp(node: Node, look: Look) -> Node | None:
    """log(exp(x)) = x"""
    return exp_of(node.inputs[0], look)


@rule(Log, over=(Softmax,))
def log_of_softmax(node: Node, look: Look) -> Node | None:
    """log(softmax(z)) = log_softmax(z)"""
    p = look(node.inputs[0], Softmax)
    return log_softmax(p.inputs[0], axis=p.axis) if p is not None else None


@rule(Log, over=(Sigmoid,))
def log_of_sigmoid(node: Node, look: Look) -> Node | None:
    """log(sigmoid(x)) = -softplus(-x)"""
    x = sigmoid_of(node.inputs[0], look)
    return log_sigmoid(x) if x is not None else None


@rule(Log, over=(SigmoidSlope,))
def log_of_sigmoid_slope(node: Node, look: Look) -> Node | None:
    """log(sigmoid(x) * sigmoid(-x)) = -2 * log(cosh(x / 2)) - log(4)"""
    found = look(node.inputs[0], SigmoidSlope)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    return -2 * log_cosh(0.5 * found.inputs[0]) - 2 * LOG_2


@rule(Log, over=(Cosh, SechSquared))
def log_of_cosh(node: Node, look: Look) -> Node | None:
    """log(cosh(x)) by its own function, and log(1 / cosh(x) ** 2) = -2 * log(cosh(x))"""
    found = look(node.inputs[0], Cosh, SechSquared)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    value = log_cosh(found.inputs[0])
    return value if isinstance(found, Cosh) else -2 * value


@rule(Log)
def log_of_sinh(node: Node, look: Look) -> Node | None:
    """log(2 * sinh(x)) = x + log(1 - exp(-2 * x)), and positive multiples of it"""
    k, inner = scaled(node.inputs[0], look)
    found = look(inner, Sinh)
    if found is None or k <= 0 or found.inputs[0].dtype.kind != "f":
        return None
    (x,) = found.inputs
    value = x + log1mexp(-2 * x)
    return value if k == 2 else value + math.log(k / 2)


@rule(Log)
def log_of_expm1(node: Node, look: Look) -> Node | None:
    """log(exp(x) - 1) = x + log(1 - exp(-x)) and log(1 - exp(x)) by its own function"""
    k, inner = scaled(node.inputs[0], look)
    found = look(inner, Expm1)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    (x,) = found.inputs
    value = log1mexp(x) if k < 0 else x + log1mexp(-x)
    return value if abs(k) == 1 else value + math.log(abs(k))


@rule(Log, over=(Multiply, Divide))
def log_of_half_erfc(node: Node, look: Look) -> Node | None:
    """log(erfc(x) / 2) = log_ndtr(-sqrt(2) * x)"""
    k, inner = scaled(node.inputs[0], look)
    found = look(inner, Erfc) if k == 0.5 else None
    return if_there(log_ndtr, found.inputs[0] * -_ROOT_2) if found is not None else None


@rule(Log, over=(Erfc, Ndtr))
def log_of_erfc(node: Node, look: Look) -> Node | None:
    """log(erfc(x)) by its own function, and log(ndtr(x)) = log_ndtr(x)"""
    found = look(node.inputs[0], Erfc, Ndtr)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    return if_there(log_erfc if isinstance(found, Erfc) else log_ndtr, found.inputs[0])


@rule(Log, over=(Iv,))
def log_of_i0(node: Node, look: Look) -> Node | None:
    """log(i0(x)) by its own function"""
    found = look(node.inputs[0], Iv)
    if found is None or found.order != 0 or found.inputs[0].dtype.kind != "f":
        return None
    return log_i0(found.inputs[0])


@rule(Log, over=(Gamma,))
def log_of_gamma(node: Node, look: Look) -> Node | None:
    """log(gamma(x)) = gammaln(x) + log(sign(gamma(x))), the latter 0 or NaN"""
    found = look(node.inputs[0], Gamma)
    if found is None or found.inputs[0].dtype.kind != "f":
        return None
    return gammaln(found.inputs[0]) + log(sign(found))


@rule(Log, over=MOVES)
def log_of_moved(node: Node, look: Look) -> Node | None:
    """log(move(p)) = move(log(p)) for p made of exponentials and a move that only places entries"""
    if not isinstance(node.inputs[0], MOVES) or not is_exponential(node.inputs[0]):
        return None
    moved = look(node.inputs[0], *MOVES)
    if moved is None:
        return None
    return moved.with_inputs((log(moved.inputs[0]), *moved.inputs[1:]))


# ---- of products --------------------------------------------------------------------------------


@rule(Log, over=(Multiply, Divide))
def log_of_product(node: Node, look: Look) -> Node | None:
    """log(p * y) = log(p) + log(y) and log(p / y) = log(p) - log(y) for p made of exponentials"""
    whole = node.inputs[0]
    if not isinstance(whole, Multiply | Divide) or not any(map(is_exponential, whole.inputs)):
        return None
    found = look(whole, Multiply, Divide)
    if found is None:
        return None
    a, b = (_log(part) for part in found.inputs)
    return a + b if isinstance(found, Multiply) else a - b  # type: ignore[return-value]


@rule(Log, over=(Prod,))
def log_of_prod(node: Node, look: Look) -> Node | None:
    """log(prod(p, axis)) = sum(log(p), axis) for p made of exponentials"""
    found = look(node.inputs[0], Prod)
    if found is None or not is_exponential(found.inputs[0]):
        return None
    return sum(log(found.inputs[0]), axis=found.axis, keepdims=found.keepdims)


# ---- of sums ------------------------------------------------------------------------------------


@rule(Log, over=(Add,))
def log_of_sum_of_exps(node: Node, look: Look) -> Node | None:
    """log(exp(x) + exp(y)) = logaddexp(x, y), and log(1 + exp(x)) = softplus(x); so for products"""
    whole = node.inputs[0]
    if not isinstance(whole, Add):
        return None
    with_number = any(isinstance(part, Constant) for part in whole.inputs)
    if not is_exponential(whole, growing=with_number):
        return None
    found = look(whole, Add)
    if found is None:
        return None
    a, b = found.inputs
    return logaddexp(_log(a), _log(b))


@rule(Log, over=(Sum,))
def log_of_total(node: Node, look: Look) -> Node | None:
    """log(sum(p, axis)) = logsumexp(log(p), axis) for p = exp(z) and what is made of such"""
    total = look(node.inputs[0], Sum)
    if total is None or not is_exponential(total.inputs[0]):
        return None
    return logsumexp(log(total.inputs[0]), axis=total.axis, keepdims=total.keepdims)


@rule(Log, over=(Sum,))
def log_of_weighted_total(node: Node, look: Look) -> Node | None:
    """log(sum(w * exp(z), axis)) = logsumexp of z with weights w, which may be of any sign"""
    total = look(node.inputs[0], Sum)
    product = look(total.inputs[0], Multiply, Divide) if total is not None else None
    if total is None or product is None:
        return None
    a, b = product.inputs
    if isinstance(product, Divide):
        b = 1 / b if is_exponential(a) else b
    z, w = (a, b) if is_exponential(a) else (b, a)
    if z is b and (isinstance(product, Divide) or not is_exponential(b)):
        return None
    return weighted_logsumexp(log(z), w, axis=total.axis, keepdims=total.keepdims)


@rule(Log, over=(Matmul,))
def log_of_product_with_weights(node: Node, look: Look) -> Node | None:
    """log(exp(z) @ w) = logsumexp of z with weights w, a vector"""
    found = look(node.inputs[0], Matmul)
    if found is None:
        return None
    z, w = found.inputs
    if z.shape is None or w.shape is None or len(w.shape) != 1 or not z.shape:
        return None
    if len(z.shape) == 1 and not is_exponential(z):
        z, w = w, z
    return weighted_logsumexp(log(z), w, axis=-1) if is_exponential(z) else None


@rule(Log, over=(Mean,))
def log_of_mean(node: Node, look: Look) -> Node | None:
    """log(mean(p, axis)) = logsumexp(log(p), axis) - log(n) for p made of exponentials"""
    mean = look(node.inputs[0], Mean)
    if mean is None or not is_exponential(mean.inputs[0]):
        return None
    p = mean.inputs[0]
    total = logsumexp(log(p), axis=mean.axis, keepdims=mean.keepdims)
    return total - log(count(p, mean.axis))


@rule(Log, over=(Subtract,))
def log_of_difference(node: Node, look: Look) -> Node | None:
    """log(p - q) = log(p) + log(1 - exp(log(q) - log(p))) for p and q made of exponentials"""
    whole = node.inputs[0]
    if not isinstance(whole, Subtract):
        return None
    if not any(is_exponential(part, growing=True) for part in whole.inputs):
        return None
    if not all(is_exponential(part) or is_positive_constant(part) for part in whole.inputs):
        return None
    found = look(whole, Subtract)
    if found is None:
        return None
    p, q = (_log(part) for part in found.inputs)
    if isinstance(p, float) and p == 0:
        return log1mexp(q)
    return p + log1mexp(where(equal(p, q), 0, q - p))  # two equal infinities have no difference


# ---- log1p, and other bases ---------------------------------------------------------------------


@rule(Log1p)
def log1p_of_exp(node: Node, look: Look) -> Node | None:
    """log1p(exp(x)) = softplus(x), log1p(-exp(x)) = log(1 - exp(x)); so for products of them"""
    (x,) = node.inputs
    if is_exponential(x, growing=True):
        return softplus(log(x))
    if not isinstance(x, Negative | Multiply):
        return None
    minus = look(x, Negative, Multiply)
    y = None
    if isinstance(minus, Negative):
        y = minus.inputs[0]
    elif minus is not None:
        y = beside(minus, -1)
    return log1mexp(log(y)) if y is not None and is_exponential(y, growing=True) else None


@rule(Log1p, over=(Negative,))
def log1p_of_negative_sigmoid(node: Node, look: Look) -> Node | None:
    """log1p(-sigmoid(x)) = -softplus(x)"""
    minus = look(node.inputs[0], Negative)
    x = sigmoid_of(minus.inputs[0], look) if minus is not None else None
    return negative(softplus(x)) if x is not None else None


@rule(Log1p, over=(Expm1,))
def log1p_of_expm1(node: Node, look: Look) -> Node | None:
    """log1p(exp(x) - 1) = x"""
    found = look(node.inputs[0], Expm1)
    return found.inputs[0] if found is not None and found.inputs[0].dtype.kind == "f" else None


@rule(Log2, Log10)
def logs_to_other_bases(node: Node, look: Look) -> Node | None:
    """log2(p) = log(p) / log(2) and log10(p) = log(p) / log(10) for p made of exponentials"""
    (p,) = node.inputs
    if not is_exponential(p, growing=True):
        return None
    return log(p) / (LOG_2 if isinstance(node, Log2) else math.log(10))
