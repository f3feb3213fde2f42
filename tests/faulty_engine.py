"""A small engine of values and backpropagation, made to be broken by any of thirteen faults.

They are those of the tutorials' own engine on small graphs. Without a fault it is right.
"""

from collections import deque

import numpy as np

FAULTS = {
    "breadth first": "a node is expanded before its last consumer has reported",
    "off the path": "consumers that the loss does not depend on are waited for",
    "first slot": "of a node that is two operands of one operation, the first alone counts",
    "broadcast": "the gradient of an operand that was broadcast keeps the result's shape",
    "stale": "a step takes the values of the last run",
    "forward first": "a step needs a run before it",
    "doubling": "what several paths lead to is visited once per path",
    "recursion": "the walk over the graph recurses",
    "integers": "a variable that starts with Python's integers holds integers",
    "aliasing": "a variable holds the user's array itself",
    "unstable": "log of softmax is computed as it is written",
    "missing feed": "a placeholder that is not fed is told by its address",
    "one fetch": "a list of fetches is refused",
}


class Node:
    """A leaf or an operation, with its consumers."""

    def __init__(self, kind, inputs=(), name="", **options):
        self.kind, self.inputs, self.name, self.options = kind, list(inputs), name, options
        self.consumers = []
        for node in dict.fromkeys(self.inputs):
            node.consumers.append(self)


def log_softmax(x, axis):
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def restored(grad, x, axis, keepdims):
    """The gradient of a sum, as the operand's shape has it."""
    if axis is not None and not keepdims:
        grad = np.expand_dims(grad, axis)
    return np.broadcast_to(grad, x.shape)


FORWARD = {
    "add": lambda x, y: x + y,
    "negative": lambda x: -x,
    "multiply": lambda x, y: x * y,
    "matmul": lambda x, y: x @ y,
    "sigmoid": lambda x: np.exp(-np.logaddexp(0, -x)),
    "tanh": np.tanh,
    "log": np.log,
    "sum": lambda x, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    "log softmax": log_softmax,
}


def of_matmul(g, _, x, y):
    """Both gradients of a product, in which vectors are rows and columns."""
    left, right = np.atleast_2d(x), y[:, None] if y.ndim == 1 else y
    grad = np.reshape(g, (left.shape[0], right.shape[1]))
    return [(grad @ right.T).reshape(x.shape), (left.T @ grad).reshape(y.shape)]


BACKWARD = {  # of the gradient, the value and the operands: a gradient per operand
    "add": lambda g, v, x, y: [g, g],
    "negative": lambda g, v, x: [-g],
    "multiply": lambda g, v, x, y: [g * y, g * x],
    "matmul": of_matmul,
    "sigmoid": lambda g, v, x: [g * v * (1 - v)],
    "tanh": lambda g, v, x: [g * (1 - v * v)],
    "log": lambda g, v, x: [g / x],
    "sum": lambda g, v, x, axis=None, keepdims=False: [restored(g, x, axis, keepdims)],
    "log softmax": lambda g, v, x, axis: [g - np.exp(v) * np.sum(g, axis=axis, keepdims=True)],
}


def unbroadcast(grad, shape):
    """Summed over the axes along which an operand of this shape was broadcast."""
    grad = np.sum(grad, axis=tuple(range(np.ndim(grad) - len(shape))))
    ones = tuple(i for i, size in enumerate(shape) if size == 1 and np.shape(grad)[i] != 1)
    return np.sum(grad, axis=ones, keepdims=True)


class Engine:
    """Builds nodes, runs them and trains variables; `work` counts the calls of gradient rules."""

    def __init__(self, fault=None):
        assert fault is None or fault in FAULTS
        self.fault, self.work = fault, 0
        self._state, self._last = {}, None

    def placeholder(self, name):
        """A leaf to be fed."""
        return Node("placeholder", name=name)

    def constant(self, value):
        """A leaf that stays."""
        node = Node("constant")
        self._state[node] = np.asarray(value)
        return node

    def variable(self, value):
        """A leaf that is trained."""
        node = Node("variable")
        if self.fault == "aliasing":
            self._state[node] = np.asarray(value)
        elif self.fault == "integers":
            self._state[node] = np.array(value)
        else:
            self._state[node] = np.array(value, float)
        return node

    def value(self, variable):
        """What a variable holds."""
        return self._state[variable].copy()

    def op(self, kind, *inputs, **options):
        """An operation."""
        return Node(kind, inputs, **options)

    def run(self, fetches, feed=()):
        """The value of a node, or those of a list."""
        if isinstance(fetches, Node):
            return self._values([fetches], feed)[fetches]
        if self.fault == "one fetch":
            raise AttributeError("'list' object has no attribute 'inputs'")
        values = self._values(fetches, feed)
        return [values[node] for node in fetches]

    def gradients(self, loss, feed=()):
        """The gradients of a number by all it depends on."""
        return self._backward(loss, self._values([loss], feed))

    def step(self, loss, rate):
        """One step of gradient descent for the variables that the loss depends on."""
        if self.fault == "forward first" and self._last is None:
            raise AttributeError("'Node' object has no attribute 'value'")
        stale = self.fault == "stale" and self._last is not None and loss in self._last
        values = self._last if stale else self._values([loss], ())
        for node, grad in self._backward(loss, values).items():
            if node.kind == "variable":
                self._state[node] -= rate * grad

    def _values(self, fetches, feed):
        values = {**self._state, **dict(feed)}
        for node in self._order(fetches):
            if node.kind == "placeholder" and node not in values:
                if self.fault == "missing feed":
                    raise KeyError(node)
                raise ValueError(f"no value fed for {node.name!r}")
            if node not in values:
                values[node] = self._forward(node, [values[i] for i in node.inputs])
        self._last = {node: np.array(value) for node, value in values.items()}
        return values

    def _forward(self, node, arrays):
        if self.fault == "unstable" and node.kind == "log softmax":
            e = np.exp(arrays[0])
            return np.log(e / np.sum(e, keepdims=True, **node.options))
        return FORWARD[node.kind](*arrays, **node.options)

    def _order(self, fetches):
        """The nodes that fetches depend on, inputs first."""
        if self.fault == "recursion":
            found = {}

            def visit(node):
                if node not in found:
                    for one in node.inputs:
                        visit(one)
                    found[node] = None

            for node in fetches:
                visit(node)
            return list(found)
        order, done, todo = [], set(), [(node, False) for node in reversed(fetches)]
        while todo:
            node, ready = todo.pop()
            if ready:
                order.append(node)
            elif node not in done:
                done.add(node)
                todo.append((node, True))
                todo += [(one, False) for one in node.inputs if one not in done]
        return order

    def _contributions(self, node, grad, values):
        """The gradients that an operation gives its operands, one per slot."""
        self.work += 1
        arrays = [values[i] for i in node.inputs]
        grads = BACKWARD[node.kind](grad, values[node], *arrays, **node.options)
        if self.fault != "broadcast":
            pairs = zip(grads, arrays, strict=True)
            grads = [unbroadcast(g, np.shape(a)) for g, a in pairs]
        return grads

    def _backward(self, loss, values):
        if self.fault == "doubling":
            return self._by_paths(loss, values)
        table = {loss: np.ones_like(values[loss])}
        parts = {}
        for node in self._backward_order(loss):
            if node is not loss:
                table[node] = sum(parts[consumer, node] for consumer in self._waited(node, table))
            if node.inputs:
                grads = self._contributions(node, table[node], values)
                for slot, (one, grad) in enumerate(zip(node.inputs, grads, strict=True)):
                    if self.fault == "first slot" and node.inputs.index(one) != slot:
                        continue
                    parts[node, one] = parts.get((node, one), 0) + grad
        return table

    def _waited(self, node, table):
        if self.fault in ("breadth first", "off the path"):
            if self.fault == "off the path":
                return node.consumers
            return [c for c in node.consumers if c in table or c in self._path]
        return [consumer for consumer in node.consumers if consumer in table]

    def _backward_order(self, loss):
        order = self._order([loss])
        if self.fault != "breadth first":
            return reversed(order)
        self._path = set(order)
        found, queue = {loss: None}, deque([loss])
        while queue:
            for one in queue.popleft().inputs:
                if one not in found:
                    found[one] = None
                    queue.append(one)
        return list(found)

    def _by_paths(self, loss, values):
        table, todo = {}, [(loss, np.ones_like(values[loss]))]
        while todo:
            node, grad = todo.pop()
            table[node] = table.get(node, 0) + grad
            if node.inputs:
                grads = self._contributions(node, grad, values)
                todo += zip(node.inputs, grads, strict=True)
        return table
