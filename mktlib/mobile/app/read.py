"""What is said of an app before it is built: need, price, costs, people; read and judged, every mistake at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.mobile.app.beliefs import Belief, amount_of, rate_of, wrong_amount, wrong_names, wrong_rate
from mktlib.mobile.app.money import MODELS, STAYING, STEPS
from mktlib.results import Audience, Segmentation
from mktlib.vocabulary import Tables, app_funnel, finding, nearest

AMOUNTS = {"price": "price_test", "build": "quote", "monthly": "quote", "per_visitor": "pilot", "visitors": "pilot"}
"""Amounts, and what would tell each of them better."""
FEWEST = 10
OTHERS = "others"


def wrong_app(given: Mapping[str, Any], tables: Tables) -> Iterator[Finding]:
    """Everything that is wrong in what was given for an app."""
    price, horizon, need = given["price"], given["horizon"], given["need"]
    if not isinstance(need, str) or not need.strip():
        yield finding("E_OPTION", column="need", found=repr(need), expected='need="to see on one’s own face which frames suit"')
    yield from _wrong_price(price)
    yield from wrong_amount("visitors", given["visitors"], zero=False)
    for name in ("build", "monthly", "per_visitor"):
        yield from wrong_amount(name, given[name])
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or not 1 <= horizon <= 120:
        yield finding("E_OPTION", column="horizon", found=repr(horizon), expected="1 ... 120")
    yield from _wrong_share("tax", given["tax"], most=1.0)
    yield from _wrong_fee(given["fee"], given["store"], tables)
    currency = given["currency"]
    if not isinstance(currency, str) or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        yield finding("E_OPTION", column="currency", found=repr(currency), expected='"EUR", "CHF", "USD"')
    yield from wrong_assumptions(given["assumptions"])
    yield from _wrong_refutation(given["false_if"])


def _wrong_price(price: Any) -> Iterator[Finding]:
    if not isinstance(price, Mapping) or not {"model", "amount"} <= set(price) or set(price) - {"model", "amount"}:
        yield finding("E_OPTION", column="price", found=repr(price)[:80], expected='price={"model": "subscription", "amount": 2.99}')
        return
    if price["model"] not in MODELS:
        near = nearest(price["model"], MODELS)
        yield finding("E_OPTION", column="price.model", found=repr(price["model"]), expected=", ".join(MODELS), hint=near)
    yield from wrong_amount("price.amount", price["amount"], zero=False)


def _wrong_share(name: str, value: Any, *, most: float) -> Iterator[Finding]:
    fine = value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < most)
    if not fine:
        yield finding("E_OPTION", column=name, found=repr(value), expected="0.2", hint=f"{name}=0.2")


def _wrong_fee(fee: Any, store: Any, tables: Tables) -> Iterator[Finding]:
    if store is not None and (not isinstance(store, str) or store not in tables.stores):
        yield finding("E_OPTION", column="store", found=repr(store), expected=", ".join(tables.stores), hint=nearest(store, tables.stores))
        return
    if isinstance(fee, str):
        known = tables.stores[store].get("fees", {}) if store else {}
        if fee not in known:
            yield finding(
                "E_OPTION", column="fee", found=repr(fee), expected=", ".join(known) or 'store="google_play"', hint=nearest(fee, known)
            )
        return
    yield from _wrong_share("fee", fee, most=1.0)


def wrong_assumptions(given: Any) -> Iterator[Finding]:
    """Rates that no step has, and rates that are none."""
    known = app_funnel()
    yield from wrong_names("assumptions", given, known)
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if name in known:
            yield from wrong_rate(f"assumptions.{name}", value)


def _wrong_refutation(given: Any) -> Iterator[Finding]:
    if given is None:
        return
    fine = isinstance(given, Mapping) and {"measure", "least"} <= set(given) <= {"measure", "least", "people"}
    if fine:
        least, people = given["least"], given.get("people")
        fine = isinstance(given["measure"], str) and bool(given["measure"].strip())
        fine = fine and isinstance(least, int | float) and 0.01 <= least < 1
        fine = fine and (
            people is None or (isinstance(people, int | np.integer) and not isinstance(people, bool) and 1 <= int(people) <= 10**6)
        )
    if not fine:
        example = '{"measure": "tried frames on again within a week", "least": 0.3, "people": 40}'
        yield finding("E_OPTION", column="false_if", found=repr(given)[:80], expected=example)


def beliefs_of(given: Mapping[str, Any]) -> dict[str, Belief]:
    """Every number of the model as a belief."""
    model = given["price"]["model"]
    rates = (*STEPS[model], *(("churn",) if model in STAYING else ()))
    table, said = app_funnel(), given["assumptions"]
    out = {key: rate_of(key, said.get(key), table[key]) for key in rates}
    amounts = {"price": given["price"]["amount"], **{k: given[k] for k in AMOUNTS if k != "price"}}
    return out | {key: amount_of(key, value, settle=AMOUNTS[key]) for key, value in amounts.items()}


# ---------------------------------------------------------------- people


def people_of(audience: Any) -> pd.DataFrame:
    """group, people, low, high of whoever was given as the audience; groups of fewer than ten are folded."""
    if audience is None:
        return pd.DataFrame(columns=["group", "people", "low", "high"])
    if isinstance(audience, Audience | Segmentation):
        frame = _of_result(audience)
    elif isinstance(audience, Mapping):
        frame = _of_mapping(audience)
    elif hasattr(audience, "columns") or hasattr(audience, "column_names"):
        frame = _of_frame(to_pandas(audience))
    else:
        raise DataError(finding("E_OPTION", column="audience", found=type(audience).__name__, expected='{"students": (80000, 140000)}'))
    return _folded(frame)


def _of_result(audience: Audience | Segmentation) -> pd.DataFrame:
    """A description or a segmentation: of the latter the range of each share is a range of people."""
    table = audience.table
    name = "segment" if "segment" in table else "group"
    if "people" not in table or name not in table:
        raise DataError(finding("E_OPTION", column="audience", found=", ".join(table.columns[:6]), expected="group, people"))
    share = table["people"].sum() if isinstance(audience, Segmentation) else math.nan
    ends = {k: table[k] * share if isinstance(audience, Segmentation) and k in table else math.nan for k in ("low", "high")}
    return pd.DataFrame({"group": table[name].astype(str), "people": table["people"].astype(float), **ends})


def _of_mapping(audience: Mapping[Any, Any]) -> pd.DataFrame:
    wrong = [f for name, value in audience.items() for f in wrong_amount(f"audience.{name}", value)]
    if wrong or not audience:
        raise DataError(wrong or finding("E_OPTION", column="audience", found="{}", expected='{"students": (80000, 140000)}'))
    rows = []
    for name, value in audience.items():
        pair = isinstance(value, list | tuple)
        low, high = value if pair else (math.nan, math.nan)
        rows.append({"group": str(name), "people": math.sqrt(low * high) if pair else float(value), "low": low, "high": high})
    return pd.DataFrame(rows)


def _of_frame(frame: pd.DataFrame) -> pd.DataFrame:
    name = next((c for c in ("group", "segment") if c in frame), None)
    if name is None or "people" not in frame:
        found = ", ".join(map(str, frame.columns[:8]))
        raise DataError(finding("E_OPTION", column="audience", found=found, expected="group, people, low, high"))
    people = pd.to_numeric(frame["people"], errors="coerce").astype(float)
    if frame.empty or people.isna().any() or np.isinf(people).any() or (people < 0).any():
        raise DataError(finding("E_OPTION", column="audience.people", found=str(frame["people"].tolist()[:5]), expected=">= 0"))
    ends = {k: pd.to_numeric(frame[k], errors="coerce").astype(float) if k in frame else math.nan for k in ("low", "high")}
    given = pd.DataFrame({"group": frame[name].astype(str), "people": people, **ends})
    if ((given["low"] > given["people"]) | (given["high"] < given["people"])).any():
        raise DataError(finding("E_OPTION", column="audience", found="low, people, high", expected="low <= people <= high"))
    return given


def _folded(frame: pd.DataFrame) -> pd.DataFrame:
    """Groups of fewer than ten people, and one more where a lone small one could be told by subtraction, under one name."""
    small = frame["people"] < FEWEST
    if not small.any() or len(frame) == 1:
        return frame.reset_index(drop=True)
    if frame.loc[small, "people"].sum() < FEWEST and not small.all():
        small = small | (frame.index == frame.loc[~small, "people"].idxmin())
    rest = frame[small]
    ends = {k: rest[k].sum() if rest[k].notna().all() else math.nan for k in ("low", "high")}
    row = pd.DataFrame([{"group": OTHERS, "people": rest["people"].sum(), **ends}])
    return pd.concat([frame[~small], row], ignore_index=True)
