"""How near a draft is to each style: marks, times what each mark says of a style, as shares of belief.

A log-linear model whose every coefficient is a row of the tables: log-odds of a style = sum over marks of weight x strength. The weights
were set by hand from what is known of registers and drawn a little towards drafts written for the purpose (ridge regression towards the
hand-set ones); a company changes them in its own TOML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.results import StyleFit
from mktlib.rules.draft import Draft, draft_of
from mktlib.rules.marks import Shown, marks_of
from mktlib.rules.readability import reading
from mktlib.vocabulary import Tables, finding, load_tables, nearest, not_tables

LANGUAGES = ("en", "fr")
MOST_MARKS = 5


def weights(tables: Tables) -> pd.DataFrame:
    """One row a mark, one column a style: what the mark at full strength adds to the log-odds."""
    styles = list(tables.styles)
    rows = {key: [float(row["weights"].get(style, 0.0)) for style in styles] for key, row in tables.marks.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=styles, dtype=float)


FEW = 6.0
"""Words at which half of what the marks say is believed: nobody knows a style by one sentence."""


def fits(marks: Mapping[str, Shown], words: int, tables: Tables) -> pd.Series:
    """The share of belief of each style; they add up to 1, and stay near each other where there are few words."""
    matrix = weights(tables)
    odds = np.array([marks[key].strength for key in matrix.index]) @ matrix.to_numpy() * words / (words + FEW)
    share = np.exp(odds - odds.max())
    return pd.Series(share / share.sum(), index=matrix.columns)


def speaks(marks: Mapping[str, Shown], tables: Tables) -> pd.DataFrame:
    """What each mark adds to each style beyond what it adds to the average style: one row a mark, one column a style."""
    matrix = weights(tables)
    apart = matrix.sub(matrix.mean(axis=1), axis=0)
    return apart.mul(pd.Series({key: marks[key].strength for key in matrix.index}), axis=0)


def wrong_text(text: object, language: object) -> list[Finding]:
    """What makes a text or its language impossible to judge."""
    found = []
    if not isinstance(text, str):
        found.append(finding("E_OPTION", column="text", found=type(text).__name__, expected="str"))
    if language not in LANGUAGES:
        hint = nearest(language, LANGUAGES)
        found.append(finding("E_OPTION", column="language", found=repr(language), expected=", ".join(LANGUAGES), hint=hint))
    return found


def style_fit(text: str, *, language: str = "en", tables: Tables | None = None) -> StyleFit:
    """How near a draft is to each style of the tables, and what in it speaks for and against each.

    Args:
        text: the draft, plain or HTML. language: the one it is written in, "en" or "fr".
        tables: the styles, marks and weights; default the packaged ones.

    Returns:
        StyleFit, the best style first. `fit` is a share of belief among these styles alone: a text in none of them still gets shares. In
        a text of few words the shares stay near each other.

    Raises:
        DataError: no text, or a language without marks.

    Sources: Biber, "Variation across speech and writing" (1988) and Heylighen and Dewaele (2002) for the marks; weights ours.

    >>> style_fit("Pursuant to clause 4, the lessee shall notify the lessor in writing.").table["style"][0]
    'legal_formal'
    """
    if wrong := [*wrong_text(text, language), *not_tables(tables)]:
        raise DataError(wrong)
    tables = tables or load_tables()
    draft = draft_of(text, language)
    return fit_of(draft, marks_of(draft, tables), tables)


def fit_of(draft: Draft, marks: Mapping[str, Shown], tables: Tables) -> StyleFit:
    """The fit of a draft whose marks are known."""
    shares = fits(marks, draft.words, tables).sort_values(ascending=False, kind="stable")
    said = speaks(marks, tables)
    table = pd.DataFrame(
        {
            "style": list(shares.index),
            "fit": shares.to_numpy(),
            "marks_for": [_marks(said[style], 1) for style in shares.index],
            "marks_against": [_marks(said[style], -1) for style in shares.index],
        }
    )
    return StyleFit(table=table, marks=_mark_table(draft, marks, tables), facts=_facts(draft, shares))


def _marks(said: pd.Series, side: int) -> tuple[str, ...]:
    strong = (side * said).sort_values(ascending=False, kind="stable").head(MOST_MARKS)
    return tuple(str(key) for key, value in strong.items() if value > 0.15)


def _mark_table(draft: Draft, marks: Mapping[str, Shown], tables: Tables) -> pd.DataFrame:
    rows = [
        {
            "mark": key,
            "count": shown.count,
            "amount": shown.amount,
            "per": str(tables.marks[key]["per"]),
            "strength": shown.strength,
            "words": tuple(dict.fromkeys(draft.read[s.start : s.end][:40] for s in shown.where))[:8],
        }
        for key, shown in marks.items()
    ]
    return pd.DataFrame(rows).sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def _facts(draft: Draft, shares: pd.Series) -> dict[str, Any]:
    read = reading(draft)
    entropy = -sum(p * math.log(p) for p in shares if p > 0) / math.log(max(2, len(shares)))
    return {
        "language": draft.language, "words": read.words, "sentences": read.sentences, "sentence_words": read.sentence_words,
        "ease": read.ease, "grade": read.grade, "seconds": read.seconds, "best": str(shares.index[0]), "second": str(shares.index[1]),
        "ratio": float(shares.iloc[0] / max(shares.iloc[1], 1e-12)), "entropy": float(entropy),
    }  # fmt: skip
