"""Pictures of graphs: text first (`to_dot`), drawing last (`draw`)."""

from .dot import to_dot
from .picture import Picture, draw

__all__ = ["Picture", "draw", "to_dot"]
