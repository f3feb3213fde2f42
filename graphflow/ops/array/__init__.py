"""Arrays as wholes: rearranged, joined, and fitted to each other's shapes."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import join, like, rearrange
from .join import *
from .like import *
from .like import as_node as as_node
from .like import as_nodes as as_nodes
from .rearrange import *

__all__: list[str] = []
__all__ += join.__all__
__all__ += like.__all__
__all__ += rearrange.__all__
