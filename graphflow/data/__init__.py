"""Data that ships with graphflow, splits, and mini-batches."""

from .batches import batches, stratified_split
from .datasets import load_digits

__all__ = ["batches", "load_digits", "stratified_split"]
