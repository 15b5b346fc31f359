"""How alike two pictures are: one measure and one tolerance for the baselines of the charts and for the pictures in the notebooks."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import ft2font, image

MADE_WITH = Path(__file__).parent / "pictures" / "made_with.txt"
TOLERANCE = 3.0  # root mean square of grey levels out of 255: a moved marker is above, another rounding of a glyph's edge below
TILE, TILE_TOLERANCE = 40, 20.0  # of the worst square alone: a label that says another word is above, however large its picture is


def versions() -> str:
    return f"matplotlib {matplotlib.__version__} freetype {ft2font.__freetype_version__}\n"


def comparable() -> bool:
    """Whether the stored pictures were drawn by what draws here."""
    return MADE_WITH.read_text(encoding="utf-8") == versions()


def differ(seen: bytes, stored: bytes) -> str:
    """What tells two PNGs apart, in words for whoever runs the tests; empty where nothing does."""
    one, other = (image.imread(io.BytesIO(png))[..., :3] for png in (seen, stored))
    if one.shape != other.shape:
        return f"{one.shape[1]} x {one.shape[0]} pixels, stored {other.shape[1]} x {other.shape[0]}"
    squares = 255.0**2 * np.mean((one - other) ** 2, axis=2)
    whole = float(np.sqrt(squares.mean()))
    worst, (row, column) = _worst_tile(squares)
    if whole < TOLERANCE and worst < TILE_TOLERANCE:
        return ""
    return f"by {whole:.1f} of 255 (at most {TOLERANCE:g}); near x {column}, y {row} by {worst:.0f} (at most {TILE_TOLERANCE:g})"


def _worst_tile(squares: np.ndarray) -> tuple[float, tuple[int, int]]:
    high, wide = (-(-n // TILE) for n in squares.shape)
    padded = np.zeros((high * TILE, wide * TILE))
    padded[: squares.shape[0], : squares.shape[1]] = squares
    means = padded.reshape(high, TILE, wide, TILE).mean(axis=(1, 3))
    row, column = np.unravel_index(means.argmax(), means.shape)
    return float(np.sqrt(means.max())), (int(row) * TILE, int(column) * TILE)
