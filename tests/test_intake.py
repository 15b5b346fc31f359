"""Exports: what is wrong is named, what is right is kept, nothing is lost; counts are the same integers in every engine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mktlib.errors import DataError, SchemaError
from mktlib.intake import read_export, tally
from mktlib.vocabulary import load_tables, lookup, retell

HOME = Path(__file__).parents[1]
REAL = HOME.parent / "shared" / "data"
HEAD = "date,content_id,content_type,channel,segment,clicks,impressions,spend"
GOOD = [
    "2026-01-01,A,blog_post,display,NA,3,100,1.50",
    "2026-01-02,B,banner,display,parents,0,200,2.25",
    "2026-01-03,C,blog_post,display,,,300,",
]


def written(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def row(**cells: str) -> str:
    """A good row with some cells changed, under the canonical header and above the good rows."""
    cell = dict(zip(HEAD.split(","), GOOD[0].split(","), strict=True)) | cells
    return "\n".join([HEAD, ",".join(cell.values()), *GOOD]) + "\n"


REFUSED: dict[str, tuple[str | bytes, set[str]]] = {
    "empty": ("", {"E_EMPTY_FILE"}),
    "white": ("\n \n", {"E_EMPTY_FILE"}),
    "xlsx": (b"PK\x03\x04rest", {"E_WRONG_FORMAT"}),
    "gzip": (b"\x1f\x8b\x08", {"E_WRONG_FORMAT"}),
    "pdf": (b"%PDF-1.7", {"E_WRONG_FORMAT"}),
    "html": ("\ufeff <!DOCTYPE html><table>", {"E_WRONG_FORMAT"}),
    "json": ('[{"clicks": 1}]', {"E_WRONG_FORMAT"}),
    "binary": (b"a,b" + b"\x00c" * 20, {"E_WRONG_FORMAT"}),
    "header only": (HEAD + "\n\n", {"E_NO_ROWS"}),
    "twice": (f"{HEAD},clicks\n{GOOD[0]},1\n", {"E_DUPLICATE_COLUMN"}),
    "open quote": (f'{HEAD}\n"{GOOD[0]}\n', {"E_QUOTE"}),
    "quote inside": (f'{HEAD}\n2026-01-01,"A"x,blog_post,display,,1,2,3\n', {"E_QUOTE"}),
    "other header": ("a,b\n1,2\n", {"E_PLATFORM"}),
    "columns gone": ("content_id,channel,clics\nA,email,1\n", {"E_MISSING_COLUMN"}),
    "two ways": (row(spend='"1,234"').replace("1.50", "").replace("2.25", ""), {"E_AMBIGUOUS_NUMBER"}),
    "both marks": (row(spend='"1,5"'), {"E_AMBIGUOUS_NUMBER"}),
}

REJECTED: dict[str, tuple[str, str]] = {
    "negative": (row(clicks="-5"), "E_NEGATIVE_COUNT"),
    "half": (row(clicks="2.5"), "E_NOT_INTEGER"),
    "nan": (row(clicks="NaN"), "E_NOT_FINITE"),
    "infinite": (row(spend="inf"), "E_NOT_FINITE"),
    "overflow": (row(spend="1e999"), "E_NOT_FINITE"),
    "huge": (row(impressions="99999999999999999999"), "E_TOO_LARGE"),
    "word": (row(clicks="many"), "E_NOT_A_NUMBER"),
    "not our digits": (row(clicks="١٢"), "E_NOT_A_NUMBER"),
    "underscore": (row(clicks="1_0"), "E_NOT_A_NUMBER"),
    "no such day": (row(date="2026-02-30"), "E_BAD_DATE"),
    "which month": (row(date="03/04/2026"), "E_BAD_DATE"),
    "too many clicks": (row(clicks="101"), "E_CLICKS_GT_IMPRESSIONS"),
    "a cell more": (f"{HEAD}\n{GOOD[0]},x\n" + "\n".join(GOOD), "E_FIELD_COUNT"),
    "a cell less": (f"{HEAD}\n2026-01-01,A\n" + "\n".join(GOOD), "E_FIELD_COUNT"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_for_certain_is_refused(case: str, tmp_path: Path) -> None:
    text, codes = REFUSED[case]
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, text))
    assert set(caught.value.codes) == codes
    for language in ("en", "fr"):
        assert all(lookup(f"findings.{f.code}.says", language) for f in caught.value.findings)
    assert retell(caught.value.findings[0], "fr").text != retell(caught.value.findings[0], "en").text


@pytest.mark.parametrize("case", REJECTED)
def test_a_row_that_cannot_be_used_is_set_aside_with_its_line_and_text(case: str, tmp_path: Path) -> None:
    text, code = REJECTED[case]
    intake = read_export(written(tmp_path, text))
    assert intake.rejected[["line", "code"]].to_numpy().tolist() == [[2, code]]
    assert intake.rejected["text"].iloc[0] == text.splitlines()[1]
    assert intake.log["content_id"].tolist() == ["A", "B", "C"]
    assert [(f.code, f.line) for f in intake.findings if f.level == "error"] == [(code, 2)]
    assert lookup(f"findings.{code}.says", "fr") != lookup(f"findings.{code}.says", "en")


def test_all_that_is_missing_and_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "content_id,channel,clics\nA,email,1\n"))
    assert {(f.expected, f.hint) for f in caught.value.findings} >= {("clicks", "clics")}
    assert {f.expected for f in caught.value.findings} == {"content_type", "clicks", "impressions"}
    intake = read_export(written(tmp_path, row(clicks="-5", impressions="x", date="soon")))
    assert {f.code for f in intake.findings} == {"E_NEGATIVE_COUNT", "E_NOT_A_NUMBER", "E_BAD_DATE"}
    assert intake.facts["rejected"] == len(intake.rejected) == 1


def test_many_wrong_cells_are_capped_on_show_and_whole_in_rejected(tmp_path: Path) -> None:
    text = "\n".join([HEAD, *[GOOD[0].replace(",3,", ",-3,").replace(",A,", f",A{i},") for i in range(80)], *GOOD])
    intake = read_export(written(tmp_path, text))
    assert len(intake.rejected) == 80
    assert len(intake.findings) == 51
    assert (intake.findings[-1].code, intake.findings[-1].found) == ("E_MORE_REJECTED", "30")


def test_empty_is_null_never_zero_and_na_is_a_segment(tmp_path: Path) -> None:
    log = read_export(written(tmp_path, "\n".join([HEAD, *GOOD]))).log
    assert log["segment"].iloc[0] == "NA"
    assert log["segment"].isna().tolist() == [False, False, True]
    assert log["clicks"].tolist()[:2] == [3, 0]
    assert log["clicks"].isna().tolist() == [False, False, True]
    assert log["spend"].sum() == 3.75
    assert str(log["date"].iloc[1].date()) == "2026-01-02"


@pytest.mark.parametrize(("mark", "encoding"), [(";", "utf-8"), ("\t", "utf-16"), ("|", "cp1252"), (",", "utf-8-sig")])
def test_the_same_rows_in_every_dress(mark: str, encoding: str, tmp_path: Path) -> None:
    plain = [HEAD, *GOOD, "2026-01-04,Été,blog_post,display,parents,1,1000,3.10"]
    cells = [line.replace(",", mark) for line in plain]
    if mark == ";":
        cells = [line.replace(".", ",") for line in cells]
        cells[-1] = cells[-1].replace(";1000;3,10", ";1\u202f000;3,10 €")
    text = "\r\n".join(cells) + "\r\n"
    intake = read_export(written(tmp_path, text.encode(encoding)))
    other = read_export(written(tmp_path, "\n".join(plain), "plain.csv")).log
    pd.testing.assert_frame_equal(intake.log, other.assign(currency="EUR") if mark == ";" else other)
    assert intake.facts["separator"] == mark
    assert intake.facts["decimal"] == ("," if mark == ";" else ".")
    assert ("E_ENCODING_GUESSED" in [f.code for f in intake.findings]) == (encoding == "cp1252")


def test_what_decides_a_decimal_mark(tmp_path: Path) -> None:
    two_ways = written(tmp_path, row(spend='"1,234"').replace("1.50", "").replace("2.25", ""))
    assert read_export(two_ways, decimal=",").log["spend"].iloc[0] == 1.234
    assert read_export(two_ways, decimal=".").log["spend"].iloc[0] == 1234
    with pytest.raises(DataError) as caught:
        read_export(two_ways, decimal="comma")
    assert caught.value.codes == ("E_OPTION",)
    swiss = written(tmp_path, row(date="31.12.2025", spend="1'234.50").replace("2026-01-0", "0").replace("\n01,", "\n01.01.2026,"))
    intake = read_export(swiss, date_format="%d.%m.%Y")
    assert intake.log["spend"].iloc[0] == 1234.5
    assert intake.rejected["code"].tolist() == ["E_BAD_DATE"] * 2


def test_totals_and_blanks_are_excluded_and_a_company_called_total_is_not(tmp_path: Path) -> None:
    text = "\n".join(
        [HEAD, *GOOD, ",,,,,,,", "", "Total: all,,,,,3,600,3.75", "Sous-total,,", ",Total Bois,blog_post,display,,1,2,3", "Totaux"]
    )
    intake = read_export(written(tmp_path, text))
    assert intake.excluded["reason"].tolist() == ["E_BLANK_ROW", "E_BLANK_ROW", "E_TOTAL_ROW", "E_TOTAL_ROW", "E_TOTAL_ROW"]
    assert intake.excluded["line"].tolist() == [5, 6, 7, 8, 10]
    assert "Total Bois" in intake.log["content_id"].tolist()


@pytest.mark.parametrize("name", [
    "Results from 10 ads", "Résultats de 10 publicités", "Résultats de\u00a010 publicités", "Résultats de 1\u202f234 publicités",
    "Résultats de 3 ensembles de publicités", "Résultats de 2 campagnes",
])  # fmt: skip
def test_a_row_named_results_is_a_total_only_where_it_sums_up_the_others(tmp_path: Path, name: str) -> None:
    lines = ["Jour,Nom de la publicité,Nom de la campagne,Impressions,Clics sur un lien,Montant dépensé (EUR)"]
    lines += ["2026-09-01,Vidéo A,Parcs,400,10,5.25", "2026-09-02,Vidéo B,Parcs,300,12,4.25", "2026-09-02,Vidéo C,Ville,300,12,4.25"]
    total = read_export(written(tmp_path, "\n".join([*lines, f",{name},,1000,34,13.75"])), "meta_ads")
    assert total.excluded[["line", "reason"]].to_numpy().tolist() == [[5, "E_TOTAL_ROW"]]
    assert (total.log["impressions"].sum(), total.log["spend"].sum()) == (1000, 13.75)
    campaign = read_export(written(tmp_path, "\n".join([*lines, f"2026-09-03,{name},Ville,1000,34,13.75"])), "meta_ads")
    assert campaign.excluded.empty
    assert campaign.log["impressions"].sum() == 2000


def test_lines_are_physical_where_a_cell_spans_two(tmp_path: Path) -> None:
    text = "\n".join([HEAD, '2026-01-01,"A\nB",blog_post,display,,1,2,3', GOOD[0].replace(",3,", ",-3,")])
    intake = read_export(written(tmp_path, text))
    assert intake.rejected["line"].tolist() == [4]
    assert intake.log["content_id"].tolist() == ["A\nB"]


def test_an_unknown_word_is_kept_and_said_once_with_the_nearest(tmp_path: Path) -> None:
    lines = [line.replace("blog_post", "blog_pots") for line in GOOD]
    found = read_export(written(tmp_path, "\n".join([HEAD, *lines, *(line.replace("2026-01-0", "2026-01-1") for line in lines)]))).findings
    assert [(f.code, f.found, f.hint, f.line, f.level) for f in found] == [("E_UNKNOWN_LEVEL", "blog_pots", "blog_post", 2, "warning")]


KINDS = {"E_MISSING_COLUMN": SchemaError, "E_DUPLICATE_COLUMN": SchemaError}
CASES = tomllib.loads((HOME / "tests" / "cases" / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_every_case_of_bad_input_ends_as_it_should(name: str) -> None:
    """The files in tests/cases: refused with a code, or every row kept, rejected or excluded as the case says."""
    case = CASES[name]
    paths = [HOME / "tests" / "cases" / file for file in case.get("files", [case.get("file")])]
    path: Any = paths if "files" in case else paths[0]
    if "refused" in case:
        with pytest.raises(DataError) as caught:
            read_export(path, **case.get("options", {}))
        assert list(caught.value.codes) == case["refused"]
        assert type(caught.value) is KINDS.get(case["refused"][0], DataError)
        first = caught.value.findings[0]
        assert {"line": first.line, "hint": first.hint} | {k: case[k] for k in ("line", "hint") if k in case} == {
            "line": first.line,
            "hint": first.hint,
        }
        assert all(p.name in str(f.file) for f in caught.value.findings for p in paths)
        return
    intake = read_export(path, **case.get("options", {}))
    assert len(intake.log) == case["kept"]
    assert intake.rejected[["line", "code", "column"]].fillna("").to_numpy().tolist() == case.get("rejected", [])
    assert intake.excluded[["line", "reason"]].to_numpy().tolist() == case.get("excluded", [])
    for column, values in case.get("log", {}).items():
        shown = intake.log[column].dt.strftime("%Y-%m-%d") if column == "date" else intake.log[column]
        assert ["" if pd.isna(v) else v for v in shown] == values
    assert sorted({f.code for f in intake.findings}) == case.get("findings", sorted({f.code for f in intake.findings}))
    assert intake.log.columns.tolist() == case.get("columns", intake.log.columns.tolist())
    assert "hint" not in case or case["hint"] in {f.hint for f in intake.findings}


def test_no_file_of_a_case_is_forgotten() -> None:
    there = {p.name for p in (HOME / "tests" / "cases").iterdir()} - {"expected.toml", ".gitattributes"}
    assert there == {file for case in CASES.values() for file in case.get("files", [case.get("file")])}


@settings(max_examples=50, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_no_byte_brings_another_error_or_loses_a_row(
    cuts: list[tuple[int, int]], encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray("\n".join([HEAD, *GOOD * 3, GOOD[0].replace("NA", "Été")]).encode(encoding))
    for at, byte in cuts:
        data[at % len(data)] = byte
    path = written(tmp_path_factory.mktemp("bytes"), bytes(data))
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
    for frame in (intake.log, intake.rejected, intake.excluded):
        frame.to_csv(path, encoding="utf-8")  # what came in can be written again


@settings(max_examples=50, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, 400), st.sampled_from([*',;"\n.-xé 0', "Total", ",,,,,,,\n", ""])), max_size=6))
def test_nothing_is_lost_however_a_file_is_damaged(cuts: list[tuple[int, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    text = "\n".join([HEAD, *GOOD * 3])
    start = len(HEAD) + 1
    for at, put in cuts:
        at = start + at % (len(text) - start)
        text = text[:at] + put + text[at + 1 :]
    path = written(tmp_path_factory.mktemp("damaged"), text)
    refused: tuple[str, ...] = ()
    try:
        intake = read_export(path)
    except DataError as error:
        refused = error.codes
    assert {"E_QUOTE", "E_AMBIGUOUS_NUMBER"} >= set(refused)
    if refused:
        return
    facts = intake.facts
    assert facts["rows_read"] == len(intake.log) + len(intake.rejected) + len(intake.excluded)
    assert not set(intake.rejected["line"]) & set(intake.excluded["line"])
    if '"' not in text:
        assert facts["rows_read"] == text.removesuffix("\n").count("\n")
    assert (intake.log["clicks"].dropna() >= 0).all()
    assert not (intake.log["clicks"] > intake.log["impressions"]).fillna(False).any()


MAP = """
name = "ours"
one_row = "content"
[columns]
content_type = { from = "Kind", values = { pic = "social_image" } }
channel = { from = "Paid?", values = { yes = "paid_social" }, default = "organic_social" }
engagements = "Engaged"
reach = "People"
message = "Message"
[constants]
network = "facebook"
[metrics.engaged]
label = { en = "Engaged", fr = "Engagés" }
count = "engagements"
exposure = "reach"
family = "binomial"
better = "high"
[score]
metric = "engaged"
by = ["content_type", "message"]
"""


def test_a_column_map_translates_fills_and_names_rows(tmp_path: Path) -> None:
    own = written(tmp_path, MAP, "ours.toml")
    log = written(tmp_path, "Kind;Paid?;Engaged;People;Message\npic;yes;5;50;save\nfilm;;7;70;spend\npic;yes;9;8;save\n")
    for tables in (None, load_tables()):
        intake = read_export(log, own, tables=tables)
        assert intake.log.to_dict("list") == {
            "network": ["facebook"] * 2,
            "channel": ["paid_social", "organic_social"],
            "content_id": ["row-2", "row-3"],
            "content_type": ["social_image", "film"],
            "reach": [50, 70],
            "engagements": [5, 7],
            "message": ["save", "spend"],
        }
        assert intake.rejected[["line", "code"]].to_numpy().tolist() == [[4, "E_CLICKS_GT_IMPRESSIONS"]]
        assert intake.facts["score"] == {"metric": "engaged", "by": ["content_type", "message"]}
        assert {"E_DEFAULT_USED", "E_UNKNOWN_LEVEL"} <= {f.code for f in intake.findings}


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ('"Engaged"\nreach', '"Engagd"\nreach', "E_MISSING_COLUMN", "Engagd"),
        ('metric = "engaged"', 'metric = "engagd"', "E_REFERENCE", "score.metric"),
        ('reach = "People"', "", "E_MISSING_ENTRY", "columns.reach"),
        ('reach = "People"', "reach = 3", "E_MAP_COLUMN", "columns.reach"),
        ("[columns]", "[colums]", "E_TABLE_NAME", "colums"),
    ],
)
def test_a_wrong_map_is_refused_where_it_is_wrong(old: str, new: str, code: str, column: str, tmp_path: Path) -> None:
    own = written(tmp_path, MAP.replace(old, new), "ours.toml")
    with pytest.raises(DataError) as caught:
        read_export(written(tmp_path, "Kind;Paid?;Engaged;People;Message\npic;yes;5;50;save\n"), own)
    assert [(f.code, f.column) for f in caught.value.findings] == [(code, column)]


@pytest.mark.parametrize(("name", "code"), [("no.csv", "E_NO_FILE"), (".", "E_NOT_A_FILE")])
def test_no_file(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_export(tmp_path / name)
    assert caught.value.codes == (code,)


def test_tags_stand_beside_the_log_and_never_multiply_it(tmp_path: Path) -> None:
    log = written(tmp_path, "\n".join([HEAD, *GOOD, *(line.replace("2026-01-0", "2026-01-1") for line in GOOD)]))
    tags = pd.DataFrame({"content_id": ["A", "B"], "style": ["playful", "luxury"], "segment": ["x", "y"]})
    sheet = written(tmp_path, "content_id;style;segment\nA;playful;x\nB;luxury;y\n", "tags.csv")
    for given_tags in (tags, sheet):
        intake = read_export(log, tags=given_tags)
        assert intake.log["style"].fillna("").tolist() == ["playful", "luxury", ""] * 2
        assert intake.log["segment"].fillna("").tolist() == ["NA", "parents", ""] * 2
        assert intake.log["clicks"].sum() == read_export(log).log["clicks"].sum()
        assert [(f.code, f.found) for f in intake.findings] == [("E_UNTAGGED", "2")]
    for wrong, code in ((pd.concat([tags, tags.head(1)]), "E_TAG_TWICE"), (tags.drop(columns="content_id"), "E_MISSING_COLUMN")):
        with pytest.raises(DataError) as caught:
            read_export(log, tags=wrong)
        assert caught.value.codes == (code,)


def test_a_frame_goes_the_way_of_a_file(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    intake = read_export(written(tmp_path, "\n".join([HEAD, *GOOD])))
    again = read_export(pl.from_pandas(intake.log))
    pd.testing.assert_frame_equal(read_export(intake.log).log, intake.log)
    pd.testing.assert_frame_equal(again.log, intake.log)
    with pytest.raises(DataError) as caught:
        read_export({"clicks": 1})
    assert caught.value.codes == ("E_WRONG_FORMAT",)


@pytest.mark.parametrize(
    ("name", "file", "rows", "events", "people"),
    [
        ("facebook_metrics", "facebook_metrics/dataset_Facebook.csv", 500, None, None),
        ("hillstrom", "hillstrom/hillstrom.csv", 64_000, 9_394, 64_000),
    ],
)
def test_the_public_exports_are_read_whole(name: str, file: str, rows: int, events: int | None, people: int | None) -> None:
    if not (REAL / file).exists():
        pytest.skip(f"{file} is not here: the public data are fetched apart from the project")
    intake = read_export(REAL / file, HOME / "data" / "maps" / f"{name}.toml")
    raw = pd.read_csv(REAL / file)
    tables, how = load_tables(HOME / "data" / "maps" / f"{name}.toml"), intake.facts["score"]
    assert (intake.facts["kept"], intake.facts["rejected"], intake.facts["excluded"]) == (rows, 0, 0)
    assert not [f for f in intake.findings if f.code == "E_UNKNOWN_LEVEL"]
    counts = tally(intake.log, how["by"], metric=how["metric"], tables=tables)
    assert counts["count"].sum() == (events or raw["Lifetime Engaged Users"].sum())
    assert counts["exposure"].sum() == (people or raw["Lifetime Post Total Reach"].sum())
    for axis in how["by"]:
        assert all(tables.label(axis, word, "fr") != word for word in counts[axis])


# ---------------------------------------------------------------- tally


def hard_log() -> pd.DataFrame:
    """Null keys, null counts, and two billions twice: each a place where engines differ."""
    return pd.DataFrame(
        {
            "style": ["a", "a", None, "b", "b"],
            "channel": ["email", "display", "display", "email", "display"],
            "clicks": pd.array([2_000_000_000, 2_000_000_000, 5, None, 1], dtype="Int32"),
            "impressions": pd.array([None, 2_000_000_009, 8, 7, 4], dtype="Int64"),
            "delivered": pd.array([3_000_000_000, None, None, 4, None], dtype="Int64"),
        }
    )


def in_engine(name: str, log: pd.DataFrame) -> Any:
    if name == "pandas":
        return log
    if name == "nan":
        return log.astype({"clicks": "float64", "impressions": "float64", "delivered": "float64"})
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pandas(log, preserve_index=False)
    if name == "pyarrow":
        return table
    if name in ("polars", "lazy"):
        frame = pytest.importorskip("polars").from_arrow(table)
        return frame if name == "polars" else frame.lazy()
    if name == "duckdb":
        return pytest.importorskip("duckdb").connect().from_arrow(table)
    return pytest.importorskip("ibis").memtable(table)


EXPECTED = [["(missing)", 5, 8], ["a", 4_000_000_000, 5_000_000_009], ["b", 1, 4]]


@pytest.mark.parametrize("engine", ["pandas", "nan", "pyarrow", "polars", "lazy", "duckdb", "ibis"])
def test_every_engine_adds_up_to_the_same_integers(engine: str) -> None:
    counts = tally(in_engine(engine, hard_log()), ["style", "week"])
    assert counts.to_numpy().tolist() == EXPECTED
    assert [str(t) for t in counts.dtypes[1:]] == ["int64", "int64"]
    assert {f.code: f.found for f in counts.attrs["findings"]} == {"E_AXIS_ABSENT": None, "E_MISSING_COUNT": "1", "E_NULL_KEY": None}


@pytest.mark.parametrize("engine", ["pandas", "pyarrow", "polars", "lazy", "duckdb", "ibis"])
def test_integers_that_no_float_holds_stay_exact_and_money_stays_money(engine: str) -> None:
    odd = 2**53 + 1
    log = pd.DataFrame({"style": ["a", "a", "b"], "clicks": [odd, 1, 3], "impressions": [odd, 2, 4], "revenue": [1.0, 2.0, None]})
    counts = tally(in_engine(engine, log), ["style"])
    assert counts.to_numpy().tolist() == [["a", odd + 1, odd + 2], ["b", 3, 4]]
    worth = tally(in_engine(engine, log), ["style"], metric="value_per_mille")
    assert worth.to_numpy().tolist() == [["a", 3.0, odd + 2]]
    assert [str(t) for t in worth.dtypes[1:]] == ["float64", "int64"]


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_one_row_or_seven_is_the_same_log(engine: str) -> None:
    """Counts that are already added up are taken as they are; splitting a row changes no sum; no axis at all gives one row."""
    rng = np.random.default_rng(2)
    log = pd.DataFrame(
        {"style": rng.choice(["a", "b", "NA"], 700), "clicks": rng.integers(0, 9, 700), "impressions": rng.integers(9, 99, 700)}
    )
    whole = tally(in_engine(engine, log), ["style"])
    again = tally(in_engine(engine, log.groupby([log.index % 7, "style"], as_index=False).sum()), ["style"])
    pd.testing.assert_frame_equal(whole, again)
    pd.testing.assert_frame_equal(whole, tally(in_engine(engine, whole), ["style"]))
    pd.testing.assert_frame_equal(whole, tally(in_engine(engine, log.sample(frac=1, random_state=1)), ["style"]))
    assert tally(in_engine(engine, log), ["week"]).to_numpy().tolist() == [[log["clicks"].sum(), log["impressions"].sum()]]
    assert len(tally(in_engine(engine, log.head(0)), ["style"])) == 0


def test_a_metric_that_does_not_exist_and_a_log_that_is_none_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        tally(hard_log(), ["style"], metric="click_rat")
    assert [(f.code, f.hint) for f in caught.value.findings] == [("E_METRIC", "click_rate")]
    with pytest.raises(DataError) as caught:
        tally([1, 2], ["style"])
    assert caught.value.codes == ("E_WRONG_FORMAT",)


def test_a_tally_without_its_columns_names_them_all() -> None:
    with pytest.raises(DataError) as caught:
        tally(pd.DataFrame({"style": ["a"], "click": [1]}), ["style"])
    assert [(f.column, f.code) for f in caught.value.findings] == [("clicks", "E_MISSING_COLUMN"), ("impressions", "E_MISSING_COLUMN")]
    assert caught.value.findings[0].hint == "click"


@pytest.mark.slow
def test_spark_adds_up_to_the_same_integers() -> None:
    sql = pytest.importorskip("pyspark.sql")
    log = hard_log().astype(object)
    rows = [tuple(None if pd.isna(x) else x for x in r) for r in log.itertuples(index=False)]
    spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.createDataFrame(rows, "style string, channel string, clicks int, impressions bigint, delivered bigint")
        assert tally(frame, ["style", "week"]).to_numpy().tolist() == EXPECTED
    finally:
        spark.stop()


@pytest.mark.parametrize(("column", "value", "code"), [
    ("clicks", -1, "E_NEGATIVE_COUNT"), ("impressions", -1, "E_NEGATIVE_COUNT"), ("clicks", float("inf"), "E_NOT_FINITE"),
    ("impressions", float("-inf"), "E_NOT_FINITE"), ("clicks", "x", "E_NOT_A_NUMBER"),
])  # fmt: skip
def test_one_wrong_count_is_refused_before_it_hides_in_a_sum(column, value, code):
    log = pd.DataFrame({"style": ["a", "a", "b"], "clicks": [3, 4, 5], "impressions": [100, 100, 100]}).astype({column: object})
    log.loc[1, column] = value
    with pytest.raises(DataError) as caught:
        tally(log, by=["style"])
    assert code in caught.value.codes


def test_columns_called_twice_are_named():
    log = pd.DataFrame([[1, 2, 3]], columns=["clicks", "clicks", "impressions"])
    with pytest.raises(DataError) as caught:
        tally(log, by="style")
    assert caught.value.codes == ("E_DUPLICATE_COLUMN",)


def test_e_mail_without_deliveries_is_counted_over_impressions_and_said_and_checked(tmp_path: Path) -> None:
    head = "content_id,content_type,channel,clicks,impressions\n"
    intake = read_export(written(tmp_path, head + "A,newsletter,email,30,1000\nB,newsletter,email,1500,1000\n"))
    assert intake.rejected["code"].tolist() == ["E_CLICKS_GT_IMPRESSIONS"]
    counts = tally(intake.log, by=["channel"])
    assert counts[["count", "exposure"]].to_numpy().tolist() == [[30, 1000]]
    assert "E_OTHER_EXPOSURE" in [f.code for f in counts.attrs["findings"]]


@pytest.mark.parametrize(("days", "expected"), [
    (["31/08/2026", "01/09/2026"], ["2026-08-31", "2026-09-01"]), (["08-31-2026", "09-01-2026"], ["2026-08-31", "2026-09-01"]),
    (["31/08/2026", "08/31/2026"], None),
])  # fmt: skip
def test_days_are_read_where_only_one_order_fits(tmp_path: Path, days, expected) -> None:
    head, *_ = row().splitlines()
    lines = [row(date=d).splitlines()[1] for d in days]
    intake = read_export(written(tmp_path, "\n".join([head, *lines, ""])))
    if expected is None:
        assert intake.facts["kept"] == 0  # the two orders contradict each other
        assert set(intake.rejected["code"]) == {"E_BAD_DATE"}
    else:
        assert intake.log["date"].dt.strftime("%Y-%m-%d").tolist() == expected
        assert "E_DATES_READ" in [f.code for f in intake.findings]


RULES = """
[columns]
content_id = "id"
content_type = "t"
channel = "c"
clicks = "k"
impressions = "i"
"""


@pytest.mark.parametrize(("more", "column"), [
    ('style = { from = "t", bins = "x" }', "columns.style.bins"), ('style = { from = "k", bins = [5, 5] }', "columns.style.bins"),
    ('style = { from = "t", vales = { a = "b" } }', "columns.style"), ('style = { from = "t", values = [1] }', "columns.style.values"),
    ('[score]\nmetric = "click_rate"\nby = "style"', "score.by"), ("[constants]\nsegment = { a = 1 }", "constants.segment"),
    ("[labels]\nen = 3", "labels.en"),
])  # fmt: skip
def test_a_map_is_checked_entry_by_entry_and_read_again_when_it_was_edited(tmp_path: Path, more, column) -> None:
    log, plan = tmp_path / "log.csv", tmp_path / "map.toml"
    log.write_text("id,t,c,k,i,d\na,banner,display,1,10,31/01/2026\n", encoding="utf-8")
    plan.write_text(RULES + 'date = { from = "d", date_format = "%d/%m/%Y" }\n', encoding="utf-8")
    assert read_export(log, plan).log["date"].dt.day.tolist() == [31]
    plan.write_text(RULES + more + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_export(log, plan)
    assert column in [f.column for f in caught.value.findings]
