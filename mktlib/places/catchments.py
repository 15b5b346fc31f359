"""How far people come from: the radius curve of each place, what places share, when people are there, and whom a platform would take.

Who was seen is a sample of phones that agreed, not the population: shares carry a range over people, and numbers are raised to the
population only by a factor that somebody knows, with that factor's own range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import absent, not_numbers, not_zone, numbers
from mktlib.places import maps, rings, sphere
from mktlib.places.folds import ALL, OTHERS, cells, grouped
from mktlib.places.hours import dayparts_of, when
from mktlib.places.near import FEWEST, Reach, coarse, not_people, radii_of, reached, seen, thin_places, too_coarse
from mktlib.places.points import Places, Points, blur, read_both
from mktlib.results import Catchments
from mktlib.vocabulary import finding, local_rules, not_level, progress

RADII = (250, 500, 1000, 2000, 3000, 5000)
HALF, MOST = 0.5, 0.8
SEED = 6371


def catchments(
    visits: Any,
    places: Any,
    *,
    radii: Sequence[float] = RADII,
    outcome: str | None = None,
    scale: float | Sequence[float] | None = None,
    person: str | None = None,
    consent: str | None = None,
    fewest: int = FEWEST,
    zone: str = "Europe/Paris",
    level: float = 0.9,
) -> Catchments:
    """The radius curve of each place, the radii that hold half and four fifths of its visits, overlaps, hours and audiences.

    Args:
        visits, places, person, consent, fewest: as in `people_near`; `visits` may have `at` (moments; without a zone they are UTC).
        radii: metres. Those finer than one step of the coordinates are left out and said.
        outcome: a column of `visits` (purchases, money), added up by person, for the decay with distance.
        scale: people of the population for each person seen: a number, or (number, low, high). None: nothing is raised.
        zone: whose clock the parts of the day are told in.
        level: of the ranges.

    Returns:
        `Catchments`. Shares are of points within the widest radius; what lies beyond is not seen. A person counts at the place they come
        nearest to; a ring of fewer than `fewest` people is told together with the next, for every place, so that no difference of two
        numbers speaks of fewer.

    Raises:
        DataError: every problem at once.

    Ranges of shares of points draw whole people again (`rings.spread`); below 30 people there is none. Decay is observed, not caused:
    people who live near differ in more than distance.

    >>> from mktlib.simulate import load_sample
    >>> known = catchments(load_sample("visits"), load_sample("stores"))
    >>> known.reach[["place", "people"]].values.tolist()
    [['S1', 160], ['S2', 132], ['S3', 163], ['all', 455]]
    """
    asked = _Asked.of(radii, outcome, scale, fewest, zone, level)
    points, where = read_both(visits, places, person=person, consent=consent)
    wrong = _wrong_columns(points, outcome)
    steps = np.array([r for r in asked.radii if not too_coarse(points, r)])
    wrong += [] if len(steps) else too_coarse(points, float(asked.radii.max()))
    if wrong:
        raise DataError(wrong)
    reach = reached(points, where, np.full(len(where.name), steps[-1]))
    with threadpool_limits(1):
        return _described(points, where, reach, steps, asked)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The options, checked. scale: (value, low, high) or None."""

    radii: np.ndarray
    outcome: str | None
    scale: tuple[float, float, float] | None
    fewest: int
    zone: str
    level: float

    @staticmethod
    def of(radii: Any, outcome: str | None, scale: Any, fewest: Any, zone: Any, level: Any) -> _Asked:
        wrong = [*not_people(fewest), *not_level(level), *not_zone(zone)]
        steps, known = _steps(radii), _scale(scale)
        wrong += [finding("E_OPTION", column="radii", found=radii, expected="radii=(250, 500, 1000)")] if steps is None else []
        wrong += [finding("E_OPTION", column="scale", found=scale, expected="scale=20, scale=(20, 15, 28)")] if known == () else []
        if wrong or steps is None:
            raise DataError(wrong)
        return _Asked(radii=steps, outcome=outcome, scale=known or None, fewest=fewest, zone=str(zone), level=float(level))  # type: ignore[arg-type]


def _steps(radii: Any) -> np.ndarray | None:
    """Radii, rising, each once; None where one is no radius."""
    if isinstance(radii, str) or not isinstance(radii, Sequence | np.ndarray) or not len(radii):
        return None
    nobody = Places(name=np.empty(1, object), at=np.empty((1, 3)), latitude=np.empty(1), longitude=np.empty(1), frame=pd.DataFrame())
    if any(isinstance(r, str) or radii_of(nobody, float(r) if isinstance(r, Real) else r)[1] for r in radii):
        return None
    return np.unique(np.asarray(radii, dtype=float))


def _scale(scale: Any) -> tuple[float, ...] | None:
    """(value, low, high); () where it is none."""
    if scale is None:
        return None
    said = [scale] * 3 if isinstance(scale, Real) else list(scale) if isinstance(scale, Sequence) and not isinstance(scale, str) else []
    if len(said) != 3 or not all(isinstance(x, Real) and not isinstance(x, bool) and np.isfinite(float(x)) for x in said):
        return ()
    value, low, high = map(float, said)
    return (value, low, high) if 0 < low <= value <= high else ()


def _wrong_columns(points: Points, outcome: str | None) -> list[Finding]:
    if outcome is None:
        return []
    return absent(points.frame, [outcome]) or not_numbers(points.frame, outcome)


# ---------------------------------------------------------------- the whole


@dataclass(frozen=True, kw_only=True)
class _Near:
    """People near a place: person (n,), label (n,) of their place or "others", metres (n,) to it; and of their points: visitor (p,),
    at (p,) the label of the nearest place, far (p,), point (p,). labels: those told."""

    person: np.ndarray
    label: np.ndarray
    metres: np.ndarray
    visitor: np.ndarray
    at: np.ndarray
    far: np.ndarray
    point: np.ndarray
    labels: list[str]
    folded: int
    lost: int


def _near(points: Points, where: Places, reach: Reach, fewest: int) -> _Near:
    home = reach.at_home()
    person, place, metres = reach.who[home], reach.place[home], reach.metres[home]
    if len(person) < fewest:
        raise DataError(finding("E_PLACES_FEW", found=f"< {fewest}", most=str(fewest)))
    cell = cells(pd.Series(where.name[place]), None, fewest)["place"]
    kept, label = cell.index.to_numpy(), cell.to_numpy(object)
    there, told = np.unique(place), set(label)
    lost = np.setdiff1d(there, place[kept])
    names = np.array([n if n in told else OTHERS for n in where.name], dtype=object)
    mine = ~np.isin(reach.home, lost)
    labels = sorted(told - {OTHERS}) + ([OTHERS] if OTHERS in told else [])
    return _Near(
        person=person[kept], label=label, metres=metres[kept], visitor=points.who[reach.point[mine]], at=names[reach.home[mine]],
        far=reach.far[mine], point=reach.point[mine], labels=labels, folded=len(there) - len(lost) - len(told - {OTHERS}), lost=len(lost),
    )  # fmt: skip


def _described(points: Points, where: Places, reach: Reach, steps: np.ndarray, asked: _Asked) -> Catchments:
    near = _near(points, where, reach, asked.fewest)
    curve, holds = _curves(near, steps, asked)
    own = _own_radii(where, holds, steps)
    decay, fitted = _decay(points, near, steps, asked)
    at, found = when(points, asked.zone)
    hours = dayparts_of(at, near.visitor, near.at, near.point, near.labels, fewest=asked.fewest, level=asked.level, seed=SEED)
    spots = maps.spots(where, 2 * float(np.nanmax(np.append(own, steps[0]))))
    density, hidden = maps.density(points, near.visitor, near.far, near.point, spots, steps[-1], asked.fewest)
    facts: dict[str, Any] = {
        **points.counted,
        **seen(points, len(near.person), asked.fewest),
        "people_near": len(near.person),
        "visits": len(near.far),
    }
    facts |= {"widest_m": float(steps[-1]), "level": asked.level, "fewest": asked.fewest, "folded": near.folded, "left_out": near.lost}
    facts |= {"scale": asked.scale, "outcome": asked.outcome, "zone": asked.zone, "hidden": hidden, "consent": points.consent}
    facts |= {"step": points.step, "days": _span(at)} | fitted
    told = [*points.findings, *found, *_remarks(near, steps, asked, points, facts)]
    return Catchments(
        table=curve, reach=holds, decay=decay, overlaps=_overlaps(where, reach, own, asked), hours=hours, density=density, spots=spots,
        minimums=_minimums(curve, asked), facts=facts, findings=tuple(told),
    )  # fmt: skip


def _span(at: pd.Series | None) -> int | None:
    return None if at is None or at.dropna().empty else int((at.max() - at.min()).days) + 1


def _remarks(near: _Near, steps: np.ndarray, asked: _Asked, points: Points, facts: dict[str, Any]) -> list[Finding]:
    found = [*coarse(points, float(steps[0]))]
    lost = [r for r in asked.radii if r not in steps]
    if lost:
        metres = f"{blur(points.step):.0f}"
        names = ", ".join(f"{r:.0f}" for r in lost)
        found.append(finding("N_CATCHMENT_STEPS", level="warning", found=names, step=f"{points.step:g}°", metres=metres))
    found += thin_places(near.folded, near.lost, asked.fewest)
    if asked.scale and asked.scale[1] == asked.scale[2]:
        found.append(finding("N_CATCHMENT_SCALE", level="warning", column="scale", found=f"{asked.scale[0]:g}"))
    if asked.outcome:
        found.append(finding("N_CATCHMENT_OBSERVED", level="note", column=asked.outcome))
    if facts["days"] is not None and facts["days"] < 14:
        found.append(finding("N_CATCHMENT_DAYS", level="warning", column="at", found=str(facts["days"])))
    return found


# ---------------------------------------------------------------- the curve


def told_steps(ring: np.ndarray, k: int) -> np.ndarray:
    """(radii,) bool: the radii at which the people within are told, so that no two of them differ by fewer than k people, but by none.

    Args:
        ring: (radii,) people between a radius and the one before it; k or more in all.

    >>> told_steps(np.array([3, 8, 0, 20, 4]), 10).tolist()
    [False, True, True, False, True]
    """
    told, since = np.zeros(len(ring), bool), 0
    for j, n in enumerate(ring):
        since += int(n)
        if since == 0 or since >= k:
            told[j], since = True, 0
    j = len(ring) - 1
    while since and j >= 0:  # what is left at the end goes with the rings before it
        if told[j]:
            told[j] = False
            since = 0 if ring[: j + 1].sum() == 0 or _between(ring, told, j) >= k else since
        j -= 1
    told[-1] = True
    return told


def _between(ring: np.ndarray, told: np.ndarray, j: int) -> int:
    """People from the last radius told before j to the end."""
    before = np.flatnonzero(told[:j])
    return int(ring[before[-1] + 1 :].sum() if len(before) else ring.sum())


def _curves(near: _Near, steps: np.ndarray, asked: _Asked) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(the table, the radii that hold half and most of the points), place by place and for all together."""
    ring = np.searchsorted(steps + sphere.RIM, near.metres)
    people, points = grouped(near.label, near.labels), grouped(near.at, near.labels)
    counted = {name: np.bincount(ring[people[name]], minlength=len(steps))[: len(steps)] for name in near.labels}
    told = {name: told_steps(people, asked.fewest) for name, people in counted.items()}
    if len(near.labels) > 1:
        counted[ALL], told[ALL] = sum(counted.values()), np.logical_and.reduce(list(told.values()))  # type: ignore[assignment]
    rows, holds = [], []
    for name in progress(list(counted), desc="catchments"):
        mine = slice(None) if name == ALL else points[name]
        far = rings.spread(near.far[mine], near.visitor[mine], steps, (HALF, MOST), asked.level, SEED)
        rows.append(_curve(name, counted[name], told[name], far.within, steps, asked))
        holds.append(_holds(name, int(counted[name].sum()), len(near.far[mine]), far.holding))
    if len(near.labels) == 1:
        holds.append(holds[0] | {"place": ALL})
    return pd.concat(rows, ignore_index=True), pd.DataFrame(holds)


def _curve(name: str, ring: np.ndarray, told: np.ndarray, within: np.ndarray, steps: np.ndarray, asked: _Asked) -> pd.DataFrame:
    people = np.where(told, np.cumsum(ring), np.nan)
    before = pd.Series(people).ffill().shift(1).fillna(0.0).to_numpy()
    new = people - before
    low, high = rings.share_range(new, people, asked.level)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame({"place": name, "radius_m": steps, "people": people, "new": new, "new_share": new / people})
    table = table.assign(new_share_low=low, new_share_high=high)
    shown = np.where(told[:, None], within, np.nan)
    table[["share", "share_low", "share_high"]] = shown
    return table.assign(**dict(zip(("estimate", "estimate_low", "estimate_high"), raised(people, asked.scale, asked.level), strict=True)))


def raised(people: np.ndarray, scale: tuple[float, float, float] | None, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(people of the population, low, high): the luck of who was seen and the doubt about the factor, both at their ends; so it is wide.

    >>> [x.round().tolist() for x in raised(np.array([100.0]), (20.0, 15.0, 28.0), 0.9)]
    [[2000.0], [1262.0], [3306.0]]
    """
    if scale is None:
        blank = np.full(len(people), np.nan)
        return blank, blank, blank
    low, high = rings.count_range(people, 1.0, level)
    return people * scale[0], low * scale[1], high * scale[2]


def _holds(name: str, people: int, visits: int, holding: np.ndarray) -> dict[str, Any]:
    """To ten metres: a radius is no address."""
    row: dict[str, Any] = {"place": name, "people": people, "visits": visits}
    for key, values in zip(("half_m", "most_m"), np.round(holding, -1), strict=True):
        row |= dict(zip((key, f"{key}_low", f"{key}_high"), map(float, values), strict=True))
    return row


# ---------------------------------------------------------------- outcomes, overlaps, audiences


def _decay(points: Points, near: _Near, steps: np.ndarray, asked: _Asked) -> tuple[pd.DataFrame, dict[str, Any]]:
    """(outcome a person in each ring of all places, the factor a kilometre)."""
    names = ["decay_km", "decay_km_low", "decay_km_high", "decay_verdict"]
    if asked.outcome is None:
        columns = ["from_m", "to_m", "people", "outcome", "per_person", "low", "high"]
        return pd.DataFrame(columns=columns), dict.fromkeys(names)
    values = numbers(points.frame, asked.outcome).to_numpy(float)[points.row]
    mine = np.bincount(points.who, values, points.people)[near.person]
    told = told_steps(np.bincount(np.searchsorted(steps + sphere.RIM, near.metres), minlength=len(steps)), asked.fewest)
    edges = steps[told]
    ring = np.searchsorted(edges + sphere.RIM, near.metres)
    people, total = np.bincount(ring, minlength=len(edges)), np.bincount(ring, mine, len(edges))
    low, high = rings.count_range(total, rings.luck_of(mine, ring), asked.level)
    table = pd.DataFrame({"from_m": np.concatenate([[0.0], edges[:-1]]), "to_m": edges, "people": people, "outcome": total})
    with np.errstate(invalid="ignore", divide="ignore"):
        table = table.assign(per_person=total / people, low=low / people, high=high / people)
    table.loc[table["people"] == 0, ["per_person", "low", "high"]] = np.nan
    fit = rings.decay(near.metres, mine, near.label.astype(str), asked.level)
    verdict = "falls" if fit.high < 1 else "rises" if fit.low > 1 else "cannot_tell"
    return table, dict(zip(names, (fit.times, fit.low, fit.high, verdict), strict=True))


def _own_radii(where: Places, holds: pd.DataFrame, steps: np.ndarray) -> np.ndarray:
    """The step that holds four fifths of each place's points; NaN for places that are not told by themselves."""
    most = holds.set_index("place")["most_m"].reindex(where.name).to_numpy(float)
    own = steps[np.minimum(np.searchsorted(steps, np.nan_to_num(most)), len(steps) - 1)]
    return np.where(np.isnan(most), np.nan, own)


def _overlaps(where: Places, reach: Reach, radius: np.ndarray, asked: _Asked) -> pd.DataFrame:
    """Pairs of places with people near both, each within its own radius; pairs of fewer than `fewest` people are left out."""
    inside = reach.metres <= np.nan_to_num(radius[reach.place], nan=-1.0) + sphere.RIM
    who, place = reach.who[inside], reach.place[inside]
    size = np.bincount(place, minlength=len(where.name))
    pairs = pd.DataFrame({"who": who, "place": place}).merge(pd.DataFrame({"who": who, "other": place}), on="who")
    both = pairs[pairs["place"] != pairs["other"]].groupby(["place", "other"], sort=True).size().rename("people").reset_index()
    own = size - np.bincount(reach.place[inside & reach.at_home()], minlength=len(size))  # near it, and counted elsewhere
    rest = np.column_stack([size[both["place"]] - both["people"], own[both["place"]]])  # what could be got by subtraction
    safe = (both["people"] >= asked.fewest) & ((rest == 0) | (rest >= asked.fewest)).all(axis=1)
    both = both[safe].reset_index(drop=True)
    a, b = both["place"].to_numpy(int), both["other"].to_numpy(int)
    low, high = rings.share_range(both["people"].to_numpy(), size[a], asked.level)
    metres = sphere.haversine(where.latitude[a], where.longitude[a], where.latitude[b], where.longitude[b])
    return pd.DataFrame({"place": where.name[a], "other": where.name[b], "radius_m": radius[a], "metres": metres.round()}).assign(
        people=both["people"], share=both["people"].to_numpy() / np.maximum(size[a], 1), low=low, high=high
    )


def judged(people: float, low: float, high: float, least: float, scaled: bool) -> str:
    """Whether an audience is above a minimum: of a sample only a number that is large enough by itself is.

    >>> judged(120, float("nan"), float("nan"), 100, False), judged(60, float("nan"), float("nan"), 100, False)
    ('enough', 'cannot_tell')
    """
    if not scaled:
        return "enough" if people >= least else "cannot_tell"
    return "enough" if low >= least else "too_few" if high < least else "cannot_tell"


def _minimums(curve: pd.DataFrame, asked: _Asked) -> pd.DataFrame:
    """Each radius that is told against each platform's least audience, and against ours."""
    rules = {key: row for key, row in local_rules()["local"].items() if row["what"] == "audience_least"}
    rows = []
    for at in curve[curve["people"].notna() & (curve["place"] != ALL)].to_dict("records"):
        for key, row in rules.items():
            of_scale = asked.scale is not None and row["platform"] != "own"
            said = judged(at["people"], at["estimate_low"], at["estimate_high"], float(row["value"]), of_scale)
            own = "too_few" if row["platform"] == "own" and said != "enough" else said
            rows.append((at["place"], at["radius_m"], key, row["platform"], row["value"], at["people"], own, row["source"], row["conf"]))
    columns = ["place", "radius_m", "rule", "platform", "least", "people", "verdict", "source", "conf"]
    return pd.DataFrame(rows, columns=columns)
