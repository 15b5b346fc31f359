"""Shapes of real exports that no platform's own example shows: what stands around a table, what is a total, which days a row means."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from mktlib.errors import DataError
from mktlib.intake import read_export
from mktlib.scoring import ContentScorer

META = "Campaign name,Day,Impressions,Link clicks,Amount spent (EUR)\nSun,2026-09-01,100,3,5.25\nSun,2026-09-02,120,4,5.5\n"
SNAPSHOT = """# Reports snapshot
# Start date: 20260901
# End date: 20260930
Nth day,Active users,New users
0000,31,1
0001,44,2

# Start date: 20260901
# End date: 20260930
Session default channel group,Sessions
Organic Search,60
Direct,40

Country,Active users
France,60
"""
LINKEDIN = """Rapport (en UTC)
"Début du rapport : {first}, 00:00"
"Fin du rapport : {last}, 23:59"

Date de début (en UTC);Nom du compte;Nom du groupe de campagnes;Nom de la campagne;ID de la campagne;Total dépensé;Impressions;Clics
01/09/2026;Parcs;Été;Dirigeants;8001;33,33;1000;4
02/09/2026;Parcs;Été;Dirigeants;8001;33,34;1100;5
"""


def written(folder: Path, data: str | bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def workbook(text: str) -> bytes:
    out, made = io.BytesIO(), Workbook()
    for line in text.splitlines():
        made.active.append(line.split(","))
    made.save(out)
    return out.getvalue()


def test_a_workbook_in_a_zip_is_read_and_an_old_one_is_not(tmp_path: Path) -> None:
    assert read_export(written(tmp_path, zipped("r.xlsx", workbook(META)), "r.zip")).log["clicks"].sum() == 7
    for name, data in (("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600)), ("old.zip", zipped("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600)))):
        with pytest.raises(DataError) as caught:
            read_export(written(tmp_path, data, name))
        assert caught.value.codes == ("E_WRONG_FORMAT",)
        assert "xls" in str(caught.value)
        assert "CSV" in str(caught.value)


def test_another_table_of_a_file_is_read_by_the_first_word_of_its_header(tmp_path: Path) -> None:
    path = written(tmp_path, SNAPSHOT)
    first = read_export(path)
    assert first.log["date"].dt.day.tolist() == [1, 2]
    assert any(f.code == "E_OTHER_TABLE" and 'table="' in f.text for f in first.findings)
    third = read_export(path, table="Country")
    assert third.log[["country", "active_users"]].to_numpy().tolist() == [["France", 60]]
    assert third.facts["period"] == ("2026-09-01", "2026-09-30")
    assert (third.excluded["reason"] == "E_OTHER_TABLE").sum() >= 6
    for intake in (first, third):
        assert intake.facts["rows_read"] == intake.facts["kept"] + intake.facts["excluded"]
    with pytest.raises(DataError) as caught:
        read_export(path, table="Cuntry")
    assert "Country" in str(caught.value)


def test_a_blank_line_within_a_table_does_not_end_it(tmp_path: Path) -> None:
    head = "# Start date: 20260901\n# End date: 20260930\nSession source / medium,Sessions,Engaged sessions\n"
    intake = read_export(written(tmp_path, head + "a / b,10,4\n\nc / d,20,8\n\nCity,Sessions,Engaged sessions\nParis,30,12\n"))
    assert intake.log["sessions"].tolist() == [10, 20]
    assert intake.excluded["reason"].tolist().count("E_OTHER_TABLE") == 2


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Subscription status,Views,Watch time (hours)\nNot subscribed,9033,172.3\nSubscribed,1070,22.4\n,10103,194.7\n", 2),
        ("Views,Subscription status,Watch time (hours)\n10103,Total,194.7\n9033,Not subscribed,172.3\n1070,Subscribed,22.4\n", 2),
        ("# Start date: 20260901\n# End date: 20260930\nNth day,Active users,New users\n0000,31,20\n0001,44,25\n,60,45\n", 2),
        ("Nom,Visites,Actions,Rebonds,Conversions,Revenu\nSites web,655,1890,301,13,310\nDirect,97,240,49,1,0\n,752,2130,350,14,310\n", 2),
        ("Event name,Event count,Total users,Total revenue\na,100,30,0\nb,40,20,0\n,140,35,0\n", 2),
        (
            "# Start date: 20260901\n# End date: 20260930\nEvent name,Event count,Total users,Total revenue\n"
            "a,100,30,0\nb,40,20,0\n,140,35,0\n",
            2,
        ),
        (
            "Campaign name,Reporting starts,Reporting ends,Impressions,Link clicks,Amount spent (EUR)\n,2026-09-01,2026-09-02,300,7,10.75\n"
            "Sun,2026-09-01,2026-09-01,100,3,5.25\nSun,2026-09-02,2026-09-02,200,4,5.50\n",
            2,
        ),
    ],
)  # fmt: skip
def test_a_total_gives_itself_away_whatever_the_platform_counts_beside_it(text: str, kept: int, tmp_path: Path) -> None:
    intake = read_export(written(tmp_path, text))
    assert len(intake.log) == kept
    assert (intake.excluded["reason"] == "E_TOTAL_ROW").sum() == text.count("\n") - 1 - kept - text.count("# ")


@pytest.mark.parametrize(("first", "last"), [("1 septembre 2026", "30 septembre 2026"), ("1 janvier 2026", "30 septembre 2026")])
def test_the_range_of_a_report_settles_the_order_of_its_days_or_it_is_asked(first: str, last: str, tmp_path: Path) -> None:
    path = written(tmp_path, LINKEDIN.format(first=first, last=last))
    if "janvier" in first:
        with pytest.raises(DataError) as caught:
            read_export(path)
        assert caught.value.codes == ("E_AMBIGUOUS_DATE",)
        return
    assert read_export(path).log["date"].dt.strftime("%d %B").tolist() == ["01 September", "02 September"]


@pytest.mark.parametrize(
    ("text", "metric", "rate"),
    [
        (
            "Start Date (in UTC),Campaign Group Name,Campaign Name,Impressions,Clicks,Total Spent\n"
            "2026-09-01,A,B,1000,30,5.5\n2026-09-01,A,C,1000,10,5.5\n",
            "all_click_rate",
            0.03,
        ),
        ("Session source / medium,Sessions,Engaged sessions,Key events\na / b,1000,600,4\nc / d,800,300,8\n", "engaged_session_rate", 0.6),
    ],
)  # fmt: skip
def test_what_a_report_counts_can_be_scored_though_it_has_no_clicks_on_links(text: str, metric: str, rate: float, tmp_path: Path) -> None:
    intake = read_export(written(tmp_path, text))
    assert intake.facts["score"]["metric"] == metric
    table = ContentScorer(**intake.facts["score"]).fit(intake.log).score_cells().table
    assert table["rate"].iloc[0] == pytest.approx(rate, rel=0.25)
    assert len(table) == 2


def test_an_empty_count_is_told_and_is_0_where_the_caller_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, META.replace(",3,5.25", ",,5.25"))
    intake = read_export(path)
    told = [f for f in intake.findings if f.code == "E_EMPTY_COUNT"]
    assert intake.log["clicks"].isna().tolist() == [True, False]
    assert len(told) == 1
    assert told[0].level == "warning"
    said = str(told[0].hint)
    own = 'extends = "meta_ads"\n[columns]\nclicks = { from = ["Link clicks"], values = { "" = "0" } }\n'
    assert all(line in said for line in ('extends = "meta_ads"', 'clicks = { from = ["Link clicks"], values = { "" = "0" } }'))
    assert read_export(path, written(tmp_path, own, "zero.toml")).log["clicks"].tolist() == [0, 4]
    assert "E_EMPTY_COUNT" not in [f.code for f in read_export(written(tmp_path, META)).findings]


def test_days_with_points_are_never_month_first_because_a_platform_is(tmp_path: Path) -> None:
    head = "Start Date (in UTC),Campaign Group Name,Campaign Name,Impressions,Clicks,Total Spent\n"
    text = head + "01.09.2026,A,B,100,3,5.5\n02.09.2026,A,B,100,3,5.5\n"
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, text))
    assert caught.value.codes == ("E_AMBIGUOUS_DATE",)
    assert read_export(written(tmp_path, text), date_format="%d.%m.%Y").log["date"].dt.month.tolist() == [9, 9]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("2026-09-01 11:59 PM", ("2026-09-01", None)),
        ("Sep 1 - Sep 7, 2026", ("2026-09-01", "2026-09-07")),
        ("Dec 28 - Jan 3, 2026", ("2025-12-28", "2026-01-03")),
        ("1 - 7 janv. 2026", ("2026-01-01", "2026-01-07")),
        ("septembre 2026", ("2026-09-01", "2026-09-30")),
        ("Sep 1", None),
        ("01/09/26", None),
    ],
)
def test_a_cell_says_its_day_or_days_and_a_day_without_its_year_is_set_aside(cell: str, days: Any, tmp_path: Path) -> None:
    intake = read_export(written(tmp_path, META.replace("2026-09-01", f'"{cell}"')))
    if days is None:
        assert intake.rejected["code"].tolist() == ["E_BAD_DATE"]
        return
    first = intake.log.iloc[0]
    assert str(first["date"].date()) == days[0]
    assert days[1] is None or str(first["date_end"].date()) == days[1]


def test_a_file_with_every_cell_in_quotes_is_cut_at_its_tabs(tmp_path: Path) -> None:
    lines = ['"' + line.replace(",", '"\t"') + '"' for line in META.splitlines()]
    assert read_export(written(tmp_path, "\n".join(lines).encode("utf-16"))).log["spend"].sum() == 10.75


def test_headers_that_nobody_confirmed_are_enough_where_nearly_all_are_known_and_are_told(tmp_path: Path) -> None:
    head = "Date,Nom de la campagne,Dépenses dans la devise du compte,Impressions,Clics d'Épingle,Clics sortants\n"
    text = head + "2026-09-01,Été,10.5,100,5,3\n"
    intake = read_export(written(tmp_path, text))
    assert intake.facts["platform"] == "pinterest_ads"
    assert [f.level for f in intake.findings if f.code == "E_UNCONFIRMED"] == ["warning"]
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "Date,Nom de la campagne,Impressions,Clics,Machin,Truc\n2026-09-01,Été,10,5,1,2\n"))
    assert caught.value.codes[0] in ("E_PLATFORM", "E_PLATFORM_UNSURE")
