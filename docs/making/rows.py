"""The pages of the tables: every row of `mktlib/tables`, in both languages, with its source; and every sentence that a finding can say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from making.page import code, escaped, french, table, write
from mktlib.vocabulary import TABLES

TITLES = {
    "segments": "Segments", "stages": "Stages", "content_types": "Content types", "styles": "Styles", "lengths": "Lengths",
    "channels": "Channels", "networks": "Networks", "metrics": "Metrics", "kpis": "Figures of money and of steps", "glossary": "Glossary",
    "platforms": "Platforms", "specs": "Room of a channel", "quiet": "Silences and holidays", "sending": "Senders' rules",
    "flows": "Flows of e-mails",
    "rhythm": "What is published on rhythm", "local": "Around a place", "stores": "Stores of apps", "app_launch": "Launch of an app",
    "customer_groups": "Groups of customers", "research": "Questions of research", "priors": "What is believed before any data",
    "datasets": "Public data sets",
}  # fmt: skip
FIRST = ("segments", "stages", "content_types", "styles", "lengths", "channels", "networks", "metrics", "platforms", "kpis", "glossary")
SOURCE = ("source", "year", "conf")
HIDDEN = ("label", *SOURCE, "sha256", "addresses", "example", "words", "unconfirmed", "reported", "examples")
MOST = 160  # characters of a detail: what is longer is told by its number of entries


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def comments(path: Path) -> str:
    """The comment at the head of a table file, which says what its entries mean."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def bilingual(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"en", "fr"} and isinstance(value["en"], str)


def spoken(row: Mapping[str, Any], language: str) -> str:
    """Label and sentences of a row in one language."""
    label = row["label"][language] if bilingual(row.get("label")) else ""
    parts = [f"<strong>{escaped(label)}</strong>"] if label else []
    parts += [escaped(v[language]) for k, v in row.items() if k != "label" and bilingual(v)]
    text = "<br>".join(parts)
    return french(text) if language == "fr" else text


def details(row: Mapping[str, Any]) -> str:
    shown = {k: v for k, v in row.items() if k not in HIDDEN and not (isinstance(v, Mapping) and set(v) == {"en", "fr"})}
    if "example" in row:
        shown.pop("value", None)  # of the example, which is a test's
    return "<br>".join(f"{escaped(k)}: {short(v)}" for k, v in shown.items())


def short(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{k} {plain(v)}" for k, v in value.items())
    else:
        text = ", ".join(map(plain, value)) if isinstance(value, list) else plain(value)
    return escaped(text) if len(text) <= MOST else escaped(f"{len(value)} entries" if not isinstance(value, str) else f"{text[:MOST]}…")


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{k} {plain(v)}" for k, v in value.items())
    return ", ".join(map(plain, value)) if isinstance(value, list) else str(value)


def source(row: Mapping[str, Any]) -> str:
    return ", ".join(escaped(row[k]) for k in SOURCE if k in row)


def listed(kind: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    ids = [f"{kind}-{key}".replace(" ", "-") for key in rows]
    cells = [(code(key), spoken(row, "en"), spoken(row, "fr"), details(row), source(row)) for key, row in rows.items()]
    head, shown = ["Row", "English", "Français", "Details", "Source"], [0, 1, 2, 3, 4]
    shown = [k for k in shown if k == 0 or any(cell[k] for cell in cells)]
    return table([head[k] for k in shown], ([cell[k] for k in shown] for cell in cells), ids)


def flat(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Mapping[str, Any]]]]:
    """(kind, rows) of a table file; a table of tables of rows is taken apart."""
    for kind, rows in found.items():
        groups = {k: v for k, v in rows.items() if isinstance(v, Mapping)} if isinstance(rows, Mapping) else {}
        own = {k: v for k, v in groups.items() if "label" in v or "says" in v or "words" in v or not nested(v)}
        if own:
            yield kind, own
        for name, inner in groups.items():
            if name not in own:
                yield f"{kind}.{name}", {k: v for k, v in inner.items() if isinstance(v, Mapping)}


def nested(row: Mapping[str, Any]) -> bool:
    return bool(row) and all(isinstance(v, Mapping) and not bilingual(v) for v in row.values())


def one_table(path: Path) -> str:
    title = TITLES.get(path.stem, path.stem.replace("_", " ").capitalize())
    parts = [f"(table-{path.stem})=\n# {title}\n", comments(path), f"\nThe file: `mktlib/tables/{path.name}`.\n"]
    found = list(flat(read(path)))
    for kind, rows in found:
        parts += [f"\n## {kind}\n" if len(found) > 1 else "", listed(kind, rows)]
    return "\n".join(parts)


def platform_table() -> str:
    rows = {path.stem: read(path) for path in sorted((TABLES / "platforms").glob("*.toml"))}
    cells = []
    for key, row in rows.items():
        unsure = len(row.get("unconfirmed", []))
        told = f"{unsure} spellings are not confirmed" if unsure else "every header that is listed is confirmed"
        cells.append((code(key), escaped(row["label"]["en"]), french(escaped(row["label"]["fr"])), told, source(row)))
    intro = (
        "Exports that `read_export` knows by their headers. `conf` says how far: V, R, S, K or J, as the [table of tables](index.md) says."
    )
    body = table(("Platform", "English", "Français", "Headers", "Source"), cells, [f"platforms-{key}" for key in rows])
    return f"(table-platforms)=\n# Platforms\n\n{intro}\n\n{body}"


def tables(out: Path) -> list[str]:
    """Write a page for each table; answer with their names, the main ones first."""
    files = {path.stem: path for path in sorted(TABLES.glob("*.toml"))}
    for path in files.values():
        write(out / f"{path.stem}.md", one_table(path))
    write(out / "platforms.md", platform_table())
    names = [name for name in FIRST if name in files or name == "platforms"]
    return names + [name for name in files if name not in FIRST]


def sentence(row: Mapping[str, Any]) -> str:
    return "<br>".join(escaped(str(row[k]).replace("{{", "{").replace("}}", "}")) for k in ("says", "expected", "hint") if k in row)


def findings(path: Path) -> None:
    """The catalogue: what a code says, in both languages."""
    spoken_in = {code_: read(TABLES / "languages" / f"{code_}.toml")["findings"] for code_ in ("en", "fr")}
    parts = [
        "# Findings\n",
        "Everything that a result, a check or an error can say. A code in `E_` stops what was asked or could make it wrong; all others",
        "are worth knowing. What stands in braces is filled in: where, what was found, what was expected. Every finding has its code in",
        "`finding.code`, so that a script can ask for it; the sentence is for people, in the language of the caller.\n",
        "## Of results and inputs\n",
    ]
    codes = sorted(spoken_in["en"])
    cells = [(code(c), sentence(spoken_in["en"][c]), french(sentence(spoken_in["fr"].get(c, {})))) for c in codes]
    parts.append(table(("Code", "English", "Français"), cells, codes, "findings"))
    for folder, title in (("checks", "Of e-mails, pages, listings and tests"), ("rules", "Of drafts")):
        parts.append(f"## {title}\n")
        parts += [checked(file) for file in sorted((TABLES / folder).glob("*.toml"))]
    write(path, "\n".join(parts))


def checked(file: Path) -> str:
    rows = next((v for k, v in read(file).items() if k in ("checks", "rules")), {})
    if not rows:
        return ""
    cells = []
    for key, row in rows.items():
        says = ["<br>".join(escaped(row[k][c]) for k in ("says", "hint") if k in row) for c in ("en", "fr")]
        cells.append((code(key), escaped(row.get("level", "")), says[0], french(says[1]), source(row)))
    return f"### {file.stem}\n\n" + table(("Code", "Level", "English", "Français", "Source"), cells, list(rows), "findings")
