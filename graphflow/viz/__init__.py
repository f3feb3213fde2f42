"""Pictures of graphs: text first (`to_dot`), drawing last (`draw`). Plots of numbers."""

from .curve import curves
from .decision import decision_map
from .dot import to_dot
from .histogram import histograms
from .picture import Picture, draw
from .plot import Plot
from .surface import loss_surface

__all__ = [
    "Picture",
    "Plot",
    "curves",
    "decision_map",
    "draw",
    "histograms",
    "loss_surface",
    "to_dot",
]
