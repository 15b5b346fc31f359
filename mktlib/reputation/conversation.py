"""The state of a reputation: how much of the talk is ours, in which tone, about what, who carries it, and how long people wait for us."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.reputation import shares
from mktlib.reputation.carriers import by_reach, loudest, told_reach
from mktlib.reputation.response import answered_by, waits
from mktlib.reputation.said import moments, read_mentions
from mktlib.results import Reputation
from mktlib.vocabulary import finding, not_level

FEWEST = 10
"""Mentions below which a topic or a network is told with the others (few people could be singled out)."""
OTHERS = "others"
Triple = tuple[float, float, float]


def describe_reputation(
    mentions: Any, *, brand: str = "own", level: float = 0.9, as_of: Any = None, answer_within: float = 24.0
) -> Reputation:
    """Share of voice, net sentiment, topics, carriers and response time.

    Args:
        mentions: one row a mention (a frame of any engine): at, and any of brand, sentiment_label, topic, text, network, author,
            author_followers, replied_at.
        brand: ours, as the column brand calls it; a frame without that column is all ours.
        as_of: until when answers were watched; default: the last mention or answer.
        answer_within: hours that the share of answers is told for.

    Returns:
        `Reputation`: a row a brand. Shares hold the wave-like nature of talk (see `shares`); response times count those who still wait
        (see `response`); authors are pseudonyms. Complaints are the negative mentions; where tones are unknown all are counted.

    Raises:
        DataError: every problem at once (see `read_mentions`), a level or a time that is none.

    >>> said = pd.DataFrame({"at": pd.date_range("2026-01-01", periods=40, freq="D"), "brand": ["own", "other"] * 20})
    >>> describe_reputation(said).table["share_of_voice"].tolist()
    [0.5, 0.5]
    """
    known = read_mentions(mentions, brand=brand)
    end = _until(known, as_of, level, answer_within)
    attrs = known.attrs
    known = known[known["at"] <= end].assign(week=lambda d: shares.periods(d["at"]), negative=lambda d: d["tone"].eq("negative"))
    there, toned = attrs["there"], bool((known["tone"] != "").any())
    own = known[known["brand"] == brand]
    asked = own[own["negative"]] if toned else own
    found = [] if toned else [finding("E_NO_TONE", level="note", column="sentiment_label")]
    found += [finding("E_TONE_READ", level="warning", column="sentiment_label")] if attrs["read"] else []
    if len(np.unique(known["week"])) < shares.FEWEST_TIMES:
        found.append(
            finding("E_SHORT_TALK", level="warning", found=str(len(np.unique(known["week"]))), expected=f">= {shares.FEWEST_TIMES}")
        )
    waited = _waits(asked, end, level, answer_within) if "replied_at" in there and len(asked) else (pd.DataFrame(), pd.DataFrame())
    return Reputation(
        table=_brands(known, level, toned),
        topics=_topics(own, level, toned) if "topic" in there else pd.DataFrame(),
        weeks=_weeks(own) if "topic" in there else pd.DataFrame(),
        carriers=by_reach(own["followers"].dropna().to_numpy(), own.loc[own["followers"].notna(), "negative"].to_numpy()),
        authors=loudest(own[(own["author"] != "") & own["followers"].notna()]),
        waits=waited[0],
        answers=waited[1],
        facts={
            "brand": brand, "level": level, "mentions": len(own), "all_mentions": len(known), "first": known["at"].min(), "as_of": end,
            "answer_within": answer_within, "toned": toned, "asked": "complaints" if toned else "mentions",
        },
        findings=tuple(found),
    )  # fmt: skip


def _until(known: pd.DataFrame, as_of: Any, level: float, answer_within: float) -> pd.Timestamp:
    """Until when it was watched; bad options are refused together."""
    found: list[Finding] = not_level(level)
    if not (isinstance(answer_within, int | float) and 0 < answer_within < np.inf):
        found.append(finding("E_OPTION", column="answer_within", found=answer_within, expected="> 0"))
    last = max(known["at"].max(), known["replied_at"].max()) if known["replied_at"].notna().any() else known["at"].max()
    end = last if as_of is None else moments(pd.Series([as_of]))[0]
    if pd.isna(end) or end < known["at"].min():
        found.append(finding("E_OPTION", column="as_of", found=as_of, expected=f">= {known['at'].min():%Y-%m-%d}"))
    if found:
        raise DataError(found)
    return end


def _brands(known: pd.DataFrame, level: float, toned: bool) -> pd.DataFrame:
    """One row a brand, the one with most mentions first."""
    rows = []
    everyone = _by_week(known, pd.Series(True, index=known.index))
    for brand, mine in known.groupby("brand", sort=True):
        size = _by_week(known, known["brand"] == brand)
        row: dict[str, Any] = {"brand": brand, "mentions": len(mine), "reach": told_reach(float(mine["followers"].sum()), len(mine))}
        alone = len(mine) == len(known)  # of one brand alone, a share says nothing
        row |= _named("share_of_voice", (np.nan,) * 3 if alone else shares.share(size, everyone, level))
        if toned:
            good, bad = (_by_week(known, (known["brand"] == brand) & (known["tone"] == tone)) for tone in ("positive", "negative"))
            told = _by_week(known, (known["brand"] == brand) & (known["tone"] != ""))
            row |= _named("net_sentiment", shares.net(good, bad, told, level)) | _named("negative", shares.share(bad, told, level))
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["mentions", "brand"], ascending=[False, True], kind="stable", ignore_index=True)


def _by_week(known: pd.DataFrame, which: pd.Series) -> np.ndarray:
    codes = np.unique(known["week"].to_numpy(), return_inverse=True)[1]
    return np.bincount(codes, weights=which.to_numpy(float))


def _named(name: str, values: Triple) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _topics(own: pd.DataFrame, level: float, toned: bool) -> pd.DataFrame:
    """Our own talk by topic: mentions, share with its range, and how much of it is negative."""
    own = _small_together(own)
    whole, rows = _by_week(own, pd.Series(True, index=own.index)), []
    for topic, mine in own.groupby("topic", sort=True):
        here = own["topic"] == topic
        row = {"topic": topic, "mentions": len(mine)} | _named("share", shares.share(_by_week(own, here), whole, level))
        if toned:
            row |= _named("negative", shares.share(_by_week(own, here & own["negative"]), _by_week(own, here & (own["tone"] != "")), level))
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["mentions", "topic"], ascending=[False, True], kind="stable", ignore_index=True)


def _small_together(own: pd.DataFrame) -> pd.DataFrame:
    """Topics of fewer than FEWEST mentions, and none at all, under one name."""
    size = own["topic"].value_counts()
    return own.assign(topic=own["topic"].where(own["topic"].map(size) >= FEWEST, OTHERS).replace("", OTHERS))


def _weeks(own: pd.DataFrame) -> pd.DataFrame:
    """Our own talk week by week (Monday first) and topic; a week without a topic has a row of nothing."""
    told = _small_together(own).assign(week=lambda d: d["at"].dt.normalize() - pd.to_timedelta(d["at"].dt.day_of_week, unit="D"))
    every = pd.date_range(told["week"].min(), told["week"].max(), freq="7D")
    grid = pd.MultiIndex.from_product([every, sorted(told["topic"].unique())], names=["week", "topic"])
    sums = told.groupby(["week", "topic"])["negative"].agg(["size", "sum"]).reindex(grid, fill_value=0).astype(int)
    return sums.rename(columns={"size": "mentions", "sum": "negatives"}).reset_index()


def _waits(asked: pd.DataFrame, end: pd.Timestamp, level: float, within: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(the wait of all and of each network with enough mentions, the curve of all)."""
    came = (asked["replied_at"].notna() & (asked["replied_at"] <= end)).to_numpy()
    hours = (asked["replied_at"].where(came, end) - asked["at"]).dt.total_seconds().to_numpy() / 3600
    groups: list[tuple[str, np.ndarray]] = [("all", np.ones(len(asked), dtype=bool))]
    sizes = asked["network"].value_counts().sort_index()
    groups += [(str(n), (asked["network"] == n).to_numpy()) for n, size in sizes.items() if n and size >= FEWEST]
    rows = [{"network": name} | asdict(waits(hours[who], came[who], within=within, level=level)) for name, who in groups]
    curve = pd.DataFrame(asdict(answered_by(hours, came, level=level))) if came.any() else pd.DataFrame()
    return pd.DataFrame(rows), curve
