"""Revenue that an experiment shows to be additional, over what was spent: the only ROAS that is not attributed.

What a test brought has a range, often with nothing in it. Revenue over money is then a range with nothing in it too, and the cost of one
additional sale has no upper end (Fieller 1954): it is said so, and no infinity is drawn or printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import pandas as pd
from scipy.stats import norm

from mktlib.errors import DataError, Finding
from mktlib.measurement.kpi_read import NOTHING
from mktlib.measurement.kpi_table import COLUMNS
from mktlib.measurement.ratios import ENDS, NAN, Ratio, Three, is_number, is_positive, over, spread_of, wrong_currency
from mktlib.results import Kpis, Result
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import finding


def incremental_roas(
    result: Result,
    *,
    spend: float | Sequence[float],
    worth: float | Sequence[float],
    margin: float | None = None,
    arm: str | None = None,
    currency: str | None = None,
) -> Kpis:
    """Additional revenue for each unit of money spent, and the cost of an additional sale, from an experiment.

    Args:
        result: of `compare`, a holdout or a test by areas whose groups were drawn by lot; or any result with facts["evidence"] and a table
            of arm, n, lift, low, high (lift: a person's mean less the control's).
        spend: what the treated cost; or (value, low, high) at the level of the result, where it is not known exactly.
        worth: revenue of one unit (a sale) of the outcome, 1 where the outcome is revenue itself; or (value, low, high).
        margin: share of `worth` that is margin (1 where worth is margin already); without it nothing is said of break-even.
        arm: which arm, where the result has several beside the control.
        currency: of spend and worth; default that of the result, else EUR.

    Returns:
        `Kpis` of two rows: incremental_roas and incremental_cpa.

    Raises:
        DataError: nothing was drawn by lot, the result has no range, or options are wrong.

    Ratio of two uncertain numbers: Fieller (1954, Journal of the Royal Statistical Society B 16).

    >>> from mktlib.results import Comparison
    >>> arms = {"arm": ["held_out", "ads"], "n": [5000, 5000], "mean": [0.02, 0.03], "lift": [0.0, 0.01], "low": [0.0, 0.004]}
    >>> arms |= {"high": [0.0, 0.016], "verdict": ["", "better"]}
    >>> test = Comparison(table=pd.DataFrame(arms), facts={"evidence": "randomised", "control": "held_out", "level": 0.9})
    >>> incremental_roas(test, spend=1000, worth=60).table[["kpi", "value", "low", "high"]].round(2).to_numpy().tolist()
    [['incremental_roas', 3.0, 1.2, 4.8], ['incremental_cpa', 20.0, 12.5, 50.0]]
    """
    spent, valued = _three(spend), _three(worth)
    wrong = [*_wrong(result, spent, spend, valued, worth, margin), *wrong_currency(currency)]
    if wrong:
        raise DataError(wrong)
    assert spent is not None
    assert valued is not None
    level = float(result.facts.get("level", 0.9))
    brought = _brought(result, arm)
    money = _times(brought, valued, level)
    roas = over(money, spent, level)
    cost = over(spent, brought, level)
    even = 1 / margin if margin else NAN
    judged = _judged(roas, even, level)
    rows = [
        _row("incremental_roas", roas, ("ratio", "spend"), (money[0], spent[0]), even) | judged,
        _row("incremental_cpa", cost, ("currency", "incremental_conversions"), (spent[0], brought[0]), NAN),
    ]
    shown = grade("randomised", decided=brought[1] > 0 or brought[2] < 0, leaning=_leaning(brought, 0.0, level))
    facts: dict[str, Any] = {
        "made_by": "incremental_roas", "evidence": "randomised", "grade": str(result.facts.get("grade") or shown), "level": level,
        "kpi": "incremental_roas", "kpis": ["incremental_roas", "incremental_cpa"], "by": [], "groups": 0, "spend": spent[0],
        "currency": (currency or result.facts.get("currency") or "EUR").upper(), "margin": margin, "margin_from": "share" if margin else "",
        "break_even": even, "free": [], "counted": {}, "given_back": {}, "actual_spend": None, "planned_spend": None, "folded": 0,
        "unmeasured": result.facts.get("unmeasured"), "worth": valued[0], "source": type(result).__name__,
    } | {f"brought{end}": x for end, x in zip(ENDS, brought, strict=True)}  # fmt: skip
    told = [] if margin else [finding("N_KPI_NO_BREAK_EVEN", level="note")]
    return Kpis(table=pd.DataFrame(rows, columns=list(COLUMNS)), facts=facts, findings=tuple(told))


# ---------------------------------------------------------------- what is given


def _three(given: Any) -> Three | None:
    """(value, low, high) of a number, or of a range; None where it is neither."""
    values = [given] * 3 if isinstance(given, Real) else list(given) if isinstance(given, list | tuple) else []
    fine = len(values) == 3 and all(map(is_number, values))
    if not fine or not values[1] <= values[0] <= values[2]:
        return None
    return float(values[0]), float(values[1]), float(values[2])


def _wrong(result: Any, spent: Three | None, spend: Any, valued: Three | None, worth: Any, margin: Any) -> list[Finding]:
    wrong = []
    if spent is None or spent[0] < NOTHING:
        wrong.append(finding("E_OPTION", column="spend", found=spend, expected="spend=12_000 / spend=(12_000, 11_000, 13_000)"))
    if valued is None or valued[0] < NOTHING:
        wrong.append(finding("E_OPTION", column="worth", found=worth, expected="worth=38.0 / worth=(38, 35, 41)"))
    if margin is not None and not (is_positive(margin) and margin <= 1):
        wrong.append(finding("E_OPTION", column="margin", found=margin, expected="margin=0.4"))
    evidence = _evidence(result)
    if evidence != "randomised":
        wrong.append(finding("E_KPI_NO_TEST", column="result", found=type(result).__name__, evidence=evidence))
    return wrong


def _evidence(result: Any) -> str:
    """How the groups of a result were made: of a test by areas, whether by lot."""
    facts = result.facts if isinstance(result, Result) else {}
    by_lot = {"lot": "randomised", "chosen": "quasi"}.get(str(facts.get("assigned")), "observational")
    return str(facts.get("evidence") or by_lot)


def _brought(result: Result, arm: str | None) -> Three:
    """Units that the treated had more, with the range of the result."""
    facts, table = result.facts, result.table
    if "brought_low" in facts:
        found = tuple(facts[f"brought{end}"] for end in ENDS)
    elif {"units", "units_low", "units_high"} <= set(table.columns) and len(table):
        found = tuple(table[f"units{end}"].iloc[0] for end in ENDS)
    else:
        row = _arm(result, arm)
        found = tuple(row[c] * row["n"] for c in ("lift", "low", "high"))
    value, low, high = (float(x) if x is not None else NAN for x in found)
    if not all(map(math.isfinite, (value, low, high))):
        raise DataError(finding("E_KPI_NO_RANGE", column="result", found=type(result).__name__))
    return value, low, high


def _arm(result: Result, arm: str | None) -> pd.Series:
    """The row of the arm that was treated."""
    table, lacking = result.table, [c for c in ("arm", "n", "lift", "low", "high") if c not in result.table]
    if lacking:
        raise DataError(finding("E_KPI_NO_RANGE", column=", ".join(lacking), found=type(result).__name__))
    treated = table[table["arm"].astype(str) != str(result.facts.get("control"))]
    mine = treated[treated["arm"].astype(str) == str(arm)] if arm is not None else treated
    if len(mine) != 1:
        names = [f'arm="{a}"' for a in treated["arm"]]
        raise DataError(finding("E_OPTION", column="arm", found=arm, expected=" / ".join(names)))
    return mine.iloc[0]


# ---------------------------------------------------------------- rows


def _times(a: Three, b: Three, level: float) -> Three:
    """A product; exact where the second factor is known (Goodman 1960 for its error where it is not)."""
    if b[1] == b[2]:
        return a[0] * b[0], a[1] * b[0], a[2] * b[0]
    sa, sb = spread_of(a, level), spread_of(b, level)
    width = float(norm.ppf((1 + level) / 2)) * math.sqrt((a[0] * sb) ** 2 + (b[0] * sa) ** 2 + (sa * sb) ** 2)
    return a[0] * b[0], a[0] * b[0] - width, a[0] * b[0] + width


def _leaning(x: Three, bound: float, level: float) -> bool:
    """Whether the range at LEANING leaves the bound out."""
    side = x[0] - x[1] if bound < x[0] else x[2] - x[0]
    return abs(x[0] - bound) > side * float(norm.ppf((1 + LEANING) / 2) / norm.ppf((1 + level) / 2))


def _judged(roas: Ratio, even: float, level: float) -> dict[str, Any]:
    """Whether the additional revenue covers what was spent."""
    if not math.isfinite(even) or roas.status != "ok":
        return {}
    verdict = "pays" if roas.low > even else "loses" if roas.high < even else "cannot_tell"
    leaning = _leaning((roas.value, roas.low, roas.high), even, level)
    why = "reached" if verdict == "cannot_tell" else ""
    return {"verdict": verdict, "why": why, "grade": grade("randomised", decided=verdict != "cannot_tell", leaning=leaning)}


def _row(key: str, ratio: Ratio, kind: tuple[str, str], sums: tuple[float, float], even: float) -> dict[str, Any]:
    return {
        "group": "total", "of": "total", "kpi": key, "value": ratio.value, "low": ratio.low, "high": ratio.high, "unit": kind[0],
        "status": ratio.status, "per": kind[1], "numerator": sums[0], "denominator": sums[1], "rows": 0, "left_out": 0.0, "scatter": NAN,
        "scatter_by": "test", "break_even": even, "p_value": NAN, "verdict": "", "why": "", "grade": "",
    }  # fmt: skip
