"""Caps a person across campaigns, what flows take of them, and logs of messages against what they must keep."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from scipy.stats import binom

from mktlib.charts import plot
from mktlib.contacts import Cap, load_of, over_caps, read_sends, reserved, rolling
from mktlib.errors import DataError
from mktlib.intake import read_addresses
from mktlib.mailing import check_sends, email_programme
from mktlib.mailing.rates import dispersion, exact, rate_of, would_tell
from mktlib.reporting import report
from mktlib.results import SendsCheck
from mktlib.simulate import load_sample
from mktlib.vocabulary import load_tables

CHECKS = {code: row for code, row in load_tables().checks.items() if row["about"] == "sends"}


def log(*rows: tuple[Any, ...], columns: str = "member_id sent_at") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def verdicts(found: SendsCheck) -> dict[str, str]:
    return dict(zip(found.table["rule"], found.table["verdict"], strict=True))


def codes(found: Any) -> set[str]:
    return {f.code for f in found.findings}


# ---------------------------------------------------------------- caps over any days on end


@pytest.mark.parametrize("window", [1, 7, 30, 400])
def test_counts_over_any_days_equal_counting_one_by_one(window):
    rng = np.random.default_rng(window)
    person, day = rng.integers(0, 9, 300), rng.integers(20_000, 20_090, 300)
    expected = [((person == p) & (day > d - window) & (day <= d)).sum() for p, d in zip(person, day, strict=True)]
    assert rolling(person, day, window).tolist() == expected


def test_everyone_over_a_cap_is_found_with_their_fullest_days():
    rng = np.random.default_rng(3)
    days = pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 60, 900), "D")
    frame = pd.DataFrame({"member_id": rng.integers(0, 40, 900), "sent_at": days})
    found = check_sends(frame.assign(message_id=range(900)), cap_7=4, cap_30=14)
    for window, cap in ((7, 4), (30, 14)):
        days = {p: rows["sent_at"].to_numpy() for p, rows in frame.groupby("member_id")}
        fullest = {p: max(int(((d > t - np.timedelta64(window, "D")) & (d <= t)).sum()) for t in d) for p, d in days.items()}
        mine = found.over[found.over["window"] == window]
        assert sorted(mine["messages"]) == sorted(n for n in fullest.values() if n > cap)
        assert ((mine["last_day"] - mine["first_day"]) < dt.timedelta(days=window)).all()


def test_a_cap_holds_across_campaigns_channels_and_a_month_boundary_in_local_time():
    """B53: 23:30 in Paris on 30 September is still September there, though UTC and New York disagree on the day of the last one."""
    rows = [("m1", "2026-09-30T21:30:00Z", "email", "sale"), ("m1", "2026-10-01T08:00:00Z", "sms", "news"),
            ("m1", "2026-10-30T22:30:00Z", "email", "launch"), ("m2", "2026-10-01T08:00:00Z", "email", "sale")]  # fmt: skip
    frame = log(*rows, columns="member_id sent_at channel campaign")
    paris = check_sends(frame, cap_30=2)  # 30 September to 30 October: 31 local days
    assert len(paris.over) == 0
    auckland = check_sends(frame, cap_30=2, zone="Pacific/Auckland")  # 1 October to 31 October: 31 days as well
    assert len(auckland.over) == 0
    frame.loc[2, "sent_at"] = "2026-10-29T22:30:00Z"  # 29 October in Paris, the 30th day
    told = check_sends(frame, cap_30=2)
    row = told.over.iloc[0]
    assert (row["messages"], row["cap"], row["window"], row["campaigns"], row["channels"]) == (3, 2, 30, 3, "email, sms")
    assert (row["first_day"], row["last_day"], row["line"]) == (dt.date(2026, 9, 30), dt.date(2026, 10, 29), 4)
    broken = next(f for f in told.findings if f.code == "E_FREQUENCY_CAP")
    assert {k: broken.values[k] for k in ("count", "cap", "window", "first", "last", "people")} == {
        "count": 3, "cap": 2, "window": 30, "first": "2026-09-30", "last": "2026-10-29", "people": 1,
    }  # fmt: skip
    assert re.fullmatch("person-[0-9a-f]{16}", broken.values["person"])
    assert len(check_sends(frame, cap_30=2, zone="UTC").over) == 1
    local = frame.assign(sent_at=["2026-09-30T23:30", "2026-10-01T10:00", "2026-10-30T00:30", "2026-10-01T10:00"])
    assert len(check_sends(local, cap_30=2).over) == 0


def test_times_without_a_zone_are_on_the_clock_of_the_zone_or_on_the_one_that_is_given():
    """22:30 on the last of June is that day in Paris, and the next one where it is a time of UTC."""
    frame = log(("m1", "2026-06-30 22:30"), ("m1", "2026-07-02 10:00"), columns="member_id sent_at")
    told = check_sends(frame, cap_7=1)
    assert (told.findings[0].code, told.findings[0].level) == ("W_SENDS_ZONE", "warning")
    assert 'clock="UTC"' in told.findings[0].text
    assert (told.facts["first"], check_sends(frame, clock="UTC").facts["first"]) == (dt.date(2026, 6, 30), dt.date(2026, 7, 1))
    for clock in ("UTC", "recipient", "Europe/Paris"):
        assert "W_SENDS_ZONE" not in {f.code for f in check_sends(frame, clock=clock).findings}
    for day, code in (("2026-03-29 02:30", "E_DST_GAP"), ("2026-10-25 02:30", "E_DST_AMBIGUOUS")):
        with pytest.raises(DataError) as refused:
            check_sends(log(("m1", day), columns="member_id sent_at"), zone="UTC", clock="Europe/Paris")
        assert refused.value.codes == (code,)
    with pytest.raises(DataError):
        check_sends(frame, clock="Paris")


@pytest.mark.parametrize("words", [("oui", "non"), ("Yes", "no"), ("TRUE", "false"), (1, 0)])
@pytest.mark.parametrize("column", ["unsubscribes", "unsubscribed"])
def test_a_yes_in_a_log_counts_as_one(words, column):
    frame = log(("m1", "2026-04-01"), ("m1", "2026-04-08"), ("m2", "2026-04-01"), columns="member_id sent_at")
    told = check_sends(frame.assign(**{column: [words[0], words[1], words[1]]}))
    assert told.table.set_index("rule").loc["unsubscribed", "count"] == 1
    with pytest.raises(DataError) as refused:
        check_sends(frame.assign(**{column: ["peut-être", words[1], words[1]]}))
    assert refused.value.codes == ("E_NOT_A_NUMBER",)


def test_a_person_is_told_under_the_pseudonym_that_the_list_of_addresses_gives():
    frame = log(*[("Ana@Example.org ", f"2026-04-0{d}") for d in (1, 2, 3)], columns="email sent_at")
    found = check_sends(frame, cap_7=2)
    known = read_addresses(pd.DataFrame({"email": ["ana@example.org"]})).log["person"].iloc[0]
    assert found.over["person"].tolist() == [known]
    assert "example" not in str(found.over.to_dict()) + " ".join(map(str, found.findings))


def test_the_same_export_twice_counts_once_and_blank_rows_are_left_out_and_told():
    rows = log(("a", "2026-04-01T08:00:00Z", "m1"), ("a", "2026-04-02T08:00:00Z", "m2"), columns="member_id sent_at message_id")
    blank = log((None, "2026-04-03T08:00:00Z", "m3"), ("b", None, "m4"), columns="member_id sent_at message_id")
    found = check_sends(pd.concat([rows, rows, blank]), cap_7=2)
    assert len(found.over) == 0
    assert (found.facts["messages"], found.facts["people"]) == (2, 1)
    assert {f.code: f.found for f in found.findings if f.code[0] == "W"} == {"W_SENDS_TWICE": "2", "W_SENDS_BLANK": "2"}


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        (log(("a", "2026-04-01"), columns="membre_id sent_at"), {}, {("E_MISSING_COLUMN", "member_id")}),
        (pd.DataFrame({"x": [1]}), {"zone": "Mars"},
         {("E_MISSING_COLUMN", "member_id"), ("E_MISSING_COLUMN", "sent_at"), ("E_OPTION", "zone")}),
        (log(("a", "yesterday")), {}, {("E_BAD_DATE", "sent_at")}), (log(("a", "03/04/2026")), {}, {("E_AMBIGUOUS_DATE", "sent_at")}),
        (log(("a", "2026-04-01T08:00:00Z"), ("a", "2026-04-01T08:00:00")), {}, {("E_MIXED_TZ", "sent_at")}),
        ("sends.csv", {}, {("E_OPTION", "sends")}), (None, {}, {("E_OPTION", "sends")}),
        (log(("a", "2026-04-01")), {"cap_7": -1, "cap_30": "six", "level": 2, "new_since": "soon"},
         {("E_OPTION", "cap_7"), ("E_OPTION", "cap_30"), ("E_OPTION", "level"), ("E_OPTION", "new_since")}),
        (log(("a", "2026-04-01", "lots"), columns="member_id sent_at clicks"), {}, {("E_NOT_A_NUMBER", "clicks")}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_log_is_told_at_once(given, options, expected):
    with pytest.raises(DataError) as refused:
        check_sends(given, **options)
    assert {(f.code, f.column) for f in refused.value.findings} == expected


def test_an_empty_log_has_nothing_to_tell():
    found = check_sends(log(), cap_7=2, cap_30=6)
    assert (len(found.over), found.facts["messages"]) == (0, 0)
    assert "broken" not in verdicts(found).values()
    assert "W_SENDS_EMPTY" in codes(found)
    assert report(found).sections[0].headline == "The log holds no message: nothing was checked."


def test_the_picture_shows_the_days_of_the_cap_that_was_asked_for():
    sends = log(*[(f"m{k}", f"2026-04-0{d}T10:00") for k in range(20) for d in (1, 3, 5)])
    said = [text.get_text() for text in plot(check_sends(sends, cap_7=2)).figure.findobj(Text)]
    assert any("20 people" in text and "7 days" in text for text in said)


def test_engines_agree():
    frame = load_sample("sends").head(2_000)
    polars = pytest.importorskip("polars")
    one = check_sends(frame, cap_7=2, cap_30=6)
    plain = frame.astype({c: "float64" for c in frame if str(frame[c].dtype) == "Int64"})
    other = check_sends(polars.from_pandas(plain), cap_7=2, cap_30=6)
    assert one.table.astype(str).equals(other.table.astype(str))
    assert one.over.astype(str).equals(other.over.astype(str))
    lazy = check_sends(polars.from_pandas(plain).lazy(), cap_7=2, cap_30=6)  # and without a warning
    assert one.over.astype(str).equals(lazy.over.astype(str))


# ---------------------------------------------------------------- consent, departures, silence


def test_nobody_without_consent_after_leaving_after_a_bounce_or_too_long_unheard_of():
    sends = log(
        ("yes", "2026-04-01T10:00", "email", 0, 0), ("no", "2026-04-01T10:00", "email", 0, 0), ("no", "2026-04-02T10:00", "sms", 0, 0),
        ("late", "2026-04-01T10:00", "email", 0, 0), ("stranger", "2026-04-01T10:00", "email", 0, 0),
        ("old", "2026-04-01T10:00", "email", 0, 0), ("left", "2026-04-01T10:00", "email", 1, 0),
        ("left", "2026-04-02T10:00", "email", 0, 0), ("left", "2026-04-09T10:00", "email", 0, 0),
        ("left", "2026-04-09T10:00", "sms", 0, 0), ("gone", "2026-04-01T10:00", "email", 0, 1), ("gone", "2026-04-05T10:00", "email", 0, 0),
        columns="member_id sent_at channel unsubscribes bounces",
    )  # fmt: skip
    members = pd.DataFrame({
        "member_id": ["yes", "no", "late", "old", "left", "gone"], "consent_email": [1, 0, 1, 1, 1, 1],
        "consent_sms": ["oui", "oui", "", "non", "oui", ""],
        "consent_date": ["2026-01-01", "2026-01-01", "2026-06-01", "2022-01-01", "2026-01-01", "2026-01-01"],
        "last_activity_at": ["2026-03-01", "", "", "2023-03-31", "2026-03-01", "2026-03-01"],
    })  # fmt: skip
    found = check_sends(sends, members=members.replace({"last_activity_at": {"": None}}))
    rows = found.table.set_index("rule")
    assert rows.loc[["consent", "unsubscribed", "bounced", "retention"], "count"].tolist() == [2, 1, 1, 1]
    told = {f.code: f for f in found.findings}
    after = told["SENDS_AFTER_LEAVING"]  # the log dates the message, not the click
    assert rows.loc["unsubscribed", "verdict"] == "cannot_tell"
    assert any("after unsubscribing" in sentence and "cannot be told" in sentence for sentence in report(found).sections[0].sentences)
    assert {
        "SENDS_NO_CONSENT",
        "SENDS_BEFORE_CONSENT",
        "SENDS_STRANGERS",
        "SENDS_AFTER_BOUNCE",
        "SENDS_RETENTION",
    } <= set(told)
    assert (told["SENDS_NO_CONSENT"].line, after.line, after.values["days"]) == (3, 10, 8)


def of_list(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"member_id": ["a", "b"], "consent_email": [1, 1]} | columns)


TWO = log(("a", "2026-04-01T10:00"), ("a", "2026-04-02T10:00"), ("a", "2026-04-09T10:00"), ("b", "2026-04-09T10:00"))


def test_a_departure_is_the_day_of_the_list_in_the_zone_of_the_reader():
    """23:30 of UTC is the next day in Paris: the message of that day counts as before."""
    found = check_sends(TWO, members=of_list(unsubscribed_at=["2026-04-01T23:30:00Z", None]))
    told = {f.code: f for f in found.findings}
    assert (verdicts(found)["unsubscribed"], told["SENDS_AFTER_UNSUBSCRIBE"].values["days"]) == ("broken", 7)
    assert "SENDS_SOON_AFTER" not in told


@pytest.mark.parametrize("rows", [["a", "A@x.org", "a@X.org"], ["a@x.org", "a@x.org", "b"]])
def test_of_two_rows_of_one_person_a_refusal_and_the_first_departure_stand(rows):
    sends = log(*[("a@x.org", f"2026-04-{d:02d}T10:00") for d in (1, 10)])
    for order in (1, -1):
        members = pd.DataFrame({"member_id": rows, "consent_email": [1, 1, 1], "unsubscribed_at": ["2026-04-02", None, None]})
        members.loc[members["member_id"].str.lower().eq("a@x.org"), "consent_email"] = [1, 0]
        members.loc[members["member_id"].str.lower().eq("a@x.org"), "unsubscribed_at"] = [None, "2026-04-02"]
        found = check_sends(sends, members=members[::order])
        assert codes(found) >= {"W_MEMBERS_TWICE", "SENDS_NO_CONSENT", "SENDS_AFTER_UNSUBSCRIBE"}


def test_an_empty_list_knows_nobody():
    assert verdicts(check_sends(TWO, members=of_list().iloc[:0]))["consent"] == "cannot_tell"


@pytest.mark.parametrize("word", ["peut-être", "2", "-1", "n'a pas accepté"])
def test_a_word_that_says_neither_yes_nor_no_is_asked_about(word):
    with pytest.raises(DataError) as refused:
        check_sends(TWO, members=of_list(consent_email=["oui", word]))
    assert [(f.code, f.column, f.line, f.found) for f in refused.value.findings] == [("E_OPTION", "consent_email", 3, word)]


def test_consent_to_one_channel_says_nothing_of_another():
    found = check_sends(TWO.assign(channel=["email", "sms", "email", "sms"]), members=of_list())
    row = found.table.set_index("rule").loc["consent"]
    assert (row["verdict"], row["of"]) == ("cannot_tell", 2)
    assert next(f for f in found.findings if f.code == "SENDS_CHANNEL_UNKNOWN").values["channels"] == "sms"


def test_a_click_in_the_log_is_a_contact():
    sends = log(
        ("a", "2025-01-10", 1), ("a", "2026-04-01", 0), ("b", "2025-01-10", 0), ("b", "2026-04-01", 0), columns="member_id sent_at clicks"
    )
    found = check_sends(sends, members=of_list(last_activity_at=["2022-06-01", "2022-06-01"]))
    row = found.table.set_index("rule").loc["retention"]
    assert (row["count"], row["of"]) == (1, 4)
    assert next(f for f in found.findings if f.code == "SENDS_RETENTION").line == 5


def test_a_day_without_an_hour_beside_others_is_not_midnight():
    sends = log(("a", "2026-04-07T10:00"), ("a", "2026-04-08"), ("b", "2026-04-08 23:00")).assign(channel="sms")
    assert next(f for f in check_sends(sends).findings if f.code == "SENDS_QUIET").line == 4


def test_what_is_no_person_and_no_language_is_told():
    assert check_sends(TWO.assign(member_id=[["a"], ["a"], ["b"], None])).facts["people"] == 2
    with pytest.raises(DataError) as refused:
        check_sends(TWO, language="de", new_since="01/03/2026")
    assert {f.column for f in refused.value.findings} == {"language", "new_since"}


@pytest.mark.parametrize(
    ("moment", "channel", "silent"),
    [
        ("2026-07-14T12:00", "sms", True), ("2026-04-06T12:00", "sms", True), ("2026-04-12T12:00", "sms", True),  # holidays, a Sunday
        ("2026-04-07T07:59", "sms", True), ("2026-04-07T08:00", "sms", False), ("2026-04-07T20:00", "sms", True),
        ("2026-04-07T19:59", "sms", False),
        ("2026-04-07T18:30:00Z", "sms", True), ("2026-07-14T12:00", "email", False), ("2026-04-07T21:30", "push", True),
    ],
)  # fmt: skip
def test_hours_of_silence_are_those_of_the_reader(moment, channel, silent):
    found = check_sends(log(("a", moment, channel), columns="member_id sent_at channel"))
    assert (verdicts(found)["quiet"] == "broken") is silent
    assert ("SENDS_QUIET" in codes(found)) is silent


def test_days_without_an_hour_say_nothing_of_silence():
    assert verdicts(check_sends(log(("a", "2026-04-05", "sms"), columns="member_id sent_at channel")))["quiet"] == "not_measured"


def test_whoever_agreed_anew_after_leaving_is_back():
    names = "member_id sent_at unsubscribes"
    sends = log(("a", "2026-04-01", 1), ("a", "2026-04-20", 0), ("b", "2026-04-01", 1), ("b", "2026-04-20", 0), columns=names)
    members = pd.DataFrame({"member_id": ["a", "b"], "consent_date": ["2026-04-10", "2026-03-10"]})
    assert check_sends(sends, members=members).table.set_index("rule").loc["unsubscribed", "count"] == 1


# ---------------------------------------------------------------- rates and volumes


@pytest.mark.parametrize(("x", "n"), [(0, 50), (1, 300), (3, 1000), (50, 50), (17, 4000)])
def test_the_interval_is_the_one_of_clopper_and_pearson(x, n):
    """Its ends are where the binomial tail is exactly five per cent."""
    low, high = exact(x, n, 0.9)
    assert x == 0 or binom.sf(x - 1, n, low) == pytest.approx(0.05, abs=1e-9)
    assert x == n or binom.cdf(x, n, high) == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize(("spread", "campaigns", "covers"), [(0.0, 40, 0.87), (1.0, 40, 0.84), (0.0, 8, 0.84)])
def test_the_interval_widens_where_campaigns_differ_and_then_covers_the_truth(spread, campaigns, covers):
    """Campaigns of one size and of sizes from one to fifty, rates with a standard deviation of 0.7 of their mean."""
    rng, truth, plain, ours = np.random.default_rng(5), 0.002, 0, 0
    for _ in range(400):
        n = np.round(200_000 / campaigns * np.exp(rng.normal(0, spread, campaigns)))
        count = rng.binomial(n.astype(int), rng.beta(2, 2 / truth - 2, campaigns)).astype(float)
        low, high = exact(float(count.sum()), float(n.sum()), 0.9)
        plain += low <= truth <= high
        rate = rate_of(count, n, 0.9)
        ours += rate.low <= truth <= rate.high
    assert plain / 400 < 0.75
    assert ours / 400 > covers


def test_equal_campaigns_are_told_to_be_equal():
    rng, n = np.random.default_rng(5), np.full(40, 5_000)
    equal = [dispersion(rng.binomial(n, 0.002).astype(float), n.astype(float))[0] for _ in range(200)]
    assert np.mean(equal) == pytest.approx(1, abs=0.1)


def sends_with(complaints: int, n: int) -> pd.DataFrame:
    told = [1] * complaints + [0] * (n - complaints)
    return pd.DataFrame({"member_id": [f"m{k}" for k in range(n)], "sent_at": "2026-04-07T10:00", "complaints": told})


@pytest.mark.parametrize(
    ("complaints", "n", "verdict", "code"),
    [
        (0, 500, "cannot_tell", "SENDS_COMPLAINTS_OPEN"), (0, 4_000, "kept", None), (30, 20_000, "above_target", "SENDS_COMPLAINTS_HIGH"),
        (90, 20_000, "broken", "SENDS_COMPLAINTS"), (3, 900, "cannot_tell", "SENDS_COMPLAINTS_OPEN"), (5, 20_000, "kept", None),
    ],
)  # fmt: skip
def test_complaints_are_judged_by_the_whole_interval(complaints, n, verdict, code):
    found = check_sends(sends_with(complaints, n))
    assert verdicts(found)["complaints"] == verdict
    assert {c for c in codes(found) if c.startswith("SENDS_COMPLAINTS")} == ({code} if code else set())


def test_how_many_more_would_tell_is_the_first_number_that_does():
    few = rate_of(np.array([1.0]), np.array([3_000.0]), 0.9)
    enough = would_tell(few, 0.001, 0.9)
    assert exact(few.rate * enough, enough, 0.9)[1] < 0.001 <= exact(few.rate * (enough - 1), enough - 1, 0.9)[1]
    assert would_tell(rate_of(np.array([9.0]), np.array([3_000.0]), 0.9), 0.001, 0.9) is None


def test_bulk_warm_up_and_clicks_against_departures():
    found = check_sends(sends_with(0, 5_000).assign(clicks=0, unsubscribes=[1] * 40 + [0] * 4_960), new_since="2026-04-06")
    assert {k: verdicts(found)[k] for k in ("bulk", "warm_up", "pressure")} == {"bulk": "bulk", "warm_up": "broken", "pressure": "broken"}
    fewer = check_sends(sends_with(0, 90).assign(clicks=[1] * 60 + [0] * 30, unsubscribes=0), new_since="2026-04-06")
    assert {k: verdicts(fewer)[k] for k in ("bulk", "warm_up", "pressure")} == {"bulk": "below", "warm_up": "kept", "pressure": "kept"}
    open_ = check_sends(sends_with(0, 9).assign(clicks=[1] * 4 + [0] * 5, unsubscribes=[1] + [0] * 8))
    assert verdicts(open_)["pressure"] == "cannot_tell"


def test_findings_are_said_in_both_languages_with_their_own_numbers():
    found = {lang: check_sends(sends_with(30, 20_000), language=lang).findings for lang in ("en", "fr")}
    said = {lang: next(f.text for f in fs if f.code == "SENDS_COMPLAINTS_HIGH") for lang, fs in found.items()}
    assert "0.15% of delivered" in said["en"]
    assert "0,15\u202f% des e-mails" in said["fr"]
    assert not any("{" in f.text or "?" in f.text for fs in found.values() for f in fs)


@pytest.mark.parametrize("code", CHECKS)
def test_each_row_is_sourced_and_said_in_good_french(code):
    row = CHECKS[code]
    assert row["conf"] in "VSKJ"
    for name in ("label", "says", "hint"):
        assert not any(f" {sign}" in row[name]["fr"] for sign in ":;!?»")
        assert "'" not in row[name]["fr"]


def test_the_sample_is_told_as_it_is():
    found = check_sends(load_sample("sends"), members=load_sample("audience"), cap_30=6)
    assert verdicts(found)["consent"] == "kept"
    assert found.days["messages"].sum() == found.facts["messages"] == len(load_sample("sends"))
    assert len(found.over) == (over_caps(read_sends(load_sample("sends")), [Cap(30, 6)]).most[30] > 6).sum()


# ---------------------------------------------------------------- flows


@pytest.mark.parametrize("window", [7, 28, 30])
def test_what_flows_take_is_what_a_simulation_of_people_shows(window):
    flows, shares = load_tables().flows, {"welcome": 0.3, "abandoned_basket": 0.2, "win_back": 0.4}
    rng, people, days = np.random.default_rng(window), 60_000, 120
    total = np.zeros(people, int)
    for name, share in shares.items():
        entries = rng.poisson(-np.log(1 - share) / 30 * days, people)  # so that this share enters within 30 days
        who = np.repeat(np.arange(people), entries)
        at = rng.uniform(-60, days - 60, len(who))
        falls = sum(((at + d >= 0) & (at + d < window)).astype(int) for d in flows[name]["days"])
        total += np.minimum(np.bincount(who, weights=falls, minlength=people).astype(int), flows[name]["cap"])
    load = load_of(flows, shares, window)
    assert load.mean == pytest.approx(total.mean(), abs=4 * total.std() / people**0.5)
    assert load.chance[: total.max() + 1] == pytest.approx(np.bincount(total) / people, abs=4 * 0.5 / people**0.5)
    assert reserved(load) == int(np.quantile(total, 0.95, method="inverted_cdf"))


def test_one_flow_of_one_message_is_a_poisson_number():
    """Of whom exactly the share that was told gets one message or more."""
    chance, mean = load_of({"x": {"days": [1], "cap": 9}}, {"x": 0.6}, 30).chance, -np.log(0.4)
    assert chance[:3] == pytest.approx([0.4, 0.4 * mean, 0.4 * mean**2 / 2])


def test_a_log_knows_flows_by_their_labels_and_tells_those_it_lacks_or_has_besides():
    days = [str(d.date()) for d in pd.date_range("2026-03-20", periods=40)]
    rows = [(f"m{k}", day, {30: "Bienvenue", 35: "Ana@x.org"}.get(n, "")) for k in range(60) for n, day in enumerate(days)]
    found = email_programme(["welcome", "birthday"], sends=log(*rows, ("", days[0], ""), columns="member_id sent_at flow"))
    assert found.table["share"].tolist() == [1, 0]
    told = {f.code: f for f in found.findings}
    assert (told["W_PROGRAMME_ABSENT"].found, told["W_PROGRAMME_OTHERS"].found, told["W_SENDS_BLANK"].found) == (
        "birthday",
        "A***@x***",
        "1",
    )


@pytest.mark.parametrize(
    ("flows", "options", "column"),
    [(["welcome"], {"tables": 3}, "tables"), (["welcome"], {"language": "de"}, "language"), ([["a"]], {}, "flows")],
)
def test_what_is_no_flow_no_table_and_no_language_is_told(flows, options, column):
    with pytest.raises(DataError) as refused:
        email_programme(flows, **options)
    assert [f.column for f in refused.value.findings] == [column]


def test_a_programme_says_what_is_left_and_where_its_shares_are_from():
    judged = email_programme(["welcome", "birthday"], people=1_000)
    assert (judged.facts["basis"], judged.table["share"].tolist()) == ("judgement", [0.04, 0.083])
    assert codes(judged) == {"N_PROGRAMME_OPINION", "N_PROGRAMME_MODEL"}
    told = email_programme({"welcome": 0.5, "win_back": 0.5}, cap_7=2, cap_30=4)
    assert codes(told) == {"N_PROGRAMME_MODEL", "W_PROGRAMME_FULL"}
    assert (told.left["left"] == (told.left["cap"] - told.left["reserved"]).clip(lower=0)).all()
    assert (told.table["per_entrant"] <= told.table["cap"]).all()
    assert told.spread.groupby("window")["share"].sum().tolist() == pytest.approx([1, 1])


def test_a_log_with_flows_is_counted_and_knows_who_sets_off_several():
    """A tenth of the people get all four messages, the others none: independence would spread them."""
    each = ((0, "welcome"), (2, "welcome"), (5, "abandoned_basket"), (6, ""))
    rows = [(f"m{k}", f"2026-04-{10 + d:02d}", flow) for k in range(20) for d, flow in each]
    rows += [(f"m{k}", f"2026-0{3 + k % 2}-15", "") for k in range(20, 200)]
    found = email_programme(["welcome", "abandoned_basket"], sends=log(*rows, columns="member_id sent_at flow"), cap_30=6)
    assert found.table["share"].tolist() == [0.1, 0.1]
    assert found.table["per_person"].tolist() == pytest.approx([0.2, 0.1])
    assert found.left.set_index("window").loc[30, ["reserved", "left"]].tolist() == [3, 3]
    model = email_programme({"welcome": 0.1, "abandoned_basket": 0.1}, cap_30=6)
    assert found.spread.set_index(["window", "messages"])["share"][30, 3] == pytest.approx(0.1)
    assert model.spread.set_index(["window", "messages"])["share"][30, 0] < 0.9


@pytest.mark.parametrize(
    ("flows", "options", "expected"),
    [
        (["welcom"], {}, [("flows", "welcome")]), ("welcome", {}, [("flows", 'mk.email')]), ([], {}, [("flows", "")]),
        ({"welcome": 2.0}, {"people": 0, "spare": 1}, [("flows.welcome", ""), ("people", ""), ("spare", "")]),
        (["welcome"], {"cap_7": 1.5}, [("cap_7", "")]),
    ],
)  # fmt: skip
def test_wrong_flows_and_options_are_told_together(flows, options, expected):
    with pytest.raises(DataError) as refused:
        email_programme(flows, **options)
    assert [f.column for f in refused.value.findings] == [column for column, _ in expected]
    if flows == ["welcom"]:
        assert refused.value.findings[0].hint == "welcome"


def test_a_log_too_short_says_so():
    with pytest.raises(DataError) as refused:
        email_programme(["welcome"], sends=log(("a", "2026-04-01", "welcome"), columns="member_id sent_at flow"))
    assert refused.value.codes == ("E_PROGRAMME_LOG",)


@pytest.mark.parametrize("name", load_tables().flows)
def test_each_flow_is_whole(name):
    row = load_tables().flows[name]
    assert list(row["days"]) == sorted(row["days"])
    assert row["cap"] >= 1
    assert 0 < row["share"] < 1
    assert {"en", "fr"} <= set(row["stop"])
    assert row["conf"] == "J"


def test_a_list_whose_refusals_have_other_names_is_not_read_in_silence():
    people = load_sample("audience").rename(columns={"consent_email": "Consentement e-mail"}).assign(**{"Date de désabonnement": ""})
    told = check_sends(load_sample("sends"), members=people).findings
    assert {f.column for f in told if f.code == "W_MEMBERS_UNREAD"} == {"Consentement e-mail", "Date de désabonnement"}
    assert not [f for f in check_sends(load_sample("sends"), members=load_sample("audience")).findings if f.code == "W_MEMBERS_UNREAD"]
