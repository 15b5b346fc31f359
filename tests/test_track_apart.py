"""Pieces that are no longer what the plan promised: a broken link is told, and what is believed does not contradict what is counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2
from tracked import kept_promise, small_plan

import mktlib as mk
from mktlib.planning.landing import Parts, Spreads, fit
from mktlib.planning.pace_of_money import ALPHA
from mktlib.planning.track_apart import SUSPECT, broken, observed, own_ratio

SPREADS = [Spreads(w, r, 0.1, 0.0, 0.3, 0.6) for w in (0.04, 0.15) for r in (0.06, 0.2)]


@pytest.fixture(scope="module")
def seen():
    """The link of P2 is broken from the first day: no click is counted."""
    plan = small_plan()
    log = kept_promise(plan)
    log.loc[log["item"] == "P2", "clicks"] = 0
    return mk.track_campaign(plan, log, as_of="2026-10-26")


def test_a_broken_link_is_told_with_its_numbers(seen):
    row = seen.table.set_index("decision").loc["check"]
    assert (row["item"], row["channel"], row["found"], row["usual"]) == ("P2", "display", 0.0, 1200.0)
    assert row["stake"] == 800.0  # what the plan promised of it, none of which came
    assert row["grade"] == "tendency"
    assert seen.table["stake"].is_monotonic_decreasing
    piece = seen.pieces.set_index("item")
    assert piece["check"].tolist() == [False, True, False, False]
    assert piece.loc["P2", "broken"] > 1e10
    assert sum(ALPHA.values()) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Check the link or the measurement of P2 on display: 0 clicks where about 1,200 were expected, beyond chance."),
        (
            "fr",
            "Vérifier le lien ou la mesure de P2 sur le canal display : 0 clics là où l’on en attendait environ 1 200, au-delà du hasard.",
        ),
    ],
)
def test_it_is_said_in_both_languages(seen, language, words):
    said = mk.report(seen, language=language, reader="team").sections[0].tables[0].rows
    assert words in [row.cells[0].replace("\u00a0", " ").replace("\u202f", " ") for row in said]


def test_what_is_believed_of_a_broken_piece_is_what_was_counted(seen):
    """It was believed to be near its promise, with nothing counted."""
    row = seen.pieces.set_index("item").loc["P2"]
    assert row["observed"] == 0
    assert row["high"] < 0.05
    assert row["observed_high"] == pytest.approx(chi2.ppf(0.95, 2) / 2 / 1200)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_bad_piece_or_a_good_one_has_no_broken_link(share):
    plan = small_plan()
    log = kept_promise(plan)
    log.loc[log["item"] == "P2", "clicks"] = (log.loc[log["item"] == "P2", "clicks"] * share).astype(int)
    seen = mk.track_campaign(plan, log, as_of="2026-10-26")
    assert "check" not in set(seen.table["decision"])
    assert not seen.pieces["check"].any()


def test_few_counts_say_nothing_of_a_link():
    """No event where one was expected is luck."""
    parts = Parts(np.array([0.02]), np.array([0.3]), *(np.zeros(1, int) for _ in range(4)))
    chances, none = np.array([50.0]), np.zeros(1)
    promises = [(one, fit(parts, chances, none, one, 1).evidence) for one in SPREADS]
    assert broken(parts, chances, none, np.ones(1, bool), promises, 1) < 3


def test_looking_each_week_gives_no_more_false_alarms_than_promised():
    """Promises kept, but so vague that a tenth of them are missed by four; of 400 campaigns, each asked six times, the worst moment."""
    rng, weeks, sd = np.random.default_rng(8), 6, 1.1
    zeros = np.zeros(weeks, int)
    parts = Parts(np.full(weeks, 0.01), np.full(weeks, sd), zeros, zeros, zeros, np.arange(weeks))
    worst, suspected = [], 0
    for _ in range(400):
        spreads = SPREADS[rng.integers(len(SPREADS))]
        noise = spreads.weather * rng.standard_normal(weeks) - spreads.weather**2 / 2
        rate = 0.01 * np.exp(sd * rng.standard_normal() - sd**2 / 2 + noise)
        counts = rng.poisson(1000 * rate * rng.gamma(1 / spreads.rough**2, spreads.rough**2, weeks)).astype(float)
        found = [0.0]
        for week in range(1, weeks + 1):
            chances = np.where(np.arange(weeks) < week, 1000.0, 0.0)
            so_far = np.where(chances > 0, counts, 0.0)
            if so_far.sum() <= SUSPECT * 10 * week:
                promises = [(one, fit(parts, chances, so_far, one, weeks).evidence) for one in SPREADS]
                found.append(broken(parts, chances, so_far, np.ones(weeks, bool), promises, weeks))
        suspected += len(found) > 1
        worst.append(max(found))
    assert suspected > 40
    for alpha in (0.2, 0.05, 0.01):
        assert np.mean(np.array(worst) >= 1 / alpha) <= alpha


def test_the_plain_ratio_is_missing_where_nothing_was_expected():
    assert np.isnan(observed(3, 0.0, 0.9)).all()


def test_counts_without_a_promise_give_a_range_that_holds():
    """Truths from the prior, counts from them: nine ranges in ten hold."""
    rng, held = np.random.default_rng(5), []
    for _ in range(600):
        truth = rng.gamma(1 / 0.7**2, 0.7**2)
        draws = own_ratio(rng.poisson(40 * truth), 40.0, 0.7, 0.0, 1000, rng)
        held.append(np.quantile(draws, 0.05) <= truth <= np.quantile(draws, 0.95))
    assert abs(np.mean(held) - 0.9) < 0.035
