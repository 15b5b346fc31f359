"""Why not that one? Each idea that fell is asked again, in words: which step dropped it, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.planning.brief import Brief
from mktlib.planning.ideas import GROUP
from mktlib.planning.sieves import BETTER_THAN, for_money
from mktlib.results import CELL, Shortlist
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest
from mktlib.wording import list_of, money, number, percent

NAMED = 8
"""Words of a list, at most, in one sentence."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CampaignShortlist(Shortlist):
    """A short list that knows every idea it was made from.

    ideas: every scored idea with its price, and fell (the step that dropped it, empty where it is in the list), rank, place (in the last
    step; 1 is best), worth (what it would bring there beyond the price of the limits it uses) and used (what it brings in the best use
    of money, days and reach; 0 where that leaves it out). brief, words: what it was narrowed by.
    """

    ideas: pd.DataFrame
    brief: Brief
    words: Tables

    def why_not(self, idea: Mapping[str, Any] | pd.Series, *, language: str | None = None) -> list[Finding]:
        """Where an idea fell and by what, or at which rank it stands.

        Parameters
        ----------
        idea : any of the axes of `CELL` with a word or a label each, or a row of a table; what is left out may be anything.
        language : of the answer; default the brief's.

        Returns
        -------
        list of Finding
            Where one scored idea fits: one finding. Where several fit: how many (`values`: cells, kept), how many fell at each step
            (`values`: dropped, reason; they agree with `steps`), and the best of those kept, or what stopped the one that came nearest.
            Where nothing was scored: that, with the nearest word, and what in the brief or the tables stands against it anyway.

        Raises
        ------
        DataError
            When `idea` has an entry that is no axis.

        Examples
        --------
        >>> from mktlib.planning import brief_from_text, shortlist
        >>> from mktlib.results import Scores
        >>> cell = dict(zip(CELL, ("parents", "decision", "carousel", "playful", "none", "display"), strict=True))
        >>> table = pd.DataFrame([cell | {"rate": 0.02, "low": 0.01, "high": 0.03, "verdict": "test"}])
        >>> scores = Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate")
        >>> days = "first_day = 2026-10-05" + chr(10) + "last_day = 2026-10-18" + chr(10)
        >>> brief = brief_from_text(days + "budget = 500" + chr(10) + "[channels]" + chr(10) + "paid_social = 8.0")
        >>> print(shortlist(scores, brief).why_not({"style": "playful"}, language="en")[0])
        channels: the brief does not buy Display. Expected: Paid social.
        """
        teller = Teller(self, language or self.brief.language)
        asked, strange = teller.read(idea)
        if strange:
            return [*strange, *teller.against(asked)]
        cells = self.ideas
        for axis, level in asked.items():
            cells = cells[cells[axis] == level]
        if cells.empty:
            return [teller.note("N_WHY_NO_CELL", cell=teller.cell(asked)), *teller.against(asked)]
        return [teller.one(cells.iloc[0])] if len(cells) == 1 else list(teller.several(cells))


@dataclass(frozen=True)
class Teller:
    """Says the answers of one short list in one language."""

    short: CampaignShortlist
    language: str

    # ------------------------------------------------------------ words

    def note(self, code: str, **values: Any) -> Finding:
        return finding(code, self.language, level="note", **values)

    def label(self, axis: str, word: Any) -> str:
        return self.short.words.label(axis, str(word), self.language)

    def labels(self, axis: str, words: Any) -> str:
        named = [self.label(axis, w) for w in words]
        return list_of(named, self.language) if len(named) <= NAMED else ", ".join(named[:NAMED]) + "…"

    def cell(self, row: Any, axes: tuple[str, ...] = CELL) -> str:
        """An idea in words; a length that says nothing is left out."""
        return " · ".join(self.label(a, row[a]) for a in axes if a in row and (a, row[a]) != ("length", "none"))

    def amount(self, value: float) -> str:
        """A value as the brief counts it, to three figures."""
        value = float(f"{value:.3g}")
        return number(value, self.language) if self.short.brief.objective.value is None else money(value, self.currency, self.language)

    def whole(self, count: float) -> str:
        return number(int(count), self.language)

    @property
    def currency(self) -> str:
        return self.short.brief.currency

    # ------------------------------------------------------------ what is asked

    def read(self, idea: Mapping[str, Any] | pd.Series) -> tuple[dict[str, str], list[Finding]]:
        """({axis: word as it was scored, or as given}, a finding for each word that nothing was scored for)."""
        given = idea._asdict() if hasattr(idea, "_asdict") else dict(idea)
        columns = set(self.short.ideas.columns)
        wrong = [k for k in given if k not in columns]
        if wrong:
            known = ", ".join(CELL)
            raise DataError(
                [finding("E_OPTION", self.language, column="why_not", found=k, expected=known, hint=nearest(k, CELL)) for k in wrong]
            )
        asked, strange = {}, []
        for axis in (a for a in CELL if a in given and not pd.isna(given[a])):
            known_words = [str(w) for w in self.short.ideas[axis].unique()]
            asked[axis] = self.word(axis, str(given[axis]), known_words)
            if asked[axis] not in known_words:
                near = nearest(asked[axis], known_words)
                strange.append(
                    self.note("N_WHY_NOT_SCORED", column=axis, found=self.label(axis, asked[axis]), hint=near and f'{axis} = "{near}"')
                )
        return asked, strange

    def word(self, axis: str, said: str, known: list[str]) -> str:
        """A word of the field from the word or any of its labels."""
        table = getattr(self.short.words, AXIS_TABLE[axis])
        names = {str(v).casefold(): k for k in (*known, *table) for v in (k, *table.get(k, {}).get("label", {}).values())}
        return said if said in known else names.get(said.casefold(), said)

    # ------------------------------------------------------------ answers

    def one(self, row: pd.Series) -> Finding:
        """Why one idea fell, or where it stands."""
        if not row["fell"]:
            return self.note("N_WHY_KEPT", rank=int(row["rank"]), last=self.whole(len(self.short.table)))
        return STEPS[row["fell"]](self, row) or self.step(row["fell"], 1)

    def step(self, reason: str, dropped: int) -> Finding:
        return self.note("N_WHY_STEP", dropped=dropped, many=self.whole(dropped), reason=reason, why=self.label("reason", reason))

    def several(self, cells: pd.DataFrame) -> Iterator[Finding]:
        """How many fit, how many fell at each step, and what stopped the one that came nearest."""
        kept = int((cells["fell"] == "").sum())
        yield self.note("N_WHY_MANY", cells=len(cells), many=self.whole(len(cells)), kept=kept, left=self.whole(kept))
        counts = cells["fell"].value_counts()
        order = [r for r in self.short.steps["reason"] if r in counts]
        yield from (self.step(reason, int(counts[reason])) for reason in order)
        if kept:
            best = cells.sort_values("rank").iloc[0]
            yield self.note("N_WHY_BEST", cell=self.cell(best), rank=int(best["rank"]), last=self.whole(len(self.short.table)))
            return
        late = cells[cells["fell"] == order[-1]]
        best = late.sort_values(["place", "value", *CELL], ascending=[True, False] + [True] * len(CELL), kind="stable").iloc[0]
        yield self.note("N_WHY_NEAREST", cell=self.cell(best))
        yield self.one(best)

    def against(self, asked: Mapping[str, str]) -> list[Finding]:
        """What the brief and the tables say of words alone, in the order of the steps."""
        row = pd.Series({**asked, "people": 1.0, "event_value": 1.0}, dtype=object)
        told = (STEPS[reason](self, row) for reason in ("brand", "channel", "format", "stage", "excluded"))
        return [found for found in told if found is not None]

    # ------------------------------------------------------------ one step each

    def brand(self, row: pd.Series) -> Finding | None:
        brand, style = self.short.brief.brand, row.get("style")
        if style in brand.forbidden:
            return self.note("N_WHY_BRAND", column="brand.forbidden", style=self.label("style", style))
        if brand.allowed and style not in (None, *brand.allowed):
            wanted = self.labels("style", brand.allowed)
            return self.note("N_WHY_STYLE", column="brand.allowed", style=self.label("style", style), expected=wanted)
        return None

    def channel(self, row: pd.Series) -> Finding | None:
        channel, brief = row.get("channel"), self.short.brief
        if channel not in (None, *brief.channels):
            name, wanted = self.label("channel", channel), self.labels("channel", brief.channels)
            return self.note("N_WHY_CHANNEL", column="channels", channel=name, expected=wanted)
        if row["people"] < 1:
            where = f"segments.{row['segment']}.{'consent' if row['message'] else 'reach'}"
            where = where if brief.near(row["segment"], str(channel)) > 0 else "places"
            who, name = self.label("segment", row["segment"]), self.label("channel", channel)
            return self.note("N_WHY_NOBODY", column=where, segment=who, channel=name)
        return None

    def format(self, row: pd.Series) -> Finding | None:
        tables, kind, length, lengths = self.short.words, str(row.get("content_type")), row.get("length"), self.short.brief.lengths
        name = self.label("content_type", kind)
        if not tables.allows({a: row[a] for a in ("content_type", "channel") if a in row}):
            wanted = self.labels("channel", tables.content_types[kind]["channels"])
            return self.note("N_WHY_FORMAT", content_type=name, channel=self.label("channel", row["channel"]), expected=wanted)
        if not tables.allows({a: row[a] for a in ("content_type", "length") if a in row}):
            return self.note("N_WHY_MADE", content_type=name, length=self.label("length", length))
        if lengths and length not in (None, "none", *lengths):
            wanted = self.labels("length", lengths)
            return self.note("N_WHY_LENGTH", column="lengths", length=self.label("length", length), expected=wanted)
        return None

    def stage(self, row: pd.Series) -> Finding | None:
        brief = self.short.brief
        for axis, known in (("stage", brief.stages), ("segment", brief.segments)):
            if known and row.get(axis) not in (None, *known):
                wanted = self.labels(axis, known)
                return self.note("N_WHY_UNWANTED", column=f"{axis}s", found=self.label(axis, row[axis]), expected=wanted)
        if "stage" in row and not brief.event_value(row["stage"]) > 0:
            return self.note("N_WHY_NO_VALUE", column=f"objective.value.{row['stage']}", found=self.label("stage", row["stage"]))
        return None

    def fit(self, row: pd.Series) -> Finding | None:
        kind, stage = row["content_type"], row["stage"]
        usual = self.labels("stage", self.short.words.content_types[kind]["stages"])
        name = self.label("content_type", kind)
        return self.note("N_WHY_FIT", content_type=name, stage=self.label("stage", stage), stages=usual)

    def excluded(self, row: pd.Series) -> Finding | None:
        for k, entry in enumerate(self.short.brief.exclude):
            if all(row.get(axis) == word for axis, word in entry.given().items()):
                return self.note("N_WHY_EXCLUDED", column=f"exclude.{k}", cell=self.cell(entry.given()))
        return None

    def drop(self, row: pd.Series) -> Finding | None:
        rate = percent(row["rate"], self.language)
        if not row.get("index", 0) > 0:
            return self.note("N_WHY_DROP", rate=rate, mean="?")
        return self.note("N_WHY_DROP", rate=rate, mean=percent(100 * row["rate"] / row["index"], self.language))

    def dominated(self, row: pd.Series) -> Finding | None:
        """By which three ideas of its own people, stage and channel, each with what it brings at least for the same money."""
        ideas = self.short.ideas
        alive = ideas[ideas["fell"].isin(["", "dominated", "shortlist"]) & (ideas[GROUP] == row[GROUP]).all(axis=1)]
        first = alive.assign(_low=for_money(alive, "low")).sort_values("_low", ascending=False, kind="stable").head(BETTER_THAN)
        axes = ("content_type", "style", "length")
        said = [f"{self.cell(r, axes)} ({self.amount(for_one(r['_low'], r))})" for r in first.to_dict("records")]
        best = self.amount(for_one(float(for_money(alive, "high")[alive.index == row.name].iloc[0]), row))
        one = money(1.0, self.currency, self.language)
        code = "N_WHY_DOMINATED_FREE" if row["lot_cost"] == 0 else "N_WHY_DOMINATED"
        return self.note(code, others=list_of(said, self.language), high=best, one=one, rows=tuple(int(i) for i in first.index))

    def shortlist(self, row: pd.Series) -> Finding | None:
        ideas = self.short.ideas
        kept = ideas[(ideas["fell"] == "") & ideas["place"].notna()]
        last = kept.sort_values("place").iloc[-1]
        measure, code = ("used", "N_WHY_USED" if row["used"] > 0 else "N_WHY_UNUSED") if last["used"] > 0 else ("worth", "N_WHY_RANKED")
        known = {"place": self.whole(row["place"]), "allowed": self.whole(self.short.facts["allowed"])}
        return self.note(code, **known, worth=self.amount(row[measure]), last=self.amount(last[measure]))


def for_one(worth: float, row: Any) -> float:
    """What one unit of money brings (one placement, where it is free), from the measure of `sieves.for_money`."""
    cost = float(row["lot_cost"])
    return float(worth) * (1 + cost) / cost if cost > 0 else float(worth)


STEPS: Mapping[str, Callable[[Teller, pd.Series], Finding | None]] = {
    "brand": Teller.brand, "channel": Teller.channel, "format": Teller.format, "stage": Teller.stage, "fit": Teller.fit,
    "excluded": Teller.excluded, "drop": Teller.drop, "dominated": Teller.dominated, "shortlist": Teller.shortlist,
}  # fmt: skip
