"""One test as it is judged: what its people did, how it is read, and by which rule a difference is called better, worse or neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mktlib.measurement.arms import People
from mktlib.measurement.contrasts import Reading, Told
from mktlib.results.evidence import grade


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What holds for every comparison of one test. alpha: of the whole; lot: chance decided; sign: 1 where more is better, else -1."""

    read: People
    how: Reading
    alpha: float
    lot: bool
    sign: float
    least: float | None
    correction: str

    def grades(self, told: Told, leaning: Told, decided: np.ndarray, withheld: bool) -> list[str]:
        """How strongly each difference may be said."""
        if withheld:
            return ["too_early"] * len(decided)
        leans = (leaning.low > 0) | (leaning.high < 0)
        same = (np.maximum(-told.low, told.high) < self.least) if self.least is not None else np.zeros(len(decided), bool)
        evidence = "randomised" if self.lot else "observational"
        return [grade(evidence, decided=bool(d), leaning=bool(x), same=bool(s)) for d, x, s in zip(decided, leans, same, strict=True)]

    def verdicts(self, told: Told, decided: np.ndarray, withheld: bool) -> np.ndarray:
        """better, worse or undecided; from a broken lot nobody wins."""
        way = np.sign(told.lift) * self.sign
        return np.where(~decided | withheld, "undecided", np.where(way > 0, "better", "worse"))
