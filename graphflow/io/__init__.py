"""Files: what a session holds, and arrays by name; never pickles, and always whole.

`to_onnx` and `to_stablehlo` are here for users, and are loaded from `export` when asked for.
"""

from ..later import loader
from .npz import NpzContents
from .session_file import RandomState, Restored, load_session, save_session, suffix_of
from .whole import remove_parts, write_whole

__getattr__ = loader(__name__, {"to_onnx": ".export", "to_stablehlo": ".export"})

__all__ = [
    "NpzContents",
    "RandomState",
    "Restored",
    "load_session",
    "remove_parts",
    "save_session",
    "suffix_of",
    "write_whole",
]
