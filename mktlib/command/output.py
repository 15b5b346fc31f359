"""What the jobs have in common: forms of a report, its files, answers in a file, and what was written."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.errors import DataError
from mktlib.reporting import report
from mktlib.reporting.saving import FORMATS, ready
from mktlib.results import Result
from mktlib.vocabulary import Tables, finding, phrase, progress
from mktlib.wording import safe_csv


def save_scores(table: pd.DataFrame, out: Path) -> Path:
    return safe_csv(table, out / "scores.csv")


def reports(results: Sequence[Result], out: Path, languages: Sequence[str], tables: Tables, formats: Sequence[str]) -> list[Path]:
    """The report in each language, in each form that was asked for."""
    made = [(code, report(*results, language=code, tables=tables)) for code in languages]
    wanted = [(said, out / f"report.{code}.{form}") for code, said in made for form in formats]
    return [said.save(path) for said, path in progress(wanted, unit="file")]


def formats_of(given: str) -> tuple[str, ...]:
    """The forms of a report that were asked for, each once; what cannot be made here is said before anything is read.

    >>> formats_of("html")
    ('html',)
    """
    formats = tuple(dict.fromkeys(form.strip(" .").lower() for form in given.split(",") if form.strip(" .")))
    if not formats or set(formats) - set(FORMATS):
        raise DataError(finding("E_OPTION", column="--formats", found=given, expected=f"--formats {','.join(FORMATS)}"))
    ready(formats)
    return formats


def answers_of(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=path.name, found=error.strerror or str(error))) from error
    except ValueError as error:  # no TOML, or no text
        raise DataError(finding("E_TOML", file=path.name, found=str(error))) from error


def say_written(paths: Sequence[Path], language: str) -> None:
    print(phrase("command.written", language))
    for path in paths:
        print(f"  {path}")
