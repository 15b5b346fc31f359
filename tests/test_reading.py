"""What exports are made of beyond cells: names and links that tell what a piece is, people, workbooks, zips, files that never end."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from mktlib.errors import DataError, LimitError
from mktlib.intake import read_export, tally
from mktlib.intake.privacy import key, key_id, masked, pseudonym
from mktlib.scoring import ContentScorer
from mktlib.simulate import sample_path
from mktlib.vocabulary import lookup, platforms

GOOGLE = platforms()["google_ads"]["example"][0]["text"].removeprefix("\n")
META = """Day,Campaign name,Ad name,Ad ID,Impressions,Link clicks,Amount spent (EUR),Website URL
2026-09-01,parks_decision,parks_video-ad_playful_x,1,1000,30,5.00,https://example.org/?utm_medium=cpc&utm_source=instagram
2026-09-02,parks_decision,parks_video-ad_playful_x,1,900,25,5.00,https://example.org/?utm_medium=cpc&utm_source=instagram
2026-09-01,city_awareness,city_blog-post_formal_y,2,2000,20,4.00,
2026-09-01,city_awareness,unnamed,3,500,4,1.00,
"""
NAMING = """
[naming]
from = ["content_name"]
pattern = "{segment}_{content_type}_{style}_{*}"
[naming.words.segment]
parks = "park_visitors"
[naming.words.style]
formal = "informative"
[utm]
url = "Website URL"
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKTLIB_KEY", "of the tests")


def written(folder: Path, data: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


# ---------------------------------------------------------------- what a piece is


def test_names_and_links_say_what_a_piece_is_and_what_they_do_not_say_is_counted(tmp_path: Path) -> None:
    intake = read_export(written(tmp_path, META, "meta.csv"), tags=written(tmp_path, NAMING, "naming.toml"))
    assert intake.log["segment"].fillna("").tolist() == ["park_visitors", "park_visitors", "city", ""]
    assert intake.log["content_type"].fillna("").tolist() == ["video_ad", "video_ad", "blog_post", ""]
    assert intake.log["style"].fillna("").tolist() == ["playful", "playful", "informative", ""]
    assert intake.log["network"].fillna("").tolist() == ["instagram", "instagram", "", ""]
    assert intake.log["channel"].tolist() == ["paid_social"] * 4  # the platform's own word stands
    lacking = intake.untagged.set_index(["axis", "piece"])["rows"].to_dict()
    assert {k: v for k, v in lacking.items() if k[0] != "length"} == {("segment", "3"): 1, ("content_type", "3"): 1, ("style", "3"): 1}


def test_a_table_of_tags_comes_before_names_and_neither_replaces_a_word_of_the_log(tmp_path: Path) -> None:
    written(tmp_path, "content_id,style\n1,luxury\n", "tags.csv")
    rules = written(tmp_path, 'table = "tags.csv"\n' + NAMING, "naming.toml")
    intake = read_export(written(tmp_path, META, "meta.csv"), tags=rules)
    assert intake.log["style"].fillna("").tolist() == ["luxury", "luxury", "informative", ""]
    assert intake.log["clicks"].sum() == 79


def test_a_text_tells_its_length(tmp_path: Path) -> None:
    rules = written(tmp_path, '[text]\ncolumn = "text"\n', "rules.toml")
    rows = [("A", "word " * 50), ("B", "word " * 250), ("C", "")]
    log = "content_id,content_type,channel,clicks,impressions,text\n" + "".join(f"{i},blog_post,email,1,10,{t}\n" for i, t in rows)
    out = read_export(written(tmp_path, log, "log.csv"), tags=rules).log
    assert out["length"].fillna("").tolist() == ["snack", "short", ""]
    assert out["words"].fillna("").tolist() == ["50", "250", ""]
    assert out["reading_seconds"].fillna("").tolist() == ["13", "63", ""]


@pytest.mark.parametrize(
    ("rules", "column"),
    [('[naming]\npattern = "no parts"', "naming.pattern"), ("[namig]\na = 1", "namig"), ("naming = 3", "naming")],
)
def test_rules_that_nobody_can_follow_are_refused_where_they_are_wrong(rules: str, column: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, META, "meta.csv"), tags=written(tmp_path, rules, "naming.toml"))
    assert column in [f.column for f in caught.value.findings]


def test_a_platforms_export_is_scored_in_one_line(tmp_path: Path) -> None:
    intake = read_export(written(tmp_path, META, "meta.csv"), tags=written(tmp_path, NAMING, "naming.toml"))
    assert intake.facts["score"] == {"metric": "click_rate", "by": ["segment", "content_type", "style", "channel"]}
    table = ContentScorer(**intake.facts["score"]).fit(intake.log).score_cells().table
    assert (table["low"] < table["rate"]).all()
    assert (table["rate"] < table["high"]).all()


# ---------------------------------------------------------------- which platform


def test_what_could_be_two_platforms_is_asked_and_a_wrong_name_is_mended(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, GOOGLE, "g.csv"), "google_add")
    assert [(f.code, f.hint) for f in caught.value.findings] == [("E_NO_PLATFORM", "google_ads")]
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "Date,Impressions,Clicks,Spend\n2026-09-01,100,3,5\n", "what.csv"))
    assert caught.value.codes[0] in ("E_PLATFORM_UNSURE", "E_PLATFORM")
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, GOOGLE.replace("Impr.", "Shown"), "g.csv"), "google_ads")
    assert caught.value.codes == ("E_MISSING_COLUMN",)
    assert "Impr." in str(caught.value.findings[0].expected)


def test_a_users_own_spellings_need_no_code(tmp_path: Path) -> None:
    own = written(tmp_path, 'extends = "google_ads"\n[columns]\nimpressions = ["Shown"]\nmood = "Mood"\n', "ours.toml")
    text = GOOGLE.replace("Impr.", "Shown").replace("Cost / conv.", "Mood")
    intake = read_export(written(tmp_path, text, "g.csv"), own)
    assert intake.log["impressions"].tolist() == [1240, 20410]
    assert "mood" in intake.log
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, text, "g.csv"), written(tmp_path, 'extends = "gogle_ads"\n[columns]\na = "b"\n', "wrong.toml"))
    assert caught.value.codes == ("E_NO_PLATFORM",)


# ---------------------------------------------------------------- people

PEOPLE = (
    "Name,Created at,Email,Financial Status,Total,Currency,Lineitem name,Lineitem quantity,Notes\n"
    "#1001,2026-09-01 10:00:00 +0200,Ana@Example.org,paid,79.00,EUR,Sun A,1,call bob@example.org\n"
    "#1002,2026-09-02 10:00:00 +0200,ana@example.org ,paid,-x,EUR,Sun B,1,\n"
)


def test_no_address_is_ever_shown(tmp_path: Path) -> None:
    head = "date,content_id,content_type,channel,clicks,impressions,email,note\n"
    text = (
        head
        + "2026-09-01,A,banner,display,1,10,Ana@Example.org,call bob@example.org\n2026-09-02,B,banner,display,-1,10,ana@example.org ,\n"
    )
    intake = read_export(written(tmp_path, text, "log.csv"))
    everything = intake.log.to_csv() + intake.rejected.to_csv() + intake.excluded.to_csv() + "".join(f.text for f in intake.findings)
    assert "@example" not in everything.lower()
    person = pseudonym("ana@example.org", key()[0])
    assert intake.log["email"].tolist() == [person]
    assert intake.log["note"].tolist() == ["call b***@e***"]
    assert person in intake.rejected["text"].iloc[0] or "a***@e***" in intake.rejected["text"].iloc[0]
    assert intake.facts["key_id"] == key_id(key()[0])
    assert "E_PSEUDONYMS" in [f.code for f in intake.findings]


def test_another_key_gives_other_people_and_none_is_kept_where_none_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = pseudonym("ana@example.org", key({"MKTLIB_KEY": "a"})[0])
    assert one == pseudonym("ana@example.org", key({"MKTLIB_KEY": "a"})[0])
    assert one != pseudonym("ana@example.org", key({"MKTLIB_KEY": "b"})[0])
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    secret, lasting = key({})
    assert lasting
    assert key({})[0] == secret
    kept = tmp_path / ".config" / "mktlib" / "key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setattr(Path, "home", lambda: written(tmp_path, "x", "a_file"))
    assert key({})[1] is False
    assert masked("a@b.fr; c") == "a***@b***; c"


# ---------------------------------------------------------------- files of other kinds


def book(rows: list[list[Any]]) -> bytes:
    out, made = io.BytesIO(), Workbook()
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_workbook_is_read_as_its_text_would_be_whatever_it_is_called(tmp_path: Path) -> None:
    rows = [line.split(",") for line in META.strip().splitlines()]
    numbers = [rows[0], *([*row[:4], int(row[4]), int(row[5]), float(row[6]), row[7]] for row in rows[1:])]
    plain = read_export(written(tmp_path, META, "meta.csv")).log
    for name in ("meta.xlsx", "renamed.csv"):
        intake = read_export(written(tmp_path, book(numbers), name))
        pd.testing.assert_frame_equal(intake.log, plain)


def test_the_table_inside_a_zip(tmp_path: Path) -> None:
    alone = read_export(written(tmp_path, zipped({"export/meta.csv": META}), "one.zip"))
    assert alone.facts["member"] == "meta.csv"
    assert len(alone.log) == 4
    two = written(tmp_path, zipped({"a.csv": META, "b.csv": META}), "two.zip")
    with pytest.raises(DataError) as caught:
        read_export(two)
    assert caught.value.codes == ("E_ZIP_MEMBERS",)
    assert len(read_export(two, table="b.csv").log) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(DataError) as caught:
            read_export(tmp_path / name)
        assert caught.value.codes == ("E_NOT_A_FILE",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a," * 20_000 + "\n" + "1," * 20_000 + "\n", "E_TOO_MANY_COLUMNS"),
        ("clicks,content_id\n1," + "x" * 5_000_000 + "\n", "E_FIELD_TOO_LONG"),
    ],
)
def test_what_is_too_large_says_which_line_and_which_limit(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(LimitError) as caught:
        read_export(written(tmp_path, text, "log.csv"))
    assert caught.value.codes == (code,)
    assert caught.value.findings[0].expected


@pytest.mark.parametrize("name", ["r[1].csv", "*.csv", "it's.csv", "two\nlines.csv"])
def test_a_name_is_that_name(name: str, tmp_path: Path) -> None:
    written(tmp_path, META.replace("1000", "9999"), "r1.csv")
    try:
        path = written(tmp_path, META, name)
    except OSError:
        pytest.skip("this file system has no such names")
    assert read_export(path).log["impressions"].iloc[0] == 1000


def test_identities_that_were_floats_are_refused(tmp_path: Path) -> None:
    log = pd.DataFrame(
        {"content_id": [2.3850000000000123e17], "content_type": "banner", "channel": "display", "clicks": 1, "impressions": 9}
    )
    with pytest.raises(DataError) as caught:
        read_export(log)
    assert caught.value.codes == ("E_ID_PRECISION",)
    whole = read_export(log.assign(content_id=[23850.0])).log
    assert whole["content_id"].tolist() == ["23850"]


def test_shares_are_written_in_one_way(tmp_path: Path) -> None:
    plan = written(tmp_path, '[columns]\ncontent_id = "id"\nshare = { from = "share", kind = "percent" }\n', "map.toml")
    assert read_export(written(tmp_path, "id;share\na;1,5 %\nb;3 %\n", "a.csv"), plan).log["share"].tolist() == [0.015, 0.03]
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "id;share\na;1,5 %\nb;0,03\n", "b.csv"), plan)
    assert caught.value.codes == ("E_MIXED_PERCENT",)


# ---------------------------------------------------------------- engines, damage


EXAMPLES = [(name, i) for name, row in platforms().items() for i in range(len(row["example"]))]


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_the_same_cells_from_every_engine_give_the_same_log(engine: str, tmp_path: Path) -> None:
    """The text of a file laid in a frame of each engine, then read: as the file itself."""
    import duckdb
    import polars

    lines = [line.split(",") for line in META.strip().splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0])
    given: Any = {"pandas": frame, "polars": polars.from_pandas(frame)}.get(engine)
    given = duckdb.from_df(frame) if engine == "duckdb" else given
    intake, plain = read_export(given), read_export(written(tmp_path, META, "meta.csv"))
    pd.testing.assert_frame_equal(intake.log, plain.log)
    counts = [tally(x, by=["campaign"]) for x in (intake.log, polars.from_pandas(intake.log), duckdb.from_df(intake.log))]
    assert all(c.to_dict() == counts[0].to_dict() for c in counts)


@settings(max_examples=100, deadline=None)
@given(
    which=st.integers(0, 10_000),
    cuts=st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from(["put", "drop", "swap", "line"]), st.integers(0, 255)), max_size=4),
)
def test_a_damaged_export_is_refused_or_accounted_for(
    which: int, cuts: list[tuple[int, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Good files of every platform, bytes put in, taken out, rows exchanged: never another error, never a row or a sum lost."""
    name, i = EXAMPLES[which % len(EXAMPLES)]
    example = platforms()[name]["example"][i]
    data = bytearray(example["text"].removeprefix("\n").encode(example.get("encoding", "utf-8")))
    for at, how, byte in cuts:
        at %= len(data)
        if how == "put":
            data[at:at] = bytes([byte])
        elif how == "drop" and len(data) > 1:
            del data[at]
        elif how == "line":
            lines = bytes(data).split(b"\n")
            lines.insert(byte % len(lines), lines[at % len(lines)])
            data = bytearray(b"\n".join(lines))
        else:
            data[at] = byte
    path = written(tmp_path_factory.mktemp("damaged"), bytes(data), "export.csv")
    refused: DataError | None = None
    try:
        intake = read_export(path)
    except DataError as error:
        refused = error
    if refused:
        assert all(lookup(f"findings.{f.code}.says", "fr") for f in refused.findings)
        return
    facts = intake.facts
    assert facts["rows_read"] == len(intake.log) + len(intake.rejected) + len(intake.excluded)


@pytest.mark.parametrize(("name", "i"), EXAMPLES)
def test_a_redressed_export_never_adds_up_to_something_else_in_silence(name: str, i: int, tmp_path: Path) -> None:
    """Line ends, marks, order, blank lines, a pasted copy, a column moved: the sums stay, or somebody is told."""
    example = platforms()[name]["example"][i]
    text, encoding = example["text"].removeprefix("\n"), example.get("encoding", "utf-8")
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode(encoding))
    base = read_export(path, name)
    lines = text.rstrip("\n").split("\n")
    if not base.lines:
        return  # every row is set aside: there is no sum to keep
    first = min(base.lines) - 1
    dresses = {
        "line ends": "\r\n".join(lines) + "\r\n",
        "blank lines below": text + "\n\n",
        "no last line end": text.rstrip("\n"),
        "one row pasted twice": "\n".join([*lines[: first + 1], lines[first], *lines[first + 1 :]]) + "\n",
        "rows turned round": "\n".join([*lines[:first], *reversed(lines[first : max(base.lines)]), *lines[max(base.lines) :]]) + "\n",
    }
    if '"' in text and "\n" in "".join(text.split('"')[1::2]):
        dresses = {k: v for k, v in dresses.items() if k.startswith(("line", "blank", "no"))}
    known = {(f.code, f.found) for f in base.findings}
    for dress, other in dresses.items():
        path.write_bytes(other.encode(encoding))
        try:
            intake = read_export(path, name)
        except DataError:
            continue
        new = {(f.code, f.found) for f in intake.findings} - known
        sums = [x.log.select_dtypes("number").sum().round(6).to_dict() for x in (base, intake)]
        assert sums[0] == sums[1] or new, dress


# ---------------------------------------------------------------- what attacks have found

HEAD = "Day,Campaign name,Impressions,Link clicks,Amount spent ({}),Campaign delivery\n"


def frame(**more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"content_id": ["a", "b"], "content_type": "blog_post", "channel": "email", "clicks": [3, 4], "delivered": 90} | more
    )


def test_rates_change_money_whose_currency_a_header_tells(tmp_path: Path) -> None:
    dollars = written(tmp_path, HEAD.format("USD") + "2026-09-01,S,1000,10,100,on\n", "usd.csv")
    log = read_export(dollars, rates={"EUR": 1, "USD": 0.5}).log
    assert log[["spend", "currency"]].to_numpy().tolist() == [[50.0, "EUR"]]
    for rates in ({"EUR": 1, "USD": 0}, {"EUR": 1, "USD": float("nan")}, {"USD": 0.5}, {"EUR": 1, "USD": "x"}, "EUR"):
        with pytest.raises(DataError) as caught:
            read_export(dollars, rates=rates)  # type: ignore[arg-type]
        assert caught.value.codes == ("E_RATES",)


def test_numbers_of_a_frame_or_a_workbook_are_what_they_are(tmp_path: Path) -> None:
    for clicks in ([0.125, 1.0], [12.345, 1.0]):
        assert read_export(frame(clicks=clicks)).rejected["code"].tolist() == ["E_NOT_INTEGER"]
    assert read_export(frame(spend=[1.234, 12.345]), decimal=",").log["spend"].tolist() == [1.234, 12.345]
    mixed = frame(spend=["7,50", 1.234])
    path = written(tmp_path, book([[*mixed], *mixed.to_numpy().tolist()]), "mixed.xlsx")
    assert read_export(path).log["spend"].tolist() == [7.5, 1.234]
    with pytest.raises(DataError) as caught:
        read_export(frame(spend=["12,500", "1,234"]))
    assert caught.value.codes == ("E_AMBIGUOUS_NUMBER",)


def test_a_campaign_may_be_called_total_something(tmp_path: Path) -> None:
    text = HEAD.format("EUR") + "2026-09-01,TotalEnergies summer,1000,10,100,on\n2026-09-02,Elf,1000,1,5,on\n"
    assert read_export(written(tmp_path, text, "t.csv")).log["spend"].tolist() == [100.0, 5.0]


def test_of_three_files_one_row_stays() -> None:
    files = [frame(date="2026-09-01", clicks=[n, 1]).head(1) for n in (5, 7, 9)]
    assert read_export(files, keep="latest").log["clicks"].tolist() == [9]
    assert read_export(files, keep="first").log["clicks"].tolist() == [5]
    again = [*files[:2], frame(date="2026-09-01", clicks=[5, 1], note="x").head(1)]
    assert read_export(again, keep="latest").log["clicks"].tolist() == [5]
    nameless = frame(campaign=None, date="2026-09-01")
    assert len(read_export([nameless, nameless.assign(objective="x")]).log) >= 2


def test_what_was_running_does_not_make_another_row(tmp_path: Path) -> None:
    rows = [HEAD.format("EUR") + f"2026-09-01,S,1000,10,100,{word}\n" for word in ("active", "completed")]
    files = [written(tmp_path, text, f"{i}.csv") for i, text in enumerate(rows)]
    assert read_export(files).log["spend"].tolist() == [100.0]


def test_two_columns_of_one_meaning_are_told_or_refused(tmp_path: Path) -> None:
    two = "Day,Campaign name,Impressions,Link clicks,Amount spent (EUR),Amount spent (USD)\n2026-09-01,S,1000,10,100,0\n"
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, two, "two.csv"))
    assert caught.value.codes == ("E_MIXED_CURRENCY",)
    same = "Day,Campaign name,Impressions,Link clicks,LINK CLICKS,Amount spent (EUR)\n2026-09-01,S,1000,10,11,100\n"
    assert "E_SECOND_COLUMN" in [f.code for f in read_export(written(tmp_path, same, "same.csv")).findings]


def test_addresses_hide_nowhere(tmp_path: Path) -> None:
    said = GOOGLE.replace("Campaign report", "Campaign report for ana@example.org").replace("Sun_Search,", "ana@example.org,", 1)
    intake = read_export(written(tmp_path, said + "x,ana@example.рф\n", "g.csv"))
    link = read_export(frame(url="https://x.org/?utm_content=ana%40example.org"), tags=written(tmp_path, "[utm]\n", "u.toml"))
    tagged = read_export(frame(), tags=pd.DataFrame({"content_id": ["a"], "style": ["boss@example.org"]}))
    everything = [x.to_csv() for one in (intake, link, tagged) for x in (one.log, one.rejected, one.excluded)]
    everything += [f.text for one in (intake, link, tagged) for f in one.findings] + [str(intake.facts)]
    for text in everything:
        assert "ana@" not in text
        assert "boss@" not in text
        assert "%40example" not in text
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "ana@example.org,b\n1,2\n", "h.csv"))
    assert "ana@" not in str(caught.value)


def test_a_damaged_key_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    kept = tmp_path / ".config" / "mktlib" / "key"
    kept.parent.mkdir(parents=True)
    for text in ("", "ab", "no hex"):
        kept.write_text(text, encoding="ascii")
        assert key({})[1] is False


@pytest.mark.parametrize(
    ("options", "column"),
    [({"zone": "Nowhere/City"}, "zone"), ({"zone": "../../etc/passwd"}, "zone"), ({"zone": 5}, "zone"),
     ({"date_format": "%d/%m"}, "date_format"),
     ({"encoding": 5}, "encoding"), ({"keep": "newest"}, "keep"), ({"tables": 5}, "tables"), ({"decimal": "comma"}, "decimal")],
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused_with_what_to_type(options: dict[str, Any], column: str) -> None:
    with pytest.raises(DataError) as caught:
        read_export(frame(), **options)
    assert [(f.code, f.column) for f in caught.value.findings] == [("E_OPTION", column)]
    assert caught.value.findings[0].expected


def test_a_time_with_its_offset_is_told_in_the_zone_in_any_format() -> None:
    log = read_export(frame(date="01/09/2026 23:30 +0000"), date_format="%d/%m/%Y %H:%M %z", zone="Europe/Paris").log
    assert log["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-09-02"] * 2


def test_two_dates_above_a_table_are_a_range_only_where_they_say_so(tmp_path: Path) -> None:
    above = "Campaign report\nDownloaded October 3, 2026\nAccount opened January 5, 2020\n"
    table = "Campaign,Currency code,Impr.,Clicks,Cost\nS,EUR,1240,62,31.50\n"
    assert "date" not in read_export(written(tmp_path, above + table, "g.csv")).log
    ranged = "Campaign report\n# Start date: 20260901\n# End date: 20260930\n" + table
    assert read_export(written(tmp_path, ranged, "r.csv")).facts["period"] == ("2026-09-01", "2026-09-30")


def test_a_tag_is_a_word_and_an_index_is_a_column() -> None:
    log = read_export(frame(clicks=[None, 4]), tags=pd.DataFrame({"content_id": ["a"], "clicks": [77], "style": ["playful"]})).log
    assert log["clicks"].isna().tolist() == [True, False]
    dated = read_export(frame(date=["2026-09-01", "2026-09-02"]).set_index("date")).log
    assert dated["date"].notna().all()


def test_days_that_would_be_neighbours_in_the_other_order_are_asked(tmp_path: Path) -> None:
    head = "Start Date (in UTC),Campaign Name,Currency,Impressions,Clicks,Total Spent\n"
    for first, then, asked in (("03/09/2026", "04/09/2026", True), ("09/03/2026", "09/04/2026", False)):
        path = written(tmp_path, head + f"{first},UK,GBP,1200,12,50.20\n{then},UK,GBP,1300,13,60.20\n", "li.csv")
        if asked:
            with pytest.raises(DataError) as caught:
                read_export(path, "linkedin_ads")
            assert caught.value.codes == ("E_AMBIGUOUS_DATE",)
        else:
            intake = read_export(path, "linkedin_ads")
            assert intake.log["date"].dt.month.tolist() == [9, 9]
            assert "E_DATES_AS_USUAL" in [f.code for f in intake.findings]


def test_a_row_of_totals_is_no_piece_with_a_wrong_name() -> None:
    intake = read_export(sample_path("exports/meta_ads.csv"), tags=sample_path("exports/naming.toml"))
    codes = [f.code for f in intake.findings]
    assert "E_TOTAL_ROW" in codes
    assert "E_MISNAMED" not in codes


def test_what_a_naming_rule_or_a_map_says_in_vain_is_told(tmp_path: Path) -> None:
    export = written(tmp_path, META, "meta.csv")
    odd = read_export(export, tags=written(tmp_path, NAMING, "naming.toml"))
    assert [f.column for f in odd.findings if f.code == "E_MISNAMED"] == ["content_name"]
    for rules, code in (
        (NAMING.replace('"content_name"', '"Ad nam"'), "E_NAMING_COLUMN"),
        (NAMING.replace("{style}", "{styl}"), "E_NAMING_PART"),
        (NAMING.replace("words.style", "words.mood"), "E_NAMING_PART"),
    ):
        assert code in [f.code for f in read_export(export, tags=written(tmp_path, rules, "wrong.toml")).findings]
    slip = written(tmp_path, 'extends = "meta_ads"\n[columns]\nclickz = ["Clics sortants"]\n', "ours.toml")
    with pytest.raises(DataError) as caught:
        read_export(export, slip)
    assert [(f.code, f.hint) for f in caught.value.findings] == [("E_BRIEF_UNKNOWN", "clicks")]
    how = written(tmp_path, 'extends = "meta_ads"\ndecimal = "."\n', "how.toml")
    assert len(read_export(export, how).log) == 4


def test_days_of_publication_are_no_days_of_measurement(tmp_path: Path) -> None:
    rows = "".join(f"2026-09-{d:02d},p{d},banner,display,1,{100 if d < 14 else 5}\n" for d in range(1, 15))
    log = "date,content_id,content_type,channel,clicks,impressions\n" + rows
    assert not {"E_PARTIAL_DAY", "E_GAP"} & {f.code for f in read_export(written(tmp_path, log, "posts.csv")).findings}
