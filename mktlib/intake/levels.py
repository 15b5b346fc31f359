"""The levels of an axis as words, the same words from every engine: what is fitted under a name is asked for under that name."""

from __future__ import annotations

from typing import Any

import pandas as pd

MISSING = "(missing)"


def words(column: pd.Series) -> pd.Series:
    """A column as text, null as "(missing)". Truth values, days and whole numbers that were stored as floats read alike everywhere.

    >>> words(pd.Series([1.0, None])).tolist(), words(pd.Series([True, None], dtype="boolean")).tolist()
    (['1', '(missing)'], ['True', '(missing)'])
    """
    codes, levels = pd.factorize(column, use_na_sentinel=True)
    said = pd.Series([*(_word(level) for level in levels), MISSING], dtype="str")
    return pd.Series(said.take(codes).to_numpy(), column.index, dtype="str", name=column.name)


def _word(level: Any) -> str:
    if isinstance(level, float) and level.is_integer() and abs(level) < 2**53:
        return str(int(level))
    if isinstance(level, pd.Timestamp):
        return level.strftime("%Y-%m-%d" if level == level.normalize() else "%Y-%m-%dT%H:%M:%S")
    return str(level)
