"""Texts and labels as people hand them over, made plain; every problem of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.errors import DataError
from mktlib.vocabulary import finding, nearest

CLASSES = ("negative", "neutral", "positive")
UNCERTAIN = "uncertain"
MOST_SHOWN = 5
NAMES = {
    "negative": 0, "negatif": 0, "négatif": 0, "négative": 0, "negativ": 0, "neg": 0, "nég": 0,
    "neutral": 1, "neutre": 1, "neu": 1, "mixed": 1, "mitigé": 1,
    "positive": 2, "positif": 2, "pos": 2,
}  # fmt: skip
SCALES: tuple[tuple[frozenset[float], dict[float, int]], ...] = (
    (frozenset({-1}), {-1: 0, 0: 1, 1: 2}),
    (frozenset({0}), {0: 0, 1: 1, 2: 2}),
    (frozenset({3, 4, 5}), {1: 0, 2: 0, 3: 1, 4: 2, 5: 2}),
)
"""A scale is known by a value that only it has; then every value must be one of its own."""


def plain_texts(texts: Any) -> list[str]:
    """Strings; what is missing is an empty text. One string alone is refused: it would be read letter by letter.

    >>> plain_texts(["a", None, float("nan")])
    ['a', '', '']
    """
    if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__") or isinstance(texts, dict | pd.DataFrame):
        hint = f"[{texts!r}]" if isinstance(texts, str) and len(texts) < 40 else '["..."]'
        raise DataError(finding("E_SENTIMENT_TEXTS", column="texts", found=type(texts).__name__, hint=hint))
    out, wrong = [], []
    for at, text in enumerate(texts.to_pylist() if hasattr(texts, "to_pylist") else texts):
        missing = text is None or text is pd.NA or text is pd.NaT or (isinstance(text, float) and np.isnan(text))
        if missing or isinstance(text, str):
            out.append("" if missing else str(text))
        else:
            wrong.append((at, text))
    if wrong:
        said = [finding("E_SENTIMENT_TEXTS", line=at + 1, column="texts", found=repr(text)) for at, text in wrong[:MOST_SHOWN]]
        raise DataError(said)
    return out


def same_length(texts: Sequence[str], labels: Any) -> None:
    count = len(labels) if hasattr(labels, "__len__") else -1
    if count != len(texts):
        raise DataError(finding("E_SENTIMENT_LENGTHS", column="labels", found=str(max(count, 0)), expected=str(len(texts))))


def a_share(value: object) -> bool:
    """A number strictly between 0 and 1.

    >>> [a_share(x) for x in (0.9, 1, True, "0.9", None, float("nan"))]
    [True, False, False, False, False, False]
    """
    return isinstance(value, int | float | np.number) and bool(0 < value < 1)


def coded(labels: Any) -> NDArray[np.int64]:
    """0, 1 or 2 for each label: words, 0/1/2, -1/0/1 or stars.

    >>> coded(["neg", "Neutre", "positive"]).tolist(), coded([1, 3, 5]).tolist(), coded([-1, 0, 1]).tolist()
    ([0, 1, 2], [0, 1, 2], [0, 1, 2])
    """
    values = [x.item() if isinstance(x, np.generic) else x for x in labels]
    if all(isinstance(x, str) for x in values) and not all(_number(x) is not None for x in values):
        return _by_name(values)
    numbers = [_number(x) for x in values]
    wrong = [(i, x) for i, (x, n) in enumerate(zip(values, numbers, strict=True)) if n is None]
    seen = {n for n in numbers if n is not None}
    scale = next((known for own, known in SCALES if own & seen), {})
    wrong = wrong or [(i, x) for i, (x, n) in enumerate(zip(values, numbers, strict=True)) if n not in scale]
    if wrong or not values or (seen <= {0, 1} and seen):
        raise DataError(_refused(wrong or list(enumerate(values))[:1]))
    return np.array([scale[n] for n in numbers if n is not None], dtype=np.int64)


def _by_name(values: list[str]) -> NDArray[np.int64]:
    wrong = [(i, x) for i, x in enumerate(values) if x.strip().lower() not in NAMES]
    if wrong:
        raise DataError(_refused(wrong))
    return np.array([NAMES[x.strip().lower()] for x in values], dtype=np.int64)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _refused(wrong: list[tuple[int, Any]]) -> list[Any]:
    return [
        finding(
            "E_SENTIMENT_LABEL",
            line=at + 1,
            column="labels",
            found=repr(value),
            hint=nearest(value, NAMES) if isinstance(value, str) else None,
        )
        for at, value in wrong[:MOST_SHOWN]
    ]
