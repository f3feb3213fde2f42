"""A plane through the values of variables: what a loss surface is drawn over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError, ShapeError
from ..graph import Node
from ..session import Session
from ..shapes import is_known, show

_Array = np.ndarray[Any, Any]
_Shapes = list[tuple[int, ...]]


class Plane(NamedTuple):
    """Points `center + a * axes[0] + b * axes[1]` of all variables' elements in one vector.

    `by_elements` says that the axes are the only two elements themselves.
    """

    center: _Array
    axes: _Array  # (2, elements)
    labels: tuple[str, str]
    shapes: _Shapes
    by_elements: bool = False

    def values(self, a: float, b: float) -> list[_Array]:
        """The value of every variable at a point of the plane."""
        return split(self.center + a * self.axes[0] + b * self.axes[1], self.shapes)

    def coordinates(self, points: _Array) -> _Array:
        """Where points (n, elements) fall on the plane: (n, 2), the nearest places."""
        found = np.linalg.lstsq(self.axes.T, (points - self.center).T, rcond=None)[0].T
        return np.asarray(found)


def split(vector: _Array, shapes: _Shapes) -> list[_Array]:
    """The vector cut into arrays of these shapes."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    parts = np.split(vector, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def joined(
    caller: str, what: str, point: Any, variables: Sequence[Node], shapes: _Shapes
) -> _Array:
    """A value per variable as one vector. Raises ShapeError or DTypeError for what does not fit."""
    total = sum(int(np.prod(shape)) for shape in shapes)
    if isinstance(point, Mapping):
        missing = [v for v in variables if v not in point]
        if missing:
            raise ShapeError(f"{caller}: {what} has no value for {missing[0].describe()}")
        point = [point[variable] for variable in variables]
    try:
        if isinstance(point, np.ndarray) and point.shape in {(total,), *shapes[: len(shapes) == 1]}:
            return point.astype(np.float64).ravel()
        arrays = [np.asarray(value, np.float64) for value in point]
    except (TypeError, ValueError):
        raise DTypeError(f"{caller}: {what} holds no numbers: {point!r:.60}") from None
    if len(arrays) == len(variables):
        for array, shape, variable in zip(arrays, shapes, variables, strict=True):
            if array.shape != shape:
                raise ShapeError(
                    f"{caller}: {what} has shape {show(array.shape)} for {variable.describe()}"
                )
        return np.concatenate([array.ravel() for array in arrays])
    if len(arrays) == total and all(array.ndim == 0 for array in arrays):
        return np.array(arrays)
    raise ShapeError(
        f"{caller}: {what} has {len(arrays)} parts for {len(variables)} variables",
        "give an array per variable, of its shape",
    )


def plane_of(
    caller: str,
    variables: Sequence[Node],
    directions: Any,
    path: Any,
    session: Session,
) -> tuple[Plane, _Array | None]:
    """The plane, and the path as vectors (n, elements).

    Over two elements in all the plane is those two. Otherwise it goes through the current values
    along `directions`: two of the variables' shapes; "path", the principal components of the path;
    or "random", normal draws scaled to each variable's norm (Li et al. 2018, section 4).
    """
    shapes = [_shape(caller, variable) for variable in variables]
    total = sum(int(np.prod(shape)) for shape in shapes)
    points = None
    if path is not None:
        rows = [
            joined(caller, f"point {place} of the path", point, variables, shapes)
            for place, point in enumerate(path)
        ]
        if not rows:
            raise ShapeError(f"{caller}: the path has no points")
        points = np.stack(rows)
    if directions is None and total == 2:
        return Plane(np.zeros(2), np.eye(2), _names(variables, shapes), shapes, True), points
    directions = "path" if directions is None and points is not None else directions
    if directions is None:
        raise ShapeError(
            f"{caller}: {total} elements are not two",
            "give directions: two of the variables' shapes, or 'random', or a path",
        )
    if isinstance(directions, str) and directions == "path":
        return _along(caller, points, shapes), points
    center = np.concatenate([np.ravel(_value(caller, v, session)) for v in variables])
    if isinstance(directions, str):
        return Plane(center, _random(caller, directions, center, shapes), _AXES, shapes), points
    return Plane(center, _given(caller, directions, variables, shapes), _AXES, shapes), points


_AXES = ("direction 1", "direction 2")


def _given(caller: str, directions: Any, variables: Sequence[Node], shapes: _Shapes) -> _Array:
    if not isinstance(directions, Sequence | np.ndarray) or len(directions) != 2:
        raise ShapeError(f"{caller}: directions are two, each of an array per variable")
    rows = [
        joined(caller, f"direction {place}", direction, variables, shapes)
        for place, direction in enumerate(directions, 1)
    ]
    axes = np.stack(rows)
    if np.linalg.matrix_rank(axes) < 2:
        raise ShapeError(f"{caller}: the directions are parallel, or one is zero")
    return axes


def _random(caller: str, kind: str, center: _Array, shapes: _Shapes) -> _Array:
    if kind != "random":
        raise ValueError(f"{caller}: directions are arrays, 'random' or 'path', not {kind!r}")
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(2):
        drawn = split(rng.standard_normal(center.size), shapes)
        norms = [np.linalg.norm(part) or 1.0 for part in split(center, shapes)]
        scaled = [d * n / np.linalg.norm(d) for d, n in zip(drawn, norms, strict=True)]
        rows.append(np.concatenate([part.ravel() for part in scaled]))
    return np.stack(rows)


def _along(caller: str, points: _Array | None, shapes: _Shapes) -> Plane:
    """The plane through the last point of the path in which the path varies most."""
    if points is None or len(points) < 3:
        raise ShapeError(f"{caller}: directions='path' needs a path of at least 3 points")
    offsets = points - points[-1]
    _, sizes, axes = np.linalg.svd(offsets, full_matrices=False)
    if len(axes) < 2:
        raise ShapeError(f"{caller}: the path varies in fewer than two elements")
    share = sizes**2 / max(float((sizes**2).sum()), np.finfo(float).tiny)
    labels = [f"component {i + 1} of the path ({share[i]:.0%})" for i in range(2)]
    return Plane(points[-1], axes[:2], (labels[0], labels[1]), shapes)


def _names(variables: Sequence[Node], shapes: _Shapes) -> tuple[str, str]:
    names = [
        variable.name + ("" if shape == () else str(list(map(int, index))))
        for variable, shape in zip(variables, shapes, strict=True)
        for index in np.ndindex(*shape)
    ]
    return names[0], names[1]


def _shape(caller: str, variable: Any) -> tuple[int, ...]:
    if not isinstance(variable, Node):
        raise DTypeError(f"{caller}: {variable!r} is not a node")
    if variable.dtype.kind != "f":
        raise DTypeError(f"{caller}: {variable.describe()} holds no real numbers")
    if not is_known(variable.shape):
        raise ShapeError(f"{caller}: the shape of {variable.describe()} is not known")
    shape: Any = variable.shape
    return tuple(int(size) for size in shape)


def _value(caller: str, variable: Node, session: Session) -> _Array:
    if not variable.is_variable:
        raise DTypeError(f"{caller}: {variable.describe()} has no value to start from")
    return np.asarray(session.run(variable), np.float64)
