"""Data: sets that ship with graphflow, recipes, files, splits, scaling, and mini-batches."""

from .batches import Batches, batches
from .csv_file import read_csv
from .datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from .npz_file import read_npz
from .read_ahead import prefetch
from .recipes import (
    make_blobs,
    make_line,
    make_moons,
    make_quadratic,
    make_sine,
    make_spirals,
    make_xor,
)
from .scaling import Standardizer
from .splits import random_split, stratified_split
from .table import Table

__all__ = [
    "Batches",
    "Standardizer",
    "Table",
    "batches",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_wine",
    "make_blobs",
    "make_line",
    "make_moons",
    "make_quadratic",
    "make_sine",
    "make_spirals",
    "make_xor",
    "prefetch",
    "random_split",
    "read_csv",
    "read_npz",
    "stratified_split",
]
