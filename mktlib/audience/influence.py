"""Who carries what is said further, and on how few people or posts everything rests; sizes and shares, never a name.

How unequal something is is told by the Gini coefficient and by the share that the foremost hold (Lorenz 1905), zeros counted: people who
bring nothing are part of the crowd. Ranges are by the studentized bootstrap on the log-odds (Efron 1981; Davidson 2009, Journal of
Econometrics 150), since a sample of a heavy tail misses its largest members and understates how concentrated a thing is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtrit

from mktlib.audience.groups import FEWEST
from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, identities, not_numbers, numbers
from mktlib.results import Influence
from mktlib.vocabulary import finding, not_level

MEASURES = ("engagements", "reach", "impressions", "shares", "clicks", "orders", "revenue")
SIZES = ("author_followers", "sharer_followers", "follower_count")
BANDS = (0, 100, 1_000, 10_000, 100_000, np.inf)
RESAMPLES = 500
MOST_UNITS = 20_000  # above it, a resample is made of as many groups of units: the range is the same


def describe_influence(data: Any, *, person: str | None = None, measures: Any = None, level: float = 0.9) -> Influence:
    """How concentrated engagement, reach and money are, who shares, and whether what is shared goes further.

    Args:
        data: one row a post (with reach, engagements, shares, ...), a person (orders, revenue, ...) or a share or mention
            (with `author_followers`); a frame of any engine.
        person: a column that says whose rows belong together; they are added up, and it is never shown; rows that name nobody are left
            out, and a finding says how many. With it, and where there are member columns (follows, orders), units are people: shares of
            the foremost are told only where they are FEWEST or more.
        measures: columns to look at; by default those of engagements, reach, impressions, shares, clicks, orders, revenue there.
        level: of the ranges.

    Returns:
        `Influence`.

    Raises:
        DataError: every problem at once: no measure, a cell that is no count, too few units.

    Source:
        Gini (1912); Lorenz (1905); share-of-reach law by a Poisson regression with robust variance (White 1980; Wooldridge 1999).

    >>> posts = pd.DataFrame({"reach": [100] * 30, "engagements": [0] * 27 + [10] * 3})
    >>> describe_influence(posts).table["gini"].round(2).tolist()
    [0.9, 0.0]
    """
    frame = to_pandas(data)
    names = [m for m in MEASURES if m in frame] if measures is None else [measures] if isinstance(measures, str) else list(measures)
    sizes = next((s for s in SIZES if s in frame), None)
    unit = "person" if person is not None or {"follows", "orders", "member_id"} & set(map(str, frame.columns)) or sizes else "post"
    _check(frame, names, person, sizes, level)
    whose = None if person is None else identities(frame[person])
    nobody = 0 if whose is None else int(whose.eq("").sum())
    if whose is not None and nobody:  # all of them together are not one person
        frame, whose = frame[whose.ne("").to_numpy()], whose[whose.ne("")]
    values = pd.DataFrame({name: numbers(frame, name, blank=np.nan) for name in names})
    values = values if whose is None else values.groupby(whose.to_numpy(), sort=True).sum(min_count=1)
    blank = values.isna().sum()
    if unit == "person" and names and len(values) < FEWEST:
        raise DataError(finding("E_FEW_PEOPLE", found=str(len(values)), expected=f">= {FEWEST}"))
    usable = [m for m in names if (values[m].dropna() >= 0).all() and values[m].sum() > 0]
    table = pd.DataFrame([_measure(values[m].dropna().to_numpy(float), m, unit, level) for m in usable], columns=COLUMNS)
    facts: dict[str, Any] = {"level": level, "unit": unit, ("people" if unit == "person" else "posts"): len(values)}
    facts |= _sharing(frame, level) if {"reach", "shares"} <= set(frame.columns) else {}
    sharers, more = _sharers(frame, sizes, whose) if sizes else (None, {})
    found: list[Finding] = [finding("E_NO_PERSON", level="warning", column=str(person), found=str(nobody))] if nobody else []
    found += [finding("E_MISSING_COUNT", level="warning", column=m, found=str(blank[m]), metric=m) for m in usable if blank[m]]
    found += [finding("E_NO_CONCENTRATION", level="note", column=m) for m in names if m not in usable]
    lorenz = pd.concat([_lorenz(values[m].dropna().to_numpy(float), m, unit) for m in usable]) if usable else _empty("lorenz")
    return Influence(
        table=table, facts=facts | more, findings=tuple(found), lorenz=lorenz.reset_index(drop=True),
        sharers=sharers if sharers is not None else _empty("sharers"),
    )  # fmt: skip


TELLS_NOTHING = 2.0
"""Half a range of the power by which shares grow with reach, from which it says nothing."""
COLUMNS = [
    "measure", "unit", "count", "zeros", "total", *(f"{m}{e}" for m in ("gini", "top1", "top10") for e in ("", "_low", "_high")),
]  # fmt: skip


def _empty(name: str) -> pd.DataFrame:
    return Influence(table=pd.DataFrame()).__getattribute__(name)


def _check(frame: pd.DataFrame, names: list[str], person: str | None, sizes: str | None, level: float) -> None:
    """Every problem of the input at once."""
    found = absent(frame, [*names, *([person] if person else [])]) + not_level(level)
    if not names and sizes is None:
        found.append(
            finding(
                "E_MISSING_COLUMN",
                column="engagements",
                expected=", ".join((*MEASURES, *SIZES)),
                found=", ".join(map(str, frame.columns[:20])),
            )
        )
    found += [
        f for c in dict.fromkeys((*names, *([sizes] if sizes else []))) if c in frame for f in not_numbers(frame, c, signed=c == "revenue")
    ]
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    if found:
        raise DataError(found)


def _measure(x: np.ndarray, name: str, unit: str, level: float) -> dict[str, Any]:
    """One row of the table."""
    row: dict[str, Any] = {"measure": name, "unit": unit, "count": len(x), "zeros": float((x == 0).mean()), "total": float(x.sum())}
    ends = concentration(x, level)
    for k, (key, share) in enumerate((("gini", 1.0), ("top1", 0.01), ("top10", 0.1))):
        told = ends[k] if len(x) * share >= FEWEST else [np.nan] * 3  # fewer say little, and would be known
        row |= dict(zip((key, f"{key}_low", f"{key}_high"), map(float, told), strict=True))
    return row


def concentration(x: np.ndarray, level: float = 0.9) -> np.ndarray:
    """(3, 3): Gini, share of the foremost 1 %, of the foremost 10 %, each with its range.

    >>> concentration(np.array([0.0, 0, 0, 0, 0, 0, 0, 0, 0, 8]))[[0, 2], 0].round(3).tolist()
    [0.9, 1.0]
    """
    rng, ordered = np.random.default_rng(20260102), np.sort(x)
    size = min(len(x), MOST_UNITS)
    kept = ordered if size == len(x) else ordered[np.sort(rng.choice(len(x), size, replace=False))]
    seen = _unequal(ordered, np.ones((1, len(x))))[0]
    own, spread = _unequal(kept, np.ones((1, size)))
    again = [_unequal(kept, rng.multinomial(size, np.full(size, 1 / size), 50)) for _ in range(RESAMPLES // 50)]
    value, error = (np.vstack([part[k] for part in again]) for k in (0, 1))
    moved = (_log_odds(value) - _log_odds(own)) / np.maximum(error / _slope(value), 1e-9)
    off = np.nanquantile(moved, [(1 + level) / 2, (1 - level) / 2], axis=0) * (spread / _slope(own)) * np.sqrt(size / len(x))
    ends = expit(_log_odds(seen) - off)
    low, high = np.minimum(ends[0], seen[0]), np.maximum(ends[1], seen[0])
    even = spread[0] < 1e-9
    return np.column_stack([seen[0], np.where(even, seen[0], low), np.where(even, seen[0], high)])


def _log_odds(share: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(share, 1e-6, 1 - 1e-6)))


def _slope(share: np.ndarray) -> np.ndarray:
    inside = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(inside * (1 - inside))


def _unequal(ordered: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(resamples, 3) twice: Gini and shares of the foremost 1 % and 10 %, and their standard errors by the influence of each unit.

    ordered: values in ascending order; weight: how often each is in a resample (resamples, n).
    """
    n = weight.sum(axis=1, keepdims=True)
    people, held = weight.cumsum(axis=1) / n, (weight * ordered).cumsum(axis=1) / n
    mean = np.where(held[:, -1:] > 0, held[:, -1:], np.nan)  # a resample of nothing tells nothing
    rank = people - weight / n / 2
    above = mean - held + weight * ordered / n / 2
    twice = (weight * ordered * rank).sum(axis=1, keepdims=True) / n
    gini = 2 * twice / mean - 1
    pulls = [(2 * (ordered * rank + above - 2 * twice) - (gini + 1) * (ordered - mean)) / mean]
    values = [np.maximum(gini[:, 0], 0)]
    for share in (0.01, 0.1):
        cut = (people >= 1 - share - 1e-12).argmax(axis=1)
        least = ordered[cut][:, None]
        row = np.arange(len(weight))
        top = ((mean[:, 0] - held[row, cut]) + (people[row, cut] - (1 - share)) * least[:, 0])[:, None] / mean
        pulls.append((np.maximum(ordered - least, 0) + share * least - top * ordered) / mean)
        values.append(top[:, 0])
    error = [np.sqrt((weight * pull**2).sum(axis=1)) / n[:, 0] for pull in pulls]
    return np.column_stack(values), np.column_stack(error)


def _lorenz(x: np.ndarray, name: str, unit: str) -> pd.DataFrame:
    """The Lorenz curve at up to 20 steps; between two of them there are FEWEST people at least."""
    steps = min(20, max(1, len(x) // (FEWEST if unit == "person" else 1)))
    held = np.r_[0.0, np.sort(x).cumsum()] / x.sum()
    at = np.linspace(0, 1, steps + 1)
    return pd.DataFrame({"measure": name, "people": at, "share": np.interp(at, np.linspace(0, 1, len(x) + 1), held)})


def _sharing(frame: pd.DataFrame, level: float) -> dict[str, Any]:
    """Shares per thousand reached, and the power by which shares grow with reach."""
    reach, shares = (numbers(frame, name, blank=np.nan).to_numpy() for name in ("reach", "shares"))
    seen = (reach > 0) & np.isfinite(shares)
    reach, shares = reach[seen], shares[seen]
    network = (as_group(frame["network"]) if "network" in frame else pd.Series("", index=frame.index))[seen]
    if len(reach) < FEWEST or shares.sum() <= 0:
        return {}
    rate = shares.sum() / reach.sum()
    off, n = shares - rate * reach, len(reach)
    width = stdtrit(n - 1, 0.5 + level / 2) * np.sqrt((off**2).sum() * n / (n - 1)) / reach.sum()
    told = dict(
        zip(
            ("shares_per_thousand", "shares_per_thousand_low", "shares_per_thousand_high"),
            (1000 * np.array([rate, max(rate - width, 0), rate + width])).tolist(),
            strict=True,
        )
    )
    return told | dict(zip(("spread", "spread_low", "spread_high"), power(shares, reach, pd.factorize(network)[0], level), strict=True))


def power(shares: np.ndarray, reach: np.ndarray, group: np.ndarray, level: float = 0.9) -> tuple[float, float, float]:
    """b of E[shares] = c(group) x reach^b with its range: a Poisson regression whose variance is left open (HC3).

    >>> [round(x, 2) for x in power(np.array([1.0, 2, 4, 8] * 5), np.array([10.0, 20, 40, 80] * 5), np.zeros(20, int))]
    [1.0, 1.0, 1.0]
    """
    kept = np.isin(group, np.flatnonzero(np.bincount(group, shares) > 0))
    shares, reach, group = shares[kept], reach[kept], np.unique(group[kept], return_inverse=True)[1]
    width = int(group.max()) + 2 if len(group) else 2
    x = np.column_stack([np.eye(width - 1)[group], np.log(reach)]) if len(group) else np.zeros((0, 2))
    if len(shares) <= width + 2 or np.ptp(np.log(reach)) < 1e-9 or np.linalg.matrix_rank(x) < width:
        return np.nan, np.nan, np.nan
    beta = np.r_[np.log(np.bincount(group, shares) / np.bincount(group, reach)), 1.0]
    for _ in range(50):
        mean = np.exp(np.clip(x @ beta, -30, 30))
        step = np.linalg.solve(x.T @ (x * mean[:, None]) + 1e-10 * np.eye(width), x.T @ (shares - mean))
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(np.clip(x @ beta, -30, 30))
    bread = np.linalg.inv(x.T @ (x * mean[:, None]) + 1e-10 * np.eye(width))
    lever = np.minimum(mean * np.einsum("ij,jk,ik->i", x, bread, x), 0.99)
    score = x * ((shares - mean) / (1 - lever))[:, None]
    error = float(np.sqrt((bread @ (score.T @ score) @ bread)[-1, -1])) * float(stdtrit(len(shares) - width, 0.5 + level / 2))
    if not error < TELLS_NOTHING:  # one post weighs more than all others together
        return np.nan, np.nan, np.nan
    return float(beta[-1]), float(beta[-1] - error), float(beta[-1] + error)


def _sharers(frame: pd.DataFrame, sizes: str, whose: pd.Series | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """How many followers those who share have, in bands of FEWEST sharers at least, and on how few of them that reach rests."""
    size = numbers(frame, sizes)
    size = size if whose is None else size.groupby(whose.to_numpy(), sort=True).max()
    if len(size) < FEWEST:
        raise DataError(finding("E_FEW_PEOPLE", found=str(len(size)), expected=f">= {FEWEST}"))
    table = _bands(np.sort(size.to_numpy(float)))
    top = concentration(size.to_numpy(float))[2] if size.sum() > 0 and len(size) >= 10 * FEWEST else np.full(3, np.nan)
    known = {
        "sharers": len(size),
        "potential": float(size.sum()),
        "potential_median": float(size.median()),
        "whose": "rows" if whose is None else "people",
    }
    return table, known | dict(zip(("largest_share", "largest_share_low", "largest_share_high"), map(float, top), strict=True))


def _bands(size: np.ndarray) -> pd.DataFrame:
    """Those who share by how many followers they have (ascending): least, most (NaN: no end), sharers, followers, share."""
    cuts = np.searchsorted(size, BANDS[1:-1])
    edges, least = [0], [0.0]
    for cut, bound in zip(cuts, BANDS[1:-1], strict=True):  # a band is closed where it and what is left of it are large enough
        if cut - edges[-1] >= FEWEST and len(size) - cut >= FEWEST:
            edges, least = [*edges, int(cut)], [*least, float(bound)]
    sums = np.add.reduceat(size, edges)
    count = np.diff([*edges, len(size)])
    return pd.DataFrame(
        {"least": least, "most": [*least[1:], np.nan], "sharers": count, "followers": sums, "share": sums / max(float(size.sum()), 1.0)}
    )
