"""What a scorer may be told, checked all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from mktlib.errors import DataError, Finding
from mktlib.vocabulary import Tables, finding


def wrong_options(given: Mapping[str, Any], reserved: set[str]) -> list[Finding]:
    """One finding for each parameter that cannot be used."""
    return [finding("E_OPTION", column=name, found=given[name], expected=said) for name, said in _wrong(given, reserved)]


def _wrong(given: Mapping[str, Any], reserved: set[str]) -> Iterator[tuple[str, str]]:
    """(parameter, what to type)."""
    by = given["by"]
    if not isinstance(given["metric"], str):
        yield "metric", 'metric="click_rate"'
    if isinstance(by, str):
        yield "by", f'by=("{by}",)'
    elif not isinstance(by, list | tuple) or not all(isinstance(a, str) for a in by) or len(set(by)) < len(by):
        yield "by", 'by=("segment", "style")'
    elif reserved & set(by):
        yield "by", 'by=("segment", "style"); ' + ", ".join(sorted(reserved)) + " name columns of the log or of the scores"
    if not (_real(given["level"]) and 0 < given["level"] < 1):
        yield "level", "0 < level < 1"
    if not (isinstance(given["pairs"], bool | np.bool_) or (isinstance(given["pairs"], str) and given["pairs"] == "auto")):
        yield "pairs", '"auto" / True / False'
    if not isinstance(given["priors"], Tables) and not (isinstance(given["priors"], str) and given["priors"] in ("expert", "flat")):
        yield "priors", '"expert" / "flat" / Tables'
    days = given["half_life_days"]
    if days is not None and not (_real(days) and 0 < days < np.inf):
        yield "half_life_days", "half_life_days > 0"
    if given["tables"] is not None and not isinstance(given["tables"], Tables):
        yield "tables", 'tables=mk.load_tables("ours.toml")'
    seed = given["random_state"]
    if not (isinstance(seed, Integral) and not isinstance(seed, bool) and int(seed) >= 0):
        yield "random_state", "random_state=0"


def _real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def plain_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON can say them."""
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return value.item() if isinstance(value, np.generic) else value


def numbers_of(name: str, values: Any) -> np.ndarray:
    """Numbers of a parameter that takes a column.

    Raises:
        DataError: they are none.
    """
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise DataError(finding("E_OPTION", column=name, found=repr(values), expected=f"{name}=log[...]")) from error
