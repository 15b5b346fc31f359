"""When people are near a place: parts of the day on weekdays and at weekends, by the place's own clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import moments
from mktlib.places import rings
from mktlib.places.folds import OTHERS, grouped
from mktlib.places.points import Points
from mktlib.vocabulary import local_rules

KINDS = ("weekday", "weekend")
DAYS = {"weekday": 5, "weekend": 2}
SURE = 0.95
COLUMNS = ["place", "days", "daypart", "people", "share", "low", "high", "per_hour", "best"]


def when(points: Points, zone: str) -> tuple[pd.Series | None, list[Finding]]:
    """The moment of each point on the clock of a zone; None where the rows have none.

    Raises:
        DataError: a cell is no moment.
    """
    if "at" not in points.frame:
        return None, []
    at, wrong = moments(points.frame, "at")
    if wrong:
        raise DataError(wrong)
    at = at.dt.tz_localize("UTC") if at.dt.tz is None else at
    return at.iloc[points.row].dt.tz_convert(zone).reset_index(drop=True), []


def dayparts_of(
    at: pd.Series | None,
    visitor: np.ndarray,
    label: np.ndarray,
    point: np.ndarray,
    labels: list[str],
    *,
    fewest: int,
    level: float,
    seed: int,
) -> pd.DataFrame:
    """Shares of a place's points in each part of the day, those of too few people together under "others".

    Args:
        at: the moment of every point. visitor, label, point: (p,) who, at which place, which point, of those near a place.
    """
    if at is None:
        return pd.DataFrame(columns=COLUMNS)
    mine = at.iloc[point].reset_index(drop=True)
    known = mine.notna().to_numpy()
    names = list(local_rules()["dayparts"])
    hour, late = mine.dt.hour.fillna(0).to_numpy(int), mine.dt.day_of_week.fillna(0).to_numpy(int) >= 5
    ends = np.array([row["last"] for row in local_rules()["dayparts"].values()])
    cell = np.searchsorted(ends, hour, side="right") + len(names) * late
    out = []
    cell, visitor = cell[known], visitor[known]
    for name, chosen in grouped(label[known], labels).items():
        if len(chosen):
            out.append(_parts(name, cell[chosen], visitor[chosen], names, fewest, level, seed))
    return pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=COLUMNS)


def _parts(name: str, cell: np.ndarray, who: np.ndarray, names: list[str], fewest: int, level: float, seed: int) -> pd.DataFrame:
    """The rows of one place."""
    hours = [row["last"] - row["first"] for row in local_rules()["dayparts"].values()]
    size = np.array([h * DAYS[kind] for kind in KINDS for h in hours], dtype=float)
    together = thin(cell, who, len(size), fewest)
    shares, densest = rings.parts(cell, who, len(size), size, level, seed)
    pairs = pd.DataFrame({"cell": cell, "who": who}).drop_duplicates()
    table = pd.DataFrame({"place": name, "days": np.repeat(KINDS, len(names)), "daypart": names * 2})
    table["people"] = np.bincount(pairs["cell"], minlength=len(size))
    table[["share", "low", "high"]] = shares
    table = table.assign(per_hour=table["share"] / size, best=densest >= SURE)[~together]
    if not together.any():
        return table
    rest, _ = rings.parts(together[cell].astype(int), who, 2, np.ones(2), level, seed)
    people = pairs.loc[together[pairs["cell"]], "who"].nunique()
    last = {"place": name, "days": OTHERS, "daypart": OTHERS, "people": people, "best": False, "per_hour": np.nan}
    return pd.concat([table, pd.DataFrame([last | dict(zip(("share", "low", "high"), rest[1], strict=True))])], ignore_index=True)


def thin(cell: np.ndarray, who: np.ndarray, cells: int, fewest: int) -> np.ndarray:
    """(cells,) bool: those told together: cells of fewer people, and the next smallest until together they are enough different people."""
    pairs = pd.DataFrame({"cell": cell, "who": who}).drop_duplicates()
    people = np.bincount(pairs["cell"], minlength=cells)
    together = (people > 0) & (people < fewest)
    for at in np.argsort(people, kind="stable"):
        if not together.any() or pairs.loc[together[pairs["cell"]], "who"].nunique() >= fewest:
            break
        together[at] |= people[at] > 0
    return np.asarray(together)
