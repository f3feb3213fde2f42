"""Gradient descent on a curve: where it is, and the tangent that says where to go."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..gradients import gradients
from ..graph import Node
from ..session import Session
from ..shapes import maybe_equal
from .animation import Animation, animate
from .evaluate import checked_range, count_not_finite, real_scalar, scalar_of, session_or_entered
from .marks import Frame, Line, Points, extent

_PLACES = 201  # of the curve
_REACH = 0.18  # of the width, of the tangent to each side


def descent(
    loss: Node,
    variable: Node,
    steps: Iterable[Any],
    path: str | os.PathLike[str] | None = None,
    *,
    xlim: Any = None,
    feed_dict: Any = None,
    session: Session | None = None,
    title: str | None = None,
    fps: float = 6.0,
    theme: str = "auto",
) -> Animation:
    """An animation of a loss of one number: its curve, the point at each step, and the tangent.

    `steps` are the values that the variable, a scalar, went through. The slopes are those of
    `gf.gradients`; the title may use {frame}, {z}, {loss} and {slope}. `xlim` is by default around
    the steps, and as far on the other side of 0 from them. Otherwise as `animate`.

    Raises ShapeError and DTypeError for a loss or variable that is no real scalar, NumericError
    for a curve without a finite value, and what `animate` and `gf.gradients` raise.
    """
    real_scalar("descent", loss)
    if not isinstance(variable, Node) or variable.dtype.kind != "f":
        raise DTypeError(f"descent: {variable!r} is no node of real numbers")
    if not maybe_equal(variable.shape, ()):
        raise ShapeError(f"descent: the variable is a scalar, not {variable.describe()}")
    at = _numbers(steps)
    running = session_or_entered(session)
    value = scalar_of("descent", loss, [variable], running, feed_dict)
    (slope_node,) = gradients(loss, [variable])
    slope = scalar_of("descent", slope_node, [variable], running, feed_dict)
    ends = (-np.abs(at).max(), np.abs(at).max())
    low, high = (
        extent([Points(ends, ends)], "x") if xlim is None else checked_range("descent", xlim)
    )
    places = np.linspace(low, high, _PLACES)
    heights = np.array([value(place) for place in places])
    count_not_finite("descent", heights)
    reach = _REACH * (high - low) * np.array([-1.0, 1.0])
    frames = []
    for z in at:
        found, rise = value(z), slope(z)
        tangent = Line(z + reach, found + rise * reach, "tangent")
        point = Points([z], [found], "where it is")
        numbers = {"z": z, "loss": found, "slope": rise}
        frames.append(Frame((tangent, point), numbers))
    return animate(
        frames,
        path,
        fixed=Line(places, heights, "loss"),
        title="step {frame}: z = {z:.4g}, slope {slope:.4g}" if title is None else title,
        xlabel=variable.name,
        ylabel="loss",
        xlim=(low, high),
        ylim=extent([Line(places, heights)], "y"),
        fps=fps,
        theme=theme,
    )


def _numbers(steps: Iterable[Any]) -> np.ndarray[Any, Any]:
    try:
        at = np.array([float(step) for step in steps])
    except (TypeError, ValueError):
        raise DTypeError("descent: the steps are numbers, the values of the variable") from None
    if not at.size or not np.isfinite(at).all():
        raise ValueError("descent: give the values the variable went through, all of them finite")
    return at
