"""What leaves a plan: days that keep silence, files that run nothing, names that stay inside, the same bytes every time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pandas as pd
import pytest
from dateutil.easter import easter
from icalendar import Calendar
from planned import BRIEFS, scores_of
from test_reporting import Page

from mktlib.charts import describe, plot
from mktlib.errors import DataError, StoreError
from mktlib.planning import brief_from_text, plan_campaign, read_brief
from mktlib.planning.asked import read_questions
from mktlib.planning.calendar import Silence, working_day_before
from mktlib.planning.calendar_check import _easter
from mktlib.planning.links import check_site, inside, links, slug, slugs
from mktlib.planning.plan import CampaignPlan
from mktlib.reporting import report
from mktlib.vocabulary import finding, load_tables

NAMES = ("drive_in", "law_firm", "sunglasses")
SITE = "https://example.org/new"


def planned(name: str) -> CampaignPlan:
    brief = read_brief(BRIEFS / f"{name}.toml")
    cells = brief.cells()
    styles = {"playful", "expert", "storytelling", "luxury"}  # enough of them for a plan, few enough to be quick
    cells = cells[cells["style"].isin(styles)].reset_index(drop=True)
    return plan_campaign(scores_of(cells, seed=1, rate=0.03), brief, keep=60)


@pytest.fixture(scope="module")
def plans() -> dict[str, CampaignPlan]:
    return {name: planned(name) for name in NAMES}


HAND = """
name = "Sales, \\"spring\\"; 2027"
first_day = 2026-12-21
last_day = 2027-01-10
budget = 5000
[team]
owner = "Ana Ruiz"
[segments]
parents = {size = 20000, consent = {sms = 0.2, email = 0.3, push = 0.2}}
drivers = {size = 9000, consent = {sms = 0.2, email = 0.3, push = 0.2}}
[channels]
sms = 0.06
email = 0.004
push = 0.002
paid_social = 8.0
[production]
default = {cost = 100, days = 2}
sms = {cost = 20, days = 0.5, owner = "Bo Li"}
[[mutes]]
name = "Christmas"
first_day = 2026-12-24
last_day = 2026-12-26
[[mutes]]
first_day = 2027-01-04
last_day = 2027-01-08
channel = "email"
[[fixed_dates]]
day = 2026-12-30
content_type = "promo_email"
"""


def by_hand(text: str = HAND, **changes: object) -> CampaignPlan:
    """A plan typed in: an SMS, an e-mail and an image over three weeks with a mute, Christmas and New Year's Day."""
    pieces = [("P01", "sms", "promotional", "short", "decision", 20.0, 0.5, 1, "make")]
    pieces += [("P02", "promo_email", "playful", "short", "decision", 100.0, 2.0, 2, "make")]
    pieces += [
        ("P03", "social_image", "playful", "none", "awareness", 100.0, 2.0, 1, "make"),
        ("P04", "quiz", "luxury", "none", "interest", 1.0, 1.0, 0, "hold"),
    ]
    items = pd.DataFrame(pieces, columns=["item", "content_type", "style", "length", "stage", "cost", "days", "week", "status"])
    spots = [(1, "parents", "decision", "sms", "P01", 4000.0), (2, "drivers", "decision", "sms", "P01", 1800.0)]
    spots += [(2, "parents", "decision", "email", "P02", 6000.0), (2, "drivers", "decision", "email", "P02", 2700.0)]
    spots += [(3, "parents", "decision", "email", "P02", 6000.0), (1, "parents", "awareness", "paid_social", "P03", 10_000.0)]
    rows = [
        {
            "week": w,
            "segment": s,
            "stage": t,
            "channel": c,
            "item": i,
            "quantity": q,
            "spend": q / 100,
            "value": q / 50,
            "low": q / 80,
            "high": q / 20,
        }
        for w, s, t, c, i, q in spots
    ]
    schedule = pd.DataFrame(rows).assign(exposure=1.0, rate=0.02, rate_sd=0.1, verdict=["make", "test"] * 3, events=1.0)
    limits = pd.DataFrame([("budget", "all", 600.0, 5000.0, "money", 0.5), ("messages_week", "parents / 2", 2.0, 2.0, "messages", 3.0)],
                          columns=["limit", "scope", "used", "most", "unit", "price"])  # fmt: skip
    tests = pd.DataFrame(
        [("P01", "drivers", "decision", "sms", 18.0, "test")], columns=["item", "segment", "stage", "channel", "spend", "reason"]
    )
    facts = {"name": "x", "currency": "EUR", "weeks": 3, "budget": 5000.0, "metric": "click_rate", "objective": "value", "level": 0.9}
    expected = {"value": 600.0, "low": 300.0, "high": 900.0, "spend": 500.0}
    made = {"table": items, "schedule": schedule, "limits": limits, "tests": tests, "facts": facts, "expected": expected, **changes}
    return CampaignPlan(brief=brief_from_text(text), **made)


# ---------------------------------------------------------------- the calendar


@pytest.mark.parametrize("name", NAMES)
def test_the_calendar_of_each_sample_brief_holds_every_rule(plans, name):
    plan = plans[name]
    calendar, out = plan.calendar(), plan.calendar().query("task == 'publish'")
    assert plan.check().empty
    assert len(out) == len(plan.schedule)
    assert out["quantity"].sum() == pytest.approx(plan.schedule["quantity"].sum())
    assert calendar["money"].sum() == pytest.approx(plan.expected["spend"])
    assert list(calendar["item"][calendar["task"] == "make"].sort_values()) == list(plan.items["item"][plan.items["status"] == "make"])
    pd.testing.assert_frame_equal(calendar, plan.calendar())
    for row in out.itertuples(index=False):
        assert plan.brief.first_day <= row.at.date() <= plan.brief.last_day
        assert not any(m.first_day <= row.at.date() <= m.last_day for m in plan.brief.mutes)
        if row.channel == "sms":
            assert row.at.isoweekday() != 7
            assert 8 <= row.at.hour < 20


def test_days_are_spread_over_the_week(plans):
    out = plans["sunglasses"].calendar().query("task == 'publish'").drop_duplicates(["item", "channel", "at"])
    days = Counter(at.date() for at in out["at"])
    for week in range(1, plans["sunglasses"].brief.weeks + 1):
        counts = [days[day] for day in plans["sunglasses"].brief.week_days(week) if day != dt.date(2026, 11, 2)]
        assert max(counts) - min(counts) <= max(3, max(counts) // 2 + 1)


def test_hours_days_and_owners_by_hand():
    """Week 1: 21 to 27 December, Christmas is muted; week 2 holds New Year's Day; week 3 mutes e-mail until Friday."""
    made = by_hand()
    assert made.check(calendar=made.calendar())["limit"].str.startswith("calendar").sum() == 0
    rows = [(r.item, r.task, r.owner, str(r.due.date()), "" if pd.isna(r.at) else str(r.at)) for r in made.calendar().itertuples()]
    assert rows == [
        ("P01", "make", "Bo Li", "2026-12-18", ""),
        ("P03", "make", "Ana Ruiz", "2026-12-21", ""),
        ("P01", "publish", "Bo Li", "2026-12-18", "2026-12-21 12:00:00"),
        ("P03", "publish", "Ana Ruiz", "2026-12-21", "2026-12-22 12:00:00"),
        ("P02", "make", "Ana Ruiz", "2026-12-28", ""),
        ("P01", "publish", "Bo Li", "2026-12-18", "2026-12-28 12:00:00"),
        ("P02", "publish", "Ana Ruiz", "2026-12-28", "2026-12-29 10:00:00"),
        ("P02", "publish", "Ana Ruiz", "2026-12-28", "2026-12-29 10:00:00"),
        ("P02", "publish", "Ana Ruiz", "2026-12-28", "2027-01-09 10:00:00"),
    ]


def test_text_messages_rest_at_night_on_sundays_and_on_public_holidays():
    silence = Silence(brief_from_text(HAND), load_tables())
    assert silence.hours(dt.date(2026, 12, 28), "sms") == list(range(8, 20))
    for day in (
        dt.date(2026, 12, 27),
        dt.date(2026, 12, 25),
        dt.date(2027, 3, 29),
        dt.date(2027, 5, 6),
        dt.date(2027, 5, 17),
        dt.date(2026, 7, 14),
    ):
        assert silence.hours(day, "sms") == []
    assert silence.hours(dt.date(2026, 12, 27), "push") == list(range(8, 21))
    assert len(silence.hours(dt.date(2026, 12, 27), "email")) == 24


def test_two_ways_to_find_easter_agree():
    assert all(easter(year) == _easter(year) for year in range(1900, 2200))


@pytest.mark.parametrize(
    ("day", "before"),
    [("2026-10-05", "2026-10-02"), ("2026-12-28", "2026-12-24"), ("2027-05-18", "2027-05-14"), ("2027-01-02", "2026-12-31")],
)
def test_the_working_day_before(day, before):
    assert working_day_before(dt.date.fromisoformat(day)) == dt.date.fromisoformat(before)


BREAKS = [
    ("calendar_mute", "P03", "2026-12-24 12:00"),
    ("calendar_quiet", "P01", "2026-12-21 21:00"),
    ("calendar_quiet", "P01", "2026-12-21 07:59"),
    ("calendar_quiet", "P01", "2026-12-27 12:00"),
    ("calendar_week", "P03", "2026-12-20 12:00"),
    ("calendar_missing", "P03", "2026-12-28 12:00"),
    ("calendar_missing", "P03", None),
    ("calendar_due", "P03", "2026-12-21 12:00"),
    ("calendar_date", "P02", "2026-12-31 10:00"),
]


@pytest.mark.parametrize(("code", "item", "at"), BREAKS)
def test_a_day_moved_by_hand_is_caught(code, item, at):
    made = by_hand()
    calendar = made.calendar()
    rows = (calendar["item"] == item) & (calendar["task"] == "publish") & (calendar["at"] < "2027-01-01")
    calendar.loc[calendar.index[rows] if item == "P02" else [calendar.index[rows][0]], "at"] = pd.Timestamp(at)
    assert code in set(made.check(calendar=calendar)["limit"])


def test_a_publication_left_out_said_twice_or_of_another_size_is_caught():
    made, out = by_hand(), by_hand().calendar()
    for changed in (out.drop(index=2), pd.concat([out, out.iloc[[2]]]), out.assign(quantity=out["quantity"] * 2)):
        assert set(made.check(calendar=changed)["limit"]) >= {"calendar_missing"}


def test_a_sender_below_bulk_spreads_a_send_over_days():
    text = HAND + "\n[sending]\nauthenticated = false\n"
    made = by_hand(text)
    sent = made.calendar().query("channel == 'email'").groupby(lambda k: made.calendar()["at"][k].date())["quantity"].sum()
    assert sent.max() <= 4999
    assert sent.sum() == pytest.approx(14_700)
    calendar = by_hand().calendar()
    assert "calendar_bulk" in set(made.check(calendar=calendar)["limit"])


# ---------------------------------------------------------------- names


HOSTILE = ["../../etc/x", "CON", "com1", "x" * 300, "a/b", "", "\u202e", "日本", ".", "..", "nul", "a\x00b", "A B", "a-b", "=HYPERLINK(1)"]


def test_every_name_becomes_one_file_inside(tmp_path):
    made = slugs(HOSTILE, changed=True)
    assert len(set(made.values())) == len(HOSTILE)
    for safe in made.values():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", safe)
        assert len(safe) <= 67
        assert safe not in ("con", "nul", "com1")
        assert inside(tmp_path, f"{safe}.html").parent == tmp_path.resolve()
    assert slug("P01", changed=True) == "p01"
    assert sorted(slugs(["P01", "p01", "c"]).values())[0] == "c"
    assert len(set(slugs(["P01", "p01"]).values())) == 2
    assert all(v.startswith("p01-") for v in slugs(["P01", "p01"]).values())


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", ".", ""])
def test_a_way_out_is_refused(tmp_path, name):
    with pytest.raises(StoreError) as refused:
        inside(tmp_path, name)
    assert refused.value.codes == ("E_PATH",)


def test_a_link_that_leads_outside_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "pieces").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError) as refused:
        by_hand().export(tmp_path / "out", overwrite=True)
    assert refused.value.codes == ("E_PATH",)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["pieces"]


# ---------------------------------------------------------------- files


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_same_plan_gives_the_same_bytes(plans, name, language, tmp_path):
    one, two = (everything(plans[name].export(tmp_path / k, language=language, site=SITE)) for k in "ab")
    assert one == two
    assert {"calendar.ics", "plan.xlsx", "links.csv", "csv/calendar.csv"} <= set(one)
    assert sum(f.startswith("pieces/") for f in one) == plans[name].facts["pieces"]


def test_nothing_is_replaced_unless_it_is_said(tmp_path):
    made = by_hand()
    made.export(tmp_path)
    (tmp_path / "links.csv").write_text("mine")
    with pytest.raises(StoreError) as refused:
        made.export(tmp_path)
    assert set(refused.value.codes) == {"E_FILE_EXISTS"}
    assert (tmp_path / "links.csv").read_text() == "mine"
    made.export(tmp_path, overwrite=True)
    assert (tmp_path / "links.csv").read_text() != "mine"
    with pytest.raises(DataError):
        made.export(tmp_path / "x", language="xx")


def test_the_diary_says_what_the_calendar_says(tmp_path):
    made = by_hand()
    raw = (made.export(tmp_path, language="fr") / "calendar.ics").read_bytes()
    events = Calendar.from_ical(raw).walk("VEVENT")
    calendar = made.calendar()
    make = {(str(e["x-mktlib-item"]), e.decoded("dtstart"), str(e.get("contact"))) for e in events if "x-mktlib-channel" not in e}
    assert make == {(r.item, r.due.date(), r.owner) for r in calendar[calendar["task"] == "make"].itertuples()}
    out = []
    for event in events:
        if "x-mktlib-channel" in event:
            to = event["x-mktlib-to"]
            for line in to if isinstance(to, list) else [to]:
                quantity, segment = str(line).split(" ", 1)
                out.append(
                    (str(event["x-mktlib-item"]), str(event["x-mktlib-channel"]), segment, event.decoded("dtstart"), float(quantity))
                )
    rows = [r for r in calendar.itertuples() if r.task == "publish"]
    when = [r.at.date() if r.channel == "paid_social" else r.at.to_pydatetime() for r in rows]  # what is bought runs all day
    assert Counter(out) == Counter((r.item, r.channel, r.segment, at, r.quantity) for r, at in zip(rows, when, strict=True))
    assert len({str(e["uid"]) for e in events}) == len(events)
    assert {e.decoded("dtstamp").date() for e in events} == {made.brief.first_day}
    assert all(line.endswith(b"\r") for line in raw.split(b"\n")[:-1])


def test_an_event_that_moves_inside_its_week_keeps_its_name(plans):
    from mktlib.planning.outputs import diary
    from mktlib.planning.pages import Words

    made = by_hand()
    words, calendar = Words(made.brief, load_tables(), "en"), made.calendar()
    moved = calendar.assign(at=calendar["at"].where(calendar["item"] != "P03", calendar["at"] + pd.Timedelta(days=1)))
    one, two = ([str(e["uid"]) for e in Calendar.from_ical(diary(words, c)).walk("VEVENT")] for c in (calendar, moved))
    assert sorted(one) == sorted(two)


EVIL = [
    '=HYPERLINK("http://x","y")', "<script>alert(1)</script>", "javascript:alert(1)", "+1", "@SUM(A1)", "\t=1", "../../etc/passwd",
    "a\r\nBEGIN:VEVENT\r\nSUMMARY:x", "\u202eevil", "ana@example.org", "x" * 400, "'\"><img src=x onerror=y>",
    "{{ 7*7 }}", "=1+1|cmd",
]  # fmt: skip


def hostile() -> CampaignPlan:
    """Every word that people can choose is hostile: names, owners, segments, items, styles, channels."""
    made = by_hand()
    n = len(EVIL)
    items = pd.concat([made.items.head(1)] * n, ignore_index=True).assign(item=EVIL, style=EVIL[::-1], length=EVIL, stage=EVIL)
    items["content_type"] = [EVIL[(k + 3) % n] for k in range(n)]
    schedule = pd.concat([made.schedule.head(1)] * n, ignore_index=True).assign(item=EVIL, stage=EVIL, verdict=EVIL)
    schedule["segment"], schedule["channel"] = [EVIL[(k + 1) % n] for k in range(n)], [EVIL[(k + 2) % n] for k in range(n)]
    limits = made.limits.head(1).assign(limit=EVIL[0], scope=EVIL[1], unit=EVIL[3])
    tests = schedule[["item", "segment", "stage", "channel", "spend"]].assign(reason=EVIL)
    brief = made.brief.model_copy(
        update={"name": EVIL[0] + EVIL[7] + EVIL[8] + "\ud800", "team": made.brief.team.model_copy(update={"owner": EVIL[1]})}
    )
    return dataclasses.replace(made, table=items, schedule=schedule, limits=limits, tests=tests, brief=brief)


@pytest.fixture(scope="module")
def hostile_files(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("hostile") / "out"
    files = everything(hostile().export(folder, language="en", site=SITE))
    assert [p.name for p in folder.parent.iterdir()] == ["out"]
    return files


def test_a_workbook_holds_typed_text_and_numbers_only(hostile_files):
    book = openpyxl.load_workbook(io.BytesIO(hostile_files["plan.xlsx"]))
    assert book.sheetnames == ["Pieces", "Schedule", "Calendar", "Limits", "Tests"]
    kinds = Counter(cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row)
    assert set(kinds) <= {"s", "n", "d", "inlineStr"}
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert EVIL[0] in cells
    assert EVIL[1] in cells
    assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)
    with zipfile.ZipFile(io.BytesIO(hostile_files["plan.xlsx"])) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets")]
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<hyperlink" in sheet]


def test_a_workbook_reads_back_the_tables(tmp_path):
    made = by_hand()
    book = openpyxl.load_workbook(made.export(tmp_path, language="fr") / "plan.xlsx")
    assert book.sheetnames == ["Contenus", "Diffusions", "Calendrier", "Limites", "Tests"]
    rows = list(book["Diffusions"].iter_rows(values_only=True))
    assert rows[0][1] == "Contenu"
    assert [r[5] for r in rows[1:]] == list(made.schedule["quantity"])
    assert [r[1] for r in rows[1:]] == list(made.schedule["item"])
    days = [r[2] for r in list(book["Calendrier"].iter_rows(values_only=True))[1:]]
    assert [d for d in days if d] == [at.to_pydatetime() for at in made.calendar()["at"].dropna()]
    assert list(book["Limites"].iter_rows(values_only=True))[2][1] == "Parents, semaine 2"
    assert all(9 <= d.width <= 46 for sheet in book for d in sheet.column_dimensions.values())


def test_no_cell_of_a_csv_is_run(hostile_files):
    for name, content in hostile_files.items():
        if name.endswith(".csv"):
            table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
            texts = [v for c in table for v in table[c] if not re.fullmatch(r"-?[0-9.e+-]*", v)]
            assert not [v for v in texts if v[:1] in "=+-@\t\r\n＝＋－＠"], name


def test_a_diary_holds_no_event_of_somebody_else(hostile_files):
    raw = hostile_files["calendar.ics"]
    events = Calendar.from_ical(raw).walk("VEVENT")
    assert raw.count(b"BEGIN:VEVENT\r\n") == len(events) == 2 * len(EVIL)
    assert b"\nSUMMARY:x" not in raw
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", raw.decode("utf-8"))


def test_pages_of_hostile_names_are_inert(hostile_files):
    pages = [Page(content.decode("utf-8")) for name, content in hostile_files.items() if name.startswith("pieces/")]
    assert len(pages) == len(EVIL)
    for page in pages:
        assert not page.all("script")
        assert not page.all("img")
        assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on") or a in ("src", "action")]
        assert {a["href"] for _, a in page.elements if "href" in a} <= {"#content"}  # the link that skips to the content
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in [a.get("content") for a in page.all("meta")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text)
    assert any("<script>alert(1)</script>" in page.text for page in pages)
    assert any("{{ 7*7 }}" in page.text for page in pages)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_tells_creators_what_they_need(language, tmp_path):
    made, tables = by_hand(), load_tables()
    page = Page((made.export(tmp_path, language=language, site=SITE) / "pieces" / "p02.html").read_text(encoding="utf-8"))
    text = re.sub("[\u00a0\u202f]", " ", page.text)
    style, stage = tables.styles["playful"], tables.stages["decision"]
    plain = [re.sub("[\u00a0\u202f]", " ", s) for s in (*style["do"][language], *style["dont"][language], stage["question"][language])]
    assert all(sentence in text for sentence in plain)
    assert tables.specs["email_subject"]["label"][language] in text
    assert "Ana Ruiz" in text
    assert "utm_content=p02-promo_email-parents" in text
    assert {"en": "29 December 2026, 10:00", "fr": "29 décembre 2026, 10:00"}[language] in text
    assert page.all("html") == [{"lang": language}]


def test_banners_have_sizes_and_a_doubtful_limit_has_a_star(tmp_path):
    made = by_hand()
    items = made.items.assign(content_type="banner", length="none")
    schedule = made.schedule.assign(channel="display")
    page = Page(
        (dataclasses.replace(made, table=items, schedule=schedule).export(tmp_path, language="en") / "pieces" / "p01.html").read_text()
    )
    assert "Medium rectangle 300 × 250 pixels" in page.text
    assert "Half page * 300 × 600 pixels" in page.text


# ---------------------------------------------------------------- links


def test_links_are_one_each_lower_case_and_of_ga4s_mediums(plans):
    for plan in plans.values():
        table = plan.links(site=SITE)
        assert not table.duplicated(["item", "channel", "segment"]).any()
        assert len(table) == len(plan.schedule.drop_duplicates(["item", "channel", "segment"]))
        tagged = table[table["utm_medium"] != ""]
        assert tagged["link"].is_unique
        for row in tagged.itertuples(index=False):
            tags = {k: v[0] for k, v in parse_qs(urlsplit(row.link).query).items()}
            assert tags == {k: getattr(row, k) for k in ("utm_source", "utm_medium", "utm_campaign", "utm_content")}
            assert all(re.fullmatch("[a-z0-9_-]+", v) for v in tags.values())
            assert row.utm_medium in (load_tables().channels[row.channel]["utm_medium"] or [row.channel])
        bare = table[table["channel"].isin(["direct", "organic_search"])]
        assert (bare["link"] == SITE).all()


def test_links_never_carry_anybody(hostile_files):
    made = hostile()
    schedule = made.schedule.assign(segment="ana.lopez@example.org", item="bo@example.org")
    table = links(made.brief.model_copy(update={"name": "For ana.lopez@example.org"}), made.items, schedule.head(1), site=SITE)
    assert not re.search("ana|lopez|bo@|%40", " ".join(table[[c for c in table if c.startswith("utm") or c == "link"]].iloc[0]))
    assert b"%40" not in hostile_files["links.csv"]


@pytest.mark.parametrize(
    "site",
    [
        "javascript:alert(1)",
        "ftp://x.org",
        "https://",
        "https://a:b@x.org",
        "https://x.org/a b",
        "x.org",
        "https://x.org/\u202e",
        "https://x.org/?to=a@b.org",
        "http://[::1",
    ],
)
def test_only_a_plain_address_is_a_site(site):
    with pytest.raises(DataError) as refused:
        check_site(site)
    assert refused.value.codes == ("E_OPTION",)
    with pytest.raises(DataError):
        by_hand().links(site=site)


# ---------------------------------------------------------------- the pitch and the picture


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_plan_alone_is_a_pitch(plans, language):
    made = report(plans["sunglasses"], language=language)
    assert [s.kind for s in made.sections] == ["plan", "why", "aside", "stop"]
    first = made.sections[0].tables[0]
    assert [r.cells[0] for r in first.rows] == list(plans["sunglasses"].items.query("status == 'make'")["item"])[: len(first.rows)]
    waiting = plans["sunglasses"].items.query("status == 'hold'")["item"]
    assert [r.cells[0] for t in made.sections[2].tables for r in t.rows] == list(waiting)
    assert len(Page(made.html).all("img")) == 2


def test_what_waits_for_an_alarm_says_so_and_the_rest_says_its_limits():
    text = (
        HAND
        + """
[topics.delivery]
content_type = "quiz"
[topics.ads]
channel = "paid_social"
"""
    )
    alarm = finding("N_PLAN_HOLD", "en", column="topics.delivery", found="delivery", alarm="alert")
    one = by_hand(text, findings=(alarm,))
    waits = one.items.iloc[-1:].assign(item="P05", content_type="sms")
    two = dataclasses.replace(one, table=pd.concat([one.items, waits], ignore_index=True))
    aside = {n: report(p, language="en").sections[2] for n, p in ((1, one), (2, two), (0, by_hand(text)))}
    assert aside[1].sentences == ('1 of them waits because an alarm stands on "delivery": it can be shown once the alarm is over.',)
    assert aside[2].sentences[0] == aside[1].sentences[0]
    assert aside[2].sentences[1].startswith("1 of them waits because others use up what there is: ")
    assert [row.cells[-1] for row in aside[2].tables[0].rows] == ['an alarm stands on "delivery"', "others use up what there is"]
    assert aside[0].sentences[0].startswith("It waits because others use up")
    french = report(two, language="fr").sections[2].sentences
    assert ["alarme" in s for s in french] == [True, False]
    ads = finding("N_PLAN_HOLD", "en", column="topics.ads", found="ads", alarm="alert")
    assert report(by_hand(text, findings=(ads,)), language="en").sections[2].sentences == (
        'An alarm stands on "ads": what speaks of it waits.',
    )


def test_a_muted_week_keeps_its_place_in_the_money_calendar_and_says_so():
    text = HAND.replace('last_day = 2027-01-08\nchannel = "email"', "last_day = 2027-01-10")
    made = by_hand(text)
    made = dataclasses.replace(made, schedule=made.schedule[made.schedule["week"] < 3])
    for plan, last in ((made, "W3: silence"), (by_hand(), "W3")):
        assert [t.get_text() for t in plot(plan, language="en").get_xticklabels()] == ["W1", "W2", last]


def test_what_comes_to_nothing_is_nothing_in_the_workbook(tmp_path):
    made = by_hand()
    made = dataclasses.replace(made, limits=made.limits.assign(used=[-1.39e-16, 2.0]))
    sheet = openpyxl.load_workbook(made.export(tmp_path) / "plan.xlsx").worksheets[3]
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == [0, 2]


def test_the_stop_rule_says_the_low_end_at_half_time():
    made = by_hand()
    early = made.schedule[made.schedule["week"] <= 1]
    headline = report(made, language="en").sections[3].headline
    assert f"€{early['low'].sum():.0f}" in headline
    assert f"€{early['value'].sum():.0f}" in headline
    assert "1 chance in 20" in headline


def test_the_reasons_add_up_to_the_plan(plans):
    why = report(plans["drive_in"], language="en", reader="analyst").sections[1]
    values = [float(re.sub(r"[^0-9.]", "", row.cells[5])) for row in why.tables[0].rows]
    assert values == sorted(values, reverse=True)
    assert len(values) <= 12
    assert why.sentences


def test_days_as_a_picture_say_owner_and_due_date():
    said = describe(plot(by_hand(), kind="dates", language="en"))
    assert "SMS (P01) · Bo Li · 18 Dec" in said
    assert "the first is due on 18 December 2026, the last on 28 December 2026" in said
    assert "E-mail: Promotional e-mail (P02) · Ana Ruiz · 28 Dec 29 Dec" in said


def test_a_segment_is_written_to_at_its_own_hour_unless_it_is_quiet():
    text = HAND.replace("parents = {size = 20000,", "parents = {hours = {email = 19, sms = 22}, size = 20000,")
    out = by_hand(text).calendar().query("task == 'publish'")
    hours = {(r.segment, r.channel): r.at.hour for r in out.itertuples()}
    assert hours == {
        ("parents", "email"): 19, ("drivers", "email"): 10, ("parents", "sms"): 19, ("drivers", "sms"): 12, ("parents", "paid_social"): 12,
    }  # fmt: skip


def test_a_question_says_neither_a_number_nor_an_address_and_dates_are_no_people():
    asked = pd.DataFrame({"question": ["Call 06 12 34 56 78 or ana@example.org?", "word " * 9999], "people": [50, 60]})
    read = read_questions(asked)
    assert read["question"].iloc[0] == "Call *** or a***@e***?"
    assert read["question"].str.len().max() == 200
    with pytest.raises(DataError, match="line 2, people"):
        read_questions(asked.assign(people=pd.Timestamp("2026-01-01")))
