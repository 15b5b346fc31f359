"""One log, any engine or file: one pass over it, the same integers, the same findings, and nothing bad hidden in a sum."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mktlib.errors import DataError, EncodingError, SchemaError
from mktlib.intake import engines, stored, tally

ibis = pytest.importorskip("ibis")
pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pl = pytest.importorskip("polars")

WORDS = ["NA", "null", "true", "1e5", "None", "007", "nan", "élan", "a,b", 'say "yes"', "two\nlines"]
ENGINES = ["pandas", "object", "category", "polars", "lazy", "pyarrow", "duckdb", "ibis", "parquet", "csv", "two files"]
HEAD = "style,clicks,impressions\n"


def in_engine(name: str, table: Any, folder: Path) -> Any:
    """A table of pyarrow as each engine has it."""
    if name in ("pandas", "object", "category"):
        frame = table.to_pandas()
        return frame if name == "pandas" else frame.astype({"style": name})
    if name in ("polars", "lazy"):
        return pl.from_arrow(table) if name == "polars" else pl.from_arrow(table).lazy()
    if name in ("parquet", "csv"):
        return written(name, table, folder / f"log.{name}")
    if name == "two files":
        half = len(table) // 2
        turned = table[half:].select(table.column_names[::-1])
        return [written("parquet", table[:half], folder / "one.parquet"), str(written("csv", turned, folder / "two.csv"))]
    return {"pyarrow": lambda: table, "duckdb": lambda: duckdb.connect().from_arrow(table), "ibis": lambda: ibis.memtable(table)}[name]()


def written(kind: str, table: Any, path: Path) -> Path:
    if kind == "parquet":
        parquet.write_table(table, path)
    else:
        table.to_pandas(integer_object_nulls=True).to_csv(path, index=False)
    return path


def said(counts: pd.DataFrame) -> tuple[list[list[Any]], dict[str, str | None]]:
    return counts.to_numpy().tolist(), {f.code: f.found for f in counts.attrs["findings"]}


def refusals(log: Any, **how: Any) -> list[tuple[str, str | None, str | None]]:
    with pytest.raises(DataError) as caught:
        tally(log, ["style"], **how)
    return [(f.code, f.column, f.found) for f in caught.value.findings]


# ---------------------------------------------------------------- the same on every engine

ODD = 2**53 + 1
LOGS: dict[str, tuple[dict[str, Any], list[list[Any]], dict[str, str | None]]] = {
    "int32": (
        {"style": ["a", "a"], "clicks": pa.array([2_000_000_000] * 2, pa.int32()), "impressions": pa.array([2**31 - 1] * 2, pa.int32())},
        [["a", 4_000_000_000, 4_294_967_294]],
        {},
    ),
    "beyond floats": (
        {"style": ["a", "a", "b"], "clicks": [ODD, 1, 3], "impressions": [ODD, 2, 4]},
        [["a", ODD + 1, ODD + 2], ["b", 3, 4]],
        {},
    ),
    "decimal": (
        {"style": ["a", "a"], "clicks": [Decimal("2.00"), Decimal("3.00")], "impressions": [Decimal("10.00"), Decimal("0.00")]},
        [["a", 5, 10]],
        {},
    ),
    "whole decimal": (
        {"style": ["a", "a"], "clicks": pa.array([2, 3], pa.decimal128(38, 0)), "impressions": pa.array([7, 8], pa.decimal128(9, 0))},
        [["a", 5, 15]],
        {},
    ),
    "nan": (
        {"style": ["a", "a", "b", "b"], "clicks": [1.0, float("nan"), 3.0, None], "impressions": [1, 2, 3, 4]},
        [["a", 1, 1], ["b", 3, 3]],
        {"E_MISSING_COUNT": "2"},
    ),
    "nulls": (
        {"style": ["a", None, "b", None], "clicks": [1, 2, None, 4], "impressions": [5, 6, 7, None]},
        [["(missing)", 2, 6], ["a", 1, 5]],
        {"E_MISSING_COUNT": "2", "E_NULL_KEY": None},
    ),
    "nothing but nulls": (
        {"style": ["a", "b"], "clicks": pa.array([None, None], pa.int64()), "impressions": [5, 6]},
        [],
        {"E_MISSING_COUNT": "2"},
    ),
    "null and missing": (
        {"style": ["(missing)", None, "a", "a"], "clicks": [1, 2, 3, 4], "impressions": [5, 6, 7, 8]},
        [["(missing)", 3, 11], ["a", 7, 15]],
        {"E_NULL_KEY": None},
    ),
    "words": (
        {"style": WORDS, "clicks": [1] * len(WORDS), "impressions": [2] * len(WORDS)},
        [[word, 1, 2] for word in sorted(WORDS)],
        {},
    ),
    "large rows": (
        {"style": ["a", "a"], "clicks": [1, 1], "impressions": [2**62, 2**61]},
        [["a", 2, 2**62 + 2**61]],
        {},
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("log", LOGS)
def test_every_engine_and_file_gives_the_same_integers_and_says_the_same(log: str, engine: str, tmp_path: Path) -> None:
    columns, expected, findings = LOGS[log]
    if log == "large rows" and engine in ("csv", "two files"):
        pytest.skip("text above 1e18 is refused as endless")
    counts = tally(in_engine(engine, pa.table(columns), tmp_path), ["style"])
    assert said(counts) == (expected, findings)
    assert [str(t) for t in counts.dtypes[1:]] == ["int64", "int64"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_chooses_the_exposure_by_channel_and_says_where_it_could_not(engine: str, tmp_path: Path) -> None:
    log = {"style": ["a", "a", "b"], "channel": ["email", "sms", "display"], "clicks": [1, 2, 3], "impressions": [10, 20, 30]}
    counts = tally(in_engine(engine, pa.table(log | {"delivered": [7, None, 9]}), tmp_path), ["style"])
    assert said(counts) == ([["a", 1, 7], ["b", 3, 30]], {"E_MISSING_COUNT": "1"})
    lacking = tally(in_engine(engine, pa.table(log), tmp_path), ["style"])
    assert lacking.to_numpy().tolist() == [["a", 3, 30], ["b", 3, 30]]
    assert [(f.code, f.found) for f in lacking.attrs["findings"]] == [("E_OTHER_EXPOSURE", "email"), ("E_OTHER_EXPOSURE", "sms")]
    messages = {"style": ["a", "b", "b"], "channel": ["email", "sms", "display"], "clicks": [1, 2, 3], "delivered": [10, 20, 30]}
    counts = tally(in_engine(engine, pa.table(messages), tmp_path), ["style"])  # nobody counted impressions
    assert said(counts) == ([["a", 1, 10], ["b", 2, 20]], {"E_MISSING_COUNT": "1"})


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_the_bad_rows_and_refuses_them_all_at_once(engine: str, tmp_path: Path) -> None:
    log = {"style": ["a", "a", "b", "b"], "clicks": [-1.0, -2.0, float("inf"), 1.0], "impressions": [1, 1, 1, -1]}
    expected = [("E_NOT_FINITE", "click_rate", "1 rows"), ("E_NEGATIVE_COUNT", "click_rate", "3 rows")]
    assert refusals(in_engine(engine, pa.table(log), tmp_path)) == expected


@pytest.mark.parametrize("engine", [e for e in ENGINES if e not in ("csv", "two files")])
def test_a_sum_without_room_is_refused_and_never_wraps(engine: str, tmp_path: Path) -> None:
    log = pa.table({"style": ["a", "a"], "clicks": [1, 1], "impressions": [2**63 - 1, 1]})
    assert refusals(in_engine(engine, log, tmp_path)) == [("E_TOO_LARGE", "click_rate", str(2**63))]


@pytest.mark.parametrize("engine", ENGINES)
def test_money_stays_money_and_its_moments_are_those_of_the_rows(engine: str, tmp_path: Path) -> None:
    log = pa.table({"style": ["a", "a", "b"], "revenue": [1.25, -0.5, None], "impressions": [10, 20, 30]})
    counts = tally(in_engine(engine, log, tmp_path), ["style"], metric="value_per_mille", moments=True)
    assert counts.to_numpy().tolist() == [["a", 0.75, 30, 1.8125, 2.5, 500.0, 2.0]]
    assert [str(t) for t in counts.dtypes[1:3]] == ["float64", "int64"]


KEYS = st.sampled_from([*WORDS, None])
COUNTS = st.one_of(st.none(), st.integers(0, 9), st.just(2**40))
ROWS = st.lists(st.tuples(KEYS, st.sampled_from(["email", "display", None]), COUNTS, COUNTS, COUNTS), min_size=2, max_size=12)
TYPES = [("style", "string"), ("channel", "string"), ("clicks", "int64"), ("impressions", "int64"), ("delivered", "int64")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_any_log_is_added_up_alike(rows: list[Any], tmp_path: Path) -> None:
    columns = zip(*rows, strict=True)
    table = pa.table({name: pa.array(c, kind) for (name, kind), c in zip(TYPES, columns, strict=True)})
    first, *others = [said(tally(in_engine(engine, table, tmp_path), ["style", "channel"])) for engine in ENGINES]
    assert all(other == first for other in others)


# ---------------------------------------------------------------- pandas


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(KEYS, KEYS, st.integers(0, 2**40), st.floats(-1e6, 1e6)), max_size=20),
    kind=st.sampled_from(["str", "object", "category"]),
)
def test_codes_give_bit_for_bit_what_the_group_by_of_pandas_gives(rows: list[Any], kind: str) -> None:
    frame = pd.DataFrame(rows, columns=["style", "segment", "count", "worth"]).astype(
        {"style": kind, "segment": kind, "count": "int64", "worth": float}
    )
    by_codes = engines.by_codes(frame, ["style", "segment"], ["count", "worth"])
    sums = (
        nw.from_native(frame).group_by("style", "segment").agg(nw.col("count").sum(), nw.col("worth").sum(), nw.len().alias(engines.ROWS))
    )
    order = ["style", "segment"]
    plain = sums.to_native()
    pd.testing.assert_frame_equal(in_order(by_codes, order), in_order(plain, order), check_dtype=False, check_exact=True)


def in_order(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.astype({k: "str" for k in keys}).sort_values(keys, ignore_index=True)


def test_more_combinations_than_an_integer_holds_are_still_told_apart() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"k{i}": rng.integers(0, 1000, 2000).astype(str) for i in range(8)}).assign(clicks=1)
    assert engines.by_codes(frame, [f"k{i}" for i in range(8)], ["clicks"])[engines.ROWS].tolist() == [1] * 2000


def test_a_frame_in_slices_is_the_same_log(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {"style": rng.choice(["a", "b", None], 100), "clicks": rng.integers(0, 9, 100)}
    log = pd.DataFrame(columns | {"impressions": rng.choice([9.0, np.nan], 100)})
    whole = tally(log, ["style"])
    monkeypatch.setattr(engines, "SLICE", 7)
    pd.testing.assert_frame_equal(tally(log, ["style"]), whole)
    assert said(tally(log, ["style"])) == said(whole)


# ---------------------------------------------------------------- one pass


def test_a_lazy_frame_of_polars_is_collected_once_and_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, rows, collect = [], [], pl.LazyFrame.collect
    monkeypatch.setattr(pl.LazyFrame, "collect", lambda self, **how: calls.append(how) or collect(self, **how))
    log = pl.LazyFrame({"style": ["a", None], "channel": ["email", "sms"], "clicks": [1, None], "impressions": [5, 6]})
    seen = log.map_batches(lambda batch: rows.append(len(batch)) or batch, schema=log.collect_schema(), streamable=True)
    assert said(tally(seen, ["style"]))[0] == [["a", 1, 5]]
    assert [how["engine"] for how in calls] == ["streaming"]
    assert sum(rows) == 2


def test_a_stream_that_can_be_read_only_once_is_enough() -> None:
    table = pa.table({"style": ["a", None, "a"], "channel": ["email", "sms", "app"], "clicks": [1, None, 4], "impressions": [5, 6, 7]})
    once = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    counts = tally(duckdb.connect().from_arrow(once), ["style"])
    assert counts.to_numpy().tolist() == [["a", 5, 12]]
    assert [f.code for f in counts.attrs["findings"]] == ["E_OTHER_EXPOSURE", "E_OTHER_EXPOSURE", "E_MISSING_COUNT"]


@pytest.mark.parametrize("engine", ["parquet", "csv", "two files"])
def test_files_are_asked_one_question(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(stored, "as_pandas", lambda frame: asked.append(frame) or engines.as_pandas(frame))
    log = pa.table({"style": ["a", None], "channel": ["email", "sms"], "clicks": [1, None], "impressions": [5, 6]})
    tally(in_engine(engine, log, tmp_path), ["style"])
    assert len(asked) == 1


# ---------------------------------------------------------------- paths

NAMES = [
    "r[1].csv",
    "*.csv",
    "a?b.csv",
    "{a,b}.csv",
    "[!a].csv",
    "**.csv",
    "it's.csv",
    "two\nlines.csv",
    "~x.csv",
    "%41.csv",
    "back\\slash.csv",
    "é 1.csv",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_path_is_read_exactly_as_it_is_written(name: str, kind: str, tmp_path: Path) -> None:
    for other in ("r1", "a", "b", "axb", "x", "lines", "A"):
        written(kind, pa.table({"style": ["other"], "clicks": [9], "impressions": [9]}), tmp_path / f"{other}.{kind}")
    path = written(kind, pa.table({"style": ["this"], "clicks": [1], "impressions": [2]}), tmp_path / name.replace("csv", kind))
    assert tally(path, ["style"]).to_numpy().tolist() == [["this", 1, 2]]
    assert tally([str(path)], ["style"]).to_numpy().tolist() == [["this", 1, 2]]
    path.unlink()
    assert [code for code, *_ in refusals(path)] == ["E_NO_FILE"]


def test_the_connection_reads_the_files_that_were_named_and_no_other(tmp_path: Path) -> None:
    log = written("csv", pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "r[1].csv")
    other = written("csv", pa.table({"style": ["b"], "clicks": [1], "impressions": [2]}), tmp_path / "r1.csv")
    with stored.opened(log, ["clicks"], []) as source, pytest.raises(duckdb.PermissionException):
        source.parts[0].to_native().query("log", f"FROM read_csv('{other}')").fetchall()


def test_a_folder_named_like_a_value_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "week=3").mkdir()
    log = written("parquet", pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "week=3" / "log.parquet")
    assert said(tally(log, ["style", "week"])) == ([["a", 1, 2]], {"E_AXIS_ABSENT": None})


def test_what_is_no_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "none.csv", "nul\0.csv"):
        assert [code for code, *_ in refusals(path)] == ["E_NO_FILE"]
    assert [code for code, *_ in refusals([])] == ["E_WRONG_FORMAT"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_several_files_are_one_log_by_name_and_a_column_that_one_lacks_is_named_with_it(kind: str, tmp_path: Path) -> None:
    one = written(kind, pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "one")
    turned = written(kind, pa.table({"impressions": [5], "style": ["a"], "note": ["x"], "clicks": [4]}), tmp_path / "turned")
    lacking = written(kind, pa.table({"impressions": [5], "Clicks": [4]}), tmp_path / "lacking")
    assert tally([one, turned], ["style"]).to_numpy().tolist() == [["a", 5, 7]]
    with pytest.raises(DataError) as caught:
        tally((one, turned, lacking), ["style"])
    assert [(f.code, f.file, f.column, f.hint) for f in caught.value.findings if f.column == "clicks"] == [
        ("E_MISSING_COLUMN", "lacking", "clicks", "Clicks")
    ]
    assert [f.column for f in caught.value.findings] == ["clicks", "style"]
    with pytest.raises(DataError) as caught:
        tally(lacking, ["style"])
    assert [(f.file, f.column) for f in caught.value.findings] == [("lacking", "clicks")]


# ---------------------------------------------------------------- text

BROKEN: dict[str, tuple[str | bytes, str, int | None]] = {
    "empty": ("", "E_EMPTY_FILE", None),
    "white": (" \n\n", "E_EMPTY_FILE", None),
    "workbook": (b"PK\x03\x04rest", "E_WRONG_FORMAT", None),
    "page": ("<html><body>session expired", "E_WRONG_FORMAT", None),
    "nothing": (b"\x00" * 100_000, "E_WRONG_FORMAT", None),
    "torn parquet": (b"PAR1" + b"x" * 100, "E_UNREADABLE", None),
    "words": ("hello world\n1\n", "E_MISSING_COLUMN", None),
    "other alphabet": (f"{HEAD}é,1,2\n".encode("cp1252"), "E_ENCODING", None),
    "a byte": (f"{HEAD}é,1,2\né,1,2\n".encode() + b"\xe9,1,2\n", "E_BAD_BYTES", 4),
    "a cell more": (f"{HEAD}a,1,2\nb,1,2,3\n", "E_FIELD_COUNT", 3),
    "a cell less": (f"{HEAD}a,1,2\nb,1\n", "E_FIELD_COUNT", 3),
    "open quote": (f'{HEAD}a,1,2\n"b,1,2\nc,1,2\n', "E_QUOTE", 3),
    "quote inside": (f'{HEAD}"a"x,1,2\nb,1,2\n', "E_QUOTE", 2),
    "long cell": (HEAD + "a" * 3_000_000 + ",1,2\n", "E_UNREADABLE", 2),
    "twice": ("style,clicks,Clicks,impressions\na,1,1,2\n", "E_DUPLICATE_COLUMN", 1),
    "no name": ("style,,clicks,impressions\na,1,1,2\n", "E_NO_HEADER", 1),
}


KINDS = {
    "E_ENCODING": EncodingError,
    "E_BAD_BYTES": EncodingError,
    "E_MISSING_COLUMN": SchemaError,
    "E_DUPLICATE_COLUMN": SchemaError,
    "E_NO_HEADER": SchemaError,
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_read_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    data, code, line = BROKEN[case]
    path = tmp_path / "log.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(DataError) as caught:
        tally(path, ["style"])
    first = caught.value.findings[0]
    assert (first.code, first.line, first.file) == (code, line, "log.csv")
    assert type(caught.value) is KINDS.get(code, DataError)
    with pytest.raises(DataError) as caught:
        tally([written("csv", pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "good.csv"), path], ["style"])
    assert caught.value.findings[0].file == "log.csv"


CELLS: dict[str, list[list[Any]] | str] = {
    "5": [["a", 5, 9]],
    " 5 ": [["a", 5, 9]],
    "5.0": [["a", 5, 9]],
    "5e0": [["a", 5, 9]],
    "2.5": [["a", 2.5, 9]],
    "": [],
    "  ": [],
    "NaN": [],
    "n/a": "E_NOT_A_NUMBER",
    "1_000": "E_NOT_A_NUMBER",
    "0x1F": "E_NOT_A_NUMBER",
    '"1,234"': "E_NOT_A_NUMBER",
    "true": "E_NOT_A_NUMBER",
    "12 %": "E_NOT_A_NUMBER",
    "١٢": "E_NOT_A_NUMBER",
    "inf": "E_NOT_FINITE",
    "1e400": "E_NOT_FINITE",
    "-1": "E_NEGATIVE_COUNT",
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_a_number_or_left_out_and_counted_or_refused(cell: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(f"{HEAD}a,{cell},9\n", encoding="utf-8")
    expected = CELLS[cell]
    if isinstance(expected, str):
        assert [code for code, *_ in refusals(tmp_path / "log.csv")] == [expected]
    else:
        assert said(tally(tmp_path / "log.csv", ["style"])) == (expected, {} if expected else {"E_MISSING_COUNT": "1"})


def test_cells_that_are_no_numbers_are_counted_for_each_column_with_one_of_them_and_its_file(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(f"{HEAD}a,x,2\nb,w,y\nc,5,6\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text(f"{HEAD}a,z,2\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        tally([tmp_path / "one.csv", tmp_path / "two.csv"], ["style"])
    said = [(f.code, f.file, f.column, f.found, f.values["rows"]) for f in caught.value.findings]
    assert said == [("E_NOT_A_NUMBER", "one.csv", "clicks", "w (× 3)", 3), ("E_NOT_A_NUMBER", "one.csv", "impressions", "y (× 1)", 1)]


def test_counts_that_parquet_holds_as_text_are_read_like_those_of_a_csv(tmp_path: Path) -> None:
    log = written("parquet", pa.table({"style": ["a", "a"], "clicks": ["1", "2"], "impressions": [3, 4]}), tmp_path / "log.parquet")
    assert tally(log, ["style"]).to_numpy().tolist() == [["a", 3, 7]]
    wrong = written("parquet", pa.table({"style": ["a"], "clicks": ["many"], "impressions": [3]}), tmp_path / "wrong.parquet")
    assert refusals(wrong) == [("E_NOT_A_NUMBER", "clicks", "many (× 1)")]


def test_a_header_alone_gives_no_cell_and_line_ends_or_separators_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEAD, encoding="utf-8")
    assert len(tally(path, ["style"])) == 0
    for text in (f"\ufeff{HEAD}a,1,2\n", f"{HEAD}a,1,2", f"{HEAD}a,1,2\n".replace("\n", "\r\n"), f"{HEAD}a,1,2\n".replace(",", ";")):
        path.write_bytes(text.encode())
        assert tally(path, ["style"]).to_numpy().tolist() == [["a", 1, 2]]


# ---------------------------------------------------------------- memory, time, patience


def test_what_does_not_fit_in_memory_goes_to_a_folder_that_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory too small for the work is given up for as much as there is, rather than the work."""
    monkeypatch.setattr(stored, "MEMORY", 10)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    rows = 300_000
    columns = {"style": ["a"] * rows, "content_id": [f"piece {i}" for i in range(rows)], "clicks": [1] * rows, "impressions": [2] * rows}
    counts = tally(written("parquet", pa.table(columns), tmp_path / "log.parquet"), ["style"], keep=["content_id"])
    assert (len(counts), counts["count"].sum()) == (rows, rows)
    assert not list((tmp_path / "spill").iterdir())


def endless(con: Any, frame: Any) -> pd.DataFrame:
    return con.execute("SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b").df()


def test_who_loses_patience_leaves_no_query_and_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = written("csv", pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "log.csv")
    monkeypatch.setattr(stored, "_in_memory", endless)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    began, threads = time.monotonic(), threading.active_count()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs this in the background ignores it
    threading.Timer(0.5, _thread.interrupt_main).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            tally(log, ["style"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 10
    assert not list((tmp_path / "spill").iterdir())
    assert threading.active_count() <= threads + 1  # the bar's own watch, which ends with the process


def test_a_bar_is_shown_after_two_seconds_and_not_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("TQDM_DISABLE", "0")
    log = written("csv", pa.table({"style": ["a"], "clicks": [1], "impressions": [2]}), tmp_path / "log.csv")
    tally(log, ["style"])
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(stored, "_in_memory", lambda con, frame: time.sleep(2.7) or engines.as_pandas(frame))
    tally(log, ["style"])
    assert "/100" in capsys.readouterr().err


# ---------------------------------------------------------------- PySpark


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_spark_gives_the_same_integers_on_two_cores() -> None:
    sql = pytest.importorskip("pyspark.sql")
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    try:
        for name, (columns, expected, findings) in LOGS.items():
            counts = tally(spark.createDataFrame(pa.table(columns)), ["style"])
            assert said(counts) == (expected, findings), name
        wrapped = pa.table({"style": ["a", "a"], "clicks": [1, 1], "impressions": [2**63 - 1, 1]})
        assert refusals(spark.createDataFrame(wrapped)) == [("E_TOO_LARGE", "click_rate", str(2**63))]
    finally:
        spark.stop()


def test_what_an_engine_stumbles_on_is_not_called_a_wrong_number(tmp_path: Path) -> None:
    duckdb, pl = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    connection = duckdb.connect()
    closed = connection.sql("SELECT 'a' AS style, 1 AS clicks, 2 AS impressions")
    connection.close()
    frame = pl.LazyFrame({"style": ["a"], "clicks": [1], "impressions": [2]})
    stopped = frame.with_columns(pl.col("clicks").map_batches(lambda x: 1 // 0, return_dtype=pl.Int64))
    for log, said in [(closed, "closed"), (pl.scan_parquet(tmp_path / "gone.parquet"), "No such file"), (stopped, "zero")]:
        with pytest.raises(DataError, match=said) as caught:
            tally(log, ["style"])
        assert caught.value.codes == ("E_ENGINE",)
    with pytest.raises(DataError) as caught:
        tally(frame.with_columns(clicks=pl.lit("many")), ["style"])
    assert caught.value.codes == ("E_NOT_A_NUMBER",)
