"""Plays at the ad desk that several tests look at: the naive player's on each preset, and what they brought in truth."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

import mktlib as mk
from mktlib.results import DeskPlay
from mktlib.simulate.desk_world import preset_names

BUDGET = 12_000.0
PRESETS = preset_names()


@cache
def played_naively() -> dict[str, mk.AdDesk]:
    return {p: mk.AdDesk(p, budget=BUDGET, seed=1).play("naive") for p in PRESETS}


@cache
def played_in_truth() -> dict[str, DeskPlay]:
    return {p: desk.result() for p, desk in played_naively().items()}


@pytest.fixture
def naive() -> dict[str, mk.AdDesk]:
    return played_naively()


@pytest.fixture
def truths() -> dict[str, DeskPlay]:
    return played_in_truth()


def moved(desk: mk.AdDesk) -> mk.AdDesk:
    desk.spend(lookalike=dict(bid=30, budget=100), broad=dict(bid=30, budget=50))
    return desk


def true_gain(desk: mk.AdDesk) -> float:
    sales = pd.concat([w.sales for w in desk._played])
    because = sales.loc[sales["kind"].isin(("seen", "unseen")), "value"].sum()
    return float(because * desk.terms["margin"] - (desk.budget - desk.left))
