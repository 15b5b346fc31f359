"""The audience's own questions, such that nobody is known by what he asked."""

from __future__ import annotations

import pandas as pd

from mktlib.audience.groups import FEWEST, OTHERS
from mktlib.vocabulary import unknowable
from mktlib.wording import visible

COLUMNS = ("group", "question", "people")


def asked(question: pd.Series, group: pd.Series) -> tuple[pd.DataFrame, int, int]:
    """Questions by group, most asked first (`COLUMNS`); how many people asked one; and how many of them asked what is not shown.

    A question stands in a group where at least FEWEST people of it asked it; else with all the others who asked it, where they are that
    many; else nowhere. Spelling counts for nothing (blanks, capitals); addresses and long numbers are masked.
    """
    text = question.astype(object).where(question.notna(), "").astype(str).map(clean)
    rows = pd.DataFrame({"group": group.to_numpy(), "question": text.to_numpy(), "key": text.str.casefold().to_numpy()})
    rows = rows[rows["key"] != ""]
    rows["question"] = rows.groupby("key")["question"].transform(lambda said: said.value_counts().sort_index().idxmax())
    counts = rows.groupby(["group", "question"], sort=True).size().rename("people").reset_index()
    few = counts["people"] < FEWEST
    whole = counts[few].groupby("question", sort=True)["people"].sum()
    rest = whole[whole >= FEWEST].rename("people").reset_index().assign(group=OTHERS)
    shown: pd.DataFrame = pd.concat([counts[~few], rest[list(COLUMNS)]], ignore_index=True)[list(COLUMNS)]
    shown = shown.sort_values("people", ascending=False, kind="stable", ignore_index=True)
    return shown, len(rows), len(rows) - int(shown["people"].sum())


def clean(text: str) -> str:
    """One line of text without an address, a long number or anything hidden.

    >>> clean("Call me on 06 12 34 56 78?  ana@example.org")
    'Call me on ***? a***@e***'
    """
    return unknowable(visible(" ".join(text.split())))[:200]
