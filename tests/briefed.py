"""A brief from plain entries, and scores made up for each of its cells."""

from __future__ import annotations

import copy

import numpy as np

from mktlib.planning.brief import Brief
from mktlib.planning.filled import Filled
from mktlib.planning.reading import _checked
from mktlib.results import CELL, Scores


def scores_for(brief: Brief, seed: int = 1) -> Scores:
    """Scores made up for every cell of a brief: a rate around 3 %, some surer than others."""
    cells, rng = brief.cells(), np.random.default_rng(seed)
    mu, sd = -3.5 + rng.normal(0, 0.5, len(cells)), rng.uniform(0.1, 0.4, len(cells))
    rate, low, high = (1 / (1 + np.exp(-mu - k * sd)) for k in (0, -1.645, 1.645))
    verdict = rng.choice(["make", "test"], len(cells))
    table = cells.assign(rate=rate, low=low, high=high, index=100.0, p_best=0.1, exposure=1e3, opinion=0.5, verdict=verdict)
    return Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate", level=0.9)


def brief_of(raw: dict) -> Brief:
    return _checked(Filled("brief", copy.deepcopy(raw)), None)
