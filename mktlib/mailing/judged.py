"""What one segment's log says of rhythms: which were kept by enough people, what each causes, and when the log cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mktlib.mailing.months import FEWEST, Months
from mktlib.mailing.remaining import Estimate, Zone, stays, zone
from mktlib.mailing.weights import Mailed, Weighed, fit_events, past, weigh
from mktlib.mailing.within import Curve, Kept, fit_within

FEW_PEOPLE, FEW_MONTHS, FEW_EVENTS = 100, 300, 30
"""People, people-months, and people-months with any value, below whom nothing is said."""
KEPT_MONTHS, KEPT_SHARE, KEPT_PEOPLE = 30, 0.01, 20
"""People-months, share of them and people at a rhythm below which it is not judged."""
OVERLAP = 0.6
"""Share of people-months with a like past that a rhythm must have been seen among."""
MOVES = 0.05
"""Share of the variance of mails that must lie within people."""
HIDDEN = 0.1
"""Chance below which the placebo says that mails follow something that the log does not show."""
PASSES, SHIFTS = 0.2, 0.5
"""Chance below which engagement is taken to pass; standard errors by which curves may be off for it (see `_follows`)."""
BENT = 60
"""Leavers from which on the chance to leave may bend."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One segment. rhythms: (R,) judged. curves: of each outcome and "leave". naive: plain means. seen, people: (R,) people-months and
    people at each. overlap, effective: (R,). place: (n,) of each person-month among the rhythms drawn by lot, -1 where none was."""

    name: str
    months: Months
    rhythms: np.ndarray
    verdict: str
    why: str = ""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    naive: Mapping[str, np.ndarray] = field(default_factory=dict)
    seen: np.ndarray = field(default_factory=lambda: np.zeros(0))
    people: np.ndarray = field(default_factory=lambda: np.zeros(0))
    overlap: np.ndarray = field(default_factory=lambda: np.zeros(0))
    effective: np.ndarray = field(default_factory=lambda: np.zeros(0))
    moves: float = float("nan")
    placebo: float = float("nan")
    place: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    def stopped(self, why: str, verdict: str = "cannot_tell") -> Fit:
        return replace(self, verdict=verdict, why=why)

    @property
    def answers(self) -> bool:
        return self.verdict in ("randomised", "adjusted")

    @property
    def shows(self) -> bool:
        """Whether its curves may be shown: they are right, if too loose to name a best rhythm."""
        return self.answers or self.why == "noise"


def life(fit: Fit, horizon: int, discount: float) -> Estimate:
    """Value over the remaining life at each rhythm, the months' value and the leaving taken together person by person."""
    value, leave = fit.curves["value"], fit.curves["leave"]
    on, moved = stays(np.exp(leave.log), horizon, discount)
    influence = value.influence + moved * leave.influence
    extra = np.broadcast_to(value.extra, on.shape) + moved**2 * np.broadcast_to(leave.extra, on.shape)
    return Estimate(log=value.log + np.log(on), cover=influence.T @ influence + np.diag(extra) + _hidden(fit, moved))


def _hidden(fit: Fit, moved: np.ndarray) -> np.ndarray:
    """(R, R) mean squares of what a hidden drift makes of the log of the value: who is keener brings more and stays longer at once."""
    more = 1 + np.abs(moved) * fit.curves["leave"].power
    return np.asarray(np.outer(more, more) * fit.curves["value"].hidden)


def settled(fit: Fit, horizon: int, discount: float, level: float, *, tests: int = 1) -> tuple[Fit, Estimate | None, Zone | None]:
    """(the fit, its curve of value, what that says): one that is all noise abstains, and one whose answer a drift could turn that the log
    is too small to show. tests: how many segments are judged at once."""
    if not fit.answers:
        return fit, None, None
    value = life(fit, horizon, discount)
    found = zone(value, fit.rhythms, level, tests=tests)
    if _stands(fit, found):
        return fit, value, found
    hidden = _hidden(fit, stays(np.exp(fit.curves["leave"].log), horizon, discount)[1])
    by_luck = zone(Estimate(log=value.log, cover=value.cover - hidden), fit.rhythms, level, tests=tests)
    return (fit.stopped("drift"), None, None) if _stands(fit, by_luck) else (fit.stopped("noise"), value, None)


def _stands(fit: Fit, found: Zone) -> bool:
    """Where rhythms were not drawn by lot, the least or the most that was tried is named only where no other can be much better: there the
    shape of the curve speaks more than the people."""
    return found.told and (fit.verdict == "randomised" or found.safe or not found.at_edge)


def _counted(months: Months, place: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(people-months, people) at each place of a rhythm."""
    known = place >= 0
    pairs = np.unique(np.column_stack([months.person[known], place[known]]), axis=0)
    return np.bincount(place[known], minlength=size), np.bincount(pairs[:, 1], minlength=size)


def _plain(months: Months, place: np.ndarray, size: int) -> dict[str, np.ndarray]:
    known, outcomes = place >= 0, {**months.outcomes, "leave": months.left.astype(float)}
    n = np.maximum(np.bincount(place[known], minlength=size), 1)
    return {k: np.bincount(place[known], y[known], minlength=size) / n for k, y in outcomes.items()}


def _fit(months: Months, name: str, rhythms: np.ndarray, place: np.ndarray, verdict: str) -> Fit:
    """A segment before anything is judged: counts and plain means."""
    seen, people = _counted(months, place, len(rhythms))
    plain = _plain(months, place, len(rhythms))
    return Fit(name=name, months=months, rhythms=rhythms, verdict=verdict, naive=plain, seen=seen, people=people)


def _places(mails: np.ndarray, rhythms: np.ndarray) -> np.ndarray:
    """(n,) where a rhythm stands among those judged, -1 where it does not."""
    if not len(rhythms):
        return np.full(len(mails), -1)
    at = np.minimum(np.searchsorted(rhythms, mails), len(rhythms) - 1)
    return np.where(rhythms[at] == mails, at, -1)


def too_small(months: Months) -> str:
    """Why nothing can be said for want of people or events; "" where there are enough."""
    if len(np.unique(months.person)) < FEW_PEOPLE or len(months.person) < FEW_MONTHS:
        return "few_people"
    return "few_events" if (months.outcomes["value"] != 0).sum() < FEW_EVENTS else ""


# ---------------------------------------------------------------- drawn by lot


def drawn(months: Months, name: str, rhythm_of: np.ndarray) -> Fit:
    """A segment of a randomised test: plain means of the people of each arm, whose differences are what the rhythm causes."""
    rhythms = np.unique(rhythm_of)
    arm = np.where(months.arm >= 0, np.searchsorted(rhythms, rhythm_of[np.maximum(months.arm, 0)]), -1)
    fit = _fit(months, name, rhythms, arm, "randomised")
    fit = replace(fit, place=arm)
    why = "no_variation" if len(rhythms) < 2 else "few_people" if fit.people.min() < FEWEST else too_small(months)
    if why:
        return fit.stopped(why, "too_few")
    curves = {k: c for k, y in months.outcomes.items() if (c := _averages(months, arm, y, len(rhythms))) is not None}
    if "value" not in curves:
        return fit.stopped("few_events", "too_few")
    leave = _means(months, arm, months.left.astype(float), len(rhythms)) or _hardly(months, rhythms, months.left)
    return replace(fit, curves={**curves, "leave": leave}, effective=fit.seen.astype(float), overlap=np.ones(len(rhythms)))


def _averages(months: Months, arm: np.ndarray, y: np.ndarray, size: int) -> Curve | None:
    """Means by arm of each person's average month, each person weighing as many months as he could have been on the list, so that those
    who left early count as much as those who stayed, and those who joined late less; None where an arm has none of it."""
    known = arm >= 0
    pair, row = np.unique(months.person[known] * size + arm[known], return_inverse=True)
    each, whose = np.bincount(row, y[known]) / np.bincount(row), pair % size
    last = np.append(months.person[1:] != months.person[:-1], True)
    could = np.bincount(row, np.where(last, months.months - months.month, 1)[known])
    n, total = np.bincount(whose, could, minlength=size), np.bincount(whose, could * each, minlength=size)
    if (total <= 0).any():
        return None
    mean = total / n
    influence = np.zeros((len(months.segment), size))
    influence[pair // size, whose] = could * (each - mean[whose]) / total[whose]
    return Curve(log=np.log(mean), influence=influence)


def _means(months: Months, arm: np.ndarray, y: np.ndarray, size: int) -> Curve | None:
    """Means of people-months by arm with people as the unit of luck; None where an arm has none of it."""
    known = arm >= 0
    n, total = (np.bincount(arm[known], w, minlength=size) for w in (np.ones(known.sum()), y[known]))
    if (total <= 0).any():
        return None
    mean = total / n
    influence = np.zeros((len(months.segment), size))
    np.add.at(influence, (months.person[known], arm[known]), ((y - mean[arm]) / total[arm])[known])
    return Curve(log=np.log(mean), influence=influence)


def _hardly(months: Months, rhythms: np.ndarray, events: np.ndarray) -> Curve:
    """Next to nobody left: one chance a mail at all rhythms, its log known to within the luck of so few."""
    count = float(events.sum()) + 0.5
    rate = count / max(float(months.mails.sum()), 1.0)
    luck = np.full(len(rhythms), 1 / count)
    return Curve(log=np.log(np.maximum(rhythms, 0.5) * rate), influence=np.zeros((len(months.segment), len(rhythms))), extra=luck)


# ---------------------------------------------------------------- as it was


def watched(months: Months, name: str, most: int) -> Fit:
    """A segment of a log in which somebody chose who is mailed how often."""
    usable = months.mails <= most
    rhythms = _judged(months, usable)
    fit = _fit(months, name, rhythms, _places(months.mails, rhythms), "adjusted")
    if why := too_small(months):
        return fit.stopped(why, "too_few")
    moves = _moves(months)
    fit = replace(fit, moves=moves)
    if len(rhythms) < 3 or moves < MOVES:
        return fit.stopped("no_variation" if len(rhythms) < 3 and moves >= MOVES else "overlap")
    fit, weighed, features = _weighed(fit)
    if len(fit.rhythms) < 3:
        return fit.stopped("overlap")
    return _adjusted(fit, weighed, features)


def _judged(months: Months, usable: np.ndarray) -> np.ndarray:
    """Rhythms kept by enough people for long enough."""
    counts, first = np.unique(months.mails[usable], return_counts=True)
    enough = first >= max(KEPT_MONTHS, KEPT_SHARE * len(months.mails))
    whole = counts[enough & (counts >= (0 if months.free else 1))]
    return np.array([a for a in whole if len(np.unique(months.person[months.mails == a])) >= KEPT_PEOPLE], dtype=float)


def _moves(months: Months) -> float:
    """The share of the variance of mails that lies within people."""
    n = np.bincount(months.person, minlength=len(months.segment))
    mean = np.bincount(months.person, months.mails, minlength=len(n)) / np.maximum(n, 1)
    total = float(months.mails.var())
    inner = float(((months.mails - mean[months.person]) ** 2).sum() / max((n[n > 0] - 1).sum(), 1))
    return inner / total if total > 0 else 0.0


def _engagement(months: Months) -> np.ndarray:
    """The outcome that tells best how engaged people are."""
    return months.outcomes.get("clicks", months.outcomes.get("conversions", months.outcomes["value"]))


def _weighed(fit: Fit) -> tuple[Fit, Weighed, np.ndarray]:
    """(the fit at rhythms that people of every past were seen at, weights, features of the past)."""
    months = fit.months
    features = past(months.person, months.mails, _engagement(months))
    later = ~months.first
    weighed = weigh(features[later], months.month[later], months.mails[later], fit.rhythms)
    shared = weighed.overlap >= OVERLAP
    weight = np.zeros(len(months.person))
    weight[later] = weighed.weight
    place = _places(months.mails, fit.rhythms[shared])
    kept = replace(
        fit, rhythms=fit.rhythms[shared], seen=fit.seen[shared], people=fit.people[shared], overlap=weighed.overlap[shared],
        effective=weighed.effective[shared], naive={outcome: plain[shared] for outcome, plain in fit.naive.items()},
    )  # fmt: skip
    return kept, replace(weighed, weight=np.where(place >= 0, weight, 0.0)), features


def _adjusted(fit: Fit, weighed: Weighed, features: np.ndarray) -> Fit:
    months, rhythms = fit.months, fit.rhythms
    # rhythms beyond those judged are left out: they would bend the curve by what was hardly ever tried
    used = (months.mails <= rhythms.max()) & ((months.mails > 0) | months.free)
    people = len(months.segment)
    kept = Kept(
        person=months.person[used], month=months.month[used], mails=months.mails[used],
        at_risk=np.bincount(months.person, minlength=people).astype(float),
    )  # fmt: skip
    bends = 2 if len(rhythms) >= 4 else 1
    curves = {}
    for name, y in ((k, v) for k, v in months.outcomes.items() if k != "complaints"):
        free = months.free and name == "value"
        mine = replace(kept, free=free)
        on_mails = used & (months.mails > 0)
        if not free and months.free:
            mine = replace(kept, **{c: getattr(months, c)[on_mails] for c in ("person", "month", "mails")})
        rows = used if free or not months.free else on_mails
        if (y[rows] > 0).sum() >= FEW_EVENTS:
            ours = rhythms if free else np.maximum(rhythms, 1e-9)
            squares = None if free or name not in months.squares else months.squares[name][rows]
            curve = fit_within(mine, y[rows], ours, bends=bends, squares=squares)
            if curve is not None:
                curves[name] = curve
    if "value" not in curves:
        return fit.stopped("few_events", "too_few")
    lead = next(c for c in ("clicks", "conversions", "value") if c in curves)
    tests = [curves[c].placebo for c in {lead, "value"}]
    fit = replace(fit, placebo=float(min(1.0, len(tests) * min(tests))))
    events = {"leave": months.left.astype(float)} | (
        {"complaints": months.outcomes["complaints"]} if "complaints" in months.outcomes else {}
    )
    for name, y in events.items():
        curve = _events(fit, curves[lead], lead, weighed, features, y)
        curves |= {name: curve} if curve is not None else {}
    wider = float(np.sqrt(1 + SHIFTS**2))  # a shift that is let pass is in the ranges; in those of curves within people it is measured
    curves = {k: replace(c, influence=wider * c.influence) if k in events else c for k, c in curves.items()}
    curves.setdefault("leave", _hardly(months, rhythms, months.left))
    fit = replace(fit, curves=curves)
    return fit.stopped("drift") if fit.placebo < HIDDEN or _follows(fit, curves[lead], lead) else fit


def _follows(fit: Fit, lead: Curve, name: str) -> bool:
    """Whether engagement passes, and so much of it that mails which followed it would shift the curve by more than SHIFTS of its error.

    Mails are taken to follow what passes of engagement as they follow what stays: the plain means are off by that much.
    """
    first, last = (lead.log[k] - np.log(np.maximum(fit.naive[name][k], 1e-12)) for k in (0, -1))
    tilt = lead.influence[:, -1] - lead.influence[:, 0]
    seen = ((lead.passing, lead.drifts, PASSES), (lead.bursts, lead.bursting, HIDDEN))
    gone = max((share for share, p, bar in seen if p < bar), default=0.0)
    return bool(gone * abs(last - first) > SHIFTS * np.sqrt(tilt @ tilt))


def _events(fit: Fit, lead: Curve, name: str, weighed: Weighed, features: np.ndarray, y: np.ndarray) -> Curve | None:
    """The curve of rare events, those with the same past compared."""
    months, rhythms = fit.months, np.maximum(fit.rhythms, 1e-9)
    used = (months.mails <= fit.rhythms.max()) & ((months.mails > 0) | (months.free and name == "value"))
    engaged = np.zeros(len(used))
    engaged[used] = lead.engaged / lead.level
    rows = used & ~months.first & (months.mails > 0) & (weighed.weight > 0)
    events = float(y[rows].sum())
    if events < 5:
        return None
    got = months.outcomes[name][rows]
    typical = np.exp(np.interp(months.mails[rows], rhythms, lead.log))
    brings = np.where(engaged[rows] > 0, got / np.where(engaged[rows] > 0, engaged[rows], 1.0), typical)
    mailed = Mailed(
        person=months.person[rows], people=len(months.segment), mails=months.mails[rows], weight=weighed.weight[rows],
        engaged=engaged[rows], brings=brings, features=features[rows],
    )  # fmt: skip
    bends = 0 if events < 20 else 1 if events < BENT else 2
    curve = fit_events(mailed, y[rows], rhythms, bends=bends)
    return None if curve is None else replace(curve, hidden=curve.power**2 * lead.hidden)
