"""Training: `gf.train`, its history, and what can be done besides."""

from .callbacks import Callback, EarlyStopping, KeepBest, SavePicture
from .checkpoint import Checkpoint
from .history import History
from .loop import train
from .rates import LearningRates, find_learning_rate
from .run import DivergedError, Training

__all__ = [
    "Callback",
    "Checkpoint",
    "DivergedError",
    "EarlyStopping",
    "History",
    "KeepBest",
    "LearningRates",
    "SavePicture",
    "Training",
    "find_learning_rate",
    "train",
]
