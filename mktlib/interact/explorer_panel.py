"""The controls of the explorer: each calls what plain code calls, and shows what came of it or the sentences of the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mktlib.errors import MktlibError
from mktlib.interact import shown
from mktlib.vocabulary import phrase

if TYPE_CHECKING:
    from mktlib.interact.explorer import Explorer

VIEWS = ("limits", "calendar", "spend")
RISKS = (0.0, 0.5, 0.9)
KINDS = 3
"""Content types whose most pieces can be turned: those of which the first plan makes the most."""


class ExplorerPanel:
    """`box` is what is displayed; the controls are attributes, so that a test turns them as a hand does."""

    def __init__(self, explorer: Explorer, kit: Any) -> None:
        self.explorer, self.kit, self.quiet = explorer, kit, False
        self.scores_text, self.scores_figure = kit.HTML(), kit.HTML()
        self.levels = {axis: self._levels(axis) for axis in explorer.axes}
        parts = [self._head("scores"), kit.VBox(list(self.levels.values())), self.scores_text, self.scores_figure]
        self.draw_scores()
        if explorer.has_brief:
            parts += self._brief_parts()
            self.draw_plan()
        self.box = kit.VBox(parts)

    def _say(self, key: str, **values: Any) -> str:
        return phrase(f"interact.{key}", self.explorer.language, **values)

    def _head(self, key: str) -> Any:
        return self.kit.HTML(f'<h3 style="margin:.4em 0">{self._say(f"head.{key}")}</h3>')

    def _levels(self, axis: str) -> Any:
        e = self.explorer
        options = [(e.tables.label(axis, level, e.language), level) for level in e.levels(axis)]
        made = shown.choice(self.kit, options, e.chosen[axis], self._say(axis))
        made.observe(lambda change: self._chosen(axis, change["new"]), names="value")
        return made

    def _chosen(self, axis: str, level: str) -> None:
        self.explorer.choose(**{axis: level})
        self.draw_scores()

    def draw_scores(self) -> None:
        self.scores_figure.value = shown.image(self.explorer.group_picture())
        self.scores_text.value = shown.heard(self.explorer.group_lines())

    # ------------------------------------------------------------ the brief

    def _brief_parts(self) -> list[Any]:
        kit, e = self.kit, self.explorer
        brief, whole = e.brief, {"continuous_update": False}
        step = max(1, round(brief.budget / 40))
        self.budget = kit.BoundedIntText(
            value=round(brief.budget), min=0, max=round(4 * brief.budget), step=step,
            description=self._say("budget", currency=brief.currency), **whole, **shown.ENTRY,
        )  # fmt: skip
        self.budget.value = round(brief.budget)
        days = brief.team.days_per_week
        self.days = kit.BoundedFloatText(
            value=days, min=0, max=max(4.0, 3 * days), step=0.5, description=self._say("days"), continuous_update=False,
            **shown.ENTRY,
        )  # fmt: skip
        self.tests = kit.BoundedIntText(
            value=round(100 * brief.test_share), min=0, max=100, step=5, description=self._say("tests"), **whole, **shown.ENTRY
        )
        risks = sorted({*RISKS, brief.risk})
        options = [(self._say("risk_of", share=round(100 * (1 - r))) if r else self._say("no_risk"), r) for r in risks]
        self.risk = shown.choice(kit, options, brief.risk, self._say("risk"))
        self.most = {kind: self._most(kind) for kind in self._kinds()}
        self.view = shown.choice(kit, [(self._say(f"view.{v}"), v) for v in VIEWS], VIEWS[0], self._say("view.name"))
        self.view.observe(lambda _: self.draw_plan(), names="value")
        for control in (self.budget, self.days, self.tests, self.risk, *self.most.values()):
            control.observe(lambda _: self._turned(), names="value")
        self.undo, self.reset, self.solve, self.keep = (
            shown.button(kit, f"interact.button.{key}", e.language, act)
            for key, act in (("undo", self._undo), ("reset", self._reset), ("solve", self._solve), ("keep", self._keep))
        )
        self.plan_text, self.plan_figure, self.problems = kit.HTML(), kit.HTML(), kit.HTML()
        self.text = kit.Textarea(description=self._say("kept"), layout={"width": "52em", "height": "14em", "display": "none"})
        entries = kit.VBox([self.budget, self.days, self.tests, self.risk, *self.most.values()])
        buttons = kit.HBox([self.undo, self.reset, self.solve, self.keep])
        return [self._head("brief"), entries, buttons, self.problems, self.plan_text, self.view, self.plan_figure, self.text]

    def _kinds(self) -> list[str]:
        made = self.explorer.plan.items
        return list(made.loc[made["status"] == "make", "content_type"].value_counts().sort_index(kind="stable").nlargest(KINDS).index)

    def _most(self, kind: str) -> Any:
        e = self.explorer
        name = e.tables.label("content_type", kind, e.language)
        most = e.brief.making(kind)[2]
        whole = {"continuous_update": False}
        return self.kit.BoundedIntText(
            value=most, min=0, max=max(6, 2 * most), description=self._say("most", name=name), **whole, **shown.ENTRY
        )

    def _turned(self) -> None:
        if self.quiet:
            return
        brief = self.explorer.brief
        money = brief.budget if self.budget.value == round(brief.budget) else float(self.budget.value)
        share = brief.test_share if self.tests.value == round(100 * brief.test_share) else self.tests.value / 100
        most = {kind: control.value for kind, control in self.most.items() if control.value != brief.making(kind)[2]}
        values = {"budget": money, "days_per_week": float(self.days.value), "test_share": share, "risk": self.risk.value, "most": most}
        self._did(lambda: self.explorer.what_if(**values))

    def _did(self, act: Callable[[], Any]) -> bool:
        """Do it and show what came of it, or say why it cannot be."""
        try:
            act()
        except MktlibError as error:
            lines = [self._say("stays"), *shown.told(error, self.explorer.language)]
            self.problems.value = shown.heard(lines, alert=True)
            return False
        self.problems.value = ""
        self.draw_plan()
        return True

    def _follow(self) -> None:
        """The controls as the brief stands."""
        brief, self.quiet = self.explorer.brief, True
        self.budget.value, self.days.value = round(brief.budget), brief.team.days_per_week
        self.tests.value, self.risk.value = round(100 * brief.test_share), brief.risk
        for kind, control in self.most.items():
            control.value = brief.making(kind)[2]
        self.quiet = False

    def _undo(self) -> None:
        if not self.problems.value:  # a change that could not be is no change: taking it back is following the brief
            self._did(self.explorer.undo)
        self.problems.value = ""
        self._follow()

    def _reset(self) -> None:
        self._did(self.explorer.reset)
        self._follow()

    def _solve(self) -> None:
        self.solve.disabled, self.plan_text.value = True, shown.heard([self._say("solving")])
        try:
            self._did(self.explorer.solve)
        finally:
            self.solve.disabled = False

    def _keep(self) -> None:
        self.text.value, self.text.layout.display = self.explorer.toml(), "flex"

    def draw_plan(self) -> None:
        self.plan_text.value = shown.heard(self.explorer.plan_lines())
        self.plan_figure.value = shown.image(self.explorer.plan_picture(self.view.value))
