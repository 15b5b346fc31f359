"""What people ask a search engine before they come, or do not come: the questions among the queries of a search console."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from mktlib.audience.asked import clean
from mktlib.audience.groups import FEWEST
from mktlib.errors import DataError
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, not_numbers, numbers
from mktlib.results import QUERIES, Intake
from mktlib.vocabulary import load_tables

PLACES = (0, 3.5, 10.5, 20.5, np.inf)  # bands of the average position: the first three, the first page, the second, further
CLEARLY = 0.5  # of what is usual at such a place


def questions_in(queries: Any, level: float = 0.9) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The questions among queries, what is shown most and clicked least first (`QUERIES`), and facts.

    queries: a table of queries as `read_export` gives it (its result, or a frame with query, impressions, clicks, position). A query that
    was shown fewer than FEWEST times is counted and not shown; addresses and long numbers in the others are masked.
    unmet: the whole range of the click rate lies below half of what all queries get at such a place in the results. A question far down
    is seldom seen at all: its page must be found before it can be liked.

    Raises:
        DataError: columns that are not there, cells that are no counts.
    """
    frame = queries.table if isinstance(queries, Intake) else to_pandas(queries)
    found = absent(frame, ("query", "impressions", "clicks"))
    found += [f for c in ("impressions", "clicks", "position") if c in frame for f in not_numbers(frame, c)]
    if found:
        raise DataError(found)
    rows = _added(frame)
    rows = rows.assign(language=[asks(q) for q in rows["query"]])
    usual = _usual(rows)
    mine = rows.assign(usual=usual)[rows["language"] != ""]
    hidden = mine["impressions"] < FEWEST
    shown = mine[~hidden].reset_index(drop=True)
    shown = shown.assign(**_rates(shown, level))
    shown["unmet"] = shown["high"] < CLEARLY * shown["usual"]
    shown = shown.assign(_lost=np.where(shown["unmet"], shown["impressions"] * shown["usual"] - shown["clicks"], -1.0))
    shown = shown.sort_values(["_lost", "impressions"], ascending=False, kind="stable", ignore_index=True)
    facts = {
        "query_rows": len(rows), "questions": len(mine), "queries_hidden": int(hidden.sum()), "unmet": int(shown["unmet"].sum()),
        "impressions_questions": float(mine["impressions"].sum()),
        "impressions_unmet": float(shown.loc[shown["unmet"], "impressions"].sum()),
        "impressions_unclicked": float((mine["impressions"] - mine["clicks"]).clip(lower=0).sum()),
    }  # fmt: skip
    return shown[list(QUERIES)], facts


def _added(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a query: impressions, clicks, and the position weighed by impressions (NaN where there is none)."""
    text = frame["query"].where(frame["query"].notna(), "").astype(str).map(clean)
    rows = pd.DataFrame({"query": text, "impressions": numbers(frame, "impressions"), "clicks": numbers(frame, "clicks")})
    rows["place"] = (numbers(frame, "position", blank=np.nan) if "position" in frame else np.nan) * rows["impressions"]
    rows = rows[rows["query"].ne("") & rows["impressions"].gt(0)].assign(key=text.str.casefold())
    out = rows.groupby("key", sort=True).agg(
        query=("query", "first"),
        impressions=("impressions", "sum"),
        clicks=("clicks", "sum"),
        place=("place", lambda p: p.sum(min_count=1)),
    )
    return out.assign(position=out["place"] / out["impressions"]).drop(columns="place").reset_index(drop=True)


def _usual(rows: pd.DataFrame) -> np.ndarray:
    """The click rate of all queries that stand as high (n,)."""
    band = np.digitize(rows["position"].fillna(0).to_numpy(), PLACES)
    shown, clicked = np.bincount(band, rows["impressions"], 6), np.bincount(band, rows["clicks"], 6)
    return np.asarray((clicked / np.maximum(shown, 1))[band])


def _rates(rows: pd.DataFrame, level: float) -> dict[str, np.ndarray]:
    """The click rate with Jeffreys' interval."""
    n = rows["impressions"].to_numpy(float)
    y = np.minimum(rows["clicks"].to_numpy(float), n)
    low, high = (betaincinv(y + 0.5, n - y + 0.5, q) for q in ((1 - level) / 2, (1 + level) / 2))
    return {"click_rate": y / np.maximum(n, 1), "low": np.where(y > 0, low, 0.0), "high": high}


def asks(query: str) -> str:
    """The language whose words make a query a question; "" where it asks nothing.

    >>> [asks(q) for q in ("How to clean lenses", "comment choisir ses lunettes", "où acheter solène", "lunettes ou lentilles", "solène")]
    ['en', 'fr', 'fr', '', '']
    """
    text = " " + " ".join(re.findall(r"[^\W_]+|\?", unicodedata.normalize("NFC", query).casefold().replace("’", "'"))) + " "
    for language, said in _words().items():
        if any(text.startswith(f" {word} ") for word in said["starts"]) or any(f" {word} " in text for word in said["anywhere"]):
            return language
    return "en" if text.rstrip().endswith("?") else ""


def _words() -> dict[str, Any]:
    """The words that ask, by language, the most telling language first."""
    known = {code: row["asks"] for code, row in load_tables().languages.items() if "asks" in row}
    return dict(sorted(known.items(), reverse=True))
