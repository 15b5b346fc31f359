"""ChainScorer: value per thousand as the product of its links (clicks per impression, conversions per click, money per conversion).

Each link is scored on its own log of trials, so that the many impressions and clicks speak where sales are few. The likelihood of the
whole is the product of the links' (each counts what the one before let through), and so is the posterior: rates multiply, and draws
multiply. The log of a product is a sum, whose cumulants add up: its ends are read off three of them (Cornish & Fisher 1938).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mktlib.errors import DataError, Finding, StoreError
from mktlib.glmm.units import normal_points
from mktlib.results import CELL, Explanation
from mktlib.scoring.keeping import path_of, read_scorer
from mktlib.scoring.model import DRAWS, ContentScorer
from mktlib.vocabulary import Tables, finding, load_tables, progress

Array = NDArray[Any]
AT_ONCE = 5_000_000  # draws of cells held at a time


class ChainScorer(ContentScorer):
    """Scores the value of cells through the links that the metrics table names for the metric (`chain`).

    It is a `ContentScorer` of the metric itself, too: that one tells how much revenue scatters, and its own counts alone carry the
    verdicts. Rates, ranges, `p_best`, `opinion` and draws are the chain's. Where rows are pieces, a link's rate is its mean over pieces:
    that pieces which are clicked more also sell more is not seen.

    Args:
        metric: a row of the metrics table with a `chain`. The rest as for `ContentScorer`.

    Attributes after `fit`: links_ {metric: `ContentScorer`}, and those of the metric's own `ContentScorer`.

    >>> log = pd.DataFrame({"style": ["playful", "expert"], "impressions": [90000, 80000], "clicks": [1800, 800],
    ...                     "conversions": [36, 18], "revenue": [1500.0, 700.0]})
    >>> scorer = ChainScorer(by=("style",), priors="flat").fit(log)
    >>> scorer.predict(log).round()  # euros for a thousand impressions
    array([17.,  9.])
    """

    def __init__(
        self,
        metric: str = "value_per_mille",
        *,
        by: Sequence[str] = CELL,
        pairs: str | bool = "auto",
        priors: str | Tables = "expert",
        level: float = 0.9,
        half_life_days: float | None = None,
        tables: Tables | None = None,
        random_state: int = 0,
    ) -> None:
        super().__init__(
            metric,
            by=by,
            pairs=pairs,
            priors=priors,
            level=level,
            half_life_days=half_life_days,
            tables=tables,
            random_state=random_state,
        )

    def fit(self, X: Any, y: Any = None, *, exposure: Any = None) -> Self:
        """Learn from a log that has the count and the exposure of every link.

        Raises:
            DataError: a column is missing, the metric has no chain, or rates were given in place of a log.
        """
        chain, known = self._row.get("chain", ()), self._tables().metrics
        if not chain:
            having = ", ".join(m for m, row in known.items() if row.get("chain"))
            raise DataError(finding("E_OPTION", column="metric", found=self.metric, expected=having))
        if y is not None:
            raise DataError(finding("E_OPTION", column="y", found="y", expected="fit(log): " + ", ".join(_columns(known, chain))))
        super().fit(X)
        given = self.get_params(deep=False)
        self.links_ = {m: ContentScorer(**{**given, "metric": m}).fit(X) for m in chain}
        self.findings_ += tuple(_new(self.findings_, [f for link in self.links_.values() for f in link.findings_]))
        return self

    # ------------------------------------------------------------ answers

    def predict(self, X: Any) -> Array:
        """Posterior mean of each row's cell (n,): the links' means multiply, for they are independent."""
        return np.asarray(self._per * np.prod([link.predict(X) for link in self.links_.values()], axis=0))

    def draws(self, X: Any, size: int = DRAWS, *, random_state: int | None = None) -> Array:
        """(size, n) joint draws of the value; a link has a seed of its own."""
        seed = self.random_state if random_state is None else random_state
        parts = np.random.SeedSequence(seed).generate_state(len(self.links_))
        out = np.full((1, 1), self._per)
        for link, own in zip(self.links_.values(), parts, strict=True):
            out = out * link.draws(X, size, random_state=int(own))
        return out

    def _eta(self, X: Any) -> tuple[Array, Array]:
        mean, var, _ = self._cumulants(X)
        return mean, var

    def _cumulants(self, X: Any) -> Array:
        """(3, n): mean, variance and third central moment of the log of the value."""
        total = np.zeros((3, len(X)))
        total[0] = np.log(self._per)
        nodes, weights = normal_points(21)
        for link in self.links_.values():
            mean, var = link._eta(X)
            logs = np.log(link.posterior_.to_rate(mean + nodes[:, None] * np.sqrt(var)))
            middle = weights @ logs
            total += [middle, weights @ (logs - middle) ** 2, weights @ (logs - middle) ** 3]
        return total

    def _ends(self, X: Any, level: float) -> Array:
        mean, var, third = (x[:, None] for x in self._cumulants(X))
        z, skew = ndtri([0.5 - level / 2, 0.5 + level / 2]), third / np.maximum(var, 1e-300) ** 1.5
        return np.asarray(np.exp(mean + np.sqrt(var) * (z + skew * (z**2 - 1) / 6 - skew**2 * (2 * z**3 - 5 * z) / 36)))

    def _answers(self, cells: pd.DataFrame, codes: Array, offset: Array, group: Array, highest: bool) -> tuple[Array, Array, Array, Array]:
        var, before = np.zeros((2, len(cells)))
        for link in self.links_.values():
            var, before = var + link._eta(cells)[1], before + link.posterior_.prior_var(link._cells(cells)[1])
        opinion = np.round(np.clip(var / before, 0, 1), 12)
        return self.predict(cells), self._ends(cells, self.level), self._best(cells, group, highest), opinion

    def _best(self, cells: pd.DataFrame, group: Array, highest: bool) -> Array:
        """(n,) share of the draws in which a cell is its group's best; cells that tie share a draw."""
        out, step = np.zeros(len(cells)), max(AT_ONCE // max(len(cells), 1), 1)
        for first in progress(range(0, DRAWS, step), unit="draws"):
            drawn = self.draws(cells, min(step, DRAWS - first), random_state=self.random_state + first)
            for number in np.unique(group):
                rows = np.flatnonzero(group == number)
                won = drawn[:, rows] == (drawn[:, rows].max(1) if highest else drawn[:, rows].min(1))[:, None]
                out[rows] += (won / won.sum(1, keepdims=True)).sum(0)
        return out / DRAWS

    def explain(self, cell: Mapping[str, str]) -> Explanation:
        """Which links lift or lower a cell: each link's rate as times its average, which multiply to the cell's value."""
        told = {m: link.explain(cell).facts for m, link in self.links_.items()}
        average = self._per * float(np.prod([facts["average"] for facts in told.values()]))
        level = float(np.log(average))
        rows = [("average", "", level, average, level, level, 0.0)]
        for metric, facts in told.items():
            times, low, high = (facts[k] / facts["average"] for k in ("rate", "low", "high"))
            rows.append(("metric", metric, float(np.log(times)), times, float(np.log(low)), float(np.log(high)), facts["opinion"]))
        frame, group = pd.DataFrame([dict(cell)]), np.zeros(1, np.int64)
        rate, ends, _, opinion = self._answers(frame, group, group, group, True)
        facts = {
            "cell": dict(cell),
            "metric": self.metric,
            "rate": float(rate[0]),
            "low": float(ends[0, 0]),
            "high": float(ends[0, 1]),
            "average": average,
            "opinion": float(opinion[0]),
            "logit": float(self._eta(frame)[0][0]),
        }
        table = pd.DataFrame(rows, columns=["term", "level", "effect", "times", "low", "high", "opinion"])
        return Explanation(table=table, facts=facts, findings=self.findings_)

    # ------------------------------------------------------------ keeping

    def _packed(self) -> tuple[dict[str, Any], dict[str, Array]]:
        header, arrays = super()._packed()
        parts = {m: link._packed() for m, link in self.links_.items()}
        of_links = {f"link_{m}_{k}": v for m, (_, own) in parts.items() for k, v in own.items()}
        return {**header, "links": {m: said for m, (said, _) in parts.items()}}, {**arrays, **of_links}

    @classmethod
    def _unpacked(cls, header: Mapping[str, Any], arrays: Mapping[str, Array], tables: Tables | None) -> Self:
        scorer = super()._unpacked(header, arrays, tables)
        scorer.links_ = {}
        for metric, said in header["links"].items():
            name = f"link_{metric}_"
            own = {k.removeprefix(name): v for k, v in arrays.items() if k.startswith(name)}
            scorer.links_[metric] = ContentScorer._unpacked(said, own, tables)
        return scorer


def load_scorer(path: str | Path, *, tables: Tables | None = None) -> ContentScorer:
    """Read what the `save` of a `ContentScorer` or `ChainScorer` wrote.

    Raises:
        StoreError: the file is cut off, altered, of another schema, holds numbers that are not finite, or was fitted with other tables.
    """
    file = path_of(path, 'load_scorer("scorer.npz")')
    header, arrays = read_scorer(file)
    kind = ChainScorer if "links" in header else ContentScorer
    try:
        return kind._unpacked(header, arrays, tables or load_tables())
    except StoreError:
        raise
    except Exception as error:  # whatever entries that were put in or taken out raise is one thing to its owner
        raise StoreError(finding("E_MODEL_FILE", file=file.name, found=f"{type(error).__name__}: {error}")) from error


def _columns(metrics: Mapping[str, Any], chain: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(metrics[m][k] for m in chain for k in ("exposure", "count")))


def _new(known: Sequence[Finding], more: Sequence[Finding]) -> list[Finding]:
    """Findings that were not made before, each once."""
    said = {f.text for f in known}
    return list({f.text: f for f in more if f.text not in said}.values())
