"""Credit: journeys as they are cut, rules beside counts by hand, the chain beside simulation and brute force, lift beside credit."""

from __future__ import annotations

import dataclasses
import itertools
import re

import numpy as np
import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import DataError
from mktlib.glmm.proportions import difference_of_shares
from mktlib.intake import touch_files
from mktlib.intake.journeys import Paths, distinct, read_journeys
from mktlib.intake.touches import Wanted
from mktlib.measurement.attribution import METHODS, coalition
from mktlib.measurement.attribution import chain as mc
from mktlib.measurement.attribution.agreement import folded
from mktlib.measurement.attribution.redrawn import ranges
from mktlib.measurement.attribution.rules import RULES, parts
from mktlib.reporting.credit import _ends, _shown
from mktlib.reporting.sections import section
from mktlib.reporting.voice import Voice
from mktlib.vocabulary import load_tables
from mktlib.wording import number

START, BUYS, ENDS = "start", "buys", "ends"


def touches(journeys, *, each=1, step="1D", first="2026-03-01"):
    """A frame of journeys: "a>b!" buys after a and b, "a>b" does not; `each` people for each."""
    rows, who = [], 0
    for path in journeys:
        for _ in range(each):
            at = pd.Timestamp(first)
            for channel in path.rstrip("!").split(">"):
                rows.append((f"p{who}", at, channel, "click", 0.0))
                at += pd.Timedelta(step)
            rows += [(f"p{who}", at, "", "purchase", 10.0 * len(path))] if path.endswith("!") else []
            who += 1
    return pd.DataFrame(rows, columns=["member_id", "at", "channel", "event", "value"])


WORLD = ["a!", "a>b!", "b>a>c!", "c>b>b>a!", "a>c", "b", "c>c>b", "a>b>c>a", "b>c!", "c"]


def shares_of(result, method):
    mine = result.methods[result.methods["method"] == method].set_index("channel")
    return mine["share"].to_dict()


# ---------------------------------------------------------------- rules

BY_HAND = [
    ("first", "a>b>c!", {"a": 1.0, "b": 0.0, "c": 0.0}), ("last", "a>b>c!", {"a": 0.0, "b": 0.0, "c": 1.0}),
    ("linear", "a>b>c!", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}), ("linear", "a>b>a!", {"a": 2 / 3, "b": 1 / 3}),
    ("position", "a>b>c!", {"a": 0.4, "b": 0.2, "c": 0.4}), ("position", "a>b>c>d!", {"a": 0.4, "b": 0.1, "c": 0.1, "d": 0.4}),
    ("position", "a>b!", {"a": 0.5, "b": 0.5}), ("position", "a!", {"a": 1.0}),
    ("time_decay", "a>b!", {"a": 1 / 3, "b": 2 / 3}), ("first", "a>a!", {"a": 1.0}),
    ("markov", "a!", {"a": 1.0}), ("shapley", "a>b!", {"a": 0.5, "b": 0.5}), ("markov", "a>b!", {"a": 0.5, "b": 0.5}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "expected"), BY_HAND)
def test_one_journey_is_shared_as_by_hand(method, path, expected):
    result = mk.attribute(touches([path], each=12), method, half_life_days=1, draws=20)
    assert shares_of(result, method) == pytest.approx(expected)
    assert result.table["credit"].sum() == pytest.approx(12)


@pytest.mark.parametrize("rule", RULES)
def test_the_parts_of_a_journey_add_up_to_one(rule):
    rng = np.random.default_rng(3)
    start = np.concatenate([[0], np.cumsum(rng.integers(0, 9, 200))])
    age = rng.exponential(400.0, start[-1])  # halved up to thousands of times: nothing runs under
    part = parts(rule, start, age, 0.1)
    of = np.repeat(np.arange(200), np.diff(start))
    assert np.bincount(of, part, minlength=200) == pytest.approx((np.diff(start) > 0).astype(float))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_credits_and_values_add_up_to_what_was_bought(method, order):
    frame = touches(WORLD, each=15)
    result = mk.attribute(frame, method, order=order, draws=20)
    bought = frame[frame["event"] == "purchase"]
    assert result.table["credit"].sum() == pytest.approx(len(bought), abs=1e-9)
    assert result.table["value"].sum() == pytest.approx(bought["value"].sum(), abs=1e-7)
    assert (result.methods[["low", "share", "high"]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


# ---------------------------------------------------------------- chain


def steps_by_hand(journeys, order=1):
    """{state: {next state: count}} of order 1 or more, states being tuples of the last touches."""
    count: dict = {}
    for path in journeys:
        names = path.rstrip("!").split(">")
        states = [START, *(tuple(names[max(0, k + 1 - order) : k + 1]) for k in range(len(names))), BUYS if path.endswith("!") else ENDS]
        for one, other in itertools.pairwise(states):
            count.setdefault(one, {})[other] = count.setdefault(one, {}).get(other, 0) + 1
    return {s: {t: n / sum(c.values()) for t, n in c.items()} for s, c in count.items()}


def chance(chain, without=()):
    """Chance to buy, by summing over steps until nothing is left, where whoever goes to a channel in `without` ends."""
    here, bought = {START: 1.0}, 0.0
    for _ in range(400):
        after: dict = {}
        for state, mass in here.items():
            for target, p in chain[state].items():
                if target == BUYS:
                    bought += mass * p
                elif target != ENDS and target[-1] not in without:
                    after[target] = after.get(target, 0.0) + mass * p
        here = after
    return bought


@pytest.mark.parametrize("order", [1, 2, 3])
def test_removal_is_that_of_the_chain_walked_step_by_step(order):
    chain = steps_by_hand(WORLD, order)
    lost = {c: chance(chain) - chance(chain, {c}) for c in "abc"}
    result = mk.attribute(touches(WORLD, each=10), order=order, draws=20)
    assert shares_of(result, "markov") == pytest.approx({c: v / sum(lost.values()) for c, v in lost.items()}, abs=1e-9)


def test_removal_is_that_of_a_simulated_chain():
    chain, rng = steps_by_hand(WORLD), np.random.default_rng(5)
    won, met = 0, dict.fromkeys("abc", 0)
    for _ in range(20_000):
        state, seen = START, set()
        while state not in (BUYS, ENDS):
            targets = list(chain[state])
            state = targets[rng.choice(len(targets), p=list(chain[state].values()))]
            seen |= {state[-1]} if isinstance(state, tuple) else set()
        if state == BUYS:  # a purchase is lost where a channel on its way is removed
            won += 1
            for c in seen:
                met[c] += 1
    exact = shares_of(mk.attribute(touches(WORLD, each=10), draws=20), "markov")
    assert exact == pytest.approx({c: n / sum(met.values()) for c, n in met.items()}, abs=4 / np.sqrt(won))


def test_shapley_is_the_mean_over_all_orders_of_channels():
    chain = steps_by_hand(WORLD)
    value = dict.fromkeys("abc", 0.0)
    orders = list(itertools.permutations("abc"))
    for order in orders:
        for k, c in enumerate(order):
            value[c] += chance(chain, set("abc") - {*order[: k + 1]}) - chance(chain, set("abc") - {*order[:k]})
    expected = {c: v / len(orders) / chance(chain) for c, v in value.items()}
    assert shares_of(mk.attribute(touches(WORLD, each=10), draws=20), "shapley") == pytest.approx(expected, abs=1e-9)


def random_steps(channels, seed, many=400):
    rng = np.random.default_rng(seed)
    paths = []
    for size in (many, 3 * many):
        length = rng.integers(1, 6, size)
        paths.append(Paths(code=rng.integers(0, channels, length.sum()), start=np.concatenate([[0], np.cumsum(length)])))
    known = mc.steps(paths[0], np.ones(many, bool), paths[1], channels)
    taken = (known.of @ np.ones(many) + known.lost @ np.ones(3 * many))[:, None]
    value = np.bincount(known.ends, rng.gamma(2, 20, many), minlength=channels + 1)[:, None]
    return known, taken, value


def test_all_orders_of_five_channels_with_value():
    known, taken, value = random_steps(5, 1)
    chained = mc.chain(known, taken, value)
    worth = coalition.worths(chained)[0]
    for r in (0, 1):
        total, orders = np.zeros(5), list(itertools.permutations(range(5)))
        for order in orders:
            sets = np.cumsum([0, *(1 << c for c in order)])
            for c, gain in zip(order, np.diff(worth[sets, r]), strict=True):
                total[c] += gain
        assert coalition.shapley(worth[None])[0, :, r] == pytest.approx(total / len(orders), abs=1e-12)
    assert worth[-1] == pytest.approx(mc.wins_of(chained)[0])
    lone = mc.chain(known, taken, value)
    only = np.where(np.arange(5) == 2, lone.on, 0.0)  # the set {2}: nobody goes elsewhere
    assert worth[1 << 2] == pytest.approx(mc.wins_of(dataclasses.replace(lone, on=only))[0])


def test_drawn_journeys_agree_with_the_exact_value_within_their_error():
    known, taken, value = random_steps(9, 2)
    chained = mc.chain(known, taken, value)
    exact = coalition.shapley(coalition.worths(chained))[0]
    share, error = coalition.sampled(chained, mc.wins_of(chained), 60_000, np.random.default_rng(7))
    off = (share - exact / exact.sum(axis=0)) / error
    assert share.sum(axis=0) == pytest.approx(1)
    assert (np.abs(off) < 4.5).all()
    assert 0.3 < off.std() < 1.8


def test_a_large_sparse_chain_is_the_dense_one(monkeypatch):
    known, taken, value = random_steps(60, 3)
    dense = mc.removal(known, mc.chain(known, taken, value), 60)
    monkeypatch.setattr(mc, "DENSE", 10)
    sparse = mc.chain(known, taken, value)
    assert mc.removal(known, sparse, 60) == pytest.approx(dense, rel=1e-9)
    share, _ = coalition.sampled(sparse, mc.wins_of(sparse), 200, np.random.default_rng(1))
    assert share.sum(axis=0) == pytest.approx(1)


def test_a_channel_that_mostly_leads_to_itself_is_solved():
    inner = mc.sp.csr_array(np.array([[0.999, 0.0005, 0.0], [0.2, 0.1, 0.6], [0.0, 0.3, 0.0]]))
    assert mc.diagonal(inner) == pytest.approx(np.diag(np.linalg.inv(np.eye(3) - inner.toarray())), rel=1e-9)


# ---------------------------------------------------------------- journeys


def test_window_ties_direct_and_what_comes_after_a_purchase():
    rows = [
        ("p", "2026-01-01T00:00Z", "old", "click", 0), ("p", "2026-03-01T00:00Z", "first", "click", 0),
        ("p", "2026-03-01T00:00Z", "second", "click", 0), ("p", "2026-03-02T00:00+02:00", "direct", "visit", 0),
        ("p", "2026-03-03T00:00Z", "email", "click", 0), ("p", "2026-03-03T00:00Z", "", "purchase", 20),
        ("p", "2026-03-09T00:00Z", "care", "open", 0), ("q", "2026-03-05T00:00Z", "direct", "visit", 0),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["member_id", "at", "channel", "event", "value"])
    read = read_journeys(frame, Wanted(value="value"), days=30, direct="ignore", wrong=[])
    said = [[read.channels[c] for c in read.paths.code[a:b]] for a, b in itertools.pairwise(read.paths.start)]
    assert said == [["first", "second", "email"], ["care"]]  # a tie keeps the order of rows, a purchase comes last
    assert [read.channels[c] for c in read.null.code] == ["direct"]  # with nothing else, direct stays
    counted = {k: read.counted[k] for k in ("old", "ties", "direct_left_out", "after", "conversions", "null")}
    assert counted == {"old": 1, "ties": 1, "direct_left_out": 1, "after": 1, "conversions": 1, "null": 2}
    kept = read_journeys(frame, Wanted(value="value"), days=30, direct="keep", wrong=[])
    assert [kept.channels[c] for c in kept.paths.code[:4]] == ["first", "second", "direct", "email"]


def test_several_purchases_end_journeys_of_their_own():
    frame = touches(["a>b!"], each=10)
    again = frame.assign(at=frame["at"] + pd.Timedelta("9D"), channel=frame["channel"].replace({"a": "c"}))
    result = mk.attribute(pd.concat([again, frame]), "first", draws=20)
    assert shares_of(result, "first") == {"a": 0.5, "b": 0.0, "c": 0.5}
    assert result.facts["conversions"] == 20
    assert "N_JOURNEY_SEVERAL" in {f.code for f in result.findings}


def test_a_purchase_with_a_channel_is_its_own_last_touch():
    frame = touches(["a!"], each=10)
    frame.loc[frame["event"] == "purchase", "channel"] = "shop"
    assert shares_of(mk.attribute(frame, "last", draws=20), "last") == {"a": 0.0, "shop": 1.0}


ODD = [
    ("N_JOURNEY_NO_TIME", {"at": None}, "click"), ("N_JOURNEY_NO_PERSON", {"member_id": ""}, "click"),
    ("N_JOURNEY_BLANK_CHANNEL", {"channel": "  "}, "click"), ("N_JOURNEY_NO_TIME_BOUGHT", {"at": None}, "purchase"),
    ("N_JOURNEY_NO_VALUE", {"value": None}, "purchase"), ("N_JOURNEY_UNTOUCHED", {"member_id": "new"}, "purchase"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "cells", "event"), ODD)
def test_what_is_not_said_is_counted_and_told(code, cells, event):
    frame = touches(WORLD, each=10)
    frame["at"] = frame["at"].astype(str)
    row = int(frame.index[frame["event"] == event][0])
    frame = frame.astype(object)
    for column, cell in cells.items():
        frame.loc[row, column] = cell
    result = mk.attribute(frame, draws=20)
    assert {f.found for f in result.findings if f.code == code} == {"1"}
    assert result.table["credit"].sum() == pytest.approx(result.facts["credited"])


def test_every_problem_is_told_at_once_with_its_line():
    frame = touches(["a!", "b"]).assign(kept="maybe").astype({"at": str, "value": object})
    frame.loc[2, "at"] = "32/13/2026"
    frame.loc[1, "value"] = "-3"
    with pytest.raises(DataError) as error:
        mk.attribute(frame, "lucky", holdout="kept", held_channel="a", lookback_days=0, order=9, draws=1, matters=-1, level=2, drawn=3)
    codes = [(f.code, f.column, f.line) for f in error.value.findings]
    for expected in (("E_OPTION", "method", None), ("E_OPTION", "lookback_days", None), ("E_OPTION", "order", None),
                     ("E_OPTION", "drawn", None), ("E_OPTION", "level", None), ("E_BAD_DATE", "at", 4),
                     ("E_NEGATIVE_COUNT", "value", 3), ("E_HOLDOUT_CELL", "kept", 2)):  # fmt: skip
        assert expected in codes, expected


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"person": "membre"}, "E_MISSING_COLUMN"), ({"value": "montant"}, "E_MISSING_COLUMN"), ({"direct": "drop"}, "E_OPTION"),
        ({"holdout": "value"}, "E_OPTION"), ({"unmeasured": 30}, "E_OPTION"), ({"conversion": []}, "E_OPTION"),
        ({"conversion": 3}, "E_OPTION"), ({"person": None}, "E_MISSING_COLUMN"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_told(options, code):
    with pytest.raises(DataError) as error:
        mk.attribute(touches(["a!"]), **options)
    assert code in {f.code for f in error.value.findings}


def test_without_any_purchase_nothing_is_credited_and_nothing_divides():
    frame = touches(["a>b", "b"], each=10).assign(event="click").rename(columns={"event": "event"})
    result = mk.attribute(frame.assign(event="orders"), conversion="order", draws=20)
    assert result.table["credit"].sum() == 0
    assert result.table["share"].isna().all()
    assert result.facts["grade"] == "too_early"
    told = next(f for f in result.findings if f.code == "N_JOURNEY_NO_PURCHASE")
    assert 'conversion="orders"' in str(told)
    assert mk.attribute(frame.head(0), draws=20).table.empty


def test_one_channel_and_only_buyers_are_said():
    result = mk.attribute(touches(["a!", "a>a>a!"], each=10), draws=50)
    assert result.table[["credit", "credit_low", "credit_high", "share"]].iloc[0].tolist() == [20, 20, 20, 1]
    assert {"N_CREDIT_ONE_CHANNEL", "N_JOURNEY_ALL_BOUGHT"} <= {f.code for f in result.findings}


def test_channels_of_few_people_are_one_and_totals_stay():
    frame = pd.concat([touches(["a>b!", "b"], each=20), touches(["jean.dupont@mail.example>a!"]).replace({"p0": "x"})])
    result = mk.attribute(frame, "linear", draws=20)
    assert result.table["channel"].tolist()[-1] == "others"
    assert not result.methods["channel"].str.contains("dupont").any()
    assert result.table["credit"].sum() == pytest.approx(21)
    assert folded(np.array([50, 9, 9, 30]), 10).tolist() == [False, True, True, False]


def test_hostile_names_and_near_twins_are_kept_apart_and_told():
    names = ["<script>alert(1)</script>", "=cmd|' /C'!A0", "x" * 500, "E-mail", "email", "\u202eevil"]
    frame = touches([f"n{k}>a!" for k in range(6)], each=10)
    frame["channel"] = frame["channel"].replace({f"n{k}": n for k, n in enumerate(names)})
    result = mk.attribute(frame, draws=20)
    assert set(names) <= set(result.table["channel"])
    assert "N_CREDIT_ALIKE" in {f.code for f in result.findings}


def test_alike_paths_are_put_together_whatever_their_hash(monkeypatch):
    rng = np.random.default_rng(0)
    length = rng.integers(0, 4, 3000)
    paths = Paths(code=rng.integers(0, 3, length.sum()), start=np.concatenate([[0], np.cumsum(length)]))
    held = rng.integers(-1, 2, 3000)
    only, count, group = distinct(paths, np.ones(3000), held)
    said = {(tuple(only.code[a:b]), g): n for (a, b), g, n in zip(itertools.pairwise(only.start), group, count, strict=True)}
    by_hand: dict = {}
    for (a, b), g in zip(itertools.pairwise(paths.start), held, strict=True):
        by_hand[tuple(paths.code[a:b]), g] = by_hand.get((tuple(paths.code[a:b]), g), 0) + 1
    assert said == by_hand


# ---------------------------------------------------------------- engines


@pytest.fixture(scope="module")
def sample():
    return mk.load_sample("journeys")


def as_written(frame, kind, folder):
    if kind == "csv":
        frame.to_csv(folder / "touches.csv", index=False)
        return folder / "touches.csv"
    if kind == "parquet":
        frame.to_parquet(folder / "touches.parquet")
        return str(folder / "*.parquet")
    if kind == "polars":
        return pytest.importorskip("polars").from_pandas(frame)
    duckdb = pytest.importorskip("duckdb")
    return duckdb.from_df(frame) if kind == "duckdb" else frame


@pytest.mark.parametrize("kind", ["csv", "parquet", "polars", "duckdb"])
def test_every_engine_tells_the_same(kind, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(touch_files, "SLICE", 2000)  # four slices
    options = {"holdout": "holdout", "held_channel": "display", "draws": 20}
    ours, theirs = mk.attribute(sample, **options), mk.attribute(as_written(sample, kind, tmp_path), **options)
    exact = ["channel", "people", "touches", "credit", "share", "value", "least", "most"]
    pd.testing.assert_frame_equal(ours.table[exact], theirs.table[exact], check_dtype=False)
    pd.testing.assert_frame_equal(ours.lift, theirs.lift, check_dtype=False)
    keys = {k for k in ours.facts if k != "counted"}
    assert {k: ours.facts[k] for k in keys} == pytest.approx({k: theirs.facts[k] for k in keys})


FILES = [
    ("at", "32/13/2026", "E_BAD_DATE"), ("value", "free", "E_NOT_A_NUMBER"), ("value", "-1", "E_NEGATIVE_COUNT"),
    ("value", "inf", "E_NOT_FINITE"), ("holdout", "2", "E_HOLDOUT_CELL"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "code"), FILES)
def test_a_file_is_refused_with_the_line(column, cell, code, sample, tmp_path):
    frame = sample.head(300).astype(object)
    row = int(frame.index[frame["event"] == "purchase"][0])
    frame.loc[row, column] = cell
    path = as_written(frame, "csv", tmp_path)
    with pytest.raises(DataError) as error:
        mk.attribute(path, holdout="holdout", held_channel="display")
    assert (code, column, row + 2) in {(f.code, f.column, f.line) for f in error.value.findings}


@pytest.mark.parametrize(
    ("path", "code"),
    [("nowhere.csv", "E_NO_FILE"), ("touches.xlsx", "E_WRONG_FORMAT"), ("https://example.org/touches.csv", "E_NO_FILE")],
)
def test_a_path_that_is_none_is_told(path, code):
    with pytest.raises(DataError) as error:
        mk.attribute(path)
    assert error.value.findings[0].code == code


# ---------------------------------------------------------------- holdout


def test_the_banner_is_credited_and_brings_nothing(sample):
    truth = mk.load_truth()["planted"]["credit_is_not_lift"]
    result = mk.attribute(sample, "last", holdout="holdout", held_channel=truth["channel"])
    lift = result.lift.iloc[0]
    assert lift["incremental_low"] < truth["true_lift"] < lift["incremental_high"]
    assert lift["grade"] == "too_early"
    assert result.table["channel"].iloc[0] == "display"
    gaps = result.gaps.set_index("method")
    assert (gaps.loc[[m for m in METHODS if m != "first"], "grade"] == "shown").all()
    assert gaps.loc["first", "credit"] == 0  # the banner is never a first touch
    assert gaps.loc["last", "low"] > 100
    assert result.facts["evidence"] == "observational"
    assert {"N_CREDIT_IS_NOT_LIFT", "N_HOLDOUT_ABSENT"} <= {f.code for f in result.findings}
    assert "N_HOLDOUT_MET" not in {f.code for f in result.findings}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_client_reads_what_the_holdout_shows_beside_the_credit(language):
    """The holdout's own estimate and range in the sentence of the credit; without the people of the lot, that it may be wrong."""
    frame = touches(["a>b!"] * 2 + ["a>b"] * 8, each=40).assign(kept=0)
    kept = touches(["a!"] * 2 + ["a"] * 8, each=20).assign(kept=1)
    kept["member_id"] = "k" + kept["member_id"]
    both, say = pd.concat([frame, kept]), load_tables().languages[language]["report"]["credit"]
    for drawn in ((500, 200), None):
        result = mk.attribute(both, "last", holdout="kept", held_channel="b", drawn=drawn, draws=100)
        row, codes = result.lift.iloc[0], {f.code for f in result.findings}
        page = " ".join(re.sub(r"<[^>]+>", " ", mk.report(result, language=language).html).split())
        assert row["incremental_low"] < row["incremental"] <= 0 < row["incremental_high"]
        fewer, more = (number(abs(round(float(row[f"incremental_{k}"]))), language, digits=0) for k in ("low", "high"))
        ends = [say["none_shown"], say["fewer"].format(many=fewer), say["more"].format(many=more)]
        mine = [s for s in re.split(r"(?<=\.) ", page) if all(re.search(rf"(?<![\d-]){re.escape(e)}(?!\d)", s) for e in ends) and "80" in s]
        assert mine, (ends, page)
        absent = " ".join(say["absent"].split(",")[0].split())
        assert (absent in page) == (drawn is None)
        assert "N_CREDIT_OTHERS" in codes
        assert "N_CREDIT_OBSERVED" not in codes  # its advice is to have a holdout
        told = [f.level for f in result.findings if f.code == "N_CREDIT_IS_NOT_LIFT"]
        assert told == ["note" if drawn is None else "warning"]


def test_a_channel_that_brings_purchases_is_shown_to():
    frame = touches(["a>b!"] * 6 + ["a"] * 4, each=40).assign(kept=0)
    kept = touches(["a!"] * 2 + ["a"] * 8, each=20).assign(kept=1)
    kept["member_id"] = "k" + kept["member_id"]
    result = mk.attribute(pd.concat([frame, kept]), holdout="kept", held_channel="b", drawn=(400, 200), draws=100)
    row = result.lift.iloc[0]
    assert row["incremental"] == pytest.approx(400 * (0.6 - 0.2))
    assert (row["low"], row["high"]) == pytest.approx(difference_of_shares((240, 40), (400, 200), 0.9))
    assert row["grade"] == result.facts["lift_grade"] == "shown"
    more = mk.attribute(pd.concat([frame, kept]), holdout="kept", held_channel="b", drawn=(800, 400), draws=20)
    assert more.lift["rate"].iloc[0] == pytest.approx(0.3)  # people of the lot without a row bought nothing


def test_a_holdout_that_cannot_be_read_is_told(sample):
    with pytest.raises(DataError, match=re.escape("dysplay")) as error:
        mk.attribute(sample, holdout="holdout", held_channel="dysplay")
    assert error.value.findings[0].hint == "display"
    torn = sample.assign(holdout=np.arange(len(sample)) % 2)
    with pytest.raises(DataError) as error:
        mk.attribute(torn, holdout="holdout", held_channel="display")
    assert error.value.findings[-1].code == "E_HOLDOUT_MIXED"
    met = sample.assign(holdout=1 - sample["holdout"])
    assert "N_HOLDOUT_MET" in {f.code for f in mk.attribute(met, holdout="holdout", held_channel="display", draws=20).findings}


def test_who_was_reached_is_asked_about_where_a_lot_is_wanted():
    """A column that says "did not meet the channel" is no lot: everybody else met it."""
    frame = touches(["a>b!", "a>b", "a", "a!"], each=20)
    reached = frame.groupby("member_id")["channel"].transform(lambda c: (c == "b").any())
    told = {f.code for f in mk.attribute(frame.assign(kept=(~reached).astype(int)), holdout="kept", held_channel="b", draws=20).findings}
    assert "N_HOLDOUT_REACHED" in told
    some = touches(["a>b!", "a", "a!"], each=20).assign(kept=0)
    kept = touches(["a", "a!"], each=20).assign(kept=1, member_id=lambda d: "k" + d["member_id"])
    drawn = mk.attribute(pd.concat([some, kept]), holdout="kept", held_channel="b", draws=20)
    assert "N_HOLDOUT_REACHED" not in {f.code for f in drawn.findings}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_rules_that_agree_are_no_reason_to_choose(language):
    result = mk.attribute(touches(["a>b!", "b>a!", "a>b", "b>a"], each=40), draws=50)
    assert result.table["verdict"].eq("holds").all()
    said = " ".join(section(Voice(language=language, tables=load_tables(), reader="client"), result).sentences)
    assert "another question" in said or "une autre question" in said
    assert "may rest on" not in said
    assert "s’appuyer" not in said


def test_lift_of_people_who_buy_more_than_once_has_a_wider_range():
    once = touches(["a!"] * 3 + ["a"] * 3, each=30).assign(kept=lambda d: d["member_id"].str[1:].astype(int) % 2)
    twice = pd.concat([once, once[once["event"] == "purchase"].assign(at=lambda d: d["at"] + pd.Timedelta("1D"))])
    narrow, wide = (mk.attribute(f, holdout="kept", held_channel="a", draws=20).lift.iloc[0] for f in (once, twice))
    assert wide["rate"] == pytest.approx(2 * narrow["rate"])
    assert wide["high"] - wide["low"] == pytest.approx(2 * (narrow["high"] - narrow["low"]), rel=0.05)


# ---------------------------------------------------------------- ranges and agreement


def test_the_same_seed_gives_the_same_and_another_order_of_rows_too(sample):
    one, two = (mk.attribute(sample, draws=50).methods for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    shuffled = mk.attribute(sample.sample(frac=1, random_state=1), draws=50).methods
    pd.testing.assert_series_equal(one["share"], shuffled["share"])


def test_a_channel_without_a_purchase_is_not_shown_to_be_worth_none():
    result = mk.attribute(touches(["a!"] * 3 + ["b"], each=10), "last", draws=50).table.set_index("channel")
    assert result.loc["b", "share"] == 0
    assert result.loc["b", "high"] == pytest.approx(1 - 0.05 ** (1 / 30))


def test_ranges_of_a_last_touch_are_those_of_a_binomial():
    share = np.array([0.3, 0.7])
    draws = np.random.default_rng(1).multinomial(1000, share, 4000) / 1000
    low, high = ranges(share, draws, 0.9, 1000)
    half = 1.645 * np.sqrt(0.3 * 0.7 / 1000)
    assert (low, high) == (pytest.approx(share - half, abs=2e-3), pytest.approx(share + half, abs=2e-3))


def test_a_credit_holds_under_every_rule_or_hangs_on_one():
    alike = ["a!", "b!", "a", "b", "a>b!", "b>a!"]
    assert mk.attribute(touches(alike, each=200), draws=100).agreement["verdict"].tolist() == ["holds", "holds"]
    ends = mk.attribute(touches(["a>b!", "a>b"], each=200), draws=100).agreement
    assert ends["verdict"].tolist() == ["hangs", "hangs"]
    assert ends.loc[0, ["least", "most", "least_method", "most_method"]].tolist() == [0.0, 1.0, "last", "first"]


def test_money_that_is_not_there_is_not_told():
    result = mk.attribute(touches(WORLD, each=10).drop(columns="value"), draws=20, unmeasured=0.3)
    assert "value" not in result.table
    assert result.facts["value"] is None
    assert result.facts["unmeasured"] == 0.3
    assert "N_UNMEASURED" in {f.code for f in result.findings}


@pytest.mark.parametrize(
    ("language", "credited", "shown", "without"),
    [
        ("en", "credited with 267", "holdout shows none, 9 chances in 10 between 73 fewer and 53 more", "no group was kept aside"),
        (
            "fr",
            "267 achats",
            "n’en montre aucun, et il y a 9 chances sur 10 que ce soit entre 73 de moins et 53 de plus",
            "sans groupe témoin",
        ),
    ],
)
def test_beside_other_results_a_credit_never_stands_without_what_its_holdout_shows(language, credited, shown, without):
    credit = mk.attribute(mk.load_sample("journeys"), "last", holdout="holdout", held_channel="display", drawn=(1924, 476), draws=100)
    worth, review = (
        mk.kpis(mk.load_sample("results"), by="channel", margin=0.1),
        mk.review_campaign(mk.load_plan(mk.sample_path("plan")), mk.load_sample("results")),
    )
    opening = mk.report(review, worth, credit, language=language).opening
    said = next(s for s in opening if "267" in s)
    assert credited in said
    assert shown in said
    assert without not in " ".join(opening)  # a box that tells of a holdout does not say that there is none
    assert without in " ".join(mk.report(review, worth, language=language).opening)


@pytest.mark.parametrize(
    ("lift", "says"),
    [
        ((-8.0, -73.0, 53.0), "shows none|between 73 fewer and 53 more"), ((0.2, -30.0, 31.0), "shows none|between 30 fewer and 31 more"),
        ((12.0, -20.0, 44.0), "shows 12|between 20 fewer and 44 more"), ((40.0, 10.0, 70.0), "shows 40|between 10 and 70"),
        ((-40.0, -70.0, -10.0), "shows 40 fewer|between 70 fewer and 10 fewer"),
    ],
)  # fmt: skip
def test_a_holdout_shows_none_where_fewer_is_not_sure(lift, says):
    voice = Voice(language="en", tables=mk.load_tables(), reader="client")
    row = dict(zip(("incremental", "incremental_low", "incremental_high"), lift, strict=True))
    assert f"{_shown(voice, row)}|{_ends(voice, *lift[1:])}" == says
