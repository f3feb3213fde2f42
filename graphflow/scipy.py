"""Fits by SciPy's optimizers over variables: gradients, Jacobians and Hessian products are graphs.

SciPy is an optional extra: pip install "graphflow-autodiff[scipy]".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from .dtypes import is_inexact
from .errors import DisconnectedError, DTypeError, MissingError, ShapeError
from .gradients import gradients
from .graph import Node, Placeholder, Variable, entered_session
from .session import Session
from .shapes import maybe_equal
from .transforms import hvp, jvp
from .traversal import ancestors

__all__ = ["least_squares", "minimize", "root"]

_Array = np.ndarray[Any, Any]
_WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
_WITH_HESSIAN = {"dogleg", "trust-exact"}
_WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}


class _Problem:
    """Variables of a session as one vector, and nodes as functions of it."""

    def __init__(
        self,
        caller: str,
        node: Node,
        variables: Iterable[Variable] | Variable | None,
        feed_dict: Any,
        session: Session | None,
    ) -> None:
        if find_spec("scipy") is None:
            raise MissingError(
                f"gf.scipy.{caller}: SciPy is not installed",
                'pip install "graphflow-autodiff[scipy]"',
            )
        if not isinstance(node, Node):
            raise DTypeError(f"gf.scipy.{caller}: {node!r} is not a node")
        self.variables = _chosen(caller, node, variables)
        self.session = session or entered_session.get() or Session()
        self._feed = feed_dict or {}
        self._trial = Session(seed=self.session.seed)  # where values are tried
        for held in ancestors([node]):
            if isinstance(held, Variable):
                self._trial.assign(held, self.session.value(held))
        self.start = self._joined([self.session.value(v) for v in self.variables])

    def _joined(self, arrays: Iterable[_Array]) -> _Array:
        return np.concatenate([np.ravel(a).astype(np.float64) for a in arrays])

    def split(self, vector: _Array) -> list[_Array]:
        """A part of the vector per variable, of its shape and dtype."""
        sizes = [int(np.prod(_shape(v))) for v in self.variables]
        parts = np.split(np.asarray(vector), np.cumsum(sizes)[:-1])
        pairs = zip(parts, self.variables, strict=True)
        return [part.reshape(_shape(v)).astype(v.dtype) for part, v in pairs]

    def run(self, fetches: Any, vector: _Array, more: Mapping[Node, Any] | None = None) -> Any:
        """The fetches where the variables have the values of the vector."""
        for variable, value in zip(self.variables, self.split(vector), strict=True):
            self._trial.assign(variable, value)
        return self._trial.run(fetches, {**self._feed, **(more or {})})

    def joined_run(self, nodes: list[Node], vector: _Array, more: Any = None) -> _Array:
        """Nodes of the shapes of the variables, run, as one vector."""
        return self._joined(self.run(nodes, vector, more))

    def tangents(self) -> list[Placeholder]:
        """A placeholder like each variable."""
        with self.variables[0].graph.as_default():
            return [Placeholder(v.shape, v.dtype, name="tangent") for v in self.variables]

    def columns(self, node: Node) -> Callable[[_Array], _Array]:
        """The Jacobian of a node by the vector, as a function: a column per run."""
        tangents = self.tangents()
        (moved,) = jvp(node, self.variables, tangents)

        def jacobian(vector: _Array) -> _Array:
            units = np.eye(vector.size)
            found = [
                np.ravel(self.run(moved, vector, dict(zip(tangents, self.split(u), strict=True))))
                for u in units
            ]
            return np.stack(found, axis=1).astype(np.float64)

        return jacobian

    def finish(self, result: Any) -> Any:
        """The result with its values put into the session, and beside SciPy's fields."""
        pairs = list(zip(self.variables, self.split(result.x), strict=True))
        result.session = self.session
        result.fitted = {variable.name: value for variable, value in pairs}
        self.session._assign(pairs)
        return result


def _shape(variable: Variable) -> tuple[int, ...]:
    shape: tuple[int, ...] = variable.initial_value.shape
    return shape


def _chosen(caller: str, node: Node, variables: Any) -> list[Variable]:
    if isinstance(variables, Variable):
        return [variables]
    if variables is None:
        found = [n for n in ancestors([node]) if isinstance(n, Variable) and n.trainable]
        chosen = [v for v in found if is_inexact(v.dtype)]
    else:
        chosen = list(variables)
    if not chosen:
        raise DisconnectedError(f"gf.scipy.{caller}: {node.describe()} depends on no variable")
    for variable in chosen:
        if not isinstance(variable, Variable):
            raise DTypeError(f"gf.scipy.{caller}: {variable!r} is not a variable")
        if not is_inexact(variable.dtype):
            raise DTypeError(f"gf.scipy.{caller}: {variable.describe()} holds no floats")
    return chosen


def minimize(
    loss: Node,
    variables: Iterable[Variable] | Variable | None = None,
    *,
    method: str = "L-BFGS-B",
    feed_dict: Any = None,
    bounds: Any = None,
    session: Session | None = None,
    **options: Any,
) -> Any:
    """Minimise a scalar node over variables by `scipy.optimize.minimize`: its OptimizeResult.

    `variables` are by default the trainable ones that the loss depends on. They start at their
    values in `session` (by default the one of the `with` block, else a new one) and are left there
    at the minimum; the result also has `fitted` (values by names) and `session`. `bounds` maps
    variables to pairs (low, high) of numbers or arrays, None for none. Gradients are passed to
    methods that take them, Hessian-vector products to Newton-CG and the trust regions; `options` go
    to SciPy, as `tol` and `callback` do.

    Raises ShapeError when the loss is no scalar, DisconnectedError when it depends on no variable,
    MissingError without SciPy.
    """
    problem = _Problem("minimize", loss, variables, feed_dict, session)
    from scipy import optimize

    if not maybe_equal(loss.shape, ()):
        raise ShapeError(f"gf.scipy.minimize: the loss is a scalar, not {loss.describe()}")
    known = method.lower()
    passed: dict[str, Any] = dict(options)
    if known in _WITHOUT_GRADIENT:

        def objective(vector: _Array) -> Any:
            return float(problem.run(loss, vector))
    else:
        slopes = gradients(loss, problem.variables, unconnected="zero")
        passed["jac"] = True

        def objective(vector: _Array) -> Any:
            value, grads = problem.run([loss, slopes], vector)
            return float(value), problem._joined(grads)

    if known in _WITH_PRODUCTS | _WITH_HESSIAN:
        product = _product(problem, loss)
        if known in _WITH_PRODUCTS:
            passed["hessp"] = product
        else:
            passed["hess"] = lambda x: np.stack([product(x, unit) for unit in np.eye(x.size)])
    if bounds is not None:
        passed["bounds"] = _bounds(problem, bounds)
    return problem.finish(optimize.minimize(objective, problem.start, method=method, **passed))


def _product(problem: _Problem, loss: Node) -> Callable[[_Array, _Array], _Array]:
    tangents = problem.tangents()
    products = hvp(loss, problem.variables, tangents)

    def product(vector: _Array, direction: _Array) -> _Array:
        more = dict(zip(tangents, problem.split(direction), strict=True))
        return problem.joined_run(products, vector, more)

    return product


def _bounds(problem: _Problem, bounds: Any) -> Any:
    """SciPy's bounds, from pairs by variable."""
    from scipy import optimize

    if not isinstance(bounds, Mapping):
        raise DTypeError(f"gf.scipy: bounds are a dict by variable, not {bounds!r}")
    unknown = [key for key in bounds if not any(key is v for v in problem.variables)]
    if unknown:
        raise DTypeError(f"gf.scipy: bounds for {unknown[0]!r}, which is not fitted")
    ends: list[list[_Array]] = [[], []]
    for variable in problem.variables:
        pair = bounds.get(variable, (None, None))
        for side, (bound, none) in enumerate(zip(pair, (-np.inf, np.inf), strict=True)):
            value = none if bound is None else bound
            ends[side].append(np.broadcast_to(np.asarray(value, float), _shape(variable)))
    return optimize.Bounds(problem._joined(ends[0]), problem._joined(ends[1]))


def least_squares(
    residuals: Node,
    variables: Iterable[Variable] | Variable | None = None,
    *,
    feed_dict: Any = None,
    bounds: Any = None,
    session: Session | None = None,
    **options: Any,
) -> Any:
    """Minimise half the sum of squares of a node by `scipy.optimize.least_squares`: its result.

    The Jacobian is exact. Otherwise as `minimize`; `options` (`method`, `loss`, `f_scale`, ...) go
    to SciPy.
    """
    problem = _Problem("least_squares", residuals, variables, feed_dict, session)
    from scipy import optimize

    jacobian = problem.columns(residuals)
    if bounds is not None:
        options["bounds"] = _bounds(problem, bounds)

    def values(vector: _Array) -> _Array:
        return np.ravel(problem.run(residuals, vector)).astype(np.float64)

    found = optimize.least_squares(values, problem.start, jac=jacobian, **options)
    return problem.finish(found)


def root(
    equations: Node,
    variables: Iterable[Variable] | Variable | None = None,
    *,
    method: str = "hybr",
    feed_dict: Any = None,
    session: Session | None = None,
    **options: Any,
) -> Any:
    """Values of variables for which a node is 0, by `scipy.optimize.root`: its result.

    The node has as many elements as the variables together. The Jacobian is exact. Otherwise as
    `minimize`. Where SciPy finds none, `success` is False and the variables are left where it
    stopped.
    """
    problem = _Problem("root", equations, variables, feed_dict, session)
    from scipy import optimize

    def values(vector: _Array) -> _Array:
        return np.ravel(problem.run(equations, vector)).astype(np.float64)

    count = values(problem.start).size
    if count != problem.start.size:
        raise ShapeError(
            f"gf.scipy.root: {count} equations for {problem.start.size} unknowns: "
            f"{equations.describe()}"
        )
    if method in ("hybr", "lm"):
        options["jac"] = problem.columns(equations)
    return problem.finish(optimize.root(values, problem.start, method=method, **options))
