"""Tests of arms as results, for pictures and reports: won, undecided with a smallest difference that matters, by segment, and a size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from mktlib.measurement import compare, sample_size
from mktlib.results import Comparison, Result, SampleSize


@lru_cache(maxsize=1)
def people() -> pd.DataFrame:
    """Three arms of 4,000: one wins, one does nothing; spend follows what was spent before."""
    rng, n = np.random.default_rng(8), 12_000
    arm = np.repeat(["none", "playful", "formal"], n // 3)
    before = rng.gamma(2.0, 20.0, n)
    visit = rng.random(n) < 0.10 + 0.05 * (arm == "playful") + 0.004 * (arm == "formal")
    spend = np.round(np.where(visit, before * rng.lognormal(0, 0.4, n), 0.0), 2)
    segment = rng.choice(["students", "parents", "drivers"], n)
    return pd.DataFrame({"arm": arm, "visit": visit.astype(int), "spend": spend, "before": before, "segment": segment})


def won() -> Comparison:
    return compare(people(), metric="visit", arm="arm", control="none", by="segment", planned=12_000)


def undecided() -> Comparison:
    return compare(people(), metric="spend", arm="arm", control="none", covariate="before", least=2.0, currency="EUR")


def size() -> SampleSize:
    return sample_size(baseline=0.10, lift=0.02, traffic=500)


TESTS: dict[str, Result] = {"arms_won": won(), "arms_undecided": undecided(), "sample_size": size()}
