"""The texts of errors, to the letter: the rule, the nodes with the user's lines, what to try."""

import re

import numpy as np
import pytest

import graphflow as gf

HERE = "test_messages.py"


def text_of(kind, call):
    with pytest.raises(kind) as caught:
        call()
    text = str(caught.value)
    assert len(text.splitlines()) <= 6
    return text


def line(node):
    return f"{HERE}:{node.origin.line}"


def test_matmul_of_unfitting_sizes():
    X = gf.placeholder((2, 3), name="X")
    W1 = gf.Variable(np.ones((4, 3)), name="W1")
    assert text_of(gf.ShapeError, lambda: gf.matmul(X, W1)) == (
        "matmul: inner sizes differ (3 != 4)\n"
        f"  a  float64[2, 3]  placeholder 'X'  {line(X)}\n"
        f"  b  float64[4, 3]  variable 'W1'    {line(W1)}\n"
        "transpose(b) would fit: float64[3, 4]"
    )


def test_a_placeholder_that_was_not_fed():
    X = gf.placeholder((None, 784), name="X")
    loss = gf.reduce_sum(X, name="loss")
    assert text_of(gf.FeedError, lambda: gf.Session().run(loss)) == (
        f"run: no value fed for placeholder 'X' float64[?, 784] ({line(X)})\n"
        "add it: session.run(loss, feed_dict={X: ...})"
    )


def test_a_loss_that_does_not_depend_on_a_variable():
    W1 = gf.Variable(1.0, name="W1")
    W2 = gf.Variable(1.0, name="W2")
    loss = gf.square(W1, name="loss")
    accuracy = gf.square(W2, name="accuracy")
    assert text_of(gf.DisconnectedError, lambda: gf.gradients(loss, W2)) == (
        f"gradients: 'loss' does not depend on 'W2' ({line(W2)}); 'W2' feeds only 'accuracy'"
    )
    assert accuracy.name == "accuracy"


def test_a_rule_for_an_unknown_operation():
    assert text_of(gf.RegistrationError, lambda: gf.RegisterGradient("Tahn")) == (
        "RegisterGradient: no operation named 'Tahn'; did you mean 'Tanh'?"
    )


def test_operands_that_do_not_broadcast():
    a = gf.placeholder((2, 3), name="a")
    b = gf.placeholder((2, 4), name="b")
    assert text_of(gf.ShapeError, lambda: a + b) == (
        "add: shapes do not broadcast ([2, 3] and [2, 4])\n"
        f"  x  float64[2, 3]  placeholder 'a'  {line(a)}\n"
        f"  y  float64[2, 4]  placeholder 'b'  {line(b)}"
    )


def test_a_path_that_is_cut_names_what_cut_it():
    x = gf.Variable([1.0, 2.0], name="x")
    best = gf.argmax(x, name="best")
    y = gf.multiply(gf.cast(best, np.float64), 2.0, name="y")
    assert text_of(gf.DisconnectedError, lambda: gf.gradients(y, x)) == (
        f"gradients: 'y' depends on 'x' ({line(x)}) only through "
        f"arg_max 'best' int64[] ({line(best)}), which has no gradient"
    )


def test_an_operation_without_a_rule():
    class Ruleless(gf.Operation):
        def compute(self, xp, x):
            return xp.exp(x)

    x = gf.Variable(1.0)
    text = text_of(gf.RegistrationError, lambda: gf.gradients(Ruleless(x), x))
    assert text == (
        "gradients: operation 'Ruleless' has no gradient rule\n"
        'write one with @RegisterGradient("Ruleless"), or declare NotDifferentiable("Ruleless")'
    )


def test_a_rule_that_gives_the_wrong_number_of_gradients():
    class Halved(gf.Operation):
        def compute(self, xp, x):
            return x * 0.5

    @gf.RegisterGradient(Halved)
    def halved_gradient(op, grad):
        return [grad * 0.5, None]

    x = gf.Variable(1.0)
    text = text_of(gf.RegistrationError, lambda: gf.gradients(Halved(x, name="h"), x))
    assert "the rule of 'Halved' gave 2 gradients for 1 inputs: halved 'h' float64[]" in text


def test_an_error_inside_compute_names_node_and_line():
    x = gf.placeholder(name="x")
    index = gf.placeholder((), dtype=np.int64)
    entry = x[index]
    text = text_of(gf.ShapeError, lambda: gf.Session().run(entry, {x: [1.0], index: 5}))
    assert re.match(rf"getitem '.*' float64\[.*\] \({HERE}:{entry.origin.line}\): ", text)


def test_nothing_to_train():
    x = gf.placeholder(name="x")
    loss = gf.square(x, name="loss")
    optimizer = gf.GradientDescentOptimizer(0.1)
    assert text_of(gf.DisconnectedError, lambda: optimizer.minimize(loss)) == (
        "minimize: 'loss' depends on no trainable variable: nothing to train"
    )
