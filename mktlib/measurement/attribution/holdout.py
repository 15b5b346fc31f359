"""Lift beside credit: people kept from a channel by lot show what it brings, and how far the credit of each rule is from that.

Whoever was not held out may have been shown the channel or not: both count, since the lot decided who could be, not who was (analysis by
intention to treat). The difference of the purchases a person, times the people not held out, is what the channel brought them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from mktlib.errors import Finding
from mktlib.glmm.proportions import difference_of_shares
from mktlib.intake.journeys import Journeys
from mktlib.intake.touches import UNTOLD
from mktlib.measurement.attribution.redrawn import Shares, Split
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import finding

LEAST = 10
"""People of each side below which nothing is told."""
NOBODY = (0.0, 0.0, 0.0, 0.0, 0.0)


def split_of(journeys: Journeys, drawn: tuple[int, int] | None) -> Split:
    """Who was held out, in the order of the journeys; the people of the lot without any row bought nothing."""
    more = [0.0, 0.0]
    if drawn is not None:
        more = [max(0.0, n - journeys.groups.get(g, NOBODY)[0]) for g, n in zip((0, 1), drawn, strict=True)]
    purchases = np.bincount(journeys.buyer, journeys.bought, minlength=len(journeys.held)).astype(float)
    return Split(buyers=journeys.held, null=journeys.null_held, purchases=purchases, more=(more[0], more[1]))


def not_drawn(journeys: Journeys, drawn: Any) -> list[Finding]:
    """What is wrong with the people of the lot: fewer than are seen."""
    if drawn is None:
        return []
    seen = tuple(int(journeys.groups.get(g, NOBODY)[0]) for g in (0, 1))
    if any(n < s for n, s in zip(drawn, seen, strict=True)):
        return [finding("E_OPTION", column="drawn", found=drawn, expected=f"drawn=({seen[0]}, {seen[1]})")]
    return []


def lift(journeys: Journeys, channel: str, split: Split, level: float) -> pd.DataFrame:
    """`Attribution.lift`: one row, or none where a side has too few people."""
    sides = [_side(journeys.groups.get(g, NOBODY), more) for g, more in zip((0, 1), split.more, strict=True)]
    if min(side[0] for side in sides) < LEAST:
        return pd.DataFrame(columns=LIFT)
    (open_, held), rates = sides, [s[1] / s[0] for s in sides]
    low, high = _range(open_, held, level)
    near = _range(open_, held, LEANING)
    row: dict[str, Any] = {"channel": channel, "people": int(open_[0]), "people_held": int(held[0])}
    row |= {"purchases": int(open_[1]), "purchases_held": int(held[1]), "rate": rates[0], "rate_held": rates[1]}
    row |= {"difference": rates[0] - rates[1], "low": low, "high": high}
    row |= dict(
        zip(("incremental", "incremental_low", "incremental_high"), np.array([rates[0] - rates[1], low, high]) * open_[0], strict=True)
    )
    row["grade"] = grade("randomised", decided=low > 0 or high < 0, leaning=near[0] > 0 or near[1] < 0)
    return pd.DataFrame([row], columns=LIFT)


LIFT = ["channel", "people", "people_held", "purchases", "purchases_held", "rate", "rate_held", "difference", "low", "high"]
LIFT += ["incremental", "incremental_low", "incremental_high", "grade"]


def _side(group: tuple[float, ...], more: float) -> tuple[float, float, float]:
    """(people, purchases, sum of squares of purchases)."""
    return group[0] + more, group[1], group[2]


def _range(a: tuple[float, float, float], b: tuple[float, float, float], level: float) -> tuple[float, float]:
    """Of the difference of purchases a person: of two shares where nobody bought twice, else of two means (Welch 1947)."""
    if a[1] == a[2] and b[1] == b[2]:
        return difference_of_shares((a[1], b[1]), (a[0], b[0]), level)
    var = [max(s[2] - s[1] ** 2 / s[0], 0.0) / (s[0] - 1) / s[0] for s in (a, b)]
    df = sum(var) ** 2 / max(sum(v**2 / (s[0] - 1) for v, s in zip(var, (a, b), strict=True)), 1e-300)
    half = float(student.ppf(0.5 + level / 2, max(df, 1.0))) * float(np.sqrt(sum(var)))
    gap = a[1] / a[0] - b[1] / b[0]
    return gap - half, gap + half


def gaps(found: Shares, lifted: pd.DataFrame, place: int | None, conversions: float, level: float) -> pd.DataFrame:
    """`Attribution.gaps`: the credit of each rule less what the channel brought, both redrawn with the same people."""
    if lifted.empty or found.apart is None:
        return pd.DataFrame(columns=GAPS)
    row, people = lifted.iloc[0], float(lifted["people"].iloc[0])
    rows = []
    for method, share in found.share.items():
        credit = 0.0 if place is None or np.isnan(share[place, 0]) else share[place, 0] * conversions
        drawn = np.zeros(1) if place is None else np.nan_to_num(found.draws[method][:, place, 0]) * conversions
        apart = drawn - found.apart * people
        low, high = np.quantile(apart, [(1 - level) / 2, (1 + level) / 2])
        near = np.quantile(apart, [(1 - LEANING) / 2, (1 + LEANING) / 2])
        said = grade("randomised", decided=bool(low > 0 or high < 0), leaning=bool(near[0] > 0 or near[1] < 0))
        rows.append([method, credit, row["incremental"], credit - row["incremental"], low, high, said])
    return pd.DataFrame(rows, columns=GAPS)


GAPS = ["method", "credit", "incremental", "gap", "low", "high", "grade"]


def remarks(journeys: Journeys, channel: str, place: int | None, drawn: Any, lifted: pd.DataFrame) -> list[Finding]:
    """People held out who met the channel all the same, people of whom nothing is said, and those without a row."""
    met = _met(journeys, place, 1)
    told = [finding("N_HOLDOUT_MET", level="warning", found=str(met), channel=channel)] if met else []
    if not met and not lifted.empty and _met(journeys, place, 0) == journeys.groups.get(0, NOBODY)[0]:
        told.append(finding("N_HOLDOUT_REACHED", level="warning", found=channel))
    untold = int(journeys.groups.get(UNTOLD, NOBODY)[0])
    told += [finding("N_HOLDOUT_UNTOLD", level="warning", found=str(untold))] if untold else []
    told += [finding("N_HOLDOUT_ABSENT", level="note", found=channel)] if drawn is None else []
    return [*told, *([finding("N_HOLDOUT_FEW", level="warning", found=str(LEAST))] if lifted.empty else [])]


def _met(journeys: Journeys, place: int | None, group: int) -> int:
    """How many people held out (1), or not (0), were shown the channel."""
    if place is None:
        return 0
    mine = np.unique(journeys.buyer[journeys.paths.of][(journeys.paths.code == place)])
    theirs = np.unique(journeys.null.of[journeys.null.code == place])
    return int((journeys.held[mine] == group).sum() + journeys.null_count[theirs][journeys.null_held[theirs] == group].sum())
