"""Showing in notebooks, where nothing may raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def bundle(formats: Mapping[str, Callable[[], str | None]]) -> dict[str, str]:
    """What `_repr_mimebundle_` returns: each format that can be made, by its MIME type.

        def _repr_mimebundle_(self, include=None, exclude=None):
            return bundle({"text/html": self.html, "text/plain": self.__repr__})

    A format whose function raises or gives None is left out, and the reader sees another.
    """
    found = {}
    for mime, make in formats.items():
        try:
            text = make()
        except Exception:  # the output of a notebook's cell is no place to fail
            continue
        if text is not None:
            found[mime] = text
    return found
