"""When e-mails are clicked: clocks and zones, what is set aside, a known best hour found, none invented, and what a plan makes of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag
from scipy.stats import norm

import mktlib as mk
from mktlib.errors import DataError
from mktlib.glmm import week
from mktlib.mailing import hours
from mktlib.mailing.hours_best import _needed
from mktlib.mailing.hours_read import Read, read_sends
from mktlib.planning import brief_from_text, plan_campaign
from mktlib.results import CELL, Scores, SendTime
from mktlib.vocabulary import retell

ROOT = Path(__file__).resolve().parents[1]


def _worlds() -> Any:
    spec = importlib.util.spec_from_file_location("send_time_worlds", ROOT / "benchmarks" / "send_time.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


WORLDS = _worlds()
SAMPLE = mk.load_sample("sends_hours")


@pytest.fixture(scope="module")
def sample() -> SendTime:
    return mk.send_time(SAMPLE)


def read(frame: pd.DataFrame, **options: Any) -> Read:
    asked: dict[str, Any] = {"by": None, "zone": "Europe/Paris", "clock": None, "message": None, "found": []}
    return read_sends(frame, **asked | options)


def row(sent_at: object, **more: object) -> dict[str, object]:
    return {"campaign": "c", "segment": "s", "sent_at": sent_at, "delivered": 100, "clicks": 3} | more


# ---------------------------------------------------------------- clocks

CLOCKS = [  # moment, zone of the recipient, clock, weekday (0 Monday) and hour there
    ("2026-03-29T00:30Z", "Europe/Paris", None, (6, 1)),  # the last hour of winter
    ("2026-03-29T01:00Z", "Europe/Paris", None, (6, 3)),  # two o'clock never was
    ("2026-10-25T00:30Z", "Europe/Paris", None, (6, 2)),  # two o'clock in summer
    ("2026-10-25T01:30Z", "Europe/Paris", None, (6, 2)),  # and again in winter
    ("2026-10-25T02:30Z", "Europe/Paris", None, (6, 3)),
    ("2026-03-09T18:45Z", "Asia/Kolkata", None, (1, 0)),  # half-hour zones: 00:15 on Tuesday
    ("2026-03-09T18:15Z", "Asia/Kathmandu", None, (1, 0)),  # 45 minutes: midnight
    ("2026-03-09T18:45+05:30", "Europe/London", None, (0, 13)),
    ("2026-07-06 09:15:00+02", "Europe/London", "Europe/Paris", (0, 8)),  # as PostgreSQL writes its offset
    ("2026-07-06 09:15:00.25-04", "Europe/London", "recipient", (0, 14)),
    ("2026-07-06T09:15", "Europe/Paris", "UTC", (0, 11)),
    ("2026-07-06T18:00", "Europe/Paris", None, (0, 18)),  # no zone: the account's clock
    ("2026-07-06T18:00", "America/New_York", "UTC", (0, 14)),
    ("2026-07-06T09:15", "Asia/Kolkata", "recipient", (0, 9)),
    ("2026-07-06T09:15", "Europe/London", "Europe/Paris", (0, 8)),
    ("2026-10-25T02:30", "Europe/Paris", "recipient", (6, 2)),  # twice, but the same hour of the clock
    ("2026-07-06T23:30Z", "Pacific/Kiritimati", None, (1, 13)),
]


@pytest.mark.parametrize(("moment", "zone", "clock", "there"), CLOCKS)
def test_a_message_arrives_on_the_clock_of_its_reader(moment, zone, clock, there):
    for column in ("zone", "timezone"):
        sent = read(pd.DataFrame([row(moment, **{column: zone})]), clock=clock).sent
        assert (int(sent.weekday[0]), int(sent.hour[0])) == there
    assert (*read(pd.DataFrame([row(moment)]), zone=zone, clock=clock).sent.hour,) == (there[1],)


def test_times_without_a_zone_are_on_the_clock_of_the_account_and_that_is_told_first():
    sends = SAMPLE.assign(sent_at=pd.to_datetime(SAMPLE["sent_at"], utc=True).dt.tz_convert("Europe/London").dt.tz_localize(None))
    told = mk.send_time(sends, zone="Europe/London")
    assert (told.findings[0].code, told.findings[0].level, told.findings[0].column) == ("W_SENDS_ZONE", "warning", "sent_at")
    assert 'clock="UTC"' in told.findings[0].text
    pd.testing.assert_frame_equal(told.table, mk.send_time(SAMPLE, zone="Europe/London").table)
    assert "W_SENDS_ZONE" not in {f.code for f in mk.send_time(sends, zone="Europe/London", clock="Europe/London").findings}
    assert read(pd.DataFrame([row("2026-07-06T18:00", zone="America/New_York")])).sent.hour.tolist() == [12]


@pytest.mark.parametrize("clock", [None, "UTC", "recipient"])
def test_clicks_without_a_zone_are_on_the_clock_of_their_sendings(clock):
    at = {"sent_at": "2026-07-06 18:00:00", "delivered": 1, "clicks": 1, "campaign": "c"}
    frame = pd.DataFrame([at | {"clicked_at": "2026-07-06 18:00:04"}, at | {"clicked_at": "2026-07-06 18:09:00"}])
    assert read(frame, clock=clock).aside["machine_clicks"] == 1


@pytest.mark.parametrize("at", [pd.Timestamp("2026-07-06T11:15"), pd.Timestamp("2026-07-06T11:15", tz="Europe/Paris")])
def test_typed_moments_are_read_as_texts_are(at):
    assert read(pd.DataFrame([row(at)])).sent.hour.tolist() == [11]


def test_moments_of_arrow_keep_their_zone_whatever_the_clock_of_others():
    frame = pd.DataFrame([row(pd.Timestamp("2026-07-06T11:15", tz="Europe/Paris"))]).convert_dtypes(dtype_backend="pyarrow")
    assert read(frame, clock="Asia/Kolkata").sent.hour.tolist() == [11]


def test_every_hour_of_the_day_that_had_23_and_of_that_which_had_25():
    for day, expected in (("2026-03-29", [0, 1, *range(3, 24)]), ("2026-10-25", [0, 1, 2, 2, *range(3, 24)])):
        first = pd.Timestamp(day, tz="Europe/Paris")
        last = first + pd.DateOffset(days=1) - pd.Timedelta(hours=1)
        at = pd.date_range(first.tz_convert("UTC"), last.tz_convert("UTC"), freq="h")
        sent = read(pd.DataFrame([row(t, campaign=str(k)) for k, t in enumerate(at)])).sent
        assert sorted(sent.hour.tolist()) == expected
        assert set(sent.weekday) == {6}


BAD: list[tuple[list[dict[str, object]], dict[str, Any], list[str]]] = [
    ([row("2026-03-29T02:30", zone="Europe/Paris")], {"clock": "recipient"}, ["E_DST_GAP"]),
    ([row("2026-10-25T02:30", zone="Asia/Kolkata")], {"clock": "Europe/Paris"}, ["E_DST_AMBIGUOUS"]),
    ([row("2026-03-02T09:00Z", zone="Europe/Pariss"), row("2026-03-02T09:00Z", zone="CEST+1")], {}, ["E_ZONE", "E_ZONE"]),
    ([row("2026-03-02T09:00Z", zone="../etc/passwd")], {}, ["E_ZONE"]),
    ([row("2026-03-02T09:00Z"), row("2026-03-02T09:00")], {}, ["E_MIXED_TZ"]),
    ([row("2026-03-02"), row("2026-03-03")], {}, ["E_SEND_TIME_DAYS"]),
    ([row(pd.Timestamp("2026-03-02"))], {}, ["E_SEND_TIME_DAYS"]),
    ([row("yesterday")], {}, ["E_BAD_DATE"]),
    ([row(20260302)], {}, ["E_BAD_DATE"]),
    ([row("2026-03-02T09:00Z", clicks=101)], {}, ["E_CLICKS_GT_DELIVERED"]),
    ([row("2026-03-02T09:00Z", clicks=-1, delivered="many")], {}, ["E_NOT_A_NUMBER", "E_NEGATIVE_COUNT"]),
    ([row("2026-03-02T09:00Z", clicks=np.inf)], {}, ["E_NOT_FINITE"]),
    ([row("2026-03-02T09:00Z", delivered=np.nan)], {}, ["E_NO_ROWS"]),
    ([row("2026-03-02T09:00Z", delivered=0, clicks=0)], {}, ["E_NO_ROWS"]),
    ([row("2026-03-02T09:00Z", content_type="automated_email")], {}, ["E_NO_ROWS"]),
    ([row("2026-03-02T09:00Z")], {"by": "segmnt", "zone": "Mars/Base", "reference": 24}, ["E_MISSING_COLUMN", "E_OPTION", "E_OPTION"]),
    ([row("2026-03-02T09:00Z")], {"level": 90, "worth": 0, "clock": "mine", "message": "no"}, ["E_MISSING_COLUMN", *["E_OPTION"] * 3]),
    ([{"when": 1}], {}, ["E_MISSING_COLUMN"] * 4),
]


@pytest.mark.parametrize(("rows", "options", "codes"), BAD)
def test_what_cannot_be_read_is_said_all_at_once(rows, options, codes):
    with pytest.raises(DataError) as error:
        mk.send_time(pd.DataFrame(rows), **options)
    assert sorted(f.code for f in error.value.findings) == sorted(codes)


TYPED = [
    "31/08/2026",
    "31/08/2026 18:00",
    "31.08.2026 18:00:05",
    "08/31/2026, 6:00 PM",
    "31-08-26 18:00",
    "3/8/2026 08:00",
    "31/08/2026 18:00:05.250",
]


@pytest.mark.parametrize("cell", TYPED)
def test_the_format_to_type_reads_the_value_that_was_found(cell):
    with pytest.raises(DataError) as error:
        mk.send_time(pd.DataFrame([row(cell)]))
    frame = pd.DataFrame({"sent_at": [cell]})
    exec(next(f for f in error.value.findings if f.code == "E_BAD_DATE").hint, {"pd": pd, "frame": frame})
    assert (frame["sent_at"].dt.month.item(), frame["sent_at"].dt.hour.item() > 0) == (8, ":" in cell)


def test_an_error_names_the_line_and_what_to_type():
    frame = pd.DataFrame([row("2026-03-02T09:00Z", zone="Europe/Paris"), row("2026-03-02T09:00Z", zone="europe/paris ville")])
    with pytest.raises(DataError) as error:
        mk.send_time(frame)
    (found,) = error.value.findings
    assert (found.line, found.column, found.hint) == (3, "zone", 'zone="Europe/Paris"')


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_missing_is_said_by_what_it_is_for(language):
    frame = pd.DataFrame({"campaign_id": ["c"], "message_id": ["m"], "sent": [100], "clicks": [3]})
    with pytest.raises(DataError) as error:
        mk.send_time(frame)
    groups, when = sorted((f for f in error.value.findings), key=lambda f: f.column != "segment")
    assert "by=None" in retell(groups, language).text
    assert (when.column, [f.expected for f in (groups, when)]) == ("sent_at", ["segment", "sent_at"])
    assert not any(f"{word}: sent." in f.text for f in (groups, when) for word in ("Type", "Saisissez"))
    for call in (mk.check_sends, lambda f: mk.email_rhythm(f, by=None, worth={"clicks": 1.0})):
        with pytest.raises(DataError) as error:
            call(frame)
        (who,) = [f for f in error.value.findings if f.column == "member_id"]
        wanted = {"en": "one row a message and person", "fr": "une ligne par message et par personne"}
        assert wanted[language] in retell(who, language).text
        assert who.hint != "message_id"


def test_yes_and_no_are_one_and_none():
    said = pd.DataFrame([row("2026-03-02T09:00Z", delivered=d, clicks=c) for d, c in (("oui", "Oui"), ("Yes", "no"), ("non", "non"))])
    assert (read(said).sent.n.sum(), read(said).sent.y.sum()) == (2, 1)


def test_a_row_of_a_person_is_one_email_where_nothing_counts_them():
    at = "2026-03-02T09:00Z"
    rows = [{"member_id": f"m{k}", "campaign": "c", "sent_at": at, "clicks": k % 2, "bounces": int(k == 0)} for k in range(12)]
    seen = read(pd.DataFrame(rows))
    assert (seen.sent.n.sum(), seen.sent.y.sum(), seen.aside["left"]) == (11, 6, 1)
    assert "N_SEND_TIME_ONE_EACH" in {f.code for f in seen.findings}
    assert "N_SEND_TIME_ONE_EACH" not in {f.code for f in read(pd.DataFrame(rows).assign(delivered=1)).findings}


def test_an_empty_frame_is_an_error_of_its_own():
    with pytest.raises(DataError, match=r"."):
        mk.send_time(pd.DataFrame([row("2026-03-02T09:00Z")]).iloc[:0])


# ---------------------------------------------------------------- what is set aside


def test_opens_machines_and_automatic_messages_are_counted_and_change_nothing(sample):
    kept = SAMPLE[SAMPLE["content_type"] != "automated_email"]
    assert sample.facts["opens"] == kept["opens_unique"].sum()
    assert sample.facts["machine_opens"] == (kept["opens_unique"] - kept["opens_unique_no_mpp"]).sum()
    assert sample.facts["automatic"] == mk.load_truth()["planted"]["send_hours"]["automatic"]
    assert sample.facts["clicks"] == kept["clicks_unique"].sum()
    swollen = kept.assign(opens_unique=10 * kept["opens_unique"]).drop(columns="opens_unique_no_mpp")
    other = mk.send_time(swollen)
    pd.testing.assert_frame_equal(other.table, sample.table)
    assert other.facts["machine_opens"] is None


def test_clicks_of_scanners_are_no_clicks():
    sent, clicked = "2026-03-02T09:00:00Z", "2026-03-02T09:00:40Z"
    one = {"delivered": 1, "clicks": 1}
    frame = pd.DataFrame([
        row(sent, clicked_at="2026-03-02T09:00:04Z", **one), row(sent, clicked_at=clicked, **one), row(sent, clicked_at=None, **one),
        row(sent, clicked_at=clicked, links_clicked=9, **one), row(sent, clicked_at="2026-03-02T11:00:00Z", delivered=1, clicks=4),
    ])  # fmt: skip
    seen = read(frame)
    assert (seen.sent.y.sum(), seen.sent.n.sum(), seen.aside["machine_clicks"]) == (3, 5, 2)
    assert {"N_SEND_TIME_SCANNERS", "N_SEND_TIME_TWICE"} <= {f.code for f in seen.findings}


def test_rows_that_lack_something_are_left_out_and_told():
    at = "2026-03-02T09:00Z"
    frame = pd.DataFrame([row(at), row(at, clicks=None), row(None), row(at, channel="sms")])
    frame["channel"] = frame["channel"].fillna("email")
    seen = read(frame)
    assert (seen.sent.n.sum(), seen.aside["left"], seen.aside["other_channels"]) == (100, 2, 1)


@pytest.mark.parametrize(("channels", "kept", "others"), [(["Email", "SMS", "e-mail"], 200, 1), (["push", "newsletter", None], 200, 1)])
def test_other_channels_are_no_emails_however_they_are_written(channels, kept, others):
    seen = read(pd.DataFrame([row("2026-03-02T09:00Z", channel=c) for c in channels]))
    assert (seen.sent.n.sum(), seen.aside["other_channels"]) == (kept, others)


def test_a_subject_with_a_name_in_it_is_no_message_of_its_own():
    hours = [f"2026-03-0{day}T0{hour}:00Z" for day in range(1, 4) for hour in (7, 9)]
    rows = [row(at, subject=f"Ana {k}, {at}", delivered=1, clicks=0) for at in hours for k in range(12)]
    named = read(pd.DataFrame(rows).drop(columns="campaign"))
    assert (named.sent.message.max() + 1, len(named.sent.y), named.message) == (6, 6, None)
    assert "N_SEND_TIME_MESSAGE" in {f.code for f in named.findings}


def test_segments_of_few_people_are_one_and_no_address_is_told():
    named = SAMPLE.head(40).assign(segment="ana@example.org", delivered=4, clicks_unique=1)
    frame = pd.concat([SAMPLE, named])
    table = mk.send_time(frame[frame["zone"] != "Asia/Kolkata"]).table
    assert "others" not in set(table["segment"])  # 40 rows of 4 are more than nine people of one message
    assert not table["segment"].str.contains("ana@").any()
    few = pd.concat([SAMPLE, pd.DataFrame([row("2026-03-02T09:00Z", segment=s, delivered=2, clicks_unique=1) for s in "xyz"])])
    assert {"x", "y", "z"}.isdisjoint(mk.send_time(few).table["segment"])


# ---------------------------------------------------------------- the mathematics


def test_a_message_shares_its_luck_as_the_whole_matrix_would_have_it():
    rng = np.random.default_rng(3)
    group, own = np.repeat(np.arange(5), [1, 3, 2, 4, 2]), rng.uniform(0.1, 1, 12)
    luck, logdet = week.shared_luck(own, group, 0.2, 0.5)
    whole = np.diag(own + 0.2) + 0.5 * block_diag(*[np.ones((c, c)) for c in np.bincount(group)])
    x = rng.normal(size=(12, 2))
    assert luck.solve(x) == pytest.approx(np.linalg.solve(whole, x))
    assert logdet == pytest.approx(np.linalg.slogdet(whole)[1])


def test_the_likelihood_with_coefficients_integrated_out_is_that_of_the_whole_covariance():
    rng = np.random.default_rng(4)
    x, z, prior = rng.normal(size=(20, 3)), rng.normal(size=20), np.array([2.0, 1.0, 0.5])
    group, own = np.repeat(np.arange(5), 4), rng.uniform(0.2, 1, 20)
    luck, logdet = week.shared_luck(own, group, 0.1, 0.3)
    both = np.column_stack([x, z])
    found, beta, _ = hours._likely(both.T @ luck.solve(both), logdet, prior)
    noise = np.diag(own + 0.1) + 0.3 * block_diag(*[np.ones((4, 4))] * 5)
    whole = noise + x @ np.diag(1 / prior) @ x.T
    assert found == pytest.approx(-0.5 * (np.linalg.slogdet(whole)[1] + z @ np.linalg.solve(whole, z)))
    assert beta == pytest.approx(np.diag(1 / prior) @ x.T @ np.linalg.solve(whole, z))


def test_neighbouring_hours_are_alike_over_midnight_too():
    wave = week.features(np.zeros(24, int), np.arange(24) + 0.5, waves=4, of_days=2)[0]
    alike = wave @ wave.T
    assert np.diag(alike) == pytest.approx(alike[0, 0])
    assert alike[0, 23] == pytest.approx(alike[0, 1])
    assert (np.diff(alike[0, :6]) < 0).all()


@pytest.mark.parametrize(("rate", "worth"), [(0.02, 0.1), (0.03, 0.25), (0.1, 0.5)])
def test_the_size_of_a_test_is_the_one_that_finds_it_with_8_chances_in_10(rate, worth):
    """Two halves of each message in a simulation of the log ratio of their clicks, against two-sided 5 %."""
    size, sending = 4000, 0.08
    needed = _needed(rate, size, sending, worth)
    rng = np.random.default_rng(8)
    luck = np.exp(rng.normal(0, sending, (2, 4000, needed["needed_messages"])))
    arms = rng.binomial(size // 2, np.minimum(np.array([rate, rate * (1 + worth)])[:, None, None] * luck, 1))
    low, high = (a.sum(axis=1) / (size / 2 * needed["needed_messages"]) for a in arms)
    se = np.sqrt((2 * sending**2 + (1 / rate - 1 + 1 / (rate * (1 + worth)) - 1) / (size / 2)) / needed["needed_messages"])
    assert np.mean(np.log(high / low) > norm.ppf(0.975) * se) == pytest.approx(0.8, abs=0.09)  # messages are whole: never much less
    assert needed["needed"] == needed["needed_messages"] * size


# ---------------------------------------------------------------- known worlds


def test_the_planted_hour_is_found_and_none_is_invented(sample):
    truth = mk.load_truth()["planted"]["send_hours"]
    groups = {g["segment"]: g for g in sample.facts["groups"]}
    found = groups[truth["segment"]]
    assert found["verdict"] == "better"
    assert abs(found["hour"] - truth["hour"]) <= 1
    assert found["lift_low"] <= truth["lift"] <= found["lift_high"]
    assert [groups[name]["verdict"] for name in truth["none"]] == ["no_better"]
    best = sample.table[sample.table["best"]]
    assert set(best["segment"]) == {truth["segment"]}
    assert (best["p_better"] >= 0.975).all()
    assert sample.table.groupby("segment")["lean"].sum().eq(1).all()
    assert sample.facts["zones"] == len(truth["zones"])


def test_what_could_hide_and_what_would_tell_is_said_where_nothing_is_shown(sample):
    (found,) = [f for f in sample.findings if f.code == "N_SEND_TIME_NONE"]
    group = next(g for g in sample.facts["groups"] if g["verdict"] == "no_better")
    assert found.values["most"] == f"{100 * group['hidden']:.0f}"
    assert group["hidden"] > group["lift"]
    finer = mk.send_time(SAMPLE, worth=0.05)
    assert finer.facts["groups"][1]["needed"] > 3 * group["needed"]


@pytest.mark.parametrize("size", [500, 5000])
def test_the_best_guess_loses_less_than_the_raw_best_hour_and_nothing_is_invented(size):
    """A smaller benchmark: three worlds of three segments each; benchmarks/send_time.py has all of them."""
    lost, wrong = [], []
    for world in ("one peak", "segments differ", "flat"):
        for k in range(2):
            told = WORLDS.measured(np.random.default_rng([3, size, k]), world, size)
            lost.append([np.mean(told["best guess"]), np.mean(told["raw hour"])])
            wrong += told["wrong"]
            assert np.mean(told["hidden"]) == 1
    ours, raw = np.mean(lost, axis=0)
    assert ours <= raw
    assert sum(wrong) == 0


def test_an_hour_that_was_seldom_used_may_be_the_best_guess():
    """Three in a hundred e-mails of each message left at 20:00, where three times as many are clicked."""
    at = pd.date_range("2026-01-05", periods=24, freq="3D", tz="Europe/Paris")
    parts = [(10, 4850, 97), (14, 4850, 97), (20, 300, 18)]
    rows = [row(day + pd.Timedelta(hours=h), campaign=k, delivered=n, clicks=y) for k, day in enumerate(at) for h, n, y in parts]
    group = mk.send_time(pd.DataFrame(rows)).facts["groups"][0]
    assert (group["verdict"], group["hour"]) == ("better", 20)


def test_an_hour_that_stands_alone_names_none_beside_it():
    """Twice as many e-mails are clicked at 15:00 as at 14:00 and 16:00, at which as many are as at 10:00."""
    at = pd.date_range("2026-01-05", periods=24, freq="3D", tz="Europe/Paris")
    parts = [(10, 60), (13, 60), (14, 60), (15, 120), (16, 60), (17, 60)]
    table = mk.send_time(pd.DataFrame(
        [row(day + pd.Timedelta(hours=h), campaign=k, delivered=2000, clicks=y) for k, day in enumerate(at) for h, y in parts]
    )).table  # fmt: skip
    assert set(table.loc[table["best"], "hour"]) == {15}


def test_a_peak_of_10_000_readers_is_shown():
    told = WORLDS.measured(np.random.default_rng(12), "one peak", 10_000)
    assert sum(told["better"]) >= 2
    assert np.mean(told["shown"]) < np.mean(told["10:00"]) / 2


def test_one_good_message_makes_no_good_hour():
    """Twelve messages at 9:00, one of them at 18:00 that did three times as well: many people, one message."""
    at = [f"2026-03-{2 + k:02d}T08:00Z" for k in range(12)] + ["2026-03-18T17:00Z"]
    rng = np.random.default_rng(0)
    clicks = rng.poisson(300, 13) * np.array([1] * 12 + [3])
    frame = pd.DataFrame([row(t, campaign=str(k), delivered=10_000, clicks=int(clicks[k])) for k, t in enumerate(at)])
    (group,) = mk.send_time(frame).facts["groups"]
    assert group["verdict"] == "no_better"
    split = [row(f"2026-03-{2 + k:02d}T{h:02d}:00Z", campaign=str(k), delivered=5000, clicks=int(rng.poisson(150 * (1 + 0.5 * (h > 12)))))
             for k in range(12) for h in (9, 17)]  # fmt: skip
    (group,) = mk.send_time(pd.DataFrame(split)).facts["groups"]
    assert (group["verdict"], abs(group["hour"] - 18) <= 1) == ("better", True)


FEW = [
    ([row(f"2026-03-{2 + k:02d}T{9 + k}:00Z", campaign=str(k), clicks=1) for k in range(9)], {}, "clicks"),
    ([row(f"2026-03-{2 + k:02d}T{9 + k}:00Z", campaign=str(k), clicks=30) for k in range(4)], {}, "sendings"),
    ([row(f"2026-03-{2 + k:02d}T09:00Z", campaign=str(k), clicks=30) for k in range(9)], {}, "hours"),
    ([row(f"2026-03-{2 + k:02d}T{17 + k % 3}:00Z", campaign=str(k), clicks=30) for k in range(9)], {}, "reference"),
]


@pytest.mark.parametrize(("rows", "options", "reason"), FEW)
def test_too_little_is_called_too_little(rows, options, reason):
    told = mk.send_time(pd.DataFrame(rows), **options)
    (group,) = told.facts["groups"]
    assert (group["verdict"], group["reason"]) == ("few", reason)
    assert not told.table["best"].any()
    assert told.table["rate"].isna().all()
    assert f"N_SEND_TIME_FEW_{reason.upper()}" in {f.code for f in told.findings}
    assert {f.level for f in told.findings} <= {"note", "warning"}


def test_another_hour_of_reference_is_another_question():
    rows = FEW[3][0]
    (group,) = mk.send_time(pd.DataFrame(rows), reference=18).facts["groups"]
    assert group["verdict"] == "no_better"


def test_the_order_and_the_engine_of_rows_change_nothing(sample):
    arrow = SAMPLE.sample(frac=1, random_state=1).convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(mk.send_time(arrow).table, sample.table, rtol=1e-9)


def test_words_say_what_is_shown_and_what_is_not(sample):
    said = {"en": ("more is clicked", "no time is shown to be better than 10:00")}
    said["fr"] = ("on clique davantage", "aucune heure ne se révèle meilleure")
    for language, (shown, none) in said.items():
        html = mk.report(sample, language=language).html
        assert shown in html
        assert none in html


# ---------------------------------------------------------------- a plan

TEXT = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000, consent = {email = 0.2}, cap_per_week = 2, cap_per_month = 6}
city_trendsetters = {size = 10000, consent = {email = 0.3}, cap_per_week = 1, cap_per_month = 4}
[channels]
email = 0.005
[production]
default = {cost = 60, days = 1, most = 2}
"""


def test_a_plan_moves_the_mails_of_whom_a_better_hour_is_shown_and_of_nobody_else(sample):
    people, contents = ("parents", "city_trendsetters"), ("promo_email", "newsletter")
    rows = [(s, "decision", c, "playful", "short", "email") for s in people for c in contents]
    table = pd.DataFrame(rows, columns=list(CELL)).assign(rate=[0.02, 0.025, 0.03, 0.02], low=0.015, high=0.035, p_best=0.1, exposure=1e4)
    table = table.assign(opinion=0.2, verdict="make", index=100.0)
    scores = Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate")
    plain, told = (plan_campaign(scores, brief_from_text(TEXT), send_time=known) for known in (None, sample))

    def at(plan: Any, segment: str) -> set[int]:
        sent = plan.calendar().query("channel == 'email' and segment == @segment")
        return set(pd.to_datetime(sent["at"]).dt.hour)

    shown = next(g["hour"] for g in sample.facts["groups"] if g["verdict"] == "better")
    assert at(told, "city_trendsetters") == {shown}
    assert at(plain, "city_trendsetters") != {shown}
    assert at(told, "parents") == at(plain, "parents")
    assert [f.column for f in told.findings if f.code == "N_PLAN_HOUR"] == ["segments.city_trendsetters.hours.email"]
    assert told.check().empty
    pd.testing.assert_frame_equal(told.schedule, plain.schedule)
