"""What is known after the fit: logits, rates, intervals, group means and draws of any cell, seen or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtri
from threadpoolctl import threadpool_limits

from mktlib.glmm.design import LOG_RATE_CEILING, Array, Columns, Data, Family, Term, find, number_of
from mktlib.glmm.sds import Sd
from mktlib.glmm.sums import Answers, Layout, Recipe, Sums, chunks, groups_of
from mktlib.glmm.units import normal_points


@dataclass(frozen=True)
class Posterior:
    """Coefficients ~ N(mean, V + sway sway'); answers for any cell, seen or not. On the scale of eta (log-odds, or log rate).

    mean (P,): coefficients in the order of `columns`. root, cov: L with L L' = V^-1, and V + sway sway', flat as `Arrow` keeps them.
    sway (P, k): how coefficients move together while the sds are uncertain, one sd long. square, first (terms,): E sd^2 of each term,
    after the data and before; used (terms,): the variance that each has in `root`; tau, first_own: root mean square of the own effect's
    sd, after and before; absent (terms,): probability that the term is nothing; tau_spread: sd of log tau. held (P,): precisions with
    which opinions hold coefficients. cell (units,): sorted numbers of the fitted cells; own_mean, own_var, own_kept (units,): their own
    effects' mean and variance, and the share of a move of the structure that they let through (all empty where units are items). heard:
    probability that cells differ at all; level, level_var: eta of all of them if not. Rates average over both; logits, intervals and
    comparisons of cells are those of the model in which they differ, the wider answer.
    """

    columns: Columns
    mean: Array
    root: Array
    cov: Array
    sway: Array
    square: Array
    first: Array
    used: Array
    absent: Array
    tau: float
    first_own: float
    tau_spread: float
    center_sd: float
    family: Family
    per_item: bool
    held: Array
    cell: Array
    own_mean: Array
    own_var: Array
    own_kept: Array
    heard: float
    level: float
    level_var: float

    @classmethod
    def of(
        cls,
        data: Data,
        mean: Array,
        root: Array,
        cov: Array,
        sway: Array,
        wide: Array,
        before: Sequence[Sd],
        after: Sequence[Sd],
        own_before: Sd,
        own_after: Sd,
        per_item: bool,
        units: tuple[Array, Array, Array],
        level: tuple[float, float, float],
    ) -> Posterior:
        """From a fit's pieces; units: mean, variance and share kept of the own effects where units are cells."""
        return cls(
            columns=data.columns,
            mean=mean,
            root=root,
            cov=cov,
            sway=sway,
            square=np.array([s.square for s in after]),
            first=np.array([s.square for s in before]),
            used=np.asarray(wide, float) ** 2,
            absent=np.array([s.absent for s in after]),
            tau=own_after.square**0.5,
            first_own=own_before.square**0.5,
            tau_spread=own_after.spread_of_log,
            center_sd=data.center_sd,
            family=data.family,
            per_item=per_item,
            held=data.held,
            cell=data.unit_code[data.unit_code >= 0],
            own_mean=units[0],
            own_var=units[1],
            own_kept=units[2],
            heard=level[0],
            level=level[1],
            level_var=level[2],
        )

    @property
    def dims(self) -> tuple[int, ...]:
        return self.columns.dims

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.columns.terms

    @property
    def sds(self) -> dict[Term | str, float]:
        """Root mean square of each term's sd, and of the own effect's under "own"."""
        return {**dict(zip(self.terms, map(float, np.sqrt(self.square)), strict=True)), "own": self.tau}

    @property
    def luck(self) -> float:
        """sd of a new single piece's own effect around its cell; 0 where cells are the units."""
        return self.tau if self.per_item else 0.0

    def _at(self, codes: Array) -> Array:
        return self.columns.of(np.asarray(codes, np.int64).reshape(len(codes), len(self.dims)))

    def structured(self, codes: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta without the own effect; a level never seen brings its term's variance."""
        codes = np.asarray(codes, np.int64).reshape(len(codes), len(self.dims))
        pairs = (len(self.terms) + 1) ** 2 // 2
        if self.columns.tables_cost() < len(codes) * pairs and ((codes >= 0) & (codes < self.dims)).all():  # a large part of a grid
            mean, var = np.empty(len(codes)), np.empty(len(codes))
            for rows in chunks(len(codes), 16):
                levels = np.ascontiguousarray(codes[rows].T, np.int32)
                mean[rows], var[rows] = self._from_tables(levels)
            return mean + offset, var
        at = self.columns.of(codes)
        met = self.columns.arrow.meetings(at[:, self.columns.order])
        mean = np.append(self.mean, 0.0)[at].sum(1) + offset
        return mean, self.columns.arrow.leverage(self.cov, met) + (at[:, 1:] < 0) @ self.square

    def _from_tables(self, levels: Array) -> tuple[Array, Array]:
        """levels (d, n), all of them within the dims."""
        mean, var = np.zeros((2, levels.shape[1]))
        for axes, means, variances in self._tables:
            number = np.zeros(levels.shape[1], np.int32)
            for a in axes:
                number *= self.dims[a]
                number += levels[a]
            mean += means[number]
            var += variances[number]
        return mean, var

    @cached_property
    def _tables(self) -> list[tuple[Term, Array, Array]]:
        return self.columns.tables(self.cov, self.mean, self.square)

    def own(self, codes: Array) -> tuple[Array, Array, Array]:
        """Mean, variance and share kept (n,) of the cells' own effects: (0, tau^2, 1) where a cell was never seen; (0, 0, 1) for items."""
        codes = np.asarray(codes, np.int64).reshape(len(codes), len(self.dims))
        mean, var, kept = np.zeros(len(codes)), np.full(len(codes), 0.0 if self.per_item else self.tau**2), np.ones(len(codes))
        at = find(self.cell, number_of(codes, self.dims))
        seen = at >= 0
        mean[seen], var[seen], kept[seen] = self.own_mean[at[seen]], self.own_var[at[seen]], self.own_kept[at[seen]]
        return mean, var, kept

    def logit(self, codes: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta, the cell's own effect included; the luck of a single piece not."""
        mean, var = self.structured(codes, offset)
        own_mean, own_var, kept = self.own(codes)
        return mean + own_mean, var * kept**2 + own_var

    # ------------------------------------------------------------ rates

    def to_rate(self, eta: Array) -> Array:
        """The rate of a cell at eta (any shape); where pieces have their own luck, its mean over pieces."""
        if self.family == "poisson":
            return np.asarray(np.exp(np.minimum(eta, LOG_RATE_CEILING) + self.luck**2 / 2))
        if not self.per_item:
            return np.asarray(expit(eta))
        grid = np.linspace(-30, 15, 2251)  # one smooth curve: cheaper read off than integrated for each cell
        return np.asarray(expit(np.interp(eta, grid, logit(_mean_expit(grid, np.full(len(grid), self.tau**2))))))

    def expect(self, mean: Array, var: Array) -> Array:
        """E of the rate under eta ~ N(mean, var), (n,): a rate is a mean."""
        var = var + self.luck**2
        return np.exp(np.minimum(mean, LOG_RATE_CEILING) + var / 2) if self.family == "poisson" else _mean_expit(mean, var)

    def rate(self, codes: Array, offset: Array | float = 0.0) -> Array:
        """Posterior mean rate (n,): where few events leave it open whether cells differ at all, drawn towards the level of all."""
        apart = self.expect(*self.logit(codes, offset))
        if self.heard == 1:
            return apart
        alike = self.expect(self.level + np.broadcast_to(offset, apart.shape), np.full(apart.shape, self.level_var))
        return self.heard * apart + (1 - self.heard) * alike

    def ends(self, mean: Array, var: Array, *, level: float = 0.9, exposure: Array | None = None) -> Array:
        """(n, 2) of the rate under eta ~ N(mean, var), as `logit` gives them; with `exposure`, of the rate observed on so many."""
        if exposure is not None:  # the luck of counting, and of a new piece
            return self._predictive(mean, var + self.luck**2, np.broadcast_to(np.asarray(exposure, float), mean.shape), level)
        z = ndtri(0.5 + level / 2)
        both = self.to_rate(np.column_stack([mean - z * np.sqrt(var), mean + z * np.sqrt(var)]))
        return self._widened(both, mean, z) if self.per_item and self.tau_spread > 0 else both

    def _widened(self, ends: Array, mean: Array, z: float) -> Array:
        """Ends that also say how little is known of the pieces' luck: a mean over pieces rises or falls with its sd."""
        few, many = (replace(self, tau=self.tau * np.exp(s * self.tau_spread)).to_rate(mean) for s in (-1, 1))
        change = logit if self.family == "binomial" else np.log
        middle, own = change(self.to_rate(mean)), np.abs(change(many) - change(few)) / 2
        reach = np.hypot(change(ends) - middle[:, None], z * own[:, None])
        moved = middle[:, None] + reach * [-1, 1]
        return np.asarray(expit(moved) if self.family == "binomial" else np.exp(np.minimum(moved, LOG_RATE_CEILING)))

    def interval(self, codes: Array, offset: Array | float = 0.0, *, level: float = 0.9, exposure: Array | None = None) -> Array:
        """(n, 2) of the cells' rates, or of the rates that will be observed on `exposure`."""
        return self.ends(*self.logit(codes, offset), level=level, exposure=exposure)

    def _predictive(self, mean: Array, var: Array, n: Array, level: float, size: int = 500) -> Array:
        """Quantiles of counts drawn at evenly spread quantiles of eta."""
        rng, out = np.random.default_rng(0), np.empty((len(mean), 2))
        z, ends = ndtri((np.arange(size) + 0.5) / size), [0.5 - level / 2, 0.5 + level / 2]
        for rows in chunks(len(mean), size):
            eta, chances = mean[rows, None] + np.sqrt(var[rows, None]) * z, n[rows, None]
            if self.family == "poisson":
                counts = rng.poisson(np.minimum(chances * np.exp(np.minimum(eta, LOG_RATE_CEILING)), 1e18))
            else:
                chances = np.maximum(np.rint(chances), 1)
                counts = rng.binomial(chances.astype(np.int64), expit(eta))
            out[rows] = (np.quantile(counts, ends, axis=1, method="inverted_cdf") / chances.T).T
        return out

    def evidence(self, codes: Array, terms: Sequence[Sequence[Term]]) -> tuple[Array, Array]:
        """What the data alone say of sums of coefficients, all else integrated out: (size, precision), (n,) each.

        codes (n, d): levels; terms: for each row, those whose coefficients at these levels add up. Bayes' rule read backwards: a sum of
        mean m and variance v under a prior of variance w has met evidence of precision 1/v - 1/w and size m/v over it. Precision 0
        where a level was never seen, or where the data say nothing.
        """
        at, n = self._at(codes), len(codes)
        wanted = np.array([[t in some for t in self.terms] for some in terms]).reshape(n, len(self.terms))
        row, term = np.nonzero(wanted)
        place = at[row, term + 1]
        seen = np.bincount(row, place < 0, n) == 0
        a = np.zeros((len(self.mean), n))
        np.add.at(a, (place[place >= 0], row[place >= 0]), 1.0)
        with threadpool_limits(1):
            v = (self.columns.arrow.forward(self.root, a) ** 2).sum(0)
        before = np.bincount(row, 1 / (1 / self.used[term] + np.append(self.held, 0.0)[place]), n)
        told = seen & (v > 0)
        precision = np.where(told, 1 / np.where(told, v, 1.0) - 1 / np.where(told, before, 1.0), 0.0)
        precision = np.where(precision * v > 1e-6, precision, 0.0)  # less is rounding
        return np.divide(self.mean @ a, v * precision, out=np.zeros(n), where=precision > 0), precision

    def effects(self, codes: Array, term: Term) -> tuple[Array, Array]:
        """Mean and variance (n,) of one term's coefficient at these levels, all else integrated out; of the intercept for term ().

        A level never seen has mean 0 and its term's variance.
        """
        place = self._at(codes)[:, self.terms.index(term) + 1 if term else 0]
        at, which = np.unique(place[place >= 0], return_inverse=True)
        a = np.zeros((len(self.mean), len(at)))
        a[at, np.arange(len(at))] = 1.0
        with threadpool_limits(1):
            known = (self.columns.arrow.forward(self.root, a) ** 2).sum(0) + (self.sway[at] ** 2).sum(1)
        mean, var = np.zeros(len(place)), np.full(len(place), self.square[self.terms.index(term)] if term else 0.0)
        mean[place >= 0], var[place >= 0] = self.mean[at][which], known[which]
        return mean, var

    def prior_var(self, codes: Array) -> Array:
        """Variance (n,) of each cell's eta before any data: the intercept's, each term's, the cell's own effect."""
        codes = np.asarray(codes, np.int64).reshape(len(codes), len(self.dims))
        out = np.full(len(codes), self.center_sd**2 + self.first.sum() + (0.0 if self.per_item else self.first_own**2))
        if self.held.any():  # an opinion that holds a level leaves it less to vary
            held = np.append(self.held, 0.0)[self._at(codes)[:, 1:]]
            out += (1 / (1 / np.maximum(self.first, 1e-300) + held) - self.first).sum(1)
        return out

    # ------------------------------------------------------------ several cells together

    def _joint(self, codes: Array) -> tuple[Array, Array]:
        """Positions in which unseen levels have numbers of their own, from P on, and the term that each of those belongs to."""
        codes = np.asarray(codes, np.int64).reshape(len(codes), len(self.dims))
        at, extra = self._at(codes), [np.zeros(0, np.int64)]
        total = len(self.mean)
        for j, term in enumerate(self.terms):
            unseen = np.flatnonzero(at[:, j + 1] < 0)
            level, number = np.unique(codes[unseen][:, list(term)], axis=0, return_inverse=True)
            at[unseen, j + 1] = total + number.ravel()
            extra.append(np.full(len(level), j))
            total += len(level)
        return at, np.concatenate(extra)

    def averages(self, codes: Array, offset: Array | float, some: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
        """Mean and variance (len(some),) of weighted averages of eta, own effects included; some: (rows, weights that add up to 1) each.

        Rows are distinct cells.
        """
        at, extra = self._joint(codes)
        own_mean, own_var, kept = self.own(codes)
        eta = np.append(self.mean, np.zeros(len(extra)))[at].sum(1) + offset + own_mean
        size, seen, out = len(self.mean) + len(extra), len(self.mean), np.empty((2, len(some)))
        with threadpool_limits(1):
            for part in chunks(len(some), size):
                rows = [np.bincount(at[r].ravel(), np.repeat(w * kept[r], at.shape[1]), size) for r, w in some[part]]
                a = np.column_stack(rows)
                known = (self.columns.arrow.forward(self.root, a[:seen]) ** 2).sum(0) + ((self.sway.T @ a[:seen]) ** 2).sum(0)
                out[1, part] = known + self.square[extra] @ a[seen:] ** 2
        out[0] = [w @ eta[r] for r, w in some]
        out[1] += [w**2 @ own_var[r] for r, w in some]
        return out[0], out[1]

    def group_mean(self, codes: Array, group: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """(n,) the mean eta of each row's group, and its variance (own effects included). Rows are distinct cells."""
        groups = list(groups_of(group))
        found = self.averages(codes, offset, [(rows, np.full(len(rows), 1 / len(rows))) for rows in groups])
        out = np.empty((2, len(np.asarray(group))))
        for rows, mean, var in zip(groups, *found, strict=True):
            out[:, rows] = [[mean], [var]]
        return out[0], out[1]

    # ------------------------------------------------------------ draws

    def _coefficients(self, extra: Array, size: int, rng: np.random.Generator) -> Array:
        """(size, P + unseen levels) joint draws, float32."""
        seen = self.columns.arrow.backward(self.root, rng.standard_normal((len(self.mean), size)))
        seen += self.mean[:, None] + self.sway @ rng.standard_normal((self.sway.shape[1], size))
        unseen = np.sqrt(self.square[extra, None]) * rng.standard_normal((len(extra), size))
        return np.ascontiguousarray(np.concatenate([seen, unseen]).T, np.float32)

    def eta_draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of eta, cells' own effects included; rows are distinct cells."""
        columns, extra = self._joint(codes)
        with threadpool_limits(1):
            table = self._coefficients(extra, size, rng)
        own_mean, own_var, kept = self.own(codes)
        center = np.append(self.mean, np.zeros(len(extra)))[columns].sum(1)
        eta = (Recipe.of(columns).sum(table) - center) * kept + (center + own_mean + offset)
        return np.asarray(eta + np.sqrt(own_var) * rng.standard_normal(eta.shape, dtype=np.float32))

    def draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of the cells' rates; their mean is `rate`."""
        eta = self.eta_draws(codes, offset, size=size, rng=rng)
        alike = rng.random(size) > self.heard
        eta[alike] = self.level + offset + np.sqrt(self.level_var) * rng.standard_normal((int(alike.sum()), 1))
        return self.to_rate(eta)

    def best(
        self,
        codes: Array,
        group: Array,
        offset: Array | float = 0.0,
        *,
        size: int = 1000,
        rng: np.random.Generator,
        highest: bool = True,
    ) -> Array:
        """(n,) probability that the cell's own rate is the highest (or lowest) of its group; sums to 1 in each group.

        Groups are judged one by one, so they may share the noise of the own effects; rows are distinct cells.
        """
        codes, group = np.asarray(codes, np.int64).reshape(len(codes), len(self.dims)), np.asarray(group)
        out = np.zeros(len(codes))
        if len(codes) == 0:
            return out
        columns, extra = self._joint(codes)
        own_mean, own_var, kept = self.own(codes)
        shift = (np.broadcast_to(offset, len(codes)) + own_mean).astype(np.float32)
        answer = Answers(kept, np.append(self.mean, np.zeros(len(extra)))[columns].sum(1), np.sqrt(own_var))
        layout = Layout.of(codes, columns, group, self.terms)
        with threadpool_limits(1):
            table = self._coefficients(extra, size, rng)
        for draws in chunks(size, layout.height):
            sums = Sums(layout, table[draws], 0.0 if self.per_item else self.tau, rng)
            for rows in layout.groups:
                eta = sums.group(rows, answer)
                eta += shift[rows]
                top = eta.argmax(1) if highest else eta.argmin(1)
                if self.per_item:  # without own effects, cells may tie
                    out[rows] += (eta == np.take_along_axis(eta, top[:, None], 1)).sum(0)
                else:
                    out[rows] += np.bincount(top, minlength=len(rows))
        total = np.bincount(layout.number, out)
        return np.asarray(out / total[layout.number])

    # ------------------------------------------------------------ keeping

    def to_arrays(self) -> dict[str, Array]:
        """Everything as plain arrays, for .npz; text included, no pickle. `cov` is found again from `root` and `sway`."""
        longest = max(map(len, self.terms), default=0)
        out = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name not in ("columns", "cov")}
        out["terms"] = np.array([[*t, *[-1] * (longest - len(t))] for t in self.terms], np.int64).reshape(len(self.terms), longest)
        out |= {"dims": np.array(self.dims, np.int64), "hub": np.array(self.columns.hub)}
        return out | {f"level_{j}": x for j, x in enumerate(self.columns.levels)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Posterior:
        """The inverse of `to_arrays`."""
        terms = tuple(tuple(int(x) for x in row if x >= 0) for row in np.asarray(arrays["terms"]))
        levels = tuple(np.asarray(arrays[f"level_{j}"]) for j in range(len(terms)))
        columns = Columns(tuple(int(x) for x in arrays["dims"]), terms, levels, int(arrays["hub"]))
        a = {f.name: np.asarray(arrays[f.name]) for f in fields(cls) if f.name not in ("columns", "cov")}
        values: dict[str, Any] = {k: v.item() if v.ndim == 0 else v for k, v in a.items()}
        with threadpool_limits(1):
            cov = columns.arrow.inverse(values["root"])
            columns.arrow.add_outer(cov, values["sway"])
        return cls(columns=columns, cov=cov, **values)


def _mean_expit(mean: Array, var: Array) -> Array:
    """E expit(z), z ~ N(mean, var), by quadrature; (n,)."""
    out = np.zeros(len(mean))
    for node, weight in zip(*normal_points(21), strict=True):
        out += weight * expit(mean + np.sqrt(var) * node)
    return out
