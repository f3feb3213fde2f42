"""Layers: objects that hold variables in a scope and build nodes from them when they are called.

Arrays are (batch, ..., features). Every operation of a layer is one of `gf.nn` or of the top level;
a layer adds the variables, their initial values and their names.
"""

from .attention import Embedding, MultiHeadAttention
from .base import Layer
from .dense import MLP, Linear, Sequential, flatten
from .normalization import BatchNorm, Dropout, LayerNorm
from .recurrent import Cell, GRUCell, LSTMCell, RNNCell
from .windows import Conv1d, Conv2d

__all__ = [
    "BatchNorm", "Cell", "Conv1d", "Conv2d", "Dropout", "Embedding", "GRUCell", "LSTMCell", "Layer",
    "LayerNorm", "Linear", "MLP", "MultiHeadAttention", "RNNCell", "Sequential", "flatten",
]  # fmt: skip
