"""The search for a schedule of pieces: propose the best by the cuts, work out its weeks, cut again (Benders 1962 on top of the prices).

What is proposed can only get worse as cuts arrive, what is worked out only better; where they meet no schedule is better at these prices.
Then the same with weeks in whole lots. New prices come from the linear program of the best schedule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mktlib.planning.engine import Meter
from mktlib.planning.schedules import Judge, judge
from mktlib.planning.weeks import Parts, Week


@dataclass
class Search:
    """Weeks at prices, with the schedules worked out so far: bytes of y -> (value at the prices, y)."""

    parts: Parts
    meter: Meter
    seed: int
    weeks: list[Week]
    price: np.ndarray = field(default_factory=lambda: np.zeros(0))
    constant: float = 0.0
    charge: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    bound: float = np.inf
    upper: float = np.inf
    hope: float = 0.0
    loose: dict[bytes, tuple[float, np.ndarray]] = field(default_factory=dict)
    whole: dict[bytes, tuple[float, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Parts, meter: Meter, seed: int) -> Search:
        return cls(parts, meter, seed, [Week(parts, w, meter, seed) for w in range(parts.problem.shape[2])])

    def at(self, price: np.ndarray) -> Judge:
        """Move to other prices; every set of pieces that was in a good schedule is cut again."""
        known = [y for _, y in sorted(self.loose.values(), key=lambda v: -v[0])[:3]]
        self.reprice(price)
        self.loose, self.whole = {}, {}
        chosen = judge(self.parts, self.charge, self.meter, self.seed)
        for y in (*known, np.ones(self.charge.shape, int)):
            self._cut(chosen, y)
        return chosen

    def _cut(self, chosen: Judge, y: np.ndarray) -> float:
        """Work out the weeks of a schedule in fractions; its value at the prices."""
        cuts = [week.cut(y[:, w]) for w, week in enumerate(self.weeks)]
        for w, cut in enumerate(cuts):
            chosen.add(w, y[:, w], cut)
        return sum(c.value for c in cuts) + float((self.charge * y).sum())

    def reprice(self, price: np.ndarray) -> None:
        gain = self.parts.charged(price)
        self.price, self.constant, self.charge = price, self.parts.constant(price), gain[self.parts.y]
        for week in self.weeks:
            week.price(gain)

    def fractions(self, chosen: Judge, share: float, gap: float = 1e-4) -> np.ndarray:
        """The schedule that is best with weeks in any fractions."""
        while True:
            y = self._proposed(chosen, None)[1]
            value = self._cut(chosen, y)
            self.loose[y.tobytes()] = (value, y)
            best, top = max(self.loose.values(), key=lambda v: v[0])
            if self.upper - best <= gap * abs(best) or self.meter.over(share):
                return top

    def _proposed(self, chosen: Judge, hope: float | None) -> tuple[float, np.ndarray]:
        upper, y = chosen.best(hope)
        if hope is None:
            self.upper, self.bound = upper, min(self.bound, upper + self.constant)
            self.meter.tell(bound=self.bound)
        return upper, y

    def lots(self, chosen: Judge, share: float, gap: float) -> None:
        """The same with weeks in whole lots: mostly the schedules that are likely best, every fourth time the one that holds the bound."""
        turn = 0
        while not self.meter.over(share):
            turn += 1
            if self.whole and self.favourites(1)[0][0] >= (1 - gap) * (self.upper + self.constant):
                return
            y = self._ripe(chosen, None if turn % 4 == 0 else self.hope, share)
            if y.tobytes() not in self.whole:
                self.weigh(chosen, y)
            elif turn % 4:
                self.hope += 0.1
            else:
                return

    def _ripe(self, chosen: Judge, hope: float | None, share: float) -> np.ndarray:
        """A proposal that stands once its weeks are worked out in fractions."""
        y = self._proposed(chosen, hope)[1]
        while not self.meter.over(share):
            self.loose[y.tobytes()] = (self._cut(chosen, y), y)
            before, y = y, self._proposed(chosen, hope)[1]
            if (before == y).all():
                break
        return y

    def weigh(self, chosen: Judge, y: np.ndarray) -> None:
        """A schedule in whole lots at the prices."""
        filled = [week.fill(y[:, w]) for w, week in enumerate(self.weeks)]
        for w, week in enumerate(filled):
            chosen.settle(w, y[:, w], week.value, week.bound)
        self.whole[y.tobytes()] = (sum(f.value for f in filled) + float((self.charge * y).sum()), y)

    def favourites(self, count: int) -> list[tuple[float, np.ndarray]]:
        """The schedules that are best in whole lots, each with the value that it could reach."""
        best = sorted(self.whole.values(), key=lambda v: -v[0])[:count]
        return [(value + self.constant, y) for value, y in best]
