"""Who carries what is said: by how many people they reach, under a pseudonym, never by name."""

from __future__ import annotations

import numpy as np
import pandas as pd

BANDS: tuple[tuple[str, float], ...] = (
    ("nano", 1_000.0),
    ("micro", 10_000.0),
    ("mid", 100_000.0),
    ("macro", 1_000_000.0),
    ("mega", np.inf),
)
"""Followers below which an author belongs to a band: the usual sizes of influencer marketing."""
MOST_AUTHORS = 10
FEW = 10
"""Mentions below which their reach is told to one figure, else to two."""


def by_reach(followers: np.ndarray, negative: np.ndarray) -> pd.DataFrame:
    """One row a band of authors: band, mentions, share (of mentions), reach (their followers, one person counted as often as reached),
    reach_share, negatives. Reach is told as `told_reach` tells it.

    >>> by_reach(np.array([50, 200, 50_000]), np.array([True, False, True]))["band"].tolist()
    ['nano', 'mid']
    """
    names, ends = [name for name, _ in BANDS], [end for _, end in BANDS]
    band = np.searchsorted(ends, followers, side="right")
    size, reach = np.bincount(band, minlength=len(ends)), np.bincount(band, weights=followers, minlength=len(ends))
    told = [told_reach(x, n) for x, n in zip(reach, size, strict=True)]
    frame = pd.DataFrame(
        {
            "band": names, "mentions": size, "share": size / max(len(followers), 1), "reach": told,
            "reach_share": reach / max(reach.sum(), 1.0), "negatives": np.bincount(band, weights=negative, minlength=len(ends)).astype(int),
        }
    )  # fmt: skip
    return frame[frame["mentions"] > 0].reset_index(drop=True)


def loudest(mentions: pd.DataFrame, *, most: int = MOST_AUTHORS) -> pd.DataFrame:
    """The authors who reach most people, each under a pseudonym: author, mentions, followers, reach (mentions x followers), negatives.

    Followers are told to one figure: an exact number would find the author again.
    """
    grouped = mentions.groupby("author", sort=True)
    table = pd.DataFrame(
        {
            "mentions": grouped.size(),
            "followers": grouped["followers"].max(),
            "reach": grouped["followers"].sum(),
            "negatives": grouped["negative"].sum(),
        }
    ).reset_index()
    table = table.sort_values(["reach", "author"], ascending=[False, True], kind="stable").head(most).reset_index(drop=True)
    return table.assign(followers=[_one_figure(x) for x in table["followers"]], reach=[_one_figure(x) for x in table["reach"]])


def told_reach(reach: float, mentions: int) -> float:
    """Followers of those who said something, to two figures, to one where few spoke: an exact number would find the author again.

    >>> told_reach(458_295.0, 1), told_reach(458_295.0, 40)
    (500000.0, 460000.0)
    """
    return _one_figure(reach) if mentions < FEW else float(f"{reach:.1e}")


def _one_figure(value: float) -> float:
    return float(f"{value:.0e}")
