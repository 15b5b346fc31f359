"""What a user may give for the options that many calls share."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary.tables import Tables
from mktlib.vocabulary.words import finding, languages


def not_level(level: Any) -> list[Finding]:
    """What is wrong with the level of an interval."""
    fine = isinstance(level, Real) and not isinstance(level, bool) and 0 < float(level) < 1
    return [] if fine else [finding("E_OPTION", column="level", found=level, expected="0 < level < 1")]


def not_seed(random_state: Any) -> list[Finding]:
    """What is wrong with the seed of what is drawn."""
    fine = isinstance(random_state, Integral) and not isinstance(random_state, bool) and int(random_state) >= 0
    return [] if fine else [finding("E_OPTION", column="random_state", found=repr(random_state), expected="0, 1, 2 ...")]


def not_language(language: Any) -> list[Finding]:
    """What is no language of the tables; None stands for the usual one."""
    fine = language is None or (isinstance(language, str) and language in languages())
    return [] if fine else [finding("E_OPTION", column="language", found=language, expected=" / ".join(languages()))]


def not_tables(tables: Any) -> list[Finding]:
    """What is no table of words; None stands for the packaged ones."""
    fine = tables is None or isinstance(tables, Tables)
    return [] if fine else [finding("E_OPTION", column="tables", found=tables, expected='tables=mk.load_tables("ours.toml")')]
