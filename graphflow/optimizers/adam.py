"""Adam and what came of it: AMSGrad, AdamW, NAdam; and Lion, which keeps signs alone."""

from __future__ import annotations

from typing import Any, Unpack

from ..graph import Node, Variable
from ..ops.elementwise import maximum, sign, sqrt, square
from .base import Optimizer, Options, Rate, in_range
from .slots import Slots, Updates


class _Moments:
    """Running means of the gradient and of its square, with the corrections of their bias."""

    def __init__(self, beta1: float, beta2: float, epsilon: float) -> None:
        self.beta1 = in_range("beta1", beta1, 0, 1)
        self.beta2 = in_range("beta2", beta2, 0, 1)
        self._epsilon = in_range("epsilon", epsilon, 0)

    def mean(self, grad: Node, slots: Slots) -> tuple[Variable, Node]:
        """m, and beta1 * m + (1 - beta1) * g."""
        m = slots.full("m")
        return m, self.beta1 * m + (1 - self.beta1) * grad

    def square_mean(self, grad: Node, slots: Slots) -> tuple[Variable, Node]:
        """v, and beta2 * v + (1 - beta2) * g ** 2."""
        v = slots.full("v")
        return v, self.beta2 * v + (1 - self.beta2) * square(grad)

    def root(self, v: Node, slots: Slots) -> Node:
        """sqrt(v / (1 - beta2 ** t)) + epsilon."""
        correction = slots.fitted(1 / sqrt(1 - self.beta2**slots.t))
        root: Node = sqrt(v) * correction + self._epsilon
        return root


class AdamOptimizer(Optimizer):
    """variable - learning_rate * m^ / (sqrt(v^) + epsilon), of means whose bias is corrected.

    `amsgrad` divides by the greatest v so far (S. J. Reddi, S. Kale, S. Kumar, "On the convergence
    of Adam and beyond", 2018, algorithm 2), its bias corrected as PyTorch does.

    Source: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._moments = _Moments(beta1, beta2, epsilon)
        self._amsgrad = amsgrad

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate / (1 - beta1 ** t) * m / (sqrt(v / (1 - beta2 ** t)) + epsilon)."""
        return _adam(self._moments, self._amsgrad, grad, rate, slots)


class AdamWOptimizer(Optimizer):
    """Adam with the decay of weights beside it, instead of in the gradient: 0.01 unless given.

    The variable loses learning_rate * weight_decay of itself in each step, as in PyTorch; the
    moments do not see it.

    Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization" (2019), algorithm 2.
    """

    decoupled = True

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        options.setdefault("weight_decay", 0.01)
        super().__init__(learning_rate, **options)
        self._moments = _Moments(beta1, beta2, epsilon)
        self._amsgrad = amsgrad

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """As Adam."""
        return _adam(self._moments, self._amsgrad, grad, rate, slots)


def _adam(
    moments: _Moments, amsgrad: bool, grad: Node, rate: Any, slots: Slots
) -> tuple[Node, Updates]:
    m, new_m = moments.mean(grad, slots)
    v, new_v = moments.square_mean(grad, slots)
    updates: Updates = [(m, new_m), (v, new_v)]
    under = new_v
    if amsgrad:
        greatest = slots.full("v_max")
        under = maximum(greatest, new_v)
        updates.append((greatest, under))
    size = rate * slots.fitted(1 / (1 - moments.beta1**slots.t))
    return new_m * size / moments.root(under, slots), updates


class NAdamOptimizer(Optimizer):
    """Adam with Nesterov's momentum, which grows from half of beta1 to beta1.

    mu_t = beta1 * (1 - 0.96 ** (t * momentum_decay) / 2); defaults as PyTorch's.

    Source: T. Dozat, "Incorporating Nesterov momentum into Adam" (2016), algorithm 2.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        momentum_decay: float = 0.004,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self._moments = _Moments(beta1, beta2, epsilon)
        self._momentum_decay = in_range("momentum_decay", momentum_decay, 0)

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * (mu_next / (1 - M mu_next) * m + (1 - mu) / (1 - M) * g) / root, M = M * mu."""
        moments = self._moments
        m, new_m = moments.mean(grad, slots)
        v, new_v = moments.square_mean(grad, slots)
        product = slots.scalar("mu_product", 1.0)
        mu, mu_next = self._mu(slots.t), self._mu(slots.t + 1)
        new = product * mu
        of_mean = slots.fitted(mu_next / (1 - new * mu_next))
        of_grad = slots.fitted((1 - mu) / (1 - new))
        step = (new_m * (rate * of_mean) + grad * (rate * of_grad)) / moments.root(new_v, slots)
        return step, [(m, new_m), (v, new_v), (product, new)]

    def _mu(self, t: Node) -> Node:
        mu: Node = self._moments.beta1 * (1 - 0.5 * 0.96 ** (t * self._momentum_decay))
        return mu


class LionOptimizer(Optimizer):
    """variable - learning_rate * sign(beta1 * m + (1 - beta1) * g), and m moves by beta2.

    Weights decay as in AdamW, by 0.001 unless given. Defaults as optax's.

    Source: X. Chen et al., "Symbolic discovery of optimization algorithms" (2023), program 1.
    """

    decoupled = True

    def __init__(
        self,
        learning_rate: Rate = 0.0001,
        beta1: float = 0.9,
        beta2: float = 0.99,
        **options: Unpack[Options],
    ) -> None:
        options.setdefault("weight_decay", 0.001)
        super().__init__(learning_rate, **options)
        self._beta1 = in_range("beta1", beta1, 0, 1)
        self._beta2 = in_range("beta2", beta2, 0, 1)

    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """rate * sign(beta1 * m + (1 - beta1) * g), m = beta2 * m + (1 - beta2) * g."""
        m = slots.full("m")
        direction = sign(self._beta1 * m + (1 - self._beta1) * grad)
        return direction * rate, [(m, self._beta2 * m + (1 - self._beta2) * grad)]
