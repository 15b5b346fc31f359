"""Does it foretell? Later weeks from earlier ones, or a random half from the other, beside what raw rates would have said."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, logit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mktlib.errors import DataError, ModelError
from mktlib.intake import to_pandas
from mktlib.results import Backtest
from mktlib.scoring.model import ContentScorer
from mktlib.scoring.units import days_of, deviance
from mktlib.vocabulary import finding, progress

Array = NDArray[Any]
HALVES, FOLDS, PENALTIES = 4, 3, (0.01, 0.1, 1.0)
PREDICTED = {"gain": "predicted", "gain_raw": "raw", "gain_beta_binomial": "beta_binomial", "gain_pairs": "pairs"}


def backtest(log: Any, scorer: ContentScorer, *, every: str = "28D") -> Backtest:
    """Fit a fresh copy of `scorer` on what was known, predict what came next, and compare.

    With a `date` column, each stretch of `every` is predicted from all that came before it (the first third only teaches). Without one,
    a random half of the pieces is predicted from the other, four times, from the scorer's seed. gain: share of the constant rate's log
    loss that is saved; gain_raw: the same for raw cell rates (the overall rate where a cell is new); gain_beta_binomial: for cell rates
    drawn to the overall one (empirical Bayes); gain_pairs: for a logistic regression on all levels and pairs of them, its penalty
    chosen by cross-validation (the last two NaN where counts pass their exposure). coverage: of the predictive interval, counting luck
    included; ties of counts are broken at random so that small counts do not flatter it.

    Raises:
        DataError: `every` is no stretch of time, a date is none. ModelError: fewer than two stretches of data.
    """
    step = pd.to_timedelta(every, errors="coerce") if isinstance(every, str) else pd.NaT
    if not step >= pd.Timedelta("1D"):  # nothing and NaT are not above it either
        raise DataError(finding("E_OPTION", column="every", found=every, expected='every="28D" / "7D" / "91D"'))
    if not isinstance(scorer, ContentScorer):
        raise DataError(finding("E_OPTION", column="scorer", found=type(scorer).__name__, expected='ContentScorer("click_rate")'))
    frame = to_pandas(log)
    kind = "weeks" if "date" in frame else "halves"
    rows, cells = [], []
    rng = np.random.default_rng(scorer.random_state)
    folds = _folds(frame, step, rng) if len(frame) else []
    for name, before, after in progress(folds, unit="fold"):
        fresh = clone(scorer).fit(before)
        part = _held_out(fresh, after, rng)
        if part is None:
            continue
        rows.append({"fold": name, **_figures(fresh, part)})
        cells.append(part.assign(fold=name))
    if not rows:
        raise ModelError(finding("E_TOO_SHORT", found=str(len(frame)), expected=every))
    table, held = pd.DataFrame(rows), pd.concat(cells, ignore_index=True)
    weight = table["exposure"] / table["exposure"].sum()
    facts = {
        "metric": scorer.metric,
        "level": scorer.level,
        "folds": len(table),
        "kind": kind,
        "cells": len(held),
        "gain": float((table["gain"] * weight).sum()),
        **{k: float((table[k] * weight).sum(min_count=1)) for k in ("gain_raw", "gain_beta_binomial", "gain_pairs")},
        "coverage": float(held["inside"].mean()),
    }
    return Backtest(table=table, facts=facts, cells=held)


def _folds(frame: pd.DataFrame, step: pd.Timedelta, rng: np.random.Generator) -> list[tuple[str, pd.DataFrame, pd.DataFrame]]:
    if "date" not in frame:
        piece = pd.factorize(frame["content_id"])[0] if "content_id" in frame else np.arange(len(frame))
        piece = np.where(piece < 0, piece.max(initial=-1) + 1 + np.arange(len(frame)), piece)  # without a name each row is a piece
        halves = [rng.random(piece.max() + 1)[piece] < 0.5 for _ in range(HALVES)]
        return [(str(i), frame[h], frame[~h]) for i, h in enumerate(halves, start=1)]
    day = days_of(frame)
    first, last = day.min(), day.max()
    start = first + (last - first) / 3
    out = []
    for number in sorted(((day[day >= start] - start) // step).unique()):  # stretches that hold rows
        begin = start + int(number) * step
        out.append((str(begin.date()), frame[day < begin], frame[(day >= begin) & (day < begin + step)]))
    return [f for f in out if len(f[1])]


def _held_out(scorer: ContentScorer, after: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame | None:
    """What came in each unit (a piece where the scorer knows pieces), beside its prediction."""
    came = clone(scorer).set_params(half_life_days=None)._units(after, None, None)  # judged whole, however fast the past fades
    came = came[came["exposure"] > 0].reset_index(drop=True)
    units = scorer._in_events(came)
    if not units["exposure"].sum() > 0:  # also where nothing has been sold yet, so that nobody knows the size of a sale
        return None
    post, n = scorer.posterior_, units["exposure"].to_numpy(float)
    mean, var = scorer._eta(units)
    var = var + post.luck**2
    eta = mean[:, None] + np.sqrt(var)[:, None] * rng.standard_normal((len(units), 400))
    rate = np.exp(eta) if post.family == "poisson" else 1 / (1 + np.exp(-eta))
    chances = n[:, None] if post.family == "poisson" else np.maximum(np.rint(n), 1)[:, None]
    drawn = rng.poisson(np.minimum(rate * chances, 1e18)) if post.family == "poisson" else rng.binomial(chances.astype(np.int64), rate)
    count = np.rint(units["count"].to_numpy(float))
    place = (drawn < count[:, None]).mean(1) + rng.random(len(units)) * (drawn == count[:, None]).mean(1)
    tail = (1 - scorer.level) / 2
    low, high = np.quantile(drawn / chances, [tail, 1 - tail], axis=1)
    return came.assign(
        predicted=scorer.predict(units),
        low=low,
        high=high,
        observed=units["count"] / units["exposure"],
        raw=_raw(scorer, units),
        beta_binomial=_beta_binomial(scorer, units),
        pairs=_pairs(scorer, units),
        constant=_overall(scorer),
        inside=(place > tail) & (place < 1 - tail),
    )


def _overall(scorer: ContentScorer) -> float:
    """The rate of all that was seen, at least half an event in it; a share also leaves half a chance without one."""
    seen = scorer._in_events(scorer.evidence_)
    return float((max(seen["count"].sum(), 0.0) + 0.5) / (seen["exposure"].sum() + (scorer.family_ == "binomial")))


def _raw(scorer: ContentScorer, units: pd.DataFrame) -> Array:
    """The rate a pivot table would give: the cell's own, or the overall rate where the cell is new."""
    overall, seen = _overall(scorer), scorer._in_events(scorer._seen(units[list(scorer.by_)]))
    rate = np.divide(seen["count"], seen["exposure"], out=np.full(len(seen), overall), where=seen["exposure"].to_numpy() > 0)
    return np.clip(rate, 1e-4, None if scorer.family_ == "poisson" else 1 - 1e-4)


def _beta_binomial(scorer: ContentScorer, units: pd.DataFrame) -> Array:
    """Cell rates drawn to the overall one: a beta prior fitted to all cells by maximum likelihood."""
    cells, out = scorer.evidence_[scorer.evidence_["exposure"] > 0], np.full(len(units), np.nan)
    y, n = cells["count"].to_numpy(float), cells["exposure"].to_numpy(float)
    if scorer.family_ == "poisson" or not len(cells):
        return out
    overall = (y.sum() + 0.5) / (n.sum() + 1)

    def shapes(x: Array) -> tuple[float, float]:
        mean, size = float(expit(x[0])), float(np.exp(np.clip(x[1], -2, 14)))
        return mean * size, (1 - mean) * size

    def loss(x: Array) -> float:
        a, b = shapes(x)
        return float(-(betaln(a + y, b + n - y) - betaln(a, b)).sum())

    a, b = shapes(minimize(loss, [logit(overall), 4.0], method="Nelder-Mead").x)
    seen = scorer._seen(units[list(scorer.by_)])
    return ((a + seen["count"]) / (a + b + seen["exposure"])).to_numpy(float)


def _pairs(scorer: ContentScorer, units: pd.DataFrame) -> Array:
    """Logistic regression on levels and pairs of levels."""
    cells, by = scorer.evidence_[scorer.evidence_["exposure"] > 0], list(scorer.by_)
    y, n = cells["count"].to_numpy(float), cells["exposure"].to_numpy(float)
    if scorer.family_ == "poisson" or not by or not 0 < y.sum() < n.sum() or len(cells) < FOLDS:
        return np.full(len(units), np.nan)
    both = np.r_[y, n - y]
    fold = np.tile(np.arange(len(cells)) % FOLDS, 2)[both > 0]  # a cell's events and the rest of it stay together
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(FOLDS)]
    label = np.repeat([1, 0], len(cells))[both > 0]
    if any(len(np.unique(label[part])) < 2 for split in splits for part in split):
        return np.full(len(units), np.nan)
    regression = LogisticRegressionCV(
        Cs=PENALTIES, cv=splits, scoring="neg_log_loss", l1_ratios=(0.0,), use_legacy_attributes=False, max_iter=300
    )
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), regression)
    model.fit(pd.concat([_crossed(cells[by])] * 2)[both > 0], label, logisticregressioncv__sample_weight=both[both > 0])
    return np.asarray(model.predict_proba(_crossed(units[by]))[:, 1])


def _crossed(levels: pd.DataFrame) -> pd.DataFrame:
    text = levels.astype(str)
    return text.assign(**{f"{a} x {b}": text[a] + "\0" + text[b] for a, b in itertools.combinations(text.columns, 2)})


def _figures(scorer: ContentScorer, part: pd.DataFrame) -> dict[str, float]:
    observed, weight = part["observed"].to_numpy(float), part["exposure"].to_numpy(float)
    loss = {c: deviance(observed, part[c].to_numpy(float), weight, scorer.family_) for c in ("constant", *PREDICTED.values())}
    constant = loss["constant"]
    return {
        "cells": len(part),
        "exposure": float(weight.sum()),
        "events": float(part["count"].sum()),
        **{name: 1 - loss[c] / constant if constant else 0.0 for name, c in PREDICTED.items()},
        "coverage": float(part["inside"].mean()),
    }
