"""Catchments and sheets of places against known worlds: radii, ranges, overlaps, what may be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import PoissonRegressor
from test_places import SHOPS, around

import mktlib as mk
from mktlib.errors import DataError
from mktlib.places import rings
from mktlib.places.catchments import told_steps
from mktlib.places.near import people_near
from mktlib.results import Catchments


@pytest.fixture(scope="module")
def known() -> Catchments:
    return mk.catchments(mk.load_sample("nearby"), mk.load_sample("shops"), outcome="purchases")


@pytest.fixture(scope="module")
def truth() -> dict:
    return mk.load_truth()["planted"]["nearby"]


def test_what_was_planted_is_found(known, truth):
    assert known.facts["set_aside"] == sum(truth["wrong_rows"].values())
    rows = known.facts["rows"]
    assert rows == known.facts["kept"] + known.facts["set_aside"] + known.facts["no_consent"]
    agreed = known.facts["kept"] / (rows - known.facts["set_aside"])
    assert abs(agreed - truth["agreed"]) < 0.03
    low, middle, high = (np.log(known.facts[f"decay_km{end}"]) for end in ("_low", "", "_high"))
    assert abs(middle - np.log(truth["times_per_km"])) < 1.5 * (high - low) / 2  # one sample: 99 chances in 100
    assert known.facts["decay_verdict"] == "falls"
    reach = known.reach.set_index("place")
    for place in ("lyon", "nice"):  # alone in their towns: nobody is counted elsewhere
        assert reach.loc[place, "half_m_low"] <= truth["shops"][place]["median_m"] <= reach.loc[place, "half_m_high"]
    best = known.hours[known.hours["best"]].set_index("place")[["days", "daypart"]].T.to_dict("list")
    assert best == {"bastille": ["weekday", "evening"], "lyon": ["weekend", "afternoon"], "marais": ["weekday", "midday"]}
    assert "annecy" not in set(known.table["place"]) | set(known.reach["place"])
    assert set(known.overlaps["place"]) == {"marais", "bastille"}


def test_the_curve_is_that_of_people_near_and_never_falls(known):
    wide = known.table[known.table["place"] == "lyon"].dropna(subset=["people"])
    for row in wide.to_dict("records"):
        near = people_near(mk.load_sample("nearby"), mk.load_sample("shops"), radius_m=row["radius_m"]).set_index("place")
        assert "lyon" not in near.index or near.loc["lyon", "people"] == row["people"]
    told = known.table.dropna(subset=["people"])
    assert (told.groupby("place")["people"].diff().dropna() >= 0).all()
    assert (told.groupby("place")["share"].diff().dropna() >= 0).all()
    whole = told[told["radius_m"] == 5000].set_index("place")["people"]
    assert whole["all"] == whole.drop("all").sum() == known.facts["people_near"]


@pytest.mark.parametrize("seed", range(40))
def test_no_two_radii_differ_by_fewer_than_ten_people(seed):
    rng = np.random.default_rng(seed)
    rings_ = rng.poisson(rng.gamma(0.5, 15, 7))
    rings_[rng.integers(7)] += 10
    told = told_steps(rings_, 10)
    steps = np.diff(np.concatenate([[0], np.cumsum(rings_)[told]]))
    assert told[-1]
    assert ((steps >= 10) | (steps == 0)).all()


def test_the_whole_is_told_only_where_every_place_is(known):
    wide = known.table.pivot_table(index="radius_m", columns="place", values="people", dropna=False)
    assert (wide["all"].notna() == wide.drop(columns="all").notna().all(axis=1)).all()
    assert wide.isna().any(axis=None)


def test_a_sample_is_raised_only_by_a_factor_that_somebody_knows():
    seen, shops = mk.load_sample("nearby"), mk.load_sample("shops")
    plain = mk.catchments(seen, shops)
    assert plain.table["estimate"].isna().all()
    assert set(plain.minimums["verdict"]) <= {"enough", "cannot_tell", "too_few"}
    platform = plain.minimums[plain.minimums["platform"] != "own"]
    assert "too_few" not in set(platform["verdict"])  # of a sample nobody can say that the population is too small
    scaled = mk.catchments(seen, shops, scale=(20, 15, 28))
    row = scaled.table.dropna(subset=["people"]).iloc[0]
    assert row["estimate"] == 20 * row["people"]
    assert row["estimate_low"] < 15 * row["people"]
    assert row["estimate_high"] > 28 * row["people"]
    assert "N_CATCHMENT_SCALE" in [f.code for f in mk.catchments(seen, shops, scale=20).findings]


CATCHMENT_OPTIONS = [
    ({"radii": ()}, "E_OPTION"), ({"radii": (100, "far")}, "E_OPTION"), ({"radii": (-5,)}, "E_OPTION"), ({"radii": "500"}, "E_OPTION"),
    ({"scale": 0}, "E_OPTION"), ({"scale": (20, 30, 10)}, "E_OPTION"), ({"scale": "20"}, "E_OPTION"), ({"level": 1.5}, "E_OPTION"),
    ({"zone": "Mars/Base"}, "E_OPTION"), ({"outcome": "sold"}, "E_MISSING_COLUMN"), ({"outcome": "segment"}, "E_NOT_A_NUMBER"),
    ({"fewest": True}, "E_OPTION"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "code"), CATCHMENT_OPTIONS)
def test_wrong_options_of_a_catchment_are_named(options, code):
    with pytest.raises(DataError) as refused:
        mk.catchments(mk.load_sample("nearby"), mk.load_sample("shops"), **options)
    assert code in refused.value.codes


def test_radii_finer_than_the_coordinates_are_left_out_and_said():
    coarse = around(0, 60, 900).round({"latitude": 2, "longitude": 2})
    found = mk.catchments(coarse, SHOPS, radii=(250, 500, 3000))
    assert set(found.table["radius_m"]) == {3000.0}
    assert "N_CATCHMENT_STEPS" in [f.code for f in found.findings]


def test_a_few_people_get_no_range():
    found = mk.catchments(around(0, 20, 300, rows=9), SHOPS)
    assert found.reach["half_m"].tolist()[0] == 300
    assert found.reach["half_m_low"].isna().all()
    assert mk.place_sheet(found).table["reason"].eq("unknown").all()


def test_places_at_one_spot_or_at_a_pole_are_told_once_and_drawn():
    for seen, shops in (
        (around(0, 40, 100), SHOPS.assign(latitude=48.859, longitude=2.36)),
        (around(0, 40, 100).assign(latitude=90.0), SHOPS.assign(latitude=[90.0, 89.99, -90.0])),
    ):
        found = mk.catchments(seen, shops)
        assert found.reach[["place", "people", "visits"]].to_numpy().tolist()[0] == ["Marais", 40, 40]
        assert mk.plot(found, kind="map").get_title(loc="left")


def test_no_square_of_the_map_is_a_few_people(known):
    assert known.density["people"].min() >= 10
    assert known.density["people"].sum() <= known.facts["people_near"]


@pytest.mark.parametrize("people", [60, 250])
def test_ranges_hold_what_they_promise_where_some_come_again_and_again(people):
    """In about nine of ten samples the true median is inside the range; rows as units would be too sure."""
    rng, inside, naive = np.random.default_rng(people), 0, 0
    true = np.quantile(np.repeat(distances := rng.gamma(2, 500, 200_000), 1 + rng.poisson(4 * (distances < 700))), 0.5)
    for run in range(120):
        metres = rng.gamma(2, 500, people)
        who = np.repeat(np.arange(people), 1 + rng.poisson(4 * (metres < 700)))
        got = rings.spread(metres[who], who, np.array([5000.0]), (0.5,), 0.9, run).holding[0]
        inside += got[1] <= true <= got[2]
        n = len(who)
        order = np.sort(metres[who])[(n * 0.5 + np.array([-1, 1]) * 1.645 * np.sqrt(n) / 2).astype(int)]
        naive += order[0] <= true <= order[1]
    assert inside >= 100
    assert naive < inside


def test_the_decay_range_holds_what_it_promises_with_people_who_differ():
    rng, inside = np.random.default_rng(3), 0
    for _ in range(200):
        metres, place = rng.gamma(2, 500, 300), rng.integers(0, 3, 300)
        mean = np.array([0.3, 1.0, 2.0])[place] * np.exp(-metres / 1500) * rng.gamma(1.0, 1.0, 300)
        fit = rings.decay(metres, rng.poisson(mean).astype(float), place, 0.9)
        inside += fit.low <= np.exp(-1000 / 1500) <= fit.high
    assert 0.85 <= inside / 200 <= 0.95


def test_the_decay_is_that_of_a_poisson_regression():
    rng = np.random.default_rng(9)
    metres, place = rng.uniform(0, 3000, 500), rng.integers(0, 2, 500)
    y = rng.poisson(np.exp(0.5 * place - metres / 2000)).astype(float)
    x = np.column_stack([metres / 1000, place])
    fit = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000).fit(x, y)
    assert rings.decay(metres, y, place, 0.9).times == pytest.approx(np.exp(fit.coef_[0]), rel=1e-4)


def test_no_outcome_at_all_cannot_tell():
    found = mk.catchments(around(0, 60, 300).assign(sold=0), SHOPS, outcome="sold")
    assert found.facts["decay_verdict"] == "cannot_tell"
    assert found.decay["high"].max() > 0


def test_hours_are_those_of_the_place_s_clock_through_the_change_of_clocks():
    before = around(0, 40, 100).assign(at="2026-03-27T10:30:00Z")  # 11:30 in Paris: midday
    after = around(0, 40, 100).assign(at="2026-03-30T09:30:00Z")  # 11:30 too, in summer time
    found = mk.catchments(pd.concat([before, after]), SHOPS)
    told = found.hours[found.hours["share"] > 0]
    assert told[["days", "daypart", "share"]].to_numpy().tolist() == [["weekday", "midday", 1.0]]
    assert mk.catchments(before.drop(columns="at"), SHOPS).hours.empty
    with pytest.raises(DataError) as refused:
        mk.catchments(before.assign(at="soon"), SHOPS)
    assert "E_BAD_DATE" in refused.value.codes


# ---------------------------------------------------------------- sheets

BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 900
[segments]
parents = {size = 400}
[channels]
paid_search = 0.5
paid_social = 10
display = 3
sms = 0.05
push = 0.01
"""


def test_a_sheet_is_text_that_a_brief_takes(known, tmp_path):
    sheet = mk.place_sheet(known)
    path = tmp_path / "brief.toml"
    path.write_text(BRIEF + sheet.fragment, encoding="utf-8")
    brief = mk.read_brief(path)
    assert list(brief.places) == ["bastille", "lyon", "marais", "nice"]
    assert brief.places["lyon"].share == pytest.approx(0.26, abs=0.05)
    assert "push" not in brief.places["nice"].channels  # too few people stand within a fence on foot


def test_names_with_quotes_and_signs_go_into_a_brief(tmp_path):
    name = 'the "new" \\ shop] = é'
    found = mk.catchments(around(0, 80, 300), SHOPS.replace("Marais", name))
    path = tmp_path / "brief.toml"
    path.write_text(BRIEF + mk.place_sheet(found).fragment, encoding="utf-8")
    assert list(mk.read_brief(path).places) == [name]


def test_a_radius_is_the_curve_s_unless_the_platform_sells_none_so_small_or_large(known):
    table = mk.place_sheet(known).table.set_index(["place", "key"])
    assert table.loc[("marais", "search"), ["radius_m", "reason"]].tolist() == [1000.0, "curve"]
    assert table.loc[("marais", "social"), ["radius_m", "reason"]].tolist() == [2000.0, "platform_least"]
    assert table.loc[("marais", "push"), ["radius_m", "reason"]].tolist() == [500.0, "platform_most"]
    assert table.loc[("bastille", "sms"), "quiet"]  # texts are silent from eight in the evening
    assert not table.loc[("marais", "sms"), "quiet"]
    assert table.loc[("nice", "search"), "daypart"] == ""  # no part of the day stands out there
    half = mk.place_sheet(known, hold=0.5, channels=["listing"]).table
    assert (half["radius_m"].to_numpy() <= table.xs("listing", level="key")["radius_m"].to_numpy()).all()


def test_every_limit_of_a_platform_has_a_source_and_how_far_it_is_known(known):
    rules = mk.place_sheet(known).rules
    assert rules["source"].str.len().min() > 5
    assert set(rules["conf"]) <= set("VRSKJ")


@pytest.mark.parametrize(
    "options", [{"hold": 0.7}, {"channels": []}, {"channels": ["radio"]}, {"channels": "sms"}, {"tables": "mine.toml"}]
)
def test_wrong_options_of_a_sheet_are_named(known, options):
    with pytest.raises(DataError) as refused:
        mk.place_sheet(known, **options)
    assert set(refused.value.codes) == {"E_OPTION"}


def test_a_sheet_of_something_else_is_refused():
    with pytest.raises(DataError, match="catchments"):
        mk.place_sheet(SHOPS)


def test_nobody_s_name_is_in_any_table(known):
    who = set(mk.load_sample("nearby")["member_id"])
    frames = [getattr(known, f) for f in ("table", "reach", "decay", "overlaps", "hours", "density", "spots", "minimums")]
    text = "".join(f.to_csv() for f in [*frames, mk.place_sheet(known).table])
    assert not any(name in text for name in who)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_report_says_within_which_radius_places_share_people_and_under_which_minimum_there_are_too_few(known, language):
    shared = known.overlaps.nlargest(1, "people").iloc[0]
    said = " ".join(mk.report(known, language=language).sections[0].sentences)
    assert shared["radius_m"] == 1000
    assert said.replace("\xa0", " ").count("(à moins de 1 km)" if language == "fr" else "(within 1 km)") >= 2
    sheet = mk.place_sheet(known)
    text = " ".join(mk.report(sheet, language=language).sections[0].sentences)
    assert "50 seen" in text or "50 personnes vues" in text
    assert "50" in mk.show(sheet, language=language).text
