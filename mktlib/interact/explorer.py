"""Scores and a brief, explored: the group of one segment and stage, and what a changed brief would plan.

Plain code and the controls of a notebook do the same: the controls call `choose`, `what_if`, `undo`, `reset` and `solve`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mktlib.charts import Picture, show
from mktlib.errors import DataError, Finding
from mktlib.interact import shown
from mktlib.interact.explorer_panel import ExplorerPanel
from mktlib.interact.explorer_words import group_lines, group_name, plan_lines
from mktlib.planning import Brief, CampaignPlan, plan_campaign
from mktlib.planning.layout import plain
from mktlib.planning.quick import QuickPlanner
from mktlib.planning.readable import called, meant
from mktlib.planning.written import brief_text, changed
from mktlib.results import Scores
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, not_language, not_tables
from mktlib.wording import write_text

AXES = ("segment", "stage")


class Explorer:
    """What `explore` gives. `group`: the scores that are shown; `plan` and `first`: the plan of the changed and of the first brief;
    `brief`: the brief as it stands. Displayed in a notebook it is a panel, elsewhere a figure and its text."""

    def __init__(self, scores: Scores, brief: Brief | None, language: str, tables: Tables) -> None:
        self.scores, self.language, self.tables = scores, language, tables
        self.axes = tuple(axis for axis in AXES if axis in scores.table.columns)
        self.chosen: dict[str, str] = {axis: self.levels(axis)[0] for axis in self.axes}
        self._past: list[Brief] = []
        self._panel: ExplorerPanel | None = None
        self._brief = brief
        if brief is not None:
            self._planner = QuickPlanner(scores, brief, tables=tables)
            self._plans: dict[str, CampaignPlan] = {}
            self._firsts: dict[str, float | None] = {}
            self.first = self.plan = self._quick(brief)

    # ------------------------------------------------------------ scores

    def levels(self, axis: str) -> list[str]:
        """The segments or stages that were scored, in their order among the scores."""
        return [str(level) for level in self.scores.table[axis].unique()] or [""]

    @property
    def group(self) -> Scores:
        """The scores of the segment and stage chosen: the same rows as in the whole table."""
        table = self.scores.table
        for axis, level in self.chosen.items():
            table = table[table[axis].astype(str) == level]
        facts = {k: v for k, v in self.scores.facts.items() if k in ("metric", "currency", "level")}
        s = self.scores
        return Scores(table=table.reset_index(drop=True), facts=facts, by=s.by, within=s.within, metric=s.metric, level=s.level)

    def choose(self, *, segment: str | None = None, stage: str | None = None) -> Scores:
        """Show another group.

        Args:
            segment, stage: a level of the scores, as it is typed there or by its label in any language of the tables; None keeps the one
                that is shown.

        Returns:
            The scores of that group, the same rows as in the whole table.

        Raises:
            DataError: E_OPTION, every level that was not scored.
        """
        wanted = {axis: level for axis, level in {"segment": segment, "stage": stage}.items() if level is not None}
        found = {axis: self._meant(axis, level) for axis, level in wanted.items()}
        if wrong := [self._unknown(axis, wanted[axis]) for axis, level in found.items() if level is None]:
            raise DataError(wrong)
        self.chosen |= {axis: level for axis, level in found.items() if level is not None}
        return self.group

    def _meant(self, axis: str, level: object) -> str | None:
        """The level that was typed, or whose label was."""
        if not isinstance(level, str):
            return None
        return level if level in self._known(axis) else called(axis, self._known(axis), self.tables).get(plain(level.replace("_", " ")))

    def _known(self, axis: str) -> list[str]:
        return self.levels(axis) if axis in self.axes else []

    def _unknown(self, axis: str, level: object) -> Finding:
        known = self._known(axis)
        listed = ", ".join(f"{name} ({self.tables.label(axis, name, self.language)})" for name in known)
        close = meant(str(level), axis, known, self.tables)
        return finding("E_OPTION", self.language, column=axis, found=str(level), expected=listed, hint=close)

    # ------------------------------------------------------------ the brief

    @property
    def brief(self) -> Brief:
        """The brief as it stands.

        Raises:
            DataError: E_NO_BRIEF, the explorer was made without one.
        """
        if self._brief is None:
            raise DataError(finding("E_NO_BRIEF", self.language))
        return self._brief

    def what_if(
        self, *, budget: float | None = None, days_per_week: float | None = None, test_share: float | None = None,
        risk: float | None = None, most: Mapping[str, int] | None = None, **unknown: Any,
    ) -> CampaignPlan:  # fmt: skip
        """The plan of a changed brief, in a moment: within every limit, with a bound that says how much a better plan could bring.

        Args:
            budget: money, in the brief's currency. days_per_week: working days of the team. test_share: share of the media money for
                tests, a fraction. risk: 0 <= risk < 1, as in `plan_campaign`. most: {content type: pieces at most}. What is None stays
                as it stands, changes before this one included.

        Returns:
            The quick plan (`facts["quick"]` is True; `expected` has value, low, high, bound, gap).

        Raises:
            DataError, PlanError: entries that are not known or cannot be so, limits that clash; the brief then stays as it was.
        """
        wanted = {"budget": budget, "days_per_week": days_per_week, "test_share": test_share, "risk": risk, "most": most}
        wrong = [self._no_entry(name, list(wanted)) for name in unknown]
        if most is not None and not (isinstance(most, Mapping) and all(isinstance(kind, str) for kind in most)):
            wrong.append(finding("E_OPTION", self.language, column="most", found=repr(most), expected='most={"carousel": 2}'))
        if wrong:
            raise DataError(wrong)
        brief = changed(self.brief, tables=self.tables, **wanted)  # type: ignore[arg-type]
        plan = self._quick(brief)
        if brief != self.brief:
            self._past.append(self.brief)
        self._brief, self.plan = brief, plan
        return plan

    def _no_entry(self, name: str, known: list[str]) -> Finding:
        return finding("E_OPTION", self.language, column=name, found=name, expected=", ".join(known), hint=nearest(name, known))

    def solve(self) -> CampaignPlan:
        """The plan of the brief as it stands, solved to the end by `plan_campaign`; it takes seconds."""
        self.plan = plan_campaign(self.scores, self.brief, tables=self.tables)
        self._plans[brief_text(self.brief)] = self.plan
        return self.plan

    def undo(self) -> CampaignPlan:
        """Take the last change back."""
        self._brief = self._past.pop() if self._past else self.brief
        self.plan = self._quick(self.brief)
        return self.plan

    def reset(self) -> CampaignPlan:
        """Back to the brief that the explorer began with."""
        if self._past:
            self._brief, self._past = self._past[0], []
        self.plan = self._quick(self.brief)
        return self.plan

    def toml(self, path: str | Path | None = None) -> str:
        """The brief as it stands, as the text that `read_brief` reads; written to `path` where one is given."""
        text = brief_text(self.brief)
        if path is not None and (not isinstance(path, str | os.PathLike) or "\0" in str(path)):
            raise DataError(finding("E_OPTION", self.language, column="path", found=repr(path), expected='path="brief.toml"'))
        if path is not None:
            write_text(text, Path(path))
        return text

    def _quick(self, brief: Brief) -> CampaignPlan:
        key = brief_text(brief)
        if key not in self._plans:
            self._plans[key] = self._planner.plan(brief)
        return self._plans[key]

    # ------------------------------------------------------------ what is seen and heard

    @property
    def has_brief(self) -> bool:
        return self._brief is not None

    def group_lines(self) -> list[str]:
        return list(group_lines(self.group, group_name(self.chosen, self.tables, self.language), self.language))

    def plan_lines(self) -> list[str]:
        if not self.has_brief:
            return []
        first = self.first if self.brief != self.first.brief else self.plan
        return list(plan_lines(self.plan, first, self.language, least=self._least()))

    def _least(self) -> float | None:
        """Where nothing is planned: the budget with which something could be, as `QuickPlanner.first_budget` tells it."""
        if not self.plan.schedule.empty:
            return None
        key = brief_text(self.brief)
        if key not in self._firsts:
            self._firsts[key] = self._planner.first_budget(self.brief)
        return self._firsts[key]

    def group_picture(self) -> Picture:
        return show(self.group, language=self.language, tables=self.tables)

    def plan_picture(self, kind: str = "limits") -> Picture:
        if not self.has_brief:
            raise DataError(finding("E_NO_BRIEF", self.language))
        return show(self.plan, kind=kind, language=self.language, tables=self.tables)

    def panel(self) -> Any:
        """The controls, as one ipywidgets box.

        Raises:
            MktlibError: E_OPTIONAL, ipywidgets is not installed.
        """
        self._panel = self._panel or ExplorerPanel(self, shown.toolkit())
        return self._panel.box

    def __repr__(self) -> str:
        return "\n".join([*self.group_lines(), *self.plan_lines()])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return shown.bundle(self.group_picture(), [*self.group_lines(), *self.plan_lines()], self.panel)


def explore(scores: Any, brief: Brief | None = None, *, language: str | None = None, tables: Tables | None = None) -> Explorer:
    """A panel to explore scores and, with a brief, what a changed brief would plan; in plain code its `choose` and `what_if`.

    Args:
        scores: `Scores`, or a fitted scorer, whose cells are then scored.
        brief: from `read_brief`; without one only scores are shown.
        language: of the panel; the brief's by default, else MKTLIB_LANGUAGE.
        tables: words and labels; the packaged ones by default.

    Returns:
        `Explorer`. Displayed in a live notebook: dropdowns for segment and stage, sliders for the brief, the figures redrawn. Without
        ipywidgets, or in a viewer without a kernel: the figure of the first group and its text.

    Raises:
        DataError: scores that are none, a language that is none. PlanError: the brief's limits clash.

    Quick plans look in the neighbourhood of a linear program (Berthold 2006, Primal heuristics), which is the bound that each tells.

    >>> import mktlib as mk
    >>> scorer = mk.ContentScorer("click_rate", by=("segment", "stage", "style")).fit(mk.load_sample("content_log"))
    >>> explorer = mk.explore(scorer, language="en")
    >>> explorer.choose(segment="students", stage="decision").table["stage"].unique().tolist()
    ['decision']
    """
    if wrong := not_language(language) or not_tables(tables):
        raise DataError(wrong)
    scorer = not isinstance(scores, Scores | type) and hasattr(scores, "score_cells")
    found = scores.score_cells() if scorer else scores
    wrongs = []
    if not isinstance(found, Scores) or found.table.empty:
        wrongs.append(finding("E_EXPLORE", language, column="scores", found=type(scores).__name__, expected="Scores, ContentScorer"))
    if brief is not None and not isinstance(brief, Brief):
        wrongs.append(finding("E_EXPLORE", language, column="brief", found=type(brief).__name__, expected="Brief (mk.read_brief)"))
    if wrongs:
        raise DataError(wrongs)
    said = language or (brief.language if brief is not None else default_language())
    return Explorer(replace(found), brief, said, tables or load_tables())
