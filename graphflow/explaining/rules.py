"""The derivatives of operations as a textbook writes them, in Python's own notation.

In a formula `a`, `b`, `c` are the inputs, `y` the output and `G` the derivative of the loss by `y`;
`one(...)` is 1 where a condition holds and else 0. Tests evaluate every formula and compare it
with the rule that the engine uses.
"""

from __future__ import annotations

from typing import NamedTuple


class Textbook(NamedTuple):
    """An operation: its value, and per input the local derivative dy/da or the whole pull-back."""

    value: str
    derivatives: tuple[str, ...]


# Elementwise: dy/da, dy/db ..., to be multiplied with what arrives.
LOCAL = {
    "Absolute": Textbook("abs(a)", ("sign(a)",)),
    "Add": Textbook("a + b", ("1", "1")),
    "Arccos": Textbook("arccos(a)", ("-1 / sqrt(1 - a ** 2)",)),
    "Arccosh": Textbook("arccosh(a)", ("1 / sqrt(a ** 2 - 1)",)),
    "Arcsin": Textbook("arcsin(a)", ("1 / sqrt(1 - a ** 2)",)),
    "Arcsinh": Textbook("arcsinh(a)", ("1 / sqrt(1 + a ** 2)",)),
    "Arctan": Textbook("arctan(a)", ("1 / (1 + a ** 2)",)),
    "Arctanh": Textbook("arctanh(a)", ("1 / (1 - a ** 2)",)),
    "Cast": Textbook("a", ("1",)),
    "Cbrt": Textbook("cbrt(a)", ("1 / (3 * y ** 2)",)),
    "Cos": Textbook("cos(a)", ("-sin(a)",)),
    "Cosh": Textbook("cosh(a)", ("sinh(a)",)),
    "Divide": Textbook("a / b", ("1 / b", "-a / b ** 2")),
    "Erf": Textbook("erf(a)", ("2 / sqrt(pi) * exp(-a ** 2)",)),
    "Exp": Textbook("exp(a)", ("y",)),
    "Exp2": Textbook("2 ** a", ("y * log(2)",)),
    "Expm1": Textbook("exp(a) - 1", ("exp(a)",)),
    "Hypot": Textbook("sqrt(a ** 2 + b ** 2)", ("a / y", "b / y")),
    "Log": Textbook("log(a)", ("1 / a",)),
    "Log10": Textbook("log10(a)", ("1 / (a * log(10))",)),
    "Log1p": Textbook("log(1 + a)", ("1 / (1 + a)",)),
    "Log2": Textbook("log2(a)", ("1 / (a * log(2))",)),
    "LogSigmoid": Textbook("log(sigmoid(a))", ("sigmoid(-a)",)),
    "Logaddexp": Textbook("log(exp(a) + exp(b))", ("exp(a - y)", "exp(b - y)")),
    "Maximum": Textbook("max(a, b)", ("one(a > b)", "one(b > a)")),
    "Minimum": Textbook("min(a, b)", ("one(a < b)", "one(b < a)")),
    "Multiply": Textbook("a * b", ("b", "a")),
    "Negative": Textbook("-a", ("-1",)),
    "Opaque": Textbook("a", ("1",)),
    "Positive": Textbook("a", ("1",)),
    "Power": Textbook("a ** b", ("b * a ** (b - 1)", "y * log(a)")),
    "Reciprocal": Textbook("1 / a", ("-1 / a ** 2",)),
    "Relu": Textbook("max(a, 0)", ("one(a > 0)",)),
    "Sigmoid": Textbook("sigmoid(a)", ("y * (1 - y)",)),
    "Sin": Textbook("sin(a)", ("cos(a)",)),
    "Sinh": Textbook("sinh(a)", ("cosh(a)",)),
    "Softplus": Textbook("log(1 + exp(a))", ("sigmoid(a)",)),
    "Sqrt": Textbook("sqrt(a)", ("1 / (2 * y)",)),
    "Square": Textbook("a ** 2", ("2 * a",)),
    "Subtract": Textbook("a - b", ("1", "-1")),
    "Tan": Textbook("tan(a)", ("1 + y ** 2",)),
    "Tanh": Textbook("tanh(a)", ("1 - y ** 2",)),
    "Where": Textbook("where(a, b, c)", ("0", "one(a)", "one(not a)")),
}

# Operations on whole arrays: what G becomes. `n` is how many entries of a go into one of y.
PULL = {
    "ExpandDims": Textbook("reshape(a)", ("reshape(G)",)),
    "LogSoftmax": Textbook("log_softmax(a)", ("G - softmax(a) * sum(G, axis)",)),
    "LogSumExp": Textbook("log(sum(exp(a), axis))", ("G * softmax(a)",)),
    "Mean": Textbook("mean(a, axis)", ("broadcast(G) / n",)),
    "Reshape": Textbook("reshape(a)", ("reshape(G)",)),
    "Softmax": Textbook("softmax(a)", ("y * (G - sum(G * y, axis))",)),
    "SoftmaxCrossEntropy": Textbook(
        "-sum(a * log_softmax(b))", ("-G * log_softmax(b)", "G * (softmax(b) * sum(a) - a)")
    ),
    "SparseSoftmaxCrossEntropy": Textbook(
        "-log_softmax(b)[a]", ("0", "G * (softmax(b) - one_hot(a))")
    ),
    "Squeeze": Textbook("reshape(a)", ("reshape(G)",)),
    "Sum": Textbook("sum(a, axis)", ("broadcast(G)",)),
}

# Of matrices only: vectors and stacks of matrices have other shapes to care for.
MATRIX = {
    "Matmul": Textbook("a @ b", ("G @ b.T", "a.T @ G")),
    "Swapaxes": Textbook("a.T", ("G.T",)),
    "Transpose": Textbook("a.T", ("G.T",)),
}
