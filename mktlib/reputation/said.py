"""Mentions as they come, made usable: times in UTC, tones by three words, authors under pseudonyms, every problem said at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.dates import typed_days
from mktlib.intake.engines import as_floats, as_moments
from mktlib.intake.privacy import key, pseudonym
from mktlib.reputation.sentiment import tone
from mktlib.vocabulary import finding, nearest

TONE_WORDS: Mapping[str, str] = {
    "-1": "negative", "négatif": "negative", "négative": "negative", "neg": "negative",
    "0": "neutral", "neutre": "neutral", "neu": "neutral",
    "1": "positive", "positif": "positive", "positive": "positive", "pos": "positive",
    "negative": "negative", "neutral": "neutral", "mixed": "neutral", "mixte": "neutral",
}  # fmt: skip
"""What exports call the three tones. Bare 0, 1, 2 are read as -1, 0, 1 where a 2 occurs (the labels of research sets)."""


def read_mentions(mentions: Any, *, brand: str, needed: tuple[str, ...] = ("at",)) -> pd.DataFrame:
    """Mentions by time, each column filled with nothing where it is absent.

    Returns:
        at (UTC, no zone), brand, tone (read by the lexicon where nobody said any, "" where that does not know either), topic, followers
        (NaN where unknown), author, text, network, language, replied_at (NaT). `.attrs`: there (the columns that were given), read
        (whether the tones are the lexicon's).

    Raises:
        DataError: a needed column is missing, no such brand, a time or a tone that cannot be read, an answer before its question.
    """
    frame = to_pandas(mentions).reset_index(drop=True)
    lacking = [c for c in needed if c not in frame]
    if lacking:
        there = [str(c) for c in frame.columns]
        raise DataError(
            [finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(there), hint=nearest(c, there)) for c in lacking]
        )
    if not isinstance(brand, str):
        raise DataError(finding("E_OPTION", column="brand", found=brand, expected="own"))
    if frame.empty:
        raise DataError(finding("E_NO_ROWS", found="0"))
    out = pd.DataFrame(
        {"at": moments(frame["at"]), "brand": words(frame, "brand", brand), "tone": words(frame, "sentiment_label").str.lower()}
    )
    out["replied_at"] = moments(frame["replied_at"]) if "replied_at" in frame else pd.NaT
    out["tone"] = _tones(out["tone"])
    for column in ("topic", "text", "network", "language"):
        out[column] = words(frame, column)
    followers = frame["author_followers"] if "author_followers" in frame else pd.Series(np.nan, index=frame.index)
    out["followers"] = as_floats(followers)
    found = [*_unreadable(frame, out), *_unknown_brand(out, brand)]
    if found:
        raise DataError(found)
    out["author"] = _pseudonyms(words(frame, "author"))
    read = bool((out["tone"] == "").all() and (out["text"] != "").any())
    if read:  # nobody said the tones: the lexicon reads them, and where it does not know they stay unknown
        out["tone"] = pd.Series(tone(out["text"], out["language"].replace("", "auto")), dtype=object).replace("uncertain", "")
    out.attrs["read"] = read
    out.attrs["there"] = tuple(
        c for c in ("brand", "sentiment_label", "topic", "text", "replied_at", "author", "author_followers") if c in frame
    )
    return out.sort_values("at", kind="stable", ignore_index=True)


def moments(column: pd.Series) -> pd.Series:
    """Times in UTC without a zone; what cannot be read, a number or a time of another century is NaT."""
    return as_moments(column).dt.tz_localize(None)


def words(frame: pd.DataFrame, column: str, default: str = "") -> pd.Series:
    """A column as text; the default where it is absent or blank."""
    if column not in frame:
        return pd.Series(default, index=frame.index, dtype=object)
    return frame[column].astype(object).where(frame[column].notna(), default).astype(str).str.strip().replace("", default).astype(object)


def _tones(said: pd.Series) -> pd.Series:
    known = {"0": "negative", "1": "neutral", "2": "positive"} if (said == "2").any() and not (said == "-1").any() else {}
    return said.replace({"0.0": "0", "1.0": "1", "-1.0": "-1", "2.0": "2"}).map(lambda word: {**TONE_WORDS, **known, "": ""}.get(word))


def _unreadable(frame: pd.DataFrame, out: pd.DataFrame) -> list[Finding]:
    """The first cell of each column that cannot be read (lines count the header, as in a file)."""
    late = out["replied_at"].notna() & (out["replied_at"] < out["at"])
    said = frame["replied_at"].notna() & words(frame, "replied_at").ne("") if "replied_at" in frame else late
    follows = words(frame, "author_followers").ne("") & (out["followers"].isna() | (out["followers"] < 0) | np.isinf(out["followers"]))
    wrong: tuple[tuple[str, str, pd.Series], ...] = (
        ("E_BAD_DATE", "at", out["at"].isna()),
        ("E_BAD_DATE", "replied_at", said & out["replied_at"].isna()),
        ("E_REPLY_BEFORE", "replied_at", late),
        ("E_TONE", "sentiment_label", out["tone"].isna()),
        ("E_NOT_A_NUMBER", "author_followers", follows),
    )
    found = []
    for code, column, bad in wrong:
        if bad.any():
            at = int(bad.to_numpy().argmax())
            hint = typed_days(column, frame[column].iloc[at]) if code == "E_BAD_DATE" else None
            found.append(finding(code, column=column, line=at + 2, found=frame[column].iloc[at], count=int(bad.sum()), hint=hint))
    return found


def _unknown_brand(out: pd.DataFrame, brand: str) -> list[Finding]:
    brands = sorted(out["brand"].unique())
    if brand in brands:
        return []
    return [finding("E_OPTION", column="brand", found=brand, expected=", ".join(brands[:8]), hint=nearest(brand, brands))]


def _pseudonyms(authors: pd.Series) -> pd.Series:
    """Each author under a keyed hash; nobody stays nobody."""
    secret = key()[0]
    return authors.map({author: pseudonym(author, secret) if author else "" for author in authors.unique()})
