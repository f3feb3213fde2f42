"""Data sets that ship with graphflow; sources and licences are in the README beside them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

from .table import Table

Array = np.ndarray[Any, Any]


def load_digits() -> Table:
    """1,797 handwritten digits: x float64 (1797, 64) in [0, 1], y int64 (1797,) 0 to 9.

    Rows are 8 x 8 images, row by row; grey levels 0 to 16 are divided by 16.
    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (test part), UCI
    Machine Learning Repository, CC BY 4.0.
    """
    arrays = _arrays("digits")
    images = arrays["images"].reshape(-1, 64) / 16.0
    columns = tuple(f"pixel {row} {column}" for row in range(8) for column in range(8))
    return Table(images, arrays["labels"].astype(np.int64), columns, tuple("0123456789"))


def load_iris() -> Table:
    """150 irises of 3 species: x (150, 4) in cm, y int64.

    Source: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
    Eugenics 7, 1936; UCI Machine Learning Repository, CC BY 4.0.
    """
    return _table("iris")


def load_wine() -> Table:
    """178 wines of 3 growers, by chemical analysis: x (178, 13), y int64.

    Source: S. Aeberhard, M. Forina, Wine, UCI Machine Learning Repository, CC BY 4.0.
    """
    return _table("wine")


def load_breast_cancer() -> Table:
    """569 tumours, by cell nuclei in images: x (569, 30), y int64, 0 malignant and 1 benign.

    Source: W. Wolberg, O. Mangasarian, N. Street, W. Street, Breast Cancer Wisconsin (Diagnostic),
    UCI Machine Learning Repository, CC BY 4.0.
    """
    return _table("breast_cancer")


def load_diabetes() -> Table:
    """442 patients: x (442, 10) in the units they were measured in, y float64, progress in a year.

    Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least angle regression", Annals of
    Statistics 32, 2004; as distributed with scikit-learn (BSD-3-Clause).
    """
    return _table("diabetes")


def _table(name: str) -> Table:
    arrays = _arrays(name)
    target, classes = arrays["target"], arrays.get("target_names", np.array([], str))
    y = target.astype(np.int64) if len(classes) else target
    return Table(
        arrays["data"], y, tuple(arrays["feature_names"].tolist()), tuple(classes.tolist())
    )


def _arrays(name: str) -> dict[str, Array]:
    path = files(__package__) / f"{name}.npz"
    with path.open("rb") as file, np.load(file) as arrays:
        return dict(arrays)
