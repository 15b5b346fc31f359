"""Ratios of uncertain numbers: a lift, money for each unit brought, worth for each unit spent; honest where a range holds 0.

What was spent is known, what was brought is not: so the range of the worth over the spending is that of the effect, and the range of the
cost of one unit is its reciprocal. Where the effect may be nothing that cost has no upper end (Fieller 1954): "at least so much".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from scipy.stats import norm

from mktlib.errors import Finding
from mktlib.vocabulary import finding

NAN = float("nan")
ENDS = ("", "_low", "_high")
Three = tuple[float, float, float]
"""A value with the ends of its range."""


def spread_of(x: Three, level: float) -> float:
    """The error of a number whose range is known."""
    return (x[2] - x[1]) / (2 * float(norm.ppf((1 + level) / 2)))


@dataclass(frozen=True)
class Ratio:
    """A ratio with its range; status as in `Kpis`."""

    value: float
    low: float
    high: float
    status: str


def over(above: Three, below: Three, level: float) -> Ratio:
    """A ratio of two independent numbers with their ranges (Fieller); exact where one of them is known.

    >>> over((10.0, 10.0, 10.0), (5.0, -1.0, 11.0), 0.9)
    Ratio(value=2.0, low=0.9090909090909091, high=nan, status='no_high')
    """
    if below[1] == below[2] and below[0] > 0:
        return Ratio(above[0] / below[0], above[1] / below[0], above[2] / below[0], "ok")
    if above[1] == above[2]:
        return _reciprocal(above[0], below)
    z, sa, sb = float(norm.ppf((1 + level) / 2)), spread_of(above, level), spread_of(below, level)
    a, b, c = below[0] ** 2 - (z * sb) ** 2, above[0] * below[0], above[0] ** 2 - (z * sa) ** 2
    if a <= 0:  # what lies below may be nothing
        return Ratio(above[0] / below[0] if below[0] > 0 else NAN, NAN, NAN, "unbounded")
    half = math.sqrt(max(b * b - a * c, 0.0))
    return Ratio(above[0] / below[0], (b - half) / a, (b + half) / a, "ok")


def _reciprocal(known: float, below: Three) -> Ratio:
    """A known amount over an uncertain one."""
    if below[2] <= 0:
        return Ratio(NAN, NAN, NAN, "none_gained")
    value = known / below[0] if below[0] > 0 else NAN
    if below[1] <= 0:
        return Ratio(value, known / below[2], NAN, "no_high")
    return Ratio(value, known / below[2], known / below[1], "ok")


# ---------------------------------------------------------------- money of an effect


def money_facts(brought: Three, spend: float | None, worth: float | None) -> dict[str, Any]:
    """Cost of one unit, worth over spending and whether it pays, from what was brought (value, low, high).

    >>> facts = money_facts((100.0, -20.0, 220.0), 500.0, 8.0)
    >>> facts["cost_per"], round(facts["cost_per_low"], 2), facts["cost_per_high"], facts["roas_low"], facts["roas_high"], facts["pays"]
    (5.0, 2.27, inf, -0.32, 3.52, 'cannot_tell')
    """
    out: dict[str, Any] = {"spend": spend, "worth": worth, "pays": None}
    out |= {f"{name}{end}": NAN for name in ("cost_per", "roas") for end in ENDS}
    if not spend:
        return out
    out |= dict(zip((f"cost_per{end}" for end in ENDS), cost_of_one(spend, brought), strict=True))
    if worth:
        out |= {f"roas{end}": worth * x / spend for end, x in zip(ENDS, brought, strict=True)}
        out["pays"] = "yes" if out["roas_low"] > 1 else "no" if out["roas_high"] < 1 else "cannot_tell"
    return out


def cost_of_one(spend: float, brought: Three) -> Three:
    """Spending over what was brought, lowest where most was brought; inf: no upper end; NaN: nothing may have been brought at all.

    >>> cost_of_one(10.0, (5.0, 2.0, 10.0)), cost_of_one(10.0, (-5.0, -9.0, -1.0))
    ((2.0, 1.0, 5.0), (nan, nan, nan))
    """
    found = _reciprocal(spend, brought)
    if found.status == "none_gained":
        return NAN, NAN, NAN
    return found.value if brought[0] > 0 else math.inf, found.low, found.high if found.status == "ok" else math.inf


def wrong_money(spend: Any, worth: Any, currency: Any, unmeasured: Any) -> list[Finding]:
    """What is wrong with options of money, and with the share of people nobody could measure."""
    rules: Mapping[str, tuple[Any, str]] = {
        "spend": (spend, "spend=12_000"),
        "worth": (worth, "worth=38.0"),
    }
    wrong = [finding("E_OPTION", column=k, found=v, expected=e) for k, (v, e) in rules.items() if v is not None and not is_positive(v)]
    wrong += wrong_currency(currency)
    if unmeasured is not None and not (is_number(unmeasured) and 0 <= float(unmeasured) < 1):
        wrong.append(finding("E_OPTION", column="unmeasured", found=unmeasured, expected="unmeasured=0.3"))
    return wrong


def wrong_currency(currency: Any) -> list[Finding]:
    """What is no code of a currency; None: not told. A sign will not do: "$" is that of a dozen countries."""
    fine = currency is None or (isinstance(currency, str) and len(currency) == 3 and currency.isalpha() and currency.isascii())
    return [] if fine else [finding("E_OPTION", column="currency", found=currency, expected='currency="EUR"')]


def is_number(value: Any) -> bool:
    """Whether an option is a number; true, inf and nan are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_positive(value: Any) -> bool:
    """Whether an option is a number above 0."""
    return is_number(value) and value > 0
