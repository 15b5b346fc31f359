"""Who is near which place: people within a radius, each counted once, however many places are near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.engines import as_floats
from mktlib.intake.inputs import as_group
from mktlib.places import sphere
from mktlib.places.folds import OTHERS, cells, distinct, patterns, told_alone
from mktlib.places.points import Places, Points, blur, read_both
from mktlib.vocabulary import finding, progress

FEWEST = 10
FARTHEST = 500_000.0
"""Metres: the widest radius that a platform sells is 800 km across."""
OVERLAPS = ("nearest", "most", "shared")


def people_near(
    visits: Any,
    places: Any,
    *,
    radius_m: float | str = 500,
    by: str | None = None,
    overlap: str = "nearest",
    person: str | None = None,
    consent: str | None = None,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """How many people were seen within a radius of each place, each of them counted once.

    Args:
        visits: one row a point where somebody was, is or lives: latitude, longitude (degrees), member_id; and where they are there
            consent_location and `by`. Without member_id each row counts as a person, and the table says so.
        places: one row a place: place (else store_id, place_id, name), latitude, longitude.
        radius_m: metres, or the column of `places` that holds each one's own.
        by: the column of `visits` that tells segments apart.
        overlap: where somebody near several places is counted: "nearest" (where one of their points comes nearest), "most" (where most of
            their points are nearest to, if equal the nearest), "shared" (an equal part at each; not with `by`).
        person, consent: the columns to use in place of member_id and consent_location. Rows without a yes are left out and counted.
        fewest: places, segments and overlaps of fewer people are told together ("others"), and the next smallest with them where one
            number could be got by taking away another. A few whom only a place of 5 times as many could hide are told nowhere, not even
            in totals.

    Returns:
        One row a place (and segment), "others" last: place, (segment,) people (each once, so that the column adds up to all who are near a
        place), visits (their points near any place), people_only_here (no other place is near; overlaps of fewer than `fewest` count as
        none), people_in_reach (without `by`: all who are near, at each place they are near to; at least so many), radius_m. It can be
        given to `plan_campaign(places=...)` as it is. `.attrs["facts"]`: rows, set_aside, no_consent, kept, near (points), people (seen;
        None where it would tell of too few), people_near, overlap, fewest, folded and left_out (places), step (degrees of rounding).
        `.attrs["findings"]`: what was set aside and why.

    Raises:
        DataError: columns, coordinates or options are wrong, a radius is finer than the coordinates, too few people are near.

    Distances are those of a sphere (`sphere`), up to 0.56 % off the ellipsoid. Two tables of other radii, another
    `overlap` or other rows (one person less) can be set against each other, and the difference may be a few people: show one of them, or
    `catchments`, whose steps are safe together.

    >>> seen = pd.DataFrame({"member_id": range(12), "latitude": 48.8591, "longitude": 2.3601, "consent_location": 1})
    >>> shop = pd.DataFrame({"place": ["Marais"], "latitude": [48.8590], "longitude": [2.3600]})
    >>> people_near(seen, shop)[["place", "people", "visits"]].values.tolist()
    [['Marais', 12, 12]]
    """
    wrong = [*not_people(fewest), *_not_overlap(overlap, by)]
    points, where = read_both(visits, places, person=person, consent=consent)
    wrong += [finding("E_MISSING_COLUMN", column=by, expected=by, found=", ".join(map(str, points.frame)))] if _lacks(points, by) else []
    radius, bad = radii_of(where, radius_m)
    wrong += bad or too_coarse(points, float(radius.min()))
    if wrong:
        raise DataError(wrong)
    reach = reached(points, where, radius)
    told, (folded, lost) = _told(points, where, reach, by, overlap, fewest)
    table = _table(told, where, radius, segments=by is not None)
    facts = {**points.counted, **seen(points, len(told.person), fewest), "near": int(told.visits.sum()), "people_near": len(told.person)}
    table.attrs["facts"] = facts | {"overlap": overlap, "fewest": fewest, "folded": folded, "left_out": lost, "step": points.step}
    found = [*points.findings, *coarse(points, float(radius.min())), *thin_places(folded, lost, fewest)]
    table.attrs["findings"] = tuple(found)
    return table


def seen(points: Points, near: int, fewest: int) -> dict[str, int | None]:
    """The people seen in all; None where the few who are told nowhere could be got from it."""
    return {"people": None if 0 < points.people - near < fewest else points.people}


def thin_places(folded: int, lost: int, fewest: int) -> list[Finding]:
    """What became of places with too few people."""
    counts = (("N_PLACES_FOLDED", folded), ("N_PLACES_LEFT_OUT", lost))
    return [finding(code, level="note", found=str(n), most=str(fewest)) for code, n in counts if n]


# ---------------------------------------------------------------- options


def not_people(fewest: Any) -> list[Finding]:
    """What is wrong with the least number of people that are told."""
    fine = isinstance(fewest, int) and not isinstance(fewest, bool) and fewest >= FEWEST
    return [] if fine else [finding("E_OPTION", column="fewest", found=fewest, expected=f"fewest >= {FEWEST}")]


def _not_overlap(overlap: Any, by: str | None) -> list[Finding]:
    if overlap not in OVERLAPS:
        return [finding("E_OPTION", column="overlap", found=overlap, expected=", ".join(f'"{o}"' for o in OVERLAPS))]
    if overlap == "shared" and by is not None:
        return [finding("E_OPTION", column="overlap", found=overlap, expected=f'overlap="nearest", by="{by}"')]
    return []


def _lacks(points: Points, by: str | None) -> bool:
    return by is not None and by not in points.frame


def radii_of(where: Places, radius_m: Any) -> tuple[np.ndarray, list[Finding]]:
    """The radius of each place in metres, and what is wrong with it."""
    expected = f"0 < radius_m <= {FARTHEST:.0f}"
    if isinstance(radius_m, str):
        if radius_m not in where.frame:
            found = ", ".join(map(str, where.frame.columns))
            return np.ones(1), [finding("E_MISSING_COLUMN", file="places", column=radius_m, expected=radius_m, found=found)]
        radius = as_floats(where.frame[radius_m]).to_numpy(float)
        bad = np.flatnonzero(~((radius > 0) & (radius <= FARTHEST)))
        told = [finding("E_OPTION", file="places", line=int(i) + 2, column=radius_m, found=radius[i], expected=expected) for i in bad[:5]]
        return radius, told
    if isinstance(radius_m, Real) and not isinstance(radius_m, bool) and 0 < float(radius_m) <= FARTHEST:
        return np.full(len(where.name), float(radius_m)), []
    return np.ones(1), [finding("E_OPTION", column="radius_m", found=radius_m, expected=expected)]


def too_coarse(points: Points, radius: float) -> list[Finding]:
    """A radius that is less than one step of the coordinates: who is inside is chance."""
    step = blur(points.step)
    if radius >= step:
        return []
    return [finding("E_PLACES_COARSE", found=f"{radius:.0f} m", step=f"{points.step:g}°", metres=f"{step:.0f}", most=f"{3 * step:.0f}")]


def coarse(points: Points, radius: float) -> list[Finding]:
    """A radius of a few steps: it can be told, roughly."""
    step = blur(points.step)
    if points.step == 0 or radius >= 5 * step:
        return []
    return [finding("N_PLACES_COARSE", level="warning", found=f"{radius:.0f} m", step=f"{points.step:g}°", metres=f"{step:.0f}")]


# ---------------------------------------------------------------- who is near what


@dataclass(frozen=True, kw_only=True)
class Reach:
    """who, place (m,): each person and place within its radius once, sorted; metres (m,): the nearest they come; points (m,): theirs that
    are nearest to it. point, home, far: (p,) the points that are near a place, the nearest place, metres to it."""

    who: np.ndarray
    place: np.ndarray
    metres: np.ndarray
    points: np.ndarray
    point: np.ndarray
    home: np.ndarray
    far: np.ndarray

    def at_home(self, *, most: bool = False) -> np.ndarray:
        """(m,) bool: of each person's places the one where they are counted."""
        return sphere.least(self.who, *((-self.points,) if most else ()), self.metres)


def reached(points: Points, where: Places, radius: np.ndarray) -> Reach:
    """Who is near which place, in chunks; refused where so many places are near every point that overlaps say nothing."""
    pairs = sphere.crowd(points.at, where.at, float(radius.max()))
    if pairs > sphere.MOST_PAIRS:
        raise DataError(finding("E_PLACES_CROWD", found=f"{radius.max():.0f} m", count=f"{pairs / len(points.at):.0f}"))
    parts = [_pairs(p, points.who, len(where.name)) for p in _watched(points, where, radius)]
    key, metres, own, point, home, far = (np.concatenate([p[i] for p in parts]) for i in range(6))
    order = np.argsort(key)
    key, metres, own = key[order], metres[order], own[order]
    start = np.flatnonzero(np.diff(key, prepend=-1))
    if len(start):
        metres, own = np.minimum.reduceat(metres, start), np.add.reduceat(own, start, dtype=int)
    who, place = np.divmod(key[start], len(where.name))
    return Reach(who=who, place=place, metres=metres, points=own, point=point, home=home, far=far)


def _watched(points: Points, where: Places, radius: np.ndarray) -> Iterator[sphere.Pairs]:
    chunks = -(-len(points.at) // sphere.CHUNK)
    yield from progress(sphere.within(points.at, where.at, radius), total=chunks, desc="places", unit="chunk")


def _pairs(pairs: sphere.Pairs, who: np.ndarray, places: int) -> tuple[np.ndarray, ...]:
    """Pairs of a chunk: person and place as one number, metres, whether it is the point's nearest; and the points with their nearest."""
    first = pairs.nearest
    return who[pairs.point] * places + pairs.place, pairs.metres, first, pairs.point[first], pairs.place[first], pairs.metres[first]


# ---------------------------------------------------------------- what is told


@dataclass(frozen=True, kw_only=True)
class _Told:
    """One entry a person near a place: person (n,), cell (n,) into names (place, segment), visits (n,), alone (n,) bool; and for what is
    told of overlaps: pairs (person's position, cell) of all who are not alone."""

    person: np.ndarray
    cell: np.ndarray
    names: pd.DataFrame
    visits: np.ndarray
    alone: np.ndarray
    pair_of: np.ndarray
    pair_cell: np.ndarray
    shared: bool


def _told(points: Points, where: Places, reach: Reach, by: str | None, overlap: str, fewest: int) -> tuple[_Told, tuple[int, int]]:
    """(each person in the cell where they are told, (places folded, places left out))."""
    home = reach.at_home(most=overlap == "most")
    person, place = reach.who[home], reach.place[home]
    if len(person) < fewest:
        raise DataError(finding("E_PLACES_FEW", found=f"< {fewest}", most=str(fewest)))
    segment = None if by is None else pd.Series(segments_of(points, by)[person])
    told = cells(pd.Series(where.name[place]), segment, fewest)
    kept, there = told.index.to_numpy(), np.unique(place)
    lost = len(np.unique(place)) - len(np.unique(place[kept]))
    person, place = person[kept], place[kept]
    names = _names(told, np.delete(where.name, there))
    cell = pd.MultiIndex.from_frame(names).get_indexer(pd.MultiIndex.from_frame(told))
    label = pd.Series(where.name).where(pd.Series(where.name).isin(names["place"]), OTHERS)
    number = pd.Index(names["place"].unique()).get_indexer(label)
    at = np.full(points.people, -1)
    at[person] = np.arange(len(person))
    position, near = at[reach.who], number[reach.place]
    mine = (position >= 0) & (near >= 0)
    pair_of, pair_cell = np.divmod(distinct(position[mine] * len(number) + near[mine]), len(number))
    pattern = patterns(pair_of, pair_cell, len(person), len(where.name))
    several = np.bincount(pair_of, minlength=len(person)) > 1
    alone = told_alone(cell, pattern, ~several, fewest)
    visits = np.bincount(position[mine], weights=reach.points[mine], minlength=len(person)).astype(int)
    apart = ~alone[pair_of]
    return _Told(
        person=person, cell=cell, names=names.reset_index(drop=True), visits=visits, alone=alone, pair_of=pair_of[apart],
        pair_cell=pair_cell[apart], shared=overlap == "shared",
    ), (len(np.unique(place)) - told.loc[told["place"] != OTHERS, "place"].nunique(), lost)  # fmt: skip


def _names(told: pd.DataFrame, empty: np.ndarray) -> pd.DataFrame:
    """The rows of the table: cells that hold people, and places that nobody is counted at."""
    rows = pd.concat([told.drop_duplicates(), pd.DataFrame({"place": empty, "segment": OTHERS}, dtype=object)])
    return rows.sort_values(["place", "segment"], ignore_index=True)


def segments_of(points: Points, by: str) -> np.ndarray:
    """(people,) the segment of each person: the one that stands first where rows differ."""
    groups = as_group(points.frame[by]).to_numpy(object)[points.row]
    first = np.full(points.people, -1)
    first[points.who[::-1]] = np.arange(len(points.who))[::-1]
    return np.asarray(groups[first], dtype=object)


def _table(told: _Told, where: Places, radius: np.ndarray, *, segments: bool) -> pd.DataFrame:
    """The rows of the result."""
    k = len(told.names)
    table = told.names.assign(people=np.bincount(told.cell, minlength=k), visits=np.bincount(told.cell, told.visits, k).astype(int))
    table["people_only_here"] = np.bincount(told.cell[told.alone], minlength=k)
    if not segments:  # cells are places, in the order of their names, as the pairs are
        reach = table["people_only_here"].to_numpy() + np.bincount(told.pair_cell, minlength=k)
        table["people_in_reach"] = reach
        if told.shared:
            parts = 1 / np.bincount(told.pair_of, minlength=len(told.person)).clip(1)
            table["people"] = table["people_only_here"] + np.bincount(told.pair_cell, parts[told.pair_of], k)
        table = table.drop(columns="segment")
    same = len(np.unique(radius)) == 1
    own = dict(zip(where.name, radius, strict=True))
    table["radius_m"] = [own.get(p, radius[0] if same else np.nan) for p in table["place"]]
    last = table["place"].eq(OTHERS)
    return pd.concat([table[~last], table[last]], ignore_index=True)
