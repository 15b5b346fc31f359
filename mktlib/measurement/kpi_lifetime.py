"""What a customer is worth over a stated horizon, beside what one costs: every part of it uncertain, and said so.

A constant share stays from period to period; the share is known from a count, the margin from its own scatter, and the cost of a customer
from the customers counted. Draws carry all three into the ratio. "3 to 1" is folklore (K): what is shown is whether it passes 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.measurement.kpi_read import NOTHING
from mktlib.measurement.kpi_table import COLUMNS
from mktlib.measurement.ratios import NAN, is_number, wrong_currency
from mktlib.results import Kpis
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import finding, load_tables, not_level, not_seed

DRAWS, BATCH = 20_000, 500
FEWEST = 10
"""Margins below which their scatter is not known."""


def lifetime_value(
    margin: float | Sequence[float],
    *,
    retained: int,
    customers: int,
    horizon: int | None,
    discount: float = 0.0,
    cac: float | tuple[float, int] | None = None,
    first: bool = False,
    level: float = 0.9,
    currency: str = "EUR",
    random_state: int = 0,
) -> Kpis:
    """Lifetime value of a customer, and LTV:CAC, with ranges from the counts they rest on.

    Args:
        margin: margin (not revenue) of a customer in a period: one number that is known, or one value a customer and period (at least 10).
        retained, customers: how many of how many customers stayed from one period to the next.
        horizon: periods that are counted; None: without end, which takes a retention below 1.
        discount: rate of interest of a period (0.02).
        cac: cost of a new customer: a number that is known, or (spend, new customers counted).
        first: whether the margin of the first period, in which the customer was won, is counted too.
        level: of the ranges.
        currency: of all money.
        random_state: of the draws.

    Returns:
        `Kpis`: rows retention, ltv and, with cac, cac and ltv_cac. ltv = margin q (1 - q^horizon) / (1 - q) with q = retention /
        (1 + discount); without end margin retention / (1 + discount - retention).

    Raises:
        DataError: every option that is wrong; nobody lost and no horizon, so that the sum has no end.

    Share by Jeffreys' beta, count of customers by Jeffreys' gamma, mean margin by the Bayesian bootstrap (Rubin 1981, Annals of Statistics
    9); geometric lifetime as in Berger and Nasr (1998, Journal of Interactive Marketing 12).

    >>> result = lifetime_value(30.0, retained=160, customers=200, horizon=None, discount=0.1, cac=(4000.0, 100))
    >>> result.table[["kpi", "value"]].round(3).to_numpy().tolist()
    [['retention', 0.8], ['ltv', 80.0], ['cac', 40.0], ['ltv_cac', 2.0]]
    """
    each = np.atleast_1d(np.asarray(margin, dtype=object))
    wrong = [*_wrong_margin(margin, each), *_wrong_counts(retained, customers, horizon, discount), *_wrong_cac(cac)]
    wrong += [*not_level(level), *not_seed(random_state), *wrong_currency(currency)]
    wrong += [] if isinstance(first, bool) else [finding("E_OPTION", column="first", found=first, expected="first=True / first=False")]
    if wrong:
        raise DataError(wrong)
    rng, values = np.random.default_rng(random_state), each.astype(float)
    share = rng.beta(retained + 0.5, customers - retained + 0.5, DRAWS)
    worth = _means(values, rng) * periods(share, discount, horizon, first)
    at = float(values.mean()) * float(periods(np.array([retained / customers]), discount, horizon, first)[0])
    rows = [_row("retention", retained / customers, share, (float(retained), float(customers)), level)]
    rows.append(_row("ltv", at, worth, (at * customers, float(customers)), level))
    if cac is not None:
        rows += _beside_cost(cac, at, worth, rng, level)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    facts = {
        "made_by": "lifetime_value", "evidence": "observational", "grade": str(table["grade"].iloc[-1]) or "too_early", "level": level,
        "kpi": "ltv_cac" if cac is not None else "ltv", "kpis": table["kpi"].tolist(), "by": [], "groups": 0,
        "spend": float(cac[0]) if isinstance(cac, tuple | list) else None, "currency": currency.upper(), "margin": None, "margin_from": "",
        "break_even": 1.0 if cac is not None else NAN, "free": [], "counted": {}, "given_back": {}, "actual_spend": None,
        "planned_spend": None, "folded": 0, "unmeasured": None, "horizon": horizon, "discount": float(discount), "retained": int(retained),
        "customers": int(customers),
    }  # fmt: skip
    told = [finding("N_KPI_CONSTANT_RETENTION", level="warning")]
    told += [finding("N_KPI_FOLKLORE", level="note")] if cac is not None else []
    return Kpis(table=table, facts=facts, findings=tuple(told))


def periods(share: np.ndarray, discount: float, horizon: int | None, first: bool = False) -> np.ndarray:
    """Periods of margin that a customer brings on average, discounted (draws,).

    >>> periods(np.array([0.8]), 0.1, None), periods(np.array([1.0]), 0.0, 12)
    (array([2.66666667]), array([12.]))
    """
    q = share / (1 + discount)
    if horizon is None:
        whole = q / (1 - q)
    else:
        lost = np.maximum(1 - q, 1e-15)
        whole = np.where(1 - q < 1e-9, float(horizon), q * -np.expm1(horizon * np.log(np.maximum(q, 1e-300))) / lost)
    return np.asarray(whole + first)


# ---------------------------------------------------------------- what is given


def _wrong_margin(margin: Any, each: np.ndarray) -> list[Finding]:
    single = isinstance(margin, Real)
    fine = each.ndim == 1 and all(is_number(x) for x in each) and (single or len(each) >= FEWEST)
    shown = margin if single else f"{len(each)} values"
    return [] if fine else [finding("E_OPTION", column="margin", found=shown, expected="margin=30.0 / margin=[28.5, 31.0, ...] (>= 10)")]


def _wrong_counts(retained: Any, customers: Any, horizon: Any, discount: Any) -> list[Finding]:
    whole = [isinstance(x, Integral) and not isinstance(x, bool) for x in (retained, customers)]
    wrong = []
    if not all(whole) or not 0 <= retained <= customers or customers < 1:
        wrong.append(
            finding("E_OPTION", column="retained, customers", found=f"{retained}, {customers}", expected="retained=160, customers=200")
        )
    elif retained == customers and horizon is None:
        wrong.append(finding("E_KPI_RETENTION", column="retained", found=f"{retained} / {customers}"))
    if horizon is not None and not (isinstance(horizon, Integral) and not isinstance(horizon, bool) and 1 <= int(horizon) <= 1200):
        wrong.append(finding("E_OPTION", column="horizon", found=horizon, expected="horizon=12 / horizon=None"))
    if not is_number(discount) or not 0 <= discount < 1:
        wrong.append(finding("E_OPTION", column="discount", found=discount, expected="0 <= discount < 1"))
    return wrong


def _wrong_cac(cac: Any) -> list[Finding]:
    if cac is None or (is_number(cac) and cac >= NOTHING):
        return []
    pair = isinstance(cac, tuple | list) and len(cac) == 2 and all(is_number(x) for x in cac)
    fine = pair and cac[0] >= NOTHING and cac[1] >= 0 and float(cac[1]).is_integer()
    return [] if fine else [finding("E_OPTION", column="cac", found=cac, expected="cac=45.0 / cac=(9_000, 200)")]


# ---------------------------------------------------------------- draws and rows


def _means(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws of a mean: the number itself, or the Bayesian bootstrap."""
    if len(values) == 1:
        return np.full(DRAWS, values[0])
    out = []
    for _ in range(DRAWS // BATCH):
        weights = rng.standard_exponential((BATCH, len(values)))
        out.append(weights @ values / weights.sum(axis=1))
    return np.concatenate(out)


def _beside_cost(cac: Any, at: float, worth: np.ndarray, rng: np.random.Generator, level: float) -> list[dict[str, Any]]:
    """The cost of a customer and the ratio; where no customer came there is a lower end of the one and an upper end of the other."""
    spend, new = (float(x) for x in cac) if isinstance(cac, tuple | list) else (float(cac), 1.0)
    drawn = rng.gamma(new + 0.5, 1.0, DRAWS) if isinstance(cac, tuple | list) else np.ones(DRAWS)
    cost, ratio = spend / drawn, worth * drawn / spend
    rows = [
        _row("cac", spend / new if new else NAN, cost, (spend, new), level),
        _row("ltv_cac", at * new / spend, ratio, (at, spend / new if new else NAN), level),
    ]
    if not new:
        rows[0] |= {"high": NAN, "status": "at_least"}
        rows[1] |= {"low": 0.0, "status": "at_most"}
    low, high = rows[1]["low"], rows[1]["high"]
    verdict = "pays" if low > 1 else "loses" if high < 1 else "cannot_tell"
    lean = np.quantile(ratio, [(1 - LEANING) / 2, (1 + LEANING) / 2])
    rows[1] |= {"verdict": verdict, "why": "reached" if verdict == "cannot_tell" else "", "break_even": 1.0}
    rows[1]["grade"] = grade("observational", decided=verdict != "cannot_tell", leaning=bool(lean[0] > 1 or lean[1] < 1))
    return rows


def _row(key: str, value: float, draws: np.ndarray, sums: tuple[float, float], level: float) -> dict[str, Any]:
    low, high = (float(x) for x in np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]))
    known = load_tables().kpis[key]
    fixed = low == high
    return {
        "group": "total", "of": "total", "kpi": key, "value": value, "low": NAN if fixed else low, "high": NAN if fixed else high,
        "unit": known["unit"], "status": "described" if fixed else "ok", "per": known["denominator"], "numerator": sums[0],
        "denominator": sums[1], "rows": 0, "left_out": 0.0, "scatter": NAN, "scatter_by": "none", "break_even": NAN, "p_value": NAN,
        "verdict": "", "why": "", "grade": "",
    }  # fmt: skip
