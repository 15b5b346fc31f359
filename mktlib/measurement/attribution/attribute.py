"""`attribute`: credit by every rule side by side, with ranges, beside the lift of a holdout where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.journeys import Journeys, Paths, read_journeys
from mktlib.intake.touches import Wanted
from mktlib.measurement.attribution import holdout as lot
from mktlib.measurement.attribution.agreement import agreement, folded, leads
from mktlib.measurement.attribution.redrawn import Shares, model, ranges, shares
from mktlib.measurement.attribution.remarks import remarks
from mktlib.measurement.attribution.rules import RULES
from mktlib.results import Attribution
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import finding, nearest, not_level, not_seed

METHODS = (*RULES, "markov", "shapley")
OTHERS, FEWEST = "others", 10
LONGEST_RUN, RUNS = 4, 300
"""Highest order of the chain, and states of one of a higher order that are still solved for every redraw."""


@dataclass(frozen=True, kw_only=True)
class _How:
    """The options of `attribute`, as they were given."""

    method: Any
    lookback_days: Any
    direct: Any
    half_life_days: Any
    order: Any
    drawn: Any
    unmeasured: Any
    matters: Any
    draws: Any
    holdout: Any
    held_channel: Any
    currency: Any

    def wrong(self) -> list[Finding]:
        """What is no value for them."""
        rules = [
            ("method", self.method in METHODS, " / ".join(f'"{m}"' for m in METHODS)),
            ("lookback_days", _within(self.lookback_days, 0, np.inf), "lookback_days=90"),
            ("half_life_days", _within(self.half_life_days, 0, np.inf), "half_life_days=7"),
            ("direct", self.direct in ("keep", "ignore"), 'direct="keep" / direct="ignore"'),
            ("order", _whole(self.order, 1, LONGEST_RUN), f"1 ... {LONGEST_RUN}"),
            ("draws", _whole(self.draws, 20, 100_000), "draws=400"),
            ("matters", _within(self.matters, 0, 2), "matters=0.25"),
            ("unmeasured", self.unmeasured is None or self.unmeasured == 0 or _within(self.unmeasured, 0, 1), "unmeasured=0.3"),
            ("drawn", self.drawn is None or _two(self.drawn), "drawn=(8000, 2000)"),
            ("currency", isinstance(self.currency, str) and len(self.currency) == 3, 'currency="EUR"'),
            ("held_channel", (self.holdout is None) == (self.held_channel is None), 'holdout="holdout", held_channel="display"'),
        ]
        return [finding("E_OPTION", column=n, found=getattr(self, n), expected=e) for n, fine, e in rules if not fine]


def _within(value: Any, low: float, high: float) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and low < float(value) < high


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and low <= int(value) <= high


def _two(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(_whole(v, 0, 10**12) for v in value)


def attribute(
    journeys: Any,
    method: str = "markov",
    *,
    person: str = "member_id",
    at: str = "at",
    channel: str = "channel",
    event: str = "event",
    value: str | None = None,
    conversion: str | Sequence[str] = "purchase",
    lookback_days: float = 90,
    direct: str = "ignore",
    half_life_days: float = 7,
    order: int = 1,
    holdout: str | None = None,
    held_channel: str | None = None,
    drawn: tuple[int, int] | None = None,
    matters: float = 0.25,
    unmeasured: float | None = None,
    currency: str = "EUR",
    level: float = 0.9,
    draws: int = 400,
    random_state: int = 0,
) -> Attribution:
    """Who is credited with the purchases, by every usual rule, with ranges; and what a holdout shows instead, where there is one.

    Args:
        journeys: one row a touch or purchase: `person`, `at` (a moment; one without a zone is UTC), `channel`, `event`, and where there is
            one `value` (money of a purchase, one currency; default: the column "value" if it is there). A frame of any engine, or the path
            of a .parquet or .csv file, which is read in slices and may be larger than memory. People who never bought belong in it.
        method: first, last, linear, time_decay, position (40 % first, 40 % last, 20 % between), markov or shapley: what `.table` shows.
            All are in `.methods`.
        conversion: the word, or words, of `event` that mean a purchase. Its own channel, where the row names one, is its last touch.
        lookback_days: touches older than that before the end of their journey are left out.
        direct: "ignore": visits without a known channel are credited only where a journey has nothing else; "keep": they are touches.
        half_life_days: of time_decay. order: of the Markov chain (Shapley's value always stands on order 1).
        holdout: the column that says of a person 1 = kept from `held_channel` by lot, 0 = not.
        drawn: people of the lot (not held out, held out), where those without any row are not in `journeys`.
        matters: relative gap between rules from which a credit is said to hang on the rule.
        unmeasured: share of visitors who refused measurement (0 to 1): it is said, and nothing is scaled up by it.
        level: of the ranges. draws: redraws of whole people. random_state: of the redraws.

    Returns:
        `Attribution`. Credit is no cause: `facts["evidence"]` is "observational"; only `.lift` is randomised.

    Raises:
        DataError: every problem at once.

    Removal from an absorbing chain, solved (Anderl et al. 2016, IJRM 33); Shapley's value (1953) of the chain restricted to some channels;
    Poisson redraws of whole people; Newcombe's range (1998) for the lift.

    >>> rows = [(p, f"2026-03-0{d}", c, e) for p in range(40) for d, c, e in
    ...         [(1, "display", "view"), (2, "email", "click"), (3, "", "purchase" if p % 4 == 0 else "visit")][: 2 + (p % 4 == 0)]]
    >>> credit = attribute(pd.DataFrame(rows, columns=["member_id", "at", "channel", "event"]), "last", draws=50)
    >>> credit.table[["channel", "credit", "share"]].values.tolist()
    [['email', 10.0, 1.0], ['display', 0.0, 0.0]]
    """
    how = _How(
        method=method, lookback_days=lookback_days, direct=direct, half_life_days=half_life_days, order=order, drawn=drawn,
        unmeasured=unmeasured, matters=matters, draws=draws, holdout=holdout, held_channel=held_channel, currency=currency,
    )  # fmt: skip
    wrong = [*how.wrong(), *not_level(level), *not_seed(random_state)]
    words = (conversion,) if isinstance(conversion, str) else tuple(map(str, conversion)) if isinstance(conversion, Sequence) else ()
    if not words:
        wrong.append(finding("E_OPTION", column="conversion", found=conversion, expected='conversion="purchase"'))
    wanted = Wanted(
        person=person,
        at=at,
        channel=channel,
        event=event,
        value=value or "value",
        spare=value is None,
        held=holdout,
        bought=words or ("-",),
    )
    days = float(lookback_days) if _within(lookback_days, 0, np.inf) else 90.0
    read = read_journeys(journeys, wanted, days=days, direct=str(direct), wrong=wrong)
    if wrong:
        raise DataError(wrong)
    return _credited(read, how, level, random_state)


def _credited(read: Journeys, how: _How, level: float, seed: int) -> Attribution:
    """Everything but the reading."""
    held = _place(read, how)
    met, many = _met_channels(read)
    names = list(met.channels)
    split = lot.split_of(read, how.drawn) if how.holdout is not None else None
    made = model(met, half_life=float(how.half_life_days), order=int(how.order))
    if int(how.order) > 1 and made.walk.steps.states > RUNS:
        raise DataError(finding("E_ORDER_LARGE", column="order", found=str(how.order), states=made.walk.steps.states, most=RUNS))
    found = shares(made, met, METHODS, draws=int(how.draws), rng=np.random.default_rng(seed), split=split)
    methods = _methods(names, found, read, level)
    agreed = agreement(names, found, matters=float(how.matters), level=level)
    table = _table(methods[methods["method"] == how.method], agreed, met)
    lifted, apart = pd.DataFrame(columns=lot.LIFT), pd.DataFrame(columns=lot.GAPS)
    notes: list[Finding] = []
    if split is not None:
        lifted = lot.lift(read, str(how.held_channel), split, level)
        mine = names.index(str(how.held_channel)) if str(how.held_channel) in names else None
        apart = lot.gaps(found, lifted, mine, _credits(read), level) if mine is not None or not read.touches[held] else apart
        notes = lot.remarks(read, str(how.held_channel), held, how.drawn, lifted)
    facts = _facts(read, how, names, found, level, many) | {"counted": agreed["verdict"].value_counts().sort_index().to_dict()}
    facts |= {"held_channel": how.held_channel, "lift_grade": None if lifted.empty else str(lifted["grade"].iloc[0])}
    result = Attribution(table=table, methods=methods, agreement=agreed, lift=lifted, gaps=apart, facts=facts)
    return replace(result, findings=(*read.findings, *remarks(read, result, whole=how.drawn is not None), *notes))


def _place(read: Journeys, how: _How) -> int | None:
    """Where the channel of the holdout stands among the channels; refused where no touch has it."""
    if how.holdout is None:
        return None
    if wrong := lot.not_drawn(read, how.drawn):
        raise DataError(wrong)
    name = str(how.held_channel)
    if name in read.channels:
        return read.channels.index(name)
    near = nearest(name, read.channels)
    raise DataError(finding("E_HOLDOUT_CHANNEL", column="held_channel", found=name, expected=", ".join(read.channels[:20]), hint=near))


def _met_channels(read: Journeys) -> tuple[Journeys, int]:
    """(the journeys in terms of the channels that any touch has, those that too few people met being one; how many are in it)."""
    used = read.touches > 0
    small = np.zeros(len(used), bool)
    small[used] = folded(read.people[used], FEWEST)
    names = [n for n, u, s in zip(read.channels, used, small, strict=True) if u and not s and n != OTHERS]
    own = {n: k for k, n in enumerate(names)}
    code = np.array([own.get(n, len(names)) if not s else len(names) for n, s in zip(read.channels, small, strict=True)], int)
    names += [OTHERS] if small.any() or (OTHERS in read.channels and used[read.channels.index(OTHERS)]) else []
    paths, null = (Paths(code=code[p.code] if len(p.code) else p.code, start=p.start) for p in (read.paths, read.null))
    touches, people = (np.bincount(code[used], x[used], minlength=len(names)).astype(int) for x in (read.touches, read.people))
    made = replace(read, channels=tuple(names), paths=paths, null=null, touches=touches, people=people)
    return replace(made, people=_people(made)) if small.any() else made, int(small.sum())


def _people(made: Journeys) -> np.ndarray:
    """People who met each channel: who never bought has one journey."""
    k = len(made.channels)
    mine = np.unique(made.buyer[made.paths.of] * k + made.paths.code) % k
    theirs = np.unique(made.null.of * k + made.null.code)
    return np.asarray(np.bincount(mine, minlength=k) + np.bincount(theirs % k, made.null_count[theirs // k], minlength=k)).astype(int)


def _credits(read: Journeys) -> float:
    """Purchases with a touch."""
    return float((read.bought & (read.paths.length > 0)).sum())


def _money(read: Journeys) -> float:
    return float(read.value[read.bought & (read.paths.length > 0)].sum())


def _methods(names: list[str], told: Shares, read: Journeys, level: float) -> pd.DataFrame:
    """`Attribution.methods`."""
    credits_, money = _credits(read), _money(read)
    buyers = float(len(np.unique(read.buyer[read.bought & (read.paths.length > 0)])))
    parts = []
    for method, share in told.share.items():
        low, high = ranges(share[:, 0], told.draws[method][:, :, 0], level, buyers)
        part = pd.DataFrame({"channel": pd.Series(names, dtype="str"), "method": method, "share": share[:, 0], "low": low, "high": high})
        for name, column in (("credit", "share"), ("credit_low", "low"), ("credit_high", "high")):
            part[name] = np.nan_to_num(part[column]) * credits_
        if read.valued:
            low, high = ranges(share[:, 1], told.draws[method][:, :, 1], level, buyers)
            for name, of in (("value", share[:, 1]), ("value_low", low), ("value_high", high)):
                part[name] = np.nan_to_num(of) * money
        parts.append(part.assign(error=told.error[method][:, 0]))
    return pd.concat(parts, ignore_index=True)[_columns(read.valued)]


def _columns(valued: bool) -> list[str]:
    money = ["value", "value_low", "value_high"] if valued else []
    return ["channel", "method", "credit", "credit_low", "credit_high", "share", "low", "high", *money, "error"]


def _table(mine: pd.DataFrame, agreed: pd.DataFrame, met: Journeys) -> pd.DataFrame:
    """`Attribution.table`."""
    table = mine.drop(columns=["method", "error"]).reset_index(drop=True)
    for at, (name, counts) in enumerate((("people", met.people), ("touches", met.touches)), start=1):
        table.insert(at, name, counts)
    table = table.assign(**{c: agreed[c].to_numpy() for c in ("least", "most", "verdict")})
    order = table["credit"].where(table["channel"] != OTHERS, -1.0)
    return table.loc[order.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _facts(read: Journeys, how: _How, names: list[str], told: Shares, level: float, many: int) -> dict[str, Any]:
    """`Attribution.facts`, but for the verdicts and the holdout."""
    own = [k for k, n in enumerate(names) if n != OTHERS]
    share, drawn = told.share[how.method][own, 0], told.draws[how.method][:, own, 0]
    first, decided = leads([names[k] for k in own], share, drawn, level)
    leaning = leads([names[k] for k in own], share, drawn, LEANING)[1]
    counted = read.counted
    bought, null = int(counted["conversions"]), int(counted["null"])
    facts: dict[str, Any] = {"method": how.method, "level": level, "currency": how.currency, "evidence": "observational"}
    facts |= {"grade": grade("observational", decided=decided, leaning=leaning), "leads": first}
    facts |= {"conversions": bought, "credited": int(_credits(read)), "untouched": bought - int(_credits(read))}
    facts |= {"value": _money(read) if read.valued else None, "journeys": bought + null, "null": null, "people": int(counted["people"])}
    facts |= {"channels": int((read.touches > 0).sum()), "rate": bought / (bought + null) if bought + null else float("nan")}
    facts |= {k: getattr(how, k) for k in ("lookback_days", "direct", "half_life_days", "order", "draws", "matters", "unmeasured")}
    return facts | {"folded": many}
