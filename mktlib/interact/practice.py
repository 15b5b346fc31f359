"""The ad desk with controls: a week is set, played, read, taken back; the debrief comes at the end. Plain code stays `desk.spend(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.charts import Picture, show
from mktlib.charts.played import played_weeks
from mktlib.errors import DataError, Finding
from mktlib.interact import shown
from mktlib.interact.practice_panel import PracticePanel
from mktlib.simulate import AdDesk
from mktlib.vocabulary import finding, not_language, phrase
from mktlib.wording import money, number, percent, table

COLUMNS = ["week", "ad_set", "impressions", "clicks", "spend", "conversions", "value"]


class Practice:
    """What `practise` gives: a desk and its panel. `played`: the platform's report so far, a row a week and ad set."""

    def __init__(self, desk: AdDesk, language: str) -> None:
        self.desk, self.language = desk, language
        self._panel: PracticePanel | None = None

    @property
    def played(self) -> pd.DataFrame:
        """Week, ad_set, impressions, clicks, spend, conversions and value as the platform tells them today."""
        return self.desk.report(by="ad_set")[COLUMNS]

    def play(self, bids: Mapping[str, Any]) -> pd.DataFrame:
        """Play one week: `desk.spend(**bids)`."""
        return self.desk.spend(**bids)

    def undo(self) -> None:
        """Take the last week back, where there is one."""
        if self.desk.moves:
            self.desk.undo()

    def debrief(self) -> list[Finding]:
        return self.desk.debrief()

    def lines(self) -> list[str]:
        """Where the game stands: week, money, what the platform said of the last week."""
        desk, terms = self.desk, self.desk.terms
        left, budget, basket = (self.money(x) for x in (desk.left, desk.budget, terms["basket"]))
        words = {"left": left, "budget": budget, "week": str(desk.week), "weeks": str(desk.weeks)}
        said = [phrase("interact.desk.over" if desk.over else "interact.desk.week", self.language, **words)]
        said.append(phrase("interact.desk.terms", self.language, basket=basket, margin=percent(terms["margin"], self.language, digits=0)))
        if not desk.moves:
            return [*said, phrase("interact.desk.none", self.language)]
        last = self.played[self.played["week"] == desk.week - 1]
        sales = int(last["conversions"].sum())
        values = {"week": str(desk.week - 1), "spend": self.money(float(last["spend"].sum())), "count": sales}
        counts = {k: number(int(last[k].sum()), self.language) for k in ("clicks", "conversions")}
        said.append(phrase("interact.desk.played", self.language, **values, **counts))
        return [*said, phrase("interact.desk.late", self.language, days=str(terms["window_days"]))]

    def money(self, value: float) -> str:
        return money(value, self.desk.terms["currency"], self.language)

    def table(self) -> str:
        """The report so far as an HTML table with heads in words."""
        return self._html(self.played)

    def lift_table(self) -> str:
        """Buyers among people shown and kept out by lot as an HTML table; empty where there was no holdout."""
        lift = self.desk.lift()
        return "" if lift.empty else self._html(lift)

    def _html(self, frame: pd.DataFrame) -> str:
        said = table(frame, language=self.language, currency=self.desk.terms["currency"])
        return said.to_html(index=False, escape=True, border=0, justify="left")  # heads stand over what they head

    def picture(self) -> Picture | None:
        """Spend and credited value by week; None before anything was spent."""
        if not self.desk.moves or not self.played["spend"].sum():
            return None
        return show(played_weeks(self.played, language=self.language, currency=self.desk.terms["currency"]), language=self.language)

    def panel(self) -> Any:
        """The controls, as one ipywidgets box.

        Raises:
            MktlibError: E_OPTIONAL, ipywidgets is not installed.
        """
        self._panel = self._panel or PracticePanel(self, shown.toolkit())
        return self._panel.box

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return shown.bundle(self.picture(), self.lines(), self.panel)


def practise(desk: AdDesk, *, language: str | None = None) -> Practice:
    """A panel over an ad desk: bids, budgets, creatives and days of each ad set; play the week, take it back, read the debrief.

    Args:
        desk: from `mk.AdDesk`; weeks that were played already are shown. What is played here is played on this very desk.
        language: of the panel; the desk's own by default. Audiences are named in the desk's.

    Returns:
        `Practice`. Displayed in a live notebook: the controls; elsewhere the report so far as a figure and text. In plain code use
        `desk.spend(...)`.

    Raises:
        DataError: E_DESK, the first argument is no desk; a language that is none.

    >>> import mktlib as mk
    >>> practice = mk.practise(mk.AdDesk("search", budget=8000, seed=1), language="en")
    >>> print(practice.lines()[0])
    Week 1 of 8: €8,000 left of €8,000.
    """
    if wrong := not_language(language):
        raise DataError(wrong)
    if not isinstance(desk, AdDesk):
        raise DataError(finding("E_DESK", language, column="desk", found=type(desk).__name__))
    return Practice(desk, language or desk.language)
