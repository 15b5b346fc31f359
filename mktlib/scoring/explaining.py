"""Why a cell scores as it does: the terms that moved it from the average, each with its range and how much of it is opinion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from mktlib.glmm import Posterior

Array = NDArray[Any]
Row = tuple[str, str, float, float, float]  # term, level, effect, variance after the data and before


def moved(post: Posterior, by: Sequence[str], cell: Sequence[str], codes: Array, offset: Array, level: float) -> pd.DataFrame:
    """One row a term of one cell, codes (1, axes): term, level, effect (on the log-odds; they add up), times, low, high, opinion."""
    z = norm.ppf(0.5 + level / 2)
    return pd.DataFrame(
        [
            {
                "term": term,
                "level": name,
                "effect": effect,
                "times": float(np.exp(effect)),
                "low": effect - z * after**0.5,
                "high": effect + z * after**0.5,
                "opinion": 1.0 if term == "prior" else min(after / before, 1.0),
            }
            for term, name, effect, after, before in _rows(post, by, cell, codes, offset)
        ]
    )


def _rows(post: Posterior, by: Sequence[str], cell: Sequence[str], codes: Array, offset: Array) -> Iterator[Row]:
    columns, spread = post.columns.of(codes)[0], post.columns.arrow.diagonal(post.cov)
    yield "average", "", float(post.mean[0]), float(spread[0]), float(post.center_sd) ** 2
    if np.any(offset):
        yield "prior", "", float(offset[0]), 0.0, 1.0
    for term, column, unseen, first in zip(post.terms, columns[1:], post.square, post.first, strict=True):
        name = " × ".join(by[a] for a in term), " × ".join(cell[a] for a in term)
        effect, left = (float(post.mean[column]), float(spread[column])) if column >= 0 else (0.0, float(unseen))
        yield *(name if len(term) < 3 else ("own", "")), effect, left, float(first)
    if not post.per_item:
        own, var, _ = post.own(codes)
        yield "own", "", float(own[0]), float(var[0]), post.first_own**2
