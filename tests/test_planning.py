"""Planning: the brief, the short list, what a plan promises, a second check of every limit, and plans on disk."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from planned import BRIEFS, SMALL, cells_of, scores_of
from planned import plan as plan
from planned import sunglasses as sunglasses

from mktlib.errors import DataError, PlanError, StoreError
from mktlib.planning import brief_from_answers, brief_from_text, load_plan, plan_campaign, questions, read_brief, shortlist
from mktlib.planning.ideas import priced
from mktlib.planning.problem import worn
from mktlib.planning.sieves import dominated
from mktlib.results import CELL, Scores
from mktlib.scoring import ContentScorer
from mktlib.simulate import load_sample
from mktlib.vocabulary import load_tables, lookup, retell

# ---------------------------------------------------------------- the brief


def test_a_brief_of_a_few_lines_is_enough():
    brief = brief_from_text("first_day = 2026-10-05\nlast_day = 2026-10-18\nbudget = 500\n[channels]\nemail = 0.01")
    assert brief.channels["email"].price == 0.01
    assert brief.weeks == 2
    assert brief.making("carousel") == (5.0, 3.0, 3)


BAD = """
name = 3
first_day = 2026-10-18
last_day = 2026-10-05
budget = -5
test_share = 1.5
langage = "fr"
[objective]
metric = "clik_rate"
[brand]
allowed = ["playful"]
forbidden = ["playful", "convresational"]
[stages]
awarness = 0.2
decision = 0.9
[segments.parents]
size = 1.5
consnet = {email = 0.1}
[channels.email]
prise = 0.1
minimum = 5
maximum = 1
[channels.paid_socail]
price = 1.0
[[mutes]]
first_day = 2026-10-06
"""


def test_every_mistake_of_a_brief_is_told_at_once_with_its_path():
    with pytest.raises(DataError) as caught:
        brief_from_text(BAD, file="mine.toml")
    found = {(f.column, f.code): f for f in caught.value.findings}
    assert set(found) == {
        ("name", "E_BRIEF_VALUE"), ("last_day", "E_BRIEF_ORDER"), ("budget", "E_BRIEF_VALUE"), ("test_share", "E_BRIEF_VALUE"),
        ("langage", "E_BRIEF_UNKNOWN"), ("objective.metric", "E_BRIEF_WORD"), ("brand.forbidden", "E_BRIEF_BOTH"),
        ("brand.forbidden", "E_BRIEF_WORD"),
        ("stages", "E_BRIEF_SHARES"), ("stages.awarness", "E_BRIEF_WORD"), ("segments.parents.size", "E_BRIEF_VALUE"),
        ("segments.parents.consnet", "E_BRIEF_UNKNOWN"), ("channels.email.prise", "E_BRIEF_UNKNOWN"),
        ("channels.email.minimum", "E_BRIEF_ORDER"),
        ("channels.paid_socail", "E_BRIEF_WORD"), ("mutes.0.last_day", "E_BRIEF_MISSING"),
    }  # fmt: skip
    assert found["channels.email.prise", "E_BRIEF_UNKNOWN"].hint == "price"
    assert found["langage", "E_BRIEF_UNKNOWN"].hint == "language"
    assert found["stages.awarness", "E_BRIEF_WORD"].hint == "awareness"
    assert found["channels.paid_socail", "E_BRIEF_WORD"].hint == "paid_social"
    assert "-5" in found["budget", "E_BRIEF_VALUE"].found
    assert all(f.file == "mine.toml" for f in caught.value.findings)
    assert "mine.toml, budget\u00a0: " in retell(found["budget", "E_BRIEF_VALUE"], "fr").text


def test_a_slip_of_syntax_is_named_by_its_line():
    with pytest.raises(DataError) as caught:
        brief_from_text("budget = 5\nfirst_day = = 2\n")
    assert caught.value.codes == ("E_TOML",)
    assert caught.value.findings[0].line == 2


def test_nan_and_infinity_are_no_money():
    for text in ("nan", "inf"):
        with pytest.raises(DataError) as caught:
            brief_from_text(SMALL.replace("budget = 900", f"budget = {text}"))
        assert [f.column for f in caught.value.findings] == ["budget"]


@pytest.mark.parametrize("name", ["sunglasses", "law_firm", "drive_in"])
def test_the_sample_briefs_are_planned_within_every_limit(name):
    brief = read_brief(BRIEFS / f"{name}.toml")
    made = plan_campaign(scores_of(brief.cells(), seed=1, rate=0.03), brief)
    assert made.check().empty
    assert made.expected["value"] >= made.expected["greedy"] - 1e-6
    assert made.expected["gap"] < 0.02
    assert (made.items["status"] == "make").any()


def test_ten_answers_make_a_brief_that_reads(tmp_path):
    assert len(questions("en")) == len(questions("fr")) == 10
    for language in ("en", "fr"):
        text = brief_from_answers(
            {"name": 'The "new" one', "budget": "12 500 €", "styles": "Ludique / humoristique", "channels": ["email", "display"]},
            language=language,
        )
        brief = brief_from_text(text)
        assert (brief.budget, brief.name, brief.language) == (12500.0, 'The "new" one', language)
        assert brief.brand.allowed == ["playful"]
        assert len(brief.cells())
    with pytest.raises(DataError) as caught:
        brief_from_answers({"budget": "much", "weeks": "0", "channels": "emial", "colour": "red"})
    assert {f.column for f in caught.value.findings} == {"budget", "weeks", "channels", "colour"}


def test_every_answer_left_out_takes_its_default():
    assert brief_from_text(brief_from_answers({})).weeks == 6


@pytest.mark.parametrize("section", ["plan", "command.start", "labels.limit", "labels.reason", "labels.unit"])
def test_both_languages_say_the_same_things(section):
    def keys(node, path=""):
        return {path} if isinstance(node, str) else set().union(*(keys(v, f"{path}.{k}") for k, v in node.items()))

    assert keys(lookup(section, "en")) == keys(lookup(section, "fr"))


# ---------------------------------------------------------------- the short list


def test_the_steps_of_the_short_list_add_up(sunglasses):
    scores, brief = sunglasses
    short = shortlist(scores, brief, keep=60)
    steps = short.steps
    assert list(steps["reason"]) == ["all", "brand", "channel", "format", "stage", "fit", "excluded", "drop", "dominated", "shortlist"]
    assert steps["kept"].iloc[0] == len(scores.table)
    assert (steps["kept"].shift().iloc[1:] - steps["kept"].iloc[1:] == steps["dropped"].iloc[1:]).all()
    assert len(short.table) == steps["kept"].iloc[-1] == 60
    assert not ((short.table["segment"] == "students") & (short.table["style"] == "luxury")).any()


def test_an_idea_falls_only_when_three_others_are_surely_better():
    table = priced(
        scores_of(cells_of(content_type=["carousel", "story", "photo_gallery", "social_image", "infographic"])),
        brief_from_text(SMALL),
        load_tables(),
    )
    table = table.assign(rate=[0.05, 0.05, 0.05, 0.01, 0.05], low=[0.04, 0.04, 0.04, 0.005, 0.01], high=[0.06, 0.06, 0.06, 0.02, 0.09])
    table["value"] = table["exposures"] * table["rate"]
    assert dominated(table).tolist() == [False, False, False, True, False]
    assert not dominated(table[table["content_type"] != "story"]).any()


def test_scores_without_some_axes_are_planned_too():
    table = scores_of(cells_of(content_type=["carousel", "story"])).table.drop(columns=["segment", "stage", "length", "style"])
    scores = Scores(table=table, by=("content_type", "channel"), within=(), metric="click_rate")
    made = plan_campaign(scores, brief_from_text(SMALL))
    assert made.check().empty
    assert made.expected["value"] > 0


def test_another_metric_than_the_briefs_is_refused():
    with pytest.raises(DataError, match="click_rate"):
        shortlist(replace(scores_of(cells_of()), metric="open_rate"), brief_from_text(SMALL))


# ---------------------------------------------------------------- what it promises


def test_the_promised_range_covers_what_the_same_world_brings(plan):
    """Worlds drawn from the posterior, cell by cell: nine in ten land inside the promise."""
    rng, rows = np.random.default_rng(77), plan.schedule
    cells = rows.groupby(["item", "segment", "channel"], sort=True).ngroup().to_numpy()
    inside = 0
    for _ in range(400):
        shift = rows["rate_sd"].to_numpy() * rng.standard_normal(cells.max() + 1)[cells]
        logit = np.log(rows["rate"] / (1 - rows["rate"])) + shift - 0.5 * (1 - 2 * rows["rate"]) * rows["rate_sd"] ** 2
        events = rng.poisson(rows["events"] / rows["rate"] / (1 + np.exp(-logit)))
        inside += plan.expected["low"] <= (events * rows["value"] / rows["events"]).sum() <= plan.expected["high"]
    assert 0.85 <= inside / 400 <= 0.95


def test_the_range_of_a_plan_lets_cells_go_wrong_together():
    """By hand: all placements drawn from the scorer's posterior at once; one by one they would promise far too much."""
    scores, brief = ContentScorer().fit(load_sample("content_log")).score_cells(), read_brief(BRIEFS / "sunglasses.toml")
    joint, alone = (plan_campaign(s, brief, keep=60) for s in (scores, Scores(**{f.name: getattr(scores, f.name) for f in fields(Scores)})))
    rows = joint.schedule.merge(joint.items[["item", "content_type", "style", "length"]], on="item")
    worth = rows.groupby(list(CELL), sort=False, as_index=False)["value"].sum()
    at = scores.table[list(CELL)].reset_index().merge(worth, on=list(CELL))
    rates = scores.draws(at["index"].to_numpy(), 4000, random_state=9)
    total = (rates / rates.mean(axis=0)) @ at["value"].to_numpy()
    assert len(at) == len(worth)
    assert joint.schedule["value"].tolist() == alone.schedule["value"].tolist()
    assert [joint.expected["low"], joint.expected["high"]] == pytest.approx(np.quantile(total, [0.05, 0.95]), rel=0.03)
    wide, narrow = (p.expected["high"] - p.expected["low"] for p in (joint, alone))
    assert wide > 1.5 * narrow


def test_the_whole_is_the_sum_of_its_rows(plan):
    assert plan.expected["value"] == pytest.approx(plan.schedule["value"].sum())
    assert plan.expected["spend"] == pytest.approx(plan.schedule["spend"].sum() + plan.items.query("status == 'make'")["cost"].sum())
    assert plan.expected["low"] < plan.expected["value"] < plan.expected["high"]
    assert ((plan.schedule["low"] <= plan.schedule["value"]) & (plan.schedule["value"] <= plan.schedule["high"])).mean() > 0.98
    assert {"exposure", "rate", "rate_sd", "verdict"} <= set(plan.schedule.columns)
    assert plan.facts["weeks"] == 6


def test_wear_is_concave():
    value = worn(np.arange(10.0), np.full((10, 3), 2.0), np.array([1.0, 0.6, 0.36]))
    steps = np.diff(value)
    assert (np.diff(steps) <= 1e-12).all()
    assert value[-1] == pytest.approx(2 * 1.96)


def test_a_demand_without_an_idea_is_told_before_anything_is_solved():
    brief = brief_from_text(SMALL + '[stages]\nloyalty = 0.2\ndecision = 0.1\n[[must_have]]\ncontent_type = "quiz"\n')
    with pytest.raises(PlanError) as caught:
        plan_campaign(scores_of(cells_of()), brief)
    assert {f.column for f in caught.value.findings} == {"stages.loyalty", "must_have.0"}


# ---------------------------------------------------------------- the second check


def _first(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    table = table.copy()
    for column, value in values.items():
        table[column] = table[column].astype(object)
        table.loc[table.index[0], column] = value
        table[column] = table[column].infer_objects()
    return table


def _mails(plan) -> pd.DataFrame:
    return plan.schedule[plan.schedule["channel"] == "email"]


BREAK = {
    "budget": lambda p: replace(p, brief=p.brief.model_copy(update={"budget": p.expected["spend"] - 1})),
    "cost": lambda p: replace(p, table=_first(p.table, cost=1.0)),
    "spend": lambda p: replace(p, schedule=p.schedule.assign(spend=p.schedule["spend"] * 0.9)),
    "days": lambda p: replace(p, brief=p.brief.model_copy(update={"team": p.brief.team.model_copy(update={"days_per_week": 0.5})})),
    "early": lambda p: replace(p, table=p.table.assign(week=6)),
    "dates": lambda p: replace(p, schedule=_first(p.schedule, week=9)),
    "messages_week": lambda p: replace(p, schedule=pd.concat([p.schedule, *[_mails(p)] * 2], ignore_index=True)),
    "messages_month": lambda p: replace(p, schedule=pd.concat([p.schedule, _mails(p)], ignore_index=True)),
    "channel": lambda p: replace(p, schedule=p.schedule.assign(channel="paid_search")),
    "channel_minimum": lambda p: replace(p, brief=_channel(p.brief, "email", minimum=30_000.0)),
    "stage_share": lambda p: replace(p, schedule=p.schedule.assign(stage="loyalty")),
    "test_share": lambda p: replace(p, brief=p.brief.model_copy(update={"test_share": 1.0})),
    "pieces": lambda p: replace(p, table=p.table.assign(content_type="carousel")),
    "style": lambda p: replace(p, table=_first(p.table, style="edgy")),
    "stage": lambda p: replace(p, table=_first(p.table, stage="advocacy")),
    "length": lambda p: replace(p, brief=p.brief.model_copy(update={"lengths": ["very_long"]})),
    "unused": lambda p: replace(p, table=p.table.assign(status="make")),
    "twice": lambda p: replace(p, schedule=pd.concat([p.schedule, p.schedule.head(1)], ignore_index=True)),
    "segment": lambda p: replace(p, schedule=_first(p.schedule, segment="everyone")),
    "exclude": lambda p: replace(p, schedule=p.schedule.assign(segment="students"), table=p.table.assign(style="luxury")),
    "mute": lambda p: replace(p, brief=brief_from_text(
        (BRIEFS / "sunglasses.toml").read_text(encoding="utf-8") + "\n[[mutes]]\nfirst_day = 2026-10-05\nlast_day = 2026-11-15\n")),
    "placement": lambda p: replace(p, schedule=p.schedule.assign(quantity=p.schedule["quantity"] * 40)),
    "repeat": lambda p: replace(p, schedule=p.schedule.assign(quantity=p.schedule["quantity"] * 40)),
    "must_have": lambda p: replace(p, schedule=p.schedule[p.schedule["channel"] != "email"]),
    "fixed_date": lambda p: replace(p, schedule=p.schedule.assign(week=6), table=p.table.assign(week=6)),
}  # fmt: skip


def _channel(brief, name, **change):
    return brief.model_copy(update={"channels": {**brief.channels, name: brief.channels[name].model_copy(update=change)}})


@pytest.mark.parametrize("limit", sorted(BREAK))
def test_the_check_sees_each_broken_limit(plan, limit):
    assert plan.check().empty
    broken = BREAK[limit](plan).check()
    assert limit in set(broken["limit"])
    assert (broken["over"] > 0).all()


def test_the_sample_plan_is_one_that_a_team_can_make(plan):
    made = plan.items.query("status == 'make'")
    assert 8 <= len(made) <= 24
    assert plan.expected["gap"] <= 0.01
    assert set(plan.schedule["stage"]) >= {"awareness", "interest", "consideration", "decision"}
    assert plan.expected["spend"] <= 40_000 + 1e-6


# ---------------------------------------------------------------- on disk


def test_the_same_input_gives_the_same_bytes(sunglasses, plan, tmp_path):
    plan.save(tmp_path / "a")
    plan_campaign(*sunglasses).save(tmp_path / "b")
    names = sorted(f.name for f in (tmp_path / "a").iterdir())
    assert names == ["items.csv", "limits.csv", "margins.csv", "plan.json", "schedule.csv", "tests.csv"]
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)


def test_what_is_loaded_is_what_was_saved(plan, tmp_path):
    back = load_plan(plan.save(tmp_path / "plan"))
    for name in ("table", "schedule", "limits", "tests"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(plan, name))
    assert back.facts == plan.facts
    assert back.expected == plan.expected
    assert back.brief == plan.brief
    assert back.findings == plan.findings
    assert back.check().empty


@pytest.mark.parametrize("part", ["plan.json", "items.csv", "schedule.csv", "limits.csv", "tests.csv"])
def test_a_changed_or_missing_part_is_refused(plan, tmp_path, part):
    folder = plan.save(tmp_path / "plan")
    whole = (folder / part).read_bytes()
    for changed in (whole[:-9], whole.replace(b"1", b"2", 1), b""):
        (folder / part).write_bytes(changed)
        with pytest.raises(StoreError):
            load_plan(folder)
    (folder / part).unlink()
    with pytest.raises(StoreError):
        load_plan(folder)


def test_a_plan_of_another_schema_is_refused_by_name(plan, tmp_path):
    folder = plan.save(tmp_path / "plan")
    header = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps({**header, "schema": 99}), encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        load_plan(folder)
    assert caught.value.codes == ("E_PLAN_SCHEMA",)


def test_a_failed_write_leaves_the_old_plan_whole(plan, tmp_path, monkeypatch):
    folder = plan.save(tmp_path / "plan")
    before = (folder / "plan.json").read_bytes()

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("mktlib.wording.os.replace", full)
    with pytest.raises(StoreError):
        plan.save(folder)
    assert (folder / "plan.json").read_bytes() == before
    assert sorted(f.name for f in folder.iterdir()) == ["items.csv", "limits.csv", "margins.csv", "plan.json", "schedule.csv", "tests.csv"]


@pytest.mark.parametrize("risk", [-1.0, 1.0, float("nan"), float("inf")])
def test_a_risk_that_is_no_share_is_refused(sunglasses, risk):
    with pytest.raises(PlanError) as caught:
        plan_campaign(*sunglasses, risk=risk)
    assert caught.value.codes == ("E_OPTION",)


def test_what_a_brief_demands_is_short_listed_however_few_are_kept(sunglasses):
    scores, brief = sunglasses
    assert plan_campaign(scores, brief, keep=1).check().empty


def test_a_segment_that_was_never_scored_is_said(sunglasses):
    scores, brief = sunglasses
    typo = brief.model_copy(update={"segments": {("studentes" if k == "students" else k): v for k, v in brief.segments.items()}})
    found = plan_campaign(scores, typo, keep=40).findings
    assert [(f.column, f.hint) for f in found if f.code == "N_PLAN_SEGMENT"] == [("segments.studentes", "students")]


def test_a_word_that_is_the_label_of_a_scored_one_is_told_with_what_to_type(sunglasses):
    scores, brief = sunglasses
    french = {"students": "etudiants", "parents": "parents"}
    update = {
        "segments": {french.get(k, k): v for k, v in brief.segments.items()},
        "channels": {**brief.channels, "reseaux_sociaux_payants": brief.channels["email"]},
        "production": {**brief.production, "video_courte_verticale": brief.production["default"]},
        "brand": brief.brand.model_copy(update={"forbidden": ["ludique"]}),
    }
    found = plan_campaign(scores, brief.model_copy(update=update), keep=40).findings
    told = {f.column: f.hint for f in found if f.code in ("N_PLAN_SEGMENT", "N_PLAN_WORD", "N_PLAN_BAN")}
    expected = {
        "segments.etudiants": "students", "channels.reseaux_sociaux_payants": "paid_social",
        "production.video_courte_verticale": "short_video", "brand.forbidden": "playful",
    }  # fmt: skip
    assert told.items() >= expected.items()


def test_a_brief_that_prices_a_channel_by_its_label_is_told_its_key():
    text = "first_day = 2026-10-05\nlast_day = 2026-10-18\nbudget = 500\n[channels]\nreseaux_sociaux_payants = 0.01"
    with pytest.raises(DataError) as caught:
        brief_from_text(text)
    assert [(f.code, f.column, f.hint) for f in caught.value.findings] == [
        ("E_BRIEF_WORD", "channels.reseaux_sociaux_payants", "paid_social")
    ]


def test_words_that_name_nothing_scored_are_told_and_a_ban_that_bans_nothing_is_told_as_one(sunglasses):
    scores, brief = sunglasses
    update = {"brand": brief.brand.model_copy(update={"forbidden": ["legal_formal", "saucy"]}), "channels": {**brief.channels}}
    update["channels"]["carrier_pigeon"] = brief.channels["email"]
    found = plan_campaign(scores, brief.model_copy(update=update), keep=40).findings
    told = {(f.code, f.column) for f in found if f.code in ("N_PLAN_WORD", "N_PLAN_BAN")}
    assert ("N_PLAN_BAN", "brand.forbidden") in told
    assert ("N_PLAN_WORD", "channels.carrier_pigeon") in told
    assert {f.found for f in found if f.code == "N_PLAN_BAN"} >= {"saucy"}


def test_money_that_stays_unspent_is_told():
    scores = scores_of(cells_of())
    rich, poor = (plan_campaign(scores, brief_from_text(SMALL.replace("budget = 900", f"budget = {b}"))) for b in (90_000, 160))
    assert "N_PLAN_LEFT" in [f.code for f in rich.findings]
    assert "N_PLAN_LEFT" not in [f.code for f in poor.findings]


@pytest.mark.parametrize(("more", "column"), [
    ('[[exclude]]\nsegment = "student"\n', "exclude.1.segment"),
    ('[[mutes]]\nfirst_day = 2026-10-06\nlast_day = 2026-10-07\nsegment = "student"\n', "mutes.1.segment"),
    ("", "last_day"), ("", "segments.students.consent.emial"), ("", "lengths"),
])  # fmt: skip
def test_words_that_name_nobody_are_refused(more, column):
    text = (BRIEFS / "sunglasses.toml").read_text(encoding="utf-8") + more
    text = text.replace("last_day = 2026-11-15", "last_day = 2036-11-15") if column == "last_day" else text
    text = text.replace("{ email = 0.06, push = 0.04 }", "{ emial = 0.06 }") if "consent" in column else text
    text = text.replace("wear = 0.6", 'wear = 0.6\nlengths = ["shrt"]') if column == "lengths" else text
    with pytest.raises(DataError) as caught:
        brief_from_text(text)
    assert column in [f.column for f in caught.value.findings]


def test_a_careful_plan_is_bounded_in_what_it_makes_large(sunglasses):
    mean, worst = (plan_campaign(*sunglasses, risk=risk, keep=60).expected for risk in (0.0, 0.9))
    assert worst["ceiling"] is None
    assert worst["careful"] <= worst["bound"]
    assert worst["careful"] < worst["value"]
    assert 0 <= worst["gap"] < 0.05
    assert mean["careful"] == pytest.approx(mean["value"])


def test_scores_with_one_more_axis_must_fix_it():
    table = scores_of(cells_of(content_type=["carousel", "story"])).table
    both = pd.concat([table.assign(band="low"), table.assign(band="high", rate=0.2)], ignore_index=True)
    scores = Scores(table=both, by=(*CELL, "band"), within=(), metric="click_rate")
    with pytest.raises(DataError) as caught:
        plan_campaign(scores, brief_from_text(SMALL))
    assert caught.value.codes == ("E_PLAN_AXIS",)


def test_a_spend_that_is_no_number_does_not_hold(plan):
    assert not replace(plan, schedule=_first(plan.schedule, spend=float("nan"))).check().empty


@pytest.mark.parametrize(("events", "told"), [(4_660, True), (9_999, True), (10_000, False), (184_328, False), (0, False), (None, False)])
def test_a_plan_from_a_small_log_says_that_it_promises_too_much(events, told):
    scores = scores_of(cells_of(segment=("parents",), stage=("decision",)))
    plan = plan_campaign(replace(scores, facts={**scores.facts, "events": events}), brief_from_text(SMALL), keep=5, work=0.1)
    assert ("N_PLAN_SMALL_LOG" in {f.code for f in plan.findings}) == told
