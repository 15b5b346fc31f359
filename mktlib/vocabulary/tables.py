"""The tables: the packaged rows with a caller's own above them, and what they say of a cell, a metric or a channel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.vocabulary.checks import sound, wrong_entries
from mktlib.vocabulary.layers import above
from mktlib.vocabulary.opinions import SURENESS, read_opinion
from mktlib.vocabulary.rows import AXIS_TABLE, KINDS, Row, Rows, frozen, read_toml, text_of, toml_of
from mktlib.vocabulary.words import TABLES, default_language, finding, inner, languages, phrase

MISSING = "(missing)"
"""The level of what a log leaves blank."""


@dataclass(frozen=True)
class Tables(Rows):
    """Every row of the packaged tables, with the caller's own above them. Each attribute maps a key to its row."""

    def label(self, kind: str, key: object, language: str | None = None) -> str:
        """The name a reader sees; a word that no table knows is shown as it is, with spaces for underscores.

        >>> load_tables().label("content_type", "short_video", "fr")
        'Vidéo courte verticale'
        >>> load_tables().label("content_type", "hologram_show", "en")
        'Hologram show'
        """
        language = language or default_language()
        if kind in ("scope", "arm"):  # what a limit applies to, or an option: any words of the tables, joined
            return " / ".join(self._anywhere(part, language) for part in str(key).split(" / "))
        row = getattr(self, AXIS_TABLE.get(kind, ""), {}).get(key) if isinstance(key, str) else None
        if row:
            return str(row["label"].get(language) or self._own(language, kind, key) or row["label"]["en"])
        if key == "any":
            return phrase("words.any", language)
        own = self._own(language, kind, key)
        if own is None and key == MISSING:
            return phrase("words.without", language, what=inner(self.label("column", kind, language)))
        text = str(own if own is not None else key)
        return text if own is not None or not text.islower() else (text[:1].upper() + text[1:]).replace("_", " ")

    def _own(self, language: str, kind: str, key: object) -> Any:
        """A label that the language's own file gives; None where it gives none."""
        return self.languages.get(language, {}).get("labels", {}).get(kind, {}).get(str(key))

    def _anywhere(self, key: str, language: str) -> str:
        own = self.languages.get(language, {}).get("labels", {}).get("scope", {})
        kind = next((k for k in ("segment", "channel", "stage", "content_type", "style") if key in getattr(self, AXIS_TABLE[k])), None)
        return self.label(kind, key, language) if kind and key not in own else str(own.get(key, key))

    def stage_fit(self, content_type: str, stage: str) -> float:
        """Opinion: how well a content type suits a stage, as an effect on the log-odds; 0.0 where nobody has an opinion.

        >>> load_tables().stage_fit("reminder_banner", "decision")
        0.8
        """
        return float(self.priors["stage_fit"]["effects"].get(content_type, {}).get(stage, 0.0))

    def allows(self, cell: Mapping[str, Any]) -> bool:
        """Whether a combination can exist: the type runs on the channel, the length is one its family has. Unknown words are allowed.

        >>> load_tables().allows({"content_type": "sms", "channel": "display"})
        False
        """
        row = self.content_types.get(str(cell.get("content_type")))
        if row is None:
            return True
        channel, length = cell.get("channel"), self.lengths.get(str(cell.get("length")))
        runs = channel is None or channel not in self.channels or channel in row["channels"]
        measured = any(row["family"] in other["families"] for other in self.lengths.values())
        return runs and (length is None or not measured or row["family"] in length["families"])

    def exposure(self, metric: str, channel: str | None = None) -> str:
        """The column that is this metric's denominator on a channel.

        >>> load_tables().exposure("click_rate", "email")
        'delivered'
        """
        row = self.metrics[metric]
        return str(row.get("exposure_by_channel", {}).get(channel, row["exposure"]))

    def base_rate(self, metric: str, channel: str | None = None) -> tuple[float, float]:
        """(mean, sd of the log-odds between companies) before any data, for a channel or for the metric as such."""
        rows = [r for r in self.priors["rates"].values() if r["metric"] == metric]
        for wanted in (channel, None):
            for row in rows:
                if row.get("channel") == wanted:
                    return float(row["mean"]), float(row["logit_sd"])
        return 0.02, 1.2

    def _parts(self, row: Row) -> Iterator[Mapping[str, Any]]:
        """A statement as rows of when, times and sure; a sentence that sets two things side by side is half for the one, half against."""
        if "says" not in row:
            yield row
            return
        said = read_opinion(str(row["says"]), self)
        share = 1 / len(said.subjects)
        sure = row.get("sure", said.sure)
        sd = (float(sure) if isinstance(sure, int | float) else SURENESS[sure]) * share**0.5
        for subject, side in zip(said.subjects, (1, -1), strict=False):
            yield {**row, "when": {**subject, **said.where}, "times": said.times ** (side * share), "sure": sd}

    def opinions(self, metric: str) -> list[dict[str, Any]]:
        """Every opinion on a metric: when = {axis: level}, effect and sd on the log-odds, source, conf."""
        fit = self.priors["stage_fit"]
        found = []
        if metric in ("click_rate", "engagement_rate", "lead_rate", "conversion_rate", "value_per_mille"):
            about = {"sd": float(fit["sd"]), "source": fit["source"], "conf": fit["conf"]}
            for kind, effects in fit["effects"].items():
                found += [{"when": {"content_type": kind, "stage": s}, "effect": float(x), **about} for s, x in effects.items() if x]
        for row in (part for statement in self.priors.get("statement", []) for part in self._parts(statement)):
            if row.get("metric", metric) == metric:
                sure = row.get("sure", "fairly")
                sd = float(sure) if isinstance(sure, int | float) else SURENESS[sure]
                about = {"sd": sd, "source": row.get("source", row.get("says", "own")), "conf": row.get("conf", "J")}
                found.append({"when": dict(row["when"]), "effect": math.log(float(row["times"])), **about})
        return found


def load_tables(*own: str | Path) -> Tables:
    """The packaged tables, with the rows of the caller's TOML files laid above them, the last file on top.

    A file of one's own has the shape of the packaged ones: `[content_types.hologram]`, `[[priors.statement]]`, `[labels.fr.segment]`.

    Raises:
        DataError: one finding for each wrong entry (unknown table, missing label, unknown reference), or for what is no path.

    >>> len(load_tables().content_types)
    51
    """
    wrong = [path for path in own if not isinstance(path, str | Path)]
    if wrong:
        raise DataError([finding("E_OPTION", column="load_tables", found=repr(x), hint='mk.load_tables("ours.toml")') for x in wrong])
    return _load(tuple((Path(path).name, text_of(Path(path))) for path in own), tuple(languages()))


@lru_cache(maxsize=16)
def _load(own: tuple[tuple[str, str], ...], spoken: tuple[str, ...]) -> Tables:
    """By what the files say, never by their paths: a file that was edited is read again. spoken: the languages that there are."""
    raw = packaged()
    problems: list[Finding] = []
    for name, text in own:
        layer = toml_of(text, name)
        problems += wrong_entries(layer, raw, name)
        raw = above(raw, sound(layer))
        if problems:
            continue
        for language, labels in layer.get("labels", {}).items():
            raw["languages"] = above(raw["languages"], {language: {"labels": labels}})
    if problems:
        raise DataError(problems)
    return Tables(**{name: frozen(raw.get(name, {})) for name in (*KINDS, "priors", "languages")})


def packaged() -> dict[str, Any]:
    """Every row of `tables/`, the languages among them, as it stands in the files."""
    return {**_files(), "languages": languages()}


@lru_cache(maxsize=1)
def _files() -> dict[str, Any]:
    raw: dict[str, Any] = {kind: {} for kind in KINDS}
    for path in [*sorted(TABLES.glob("*.toml")), *sorted((TABLES / "rules").glob("*.toml")), *sorted((TABLES / "checks").glob("*.toml"))]:
        raw = above(raw, read_toml(path))
    return raw


@lru_cache(maxsize=1)
def platforms() -> Mapping[str, Row]:
    """Every platform whose exports are known, by name: one file each in `tables/platforms`."""
    return MappingProxyType({path.stem: frozen(read_toml(path)) for path in sorted((TABLES / "platforms").glob("*.toml"))})


@lru_cache(maxsize=1)
def exercises() -> Mapping[str, Row]:
    """Every exercise of the lessons by number ("03.2"): one file a lesson in `tables/exercises`."""
    files = sorted((TABLES / "exercises").glob("*.toml"))
    return MappingProxyType({number: frozen(row) for path in files for number, row in read_toml(path).items()})


@lru_cache(maxsize=1)
def public_data() -> Mapping[str, Row]:
    """Every public data set that can be fetched, by name: where it is, its checksum, its source and licence."""
    return MappingProxyType({name: frozen(row) for name, row in packaged()["datasets"].items()})


@lru_cache(maxsize=1)
def sending_rules() -> Mapping[str, Row]:
    """What mailbox providers and regulators ask of who sends messages, by name: each a value with its unit and source."""
    return MappingProxyType({name: frozen(row) for name, row in packaged()["sending"].items()})


@lru_cache(maxsize=1)
def app_funnel() -> Mapping[str, Row]:
    """What is believed of the steps from a store's page to a paying user before any count of one's own, by step."""
    return MappingProxyType({name: frozen(row) for name, row in packaged()["app_funnel"].items()})


@lru_cache(maxsize=1)
def local_rules() -> Mapping[str, Mapping[str, Row]]:
    """Campaigns by place: what platforms sell (local), the channels around a place (local_channels), the parts of a day (dayparts)."""
    names = ("local", "local_channels", "dayparts")
    return MappingProxyType({name: MappingProxyType({key: frozen(row) for key, row in packaged()[name].items()}) for name in names})


@lru_cache(maxsize=1)
def rhythm_evidence() -> Mapping[str, Row]:
    """What was published on how many e-mails people bear, by name: each with source, year and how far it goes."""
    return MappingProxyType({name: frozen(row) for name, row in packaged()["rhythm_evidence"].items()})


@lru_cache(maxsize=1)
def app_launch() -> Mapping[str, Row]:
    """The launch of an app: `tasks` by week, `tests` of a listing, `rollout` by store, rules on `reviews`."""
    return MappingProxyType({name: frozen(rows) for name, rows in packaged()["app_launch"].items()})


@lru_cache(maxsize=1)
def ad_desk() -> Mapping[str, Mapping[str, Row]]:
    """The ad desk as a model: presets (desk), assumptions (desk_rules), parts of the day (desk_parts), audiences
    (desk_audiences), how each platform writes its file (desk_exports)."""
    names = ("desk", "desk_rules", "desk_parts", "desk_audiences", "desk_exports")
    return MappingProxyType({name: MappingProxyType({key: frozen(row) for key, row in packaged()[name].items()}) for name in names})


@lru_cache(maxsize=1)
def grammar() -> Mapping[str, Row]:
    """Small words of each language by what they do: persons, tenses, orders, negations."""
    return MappingProxyType({language: frozen(row) for language, row in packaged()["grammar"].items()})


@lru_cache(maxsize=1)
def list_statuses() -> Mapping[str, Row]:
    """How lists of addresses say that someone must not be written to: the words, by what they say."""
    return MappingProxyType({name: frozen(row) for name, row in packaged()["list_status"].items()})


@lru_cache(maxsize=1)
def sentiment_words() -> Mapping[str, Row]:
    """What words say of a thing, one entry a language (`fr`, `en`), and `marks` for what any language shares."""
    return MappingProxyType({path.stem: frozen(read_toml(path)) for path in sorted((TABLES / "sentiment").glob("*.toml"))})


def own_sentiment_words(path: str | Path) -> Row:
    """A company's own words, in the shape of `tables/sentiment/en.toml` under the language: `[fr.fixed]`, `"-2" = "rayable"`."""
    return frozen(toml_of(text_of(Path(path)), Path(path).name))


def calendars() -> list[tuple[str, ...]]:
    """The names of the twelve months in each language."""
    return [row["calendar"]["months"] for row in load_tables().languages.values() if "calendar" in row]
