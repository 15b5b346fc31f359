"""One card a network: what it is good for, what fits there, and what our own posts did there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mktlib.audience.accounts import by_network, is_daily
from mktlib.errors import DataError
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, days_of, not_numbers, numbers
from mktlib.results import NetworkCards
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import Tables, finding, load_tables, not_level, not_tables

FEWEST_POSTS = 3
SPEC = ("network", "spec", "unit", "most", "advised", "conf")


def network_cards(posts: Any, followers: Any = None, *, level: float = 0.9, tables: Tables | None = None) -> NetworkCards:
    """What each network is good for, its formats and limits, and our own record there.

    Args:
        posts: one row a post, with network and any of reach, impressions and engagements, content_type, at; a frame of any engine.
        followers: one row a network and day, with date, network, followers, followers_gained, followers_lost.
        level: of the ranges.
        tables: with a firm's own rows of networks and specs.

    Returns:
        `NetworkCards`, the network with most posts first. Reach a post and the engagement rate are means over posts, with the range of
        so many posts (none below FEWEST_POSTS); the best format is the scorer's, with its verdict: a first place that is undecided says so.

    Raises:
        DataError: every problem at once: no network, a cell that is no count.

    >>> posts = pd.DataFrame({"network": ["x"] * 5, "reach": [90, 100, 110, 95, 105], "impressions": 200, "engagements": 4})
    >>> network_cards(posts).table[["posts", "reach_per_post"]].values.tolist()
    [[5.0, 100.0]]
    """
    frame = to_pandas(posts)
    days = None if followers is None else to_pandas(followers)
    _check(frame, days, level, tables)
    tables = tables or load_tables()
    frame = frame.assign(network=as_group(frame["network"]))
    names = list(frame["network"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable").index)
    table = pd.DataFrame([_record(frame[frame["network"] == n], str(n), level, tables) for n in names])
    best = _best(frame, level, tables)
    table = table.merge(best, on="network", how="left") if len(best) else table
    facts: dict[str, Any] = {"level": level, "posts": len(frame), "networks": len(names)}
    if days is not None:
        account = by_network(days, "network", level)[0].rename(columns={"group": "network", "followers_last": "followers"})
        table = table.merge(
            account[[c for c in ("network", "followers", "growth", "growth_low", "growth_high") if c in account]], on="network", how="left"
        )
    if "at" in frame:
        when, _ = days_of(frame, "at")
        facts |= {"first": when.min(), "last": when.max()}
    return NetworkCards(table=table, facts=facts, formats=_formats(frame, names, tables), limits=_limits(names, tables))


def _check(frame: pd.DataFrame, days: pd.DataFrame | None, level: float, tables: Tables | None) -> None:
    """Every problem of the input at once."""
    found = absent(frame, ["network"]) + not_level(level) + not_tables(tables)
    counts = ("reach", "impressions", "engagements")
    found += [f for c in counts if c in frame for f in not_numbers(frame, c)]
    if not {"reach", "impressions"} & set(frame.columns):
        found += absent(frame, ["reach"])
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    if days is not None:
        found += absent(days, ["network", "date", "followers"])
        if not is_daily(days) and not absent(days, ["date", "followers"]):
            found.append(
                finding("E_OPTION", column="followers", found="follows / engaged / orders", expected='mk.load_sample("followers")')
            )
        found += [f for c in ("followers", "followers_gained", "followers_lost") if c in days for f in not_numbers(days, c)]
    if found:
        raise DataError(found)


def _record(part: pd.DataFrame, name: str, level: float, tables: Tables) -> dict[str, Any]:
    """What our posts did on one network."""
    row: dict[str, Any] = {"network": name, "channel": str(tables.networks.get(name, {}).get("channel", "")), "posts": len(part)}
    over = "reach" if "reach" in part else "impressions"
    reach = numbers(part, over, blank=np.nan).dropna().to_numpy(float)
    row |= _named("reach_per_post", _ratio(reach, np.ones(len(reach)), level))
    if {"impressions", "engagements"} <= set(part.columns):
        both = pd.DataFrame({"y": numbers(part, "engagements", blank=np.nan), "n": numbers(part, "impressions", blank=np.nan)}).dropna()
        row |= _named("engagement_rate", _ratio(both["y"].to_numpy(float), both["n"].to_numpy(float), level))
    return row


def _named(name: str, ends: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))


def _ratio(y: np.ndarray, n: np.ndarray, level: float) -> tuple[float, float, float]:
    """Sum of y over sum of n, posts being what varies (Cochran 1977, chapter 6, on the log scale; Student)."""
    if not len(y) or n.sum() <= 0:
        return np.nan, np.nan, np.nan
    rate, count = float(y.sum() / n.sum()), len(y)
    if count < FEWEST_POSTS or rate <= 0:
        return rate, np.nan, np.nan
    error = np.sqrt(((y - rate * n) ** 2).sum() * count / (count - 1)) / y.sum()
    factor = float(np.exp(stdtrit(count - 1, 0.5 + level / 2) * error))
    return rate, rate / factor, rate * factor


def _best(frame: pd.DataFrame, level: float, tables: Tables) -> pd.DataFrame:
    """The format with the highest engagement rate on each network, and how far that is shown."""
    columns = ["network", "best_format", "best_rate", "best_low", "best_high", "best_verdict"]
    if not {"content_type", "impressions", "engagements"} <= set(frame.columns):
        return pd.DataFrame(columns=columns)
    piece = frame["content_id"] if "content_id" in frame else pd.Series(frame.index, frame.index)
    log = frame[["network"]].assign(
        impressions=numbers(frame, "impressions", blank=np.nan), engagements=numbers(frame, "engagements", blank=np.nan),
        content_type=as_group(frame["content_type"]), content_id=piece.astype(str),
    )  # fmt: skip
    log = log[log["impressions"].gt(0) & log["engagements"].notna()]
    if log.empty:
        return pd.DataFrame(columns=columns)
    seen = log[["network", "content_type"]].drop_duplicates().sort_values(["network", "content_type"], ignore_index=True)
    scorer = ContentScorer("engagement_rate", by=("network", "content_type"), priors="flat", level=level, tables=tables).fit(log)
    scores = scorer.score_cells(seen, within=("network",))
    first = scores.table.sort_values(["network", "rate"], ascending=[True, False], kind="stable").drop_duplicates("network")
    several = first["network"].map(seen["network"].value_counts()).gt(1)  # a format alone leads nobody
    best = first.assign(best_verdict=first["verdict"].where(several, "test"))
    names = {"content_type": "best_format", "rate": "best_rate", "low": "best_low", "high": "best_high"}
    return best.rename(columns=names)[columns].reset_index(drop=True)


def _formats(frame: pd.DataFrame, names: list[Any], tables: Tables) -> pd.DataFrame:
    """What is usually posted on each network, and how many of ours were such, and what else we posted."""
    kinds = as_group(frame["content_type"]) if "content_type" in frame else pd.Series("(missing)", index=frame.index)
    rows = []
    for name in names:
        ours = kinds[frame["network"] == name].value_counts()
        usual = [str(f) for f in tables.networks.get(str(name), {}).get("formats", ())]
        rows += [
            (name, f, f in usual, int(ours.get(f, 0))) for f in dict.fromkeys([*usual, *sorted(map(str, ours.index))]) if f != "(missing)"
        ]
    return pd.DataFrame(rows, columns=["network", "content_type", "usual", "ours"])


def _limits(names: list[Any], tables: Tables) -> pd.DataFrame:
    """The rows of specs.toml that hold on each network: its own, or those of its channel that no network owns."""
    rows = []
    for name in names:
        channel = tables.networks.get(str(name), {}).get("channel")
        rows += [(name, key, *_room(spec)) for key, spec in tables.specs.items() if _holds(spec, str(name), channel)]
    return pd.DataFrame(rows, columns=list(SPEC))


def _holds(spec: Mapping[str, Any], name: str, channel: Any) -> bool:
    return name in spec["networks"] if "networks" in spec else channel in spec["channels"]


def _room(spec: Mapping[str, Any]) -> tuple[str, Any, Any, str]:
    return str(spec["unit"]), spec.get("most"), spec.get("advised"), str(spec.get("conf", ""))
