"""The audience's own questions, carried to those who make the pieces; what few people ask is not carried."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.engines import as_floats
from mktlib.results import Audience, Research
from mktlib.vocabulary import finding, nearest, unknowable

FEWEST, MOST, MOST_LETTERS = 10, 5, 200
"""People who must have asked a question before it is shown word for word; how many questions a page shows, and how much of each."""


def read_questions(questions: Any) -> pd.DataFrame:
    """Questions as group ("" for everyone), question, people, unit (people | impressions), those of fewer than FEWEST left out.

    questions: what `describe_audience` or `research_sheet` gave, or a frame with question, people and, where it is known, group or segment
    (a search console's query and impressions will do); None for none.

    Raises:
        DataError: E_OPTION, E_MISSING_COLUMN, E_NOT_A_NUMBER.
    """
    if questions is None:
        return pd.DataFrame({"group": [], "question": [], "people": [], "unit": []}).astype({"group": str, "question": str})
    given = questions.questions if isinstance(questions, Audience) else questions.queries if isinstance(questions, Research) else questions
    if not hasattr(given, "columns"):
        raise DataError(
            finding("E_OPTION", column="questions", found=type(questions).__name__, expected="questions=mk.describe_audience(...)")
        )
    frame = to_pandas(given)
    unit = "people" if "people" in frame else "impressions"
    frame = frame.rename(columns={"query": "question", "impressions": "people", **({} if "group" in frame else {"segment": "group"})})
    people, found = _counted(frame)
    if found:
        raise DataError(found)
    group = frame["group"].where(frame["group"].notna(), "").astype(str) if "group" in frame else pd.Series("", index=frame.index)
    text = frame["question"].where(frame["question"].notna(), "").astype(str).map(lambda q: unknowable(" ".join(q.split()))[:MOST_LETTERS])
    kept = people.ge(FEWEST) & text.ne("")
    return pd.DataFrame({"group": group, "question": text, "people": people, "unit": unit})[kept].reset_index(drop=True)


def _counted(frame: pd.DataFrame) -> tuple[pd.Series, list[Finding]]:
    """How many asked each question, and what is wrong."""
    names = [str(c) for c in frame.columns]
    lacking = [c for c in ("question", "people") if c not in names]
    found = [finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(names[:20]), hint=nearest(c, names)) for c in lacking]
    if found:
        return pd.Series(dtype=float), found
    people = as_floats(frame["people"])
    bad = (people.isna() & frame["people"].notna()).to_numpy(bool) | np.isinf(people.to_numpy())
    at = int(bad.argmax()) if bad.any() else 0
    wrong = [finding("E_NOT_A_NUMBER", column="people", line=at + 2, found=frame["people"].iloc[at])] if bad.any() else []
    return people.fillna(0), wrong


def asked_by(questions: pd.DataFrame, segments: Iterable[str]) -> list[tuple[str, int, str]]:
    """The questions of some segments (and of everyone), most asked first, at most MOST.

    >>> known = pd.DataFrame({"group": ["a", "b", "a"], "question": ["x", "x", "y"], "people": [10.0, 30, 20], "unit": "people"})
    >>> asked_by(known, ["a"])
    [('y', 20, 'people'), ('x', 10, 'people')]
    """
    mine = questions[questions["group"].isin([*map(str, segments), "", "others"])]
    whole = mine.groupby(["question", "unit"], sort=True)["people"].sum().sort_values(ascending=False, kind="stable")
    rows = whole.head(MOST).reset_index().to_dict("records")
    return [(str(r["question"]), int(r["people"]), str(r["unit"])) for r in rows]
