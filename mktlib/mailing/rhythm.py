"""How many e-mails a customer bears a month: what a rhythm causes in clicks, sales and leavers, and what that is worth while people stay.

A log shows who was mailed how often, not what would have happened at another rhythm. Where rhythms were drawn by lot the answer is a
difference in means. Elsewhere people are compared with themselves and with people of the same past, and where that cannot tell what the
mails caused from who was mailed, the answer is that it cannot, and the test that would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import not_zone
from mktlib.mailing.judged import Fit, drawn, settled, watched
from mktlib.mailing.leaving import kaplan_meier, steady
from mktlib.mailing.months import ALL, Asked, Months, read_months
from mktlib.mailing.remaining import Estimate, Zone, stays
from mktlib.mailing.trial import arms_table, to_run
from mktlib.mailing.within import Curve
from mktlib.results import Rhythm
from mktlib.vocabulary import finding, not_level, progress, rhythm_evidence

Settled = tuple[Fit, Estimate | None, Zone | None]


def email_rhythm(
    sends: Any,
    *,
    by: str | None = "segment",
    most: int = 30,
    assigned: str | None = None,
    planned: str | None = None,
    orders: Any = None,
    people: Any = None,
    worth: Mapping[str, float] | None = None,
    months: int = 24,
    discount: float = 0.0,
    currency: str = "EUR",
    level: float = 0.9,
    zone: str = "Europe/Paris",
) -> Rhythm:
    """The e-mails a month that are worth most over a customer's remaining life, those as good, and the price of fewer and of more.

    Args:
        sends: one row an e-mail and person: member_id, sent_at (a moment; one without a zone is read as UTC: only its month counts
            here, so that no more than e-mails of the last hours of a month could move), `by`, and what came of it: clicks, conversions,
            revenue, unsubscribes, complaints (counts; blank is none), delivered. Who unsubscribes or complains has left.
        by: the column of the segments; None: all people together.
        most: e-mails a month above which nothing is judged.
        assigned: the column with each person's arm where rhythms were drawn by lot: a number is the e-mails a month, of a name the
            usual e-mails a month are counted.
        planned: the column with the e-mails meant for that person and month, where the log says so.
        orders: all purchases of these people, mailed or not (member_id, at, value): the value of a month, which counts what people would
            have bought without mails too. Without it value is what is credited to mails.
        people: everyone on the list, mailed or not (member_id, and where known since, `by`, `assigned`).
        worth: value of a click and of a conversion, {"clicks": 0.4}; default: the column revenue.
        months: length of the remaining life that is counted: over a short one the rhythm that brings more wins, over a long one that which
            loses fewer. discount: by the year.
        currency: of the value.
        level: of the ranges.
        zone: whose months they are.

    Returns:
        `Rhythm`. Nothing is best where the log cannot tell; `Rhythm.trial` is then the test to run. A rhythm is named where another is
        shown to be worse (5 % wrong over all pairs). In the sample `sends_test` 4 a month beats 2 over 6 months, and 8 over 24; over 12 it
        is the best guess too, but neither of the two is far enough behind by then: none is named.

    Raises:
        DataError: every problem at once.

    Marginal structural models (Robins, Hernan & Brumback 2000, Epidemiology 11); within-person comparison under feedback (Chamberlain
    1992; Wooldridge 1997); regression calibration (Carroll et al. 2006); Kaplan & Meier (1958).

    >>> log = pd.DataFrame({"member_id": "a", "sent_at": ["2026-01-05", "2026-02-27"], "clicks": [0, 1]})
    >>> email_rhythm(log, by=None, worth={"clicks": 0.5}).segments[["verdict", "why"]].to_dict("records")
    [{'verdict': 'too_few', 'why': 'few_people'}]
    """
    wrong = [*not_level(level), *not_zone(zone), *_odd_options(most, months, discount)]
    asked = Asked(by=by, assigned=assigned, planned=planned, worth=worth, zone=zone)
    log = read_months(sends, orders, people, asked, found=wrong)
    rhythm_of, told = _arms(log, most) if assigned else (np.zeros(0), [])
    names = [ALL, *(n for n in log.names if n != ALL)]
    with threadpool_limits(1):
        fits = [_fit(log.only(n), n, most, rhythm_of) for n in progress(names, desc="rhythm")]
    fits = _pooled(_confounded(fits))
    done = [settled(f, months, discount, level, tests=sum(g.answers for g in fits)) for f in fits]
    facts = _facts(log, done, by, {"most": most, "horizon": months, "discount": discount, "currency": currency, "level": level})
    facts |= {"assigned": bool(assigned), "credited": orders is None, "worth": dict(worth or {})}
    return Rhythm(
        table=_paid([_values(s, level, done) for s in done], currency),
        curves=_paid([_curves(s[0], level, months, discount) for s in done], currency),
        segments=pd.DataFrame([_segment(s) for s in done]),
        survival=pd.concat([_survival(s[0], level, months) for s in done], ignore_index=True),
        trial=pd.DataFrame([row for s in done for row in to_run(s[0].months, s[0].name, most)]),
        arms=_paid([arms_table(s[0].months, s[0].name, rhythm_of, level) for s in done], currency),
        evidence=pd.DataFrame([{"key": k, **row} for k, row in rhythm_evidence().items()]).drop(columns="label"),
        facts=facts,
        findings=tuple([*_cautions(done, facts), *told, *log.findings]),
    )


def _odd_options(most: Any, months: Any, discount: Any) -> list[Finding]:
    """What is wrong with the numbers of the call."""
    wrong = []
    for name, given, fine, expected in (
        ("most", most, _whole(most) and 2 <= most <= 100, "2 <= most <= 100"),
        ("months", months, _whole(months) and 1 <= months <= 120, "1 <= months <= 120"),
        ("discount", discount, isinstance(discount, Real) and 0 <= float(discount) <= 1, "0 <= discount <= 1"),
    ):
        wrong += [] if fine else [finding("E_OPTION", column=name, found=given, expected=expected)]
    return wrong


def _whole(given: Any) -> bool:
    return isinstance(given, int | np.integer) and not isinstance(given, bool)


def _fit(months: Months, name: str, most: int, rhythm_of: np.ndarray) -> Fit:
    return drawn(months, name, rhythm_of) if len(rhythm_of) else watched(months, name, most)


def _arms(log: Months, most: int) -> tuple[np.ndarray, list[Finding]]:
    """(e-mails a month of each arm, what is odd about them).

    Raises:
        DataError: no arm, or only one, or one above `most`.
    """
    names = ", ".join(log.arms)
    if len(log.arms) < 2:
        raise DataError(finding("E_RHYTHM_ARMS", column="assigned", found=names))
    got = np.array([log.mails[log.arm == k].mean() for k in range(len(log.arms))])
    said = pd.to_numeric(pd.Series(log.arms), errors="coerce").to_numpy(float)
    rhythm = np.where(np.isnan(said), np.rint(got), said)
    if (rhythm > most).any() or (rhythm < 0).any():
        raise DataError(finding("E_OPTION", column="most", found=most, expected=f"most >= {rhythm.max():g}"))
    odd = ~np.isnan(said) & (np.abs(got - said) > np.maximum(0.5, 0.15 * said))
    told = [
        finding("N_RHYTHM_KEPT", level="warning", column="assigned", found=log.arms[k], got=f"{got[k]:.1f}") for k in np.flatnonzero(odd)
    ]
    of = pd.Series(log.arm[log.arm >= 0]).groupby(log.person[log.arm >= 0]).nunique()
    moved = int((of > 1).sum())
    told += [finding("N_RHYTHM_MOVED", level="warning", column="assigned", found=str(moved), of=str(len(of)))] if moved else []
    return rhythm, told


def _confounded(fits: list[Fit]) -> list[Fit]:
    """Where mails follow what the log does not show among all people, no segment is spared."""
    return [f.stopped("drift") if fits[0].why == "drift" and f.answers else f for f in fits]


# ---------------------------------------------------------------- segments lean on each other


def _pooled(fits: list[Fit]) -> list[Fit]:
    """The shapes of segments drawn towards that of all people, as far as they do not differ more than luck makes them (DerSimonian &
    Laird 1986, Controlled Clinical Trials 7); the level of each stays its own."""
    whole, parts = fits[0], [f for f in fits[1:] if f.answers]
    if not whole.answers or len(parts) < 2:
        return fits
    new = {f.name: dict(f.curves) for f in parts}
    for outcome in whole.curves:
        have = [(f, pair) for f in parts if outcome in f.curves and (pair := _beside(whole, f, outcome)) is not None]
        if len(have) < 2:
            continue
        apart = [float(np.mean((own[0] - base[0]) ** 2)) - float(np.mean(np.diag(own[1].T @ own[1]))) for _, (own, base) in have]
        between = max(0.0, float(np.mean(apart)))
        for f, (own, base) in have:
            new[f.name][outcome] = _drawn_in(f.curves[outcome], own, base, between)
    return [replace(f, curves=new[f.name]) if f.name in new else f for f in fits]


Shaped = tuple[np.ndarray, np.ndarray]


def _beside(whole: Fit, part: Fit, outcome: str) -> tuple[Shaped, Shaped] | None:
    """(shape of the part, shape of all) at the part's rhythms: logs less their mean, with influences; None where all were not judged."""
    if not np.isin(part.rhythms, whole.rhythms).all():
        return None
    at = np.searchsorted(whole.rhythms, part.rhythms)
    own, base = part.curves[outcome], whole.curves[outcome]
    return _centred(own.log, own.influence), _centred(base.log[at], base.influence[:, at])


def _centred(log: np.ndarray, influence: np.ndarray) -> Shaped:
    return log - log.mean(), influence - influence.mean(axis=1, keepdims=True)


def _drawn_in(curve: Curve, own: Shaped, base: Shaped, between: float) -> Curve:
    """The part's curve with its shape drawn towards that of all."""
    luck = float(np.mean(np.diag(own[1].T @ own[1])))
    w = between / (between + luck) if between + luck > 0 else 0.0
    moved = (1 - w) * (base[0] - own[0])
    influence = curve.influence + (1 - w) * (base[1] - own[1])
    return replace(curve, log=curve.log + moved, influence=influence, extra=curve.extra + (1 - w) ** 2 * between)


# ---------------------------------------------------------------- frames


def _paid(parts: list[pd.DataFrame], currency: str) -> pd.DataFrame:
    """The parts one after the other, in a frame that knows the currency of its money."""
    whole = pd.concat(parts, ignore_index=True)
    whole.attrs["currency"] = currency
    return whole


def _values(made: Settled, level: float, every: list[Settled]) -> pd.DataFrame:
    """The rows of `Rhythm.table` of one segment; "all" has a best only where no segment has one of its own."""
    fit, value, found = made
    table = pd.DataFrame({"segment": fit.name, "per_month": fit.rhythms.astype(int)})
    three = value.range(level) if value is not None else np.full((3, len(table)), np.nan)
    table = table.assign(**dict(zip(("value", "low", "high"), three, strict=True)), best=False)
    spoken = fit.name == ALL and any(z is not None for f, _, z in every if f.name != ALL)
    if found is not None and not spoken:
        table.loc[found.best, "best"] = True
    return table


def _curves(fit: Fit, level: float, horizon: int, discount: float) -> pd.DataFrame:
    """The rows of `Rhythm.curves` of one segment: each outcome, and the value of the remaining life, beside the plain means."""
    half, parts = norm.ppf((1 + level) / 2), []
    naive = dict(fit.naive)
    if len(fit.rhythms):
        naive["life"] = naive["value"] * stays(naive["leave"], horizon, discount)[0]
    for outcome, plain in naive.items():
        part = pd.DataFrame({"segment": fit.name, "outcome": outcome, "per_month": fit.rhythms.astype(int), "naive": plain})
        part = part.assign(months=fit.seen, people=fit.people, mean=np.nan, low=np.nan, high=np.nan)
        if fit.shows and outcome in fit.curves:
            curve = fit.curves[outcome]
            sd = np.sqrt(np.maximum(np.diag(curve.cover), 0))
            part = part.assign(mean=np.exp(curve.log), low=np.exp(curve.log - half * sd), high=np.exp(curve.log + half * sd))
        parts.append(part)
    columns = ["segment", "outcome", "per_month", "months", "people", "mean", "low", "high", "naive"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _segment(made: Settled) -> dict[str, Any]:
    """One row of `Rhythm.segments`."""
    fit, _, found = made
    m = fit.months
    row: dict[str, Any] = {"segment": fit.name, "people": len(np.unique(m.person)), "months": len(m.person)}
    row |= {
        "usual": float(m.mails.mean()) if len(m.mails) else np.nan,
        "leavers": int(m.left.sum()),
        "verdict": fit.verdict,
        "why": fit.why,
    }
    at = [] if found is None else [found.best, found.flat_low, found.flat_high, found.few_at, found.many_at]
    names = ("best", "flat_low", "flat_high", "few_at", "many_at")
    row |= dict.fromkeys(names, np.nan) | {n: float(fit.rhythms[k]) for n, k in zip(names, at, strict=False) if k >= 0}
    for side in ("few", "many"):
        cost = (np.nan,) * 3 if found is None else getattr(found, f"cost_{side}")
        row |= dict(zip((f"cost_{side}", f"cost_{side}_low", f"cost_{side}_high"), cost, strict=True))
    row["at_edge"] = found is not None and found.at_edge
    row |= {"moves": fit.moves, "placebo": fit.placebo, "overlap": float(fit.overlap.min()) if len(fit.overlap) else np.nan}
    return row | {"effective": float(fit.effective.min()) if len(fit.effective) else np.nan}


def _survival(fit: Fit, level: float, horizon: int) -> pd.DataFrame:
    """The rows of `Rhythm.survival` of one segment: as people were mailed, by arm where drawn, and at steady rhythms."""
    m = fit.months
    groups = [(np.nan, np.ones(len(m.person), bool))]
    if len(fit.place):
        groups += [(float(r), fit.place == k) for k, r in enumerate(fit.rhythms)]
    parts = [_seen(m, rows, level).assign(per_month=r, kind="seen") for r, rows in groups if rows.any()]
    if fit.shows and "leave" in fit.curves:
        curve, half = fit.curves["leave"], norm.ppf((1 + level) / 2)
        sd = np.sqrt(np.maximum(np.diag(curve.cover), 0))
        three = [steady(np.exp(curve.log + side * half * sd), horizon) for side in (0, 1, -1)]
        for k, r in enumerate(fit.rhythms):
            line = dict(zip(("on_list", "low", "high"), (t[k] for t in three), strict=True))
            parts.append(pd.DataFrame({"month": np.arange(horizon + 1), **line, "at_risk": np.nan, "per_month": r, "kind": "steady"}))
    columns = ["segment", "per_month", "kind", "month", "on_list", "low", "high", "at_risk"]
    return pd.concat([p.assign(segment=fit.name) for p in parts], ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _seen(m: Months, rows: np.ndarray, level: float) -> pd.DataFrame:
    person = pd.factorize(m.person[rows])[0]
    return kaplan_meier(np.bincount(person), np.bincount(person, m.left[rows]) > 0, level=level)


def _facts(log: Months, done: list[Settled], by: str | None, asked: dict[str, Any]) -> dict[str, Any]:
    counted = pd.Series([f.verdict for f, _, _ in done]).value_counts()
    facts = {"by": by or ALL, "people": len(np.unique(log.person)), "people_months": len(log.person), "mails": int(log.mails.sum())}
    facts |= {k: log.facts[k] for k in ("first_month", "last_month", "renewed", "mended")}
    return facts | asked | {"counted": {str(k): int(v) for k, v in counted.items()}, "outcomes": list(log.outcomes)}


def _cautions(done: list[Settled], facts: Mapping[str, Any]) -> list[Finding]:
    """What a reader must know before using the numbers."""
    told = []
    if not facts["assigned"]:
        told.append(finding("N_RHYTHM_OBSERVED", level="note"))
    if facts["credited"]:
        told.append(finding("N_RHYTHM_CREDITED", level="note"))
    if facts["mended"]:
        told.append(finding("N_RHYTHM_MENDED", level="note", count=int(facts["mended"])))
    edge = [f.name for f, _, found in done if found is not None and found.at_edge]
    told += [finding("N_RHYTHM_EDGE", level="note", found=", ".join(edge), axis="segment")] if edge else []
    untold = [f.name for f, _, _ in done if not f.answers]
    return [*told, *([finding("N_RHYTHM_UNTOLD", level="note", found=", ".join(untold), axis="segment")] if untold else [])]
