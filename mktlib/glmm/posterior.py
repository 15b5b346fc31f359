"""What is known after the fit: logits, rates, intervals, contrasts and draws of any cell, seen or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import scipy.linalg as sl
from scipy.special import expit, logit, ndtri
from threadpoolctl import threadpool_limits

from mktlib.glmm.design import LOG_RATE_CEILING, Array, Family, Term, columns_of, find, leverage, number_of
from mktlib.glmm.sums import Answers, Layout, Sums, chunks, gather, groups_of


@dataclass(frozen=True)
class Posterior:
    """Coefficients ~ N(mean, cov); answers for any cell, seen or not. Everything on the scale of eta (log-odds, or log rate).

    mean (P,), cov (P, P): the intercept, then the seen levels of each term; levels: which they are. sd, scale (terms,): fitted sds and
    their prior means; tau, own_scale: the own effect's. sd_spread (terms + 1,): standard error of each log sd, tau last.
    cell (units,): sorted numbers of the fitted cells; own_mean, own_var (units,): their own effects (empty where units are items).
    """

    dims: tuple[int, ...]
    terms: tuple[Term, ...]
    levels: tuple[Array, ...]
    mean: Array
    cov: Array
    sd: Array
    scale: Array
    tau: float
    own_scale: float
    sd_spread: Array
    center_sd: float
    family: Family
    per_item: bool
    cell: Array
    own_mean: Array
    own_var: Array

    @property
    def sds(self) -> dict[Term | str, float]:
        """Fitted sd of each term, and of the own effect under "own"."""
        return {**dict(zip(self.terms, map(float, self.sd), strict=True)), "own": self.tau}

    def _columns(self, codes: Array) -> Array:
        codes = np.asarray(codes, np.int64).reshape(-1, len(self.dims))
        return columns_of(codes, self.dims, self.terms, self.levels)

    def structured(self, codes: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta without the own effect; a level never seen brings its term's variance."""
        columns = self._columns(codes)
        with threadpool_limits(1):
            mean = np.append(self.mean, 0.0)[columns].sum(1) + offset
            return mean, leverage(columns, self.cov) + (columns[:, 1:] < 0) @ self.sd**2

    def own(self, codes: Array) -> tuple[Array, Array]:
        """Mean and variance (n,) of the cells' own effects given eta: (0, tau^2) where a cell was never seen; nothing for items."""
        codes = np.asarray(codes, np.int64).reshape(-1, len(self.dims))
        mean, var = np.zeros(len(codes)), np.full(len(codes), 0.0 if self.per_item else self.tau**2)
        at = find(self.cell, number_of(codes, self.dims))
        seen = at >= 0
        mean[seen], var[seen] = self.own_mean[at[seen]], self.own_var[at[seen]]
        return mean, var

    def _kept(self, own_var: Array) -> Array:
        """How much of a move of the structure reaches eta: the own effect answers with (var / tau^2 - 1) of it."""
        return np.ones(len(own_var)) if self.per_item else np.clip(own_var / self.tau**2, 0, 1)

    def logit(self, codes: Array, offset: Array | float = 0.0, *, own: bool = True, item: bool = False) -> tuple[Array, Array]:
        """Mean and variance (n,) of eta: with the cell's own effect (`own`), and with the luck of a new single piece (`item`)."""
        mean, var = self.structured(codes, offset)
        if own:
            own_mean, own_var = self.own(codes)
            mean, var = mean + own_mean, var * self._kept(own_var) ** 2 + own_var
        return mean, var + (self.tau**2 if item and self.per_item else 0.0)

    # ------------------------------------------------------------ rates

    def to_rate(self, eta: Array) -> Array:
        """The rate of a cell at eta (any shape); where pieces have their own luck, its mean over pieces."""
        if self.family == "poisson":
            return np.asarray(np.exp(np.minimum(eta, LOG_RATE_CEILING) + (self.tau**2 / 2 if self.per_item else 0.0)))
        if not self.per_item:
            return np.asarray(expit(eta))
        grid = np.linspace(-30, 15, 2251)  # one smooth curve: cheaper read off than integrated for each cell
        return np.asarray(expit(np.interp(eta, grid, logit(_mean_expit(grid, np.full(len(grid), self.tau**2))))))

    def expect(self, mean: Array, var: Array) -> Array:
        """E of the rate under eta ~ N(mean, var), (n,): a rate is a mean."""
        var = var + (self.tau**2 if self.per_item else 0.0)
        return np.exp(np.minimum(mean, LOG_RATE_CEILING) + var / 2) if self.family == "poisson" else _mean_expit(mean, var)

    def rate(self, codes: Array, offset: Array | float = 0.0) -> Array:
        """Posterior mean rate (n,)."""
        return self.expect(*self.logit(codes, offset))

    def interval(self, codes: Array, offset: Array | float = 0.0, *, level: float = 0.9, exposure: Array | None = None) -> Array:
        """(n, 2) of the rate; with `exposure`, of the rate observed on so many (luck of counting and of a new piece included)."""
        mean, var = self.logit(codes, offset, item=exposure is not None)
        if exposure is not None:
            return self._predictive(mean, var, np.broadcast_to(np.asarray(exposure, float), mean.shape), level)
        reach = ndtri(0.5 + level / 2) * np.sqrt(var)
        return self.to_rate(np.column_stack([mean - reach, mean + reach]))

    def _predictive(self, mean: Array, var: Array, n: Array, level: float, size: int = 500) -> Array:
        """Quantiles of counts drawn at evenly spread quantiles of eta."""
        rng, out = np.random.default_rng(0), np.empty((len(mean), 2))
        z, ends = ndtri((np.arange(size) + 0.5) / size), [0.5 - level / 2, 0.5 + level / 2]
        for rows in chunks(len(mean), size):
            eta, chances = mean[rows, None] + np.sqrt(var[rows, None]) * z, np.maximum(np.rint(n[rows, None]), 1)
            if self.family == "poisson":
                counts = rng.poisson(np.minimum(chances * np.exp(np.minimum(eta, LOG_RATE_CEILING)), 1e18))
            else:
                counts = rng.binomial(chances.astype(np.int64), expit(eta))
            out[rows] = (np.quantile(counts, ends, axis=1, method="inverted_cdf") / chances.T).T
        return out

    def prior_var(self, codes: Array) -> Array:
        """Variance (n,) of eta before any data: the intercept's, each term's prior scale, the cell's own effect."""
        own = 0.0 if self.per_item else self.own_scale**2
        return np.full(len(self._columns(codes)), self.center_sd**2 + (self.scale**2).sum() + own)

    # ------------------------------------------------------------ a cell against its group

    def _joint(self, codes: Array) -> tuple[Array, Array]:
        """Columns in which unseen levels have numbers of their own, from P on, and the term that each of those belongs to."""
        codes = np.asarray(codes, np.int64).reshape(-1, len(self.dims))
        columns, extra = self._columns(codes), [np.zeros(0, np.int64)]
        total = len(self.mean)
        for j, term in enumerate(self.terms):
            unseen = np.flatnonzero(columns[:, j + 1] < 0)
            level, at = np.unique(codes[unseen][:, list(term)], axis=0, return_inverse=True)
            columns[unseen, j + 1] = total + at.ravel()
            extra.append(np.full(len(level), j))
            total += len(level)
        return columns, np.concatenate(extra)

    def contrast(self, codes: Array, group: Array, offset: Array | float = 0.0, *, own: bool = True) -> tuple[Array, Array, Array]:
        """Each cell's eta minus the mean of its group: posterior mean, posterior variance, variance before the data; (n,) each.

        Rows are distinct cells. With a = the group's mean row of the design: x'Vx - 2 x'Va + a'Va, and own effects likewise.
        """
        mean, var = self.logit(codes, offset, own=own)
        center, middle, cross, first = self._group_moments(codes, group, offset, own)
        return mean - center, var - 2 * cross + middle, first

    def group_mean(self, codes: Array, group: Array, offset: Array | float = 0.0) -> tuple[Array, Array]:
        """(n,) the mean eta of each row's group, and its variance (own effects included)."""
        center, middle, _, _ = self._group_moments(codes, group, offset, True)
        return center, middle

    def _group_moments(self, codes: Array, group: Array, offset: Array | float, own: bool) -> tuple[Array, Array, Array, Array]:
        """Per row: its group's mean, the variance of that, its covariance with the row, and the contrast's prior variance."""
        columns, extra = self._joint(codes)
        mean, _ = self.logit(codes, offset, own=own)
        own_var = self.own(codes)[1] * own
        kept = self._kept(own_var) if own else np.ones(len(columns))
        before = np.concatenate([[self.center_sd**2], np.repeat(self.scale**2, [len(x) for x in self.levels])])
        before = np.append(before, self.scale[extra] ** 2)
        prior_own = self.own_scale**2 * (own and not self.per_item)
        size, seen = len(self.mean) + len(extra), len(self.mean)
        out = np.empty((4, len(columns)))
        with threadpool_limits(1):
            for rows in groups_of(group):
                part, k, count = columns[rows], kept[rows], len(rows)
                a = np.bincount(part.ravel(), np.repeat(k / count, part.shape[1]), size)
                va = np.append(self.cov @ a[:seen], self.sd[extra] ** 2 * a[seen:])
                out[0, rows], out[1, rows] = mean[rows].mean(), a @ va + own_var[rows].sum() / count**2
                out[2, rows] = k * va[part].sum(1) + own_var[rows] / count
                plain = np.bincount(part.ravel(), minlength=size) / count
                out[3, rows] = (before * (1 - 2 * plain))[part].sum(1) + before @ plain**2 + prior_own * (1 - 1 / count)
        return out[0], out[1], out[2], out[3]

    # ------------------------------------------------------------ draws

    def _coefficients(self, extra: Array, size: int, rng: np.random.Generator) -> Array:
        """(P + unseen levels, size) joint draws, float32."""
        root = sl.cholesky(self.cov, lower=True, check_finite=False)
        seen = self.mean[:, None] + root @ rng.standard_normal((len(self.mean), size))
        unseen = self.sd[extra, None] * rng.standard_normal((len(extra), size))
        return np.concatenate([seen, unseen]).astype(np.float32)

    def eta_draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of eta, cells' own effects included; rows are distinct cells."""
        columns, extra = self._joint(codes)
        with threadpool_limits(1):
            table = self._coefficients(extra, size, rng)
        center, (own_mean, own_var) = self.structured(codes)[0][:, None], self.own(codes)
        eta = gather(table, columns) - center
        eta = eta * self._kept(own_var)[:, None] + center + own_mean[:, None]
        eta += np.sqrt(own_var)[:, None] * rng.standard_normal(eta.shape, dtype=np.float32)
        return np.asarray((eta + np.broadcast_to(offset, len(columns))[:, None]).T)

    def draws(self, codes: Array, offset: Array | float = 0.0, *, size: int, rng: np.random.Generator) -> Array:
        """(size, n) joint draws of the cells' rates."""
        return self.to_rate(self.eta_draws(codes, offset, size=size, rng=rng))

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
        codes, group = np.asarray(codes, np.int64).reshape(-1, len(self.dims)), np.asarray(group)
        out = np.zeros(len(codes))
        if len(codes) == 0:
            return out
        columns, extra = self._joint(codes)
        own_mean, own_var = self.own(codes)
        shift = (np.broadcast_to(offset, len(codes)) + own_mean).astype(np.float32)
        answer = Answers(np.flatnonzero(self._kept(own_var) < 1), self._kept(own_var), self.structured(codes)[0], own_var)
        layout = Layout.of(codes, columns, group, self.terms)
        with threadpool_limits(1):
            table = self._coefficients(extra, size, rng)
        for draws in chunks(size, layout.height):
            sums = Sums(layout, table[:, draws], 0.0 if self.per_item else self.tau, rng)
            for rows in layout.groups:
                eta = sums.group(rows, answer)
                eta += shift[rows, None]
                top = eta.max(0) if highest else eta.min(0)
                out[rows] += (eta == top).sum(1)
        total = np.bincount(layout.number, out)
        return np.asarray(out / total[layout.number])

    # ------------------------------------------------------------ keeping

    def to_arrays(self) -> dict[str, Array]:
        """Everything as plain arrays, for .npz; text included, no pickle."""
        longest = max(map(len, self.terms), default=0)
        out = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name not in ("terms", "levels")}
        out["terms"] = np.array([[*t, *[-1] * (longest - len(t))] for t in self.terms], np.int64).reshape(len(self.terms), longest)
        return out | {f"level_{j}": x for j, x in enumerate(self.levels)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Posterior:
        """The inverse of `to_arrays`."""
        a = {f.name: np.asarray(arrays[f.name]) for f in fields(cls) if f.name != "levels"}
        values: dict[str, Any] = {k: v.item() if v.ndim == 0 else v for k, v in a.items()}
        values["dims"] = tuple(int(x) for x in a["dims"])
        values["terms"] = tuple(tuple(int(x) for x in row if x >= 0) for row in a["terms"])
        return cls(**values, levels=tuple(np.asarray(arrays[f"level_{j}"]) for j in range(len(values["terms"]))))


def _mean_expit(mean: Array, var: Array) -> Array:
    """E expit(z), z ~ N(mean, var), by quadrature; (n,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    out = np.zeros(len(mean))
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        out += weight * expit(mean + np.sqrt(var) * node)
    return out
