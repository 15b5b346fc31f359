"""What clashes in a brief, what a little more of a limit brings, and plans that fear the worst: beside brute force and second solves."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from mktlib.errors import PlanError
from mktlib.planning import Brief, brief_from_text, plan_campaign
from mktlib.planning.brief import Want
from mktlib.planning.clash import Entry, entries, smallest_clash, together
from mktlib.planning.greedy import greedy
from mktlib.planning.limits import build
from mktlib.planning.margins import margins
from mktlib.planning.narrow import shortlist
from mktlib.planning.plan import _clashes
from mktlib.planning.problem import Problem
from mktlib.planning.program import matrix
from mktlib.planning.readable import ratios
from mktlib.planning.risk import careful, outcomes, worst_mean
from mktlib.planning.solve import prices, solve
from mktlib.results import CELL, Scores

FINE = """
first_day = 2026-10-05
last_day = 2026-10-25
budget = 30
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 60000}
[channels]
paid_social = {price = 10, quantity = 50, per_week = 50, maximum = 20}
display = {price = 5, quantity = 50, per_week = 50}
[production]
default = {cost = 10, days = 4, most = 1}
[team]
days_per_week = 3
days_before = 9
"""


def scores_of(cells: pd.DataFrame, seed: int = 0, rate: float = 0.02) -> Scores:
    rng = np.random.default_rng(seed)
    sd, mu = rng.uniform(0.1, 0.5, len(cells)), np.log(rate) + rng.normal(0, 0.5, len(cells))
    share = {name: 1 / (1 + np.exp(-mu - k * 1.645 * sd)) for name, k in (("rate", 0), ("low", -1), ("high", 1))}
    verdict = rng.choice(["make", "test", "too_early"], len(cells))
    table = cells.assign(**share, index=100.0, p_best=0.1, exposure=1000.0, opinion=0.5, verdict=verdict)
    return Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate", level=0.9)


def cells(
    kinds: tuple[str, ...] = ("carousel", "story", "short_video"), stages: tuple[str, ...] = ("awareness", "decision")
) -> pd.DataFrame:
    rows = itertools.product(["parents"], stages, kinds, ["playful"], ["none"], ["paid_social", "display"])
    return pd.DataFrame(list(rows), columns=list(CELL))


def asked(seed: int) -> str:
    """A brief that asks for more than it gives, in a different way for each seed."""
    rng = np.random.default_rng(seed)
    wants = rng.choice(["carousel", "story", "short_video"], size=3, replace=False)
    text = f"""
first_day = 2026-10-05
last_day = 2026-10-25
budget = {rng.choice([150, 400, 1500])}
test_share = {rng.choice([0.0, 0.3])}
[objective]
value = 2.0
[team]
days_per_week = {rng.choice([1, 3, 6])}
[segments]
parents = {{size = 20000}}
[stages]
awareness = {rng.choice([0.0, 0.5])}
decision = {rng.choice([0.0, 0.5])}
[channels]
paid_social = {{price = 10, quantity = 6000, per_week = 2, maximum = {rng.choice([60, 2000])}}}
display = {{price = 5, quantity = 6000, per_week = 1}}
[production]
default = {{cost = {rng.choice([40, 120])}, days = {rng.choice([2, 5])}, most = {rng.choice([1, 2])}}}
"""
    for kind in wants[: rng.integers(1, 4)]:
        text += f'[[must_have]]\ncontent_type = "{kind}"\nleast = {rng.choice([1, 2])}\n'
    return text + '[[fixed_dates]]\nday = 2026-10-12\nstage = "decision"\nchannel = "paid_social"\n'


def problem_of(text: str) -> Problem:
    brief, scores = brief_from_text(text), scores_of(cells())
    return build(shortlist(scores, brief).table, brief)


def holds(problem: Problem, kept: tuple[Entry, ...]) -> bool:
    """Whether some entries can hold together, asked of SciPy with all other rows left out."""
    program = matrix(problem)
    mine = [row for entry in kept for row in entry.rows]
    rows = np.r_[mine, len(problem.limits) : program.a.shape[0]].astype(int)
    held = LinearConstraint(program.a[rows], program.low[rows], program.high[rows])
    found = milp(np.zeros(len(program.cost)), integrality=program.whole.astype(int), bounds=Bounds(0, program.top), constraints=held)
    return bool(found.success)


CLASHING = [seed for seed in range(40) if not holds(p := problem_of(asked(seed)), tuple(entries(p)))]


def test_enough_briefs_clash() -> None:
    assert len(CLASHING) >= 12


@pytest.mark.parametrize("seed", CLASHING)
def test_no_smaller_set_of_entries_clashes(seed: int) -> None:
    problem = problem_of(asked(seed))
    found = tuple(c.entry for c in smallest_clash(problem, seed=0))
    assert not holds(problem, found)
    assert all(holds(problem, fewer) for fewer in itertools.combinations(entries(problem), len(found) - 1))


def changed(brief: Brief, path: str, value: float) -> Brief:
    """The brief with one entry of a clash changed."""
    parts = path.split(".")
    if parts[0] in ("must_have", "fixed_dates"):
        rows = list(getattr(brief, parts[0]))
        k = int(parts[1])
        rows = (
            [r for j, r in enumerate(rows) if j != k]
            if value < 1
            else [*rows[:k], rows[k].model_copy(update={"least": int(value)}), *rows[k + 1 :]]
        )
        return brief.model_copy(update={parts[0]: rows})
    if len(parts) == 1:
        return brief.model_copy(update={parts[0]: value})
    if parts[0] == "team":
        return brief.model_copy(update={"team": brief.team.model_copy(update={parts[1]: value})})
    if parts[0] == "stages":
        return brief.model_copy(update={"stages": {**brief.stages, parts[1]: value}})
    rows = getattr(brief, parts[0])
    row = rows.get(parts[1]) or rows["default"]
    kind = int if parts[2] == "most" else float
    return brief.model_copy(update={parts[0]: {**rows, parts[1]: row.model_copy(update={parts[2]: kind(value)})}})


@pytest.mark.parametrize("seed", CLASHING)
def test_the_least_change_frees_the_brief_and_a_smaller_one_does_not(seed: int) -> None:
    text = asked(seed)
    problem = problem_of(text)
    for change in smallest_clash(problem, seed=0):
        if change.needed is None:
            continue
        path, brief = change.entry.path, problem.brief
        freed = build(problem.ideas, changed(brief, path, change.needed))
        assert holds(freed, tuple(entries(freed))), path
        step = {"share": 0.01}.get(change.entry.limit.unit, 1.0 if path.startswith(("must", "fixed", "production")) else 0.01)
        less = change.needed + step * (1 if change.needed < change.now else -1)
        if abs(less - change.now) > 1e-9 and not (path.startswith("fixed") and less >= 1):
            short = build(problem.ideas, changed(brief, path, less))
            assert not holds(short, tuple(entries(short))), path


@pytest.mark.parametrize("seed", CLASHING)
def test_where_no_entry_alone_is_enough_several_together_are(seed: int) -> None:
    problem = problem_of(asked(seed))
    extra = list(together(problem, seed=0))
    more = {id(limit): by for limit, by in extra}
    wider = replace(problem, limits=[replace(r, most=r.most + more.get(id(r), 0.0) + 1e-6) for r in problem.limits])
    shares = [r for r in problem.limits if r.unit == "share"]
    assert holds(wider, tuple(entries(wider))) or (shares and not extra)


def test_a_clash_is_told_with_what_to_type() -> None:
    text = FINE.replace("budget = 30", "budget = 5") + '[[must_have]]\ncontent_type = "story"\n'
    with pytest.raises(PlanError) as caught:
        plan_campaign(scores_of(cells()), brief_from_text(text))
    first, *others = caught.value.findings
    assert first.code == "E_PLAN_CLASH"
    assert {f.column for f in others} == set(str(first.found).split(", "))
    raised = next(f for f in others if f.column == "budget")
    assert raised.values["needed"] in raised.text


@pytest.mark.parametrize("seed", CLASHING)
def test_the_headline_of_a_clash_names_what_its_lines_name(seed: int) -> None:
    first, *others = _clashes(problem_of(asked(seed)), 0)
    names, cut, _ = str(first.found).partition("…")  # a long list is cut where it is told
    told = [f.column or "" for f in others]
    assert set(told) == set(names.split(", ")) or (cut and set(names.split(", ")[:-1]) < set(told))
    codes = [(f.column, f.code.startswith("E_PLAN_AT_ONCE")) for f in others]
    assert not {c for c, one in codes if one} & {c for c, one in codes if not one}


def blamed(text: str) -> dict[str, float | None]:
    return {c.entry.path: c.needed for c in smallest_clash(problem_of(text), seed=0)}


def free(text: str) -> bool:
    problem = problem_of(text)
    return holds(problem, tuple(entries(problem)))


def test_a_silence_over_the_launch_is_named() -> None:
    launch, silence = "[[fixed_dates]]\nday = 2026-10-06\n", "[[mutes]]\nfirst_day = 2026-10-05\nlast_day = 2026-10-11\n"
    assert blamed(FINE + launch + silence) == {"fixed_dates.0": 0.0, "mutes.0": 0.0}
    assert not free(FINE + launch + silence)
    assert free(FINE + launch)


def test_a_least_buy_beyond_the_budget_is_named_with_the_most_that_can_be() -> None:
    text = FINE.replace("maximum = 20", "minimum = 25") + '[[must_have]]\nchannel = "paid_social"\n'
    found = blamed(text)
    assert found["channels.paid_social.minimum"] == pytest.approx(20.0)  # the budget less the piece
    assert {"budget", "must_have.0"} <= set(found)
    assert not free(text)
    assert free(text.replace("minimum = 25", "minimum = 20"))


# ---------------------------------------------------------------- a little more of a limit


def told(text: str) -> tuple[Problem, pd.DataFrame]:
    problem = problem_of(text)
    answer = solve(problem, start=greedy(problem), seed=0)
    assert answer is not None
    ratio = ratios(scores_of(cells()), problem.ideas, seed=0)
    return problem, margins(problem, answer, prices(problem, answer, seed=0), ratio, level=0.9, seed=0).set_index("entry")


def best(problem: Problem) -> float:
    """The value of the best plan, from SciPy's solver at no gap."""
    program = matrix(problem)
    held = LinearConstraint(program.a, program.low, program.high)
    found = milp(program.cost, integrality=program.whole, bounds=Bounds(0, program.top), constraints=held, options={"mip_rel_gap": 0})
    return -float(found.fun)


STEPS: dict[str, tuple[dict[str, str], int]] = {  # entry -> what the brief says instead, steps that are whole lots
    "budget": ({", maximum = 20": ""}, 5),
    "channels.paid_social.maximum": ({"budget = 30": "budget = 300"}, 5),
    "team.days_per_week": (
        {
            "budget = 30": "budget = 400",
            "maximum = 20": "maximum = 120",
            "cost = 10": "cost = 100",
            "days_per_week = 3\ndays_before = 9": "days_per_week = 2.5",
        },
        1,
    ),
}


@pytest.mark.parametrize("path", STEPS)
def test_one_step_more_brings_what_a_second_solve_says(path: str) -> None:
    instead, steps = STEPS[path]
    text = FINE
    for old, new in instead.items():
        assert old in text
        text = text.replace(old, new)
    problem, table = told(text)
    row = table.loc[path]
    now = next(e for e in entries(problem) if e.path == path).now(problem)
    wider = build(problem.ideas, changed(problem.brief, path, now + steps * row["step"]))
    assert steps * row["value"] == pytest.approx(best(wider) - best(problem), rel=0.05)
    assert row["low"] < row["value"] < row["high"]


def test_what_holds_nothing_back_has_no_margin() -> None:
    _, table = told(FINE.replace("budget = 30", "budget = 1500000"))
    assert "budget" not in table.index


# ---------------------------------------------------------------- the worst outcomes


TINY = """
first_day = 2026-10-05
last_day = 2026-10-11
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000}
[channels]
paid_social = {price = 10, quantity = 6000, per_week = 1}
display = {price = 5, quantity = 6000, per_week = 1}
[production]
default = {cost = 100, days = 1, most = 1}
"""


@pytest.mark.parametrize("saturation", [None, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_careful_plan_is_the_best_of_all_plans_by_its_worst_outcomes(seed: int, saturation: float | None) -> None:
    brief = brief_from_text(TINY).model_copy(update={"saturation": saturation, "budget": 420.0 + 60 * seed})
    scores = scores_of(cells(stages=("decision",)), seed)
    problem = build(shortlist(scores, brief).table, brief)
    ratio = ratios(scores, problem.ideas, seed=seed, size=400)
    found = careful(problem, ratio, 0.8, lambda p: solve(p, start=greedy(problem), seed=0))
    assert found is not None
    answer, worth = found
    i, p, w = problem.shape
    every = (np.array(lots).reshape(i, w) for lots in itertools.product((0, 1), repeat=i * w))
    plans = []
    for n in every:
        y = np.zeros((p, w), int)
        y[problem.piece_of[n.any(axis=1)]] = 1
        if not problem.broken(n, y):
            plans.append(worst_mean(outcomes(problem, n, ratio), 0.8))
    assert worth == pytest.approx(worst_mean(outcomes(problem, answer.n, ratio), 0.8))
    assert answer.bound >= max(plans) - 1e-9
    assert worth >= (0.99 if saturation is None else 0.97) * max(plans)
    assert not problem.broken(answer.n, answer.y)


def test_two_unsure_pieces_together_are_surer_than_the_better_one() -> None:
    brief = brief_from_text(TINY.replace("default = {cost = 100", "default = {cost = 20")).model_copy(update={"budget": 180.0})
    table = scores_of(cells(("carousel", "story"), ("decision",)), 1).table
    wide = np.where(table["content_type"] == "carousel", 0.066, 0.05)
    scores = Scores(
        table=table.assign(rate=wide, low=wide / 11, high=np.minimum(wide * 11, 0.9), verdict="make"),
        by=CELL,
        within=(),
        metric="click_rate",
    )
    free, both = (
        plan_campaign(scores, brief.model_copy(update={"must_have": wanted}), risk=0.8).expected
        for wanted in ([], [Want(content_type="carousel"), Want(content_type="story")])
    )
    assert free["careful"] >= both["careful"] * 0.99


def test_outcomes_at_the_mean_are_the_value() -> None:
    brief = brief_from_text(FINE).model_copy(update={"saturation": 3.0})
    problem = build(shortlist(scores_of(cells()), brief).table, brief)
    filled = greedy(problem)
    assert filled is not None
    assert outcomes(problem, filled[0], np.ones((1, len(problem.ideas))))[0] == pytest.approx(problem.value(filled[0]))
