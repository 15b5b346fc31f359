"""Plans at the edges: odd scores, odd briefs, and what a careless hand does to a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mktlib.errors import DataError, PlanError, StoreError
from mktlib.planning import brief_from_text, load_plan, plan_campaign
from mktlib.reporting import report
from mktlib.results import CELL, Scores

HEAD = "first_day = 2026-10-05\nlast_day = 2026-11-01\nbudget = 900\ntest_share = 0\n"
PLAIN = HEAD + "[segments.a]\n[channels]\npaid_social = 8\n"
CAROUSEL = (0.02, "a", "carousel", "paid_social", "none")
IMAGE = (0.02, "a", "social_image", "paid_social", "none")


def scored(*cells: tuple[float, str, str, str, str], sd: float = 0.3) -> Scores:
    """Scores of (rate, segment, content type, channel, length) at one stage and style."""
    rows = [(segment, "interest", kind, "expert", length, channel, rate) for rate, segment, kind, channel, length in cells]
    table = pd.DataFrame(rows, columns=[*CELL, "rate"])
    low, high = table["rate"] * np.exp(-1.645 * sd), (table["rate"] * np.exp(1.645 * sd)).clip(upper=0.9)
    return Scores(table=table.assign(low=low, high=high, verdict="make"), by=CELL, within=("segment", "stage"), metric="click_rate")


def planned(text: str, *cells: tuple[float, str, str, str, str], **how: Any) -> Any:
    return plan_campaign(scored(*(cells or (CAROUSEL, IMAGE))), brief_from_text(text), **how)


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1])
def test_scores_that_are_no_rates_are_refused_with_the_column(rate: float) -> None:
    with pytest.raises(DataError) as caught:
        planned(PLAIN, (rate, *CAROUSEL[1:]), IMAGE)
    assert set(caught.value.codes) == {"E_PLAN_RATE"}
    assert "rate" in {f.column for f in caught.value.findings}


def test_a_rate_of_nothing_is_planned_where_it_is_asked_for() -> None:
    plan = planned(PLAIN + '[[must_have]]\ncontent_type = "carousel"\n', (0.0, *CAROUSEL[1:]), IMAGE)
    assert plan.check().empty
    assert "carousel" in set(plan.items.query("status == 'make'")["content_type"])


def test_one_piece_can_have_all_the_placements_that_are_asked_for() -> None:
    plan = planned(PLAIN + '[[must_have]]\nchannel = "paid_social"\nleast = 2\n', CAROUSEL)
    assert plan.check().empty


def test_what_a_clash_says_to_type_is_enough_to_the_cent() -> None:
    text = PLAIN + '[production]\ndefault = {cost = 160000.25}\n[[must_have]]\nchannel = "paid_social"\n'
    with pytest.raises(PlanError) as caught:
        planned(text, CAROUSEL)
    needed = next(f for f in caught.value.findings if f.column == "budget").values["needed"]
    assert planned(text.replace("budget = 900", f"budget = {needed}"), CAROUSEL).check().empty


def test_wear_under_saturation_that_is_forced_is_planned() -> None:
    text = HEAD.replace("11-01", "10-25") + "wear = 0.6\nsaturation = 0.5\n[segments.a]\nsize = 4000\n[channels]\n"
    text += "paid_social = {price = 8, quantity = 2000, per_week = 1}\n[presence]\npaid_social = 1\n"
    plan = planned(text, CAROUSEL)
    assert plan.check().empty
    assert np.isfinite([plan.expected[k] for k in ("value", "low", "high")]).all()


def test_a_poor_start_does_not_stand_for_the_best_plan() -> None:
    text = HEAD + "[segments.a]\nsize = 200000\nconsent = {sms = 0.01}\n[channels]\nsms = {}\norganic_social = {minimum = 1000}\n"
    expected = planned(text, (0.02, "a", "sms", "sms", "short"), (0.02, "a", "contest", "organic_social", "none")).expected
    assert expected["value"] >= 0.99 * expected["bound"]


def test_options_that_cannot_be_used_are_refused_together() -> None:
    with pytest.raises(PlanError) as caught:
        planned(PLAIN, work=0, random_state=None, keep=2.5, risk="x")
    assert {f.column for f in caught.value.findings} == {"work", "random_state", "keep", "risk"}
    assert planned(PLAIN, random_state=np.int64(1)).check().empty


def test_a_silent_channel_is_told_and_nothing_is_lost_by_it() -> None:
    plan = planned(PLAIN + "email = 0.01\n")
    assert [f.column for f in plan.findings if f.code == "N_PLAN_UNSCORED"] == ["channels.email"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_was_never_scored_is_told_with_what_to_type(language: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(f'language = "{language}"\n' + PLAIN + 'email = 0.01\n[[must_have]]\nchannel = "email"\n')
    told = {f.code: f for f in caught.value.findings}
    assert set(told) == {"E_PLAN_UNSCORED"}
    assert 'score_cells(channel="email")' in str(told["E_PLAN_UNSCORED"].hint)


@pytest.mark.parametrize(("language", "word"), [("en", "Nothing is planned"), ("fr", "Rien n’est prévu")])
def test_a_budget_for_nothing_says_what_to_type(language: str, word: str) -> None:
    text = f'language = "{language}"\n' + PLAIN.replace("900", "100") + "[objective]\nvalue = 5.0\n[production]\ndefault = {cost = 250}\n"
    plan = planned(text)
    told = [f for f in plan.findings if f.code == "N_PLAN_NOTHING"]
    page = report(plan, language=language).html
    assert plan.schedule.empty
    assert len(told) == 1
    assert word in page
    assert "A loss is unlikely" not in page
    assert "Une perte est peu probable" not in page
    typed = told[0].values["typed"]
    assert not planned(text.replace("budget = 100", f"budget = {typed}")).schedule.empty


@pytest.mark.parametrize("content", ["[" * 100_000, "{}", '{"schema": 2}', "null", '{"schema": 2, "facts": {}, "findings": [{}]}'])
def test_no_text_in_place_of_a_plan_gets_through(content: str, tmp_path: Path) -> None:
    folder = planned(PLAIN).save(tmp_path / "plan")
    (folder / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError):
        load_plan(folder)


def test_a_plan_that_vouches_for_no_facts_is_refused(tmp_path: Path) -> None:
    from mktlib.planning.store import _canonical, _digest

    folder = planned(PLAIN).save(tmp_path / "plan")
    raw = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    body = {"brief": raw["brief"], "facts": {}, "findings": [], "parts": raw["parts"]}
    (folder / "plan.json").write_text(json.dumps({"schema": raw["schema"], "sha256": _digest(_canonical(body)), **body}), encoding="utf-8")
    with pytest.raises(StoreError):
        load_plan(folder)


def changed(plan: Any, **columns: Any) -> Any:
    """A plan whose first placement says something else."""
    schedule = plan.schedule.copy()
    for name, value in columns.items():
        schedule[name] = schedule[name].astype(object)
        schedule.loc[schedule.index[0], name] = value
        schedule[name] = schedule[name].infer_objects()
    return replace(plan, schedule=schedule)


HAND = {
    "quantity below nothing": {"quantity": -5.0},
    "quantity without end": {"quantity": float("inf")},
    "no quantity": {"quantity": float("nan")},
    "no channel": {"channel": None},
    "no segment": {"segment": None},
    "another stage than its piece": {"stage": "decision"},
    "a piece that is not made": {"item": "P99"},
    "no week": {"week": float("nan")},
    "half a week": {"week": 1.5},
    "no spend": {"spend": float("nan")},
}


@pytest.mark.parametrize("channel", ["paid_social = 8", 'paid_social = {price = 0.5, unit = "click"}'])
@pytest.mark.parametrize("how", HAND)
def test_a_careless_hand_is_seen(how: str, channel: str) -> None:
    plan = planned(PLAIN.replace("paid_social = 8", channel))
    assert plan.check().empty
    assert not changed(plan, **HAND[how]).check().empty


def test_clicks_are_paid_for() -> None:
    plan = planned(PLAIN.replace("paid_social = 8", 'paid_social = {price = 0.5, unit = "click"}'))
    assert not changed(plan, spend=0.0).check().empty
    assert not changed(plan, rate=plan.schedule["rate"].iloc[0] * 50).check().empty


@pytest.mark.parametrize("change", [{"quantity": -1.0}, {"quantity": float("nan")}, {"task": "Publish"}, {"task": "burn"}])
def test_a_careless_hand_on_the_calendar_is_seen(change: dict[str, Any]) -> None:
    plan = planned(PLAIN)
    days = plan.calendar()
    at = days.index[days["task"] == "publish"][0]
    for name, value in change.items():
        days.loc[at, name] = value
    assert not plan.check(calendar=days).empty
