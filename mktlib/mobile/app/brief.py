"""Whether an app is worth building: the need and how it would be shown false, who, at which price, and the chance of breaking even.

Nobody knows these numbers before. Each is a range with a source; the chance follows by simulation, and so does the list of what it hangs
on: what each assumption would be worth to know, and which test would tell. With certain numbers it is a formula, which tests hold it to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.glmm.proportions import count_to_refute, people_to_refute
from mktlib.mobile.app.beliefs import Belief
from mktlib.mobile.app.money import MOST_PEOPLE, STEPS, Array, Terms, first_month, lived, profit, visitors_needed
from mktlib.mobile.app.read import beliefs_of, people_of, wrong_app
from mktlib.results import AppBrief
from mktlib.vocabulary import Tables, finding, load_tables, not_level, not_seed, not_tables, progress

DRAWS, FEWER, POINTS = 10_000, 4_000, 400
LONGEST = 120
"""Months within which a break-even is looked for."""
REFUTED = 0.5
"""A need is tested so that a share of so much of `least` would be told."""
QUANTITIES = ("visitors", "installs", "activated", "day7", "payers")


def app_brief(
    need: str,
    *,
    price: Mapping[str, Any],
    visitors: Any,
    build: Any,
    monthly: Any = 0.0,
    per_visitor: Any = 0.0,
    false_if: Mapping[str, Any] | None = None,
    audience: Any = None,
    assumptions: Mapping[str, Any] | None = None,
    horizon: int = 24,
    store: str | None = None,
    fee: float | str | None = None,
    tax: float | None = None,
    currency: str = "EUR",
    level: float = 0.9,
    tables: Tables | None = None,
    random_state: int = 0,
) -> AppBrief:
    """Whether an app is worth building, with what it hangs on.

    Args:
        need: what people need, in one sentence. false_if: what would show that they do not: `{"measure": "tried it again within a week",
            "least": 0.3, "people": 40}`; without `people` so many as tell half of `least` from it, 4 times in 5.
        price: `{"model": "subscription", "amount": 2.99}`; models: one_off (paid in the store), unlock (paid once, inside), subscription
            (a month), in_app (`amount`: mean spend of a payer in a month).
        visitors: of the store's page, a month. build, monthly, per_visitor: costs to build, to run a month, to bring one visitor. Each a
            number that is certain or a range (low, high) of 9 chances in 10.
        assumptions: of install_rate (one_off: paid_install_rate), activation, day7, conversion, churn: a number, a range, or counts
            `{"events": 120, "of": 400}`, which move the prior (or the range given with them). What is left out is an opinion of the tables.
        audience: `describe_audience`, `segment_audience`, `{"students": (80000, 140000)}` or a frame (group, people, low, high).
        store, fee: the share the store keeps: a fraction, or "small", "standard", "subscription" of the store's row. tax: the rate that
            prices contain (0.2: a fifth on top of the net price). None: nothing is taken off, and a finding says so.
        horizon: months. level: of the ranges.

    Returns:
        `AppBrief`: the chance that what was spent is back within the horizon, when, with how many people, and what would tell more.

    Raises:
        DataError: everything that is wrong, at once.

    Mean profit by formula, luck of people by simulation (Poisson arrivals, binomial stays). What it is worth to know an assumption is the
    expected value of partial perfect information (Raiffa and Schlaifer 1961; Claxton 1999, Journal of Health Economics 18), the share of
    variance a first-order index (Sobol' 1993). Assumptions are taken as independent, visitors as steady, money as not discounted; ad
    income, refunds and word of mouth are left out.

    >>> sure = {"paid_install_rate": 0.05}
    >>> price = {"model": "one_off", "amount": 3}
    >>> made = app_brief("to see frames on one's face", price=price, visitors=2000, build=5000, assumptions=sure)
    >>> round(made.facts["profit"], -2), made.facts["p"], made.facts["certain"]
    (2200.0, 1.0, True)
    """
    given = {
        "need": need, "price": price, "visitors": visitors, "build": build, "monthly": monthly, "per_visitor": per_visitor, "store": store,
        "false_if": false_if, "assumptions": assumptions if assumptions is not None else {}, "horizon": horizon, "fee": fee, "tax": tax,
        "currency": currency,
    }  # fmt: skip
    if wrong := not_tables(tables):
        raise DataError(wrong)
    rows = tables or load_tables()
    people, wrong = _people(audience)
    if wrong := [*wrong_app(given, rows), *not_level(level), *not_seed(random_state), *wrong]:
        raise DataError(wrong)
    beliefs, terms, taken = beliefs_of(given), *_terms(given, rows)
    rng = np.random.default_rng([random_state, 5])
    at = _drawn(beliefs, DRAWS, rng)
    so_far = lived(terms, at, int(horizon), rng)
    table = _tornado(beliefs, terms, int(horizon), random_state, level)
    facts = {**_facts(given, level, beliefs), **taken, **_outcome(so_far, level), **_when(terms, at, level), **_refuting(false_if)}
    facts |= {"draws": DRAWS, **_decisive(table, facts["p"])}
    facts |= {
        "people_total": float(people["people"].sum()) if len(people) else math.nan,
        "visits": float(np.mean(at["visitors"])) * horizon,
    }
    needed = _breakeven(terms, at, int(horizon), level)
    months = _months(so_far, level)
    return AppBrief(
        table=table, facts=facts, findings=tuple(_remarks(facts, beliefs, needed)), audience=people, months=months, breakeven=needed
    )


def _people(audience: Any) -> tuple[pd.DataFrame, list[Finding]]:
    try:
        return people_of(audience), []
    except DataError as error:
        return pd.DataFrame(), list(error.findings)


def _terms(given: Mapping[str, Any], tables: Tables) -> tuple[Terms, dict[str, Any]]:
    """What is left of a price: tax is taken off first, the fee of what is left."""
    fee, conf = given["fee"], "G"
    if isinstance(fee, str):
        row = tables.stores[given["store"]]["fees"][fee]
        fee, conf = float(row["share"]), str(row["conf"])
    kept = (1 - (fee or 0.0)) / (1 + (given["tax"] or 0.0))
    model = given["price"]["model"]
    return Terms(model=model, kept=kept), {"model": model, "kept": kept, "fee": fee, "fee_conf": conf, "tax": given["tax"]}


def _drawn(beliefs: Mapping[str, Belief], size: int, rng: np.random.Generator) -> dict[str, Array]:
    at = {key: belief.draws(size, rng) for key, belief in beliefs.items()}
    return {"churn": np.ones(size), **at}


def _facts(given: Mapping[str, Any], level: float, beliefs: Mapping[str, Belief]) -> dict[str, Any]:
    opinions = tuple(key for key, b in beliefs.items() if b.conf == "J" and not b.certain)
    keys = ("need", "store", "currency", "horizon")
    ends = {"price": float(beliefs["price"].quantile(0.5)), "certain": all(b.certain for b in beliefs.values()), "opinions": opinions}
    return {**{k: given[k] for k in keys}, **ends, "level": level, "given": {k: given[k] for k in ("assumptions", "visitors")}}


def _outcome(so_far: Array, level: float) -> dict[str, float]:
    last = so_far[:, -1]
    p = float(np.mean(last >= 0))
    low, high = np.quantile(last, [(1 - level) / 2, (1 + level) / 2])
    error = math.sqrt(max(p * (1 - p), 1 / len(last)) / len(last))
    return {"profit": float(last.mean()), "profit_low": float(low), "profit_high": float(high), "p": p, "p_error": error}


def _when(terms: Terms, at: Mapping[str, Array], level: float) -> dict[str, float]:
    low, middle, high = spread(first_month(terms, at, LONGEST), level)
    return {"month": middle, "month_low": low, "month_high": high}


def spread(values: Array, level: float) -> tuple[float, float, float]:
    """Low end, median and high end of draws that may be endless."""
    low, middle, high = np.quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2], method="higher")
    return float(low), float(middle), float(high)


def _refuting(false_if: Mapping[str, Any] | None) -> dict[str, Any]:
    """How many to ask, and the count at or below which the need is shown false."""
    if false_if is None:
        return {"measure": None, "least": None, "people": None, "at_most": None}
    least = float(false_if["least"])
    people = int(false_if.get("people") or people_to_refute(least, REFUTED * least))
    at_most = count_to_refute(people, least)
    return {"measure": false_if["measure"], "least": least, "people": people, "at_most": at_most if at_most >= 0 else None}


# ---------------------------------------------------------------- what it hangs on


def _tornado(beliefs: Mapping[str, Belief], terms: Terms, horizon: int, seed: int, level: float) -> pd.DataFrame:
    """One row an uncertain assumption: profit and chance at its ends, and what knowing it would be worth."""
    at = _drawn(beliefs, FEWER, np.random.default_rng([seed, 7]))
    whole = float(np.var(profit(terms, at, horizon)))
    ends = np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
    rows = []
    for key, belief in progress([(k, b) for k, b in beliefs.items() if not b.certain], desc="what it hangs on"):
        low, middle, high = (float(x) for x in belief.quantile(ends))
        row = {"assumption": key, "rate": belief.rate, "low": low, "mid": middle, "high": high}
        for name, value in (("low", low), ("high", high)):
            there = {**at, key: np.full(FEWER, value)}
            row[f"profit_{name}"] = float(profit(terms, there, horizon).mean())
            last = lived(terms, there, horizon, np.random.default_rng([seed, 11]))[:, -1]  # the same luck for all
            row[f"p_{name}"] = float(np.mean(last >= 0))
        row |= _worth(terms, at, key, belief, horizon, whole)
        row |= {"settle": belief.settle, "needed": belief.observations(), "conf": belief.conf, "events": belief.events, "of": belief.of}
        rows.append(row)
    columns = ["assumption", "rate", "low", "mid", "high", "profit_low", "profit_high", "p_low", "p_high", "worth", "share"]
    table = pd.DataFrame(rows, columns=[*columns, "settle", "needed", "conf", "events", "of"])
    swing = (table["profit_high"] - table["profit_low"]).abs()
    return table.assign(_swing=swing).sort_values(["_swing"], ascending=False, kind="stable", ignore_index=True).drop(columns="_swing")


def _decisive(table: pd.DataFrame, p: float) -> dict[str, Any]:
    """The assumption that moves the chance most, and the chance at its ends; none where nothing is uncertain."""
    if table.empty:
        return {"decisive": None, "p_low": p, "p_high": p}
    row = table.iloc[int(np.argmax((table["p_high"] - table["p_low"]).abs()))]
    low, high = sorted((float(row["p_low"]), float(row["p_high"])))
    return {"decisive": str(row["assumption"]), "p_low": low, "p_high": high}


def _worth(terms: Terms, at: Mapping[str, Array], key: str, belief: Belief, horizon: int, whole: float) -> dict[str, float]:
    """The mean of the best of building and not, knowing the assumption, above the best without; and its share of the variance."""
    middles = (np.arange(POINTS) + 0.5) / POINTS  # enough for the far ends, where the decision turns
    few = {name: values[: FEWER // 2] for name, values in at.items()}
    means = np.array([float(profit(terms, {**few, key: np.full(FEWER // 2, x)}, horizon).mean()) for x in belief.quantile(middles)])
    worth = float(np.maximum(means, 0).mean() - max(means.mean(), 0.0))
    return {"worth": max(worth, 0.0), "share": min(1.0, float(np.var(means)) / whole) if whole > 0 else math.nan}


def _breakeven(terms: Terms, at: Mapping[str, Array], horizon: int, level: float) -> pd.DataFrame:
    """People expected over the horizon at every step, and people needed to break even by its end."""
    steps = STEPS[terms.model]
    names = [q for q in QUANTITIES if len(steps) == 4 or q in ("visitors", "payers")]
    wanted = visitors_needed(terms, at, horizon)
    share, rows = np.ones(len(wanted)), []
    for k, name in enumerate(names):
        share = share * at[steps[k - 1]] if k else share
        row: dict[str, Any] = {"quantity": name}
        for what, base in (("expected", at["visitors"]), ("needed", wanted)):
            endless = np.isinf(base) | (base > MOST_PEOPLE)  # no number of visitors does it, whatever share gets so far
            low, middle, high = spread(np.where(endless, np.inf, np.where(endless, 0.0, base) * share * horizon), level)
            row |= {what: middle, f"{what}_low": low, f"{what}_high": high}
        rows.append({**row, "never": float(np.mean(np.isinf(wanted)))})
    return pd.DataFrame(rows)


def _months(so_far: Array, level: float) -> pd.DataFrame:
    low, high = np.quantile(so_far, [(1 - level) / 2, (1 + level) / 2], axis=0)
    month = np.arange(1, so_far.shape[1] + 1)
    return pd.DataFrame({"month": month, "profit": so_far.mean(axis=0), "low": low, "high": high, "p": np.mean(so_far >= 0, axis=0)})


def _remarks(facts: Mapping[str, Any], beliefs: Mapping[str, Belief], needed: pd.DataFrame) -> list[Finding]:
    """What a reader must know: opinions, what was not taken off, an audience that does not hold so many."""
    out = []
    if facts["opinions"]:
        out.append(finding("N_APP_OPINIONS", level="note", found=len(facts["opinions"]), count=len(facts["opinions"])))
    if facts["at_most"] is None:
        code = "N_APP_NEED" if facts["measure"] is None else "N_APP_NEED_FEW"
        out.append(finding(code, level="warning", column="false_if", found=facts["people"]))
    out += [finding("N_APP_TAX", level="warning", column="tax")] if facts["tax"] is None else []
    if facts["fee"] is None:
        out.append(finding("N_APP_FEE", level="warning", column="fee"))
    elif facts["fee_conf"] in ("K", "S", "J"):
        out.append(finding("N_APP_FEE_UNSURE", level="note", column="fee", found=f"{facts['fee']:g}"))
    if facts["people_total"] < facts["visits"]:
        out.append(finding("N_APP_AUDIENCE", level="warning", found=round(facts["visits"]), most=round(facts["people_total"])))
    never = float(needed["never"].iloc[0])
    if never > 0:
        out.append(finding("N_APP_NEVER", level="warning", found=round(100 * never, 1) if never < 0.01 else round(100 * never)))
    out += [] if beliefs["price"].certain else [finding("N_APP_PRICE", level="warning", column="price.amount")]
    out += [finding("N_APP_LUCK", level="note")] if facts["certain"] else []
    return out
