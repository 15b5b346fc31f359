"""ContentScorer: from a log of what was published to the rate of every cell, seen or not, with what is opinion and what is data.

The mathematics is `glmm`'s; the words, the opinions and the denominators are `vocabulary`'s. This module only joins them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from mktlib import glmm
from mktlib.errors import DataError, Finding, SchemaError, StoreError
from mktlib.intake import MOMENTS, tally, to_pandas, words
from mktlib.results import CELL, Explanation, Intake, Scores
from mktlib.scoring.cells import candidates, no_slips, possible
from mktlib.scoring.explaining import moved
from mktlib.scoring.keeping import path_of, plain_finding, write_scorer
from mktlib.scoring.oddities import DOUBT, OPINION_COLUMNS, aliased, clashes, opinions_against_log, reversals, unused
from mktlib.scoring.opinions import base_of, opinions_of, spreads
from mktlib.scoring.options import numbers_of, plain_options, wrong_options
from mktlib.scoring.units import deviance, faded, scatter_of_days, size_of_a_sale, units_of_rates
from mktlib.scoring.verdicts import direction, verdicts
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, load_tables, nearest
from mktlib.wording import Amount

Array = NDArray[Any]
DRAWS = 1000
RESERVED = {"date", "content_id", "rate", "low", "high", "index", "p_best", "exposure", "opinion", "verdict", "count", "squares", *MOMENTS}
MOST_CHANCES = 1e15
MOST_OWN_CELLS = 1500  # cells beyond which a cell effect beside the pieces' own costs more than it tells


class ContentScorer(RegressorMixin, BaseEstimator):
    """Scores cells by a multilevel model: main effects, pairs, and each cell's (or each piece's) own effect.

    A metric of money is scored too: revenue behaves like a count of sales of one size, which the log tells (`scoring.units`). Its rates
    are money for the metric's `per` exposures, in `fit` and `predict` too.

    Args:
        metric: a row of the metrics table.
        by: the axes of a cell; those that the log lacks are left out, with a finding.
        pairs: "auto" (pairs of axes, where data can tell them from single cells), True, or False (main effects only).
        priors: "expert" (base rates and opinions of the tables), "flat", or the `Tables` to take them from.
        level: of the intervals.
        half_life_days: a row that is this old counts half (needs a date).
        random_state: seed of the draws behind `p_best`.

    Attributes after `fit`: by_, levels_ {axis: names}, posterior_ (`glmm.Posterior`), evidence_ (counts per cell), findings_, opinions_
        (one row an opinion that the log has counts on: said and seen times with the range of seen, sd, surprise, contradicted),
        dispersion_ (how many times more than chance the log scatters from day to day, 1 if not; of money: the size of a sale).

    >>> log = pd.DataFrame({"style": ["playful", "expert"], "clicks": [60, 30], "impressions": [1000, 1000]})
    >>> scorer = ContentScorer(by=("style",), priors="flat").fit(log)
    >>> bool(scorer.predict(pd.DataFrame({"style": ["playful"]}))[0] > 0.04)
    True
    """

    def __init__(
        self,
        metric: str = "click_rate",
        *,
        by: Sequence[str] = CELL,
        pairs: str | bool = "auto",
        priors: str | Tables = "expert",
        level: float = 0.9,
        half_life_days: float | None = None,
        tables: Tables | None = None,
        random_state: int = 0,
    ) -> None:
        self.metric = metric
        self.by = by
        self.pairs = pairs
        self.priors = priors
        self.level = level
        self.half_life_days = half_life_days
        self.tables = tables
        self.random_state = random_state

    # ------------------------------------------------------------ fit

    def fit(self, X: Any, y: Any = None, *, exposure: Any = None) -> Self:
        """Learn from a log, from cells with `count` and `exposure`, or from rates `y` on `exposure` (default 1 each).

        Raises:
            DataError: a column is missing, or y is not a rate of 0 or more.
        """
        self._check_options()
        units = self._units(X, y, exposure)
        self.findings_: tuple[Finding, ...] = units.attrs.get("findings", ())
        self.by_ = tuple(a for a in units.attrs["by"])
        self.levels_ = {a: np.array(sorted(units[a].unique()), dtype=object) for a in self.by_}
        self.dispersion_, repeated = units.attrs["dispersion"]
        if not repeated:
            self.findings_ += (finding("E_NO_REPEATS", level="warning", metric=self.metric),)
        counted = self._in_events(units)
        above = (units["count"] > units["exposure"]).any()
        counts = self._money or above or self._row.get("family") == "poisson"
        self.family_: glmm.Family = "poisson" if counts else "binomial"
        items = self._items(units)
        codes = self._codes(units)
        dims = [max(len(self.levels_[a]), 1) for a in self.by_]
        possible(dims, counted)
        center, center_sd = self._center()
        fit = partial(
            glmm.fit,
            codes,
            counted["count"].to_numpy(float),
            counted["exposure"].to_numpy(float),
            dims=dims,
            item=items,
            family=self.family_,
            center=center,
            center_sd=center_sd,
        )
        self.evidence_ = self._evidence(units)
        self.opinions_ = self._judge_opinions(lambda: fit(terms=self._terms(codes, items, {}), offset=self._base(units)))
        doubted = self.opinions_.loc[self.opinions_["contradicted"], "when"]
        scale, held = spreads(self.by_, self.levels_, self._opinions(), doubted=list(doubted))  # what the log contradicts holds nothing
        self.posterior_ = fit(terms=self._terms(codes, items, held), offset=self._offset(units), scale=scale, held=held)
        self._find_oddities(units)
        return self

    def _check_options(self) -> None:
        """Every parameter that cannot be used, at once; scikit-learn asks for this in `fit`, not before."""
        found = wrong_options(self.get_params(deep=False), RESERVED)
        if found:
            raise DataError(found)

    def _tables(self) -> Tables:
        own = self.priors if isinstance(self.priors, Tables) else self.tables
        return own or load_tables()

    @property
    def _flat(self) -> bool:
        return isinstance(self.priors, str) and self.priors == "flat"

    def _opinions(self) -> list[dict[str, Any]]:
        return [] if self._flat else self._tables().opinions(self.metric)

    @property
    def _row(self) -> Mapping[str, Any]:
        return self._tables().metrics.get(self.metric, {})

    @property
    def _money(self) -> bool:
        return bool(self._row.get("family") == "money")

    @property
    def _per(self) -> float:
        """Exposures that a rate is told for."""
        return float(self._row.get("per", 1)) if self._money else 1.0

    def _dispersion(self, units: pd.DataFrame, by: Sequence[str], dated: Any = None) -> tuple[float, bool]:
        """How much more than counts of chance the log scatters, and whether it has the repeats that tell."""
        if self._money:
            return size_of_a_sale(units, by, of_sales=bool(self._row.get("of_sales")))
        keep = ["content_id", "date"]
        days = None if dated is None else tally(dated, self.by, metric=self.metric, tables=self._tables(), keep=keep)
        return (1.0 if days is None else scatter_of_days(days, by, within=self.half_life_days)), True

    def _in_events(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Count, exposure (and squares) as the model counts them: fewer where the log scatters; money in sales, on `per` exposures each."""
        if self.dispersion_ * self._per == 1:
            return cells
        many = self.dispersion_ * self._per
        out = cells.assign(count=cells["count"] / self.dispersion_, exposure=cells["exposure"] / many)
        return out.assign(squares=out["squares"] / many**2) if "squares" in out else out

    def _units(self, X: Any, y: Any, exposure: Any) -> pd.DataFrame:
        """One row a unit (a cell, or a piece in a cell) with count and exposure; attrs: by, findings."""
        if isinstance(X, Intake) or type(X) is dict:
            said = "fit(intake.log)" if isinstance(X, Intake) else "fit(pd.DataFrame(log))"
            raise DataError(finding("E_WRONG_FORMAT", found=type(X).__name__, hint=said))
        if not hasattr(X, "columns") or y is not None:
            return self._from_rates(X, y, exposure)
        names = nw.from_native(X).collect_schema().names() if not isinstance(X, pd.DataFrame) else list(X.columns)
        by = tuple(a for a in self.by if a in names)
        if self.by and not by:
            raise SchemaError([finding("E_MISSING_COLUMN", column=a, expected=a, found=", ".join(map(str, names))) for a in self.by])
        keep = [k for k in ("content_id", "date" if self.half_life_days else "") if k in names]
        units = tally(X, self.by, metric=self.metric, tables=self._tables(), keep=keep, moments=self._money)
        units.attrs |= {"by": by, "dispersion": self._dispersion(units, by, X if "date" in names else None)}
        if len(by) != len(self.by):
            self.feature_names_in_ = np.array(by, dtype=object)
        return self._faded(units)

    def _faded(self, units: pd.DataFrame) -> pd.DataFrame:
        if not self.half_life_days:
            return units
        if "date" not in units:
            raise DataError(finding("E_MISSING_COLUMN", column="date", expected="date", hint="half_life_days=None"))
        return faded(units, float(self.half_life_days))

    def _from_rates(self, X: Any, y: Any, exposure: Any) -> pd.DataFrame:
        if hasattr(X, "columns"):
            given = to_pandas(X)
            others = [c for c in given.columns if not (self.half_life_days and c == "date")]
            frame, rates = given[[a for a in self.by if a in given] or others].apply(words), numbers_of("y", y)
        else:
            raw, rates = validate_data(self, X, y, dtype=None, y_numeric=True)
            frame = pd.DataFrame(raw, columns=[f"x{i}" for i in range(raw.shape[1])]).astype(str)
        units = units_of_rates(frame, rates, None if exposure is None else numbers_of("exposure", exposure), self._per, self._money)
        units.attrs |= {"by": tuple(frame.columns), "dispersion": self._dispersion(units, list(frame.columns))}
        if self.half_life_days and hasattr(X, "columns") and "date" in given:
            attrs, units = units.attrs, units.assign(date=given["date"].to_numpy())
            units.attrs = attrs
        return self._faded(units)

    def _items(self, units: pd.DataFrame) -> Array | None:
        """Identity of single pieces, where there are clearly more pieces than cells; else None."""
        if "content_id" not in units or not len(units):
            return None
        cells = units[list(self.by_)].drop_duplicates().shape[0] if self.by_ else 1
        pieces = units[[*self.by_, "content_id"]].drop_duplicates().shape[0]
        return units["content_id"].to_numpy() if pieces > 1.2 * cells else None

    def _terms(self, codes: Array, items: Array | None, held: glmm.Held) -> list[glmm.Term]:
        """Main effects; pairs, unless as fine as the units and no opinion holds them; the whole cell where pieces have their own effect."""
        axes, units = codes.shape[1], max(len(codes), 1)
        wanted = list(glmm.pairs(axes)) if self.pairs is True or (self.pairs == "auto" and axes <= 10) else [(a,) for a in range(axes)]
        several = [t for t in wanted if all(len(self.levels_[self.by_[a]]) > 1 for a in t) or not len(codes)]
        always = several if self.pairs is True or not len(codes) else held
        kept = [t for t in several if t in always or len(np.unique(codes[:, t], axis=0)) <= 0.8 * units]
        whole = tuple(range(axes))
        if items is not None and axes > 2 and len(np.unique(codes, axis=0)) <= MOST_OWN_CELLS:
            kept.append(whole)
        return kept

    def _codes(self, cells: pd.DataFrame) -> Array:
        """(n, axes) codes of the levels; -1 where a level was never seen."""
        out = np.full((len(cells), len(self.by_)), -1, np.int64)
        for j, axis in enumerate(self.by_):
            out[:, j] = pd.Index(self.levels_[axis]).get_indexer(cells[axis].astype(str))
        return out

    # ------------------------------------------------------------ opinions

    def _center(self) -> tuple[float | None, float]:
        """Of the intercept; None: the log's own level. Money has no unit that a table could know, so that its table serves nothing sold."""
        if self._flat or (self._money and np.isfinite(self.dispersion_)):
            return None, 1.5
        mean, sd = self._tables().base_rate(self.metric)
        return self._link(mean), sd

    def _link(self, rate: float) -> float:
        return float(np.log(rate) if self.family_ == "poisson" else logit(rate))

    def _offset(self, cells: pd.DataFrame) -> Array:
        """What opinion adds to eta (n,)."""
        return self._base(cells) + opinions_of(cells, self._tables(), self._opinions())

    def _base(self, cells: pd.DataFrame) -> Array:
        """How far the base rates of the channels lie apart (n,)."""
        return np.zeros(len(cells)) if self._flat else base_of(cells, self.metric, self._tables(), self._link)

    # ------------------------------------------------------------ what was seen

    def _evidence(self, units: pd.DataFrame) -> pd.DataFrame:
        rows = units.assign(squares=units["exposure"].astype(float) ** 2)
        if not self.by_:
            return rows[["count", "exposure", "squares"]].sum().to_frame().T
        return rows.groupby(list(self.by_), as_index=False, sort=True)[["count", "exposure", "squares"]].sum()

    def _judge_opinions(self, unbiased: Callable[[], glmm.Posterior]) -> pd.DataFrame:
        """What the log says of every opinion that it has counts on, by a fit that was told none of them."""
        seen, opinions = self.evidence_[self.evidence_["exposure"] > 0], self._opinions()
        post = unbiased() if opinions and len(seen) else None
        return opinions_against_log(seen, post, self.levels_, opinions if post else [], self.level)

    def _find_oddities(self, units: pd.DataFrame) -> None:
        more = [finding("E_ONE_LEVEL", level="note", column=a, found=str(v[0])) for a, v in self.levels_.items() if len(v) == 1]
        above = units["count"] > units["exposure"]
        if above.any() and self._row.get("family") == "binomial":
            more.append(finding("E_ABOVE_EXPOSURE", level="warning", metric=self.metric, found=str(int(above.sum()))))
        events = float(self._in_events(units)["count"].sum())
        if len(units) and events <= 0:
            more.append(finding("E_NO_EVENTS", level="warning", metric=self.metric))
        elif len(units) and self.posterior_.heard < 0.5:
            told: dict[str, Any] = {"count": Amount(round(events)), "chance": round(100 * self.posterior_.heard)}
            more.append(finding("E_ALIKE", level="warning", column=self.metric, found=f"{events:.0f}", **told))
        more += [*aliased(units, self.by_), *clashes(self._opinions()), *unused(self._opinions(), self.by_)]
        if not self._money:  # counts only; channels that count over different things (impressions, deliveries) are not compared
            parts = [units[(self._denominators(units) == d).to_numpy()] for d in self._denominators(units).unique()]
            more += [f for part in parts for f in reversals(part, self.by_, doubt=DOUBT / len(parts))]
            if self.dispersion_ > 1:
                more.append(finding("E_OVERDISPERSED", level="warning", column="date", found=f"{self.dispersion_:.1f}"))
        for row in self.opinions_[self.opinions_["contradicted"]].to_dict("records"):
            about, times = " + ".join(map(str, row["when"].values())), [f"{row[k]:.2g}" for k in ("said", "seen")]
            more.append(finding("E_OPINION_CONTRADICTED", level="warning", found=about, said=times[0], seen=times[1]))
        self.findings_ = (*self.findings_, *more)

    # ------------------------------------------------------------ answers

    def _cells(self, X: Any) -> tuple[pd.DataFrame, Array, Array]:
        """(cells, codes, offsets) of what was asked."""
        check_is_fitted(self, "posterior_")
        if hasattr(X, "columns"):
            frame = to_pandas(X)
            lacking = [a for a in self.by_ if a not in frame]
            if lacking:
                raise SchemaError(
                    [finding("E_MISSING_COLUMN", column=a, expected=a, found=", ".join(map(str, frame.columns))) for a in lacking]
                )
            cells = frame[list(self.by_)].apply(words).reset_index(drop=True) if self.by_ else pd.DataFrame(index=range(len(frame)))
        else:
            raw = validate_data(self, X, dtype=None, reset=False)
            cells = pd.DataFrame(raw, columns=list(self.by_)).astype(str)
        return cells, self._codes(cells), self._offset(cells)

    def predict(self, X: Any) -> Array:
        """Posterior mean rate of each row's cell (n,); a level never seen answers from its relatives."""
        _, codes, offset = self._cells(X)
        return self.posterior_.rate(codes, offset)

    def _eta(self, X: Any) -> tuple[Array, Array]:
        """Mean and variance (n,) of the log-odds, or of the log where counts are Poisson."""
        _, codes, offset = self._cells(X)
        return self.posterior_.logit(codes, offset)

    def interval(self, X: Any, level: float | None = None, exposure: Any = None) -> Array:
        """(n, 2): of the cell's own rate; with `exposure`, of the rate that will be observed on so many."""
        check_is_fitted(self, "posterior_")
        level = self.level if level is None else level
        chances = np.ones(1) if exposure is None else np.atleast_1d(numbers_of("exposure", exposure))
        if not (isinstance(level, int | float) and 0 < level < 1):
            raise DataError(finding("E_OPTION", column="level", found=level, expected="0 < level < 1"))
        if not (chances.size and (np.isfinite(chances) & (chances >= 1) & (chances <= MOST_CHANCES)).all()):
            found, most = f"{chances.min(initial=0):g} - {chances.max(initial=0):g}", f"1 <= exposure <= {MOST_CHANCES:g}"
            raise DataError(finding("E_OPTION", column="exposure", found=found, expected=most))
        if exposure is None or self.dispersion_ == np.inf:
            return self._ends(X, level)
        if chances.size not in (1, len(X)):
            raise DataError(finding("E_OPTION", column="exposure", found=str(chances.size), expected=f"1 / {len(X)}"))
        return self.posterior_.ends(*self._eta(X), level=level, exposure=chances / (self.dispersion_ * self._per))

    def _ends(self, X: Any, level: float) -> Array:
        return self.posterior_.ends(*self._eta(X), level=level)

    def draws(self, X: Any, size: int = DRAWS, *, random_state: int | None = None) -> Array:
        """(size, n) joint draws of the rates; `random_state` in place of the scorer's own."""
        if not (isinstance(size, int) and size > 0):
            raise DataError(finding("E_OPTION", column="size", found=size, expected="size > 0"))
        _, codes, offset = self._cells(X)
        rng = np.random.default_rng(self.random_state if random_state is None else random_state)
        return self.posterior_.draws(codes, offset, size=size, rng=rng)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, *, exposure: Any = None) -> float:
        """Share of the constant rate's log loss that is saved (1 best, 0 no better than the constant); weighed by the exposure.

        Without `y`, X is a log, as in `fit`: its own rates and exposures judge (`backtest` does so for weeks that came later).
        """
        given = exposure if exposure is not None else sample_weight
        if y is None:
            came = clone(self).set_params(half_life_days=None)._units(X, None, None)
            came = came[came["exposure"] > 0].reset_index(drop=True)
            X, y, given = came, self._per * came["count"] / came["exposure"], came["exposure"]
        rate, mean = numbers_of("y", y), self.predict(X)
        weight = np.ones(len(rate)) if given is None else np.asarray(given, float)
        constant = np.full(len(rate), np.average(rate, weights=weight))
        saved = [deviance(rate, p, weight, self.family_) for p in (mean, constant)]
        return float(1 - saved[0] / saved[1]) if saved[1] > 0 else 0.0

    def score_cells(self, cells: Any = None, *, within: Sequence[str] = ("segment", "stage"), **fixed: str) -> Scores:
        """Score cells: those given, or every combination of the levels seen that the tables allow (`stage="decision"` fixes a level).

        `within` names the groups inside which cells are compared (axes that the scorer lacks are ignored). A group whose channels count
        different exposures (impressions, deliveries) is compared by denominator, with a finding.
        """
        check_is_fitted(self, "posterior_")
        known, codes, offset = self._cells(candidates(self.levels_, fixed, self._tables()) if cells is None else cells)
        within = self._within((within,) if isinstance(within, str) else within)
        group, mixed = self._groups(known, within)
        if within and len(known) > 1 and len(np.unique(group)) == len(known):  # each alone in its group: nothing would be compared
            within, alone = (), finding("E_GROUPS_OF_ONE", level="note", found=", ".join(within))
            group, mixed = self._groups(known, within)
            mixed = [alone, *mixed]
        better, seen = str(self._row.get("better", "high")), self._seen(known)
        rate, ends, p_best, opinion = self._answers(known, codes, offset, group, better == "high")
        side = self._sides(codes, offset, group, seen)
        average = pd.Series(rate).groupby(group).transform("mean").to_numpy()
        table = known.assign(
            rate=rate,
            low=ends[:, 0],
            high=ends[:, 1],
            index=100 * rate / np.where(average > 0, average, 1),
            p_best=p_best,
            exposure=seen["exposure"].to_numpy(),
            opinion=opinion,
            verdict=verdicts(side, opinion, better=better),
        )
        unseen = [
            finding("E_UNSEEN_LEVEL", level="note", column=a, found=str(v))
            for j, a in enumerate(self.by_)
            for v in known.loc[codes[:, j] < 0, a].unique()
        ]
        first = table.assign(group=group).sort_values("rate", ascending=better != "high", kind="stable").drop_duplicates("group")
        guessed = int((first["opinion"] > 0.5).sum())
        driven = [finding("E_PRIOR_DRIVEN", level="note", found=f"{guessed} / {len(first)}")] if guessed else []
        return CellScores(
            scorer=self,
            table=table,
            facts=self._facts(table, within),
            findings=(*self.findings_, *unseen, *mixed, *driven),
            by=self.by_,
            within=within,
            metric=self.metric,
            level=self.level,
        )

    def _within(self, asked: Sequence[str]) -> tuple[str, ...]:
        """The axes of comparison that the scorer has; one that nobody knows is a slip."""
        known = [*self.by_, *self.by, *AXIS_TABLE]
        if not isinstance(asked, list | tuple):
            raise DataError(finding("E_OPTION", column="within", found=asked, expected='within=("segment", "stage")'))
        wrong = [a for a in asked if a not in known]
        if wrong:
            axes = ", ".join(self.by_)
            raise DataError(
                [finding("E_UNKNOWN_AXIS", column="within", found=a, expected=axes, hint=nearest(str(a), known)) for a in wrong]
            )
        return tuple(a for a in asked if a in self.by_)

    def _answers(self, cells: pd.DataFrame, codes: Array, offset: Array, group: Array, highest: bool) -> tuple[Array, Array, Array, Array]:
        """(rate, ends, probability of the best of the group, share that is opinion) of cells."""
        post, rng = self.posterior_, np.random.default_rng(self.random_state)
        mean, var = post.logit(codes, offset)
        best = post.best(codes, group, offset, size=DRAWS, rng=rng, highest=highest)
        opinion = np.round(np.clip(var / post.prior_var(codes), 0, 1), 12)
        return post.rate(codes, offset), post.ends(mean, var, level=self.level), best, opinion

    def _sides(self, codes: Array, offset: Array, group: Array, seen: pd.DataFrame) -> Array:
        """Which cells are shown to lie above (+1) or below (-1) their group's mean by their own counts."""
        post = self.posterior_
        luck = post.tau * float(np.exp(post.tau_spread)) if post.per_item else 0.0
        count, exposure, squares = (self._in_events(seen)[c].to_numpy(float) for c in ("count", "exposure", "squares"))
        return direction(count, exposure, squares, *post.group_mean(codes, group, offset), luck, self.family_)

    def _groups(self, cells: pd.DataFrame, within: Sequence[str]) -> tuple[Array, list[Finding]]:
        """Group number of each cell; groups are split by denominator."""
        keys = [cells[a] for a in within]
        group = cells.groupby(list(within), sort=True).ngroup().to_numpy() if keys and len(cells) else np.zeros(len(cells), int)
        denominator = self._denominators(cells)
        split = pd.DataFrame({"g": group, "d": denominator}).groupby(["g", "d"], sort=True).ngroup().to_numpy()
        if len(denominator.unique()) <= 1:
            return split, []
        return split, [finding("E_MIXED_DENOMINATOR", level="note", column="channel", found=", ".join(sorted(denominator.unique())))]

    def _denominators(self, cells: pd.DataFrame) -> pd.Series:
        """What each row's rate is counted over."""
        if "channel" not in cells or self.metric not in self._tables().metrics:
            return pd.Series("", index=cells.index)
        return cells["channel"].map({c: self._tables().exposure(self.metric, str(c)) for c in cells["channel"].unique()})

    def _seen(self, cells: pd.DataFrame) -> pd.DataFrame:
        if not self.by_:
            return self.evidence_.reindex(np.zeros(len(cells), int)).reset_index(drop=True)
        return cells.merge(self.evidence_, on=list(self.by_), how="left", validate="m:1")[["count", "exposure", "squares"]].fillna(0)

    def _facts(self, table: pd.DataFrame, within: Sequence[str]) -> dict[str, Any]:
        counts = table["verdict"].value_counts()
        return {
            "metric": self.metric,
            "by": list(self.by_),
            "within": list(within),
            "level": self.level,
            "cells": len(table),
            "exposure": float(self.evidence_["exposure"].sum()),
            "events": float(self.evidence_["count"].sum()),
            "verdicts": {v: int(counts.get(v, 0)) for v in ("make", "test", "too_early", "drop")},
            "opinion": float(table["opinion"].mean()) if len(table) else 1.0,
            "draws": DRAWS,
            "family": self.family_,
        }

    def explain(self, cell: Mapping[str, str]) -> Explanation:
        """Which terms moved a cell from the average, on the log-odds; the effects add up to the cell's own (finding nothing left over)."""
        check_is_fitted(self, "posterior_")
        if not isinstance(cell, Mapping | pd.Series):
            said = "{" + ", ".join(f'"{a}": "..."' for a in self.by_) + "}"
            raise DataError(finding("E_OPTION", column="cell", found=type(cell).__name__, expected=said))
        lacking = [a for a in self.by_ if a not in cell]
        if lacking:
            raise DataError([finding("E_CELL_AXIS", column=a, expected=", ".join(map(str, self.levels_[a][:4]))) for a in lacking])
        cell = {a: cell[a] for a in self.by_}
        no_slips(cell, self.levels_, self._tables())
        frame, codes, offset = self._cells(pd.DataFrame([cell]))
        post = self.posterior_
        mean, var = post.logit(codes, offset)
        table = moved(post, self.by_, [str(v) for v in frame.iloc[0]], codes, offset, self.level)
        ends = post.interval(codes, offset, level=self.level)[0]
        facts = {
            "cell": dict(cell),
            "metric": self.metric,
            "rate": float(post.rate(codes, offset)[0]),
            "low": float(ends[0]),
            "high": float(ends[1]),
            "average": float(post.expect(post.mean[:1], post.columns.arrow.diagonal(post.cov)[:1])[0]),
            "opinion": float(min(var[0] / post.prior_var(codes)[0], 1.0)),
            "logit": float(mean[0]),
        }
        return Explanation(table=table, facts=facts, findings=self.findings_)

    # ------------------------------------------------------------ keeping

    def save(self, path: str | Path) -> Path:
        """Write the fitted scorer to one .npz (a JSON header and plain arrays, never pickle), whole or not at all."""
        check_is_fitted(self, "posterior_")
        return write_scorer(path_of(path, 'scorer.save("scorer.npz")'), *self._packed())

    def _packed(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """What is kept of a fitted scorer: words and numbers."""
        arrays = {f"posterior_{k}": v for k, v in self.posterior_.to_arrays().items()}
        for name in ("count", "exposure", "squares"):
            arrays[f"evidence_{name}"] = self.evidence_[name].to_numpy(float)
        arrays["evidence_codes"] = self._codes(self.evidence_) if self.by_ else np.zeros((len(self.evidence_), 0), np.int64)
        header = {
            "parameters": plain_options({k: v for k, v in self.get_params().items() if k not in ("tables", "priors")}),
            "priors": self.priors if isinstance(self.priors, str) else "expert",
            "by": list(self.by_),
            "levels": {a: [str(x) for x in v] for a, v in self.levels_.items()},
            "family": self.family_,
            "dispersion": self.dispersion_ if np.isfinite(self.dispersion_) else None,
            "opinions": self.opinions_.to_dict("records"),
            "tables": self._tables_digest(),
            "findings": [plain_finding(f) for f in self.findings_],
        }
        return header, arrays

    def _tables_digest(self) -> str:
        """Of everything in the tables that a score depends on: other rows would give other rates under the same file."""
        known = self._tables()
        channels = {c: (known.base_rate(self.metric, c), known.exposure(self.metric, c)) for c in known.channels} if self._row else {}
        said = [_rows(self._row), [] if self._flat else _rows(known.opinions(self.metric)), known.base_rate(self.metric), channels]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    @classmethod
    def _unpacked(cls, header: Mapping[str, Any], arrays: Mapping[str, Array], tables: Tables | None) -> Self:
        scorer = cls(**{**header["parameters"], "by": tuple(header["parameters"]["by"])}, priors=header["priors"], tables=tables)
        scorer._check_options()
        scorer.by_, scorer.family_ = tuple(header["by"]), header["family"]
        scorer.findings_ = tuple(Finding(**f) for f in header["findings"])
        if header["tables"] != scorer._tables_digest():
            raise StoreError(finding("E_MODEL_TABLES", found=scorer.metric))
        scorer.dispersion_ = np.inf if header["dispersion"] is None else header["dispersion"]
        scorer.levels_ = {a: np.array(v, dtype=object) for a, v in header["levels"].items()}
        own = {k.removeprefix("posterior_"): v for k, v in arrays.items() if k.startswith("posterior_")}
        scorer.posterior_ = glmm.Posterior.from_arrays(own)
        codes = arrays["evidence_codes"]
        cells = {a: scorer.levels_[a][codes[:, j]] for j, a in enumerate(scorer.by_)}
        scorer.evidence_ = pd.DataFrame({**cells, **{n: arrays[f"evidence_{n}"] for n in ("count", "exposure", "squares")}})
        scorer.opinions_ = pd.DataFrame(header["opinions"], columns=OPINION_COLUMNS)
        return scorer

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.regressor_tags.poor_score = True  # levels are names: a number never seen has no neighbours
        return tags


def _rows(value: Any) -> Any:
    """Rows of tables as JSON can say them."""
    if isinstance(value, Mapping):
        return {str(k): _rows(v) for k, v in value.items()}
    return [_rows(v) for v in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, kw_only=True, repr=False)
class CellScores(Scores):
    """Scores that remember their scorer, so that cells can be drawn together: what they share goes up and down together."""

    scorer: ContentScorer

    def draws(self, rows: Array, size: int, *, random_state: int = 0) -> Array:
        """(size, rows) joint draws of the rates of some rows of the table, given by position, each once."""
        return self.scorer.draws(self.table.iloc[rows], size, random_state=random_state)
