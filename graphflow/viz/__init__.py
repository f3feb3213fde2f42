"""Pictures of graphs: text first (`to_dot`), drawing last (`draw`). Plots of numbers.

Pages to step through and to explore."""

from ..registry import protocols
from .animation import Animation, animate
from .curve import curves
from .decision import decision_map
from .diff import diff
from .display import bundle
from .explore import explore
from .histogram import histograms
from .marks import Frame, Line, Points
from .page_file import PageFile
from .picture import Picture, draw, to_dot
from .plot import Plot
from .slider import Sliders, sliders
from .step_through import step_through
from .surface import loss_surface
from .tangent import descent

protocols["display"] = lambda drawn: bundle({"image/svg+xml": lambda: draw(drawn).inline()})

__all__ = [
    "Animation",
    "Frame",
    "Line",
    "PageFile",
    "Picture",
    "Plot",
    "Points",
    "Sliders",
    "animate",
    "curves",
    "decision_map",
    "descent",
    "diff",
    "draw",
    "explore",
    "histograms",
    "loss_surface",
    "sliders",
    "step_through",
    "to_dot",
]
