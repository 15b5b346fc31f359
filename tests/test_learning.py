"""What a test is worth: against exact enumeration, against simulated data, against its bounds, and in quarters that are played."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, roots_hermitenorm
from scipy.stats import binom

from mktlib.charts import describe, plot
from mktlib.errors import DataError
from mktlib.planning import brief_from_text, plan_campaign
from mktlib.planning.information import Beliefs, best_within, gains, perfect, top
from mktlib.planning.learning import EVENTS, worth_learning
from mktlib.reporting import report
from mktlib.results import CELL, Scores

INDEPENDENT = Beliefs(np.array([-3.0, -3.2]), np.diag([0.2, 0.15]))
ALIKE = Beliefs(np.array([-3.5, -3.6, -3.9]), 0.1 * np.eye(3) + 0.15)
APART = Beliefs(np.array([-4.5, -4.7, -4.2]), np.diag([0.3, 0.1, 0.02]))


# ---------------------------------------------------------------- the worth of a test is what it is


def exact(beliefs: Beliefs, n: int) -> float:
    """Two independent contents tested: every pair of counts, its chance and its posterior means, by quadrature over the true rates."""
    nodes, weights = roots_hermitenorm(120)
    weights = weights / weights.sum()
    chance, mean = [], []
    for m, v in zip(beliefs.mean, np.diag(beliefs.cov), strict=True):
        rate = expit(m + np.sqrt(v) * nodes)
        joint = binom.pmf(np.arange(n + 1)[:, None], n, rate) * weights
        chance.append(joint.sum(axis=1))
        mean.append((joint @ rate) / np.maximum(chance[-1], 1e-300))
    after = np.maximum(mean[0][:, None], mean[1]) * chance[0][:, None] * chance[1]
    return float(after.sum() - max(chance[0] @ mean[0], chance[1] @ mean[1]))


@pytest.mark.parametrize("n", [240, 600, 2400])
def test_two_contents_equal_exact_enumeration(n):
    mine = gains(INDEPENDENT, np.array([0, 1]), n).mean()
    # 3 % of what knowing all is worth: the normal approximation at ten events and more, and 512 evenly spread outcomes
    assert mine == pytest.approx(exact(INDEPENDENT, n), abs=0.03 * perfect(INDEPENDENT).mean())


def simulated(beliefs: Beliefs, tested: list[int], n: int, keep: int, *, outer: int = 3000, inner: int = 40_000) -> tuple[float, float]:
    """(worth, standard error) by nested simulation: true rates, binomial data, posterior means by importance weights, the choice."""
    rng, root = np.random.default_rng(1), np.linalg.cholesky(beliefs.cov)
    rates, truth = (expit(beliefs.mean + rng.standard_normal((k, len(beliefs.mean))) @ root.T) for k in (inner, outer))
    seen, after = rng.binomial(n, truth[:, tested]), np.empty_like(truth)
    log, other = np.log(rates[:, tested]), np.log1p(-rates[:, tested])
    for part in np.array_split(np.arange(outer), 60):
        weight = seen[part] @ log.T + (n - seen[part]) @ other.T
        weight = np.exp(weight - weight.max(axis=1, keepdims=True))
        after[part] = (weight @ rates) / weight.sum(axis=1, keepdims=True)
    now = np.argsort(-rates.mean(axis=0))[:keep]
    brings = top(after, keep) - after[:, now].sum(axis=1)
    return float(brings.mean()), float(brings.std() / np.sqrt(outer))


@pytest.mark.parametrize(
    ("beliefs", "tested", "n", "keep"),
    [
        (INDEPENDENT, [0], 300, 1), (INDEPENDENT, [0, 1], 2000, 1), (ALIKE, [0, 1], 600, 1), (ALIKE, [0, 1, 2], 600, 1),
        (ALIKE, [0, 1, 2], 1500, 2), (APART, [0, 1], 2000, 1), (APART, [0], 2000, 2), (APART, [0, 1, 2], 4000, 1),
    ],
)  # fmt: skip
def test_several_contents_equal_nested_simulation(beliefs, tested, n, keep):
    worth, error = simulated(beliefs, tested, n, keep)
    mine = gains(beliefs, np.array(tested), n, keep=keep).mean()
    # four standard errors of the simulation, and 3 % of what knowing all is worth for the normal approximation
    assert abs(mine - worth) < 4 * error + 0.03 * perfect(beliefs, keep=keep).mean()


@pytest.mark.parametrize("beliefs", [INDEPENDENT, ALIKE, APART, replace(ALIKE, share=False), replace(APART, dispersion=5.0)])
@pytest.mark.parametrize("keep", [1, 2])
def test_never_negative_never_less_for_more_and_never_above_knowing_all(beliefs, keep):
    known, tested = perfect(beliefs, keep=keep).mean(), np.arange(len(beliefs.mean))
    worth = [gains(beliefs, tested, n, keep=keep).mean() for n in np.geomspace(10, 1e7, 25)]
    assert min(worth) >= 0
    slack = 0.02 * known + 1e-12  # what 512 evenly spread outcomes leave open
    assert (np.diff(worth) >= -slack).all()
    assert max(worth) <= known + slack
    if keep < len(beliefs.mean):
        assert worth[-1] == pytest.approx(known, rel=0.06)


def test_nothing_to_decide_is_worth_nothing():
    assert gains(INDEPENDENT, np.array([0, 1]), 1000, keep=2).max() == 0  # all are shown anyway
    far = Beliefs(np.array([-2.0, -6.0]), np.diag([0.01, 0.01]))
    assert gains(far, np.array([0, 1]), 1e6).mean() < 1e-9
    settled = Beliefs(np.array([-3.0, -3.01]), 1e-12 * np.eye(2))
    assert gains(settled, np.array([0, 1]), 1e6).mean() < 1e-6


def test_scatter_beyond_chance_makes_a_test_teach_less():
    tested = np.array([0, 1])
    noisy = replace(INDEPENDENT, dispersion=4.0)
    assert gains(noisy, tested, 4000).mean() == pytest.approx(gains(INDEPENDENT, tested, 1000).mean(), rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_tests_taken_are_the_best_within_the_budget(seed):
    rng = np.random.default_rng(seed)
    options = [[(int(c), float(v)) for c, v in zip(rng.integers(0, 9, 3), rng.normal(2, 3, 3), strict=True)] for _ in range(5)]
    taken = best_within(options, 14, parts=14)
    worth = sum(options[q][j][1] for q, j in enumerate(taken) if j is not None)
    assert sum(options[q][j][0] for q, j in enumerate(taken) if j is not None) <= 14
    every = itertools.product(*([None, 0, 1, 2] for _ in options))
    sums = [[options[q][j] for q, j in enumerate(pick) if j is not None] for pick in every]
    assert worth == pytest.approx(max(sum(v for _, v in s) for s in sums if sum(c for c, _ in s) <= 14))


def test_a_tie_goes_to_the_first_by_name():
    assert best_within([[(5, 2.0)], [(5, 2.0)]], 5) == [0, None]
    assert best_within([[(5, 2.0)]], 0) == [None]
    assert best_within([[(0, 2.0)]], 0) == [0]


# ---------------------------------------------------------------- a plan's open questions

BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-15
budget = 12000
test_share = 0.1
[objective]
value = 1.5
[segments.drivers]
size = 60000
consent = {email = 0.3}
[segments.parents]
size = 80000
consent = {email = 0.2}
[channels]
paid_social = {price = 8, quantity = 12000}
email = 0.004
[production]
default = {cost = 150, days = 1, most = 2}
[team]
days_per_week = 1
"""
TYPES = ["carousel", "story", "social_image", "promo_email", "newsletter"]


def scores_of(*, seed: int = 0, sd: float = 0.4, verdict: str = "test") -> Scores:
    rng = np.random.default_rng(seed)
    rows = [
        (s, "decision", k, style, "short" if k in TYPES[3:] else "none", "email" if k in TYPES[3:] else "paid_social")
        for s in ("drivers", "parents") for k in TYPES for style in ("playful", "expert", "luxury")
    ]  # fmt: skip
    eta = rng.normal(-3.7, 0.3, len(rows))
    ends = {"low": expit(eta - 1.645 * sd), "rate": expit(eta), "high": expit(eta + 1.645 * sd)}
    return Scores(table=pd.DataFrame(rows, columns=list(CELL)).assign(**ends, verdict=verdict), by=CELL, within=("segment", "stage"),
                  metric="click_rate", level=0.9)  # fmt: skip


@pytest.fixture(scope="module")
def case():
    brief, scores = brief_from_text(BRIEF), scores_of()
    made = plan_campaign(scores, brief)
    return scores, brief, made, worth_learning(scores, brief, made)


def test_every_question_is_told_with_its_test(case):
    _, brief, made, found = case
    table, tests = found.table, found.tests
    assert table["chosen"].any()
    assert (table["worth"] >= 0).all()
    assert (table["worth"] <= table["perfect"] + 1e-9).all()
    assert ((table["low"] <= table["worth"]) & (table["worth"] <= table["high"].clip(lower=table["worth"]))).all()
    assert np.allclose(table["net"], table["worth"] - table["cost"])
    assert (table.loc[table["chosen"], "net"] > 0).all()
    assert table.loc[table["chosen"], "cost"].sum() <= brief.test_share * brief.budget + 1e-9
    assert (table["weeks"] <= brief.weeks).all()
    assert (tests["sample_size"] * tests["rate"] >= EVENTS * 0.99).all()
    assert tests.groupby("question").size().to_dict() == table.set_index("question")["cells"].to_dict()
    assert np.allclose(tests.groupby("question")["cost"].sum(), table.sort_values("question")["cost"])
    shown = made.schedule.merge(made.items, on="item", suffixes=("", "_item"))
    assert set(zip(table["segment"], table["channel"], strict=True)) <= set(zip(shown["segment"], shown["channel"], strict=True))


def test_the_worth_is_that_of_the_beliefs_times_the_plans_exposures(case):
    scores, _, made, found = case
    row = found.table.iloc[0]
    tests = found.tests[found.tests["question"] == row["question"]]
    there = (scores.table["segment"] == row["segment"]) & (scores.table["channel"] == row["channel"])
    cells = scores.table[there].reset_index(drop=True)
    mine = made.schedule[(made.schedule["segment"] == row["segment"]) & (made.schedule["channel"] == row["channel"])]
    pieces = mine.merge(made.items, on="item")[["content_type", "style", "length"]].drop_duplicates()
    sd = (np.log(cells["high"] / (1 - cells["high"])) - np.log(cells["low"] / (1 - cells["low"]))) / (2 * 1.645)
    beliefs = Beliefs(np.log(cells["rate"] / (1 - cells["rate"])).to_numpy(), np.diag(sd**2))
    keys = [tuple(r) for r in cells[["content_type", "style"]].to_numpy()]
    tested = np.array([keys.index(tuple(r)) for r in tests[["content_type", "style"]].to_numpy()])
    worth = gains(beliefs, tested, row["sample_size"], keep=len(pieces)).mean()
    horizon = (mine["events"] / mine["rate"]).sum() / len(pieces) * 1.5
    assert row["worth"] == pytest.approx(worth * horizon, rel=0.03)  # the order of the contents changes the outcomes looked at


class Together(Scores):
    """Scores whose contents go up and down as one: no test can change their order."""

    def draws(self, rows: np.ndarray, size: int, *, random_state: int = 0) -> np.ndarray:
        common = np.random.default_rng(random_state).standard_normal((size, 1))
        return expit(np.log(self.table["rate"].to_numpy()[rows]) + 0.4 * common)


def test_what_contents_have_in_common_is_not_worth_testing(case):
    scores, brief, made, alone = case
    together = Together(table=scores.table, by=CELL, within=scores.within, metric="click_rate", level=0.9)
    found = worth_learning(together, brief, made)
    assert found.facts["joint"]
    assert not alone.facts["joint"]
    assert found.table["worth"].max() < 0.01 * alone.table["worth"].max()


def test_nothing_open_is_nothing_to_learn():
    brief = brief_from_text(BRIEF)
    scores = scores_of(verdict="make")
    found = worth_learning(scores, brief, plan_campaign(scores, brief))
    assert found.table.empty
    assert found.facts["worth"] == 0
    assert "worth" in plot(found, language="en").get_title(loc="left")


def test_no_money_for_tests_takes_only_what_is_free(case):
    scores, _, made, _ = case
    found = worth_learning(scores, brief_from_text(BRIEF.replace("test_share = 0.1", "test_share = 0.0")), made)
    assert not found.table["chosen"].any()


def test_twice_the_campaigns_are_worth_twice_and_the_same_seed_gives_the_same(case):
    scores, brief, made, found = case
    again = worth_learning(scores, brief, made)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert worth_learning(scores, brief, made, horizon=2.0).table["perfect"].max() == pytest.approx(2 * found.table["perfect"].max())


def test_events_are_told_where_nothing_has_a_value():
    brief = brief_from_text(BRIEF.replace("[objective]\nvalue = 1.5\n", ""))
    scores = scores_of(seed=3)
    made = plan_campaign(scores, brief)
    found = worth_learning(scores, brief, made)
    assert found.facts["exchange"] == made.expected["margin"]
    assert np.allclose(found.table["net"], found.table["worth"] - found.facts["exchange"] * found.table["cost"])
    for language in ("en", "fr"):
        assert "€" in report(found, language=language).sections[0].headline


def test_money_and_horizons_that_say_nothing_are_refused(case):
    scores, brief, made, _ = case
    with pytest.raises(DataError) as caught:
        worth_learning(replace(scores, metric="value_per_mille"), brief, made)
    assert caught.value.codes == ("E_LEARN_METRIC",)
    with pytest.raises(DataError) as caught:
        worth_learning(scores, brief, made, horizon=0)
    assert caught.value.codes == ("E_OPTION",)


def test_it_is_said_and_drawn_in_both_languages(case):
    found = case[3]
    for language, word in (("en", "is worth about"), ("fr", "vaut environ")):
        told = report(found, language=language).sections[0]
        assert word in " ".join(told.sentences)
        assert "€" in plot(found, language=language).get_title(loc="left")
    assert describe(plot(found, language="en")) != describe(plot(found, language="fr"))


# ---------------------------------------------------------------- following it beats tests at random


def quarter(rng: np.random.Generator, *, groups: int = 12, contents: int = 5) -> tuple[float, float, float]:
    """Value of the quarter after (tests by worth, tests at random, no tests), the same money for both: truth drawn from the beliefs."""
    beliefs = [Beliefs(rng.normal(-3.8, 0.2, contents), np.diag(rng.uniform(0.02, 0.4, contents))) for _ in range(groups)]
    truth = [b.mean + np.sqrt(np.diag(b.cov)) * rng.standard_normal(contents) for b in beliefs]
    reach = np.exp(rng.normal(11, 1, groups))
    options = [
        [(t, n) for t in itertools.combinations(np.argsort(-b.mean - np.sqrt(np.diag(b.cov)))[:3].tolist(), 2) for n in (1000, 3000)]
        for b in beliefs
    ]
    budget = 20_000.0
    costs = [[len(t) * n for t, n in o] for o in options]
    worth = [[reach[g] * gains(b, np.array(t), n).mean() for t, n in options[g]] for g, b in enumerate(beliefs)]
    chosen = best_within([[(c, w) for c, w in zip(*pair, strict=True)] for pair in zip(costs, worth, strict=True)], budget)
    at_random: list[int | None] = [None] * groups
    left = budget
    for g in rng.permutation(groups):
        j = int(rng.integers(len(options[g])))
        if costs[g][j] <= left:
            at_random[g], left = j, left - costs[g][j]
    out = []
    for taken in (chosen, at_random, [None] * groups):
        value = 0.0
        for g, j in enumerate(taken):
            mean, var = beliefs[g].mean.copy(), np.diag(beliefs[g].cov).copy()
            if j is not None:
                tested, n = list(options[g][j][0]), options[g][j][1]
                mean[tested], var[tested] = seen(mean[tested], var[tested], n, rng.binomial(n, expit(truth[g][tested])))
            best = int(np.argmax(beliefs[g].expect(mean, var)))
            value += reach[g] * expit(truth[g][best])
        out.append(value)
    return out[0], out[1], out[2]


def seen(mean: np.ndarray, var: np.ndarray, n: int, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and variance of independent log-odds after binomial data, by quadrature."""
    grid = mean[:, None] + np.sqrt(var)[:, None] * np.linspace(-5, 5, 400)
    log = binom.logpmf(count[:, None], n, expit(grid)) - 0.5 * (grid - mean[:, None]) ** 2 / var[:, None]
    weight = np.exp(log - log.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    after = (weight * grid).sum(axis=1)
    return after, (weight * (grid - after[:, None]) ** 2).sum(axis=1)


def test_following_it_beats_tests_at_random_in_the_next_quarter():
    rng = np.random.default_rng(5)
    played = np.array([quarter(rng) for _ in range(60)])
    gain = (played[:, 0] - played[:, 1]) / played[:, 2].mean()
    assert gain.mean() > 3 * gain.std(ddof=1) / np.sqrt(len(gain))
    assert played[:, 0].mean() > played[:, 2].mean()


@pytest.mark.slow
def test_following_it_beats_tests_at_random_in_quarters_of_a_whole_scorer(capsys):
    """The loop of `benchmarks/learning.py`: log, scores, plan, tests for the same money, log again; twenty worlds."""
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "learning.py"
    spec = importlib.util.spec_from_file_location("benchmark_learning", path)
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    found = bench.played(20)
    with capsys.disabled():
        print("\n" + bench.table(found))
    gain = found["worth"] - found["random"]
    assert gain.mean() > 1.645 * gain.std(ddof=1) / np.sqrt(len(gain))
    assert (found["worth"] - found["none"]).mean() > found["spend"].mean()
