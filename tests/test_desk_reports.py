"""The ad desk as a person sees it: its reports, its files, its result and debrief, and what it answers to bad input."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from played import BUDGET, PRESETS, true_gain
from played import naive as naive
from played import truths as truths

import mktlib as mk
from mktlib.charts.played import played_weeks
from mktlib.errors import DataError
from mktlib.simulate.desk_moves import read_moves
from mktlib.simulate.desk_words import debrief_of
from mktlib.simulate.desk_world import make_world
from mktlib.vocabulary import ad_desk, lookup, platforms, retell
from mktlib.wording import money

FLATTERED = ("brand", "retargeting", "customers")


# ---------------------------------------------------------------- reports


@pytest.mark.parametrize("platform", PRESETS)
def test_restated_reports_only_grow_towards_the_credit(naive, truths, platform):
    keys = ["week", "date", "ad_set", "ad"]
    steps = [naive[platform].report(wait=w).set_index(keys)["conversions"] for w in (0, 1, 3, 7, 40)]
    for early, late in pairwise(steps):
        assert (late >= early.reindex(late.index)).all()
    assert steps[0].sum() < steps[-1].sum() == truths[platform].table["reported"].sum()


def test_a_week_is_restated_when_later_weeks_are_played():
    desk = mk.AdDesk("display", budget=BUDGET, seed=1)
    first = desk.spend(baskets=dict(bid=6, budget=120))
    desk.spend(baskets=6.0)
    again = desk.report()
    again = again[again["week"] == 1].reset_index(drop=True)
    assert again["conversions"].sum() > first["conversions"].sum()
    pd.testing.assert_frame_equal(again.drop(columns=["conversions", "value"]), first.drop(columns=["conversions", "value"]))
    assert (again["conversions"] >= first["conversions"]).all()


@pytest.mark.parametrize("platform", PRESETS)
def test_the_platform_credits_itself_with_more_than_it_brought_where_people_buy_anyway(truths, platform):
    table = truths[platform].table
    flattered = table[table["kind"].isin(FLATTERED)]
    assert flattered["reported"].sum() > 3 * flattered["incremental"].sum()
    assert table["reported"].sum() > table["incremental"].sum()
    shown = flattered["reported_value"].sum() / flattered["spend"].sum()
    true = flattered["incremental_value"].sum() / flattered["spend"].sum()
    assert shown > 1 / truths[platform].facts["margin"] > true  # it looks as if it paid, and it does not


def test_a_test_by_lot_finds_what_the_ads_brought_and_not_what_is_credited():
    """Mean over seeds: shown less held, scaled, is the sales because of the ads within four errors; the credit is far from it."""
    found, true, credit = [], [], []
    for seed in range(25):
        desk = mk.AdDesk("search", budget=BUDGET, seed=seed)
        desk.spend(brand=dict(bid=0.5, budget=200, holdout=0.5))
        rows = desk.lift().set_index("group")
        buyers, people = rows["buyers"], rows["people"]
        found.append(buyers["shown"] - buyers["held"] * people["shown"] / people["held"])
        sales = desk._played[0].sales
        true.append(sales["kind"].isin(("seen", "unseen")).sum())
        credit.append(sales["kind"].ne("unseen").sum())
    apart = np.array(found) - np.array(true)
    assert abs(apart.mean()) < 4 * apart.std(ddof=1) / 5
    assert np.mean(credit) - np.mean(true) > 4 * apart.std(ddof=1) / 5


def test_the_shop_has_the_sales_that_the_ads_brought_on_top():
    desk = mk.AdDesk("meta", budget=BUDGET, seed=4)
    for _ in range(2):
        desk.spend(lookalike=dict(bid=45, budget=400))
    idle = mk.AdDesk("meta", budget=BUDGET, seed=4)
    for _ in range(2):
        idle.spend()
    more = (desk.shop()["orders"] - idle.shop()["orders"]).sum()
    sales = pd.concat([w.sales for w in desk._played])
    assert more == (sales["kind"].isin(("seen", "unseen")) & (sales["arrives"] < 14)).sum() > 0


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("platform", PRESETS)
def test_an_export_is_read_as_the_platforms_and_adds_up_to_the_report(naive, tmp_path, platform, language):
    path = naive[platform].export(tmp_path / "export.csv", language)
    read = mk.read_export(path)
    assert ("E_UNCONFIRMED" in [f.code for f in read.findings]) == (platform == "x")
    if platform == "x":
        assert "E_UNCONFIRMED" not in [f.code for f in mk.read_export(path, platform="x_ads").findings]
    seen = naive[platform].report()
    assert read.facts["platform"] == ad_desk()["desk"][platform]["export"]
    assert read.rejected.empty
    assert len(read.table) == len(seen)
    mine = {"impressions": "impressions", "clicks": "clicks", "spend": "spend", "conversions": "conversions", "revenue": "value"}
    for theirs, ours in mine.items():
        np.testing.assert_allclose(read.table[theirs], seen[ours], atol=1e-9)
    assert list(read.table["ad_group"]) == list(seen["ad_set"])
    assert set(read.table["currency"]) == {"EUR"}
    assert set(read.table["channel"]) == {{"search": "paid_search", "display": "display"}.get(platform, "paid_social")}


def test_every_header_of_an_export_is_one_of_the_platforms():
    for name, looks in ad_desk()["desk_exports"].items():
        known = {
            h.replace("({currency})", "(EUR)")
            for c in platforms()[name]["columns"].values()
            for h in (c if isinstance(c, tuple | list) else c["from"])
        }
        assert all(set(look["columns"].values()) <= known for look in looks.values()), name


# ---------------------------------------------------------------- result and debrief


@pytest.mark.parametrize("platform", PRESETS)
def test_the_result_adds_up(truths, naive, platform):
    play, desk = truths[platform], naive[platform]
    assert play.table["spend"].sum() == pytest.approx(desk.budget - desk.left)
    assert play.facts["gain"] == pytest.approx(true_gain(desk), abs=0.05)
    assert play.facts["gain"] == pytest.approx(play.table["gain"].sum(), abs=0.01)
    assert abs(play.facts["gain"] - play.facts["expected"]) < 4 * 40 * np.sqrt(play.facts["incremental"]) + 1500
    assert (play.table["kept"] <= 1).all()
    assert play.best["yours"].sum() <= BUDGET + 1e-6
    assert set(play.costs["code"]) <= {"learning", "restarts", "wear", "anyway", "bid", "unspent"}


def test_the_debrief_says_what_was_and_what_it_cost_in_both_languages(naive, truths):
    found = naive["meta"].debrief()
    codes = [f.code for f in found]
    assert codes[0] == "DESK_RESULT"
    assert {"DESK_LOST", "DESK_FLATTER", "DESK_ANYWAY", "DESK_LATE"} <= set(codes)
    assert not any("every week" in f.text for f in found)  # a week of which no sale came late looked as it was
    french = debrief_of(truths["meta"], "fr")
    assert [f.code for f in french] == codes
    assert [retell(f, "fr").text for f in found] == [f.text for f in french]
    assert not any("?" in f.text or "{" in f.text for f in french)
    assert not any(f.text[0].islower() for f in (*found, *french))
    for play in truths.values():
        costs = [f for f in debrief_of(play, "fr") if f.code in ("DESK_ANYWAY", "DESK_BID_HIGH", "DESK_BID_LOW")]
        assert all(f.text.startswith(f"{lookup('labels.ad_set', 'fr')[f.values['ad_set']]} ({f.values['ad_set']})") for f in costs)


def test_a_week_of_no_ad_set_is_a_week_without_ads():
    desk = mk.AdDesk("meta", budget=BUDGET, seed=1)
    desk.spend(customers=dict(bid=8, budget=30))
    left = desk.left
    assert desk.spend()["spend"].sum() == 0
    assert (desk.left, desk.week, dict(desk.moves[-1])) == (left, 3, {})


@pytest.mark.parametrize(
    ("typed", "near"),
    [("customrs", "customers"), ("clients", "customers"), ("Customers", "customers"), ("sites_visitors", "site_visitors"), ("toto", None)],
)
def test_an_ad_set_that_is_none_is_told_with_the_nearest(typed, near):
    with pytest.raises(DataError) as wrong:
        mk.AdDesk("meta", budget=BUDGET).spend(**{typed: 3})
    (found,) = wrong.value.findings
    assert found.hint == near
    assert ("Type" in found.text) == (near is not None)


def test_a_test_by_lot_that_was_made_is_not_advised_again(truths):
    """The ad set that is credited with most is tested or not; the advice follows, in both languages."""
    plain = truths["search"]
    most = str(plain.table.groupby("ad_set")["reported"].sum().idxmax())
    other = next(name for name in plain.best["ad_set"] if name != most)
    assert plain.facts["held"] == []
    for held, tested in (([], False), ([other], False), ([most], True)):
        for language in ("en", "fr"):
            found = debrief_of(replace(plain, facts=plain.facts | {"held": held}), language)
            (flatter,) = (f for f in found if f.code.startswith("DESK_FLATTER"))
            assert ("holdout=" in flatter.text) == (not tested)
            assert "desk.lift()" in flatter.text
            assert retell(flatter, "en").code == ("DESK_FLATTER_HELD" if tested else "DESK_FLATTER")
    desk = mk.AdDesk("search", budget=BUDGET, seed=1)
    desk.spend(brand=dict(bid=0.5, budget=200, holdout=0.5))
    desk.spend(brand=dict(bid=0.5, budget=200, holdout=0.0))
    assert desk.result().facts["held"] == ["brand"]


def told_of(play, language, **facts):
    """A play with other facts: (its debrief, its section of a client's report), narrow spaces as plain ones."""
    other = replace(play, facts=play.facts | facts)
    page = " ".join((section := mk.report(other, language=language).sections[0]).sentences)
    return tuple(
        re.sub("[\u00a0\u202f]", " ", text) for text in (" ".join(map(str, debrief_of(other, language))), f"{section.headline} {page}")
    )


@pytest.mark.parametrize("share", [0.7278, 0.0278, 0.29])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_share_said_of_the_best_is_the_same_on_both_pages_and_at_least_is_never_rounded_up(truths, language, share):
    facts = {"expected": 500.0, "best": 700.0, "bound": 900.0, "share_of_best": share, "at_least": share}
    for text in told_of(truths["search"], language, **facts):
        shares = [float(x.replace(",", ".")) for x in re.findall(r"([\d.,]+) ?%", text)]
        assert round(100 * share, 1 if share < 0.1 else 0) in shares
        least = float(re.search(r"(?:at least|au moins) ([\d.,]+) ?% (?:of what|du)", text)[1].replace(",", "."))
        assert 100 * share - 1 < least <= 100 * share + 1e-9


@pytest.mark.parametrize(
    ("reported", "came", "english", "french"),
    [
        (1, 0, "with 1 sale. That is credit, not effect: 0 came", "un effet : grâce aux publicités, il en est venu 0,"),
        (1, 2, "with 1 sale. That is credit, not effect: 2 came because of the ads, some of which", "s’attribue 1 vente."),
        (9, 1, "brought 1 sale that would not", "ont apporté 1 vente qui ne serait pas venue autrement"),
        (9, 1, "at least 8 of those", "il en est venu 1, et de celles qui sont attribuées, il en serait venu au moins 8"),
        (3, 3, "with 3 sales, and as many came", "s’attribue 3 ventes, et il en est venu autant"),
        (0, 0, "with no sale, and none came", "ne s’attribue aucune vente, et il n’en est venu aucune"),
    ],
)  # fmt: skip
def test_one_sale_and_none_are_said_as_one_says_them(truths, reported, came, english, french):
    for language, words in (("en", english), ("fr", french)):
        debrief, page = told_of(truths["search"], language, reported=float(reported), incremental=float(came))
        assert words in page
        assert not re.search(r"\b1 (sales|ventes|sont)\b", f"{debrief} {page}")
        assert "some of which" not in page or came > reported


@pytest.mark.parametrize("language", ["en", "fr"])
def test_one_restart_and_a_game_of_one_week_are_told_in_the_singular(truths, language):
    table = truths["meta"].table
    once = replace(truths["meta"], table=table.assign(restarts=[True] + [False] * (len(table) - 1)))
    once = replace(once, costs=pd.DataFrame([("restarts", "", 1e6, 0.0, 1e6)], columns=list(once.costs.columns)))
    (told,) = (f.text for f in debrief_of(once, language) if f.code == "DESK_RESTARTS")
    assert ("once" if language == "en" else "une fois") in told
    desk = mk.AdDesk("x", budget=BUDGET, weeks=1, language=language)
    desk.spend()
    with pytest.raises(DataError, match="the one week is played" if language == "en" else "l’unique semaine est jouée"):
        desk.spend()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_money_in_the_debrief_is_written_as_a_reader_of_each_language_writes_it(truths, language):
    found, facts = debrief_of(truths["meta"], "en"), truths["meta"].facts
    told = [retell(f, language).text for f in found]
    assert not any(re.search(r"EUR|\d{4}", text) for text in told)
    assert money(round(facts["spent"]), "EUR", language) in told[0]
    assert money(round(facts["gain"]), "EUR", language) in told[0]
    assert money(100, "EUR", language) in next(text for f, text in zip(found, told, strict=True) if f.code == "DESK_FLATTER")
    desk = mk.AdDesk("meta", budget=BUDGET, seed=1, language=language)
    with pytest.raises(DataError) as wrong:
        desk.spend(broad={"bid": 3, "budget": 5000})
    assert money(35_000, "EUR", language, digits=2) in str(wrong.value)


def test_a_play_of_nothing_gains_nothing():
    desk = mk.AdDesk("x", budget=BUDGET, seed=1)
    desk.spend()
    play = desk.result()
    facts = play.facts
    assert (facts["gain"], facts["expected"], facts["spent"], facts["roas_reported"]) == (0.0, 0.0, 0.0, None)
    assert [f.code for f in debrief_of(play, "en")] == ["DESK_RESULT", "DESK_KEPT"]  # nothing lost: no word of a loss
    assert "costs" not in mk.plot(play, kind="best").get_title("left")


def test_an_ad_set_that_gained_is_not_said_to_have_lost(truths):
    for play in truths.values():
        gains = play.best.set_index("ad_set")["yours_gain"]
        assert (gains[play.costs.loc[play.costs["code"] == "anyway", "ad_set"]] < 0).all()


def test_reports_of_nothing_have_the_columns_and_kinds_of_any_other():
    none, some = mk.AdDesk("search", budget=BUDGET, seed=5), mk.AdDesk("search", budget=BUDGET, seed=5)
    some.spend(brand=dict(bid=0.001, budget=1, holdout=0.1))  # shown seldom, and no sale: the value is a number all the same
    for read in (lambda d: d.report(), lambda d: d.report("ad"), lambda d: d.report("ad_set"), lambda d: d.shop(), lambda d: d.lift()):
        assert dict(read(none).dtypes) == dict(read(some).dtypes) == dict(read(moved_search()).dtypes)


def moved_search() -> mk.AdDesk:
    desk = mk.AdDesk("search", budget=BUDGET, seed=5)
    desk.spend(generic=dict(bid=1, budget=80, holdout=0.1))
    return desk


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize(("times", "scale"), [(1, "linear"), (20, "symlog")])
def test_an_axis_of_sales_that_is_logarithmic_says_so(truths, times, scale):
    play = truths["search"]
    axes = mk.plot(replace(play, table=play.table.assign(reported_value=times * play.table["reported_value"])), kind="truth", language="en")
    assert axes.get_xscale() == scale
    assert ("logarithmic" in axes.get_xlabel()) == (scale == "symlog")


@pytest.mark.parametrize(("weeks", "named"), [(1, ["W1"]), (8, [f"W{w}" for w in range(1, 9)]), (26, [f"W{w}" for w in range(1, 27, 2)])])
def test_weeks_of_the_panel_are_named_as_far_as_there_is_room(weeks, named):
    axes = played_weeks(pd.DataFrame({"week": range(1, weeks + 1), "spend": 10.0, "value": 30.0}), language="en", currency="EUR")
    assert [label.get_text() for label in axes.get_xticklabels()] == named
    assert [bar.get_height() for bars in axes.containers for bar in bars] == [10.0] * weeks + [30.0] * weeks


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        (dict(platform="metta", budget=1000), {"platform"}),
        (dict(platform=None, budget=True, seed=-1, weeks=0, language="xx"), {"platform", "budget", "seed", "weeks", "language"}),
        (dict(platform="x", budget=float("nan"), seed=1.5, weeks=99), {"budget", "seed", "weeks"}),
        (dict(platform="x", budget=10), {"budget"}),
        (dict(platform=np.array(["x"]), budget=10**400, language=pd.NA), {"platform", "budget", "language"}),
    ],
)
def test_a_desk_says_all_that_is_wrong_with_it(given, columns):
    with pytest.raises(DataError) as caught:
        mk.AdDesk(given.pop("platform"), **given)
    assert {f.column for f in caught.value.findings} == columns


def test_an_empty_purse_is_told_to_pause():
    world = make_world("x", 1, 8)
    _, problems = read_moves(world, {"trends": 9}, {}, 0.02, 1)
    assert [(f.code, f.hint) for f in problems] == [("E_DESK_LEFT", "desk.spend()")]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_all_wrong_entries_of_a_week_are_said_at_once_with_what_to_type(language):
    desk = mk.AdDesk("meta", budget=BUDGET, language=language)
    with pytest.raises(DataError) as caught:
        desk.spend(
            lookalikes=3, broad=-1, interests=float("nan"), customers=True, site_visitors=dict(budget=5),
            video_viewers=dict(bid=2, budget=0, creatives=["Sequell"], days=["lun"], hours=[],
            audience="wider", cap="3", holdout=0.9, bids=2),
        )  # fmt: skip
    found = caught.value.findings
    codes = sorted(f.code for f in found)
    wanted = ["E_DESK_SET", *["E_DESK_BID"] * 4, "E_DESK_BUDGET", *["E_DESK_LIST"] * 4, "E_DESK_CAP", "E_DESK_HOLDOUT", "E_DESK_KEY"]
    assert codes == sorted(wanted)
    assert next(f for f in found if f.code == "E_DESK_SET").hint == "lookalike"
    assert any('creatives=["Sequel"]' in f.text for f in found)
    assert any('audience="wide"' in f.text for f in found)
    assert desk.week == 1


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d: d.spend(broad=dict(bid=3, budget=5000)), "E_DESK_LEFT"),
        (lambda d: d.undo(), "E_DESK_UNDO"),
        (lambda d: d.debrief(), "E_DESK_UNDO"),
        (lambda d: d.play("clever"), "E_DESK_PLAYER"),
        (lambda d: d.report("month"), "E_OPTION"),
        (lambda d: d.report(wait=3), "E_DESK_WAIT"),
        (lambda d: d.report(wait=-1), "E_OPTION"),
        (lambda d: d.report([]), "E_OPTION"),
        (lambda d: d.play([]), "E_DESK_PLAYER"),
        (lambda d: d.export("x.csv", "xx"), "E_OPTION"),
        (lambda d: d.export("x.csv", pd.NA), "E_OPTION"),
        (lambda d: d.export("x.csv", ""), "E_OPTION"),
        (lambda d: d.export(None), "E_OPTION"),
        (lambda d: d.export("a\0b"), "E_OPTION"),
        (lambda d: d.spend(broad=10**400), "E_DESK_BID"),
        (lambda d: d.spend(broad=dict(bid=1e308)), "E_DESK_BID"),
        (lambda d: d.spend(broad=dict(bid=3, cap=1e308)), "E_DESK_CAP"),
        (lambda d: d.spend(broad=dict(bid=3, days=[pd.NA])), "E_DESK_LIST"),
        (lambda d: [d.spend() for _ in range(9)], "E_DESK_OVER"),
    ],
)
def test_other_wrong_calls_are_told(call, code):
    with pytest.raises(DataError) as caught:
        call(mk.AdDesk("meta", budget=BUDGET))
    assert caught.value.codes == (code,)


def test_every_number_of_the_table_says_where_it_is_from():
    for kind in ("desk", "desk_rules", "desk_parts", "desk_audiences"):
        for row in ad_desk()[kind].values():
            assert {"source", "year", "conf", "label"} <= set(row)
            assert set(row["label"]) == {"en", "fr"}
            assert row["conf"] in "VRSKJ"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_assumptions_of_the_model_can_be_read_with_how_sure_they_are(language):
    told = mk.AdDesk("meta", budget=BUDGET, language=language).assumptions.set_index("name")
    assert told.loc["learning_events", ["value", "conf"]].tolist() == [50, "S"]
    assert told["what"].str.len().min() > 10
    assert told["conf"].isin(list("VRSKJ")).all()
