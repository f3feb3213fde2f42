"""The formulas of a node's value and derivatives, with the names of the nodes in them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from math import prod

from ..graph import Constant, Node, Operation
from ..ops.elementwise import Power
from ..traversal import ancestors
from .formulas import Formula, Names, bracketed, joined, slope, symbol, written
from .rules import LOCAL, MATRIX, PULL, Textbook

_LETTERS = "abcdefgh"
_WRITTEN_OUT = 8  # nodes of a rule
Numbered = MutableMapping[int, Formula]  # names by node number
Sizes = tuple[int, ...]


def value_formula(op: Operation, names: Numbered) -> Formula:
    """`sigmoid(z)`: what the node is computed as."""
    known = _known(op, names)
    if known is not None:
        return _scalar(op, written(known.value, _filled(op, names)))
    inputs = [f.text for f in _letters(op, names).values()]
    static = [(name, getattr(op, name, None)) for name in op.attributes]
    given = [f"{name}={value!r}" for name, value in static if not _is_unsaid(value)]
    text = f"{op.kind}({', '.join([*inputs, *given])})"
    latex = ", ".join(f.latex for f in _letters(op, names).values())
    return Formula(text, rf"{symbol(op.kind).latex}\left({latex}\right)")


def _is_unsaid(value: object) -> bool:
    """Whether a reader takes this value of an attribute for granted."""
    return value is None or value is False


def local_formula(op: Operation, slot: int, names: Numbered) -> Formula:
    """`p * (1 - p)`: dy/dx of an elementwise operation, or its symbol where none is known."""
    template = _local(op, slot)
    if template is None:
        return slope(names[op.number], names[op.inputs[slot].number])
    return _scalar(op, written(template, _filled(op, names)))


def _local(op: Operation, slot: int) -> str | None:
    known = LOCAL.get(type(op).__name__)
    if known is None or slot >= len(known.derivatives):
        return None
    if slot == 0 and isinstance(op, Power) and isinstance(op.inputs[1], Constant):
        return _power(op.inputs[1], known.derivatives[slot])
    return known.derivatives[slot]


def _power(exponent: Constant, general: str) -> str:
    """`3 * a ** 2` for the exponent 3."""
    if exponent.shape != ():
        return general
    n = exponent.value if exponent.weak else exponent.value[()]
    return {1: "1", 2: "2 * a"}.get(n, f"{n} * a ** {n - 1}")


def _scalar(op: Operation, formula: Formula) -> Formula:
    """Numbers are multiplied with a dot, arrays entry by entry with a circle."""
    if op.shape != ():
        return formula
    return Formula(formula.text, formula.latex.replace(r"\odot", r"\cdot"))


def pull_formula(
    arriving: Formula,
    op: Operation,
    slot: int,
    names: Numbered,
    shapes: tuple[Sizes, Sizes],
    *,
    spelled: bool = False,
) -> Formula:
    """`h.T @ dL/dscore`: what the operation makes of `arriving`, the derivative by its output.

    `shapes` are those of its output and of the input, as they are in the run. Local derivatives
    stand as symbols (`dL/dp * dp/dz`), or `spelled` out (`dL/dp * p * (1 - p)`).
    """
    y, x = names[op.number], names[op.inputs[slot].number]
    each = str(prod(shapes[1]) // max(prod(shapes[0]), 1))
    filled = {**_filled(op, names), "G": arriving, "n": Formula(each, each)}
    local = _local(op, slot)
    if local is not None:
        plain = local in ("1", "-1")
        factor = local_formula(op, slot, names) if plain else slope(y, x)
        product = joined(arriving, factor)
        if spelled and not plain:
            whole = local if arriving.text == "1" else f"G * ({local})"
            product = _scalar(op, written(whole, filled))
        return _summed(product, *shapes)
    known = _known(op, names)
    if known is not None and slot < len(known.derivatives):
        return written(known.derivatives[slot], filled)
    latex = rf"\left({slope(y, x).latex}\right)^{{\top}} {arriving.latex}"
    return Formula(f"the gradient rule of {op.kind} applied to {arriving.text}", latex)


def has_textbook(op: Operation, names: Numbered) -> bool:
    """Whether the derivatives of an operation stand in the table."""
    return _known(op, names) is not None


def expressed(node: Node, names: Numbered) -> Formula | None:
    """What a gradient rule built, written out in the names of nodes; None where it is long."""
    made = [n for n in ancestors([node], stop=names) if n.number not in names]
    if len(made) > _WRITTEN_OUT:
        return None
    found = ChainMap({}, names)
    for n in made:
        if isinstance(n, Operation):
            formula = value_formula(n, found)
            found[n.number] = bracketed(formula)
        else:
            found[n.number] = symbol(str(n.value) if isinstance(n, Constant) else n.name)
    return value_formula(node, found) if isinstance(node, Operation) else found[node.number]


def _known(op: Operation, names: Numbered) -> Textbook | None:
    name = type(op).__name__
    matrices = all(_rank(node, names) == 2 for node in (op, *op.inputs))
    return LOCAL.get(name) or PULL.get(name) or (MATRIX.get(name) if matrices else None)


def _rank(node: Node, names: Numbered) -> int | None:
    """The rank in the run, which may be known where the node's own is not."""
    found = names.get(node.number)
    if found is not None and found.rank is not None:
        return found.rank
    return None if node.shape is None else len(node.shape)


def _letters(op: Operation, names: Numbered) -> dict[str, Formula]:
    return {letter: names[i.number] for letter, i in zip(_LETTERS, op.inputs, strict=False)}


def _filled(op: Operation, names: Numbered) -> Names:
    axis = getattr(op, "axis", None)
    text = "" if axis is None else f"axis={axis}"
    return _letters(op, names) | {
        "y": names.get(op.number) or symbol(op.name),
        "axis": Formula(text, rf"\text{{{text}}}"),
    }


def _summed(product: Formula, output: Sizes, source: Sizes) -> Formula:
    """The product summed over the axes along which the input was broadcast."""
    lead = len(output) - len(source)
    axes = [*range(lead), *[i + lead for i, n in enumerate(source) if n == 1 != output[i + lead]]]
    if not axes:
        return product
    which = str(axes[0]) if len(axes) == 1 else str(tuple(axes))
    return Formula(
        f"sum({product.text}, axis={which})", rf"\sum_{{\text{{axis {which}}}}} {product.latex}"
    )
