"""The formulas that gf.explain writes, evaluated, against the rules that the engine uses."""

import math

import numpy as np
import pytest
from test_explain import sigmoid

import graphflow as gf
from graphflow import registry
from graphflow.explaining.rules import LOCAL, MATRIX, PULL

RNG = np.random.default_rng(2)


def one(condition):
    return np.where(condition, 1.0, 0.0)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


FUNCTIONS = {
    name: getattr(np, name)
    for name in "abs arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh exp log log10 log2 "
    "sign sin sinh sqrt tan tanh where".split()
} | {
    "max": np.maximum,
    "min": np.minimum,
    "one": one,
    "pi": math.pi,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "erf": np.vectorize(math.erf),
}
DOMAINS = {"Arccosh": (1.2, 3.0)}  # else between 0.1 and 0.9, without ties


def operands(name, count):
    low, high = DOMAINS.get(name, (0.1, 0.9))
    values = np.sort(np.random.default_rng(len(name)).uniform(low, high, 4 * count))
    return [values[place::count] for place in range(count)]


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_derivative_of_the_textbook_is_the_rules(name):
    textbook = LOCAL[name]
    arrays = operands(name, len(textbook.derivatives))
    if name == "Where":
        arrays[0] = np.array([True, False, True, False])
    nodes = [gf.Variable(array) for array in arrays]
    attributes = {"to": np.dtype(np.float64)} if name == "Cast" else {}
    op = registry.operation(name)(*nodes, **attributes)
    y = gf.Session().run(op)
    known = FUNCTIONS | dict(zip("abc", arrays, strict=False)) | {"y": y}
    assert np.allclose(eval(textbook.value, {}, known), y)
    for slot, template in enumerate(textbook.derivatives):
        if nodes[slot].dtype == np.bool_:
            continue
        written = eval(template.replace("not a", "~a"), {}, known)
        (step,) = gf.explain(op, nodes[slot]).paths[0].steps
        assert np.allclose(written, step.factor), template


def pulled(name, op, x, arrays, cotangent):
    """What the rule makes of a cotangent at the operation, and what the textbook says."""
    weighed = gf.reduce_sum(op * gf.constant(cotangent))
    session = gf.Session()
    y = session.run(op)
    (grad,) = gf.gradients(weighed, x)
    (textbook,) = [t[name] for t in (PULL, MATRIX) if name in t]
    known = FUNCTIONS | dict(zip("abc", arrays, strict=False)) | {"y": y, "G": cotangent}
    known |= {
        "axis": -1,
        "n": arrays[0].size // y.size,
        "sum": lambda v, axis=None: np.sum(v, axis=-1, keepdims=True),
        "broadcast": lambda g: np.broadcast_to(g[..., None], arrays[0].shape),
        "reshape": lambda g: np.reshape(g, arrays[0].shape),
        "one_hot": lambda a: np.eye(3)[a],
    }
    return session.run(grad), known, textbook


ARRAY_OPS = {
    "ExpandDims": lambda a, b: gf.expand_dims(a, 0),
    "LogSoftmax": lambda a, b: gf.log_softmax(a),
    "LogSumExp": lambda a, b: gf.logsumexp(a, axis=-1),
    "Mean": lambda a, b: gf.reduce_mean(a, axis=-1),
    "Reshape": lambda a, b: gf.reshape(a, (3, 4)),
    "Softmax": lambda a, b: gf.softmax(a),
    "Squeeze": lambda a, b: gf.squeeze(gf.reshape(a, (1, 4, 3))),
    "Sum": lambda a, b: gf.reduce_sum(a, axis=-1),
    "Matmul": lambda a, b: gf.matmul(a, b),
    "Swapaxes": lambda a, b: gf.swapaxes(a, 0, 1),
    "Transpose": lambda a, b: gf.transpose(a),
}


@pytest.mark.parametrize("name", ARRAY_OPS)
def test_a_pull_back_of_the_textbook_is_the_rules(name):
    arrays = [RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5))]
    a, b = (gf.Variable(array) for array in arrays)
    op = ARRAY_OPS[name](a, b)
    cotangent = RNG.normal(size=op.shape)
    for slot, x in enumerate((a, b) if name == "Matmul" else (a,)):
        rule, known, textbook = pulled(name, op, x, arrays, cotangent)
        if name in ("LogSumExp",):
            known["G"] = cotangent[..., None]
        assert np.allclose(rule, eval(textbook.derivatives[slot], {}, known))


def test_the_cross_entropies_of_the_textbook_are_the_rules():
    labels, scores = softmax(RNG.normal(size=(4, 3))), RNG.normal(size=(4, 3))
    a, b = gf.Variable(labels), gf.Variable(scores)
    op = gf.softmax_cross_entropy_with_logits(labels=a, logits=b)
    cotangent = RNG.normal(size=4)
    for slot, x in enumerate((a, b)):
        rule, known, textbook = pulled("SoftmaxCrossEntropy", op, x, [labels, scores], cotangent)
        known["G"] = cotangent[:, None]
        assert np.allclose(rule, eval(textbook.derivatives[slot], {}, known))
    classes = np.array([0, 2, 1, 1])
    op = gf.sparse_softmax_cross_entropy_with_logits(labels=gf.constant(classes), logits=b)
    rule, known, textbook = pulled("SparseSoftmaxCrossEntropy", op, b, [classes, scores], cotangent)
    known["G"] = cotangent[:, None]
    assert np.allclose(rule, eval(textbook.derivatives[1], {}, known))


def test_every_pull_back_of_the_textbook_is_tested():
    tested = {*ARRAY_OPS, "SoftmaxCrossEntropy", "SparseSoftmaxCrossEntropy"}
    assert {*PULL, *MATRIX} == tested


def test_every_operation_of_the_textbook_exists():
    assert {*LOCAL, *PULL, *MATRIX} <= set(registry.operations())
