"""What a user may give for the options that many calls share."""

from __future__ import annotations

from numbers import Real
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary.tables import Tables
from mktlib.vocabulary.words import finding


def not_level(level: Any) -> list[Finding]:
    """What is wrong with the level of an interval."""
    fine = isinstance(level, Real) and not isinstance(level, bool) and 0 < float(level) < 1
    return [] if fine else [finding("E_OPTION", column="level", found=level, expected="0 < level < 1")]


def not_tables(tables: Any) -> list[Finding]:
    """What is no table of words; None stands for the packaged ones."""
    fine = tables is None or isinstance(tables, Tables)
    return [] if fine else [finding("E_OPTION", column="tables", found=tables, expected='tables=mk.load_tables("ours.toml")')]
