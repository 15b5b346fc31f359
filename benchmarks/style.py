"""How well drafts of the twelve styles are told apart: `python benchmarks/style.py [--held-out] [--drafts FOLDER]`.

The drafts were written without sight of the rules. The first ten of each file served development; the others are held out. Two ways are
measured: (a) `style_fit` ranks the true style above the other; (b) `check_text` finds less against the true style than against the other
(an error weighs 9, a warning 3, a note 1; a tie counts as told wrongly). Wilson intervals (95 %) treat drafts as independent, which drafts
by one hand are not quite.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

from mktlib.rules import check_text, style_fit, weight
from mktlib.vocabulary import load_tables

DRAFTS = Path(__file__).resolve().parents[1] / "tests" / "drafts"
SEEN = 10


def drafts(folder: Path, *, held_out: bool) -> Iterator[tuple[str, str, str]]:
    """(language, style, text) of the drafts of one part."""
    for path in sorted(folder.glob("*/*.txt")):
        texts = [part.strip() for part in path.read_text(encoding="utf-8").split("\n---\n") if part.strip()]
        yield from ((path.parent.name, path.stem, text) for text in (texts[SEEN:] if held_out else texts[:SEEN]))


def measured(language: str, style: str, text: str) -> dict[str, object]:
    """One draft: the share and the weight of every style."""
    fit = style_fit(text, language=language).table.set_index("style")["fit"]
    heavy = {other: weight(check_text(text, style=other, channel="organic_social", language=language)) for other in fit.index}
    found = check_text(text, style=style, channel="organic_social", language=language)
    return {"language": language, "style": style, "fit": fit.to_dict(), "weight": heavy, "found": [(f.code, f.level) for f in found]}


def told(row: dict[str, object], other: str, way: str) -> bool:
    values: dict[str, float] = row[way]  # type: ignore[assignment]
    mine, theirs = values[str(row["style"])], values[other]
    return mine > theirs if way == "fit" else mine < theirs


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """
    >>> tuple(round(x, 3) for x in wilson(18, 20))
    (0.699, 0.972)
    """
    if not n:
        return 0.0, 1.0
    p, scale = hits / n, 1 + z * z / n
    middle, half = (p + z * z / (2 * n)) / scale, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    return middle - half, middle + half


def table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rates by language: opposites, all pairs, first place, findings against the true style."""
    styles, out = load_tables().styles, []
    for language in ("en", "fr"):
        mine = [r for r in rows if r["language"] == language]
        for way in ("fit", "weight"):
            hits = sum(told(r, str(styles[r["style"]]["opposite"]), way) for r in mine)
            pairs = pair_rates(mine, way)
            low, high = wilson(hits, len(mine))
            out.append(
                [language, way, len(mine), hits / len(mine), low, high, pairs.mean(), (pairs >= 0.9).mean(), pairs.min(), pairs.idxmin()]
            )
    heads = ["language", "way", "drafts", "opposites", "low", "high", "pairs", "pairs_over_90", "worst", "worst_pair"]
    return pd.DataFrame(out, columns=heads)


def pair_rates(rows: list[dict[str, object]], way: str) -> pd.Series:
    """For each of the 66 pairs: how many drafts of either style are told from the other."""
    names, rates = list(load_tables().styles), {}
    for k, one in enumerate(names):
        for two in names[k + 1 :]:
            hits = [told(r, two if r["style"] == one else one, way) for r in rows if r["style"] in (one, two)]
            rates[f"{one} - {two}"] = sum(hits) / len(hits)
    return pd.Series(rates)


def by_style(rows: list[dict[str, object]]) -> pd.DataFrame:
    styles, out = load_tables().styles, []
    for style in styles:
        for language in ("en", "fr"):
            mine = [r for r in rows if (r["style"], r["language"]) == (style, language)]
            first = [max(r["fit"], key=r["fit"].get) == style for r in mine]  # type: ignore[attr-defined, arg-type]
            opposite = str(styles[style]["opposite"])
            heavy = [any(level != "note" for code, level in r["found"]) for r in mine]  # type: ignore[attr-defined]
            off = [any(code == "STYLE_OFF" and level != "note" for code, level in r["found"]) for r in mine]  # type: ignore[attr-defined]
            told_by = [sum(told(r, opposite, way) for r in mine) / len(mine) for way in ("fit", "weight")]
            n = len(mine)
            out.append([style, language, opposite, *told_by, sum(first) / n, sum(heavy) / n, sum(off) / n])
    return pd.DataFrame(out, columns=["style", "language", "opposite", "fit", "weight", "first", "flagged", "off"])


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--held-out", action="store_true", help="the drafts that development did not see")
    ask.add_argument("--drafts", type=Path, default=DRAFTS)
    ask.add_argument("--pairs", action="store_true", help="every one of the 66 pairs")
    args = ask.parse_args()
    rows = [measured(*one) for one in tqdm(list(drafts(args.drafts, held_out=args.held_out)), unit="draft")]
    with pd.option_context("display.width", 200, "display.max_columns", 20, "display.max_rows", 200, "display.precision", 3):
        print(table(rows).to_string(index=False))
        print(by_style(rows).to_string(index=False))
        if args.pairs:
            print(
                pd.DataFrame(
                    {
                        f"{lang} {way}": pair_rates([r for r in rows if r["language"] == lang], way)
                        for lang in ("en", "fr")
                        for way in ("fit", "weight")
                    }
                ).to_string()
            )


if __name__ == "__main__":
    main()
