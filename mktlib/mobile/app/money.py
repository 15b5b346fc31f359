"""What an app brings and costs, month by month: in the mean by formula, and with the luck of people by simulation. Arrays in, arrays out.

Each month as many people see the store's page. A share installs; of those a share does the first useful thing, of those a share is back
on day 7, of those a share pays. `one_off`: paid in the store, so that who installs has paid. `unlock`: paid once, inside. `subscription`
and `in_app`: paid every month (a price; a mean spend) by those who have not left yet, the first time in the month they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Values = Mapping[str, Array]
MODELS = ("one_off", "unlock", "subscription", "in_app")
STEPS: Mapping[str, tuple[str, ...]] = {
    "one_off": ("paid_install_rate",),
    "unlock": ("install_rate", "activation", "day7", "conversion"),
    "subscription": ("install_rate", "activation", "day7", "conversion"),
    "in_app": ("install_rate", "activation", "day7", "conversion"),
}
"""The rates from a visit of the store's page to a paying user, in their order."""
STAYING = ("subscription", "in_app")
MOST_PEOPLE = 1e15


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How money is made: the model, what is left of a price after tax and fee (a factor), and whether each visit is bought."""

    model: str
    kept: float


def payers(model: str, at: Values) -> Array:
    """New paying users a month, in the mean."""
    out = np.asarray(at["visitors"], float)
    for step in STEPS[model]:
        out = out * at[step]
    return out


def months_paid(model: str, churn: Array, months: Array | int) -> Array:
    """How many monthly payments a stream of one new payer a month makes in so many months, in the mean.

    The sum over months of the payers that are left: (t - q (1 - q^t) / k) / k with q = 1 - k.

    >>> months_paid("subscription", np.array([0.5]), 2), months_paid("unlock", np.array([0.5]), 2)
    (array([2.5]), array(2))
    """
    if model not in STAYING:
        return np.asarray(months)
    left = 1 - churn
    safe = np.where(churn > 1e-9, churn, 1.0)
    t = np.asarray(months, float)
    return np.where(churn > 1e-9, (t - left * (1 - left**t) / safe) / safe, t * (t + 1) / 2)


def profit(terms: Terms, at: Values, months: Array | int) -> Array:
    """Profit after so many months, in the mean: what is kept of all payments, less building, running and buying visits."""
    brought = terms.kept * at["price"] * payers(terms.model, at) * months_paid(terms.model, at["churn"], months)
    return np.asarray(brought - at["build"] - (at["monthly"] + at["per_visitor"] * at["visitors"]) * months)


def visitors_needed(terms: Terms, at: Values, months: int) -> Array:
    """Visitors a month with which the mean profit after so many months is nothing; inf where no number does it."""
    one = {**at, "visitors": np.ones_like(np.asarray(at["visitors"], float))}
    each = terms.kept * at["price"] * payers(terms.model, one) * months_paid(terms.model, at["churn"], months) - at["per_visitor"] * months
    fixed = at["build"] + at["monthly"] * months
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.where(each > 0, fixed / np.where(each > 0, each, 1.0), np.where(fixed > 0, np.inf, 0.0))


def first_month(terms: Terms, at: Values, most: int) -> Array:
    """The first month at whose end the mean profit is not below nothing; inf where none is up to `most`."""
    out = np.full(np.shape(at["visitors"]), np.inf)
    for month in range(most, 0, -1):  # from the end: the earliest stays
        out = np.where(profit(terms, at, month) >= 0, month, out)
    return out


def lived(terms: Terms, at: Values, months: int, rng: np.random.Generator) -> Array:
    """(draws, months) profit so far with the luck of people: new payers a month are Poisson, those who stay binomial.

    Poisson, since people who come one by one and are thinned step by step are.
    """
    new = np.minimum(payers(terms.model, at), MOST_PEOPLE)
    size = np.shape(new)[0]
    staying = terms.model in STAYING
    active, so_far = np.zeros(size, np.int64), -np.broadcast_to(np.asarray(at["build"], float), (size,)).copy()
    running = at["monthly"] + at["per_visitor"] * at["visitors"]
    out = np.empty((size, months))
    for month in range(months):
        came = rng.poisson(new)
        active = (rng.binomial(active, 1 - at["churn"]) if staying else 0) + came
        so_far = so_far + terms.kept * at["price"] * active - running
        out[:, month] = so_far
    return out
