"""The short list and its answers: every idea asked one by one, against each step worked out again by hand."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from mktlib.charts import describe, plot
from mktlib.errors import DataError
from mktlib.planning import brief_from_text, plan_campaign, shortlist
from mktlib.planning.brief import Brief
from mktlib.results import CELL, Scores
from mktlib.vocabulary import load_tables

BRIEF = """
first_day = 2026-10-05
last_day = 2026-10-25
budget = 2500
lengths = ["short"]
[objective]
value = {awareness = 0.0, interest = 0.4, decision = 1.0}
[brand]
forbidden = ["edgy"]
[stages]
awareness = 0.0
interest = 0.0
decision = 0.0
[segments.parents]
size = 20000
consent = {email = 0.2}
[segments.drivers]
size = 9000
[channels]
paid_social = {price = 8, quantity = 6000}
organic_social = {price = 0, quantity = 2000, per_week = 1}
email = 0.01
[production]
default = {cost = 90, days = 2, most = 2}
[[exclude]]
segment = "parents"
style = "expert"
[[exclude]]
content_type = "story"
stage = "interest"
"""
LEVELS = {
    "segment": ["parents", "drivers", "students"],
    "stage": ["awareness", "interest", "decision", "loyalty"],
    "content_type": ["carousel", "story", "promo_email", "blog_post", "social_image", "infographic"],
    "style": ["playful", "expert", "edgy"],
    "length": ["none", "short", "long"],
    "channel": ["paid_social", "organic_social", "email", "display"],
}


def scores_of(levels: dict[str, list[str]] = LEVELS, *, seed: int = 0, opinion: tuple[float, float] = (0.0, 0.7)) -> Scores:
    """Every combination of the levels, with made-up rates; one in five shown to do worse."""
    rng = np.random.default_rng(seed)
    cells = pd.DataFrame(list(itertools.product(*levels.values())), columns=list(CELL))
    rate, half = rng.uniform(0.005, 0.05, len(cells)), rng.uniform(0.03, 0.15, len(cells))
    verdict = rng.choice(["make", "test", "too_early", "drop"], len(cells), p=[0.1, 0.5, 0.2, 0.2])
    table = cells.assign(
        rate=rate, low=rate * (1 - half), high=rate * (1 + half), index=100.0, p_best=0.1, exposure=1000.0,
        opinion=rng.uniform(*opinion, len(cells)), verdict=verdict,
    )  # fmt: skip
    return Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate", level=0.9)


def by_hand(short, brief: Brief) -> pd.Series:
    """The step at which each idea falls, in the words of the brief and row by row; empty where it is in the list."""
    tables, fell = load_tables(), {}
    rows = short.ideas.to_dict("index")
    for i, row in rows.items():
        message, people = row["channel"] == "email", brief.segments.get(row["segment"])
        reached = (people.agreed("email") if message else people.size * people.reach) if people else (0 if message else 6000)
        if row["style"] in brief.brand.forbidden:
            fell[i] = "brand"
        elif row["channel"] not in brief.channels or reached < 1:
            fell[i] = "channel"
        elif not tables.allows({a: row[a] for a in CELL}) or row["length"] not in ("none", "short"):
            fell[i] = "format"
        elif row["stage"] not in ("interest", "decision") or row["segment"] not in brief.segments:
            fell[i] = "stage"
    left = {i: r for i, r in rows.items() if i not in fell}
    unfit = {i for i, r in left.items() if r["opinion"] > 0.5 and r["stage"] not in tables.content_types[r["content_type"]]["stages"]}
    fits = {r["stage"] for i, r in left.items() if i not in unfit}
    fell |= {i: "fit" for i in unfit if rows[i]["stage"] in fits}
    for i, row in left.items():
        named = (row["segment"], row["style"]) == ("parents", "expert") or (row["content_type"], row["stage"]) == ("story", "interest")
        if i not in fell and (named or row["verdict"] == "drop"):
            fell[i] = "excluded" if named else "drop"
    alive = {i: r for i, r in left.items() if i not in fell}
    for i, row in alive.items():
        ratio = {j: r["value"] / r["rate"] / (1 + r["lot_cost"]) for j, r in alive.items()}
        same = [j for j, r in alive.items() if all(r[a] == row[a] for a in ("segment", "stage", "channel"))]
        if sum(ratio[j] * alive[j]["low"] > ratio[i] * row["high"] for j in same) >= 3:
            fell[i] = "dominated"
    kept = {tuple(r) for r in short.table[list(CELL)].to_numpy()}
    return pd.Series({i: fell.get(i, "" if tuple(r[a] for a in CELL) in kept else "shortlist") for i, r in rows.items()})


@pytest.fixture(scope="module")
def case():
    brief = brief_from_text(BRIEF)
    short = shortlist(scores_of(), brief, keep=12)
    return short, brief, by_hand(short, brief)


def counts_of(found) -> tuple[dict[str, int], int]:
    """({step: how many fell}, how many are kept) as an answer says it."""
    if found[0].code == "N_WHY_MANY":
        return {f.values["reason"]: f.values["dropped"] for f in found if f.code == "N_WHY_STEP"}, found[0].values["kept"]
    step = next(s for code, s in STEP_OF.items() if found[0].code.startswith(code))
    return ({step: 1}, 0) if step else ({}, 1)


STEP_OF = {
    "N_WHY_KEPT": "", "N_WHY_BRAND": "brand", "N_WHY_STYLE": "brand", "N_WHY_CHANNEL": "channel", "N_WHY_NOBODY": "channel",
    "N_WHY_FORMAT": "format", "N_WHY_MADE": "format", "N_WHY_LENGTH": "format", "N_WHY_UNWANTED": "stage", "N_WHY_NO_VALUE": "stage",
    "N_WHY_FIT": "fit", "N_WHY_EXCLUDED": "excluded", "N_WHY_DROP": "drop", "N_WHY_DOMINATED": "dominated", "N_WHY_USED": "shortlist",
    "N_WHY_UNUSED": "shortlist", "N_WHY_RANKED": "shortlist",
}  # fmt: skip


def test_every_step_drops_what_it_drops_by_hand(case):
    short, _, fell = case
    assert set(fell) == {"", "brand", "channel", "format", "stage", "fit", "excluded", "drop", "dominated", "shortlist"}
    assert (short.ideas["fell"] == fell).all()
    steps = short.steps.set_index("reason")["dropped"]
    assert {r: n for r, n in steps.items() if n} == dict(Counter(f for f in fell if f))


def test_every_idea_of_the_grid_is_answered_as_counted_by_hand(case):
    short, _, fell = case
    for row in short.ideas.itertuples(index=False):
        answer = short.why_not({a: getattr(row, a) for a in CELL})
        assert len(answer) == 1
        assert counts_of(answer) == (({row.fell: 1}, 0) if row.fell else ({}, 1))
    table = short.ideas[list(CELL)].assign(fell=fell)
    for axes in itertools.chain.from_iterable(itertools.combinations(CELL, k) for k in range(4)):
        for levels in itertools.product(*(LEVELS[a] for a in axes)):
            idea = dict(zip(axes, levels, strict=True))
            mine = table[np.logical_and.reduce([table[a] == v for a, v in idea.items()])] if idea else table
            counted = Counter(mine["fell"])
            kept = counted.pop("", 0)
            assert counts_of(short.why_not(idea)) == (dict(counted), kept)


def test_all_ideas_together_give_the_steps_themselves(case):
    short, _, _ = case
    dropped, kept = counts_of(short.why_not({}))
    assert dropped == {r: n for r, n in zip(short.steps["reason"], short.steps["dropped"], strict=True) if n}
    assert kept == len(short.table) == short.steps["kept"].iloc[-1]


def test_a_row_of_the_list_knows_its_rank(case):
    short, _, _ = case
    for k in (0, 5):
        (found,) = short.why_not(short.table.iloc[k])
        assert (found.code, found.values["rank"]) == ("N_WHY_KEPT", k + 1)
    (found,) = short.why_not(next(short.table.itertuples(index=False)))
    assert found.values["rank"] == 1


def test_the_three_that_beat_an_idea_do_beat_it(case):
    short, _, fell = case
    ideas = short.ideas
    ratio = ideas["value"] / ideas["rate"] / (1 + ideas["lot_cost"])
    beaten = ideas[fell == "dominated"]
    assert len(beaten) >= 3
    for i, row in beaten.iterrows():
        (found,) = short.why_not({a: row[a] for a in CELL}, language="en")
        others = list(found.values["rows"])
        assert len(set(others)) == 3
        assert i not in others
        assert (ideas.loc[others, ["segment", "stage", "channel"]] == row[["segment", "stage", "channel"]]).all(axis=None)
        assert (ratio[others] * ideas.loc[others, "low"] > ratio[i] * row["high"]).all()


def test_what_came_after_the_last_kept_one_is_said_beside_it(case):
    short, _, fell = case
    late = short.ideas[fell == "shortlist"].iloc[0]
    (found,) = short.why_not({a: late[a] for a in CELL}, language="en")
    assert found.code in ("N_WHY_RANKED", "N_WHY_USED", "N_WHY_UNUSED")
    assert int(found.values["place"]) > len(short.table)
    assert "€" in found.values["last"]


def test_an_idea_that_adds_nothing_says_that_others_bring_more(case):
    short, _, fell = case
    late = short.ideas[fell == "shortlist"]
    kept = short.ideas[(short.ideas["fell"] == "") & short.ideas["place"].notna()].sort_values("place")
    ideas = short.ideas.assign(used=short.ideas["used"].where(short.ideas.index != late.index[0], 0.0))
    ideas.loc[kept.index[-1], "used"] = 144.0
    made = dataclasses.replace(short, ideas=ideas)
    said = {code: str(made.why_not({a: late.iloc[0][a] for a in CELL}, language=code)[0]) for code in ("en", "fr")}
    assert "beside the others it would add €0 (the money, days or reach that it uses bring more elsewhere)" in said["en"]
    assert said["en"].endswith("the last one kept adds €144.")
    assert "rapportent plus ailleurs" in said["fr"]
    ideas.loc[late.index[0], "used"] = 7.0
    (some,) = dataclasses.replace(short, ideas=ideas).why_not({a: late.iloc[0][a] for a in CELL}, language="en")
    assert some.code == "N_WHY_USED"
    assert "elsewhere" not in str(some)


SAID = [
    ({"style": "edgy"}, "Provocative", "N_WHY_BRAND", "brand.forbidden"),
    ({"channel": "display", "style": "playful", "segment": "parents"}, "Display", "N_WHY_CHANNEL", "channels"),
    ({"segment": "drivers", "stage": "decision", "content_type": "promo_email", "style": "expert", "length": "short", "channel": "email"},
     "Drivers", "N_WHY_NOBODY", "segments.drivers.consent"),
    ({"segment": "students", "stage": "interest", "content_type": "carousel", "style": "playful", "length": "none",
      "channel": "paid_social"}, "Students", "N_WHY_UNWANTED", "segments"),
    ({"segment": "drivers", "stage": "awareness", "content_type": "carousel", "style": "playful", "length": "none",
      "channel": "paid_social"}, "Awareness", "N_WHY_NO_VALUE", "objective.value.awareness"),
    ({"segment": "drivers", "stage": "interest", "content_type": "promo_email", "style": "playful", "length": "short",
      "channel": "paid_social"}, "Paid social", "N_WHY_FORMAT", None),
    ({"segment": "drivers", "stage": "interest", "content_type": "blog_post", "style": "playful", "length": "long",
      "channel": "organic_social"}, "Long", "N_WHY_LENGTH", "lengths"),
    ({"segment": "drivers", "stage": "loyalty", "content_type": "carousel", "style": "playful", "length": "none",
      "channel": "paid_social"}, "Loyalty", "N_WHY_UNWANTED", "stages"),
]  # fmt: skip


@pytest.mark.parametrize(("idea", "word", "code", "where"), SAID)
def test_the_answer_names_what_stood_against_it(case, idea, word, code, where):
    short, _, _ = case
    english, french = (short.why_not(idea, language=code) for code in ("en", "fr"))
    assert english[-1].code == code
    assert word.lower() in english[-1].text.lower()
    assert where is None or where in english[-1].text
    assert [f.code for f in english] == [f.code for f in french]
    assert all(e.text != f.text for e, f in zip(english, french, strict=True))


def test_a_place_out_of_reach_is_named():
    brief = brief_from_text(BRIEF + '[places.shop]\nshare = {parents = 0.5}\nchannels = ["paid_social"]\n')
    short = shortlist(scores_of(), brief)
    idea = {"segment": "drivers", "stage": "decision", "content_type": "carousel", "style": "playful", "length": "none"}
    (found,) = short.why_not(idea | {"channel": "paid_social"})
    assert (found.code, found.column) == ("N_WHY_NOBODY", "places")


def test_an_exclusion_is_named_by_its_place_in_the_brief(case):
    short, _, fell = case
    for i in fell[fell == "excluded"].index:
        row = short.ideas.loc[i]
        (found,) = short.why_not({a: row[a] for a in CELL}, language="en")
        assert found.column == ("exclude.0" if (row["segment"], row["style"]) == ("parents", "expert") else "exclude.1")


def test_a_word_nobody_scored_gets_the_nearest_and_what_forbids_it_anyway(case):
    short, _, _ = case
    found = short.why_not({"content_type": "carousell"}, language="en")
    assert [f.code for f in found] == ["N_WHY_NOT_SCORED"]
    assert 'content_type = "carousel"' in found[0].text
    found = short.why_not({"content_type": "sms", "channel": "paid_social"}, language="fr")
    assert [f.code for f in found] == ["N_WHY_NOT_SCORED", "N_WHY_FORMAT"]
    for language in ("en", "fr"):  # a label is as good as the word
        label = load_tables().label("content_type", "blog_post", language)
        assert short.why_not({"content_type": label}) == short.why_not({"content_type": "blog_post"})


def test_words_that_were_scored_apart_are_told_so():
    scores = scores_of()
    table = scores.table[~((scores.table["style"] == "playful") & (scores.table["content_type"] == "story"))]
    short = shortlist(Scores(table=table, by=CELL, within=scores.within, metric="click_rate"), brief_from_text(BRIEF))
    assert [f.code for f in short.why_not({"style": "playful", "content_type": "story"})] == ["N_WHY_NO_CELL"]


def test_an_entry_that_is_no_axis_is_refused(case):
    with pytest.raises(DataError) as caught:
        case[0].why_not({"styel": "playful"})
    assert caught.value.findings[0].hint == "style"


def test_the_tables_word_on_stages_yields_to_data_and_to_a_must_have():
    sure = shortlist(scores_of(opinion=(0.0, 0.5)), brief_from_text(BRIEF))
    assert sure.steps.set_index("reason").loc["fit", "dropped"] == 0
    unsure = shortlist(scores_of(opinion=(0.6, 1.0)), brief_from_text(BRIEF))
    mine = unsure.ideas[(unsure.ideas["content_type"] == "blog_post") & (unsure.ideas["stage"] == "decision")]
    assert (mine["fell"] == "fit").any()
    asked = BRIEF + '[[must_have]]\ncontent_type = "blog_post"\nstage = "decision"\n'
    asking = shortlist(scores_of(opinion=(0.6, 1.0)), brief_from_text(asked))
    assert not (asking.ideas.loc[mine.index, "fell"] == "fit").any()


def test_general_knowledge_alone_never_empties_a_stage():
    levels = LEVELS | {"content_type": ["blog_post"], "channel": ["organic_social"]}
    short = shortlist(scores_of(levels, opinion=(0.9, 1.0)), brief_from_text(BRIEF))
    assert (short.table["stage"] == "decision").any()


def test_a_list_shorter_than_asked_for_drops_nothing_at_the_end():
    short = shortlist(scores_of(), brief_from_text(BRIEF), keep=10_000)
    assert short.steps["dropped"].iloc[-1] == 0
    assert counts_of(short.why_not({}))[1] == len(short.table)


def test_a_plan_comes_from_the_list_that_answers():
    short = shortlist(scores_of(seed=2), brief_from_text(BRIEF))
    made = plan_campaign(scores_of(seed=2), brief_from_text(BRIEF))
    shown = made.schedule.merge(made.items, on="item", suffixes=("", "_item"))
    for row in shown.itertuples():
        idea = {"segment": row.segment, "stage": row.stage, "channel": row.channel}
        idea |= {"content_type": row.content_type, "style": row.style, "length": row.length}
        assert [f.code for f in short.why_not(idea)] == ["N_WHY_KEPT"]


@pytest.mark.parametrize(("language", "fell"), [("en", "fell: excluded by the brief"), ("fr", "écartées\u00a0: exclu par le brief")])
def test_the_funnel_says_what_fell_and_why(case, language, fell):
    short, _, by_step = case
    said = describe(plot(short, language=language))
    assert f"{(by_step == 'excluded').sum()} {fell}" in said
