"""What rules look for: numbers, and the several ways one formula is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce

from ..errors import MissingError
from ..graph import Constant, Node
from ..ops.elementwise import (
    Absolute,
    Add,
    Divide,
    Exp,
    Multiply,
    Negative,
    Power,
    Reciprocal,
    Sigmoid,
    Sqrt,
    Square,
    Subtract,
    divide,
    multiply,
    negative,
)
from .engine import Look

LOG_2 = math.log(2)
_MOST_TERMS = 8


# ---- numbers ------------------------------------------------------------------------------------


def number(node: Node) -> float | None:
    """The value of a finite scalar constant that is real."""
    if not isinstance(node, Constant) or node.shape != () or node.dtype.kind not in "iuf":
        return None
    value = float(node.value)
    return value if math.isfinite(value) else None


def is_number(node: Node, value: float) -> bool:
    """Whether the node is the scalar constant `value`."""
    return isinstance(node, Constant) and node.shape == () and bool(node.value == value)


def is_power_of_e(base: Node) -> bool:
    """Whether the node is the scalar constant e, in the precision it has."""
    if not isinstance(base, Constant) or base.shape != () or base.dtype.kind != "f":
        return False
    return bool(base.value == base.dtype.type(math.e))


def beside(op: Node, value: float) -> Node | None:
    """The other operand of a two-operand node of which one is the scalar constant `value`."""
    a, b = op.inputs
    return b if is_number(a, value) else a if is_number(b, value) else None


def scaled(node: Node, look: Look) -> tuple[float, Node]:
    """`(k, x)` with node = k * x for a number k, which is 1 where nothing is seen of one."""
    factor = 1.0
    for _ in range(3):
        other, k = _factor(node)
        if other is None or look(node) is None:
            break
        node, factor = other, factor * k
    return factor, node


def _factor(op: Node) -> tuple[Node | None, float]:
    """The other operand of a product with a number, or a quotient by one; and the number."""
    if isinstance(op, Negative):
        return op.inputs[0], -1.0
    if not isinstance(op, Multiply | Divide):
        return None, 1.0
    a, b = op.inputs
    k = number(b)
    if k:
        return a, (1 / k if isinstance(op, Divide) else k)
    k = number(a) if isinstance(op, Multiply) else None
    return (b, k) if k else (None, 1.0)


def number_plus(op: Node, look: Look) -> tuple[float, float, Node] | None:
    """`(c, k, x)` with op = c + k * x for numbers c and k other than 0, of a sum or difference."""
    a, b = op.inputs
    minus = isinstance(op, Subtract)
    c = number(a)
    if c:
        k, x = scaled(b, look)
        return c, (-k if minus else k), x
    c = number(b)
    if not c:
        return None
    k, x = scaled(a, look)
    return (-c if minus else c), k, x


def complement(op: Node, kind: type[Node], ratio: float, look: Look) -> tuple[float, Node] | None:
    """`(c, f)` with op = c * (1 + ratio * f), f a node of `kind` over real numbers."""
    a, b = op.inputs
    other = b if isinstance(a, Constant) else a if isinstance(b, Constant) else None
    if not isinstance(other, (kind, Negative, Multiply, Divide)):
        return None
    found = number_plus(op, look)
    if found is None or found[1] != ratio * found[0]:
        return None
    f = look(found[2], kind)
    return (found[0], f) if f is not None and _is_real(f) else None


def times(c: float, x: Node) -> Node:
    """c * x, and plain x or -x where it is that."""
    return x if c == 1 else negative(x) if c == -1 else x * c


# ---- sums, products, roots and powers -----------------------------------------------------------


def is_root(node: Node) -> bool:
    """Whether the node is sqrt(x) or x ** 0.5."""
    return not isinstance(node, Power) or is_number(node.inputs[1], 0.5)


def root_of(node: Node, look: Look) -> Node | None:
    """x, if the node is sqrt(x) or x ** 0.5 of floats."""
    found = look(node, Sqrt, Power)
    return found.inputs[0] if found is not None and is_root(found) and _is_real(found) else None


def terms(total: Add, look: Look) -> list[Node]:
    """What is added up in a sum of sums, from left to right."""
    found: list[Node] = []
    todo: list[Node] = [*total.inputs[::-1]]
    while todo:
        node = todo.pop()
        inner = look(node, Add) if len(found) + len(todo) < _MOST_TERMS else None
        if inner is None:
            found.append(node)
        else:
            todo.extend(inner.inputs[::-1])
    return found


def signed_terms(total: Node, look: Look) -> list[tuple[int, Node]]:
    """What is added up, each with its sign, in sums, differences and negatives, in order."""
    found: list[tuple[int, Node]] = []
    todo: list[tuple[int, Node]] = _parts(1, total)[::-1]
    while todo:
        sign, node = todo.pop()
        room = len(found) + len(todo) < _MOST_TERMS
        inner = look(node, Add, Subtract, Negative) if room else None
        if inner is None:
            found.append((sign, node))
        else:
            todo.extend(_parts(sign, inner)[::-1])
    return found


def sum_of(parts: list[tuple[int, Node]]) -> Node:
    """The sum of nodes, each with its sign."""
    sign, total = parts[0]
    total = total if sign == 1 else negative(total)
    for sign, part in parts[1:]:
        total = total + part if sign == 1 else total - part
    return total


def _parts(sign: int, op: Node) -> list[tuple[int, Node]]:
    first, *second = op.inputs
    if isinstance(op, Negative):
        return [(-sign, first)]
    return [(sign, first), (-sign if isinstance(op, Subtract) else sign, second[0])]


def factors(product: Node, look: Look) -> tuple[float, list[tuple[int, Node]]]:
    """`(k, parts)` of a product of products, quotients and negatives, in order.

    That is a number, and nodes that are multiplied, with 1, or divided by, with -1.
    """
    found: list[tuple[int, Node]] = []
    todo: list[tuple[int, Node]] = [(1, product)]
    factor = 1.0
    while todo:
        sign, node = todo.pop()
        value = number(node)
        if value:
            factor *= value**sign
            continue
        room = len(found) + len(todo) < _MOST_TERMS
        inner = look(node, Multiply, Divide, Negative, Reciprocal) if room else None
        if isinstance(inner, Negative):
            factor = -factor
            todo.append((sign, inner.inputs[0]))
        elif isinstance(inner, Reciprocal):
            todo.append((-sign, inner.inputs[0]))
        elif inner is not None:
            first, second = inner.inputs
            todo += [(-sign if isinstance(inner, Divide) else sign, second), (sign, first)]
        else:
            found.append((sign, node))
    return factor, found


def product_of(k: float, parts: list[tuple[int, Node]]) -> Node:
    """k times and over those nodes, of which there is one at least."""
    above = [node for sign, node in parts if sign > 0]
    below = [node for sign, node in parts if sign < 0]
    if not above:
        return reduce(divide, below[1:], k / below[0])
    return reduce(divide, below, times(k, reduce(multiply, above)))


def ratio(x: Node, y: Node, look: Look) -> float | None:
    """c, if x = c * y for a number c and floats."""
    (a, u), (b, v) = scaled(x, look), scaled(y, look)
    return a / b if u is v and u.dtype.kind == "f" else None


def negated(node: Node, look: Look) -> Node:
    """-node, or x if the node is -x."""
    other = positive_of(node, look)
    return other if other is not None else negative(node)


def positive_of(node: Node, look: Look) -> Node | None:
    """x, if the node is -x."""
    found = look(node, Negative)
    if found is not None:
        return found.inputs[0]
    product = look(node, Multiply)
    return beside(product, -1) if product is not None else None


def are_opposite(x: Node, y: Node, look: Look) -> bool:
    """Whether one is minus the other."""
    return positive_of(y, look) is x or positive_of(x, look) is y


def squared(node: Node, look: Look) -> Node | None:
    """x, if the node is square(x), x * x, x ** 2 or abs(x) ** 2 of floats."""
    found = look(node, Square, Multiply, Power)
    if found is None or not _is_real(found):
        return None
    base = found.inputs[0]
    if isinstance(found, Multiply) and found.inputs[1] is not base:
        return None
    if isinstance(found, Power) and not is_number(found.inputs[1], 2):
        return None
    size = look(base, Absolute)
    return size.inputs[0] if size is not None else base


def squared_times(node: Node, look: Look) -> tuple[float, Node] | None:
    """`(k, x)` with node = k * x ** 2 for a number k, x being no multiple of a number."""
    k, inner = scaled(node, look)
    base = squared(inner, look)
    if base is not None:
        c, x = scaled(base, look)
        return k * c * c, x
    product = look(inner, Multiply)
    if product is None or product.dtype.kind != "f":
        return None
    (a, x), (b, y) = (scaled(part, look) for part in product.inputs)
    return (k * a * b, x) if x is y else None


def inverse_of(node: Node, look: Look) -> Node | None:
    """x, if the node is 1 / x, reciprocal(x) or x ** -1."""
    found = look(node, Divide, Reciprocal, Power)
    if isinstance(found, Divide):
        return found.inputs[1] if is_number(found.inputs[0], 1) else None
    if isinstance(found, Power):
        return found.inputs[0] if is_number(found.inputs[1], -1) else None
    return found.inputs[0] if found is not None else None


def number_over(node: Node, look: Look) -> tuple[float, Node | None]:
    """`(k, x)` with node = k / x for a number k; no x where it is none."""
    c, inner = scaled(node, look)
    found = look(inner, Divide, Reciprocal, Power)
    if found is None or found.dtype.kind != "f":
        return c, None
    if isinstance(found, Divide):
        k = number(found.inputs[0])
        return (c * k, found.inputs[1]) if k else (c, None)
    is_inverse = isinstance(found, Reciprocal) or number(found.inputs[1]) == -1
    return c, found.inputs[0] if is_inverse else None


def offset(node: Node, look: Look) -> tuple[Node, float]:
    """`(x, c)` with node = x + c for a number c, which is 0 where none is seen."""
    found = look(node, Add, Subtract)
    if found is None:
        return node, 0.0
    a, b = found.inputs
    c = number(b)
    if c is not None:
        return a, (-c if isinstance(found, Subtract) else c)
    c = number(a) if isinstance(found, Add) else None
    return (b, c) if c is not None else (node, 0.0)


# ---- exponentials -------------------------------------------------------------------------------


def exp_of(node: Node, look: Look) -> Node | None:
    """x, if the node is exp(x) of floats."""
    return _floats(look(node, Exp))


def sigmoid_of(node: Node, look: Look) -> Node | None:
    """x, if the node is sigmoid(x) of floats."""
    return _floats(look(node, Sigmoid))


def _floats(found: Node | None) -> Node | None:
    """The operand, if it holds floats."""
    return found.inputs[0] if found is not None and _is_real(found) else None


def one_plus_exp(node: Node, look: Look) -> Node | None:
    """x, if the node is 1 + exp(x) or exp(x) + 1."""
    total = look(node, Add)
    other = beside(total, 1) if total is not None else None
    return exp_of(other, look) if other is not None else None


def _is_real(op: Node) -> bool:
    """Whether the operand holds floats: integers wrap around, and complex numbers have branches."""
    return op.inputs[0].dtype.kind == "f"


def if_there(function: Callable[[Node], Node], x: Node) -> Node | None:
    """function(x), unless SciPy is missing: the formula by hand may need none."""
    try:
        return function(x)
    except MissingError:
        return None
