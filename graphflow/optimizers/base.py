"""Optimizer: from a loss to the update that a training step runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypedDict

import numpy as np

from ..dtypes import is_inexact
from ..errors import DisconnectedError, DTypeError, ShapeError
from ..gradients import gradients
from ..graph import Node, Variable, building, current, snake_case
from ..ops.elementwise import conj, equal, where
from ..ops.state import Group, assign
from ..shapes import maybe_equal
from ..traversal import ancestors
from .slots import Slots, Steps, Updates

Pairs = list[tuple[Node, Variable]]
Rate = float | Node | Callable[[Any], Any]
_OWN = ("learning_rate", "weight_decay")


class Options(TypedDict, total=False):
    """What every optimizer takes by keyword."""

    weight_decay: float
    per_variable: Mapping[Variable, Mapping[str, Any]] | None
    micro_batches: int
    name: str | None


class Optimizer(ABC):
    """Base of the optimizers. A subclass says in `move` how far a variable goes by its gradient.

    `learning_rate` is a number, a scalar node, or a function of the step as in `gf.schedules`: it
    is called with the number of steps made *before*, 0 in the first, as a float64 node.

    `weight_decay` adds weight_decay * variable to the gradient; where the optimizer decouples it
    (AdamW, Lion), it takes learning_rate * weight_decay * variable off the variable instead.
    `per_variable` gives single variables a "learning_rate" or "weight_decay" of their own:
    `{b: {"weight_decay": 0.0}}`. With `micro_batches` = k, gradients are averaged over k runs, and
    every k-th run makes a step by their mean; the others change no variable.

    An optimizer has no state: every update it builds has a counter and slots of its own, in the
    scope `name`. A complex variable moves by the conjugate of its gradient, which is downhill.

    Raises ValueError for a number out of range, DTypeError for what is no number.
    """

    decoupled: ClassVar[bool] = False  # weight decay goes past the gradient
    takes_complex: ClassVar[bool] = False

    def __init__(
        self,
        learning_rate: Rate,
        *,
        weight_decay: float = 0.0,
        per_variable: Mapping[Variable, Mapping[str, Any]] | None = None,
        micro_batches: int = 1,
        name: str | None = None,
    ) -> None:
        self._learning_rate = _as_rate(learning_rate)
        self._weight_decay = in_range("weight_decay", weight_decay, 0)
        self._own = _as_own(per_variable or {})
        if isinstance(micro_batches, bool) or not isinstance(micro_batches, int | np.integer):
            raise DTypeError(f"micro_batches: an integer is wanted, not {micro_batches!r}")
        self._micro_batches = int(in_range("micro_batches", micro_batches, 1))
        self._name = name or snake_case(type(self).__name__.removesuffix("Optimizer"))

    @abstractmethod
    def move(self, grad: Node, rate: Any, slots: Slots) -> tuple[Node, Updates]:
        """What is taken off a variable, and the new values of its slots.

        `grad` has the shape and dtype of the variable; `rate` is a number or a scalar of its dtype.
        """

    def minimize(self, loss: Node, variables: Iterable[Variable] | None = None) -> Node:
        """The update that makes one step down the gradient of `loss`; running it gives None.

        Trains `variables`, by default the trainable ones that the loss depends on. A run of it
        recomputes what it needs: the loss need not be fetched first.

        Raises DisconnectedError when there is nothing to train, DTypeError for a variable that
        holds no floats.
        """
        return self._step(self.compute_gradients(loss, variables), loss)

    def compute_gradients(self, loss: Node, variables: Iterable[Variable] | None = None) -> Pairs:
        """`[(gradient, variable)]`, for `variables` or the trainable ones `loss` depends on."""
        if not isinstance(loss, Node):
            raise DTypeError(f"minimize: the loss is {loss!r}, not a node")
        chosen = _trainable(loss) if variables is None else list(variables)
        _check_variables(loss, chosen)
        unconnected = "none" if variables is None else "error"
        found = gradients(loss, chosen, unconnected=unconnected)
        pairs = [(g, v) for g, v in zip(found, chosen, strict=True) if g is not None]
        if not pairs:
            gradients(loss, chosen)  # raises, saying what cuts the loss from its variables
        return pairs

    def apply_gradients(self, pairs: Sequence[tuple[Node, Variable]]) -> Node:
        """The update that moves each variable by its gradient; running it gives None.

        Raises ShapeError when a gradient has not the shape of its variable, DTypeError for a
        complex variable where the optimizer has no rule for it, ValueError for one given twice.
        """
        return self._step(list(pairs), None)

    def _step(self, pairs: Pairs, loss: Node | None) -> Node:
        self._check_pairs(pairs)
        with building(role="optimizer", graph=pairs[0][1].graph):
            scope = f"{current().scope}{self._name}/"
            single = self._micro_batches == 1
            updates = self._moved(pairs, scope) if single else self._gathered(pairs, scope)
            return Group.step([assign(variable, new) for variable, new in updates], pairs, loss)

    def _moved(self, pairs: Pairs, scope: str) -> Updates:
        """The new values of the variables, of their slots, and of the counter."""
        steps = Steps(scope)
        usual = _rate_at(self._learning_rate, steps)
        updates: Updates = []
        for grad, variable in pairs:
            slots = Slots(variable, scope, steps)
            with building(scope=slots.scope):
                updates += self._moved_one(variable, grad, usual, slots, steps)
        return [*updates, *steps.updates()]

    def _moved_one(
        self, variable: Variable, grad: Node, usual: Any, slots: Slots, steps: Steps
    ) -> Updates:
        """The new values of one variable and of its slots."""
        own = self._own.get(variable, {})
        raw = _rate_at(own["learning_rate"], steps) if "learning_rate" in own else usual
        rate, decay = slots.fitted(raw), own.get("weight_decay", self._weight_decay)
        start: Node = variable
        downhill = conj(grad) if grad.dtype.kind == "c" else grad
        if decay and self.decoupled:
            start = variable * (1 - rate * decay)
        elif decay:
            downhill = downhill + decay * variable
        step, remembered = self.move(downhill, rate, slots)
        return [*remembered, (variable, start - step)]

    def _gathered(self, pairs: Pairs, scope: str) -> Updates:
        """Sums of gradients, and in every k-th run the step by their mean."""
        k = self._micro_batches
        steps = Steps(f"{scope}micro_batch/")
        is_last = equal(steps.before % k, k - 1)
        sums: Updates = []
        for grad, variable in pairs:
            total = Slots(variable, scope, steps).full("gradient_sum")
            sums.append((total, total + grad))
        means = [(new / k, variable) for (_, new), (_, variable) in zip(sums, pairs, strict=True)]
        return [
            *((old, where(is_last, new, old)) for old, new in self._moved(means, scope)),
            *((total, where(is_last, 0, new)) for total, new in sums),
            *steps.updates(),
        ]

    def _check_pairs(self, pairs: Pairs) -> None:
        if not pairs:
            raise DisconnectedError("apply_gradients: nothing to train: no gradients were given")
        seen: set[int] = set()
        for grad, variable in pairs:
            if not isinstance(grad, Node) or not isinstance(variable, Variable):
                raise DTypeError(
                    f"apply_gradients: {grad!r}, {variable!r} is no gradient and variable"
                )
            if not maybe_equal(grad.shape, variable.shape):
                raise ShapeError(
                    f"apply_gradients: gradient {grad.type_text} for {variable.describe()}"
                )
            if variable.dtype.kind == "c" and not self.takes_complex:
                raise DTypeError(
                    f"apply_gradients: {self._name} has no rule for complex numbers: "
                    f"{variable.describe()}",
                    "train the real and the imaginary part as two variables, or descend plainly",
                )
            if variable.uid in seen:
                raise ValueError(f"apply_gradients: two gradients for {variable.describe()}")
            seen.add(variable.uid)


def _is_number(value: Any) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating)
    return real and not isinstance(value, bool)


def in_range(what: str, value: Any, low: float, below: float = np.inf) -> float:
    """The number, which must be in [low, below). Raises DTypeError or ValueError otherwise."""
    if not _is_number(value):
        raise DTypeError(f"{what}: a number is wanted, not {value!r}")
    if not low <= value < below:
        bound = "" if below == np.inf else f" and below {below:g}"
        raise ValueError(f"{what}: a number from {low:g} on{bound} is wanted, not {value!r}")
    return float(value)


def _as_rate(rate: Any) -> Any:
    if isinstance(rate, Node):
        if not maybe_equal(rate.shape, ()):
            raise ShapeError(f"learning_rate: a scalar is wanted, not {rate.describe()}")
        return rate
    if callable(rate):
        return rate
    if not _is_number(rate):
        raise DTypeError(
            f"learning_rate: a number, a node or a function of the step is wanted, not {rate!r}"
        )
    if not np.isfinite(rate):
        raise ValueError(f"learning_rate: a finite number is wanted, not {rate!r}")
    return float(rate)


def _rate_at(rate: Any, steps: Steps) -> Any:
    """The rate of this step: a number or a node."""
    if not callable(rate):
        return rate
    found = rate(steps.before)
    if callable(found):
        raise DTypeError(f"learning_rate: the schedule gave {found!r}, not a number or a node")
    return _as_rate(found)


def _as_own(given: Any) -> dict[Variable, dict[str, Any]]:
    """What single variables have for themselves, checked."""
    if not isinstance(given, Mapping):
        raise DTypeError(f"per_variable: a dict by variable is wanted, not {given!r}")
    own: dict[Variable, dict[str, Any]] = {}
    for variable, options in given.items():
        if not isinstance(variable, Variable):
            raise DTypeError(f"per_variable: {variable!r} is not a variable")
        if not isinstance(options, Mapping) or not set(options) <= set(_OWN):
            raise DTypeError(f"per_variable: a dict of {_OWN} is wanted, not {options!r}")
        found = dict(options)
        if "learning_rate" in found:
            found["learning_rate"] = _as_rate(found["learning_rate"])
        if "weight_decay" in found:
            found["weight_decay"] = in_range("weight_decay", found["weight_decay"], 0)
        own[variable] = found
    return own


def _trainable(loss: Node) -> list[Variable]:
    found = [n for n in ancestors([loss]) if isinstance(n, Variable) and n.trainable]
    if not found:
        raise DisconnectedError(
            f"minimize: {loss.name!r} depends on no trainable variable: nothing to train"
        )
    return found


def _check_variables(loss: Node, variables: list[Variable]) -> None:
    if not variables:
        raise DisconnectedError(f"minimize: no variables were given to minimize {loss.name!r} by")
    for variable in variables:
        if not isinstance(variable, Variable):
            raise DTypeError(f"minimize: {variable!r} is not a variable")
        if not is_inexact(variable.dtype):
            raise DTypeError(
                f"minimize: {variable.describe()} holds no floats, so it cannot be trained",
                "make it float64, or trainable=False",
            )
