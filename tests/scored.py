"""Logs whose best type is known, and the codes that a scorer found."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from mktlib.scoring import ContentScorer
from mktlib.simulate import load_sample

BY = ("segment", "content_type", "channel")
TYPES = ("short_video", "blog_post", "infographic", "podcast", "white_paper")


@pytest.fixture(scope="module")
def log():
    return load_sample("content_log")


@pytest.fixture(scope="module")
def scorer(log):
    return ContentScorer(by=BY).fit(log)


def published(times, clicks, seed):
    """Two stages, five types at 2 %, of which the first does `times` as well at awareness; about so many clicks in all."""
    rng = np.random.default_rng(seed)
    cells = pd.DataFrame(itertools.product(TYPES, ("awareness", "decision")), columns=["content_type", "stage"])
    eta = logit(0.02) + rng.normal(0, 0.1, len(cells)) + np.log(times) * (cells.index == 0)
    n = int(clicks / expit(eta).sum())
    return cells.assign(clicks=rng.binomial(n, expit(eta)), impressions=n), eta


def codes_of(scorer):
    return {f.code for f in scorer.findings_}
