"""Data sets that ship with graphflow; sources and licences are in the README beside them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def load_digits() -> tuple[Array, Array]:
    """1,797 handwritten digits: images float64 (1797, 64) in [0, 1], labels int64 (1797,) 0 to 9.

    Rows are 8 x 8 images, row by row; grey levels 0 to 16 are divided by 16.
    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (test part), UCI
    Machine Learning Repository, CC BY 4.0.
    """
    with (files(__package__) / "digits.npz").open("rb") as file, np.load(file) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    return images.reshape(len(images), -1) / 16.0, labels.astype(np.int64)
