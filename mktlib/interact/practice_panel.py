"""The controls of the ad desk: one set of them an ad set, the week's buttons, the report and the debrief."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mktlib.errors import MktlibError
from mktlib.interact import shown
from mktlib.simulate.desk_moves import MOST_HELD, WEEKDAYS
from mktlib.vocabulary import phrase

if TYPE_CHECKING:
    from mktlib.interact.practice import Practice


@dataclass(frozen=True)
class Controls:
    """The controls of one ad set. box: all of them."""

    runs: Any
    bid: Any
    budget: Any
    creatives: shown.Ticks
    days: shown.Ticks
    holdout: Any
    box: Any

    def move(self) -> dict[str, Any]:
        """What `desk.spend` gets for it."""
        ticked = {"creatives": list(self.creatives.value), "days": list(self.days.value)}
        return {"bid": self.bid.value, "budget": self.budget.value, **ticked, "holdout": self.holdout.value}


class PracticePanel:
    """`box` is what is displayed; the controls are attributes, so that a test turns them as a hand does."""

    def __init__(self, practice: Practice, kit: Any) -> None:
        self.practice, self.kit = practice, kit
        self.text, self.problems, self.report, self.lift, self.figure, self.verdict = (kit.HTML() for _ in range(6))
        rows = practice.desk.ad_sets
        self.sets = {str(row.ad_set): self._controls(row) for row in rows.itertuples(index=False)}
        self.play, self.undo, self.debrief = (
            shown.button(kit, f"interact.desk.button.{key}", practice.language, act)
            for key, act in (("play", self._play), ("undo", self._undo), ("debrief", self._debrief))
        )
        buttons = kit.HBox([self.play, self.undo, self.debrief])
        self.box = kit.VBox(
            [self.text, *(c.box for c in self.sets.values()), buttons, self.problems, self.verdict, self.figure, self.report, self.lift]
        )
        self.draw()

    def _say(self, key: str, **values: Any) -> str:
        return phrase(f"interact.desk.{key}", self.practice.language, **values)

    def _controls(self, row: Any) -> Controls:
        kit, middle = self.kit, round((row.bid_low + row.bid_high) / 2, 2)
        ends = {k: self.practice.money(float(getattr(row, k))) for k in ("daily_low", "daily_high")}
        bids = {k: self.practice.money(float(getattr(row, f"bid_{k}"))) for k in ("low", "high")}
        name = kit.HTML(
            f"<b>{escape(self._say('set', name=row.ad_set, audience=row.audience))}</b><br>{self._say('suggested', **bids, **ends)}"
        )
        runs = kit.Checkbox(value=False, description=self._say("run"), indent=False)
        bid = kit.FloatText(value=middle, step=0.05, description=self._say(f"bid_{row.bid_unit}"), **shown.ENTRY)
        budget = kit.FloatText(value=float(row.daily_low), step=5, description=self._say("day_budget"), **shown.ENTRY)
        ads = shown.Ticks(kit, [(creative, creative) for creative in row.creatives], self._say("creatives"))
        days = shown.Ticks(kit, [(self._say(f"day.{day}"), day) for day in WEEKDAYS], self._say("days"))
        held = kit.BoundedFloatText(value=0.0, min=0.0, max=MOST_HELD, step=0.05, description=self._say("holdout"), **shown.ENTRY)
        inside = kit.VBox([bid, budget, ads.box, days.box, held], layout={"display": "none"})
        runs.observe(lambda change: setattr(inside.layout, "display", "flex" if change["new"] else "none"), names="value")
        return Controls(runs, bid, budget, ads, days, held, kit.VBox([name, runs, inside], layout={"margin": "0 0 .8em 0"}))

    def _play(self) -> None:
        moves = {name: controls.move() for name, controls in self.sets.items() if controls.runs.value}
        if not moves and not any(self.practice.desk.moves):  # a week of nothing is a choice only once something ran
            self.problems.value = shown.heard([self._say("stays"), self._say("nothing_runs", run=self._say("run"))], alert=True)
            return
        self._did(lambda: self.practice.play(moves))

    def _undo(self) -> None:
        self._did(self.practice.undo)

    def _debrief(self) -> None:
        try:
            found = self.practice.debrief()
        except MktlibError as error:
            self.problems.value = shown.heard(shown.told(error, self.practice.language), alert=True)
            return
        self.problems.value = ""
        self.verdict.value = f"<h3>{self._say('debrief')}</h3>" + shown.heard(shown.problem(f, self.practice.language) for f in found)

    def _did(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except MktlibError as error:
            lines = [self._say("stays"), *shown.told(error, self.practice.language)]
            self.problems.value = shown.heard(lines, alert=True)
            return
        self.problems.value = self.verdict.value = ""
        self.draw()

    def draw(self) -> None:
        picture = self.practice.picture()
        self.text.value = shown.heard(self.practice.lines())
        self.figure.value = shown.image(picture) if picture else ""
        self.report.value = f"<h3>{self._say('report')}</h3>{self.practice.table()}" if picture else ""
        lift = self.practice.lift_table()
        self.lift.value = f"<h3>{self._say('lift')}</h3>{lift}" if lift else ""
        self.play.disabled, self.undo.disabled = self.practice.desk.over, not self.practice.desk.moves
