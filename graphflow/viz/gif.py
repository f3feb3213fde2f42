"""Pictures as an animated GIF."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np

_COLORS = 128
_CLOSE = 8  # of 255 levels
_BAR = 3  # pixels of the line below that tells how far the animation is

_Array = np.ndarray[Any, Any]


def gif(pictures: Iterable[_Array], count: int, fps: float, bar: str) -> bytes:
    """`count` pictures (height, width, 3) of bytes as a GIF that repeats.

    A line in colour `bar` grows along the lower edge: it tells where one is, and keeps pictures
    apart that would else be equal, of which a GIF would keep one.
    """
    from PIL import Image

    color = [int(bar[i : i + 2], 16) for i in (1, 3, 5)]
    palette: Any = None
    frames = []
    for place, pixels in enumerate(pictures, 1):
        shown = pixels.copy()
        shown[-_BAR:, : max(1, round(shown.shape[1] * place / count))] = color
        image = Image.fromarray(shown)
        if palette is None:
            palette = _palette(image)
        frames.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=max(20, round(1000 / fps)),
        loop=0, optimize=True,
    )  # fmt: skip
    return out.getvalue()


def _palette(image: Any) -> Any:
    """The colours of a picture; those close to its corner, the background, are the background.

    Pillow takes any of a few close colours for the nearest one.
    """
    from PIL import Image

    found = image.quantize(_COLORS, method=Image.Quantize.MEDIANCUT)
    colors = np.array(found.getpalette()).reshape(-1, 3)
    background = np.array(image.getpixel((0, 0)))
    close = np.abs(colors - background).max(axis=1) <= _CLOSE
    found.putpalette(np.where(close[:, None], background, colors).ravel().tolist())
    return found
