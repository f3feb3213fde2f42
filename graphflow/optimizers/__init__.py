"""Optimizers, which build the update of a training step; clipping of gradients; averages."""

from .adam import AdamOptimizer, AdamWOptimizer, LionOptimizer, NAdamOptimizer
from .adaptive import AdadeltaOptimizer, AdagradOptimizer, RMSPropOptimizer
from .averaging import ExponentialMovingAverage
from .base import Optimizer
from .clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from .descent import GradientDescentOptimizer, MomentumOptimizer

__all__ = [
    "AdadeltaOptimizer", "AdagradOptimizer", "AdamOptimizer", "AdamWOptimizer",
    "ExponentialMovingAverage", "GradientDescentOptimizer", "LionOptimizer", "MomentumOptimizer",
    "NAdamOptimizer", "Optimizer", "RMSPropOptimizer", "clip_by_global_norm", "clip_by_norm",
    "clip_by_value",
]  # fmt: skip
