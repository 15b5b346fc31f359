"""Tags laid beside a log: what each piece is, kept apart from what it brought.

An export knows an ad by its number; what kind of content it was stands in the team's own sheet. The two are joined on the piece, and
only if each piece stands once in the sheet: otherwise its counts would be added up more than once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake.columns import COUNTS, DATES, MONEY
from mktlib.intake.counts import to_pandas
from mktlib.vocabulary import finding

NUMBERS = frozenset((*COUNTS, *MONEY, *DATES))
KEYS = ("content_id", "content_name", "ad_group", "placement", "campaign")


def tag_table(tags: Any) -> pd.DataFrame:
    """Tags as text, from a frame or a UTF-8 CSV file; an empty cell is null.

    >>> tag_table(pd.DataFrame({"content_id": [1], "style": ["playful"]})).to_dict("list")
    {'content_id': ['1'], 'style': ['playful']}
    """
    if isinstance(tags, str | Path):
        try:
            table = pd.read_csv(tags, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=None, engine="python")
        except (OSError, UnicodeError, ValueError) as error:
            raise DataError(finding("E_NO_FILE", file=Path(tags).name, found=str(error))) from error
    else:
        table = to_pandas(tags)
    text = table.astype(object).where(table.notna(), "").map(lambda cell: str(cell).strip())
    return text.where(text != "", None)


def with_tags(text: pd.DataFrame, tags: Any, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The log's text columns with those of the tags beside them; a tag fills an empty cell and never replaces a word of the log.

    Raises:
        DataError: no column of the tags names a piece, or a piece stands twice in them.

    >>> log = pd.DataFrame({"content_id": ["a", "b"], "clicks": ["1", "2"]})
    >>> joined, found = with_tags(log, pd.DataFrame({"content_id": ["a"], "style": ["playful"]}), "log.csv")
    >>> joined["style"].tolist(), [f.code for f in found]
    (['playful', ''], ['E_UNTAGGED'])
    """
    table = tag_table(tags)
    keys = [k for k in KEYS if k in table and k in text]
    if not keys:
        named, there = [k for k in KEYS if k in table], [k for k in KEYS if k in text]
        if named:  # the sheet names pieces in a way that the log does not
            known, columns = ", ".join(there) or KEYS[0], ", ".join(map(str, text.columns))
            raise DataError(finding("E_TAG_KEY", file=name, column=named[0], expected=known, found=columns))
        names = ", ".join(map(str, table.columns))
        raise SchemaError(
            finding("E_MISSING_COLUMN", file="tags", column=there[0] if there else KEYS[0], expected=" / ".join(there), found=names)
        )
    key = keys[0]
    twice = table.loc[table[key].duplicated(), key].drop_duplicates()
    if len(twice):
        raise DataError([finding("E_TAG_TWICE", column=key, found=word) for word in twice])
    of = table.set_index(key)
    out = text.copy()
    for column in (c for c in of.columns if c not in NUMBERS):  # a tag is a word: it never becomes a count
        given = text[key].map(of[column]).fillna("")
        out[column] = text[column].where(text[column] != "", given) if column in text else given
    lost = int((~text[key].isin(of.index)).sum())
    return out, [finding("E_UNTAGGED", level="warning", file=name, column=key, found=str(lost))] if lost else []
