"""Every platform's own examples: found from the headers alone, read to the expected log, nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mktlib.intake import read_export, tally
from mktlib.intake.columns import KINDS
from mktlib.intake.headers import key_of, spellings
from mktlib.vocabulary import load_tables, platforms

EXAMPLES = [(name, i) for name, row in platforms().items() for i in range(len(row.get("example", ())))]
ASKED_FOR = (
    "google_ads", "meta_ads", "x_ads", "linkedin_ads", "tiktok_ads", "pinterest_ads", "microsoft_ads", "x_analytics", "meta_business_suite",
    "youtube_studio", "linkedin_page", "ga4", "search_console", "matomo", "mailchimp", "klaviyo", "brevo", "shopify",
)  # fmt: skip


def said(value: Any) -> Any:
    """A cell of a log as an example writes it."""
    if pd.isna(value):
        return ""
    return value.strftime("%Y-%m-%d") if isinstance(value, pd.Timestamp) else value


def example_file(name: str, i: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    example = dict(platforms()[name]["example"][i])
    path = folder / example.get("file", f"{name}.csv")
    text = example["text"].removeprefix("\n")
    path.write_bytes(text.encode(example.get("encoding", "utf-8")))
    return path, example


@pytest.mark.parametrize(("name", "i"), EXAMPLES)
def test_an_example_is_found_and_read_to_its_log(name: str, i: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKTLIB_KEY", "of the tests")
    path, example = example_file(name, i, tmp_path)
    intake = read_export(path, name if example.get("asks") else "auto")
    assert intake.facts["platform"] == name
    assert len(intake.log) == len(example["log"])
    for row, expected in zip(intake.log.to_dict("records"), example["log"], strict=True):
        assert {k: said(row[k]) for k in expected} == dict(expected)
    assert intake.excluded[["line", "reason"]].to_numpy().tolist() == [list(x) for x in example.get("excluded", ())]
    assert intake.rejected[["line", "code"]].to_numpy().tolist() == [list(x) for x in example.get("rejected", ())]
    assert set(example.get("findings", ())) <= {f.code for f in intake.findings}
    assert intake.facts["rows_read"] == len(intake.log) + len(intake.rejected) + len(intake.excluded)


@pytest.mark.parametrize("name", platforms())
def test_a_platform_says_where_it_is_known_from_and_names_columns_that_exist(name: str) -> None:
    row = platforms()[name]
    assert row["label"]["en"]
    assert row["label"]["fr"]
    assert row["source"]
    assert 2015 < row["year"] <= 2026
    assert row["conf"] in set("VRSKJ")
    assert row["example"]
    assert set(row) <= {
        "label", "source", "year", "conf", "unconfirmed", "needs", "reported", "file", "constants", "columns", "tags", "example", "score",
        "cite",
    }  # fmt: skip
    columns = row["columns"]
    for need in row.get("needs", ()):
        assert set(need.split("|")) <= set(columns)
    keys = [key_of(s) for rule in columns.values() for s in spellings(rule)]
    written = {key_of(s) for s in (*row.get("reported", ()), *(s for rule in columns.values() for s in spellings(rule)))}
    assert {key_of(s) for s in row.get("unconfirmed", ())} <= written
    assert not {key_of(s) for s in row.get("reported", ())} & set(keys)
    tables = load_tables()
    assert all(rule.get("kind", "text") in KINDS for rule in columns.values() if isinstance(rule, dict))
    rule = columns.get("channel", {})
    channels = [row.get("constants", {}).get("channel"), *(rule.get("values", {}).values() if hasattr(rule, "keys") else ())]
    assert all(c is None or c in tables.channels for c in channels)


def test_the_platforms_asked_for_are_there() -> None:
    assert set(ASKED_FOR) <= set(platforms())


@pytest.mark.parametrize("name", [n for n, row in platforms().items() if {"clicks", "impressions"} <= set(row["columns"])])
def test_a_platforms_log_can_be_added_up(name: str, tmp_path: Path) -> None:
    for i in range(len(platforms()[name]["example"])):
        path, _ = example_file(name, i, tmp_path)
        log = read_export(path, name).log
        if {"clicks", "impressions"} <= set(log):
            counts = tally(log, by=["channel"])
            assert counts["count"].sum() == log.loc[log["impressions"].notna() & log["clicks"].notna(), "clicks"].sum()
