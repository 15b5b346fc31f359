"""What a segmentation can do once it stands: give new people their segment, feed the scorer and the brief, be kept in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mktlib.audience.assigning import Classes, probabilities
from mktlib.audience.features import Column, as_days, as_numbers, blank, codes_of, meaning
from mktlib.errors import DataError, Finding, StoreError
from mktlib.intake import to_pandas
from mktlib.intake.dates import typed_days
from mktlib.intake.engines import as_floats
from mktlib.intake.inputs import moment, said_days
from mktlib.results import Segmentation
from mktlib.scoring.keeping import path_of, plain_finding, read_scorer, write_scorer
from mktlib.vocabulary import default_language, finding, load_tables, nearest, phrase

SURE = 0.7
"""Probability from which a person is counted to a segment without doubt."""
ALL, UNCERTAIN = "all", "uncertain"
SCHEMA = "segmentation 1"
FRAMES = ("table", "traits", "likes", "consent", "choice")


@dataclass(frozen=True, kw_only=True, repr=False)
class Segments(Segmentation):
    """A segmentation that knows its classes. columns: how each column is cut; day: the day that "days since" are counted from."""

    classes: Classes
    columns: tuple[Column, ...]
    day: pd.Timestamp | None

    def assign(self, people: Any, *, as_of: Any = None) -> pd.DataFrame:
        """The segment of each person, new ones too.

        Args:
            people: one row a person, with the columns that segments were made of. One that is missing, and a word that nobody had used
                before, are as no answer; both are told in `.attrs["findings"]`.
            as_of: the day that "days since" are counted from; default the segmentation's own, or the latest day in `people` if later.

        Returns:
            A frame with the rows of `people` and the columns segment ("uncertain" where the probability is below 0.7), probability,
            likeliest (the segment that is likeliest, sure or not).

        Raises:
            DataError: none of the columns is there, or a cell of one is no number or no day.
        """
        frame = to_pandas(people)
        frame.columns = [str(c) for c in frame.columns]
        day, found = self._day(frame, as_of), self._lacking(frame)
        codes = np.full((len(frame), len(self.columns)), -1)
        wrong: list[Finding] = []
        for j, column in enumerate(self.columns):
            if column.name in frame:
                wrong += _unreadable(frame[column.name], column)
                codes[:, j], unknown = codes_of(frame[column.name], column, day)
                if unknown:
                    found.append(finding("E_SEGMENT_UNSEEN", level="warning", column=column.name, found=", ".join(unknown[:5])))
        if wrong:
            raise DataError(wrong)
        share = probabilities(codes, self.classes)
        key, sure = self.table["segment"].to_numpy(object)[share.argmax(axis=1)], share.max(axis=1)
        out = pd.DataFrame({"segment": np.where(sure >= SURE, key, UNCERTAIN), "probability": sure, "likeliest": key}, index=frame.index)
        out.attrs["findings"] = tuple(found)
        return out

    def _lacking(self, frame: pd.DataFrame) -> list[Finding]:
        names = [str(c) for c in frame.columns]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise DataError([finding("E_DUPLICATE_COLUMN", column=n, found=n) for n in twice])
        lacking = [c.name for c in self.columns if c.name not in names]
        level: Any = "error" if len(lacking) == len(self.columns) else "warning"
        about = [
            finding("E_MISSING_COLUMN", level=level, column=n, expected=n, found=", ".join(names[:20]), hint=nearest(n, names))
            for n in lacking
        ]
        if lacking and level == "error":
            raise DataError(about)
        return about

    def _day(self, frame: pd.DataFrame, as_of: Any) -> pd.Timestamp | None:
        """The day to count from: the one asked for, the segmentation's own, or a later one that the people have."""
        asked, wrong = moment(as_of)
        if wrong:
            raise DataError(wrong)
        if asked is not None:
            return asked
        dates = [as_days(frame[c.name]) for c in self.columns if c.kind == "date" and c.name in frame]
        latest = [d.max() for d in dates if d is not None and d.notna().any()]
        return max([*latest, *([self.day] if self.day is not None else [])], default=None)

    def label(self, people: Any, *, column: str = "segment") -> pd.DataFrame:
        """The people with one column more: their segment ("uncertain" where it is not clear), as `ContentScorer` reads it.

        Raises:
            DataError: there is such a column already, or the people cannot be assigned.
        """
        frame = to_pandas(people)
        if not isinstance(column, str) or not column:
            raise DataError(finding("E_OPTION", column="column", found=column, expected='column="segment"'))
        if column in frame:
            raise DataError(finding("E_SEGMENT_TAKEN", column=column, found=column))
        return frame.assign(**{column: self.assign(frame)["segment"]})

    def brief_segments(self, *, people: int | None = None, language: str | None = None) -> str:
        """The rows `[segments.x]` of a brief (TOML): size, consent by channel as far as known, and the caps left to fill in.

        people: of the whole audience that is planned for; default those who were segmented.
        """
        tables, language, whole = load_tables(), language or default_language(), int(self.facts["people"]) if people is None else people
        wrong = []
        if isinstance(whole, bool) or not isinstance(whole, int | np.integer) or whole < 1:
            wrong.append(finding("E_OPTION", column="people", found=people, expected="people=10_000"))
        if language not in tables.languages:
            wrong.append(finding("E_OPTION", column="language", found=language, expected=", ".join(tables.languages)))
        if wrong:
            raise DataError(wrong)
        known, parts = tables.channels, []
        for row in self.table.to_dict("records"):
            key = str(row["segment"])
            mine = self.consent[(self.consent["segment"] == key) & self.consent["channel"].isin(list(known))]
            agreed = ", ".join(f"{c} = {x:.3f}" for c, x in zip(mine["channel"], mine["share"], strict=True))
            name = self.facts["names"][key].get(language, key)
            lines = [f"# {_one_line(name)}", f"[segments.{key}]", f"size = {max(1, round(whole * float(row['share'])))}"]
            lines += [f"consent = {{ {agreed} }}"] if agreed else []
            lines += [
                f"# cap_per_week =   # {phrase('segments.cap', language)}",
                f"# cap_per_month =   # {phrase('segments.cap', language)}",
            ]
            parts.append("\n".join(lines))
        return "\n\n".join(parts) + "\n"

    def table_rows(self) -> str:
        """Rows for a file of one's own (`load_tables("ours.toml")`), so that figures and reports say the names of the segments."""
        unclear = {la: phrase("segments.uncertain", la) for la in load_tables().languages}
        named = [(str(s), self.facts["names"][s]) for s in self.table["segment"]] + [(UNCERTAIN, unclear)]
        return "\n".join(f"[segments.{key}]\nlabel = {{ {_labels(said)} }}\n" for key, said in named)

    def save(self, path: str | Path) -> Path:
        """Write everything to one .npz (a JSON header and plain arrays, never pickle), whole or not at all."""
        file = path_of(path, 'segments.save("segments.npz")')
        header = {
            "frames": {name: getattr(self, name).astype(object).to_dict("list") for name in FRAMES}, "facts": dict(self.facts),
            "findings": [plain_finding(f) for f in self.findings], "columns": [asdict(c) for c in self.columns],
            "sizes": list(self.classes.sizes), "gain": self.classes.gain, "day": None if self.day is None else self.day.isoformat(),
        }  # fmt: skip
        arrays = {"weight": self.classes.weight, "level": self.classes.level}
        return write_scorer(file, json.loads(json.dumps(header, default=_plain)), arrays, schema=SCHEMA)


def load_segmentation(path: str | Path) -> Segments:
    """The segmentation that `.save` wrote.

    Raises:
        DataError: `path` is no path.
        StoreError: no such file, or it is cut off, altered or of another schema.
    """
    file = path_of(path, 'load_segmentation("segments.npz")')
    header, arrays = read_scorer(file, schema=SCHEMA)
    try:
        columns = tuple(Column(c["name"], c["kind"], tuple(c["levels"]), tuple(c["edges"]), c["never"]) for c in header["columns"])
        classes = Classes(arrays["weight"], arrays["level"], tuple(header["sizes"]), header["gain"])
        day = None if header["day"] is None else pd.Timestamp(header["day"])
        frames = {name: pd.DataFrame(header["frames"][name]) for name in FRAMES}
        found = tuple(Finding(**f) for f in header["findings"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(finding("E_MODEL_FILE", file=file.name, found=f"{type(error).__name__}: {error}")) from error
    return Segments(**frames, facts=header["facts"], findings=found, classes=classes, columns=columns, day=day)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _unreadable(values: pd.Series, column: Column) -> list[Finding]:
    """The first cell that is no number, without end, or no day, where the column is of those."""
    if column.kind == "choice":
        return []
    if column.kind == "date":
        said = pd.Series(pd.NaT, index=values.index) if as_numbers(values) is not None else said_days(values).where(~blank(values))
        when = pd.to_datetime(said, errors="coerce", utc=True, format="ISO8601")
        code, bad = "E_BAD_DATE", when.isna() & ~blank(values) & (as_days(values) is None)
    else:
        number = as_floats(values.astype(object).where(~blank(values)))
        code, bad = "E_NOT_A_NUMBER", (number.isna() & ~blank(values)) | np.isinf(number)
    if not bad.any():
        return []
    at = int(bad.to_numpy(bool).argmax())
    hint = typed_days(column.name, values.iloc[at]) if column.kind == "date" else None
    return [finding(code, column=column.name, line=at + 2, found=values.iloc[at], hint=hint)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _labels(said: Mapping[str, str]) -> str:
    return ", ".join(f"{language} = {json.dumps(_one_line(name), ensure_ascii=False)}" for language, name in said.items())


def person_column(people: pd.DataFrame, log: pd.DataFrame) -> str | None:
    """The column that names people in both frames."""
    shared = [str(c) for c in people.columns if c in log.columns]
    return next((c for c in shared if meaning(c, people[c]) == "id"), None)
