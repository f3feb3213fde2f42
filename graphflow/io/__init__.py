"""Files: what a session holds, and arrays by name; never pickles, and always whole."""

from .npz import NpzContents
from .session_file import RandomState, Restored, load_session, save_session, suffix_of
from .whole import remove_parts, write_whole

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
