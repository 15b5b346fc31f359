"""Money for each unit that was brought, and worth brought for each unit spent; honest where the range of the effect holds 0.

What was spent is known, what was brought is not: so the range of the worth over the spending is that of the effect, and the range of the
cost of one unit is its reciprocal. Where the effect may be nothing that cost has no upper end (Fieller 1954): "at least so much".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary import finding

NAN = float("nan")
ENDS = ("", "_low", "_high")


def money_facts(brought: tuple[float, float, float], spend: float | None, worth: float | None) -> dict[str, Any]:
    """Cost of one unit, worth over spending and whether it pays, from what was brought (value, low, high).

    >>> facts = money_facts((100.0, -20.0, 220.0), 500.0, 8.0)
    >>> facts["cost_per"], round(facts["cost_per_low"], 2), facts["cost_per_high"], facts["roas_low"], facts["roas_high"], facts["pays"]
    (5.0, 2.27, inf, -0.32, 3.52, 'cannot_tell')
    """
    out: dict[str, Any] = {"spend": spend, "worth": worth, "pays": None}
    out |= {f"{name}{end}": NAN for name in ("cost_per", "roas") for end in ENDS}
    if not spend:
        return out
    value, low, high = brought
    out |= dict(zip((f"cost_per{end}" for end in ENDS), cost_of_one(spend, value, low, high), strict=True))
    if worth:
        out |= {f"roas{end}": worth * x / spend for end, x in zip(ENDS, brought, strict=True)}
        out["pays"] = "yes" if out["roas_low"] > 1 else "no" if out["roas_high"] < 1 else "cannot_tell"
    return out


def cost_of_one(spend: float, value: float, low: float, high: float) -> tuple[float, float, float]:
    """Spending over what was brought, lowest where most was brought; inf: no upper end; NaN: nothing may have been brought at all.

    >>> cost_of_one(10.0, 5.0, 2.0, 10.0), cost_of_one(10.0, -5.0, -9.0, -1.0)
    ((2.0, 1.0, 5.0), (nan, nan, nan))
    """
    if not high > 0:
        return NAN, NAN, NAN
    return (spend / value if value > 0 else math.inf), spend / high, (spend / low if low > 0 else math.inf)


def wrong_money(spend: Any, worth: Any, unmeasured: Any) -> list[Finding]:
    """What is wrong with options of money, and with the share of people nobody could measure."""
    rules: Mapping[str, tuple[Any, str]] = {
        "spend": (spend, "spend=12_000"),
        "worth": (worth, "worth=38.0"),
    }
    wrong = [finding("E_OPTION", column=k, found=v, expected=e) for k, (v, e) in rules.items() if v is not None and not _positive(v)]
    if unmeasured is not None and not (_number(unmeasured) and 0 <= float(unmeasured) < 1):
        wrong.append(finding("E_OPTION", column="unmeasured", found=unmeasured, expected="unmeasured=0.3"))
    return wrong


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positive(value: Any) -> bool:
    return _number(value) and value > 0
