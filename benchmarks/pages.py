"""`check_page(render=True)` on twenty saved pages with planted defects, beside Lighthouse and axe-core on the same pages.

    python benchmarks/pages.py write PAGES [SEED]                   # the pages, and PAGES.json: what was planted
    mkdir PEERS && cp benchmarks/pages.mjs PEERS && cd PEERS && npm install lighthouse@13 axe-core@4
    node pages.mjs PAGES > peers.jsonl                              # some minutes; node 20 or later, CHROME_PATH=/usr/bin/chromium
    python benchmarks/pages.py table PAGES PEERS/peers.jsonl

Right is what was planted. An audit is judged page by page: found or not; what no peer measures today, and the targets, element by element.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import planted  # noqa: E402

from mktlib.mobile.page import check_page  # noqa: E402

Said = Mapping[str, Any]


def failed(*ids: str, below: float = 0.9) -> Callable[[Said], bool]:
    """Whether any of Lighthouse's audits has a score below its green."""
    return lambda said: any(
        (said["audits"].get(x, {}).get("score") or 0) < below for x in ids if said["audits"].get(x, {}).get("score") is not None
    )


def broken(*ids: str) -> Callable[[Said], bool]:
    return lambda said: any(x in said["violations"] for x in ids)


# audit: defects planted, our rows, the peer's verdict, whose it is
AUDITS: dict[str, tuple[set[str], set[str], Callable[[Said], bool], str]] = {
    "viewport": ({"viewport"}, {"PAGE_VIEWPORT", "SCREEN_SHRUNK"}, failed("viewport-insight"), "Lighthouse viewport-insight"),
    "zoom forbidden": ({"zoom"}, {"PAGE_ZOOM_BLOCKED"}, broken("meta-viewport"), "axe meta-viewport"),
    "targets of 24 px": ({"tap_24"}, {"SCREEN_TAP_24"}, broken("target-size"), "axe target-size"),
    "image alt": ({"alt"}, {"PAGE_IMG_ALT"}, broken("image-alt"), "axe image-alt"),
    "field labels": ({"label", "select"}, {"PAGE_FIELD_LABEL"}, broken("label", "select-name"), "axe label, select-name"),
    "button names": ({"button_name"}, {"PAGE_BUTTON_NAME"}, broken("button-name"), "axe button-name"),
    "link names": ({"link_name"}, {"PAGE_LINK_NAME"}, broken("link-name"), "axe link-name"),
    "link text": ({"link_text"}, {"PAGE_LINK_TEXT"}, failed("link-text"), "Lighthouse link-text"),
    "title": ({"title"}, {"PAGE_TITLE"}, broken("document-title"), "axe document-title"),
    "language": (
        {"lang_none", "lang_wrong"}, {"PAGE_LANG", "PAGE_LANG_INVALID"}, broken("html-has-lang", "html-lang-valid"),
        "axe html-has-lang, html-lang-valid",
    ),
    "description": ({"description"}, {"PAGE_DESCRIPTION"}, failed("meta-description"), "Lighthouse meta-description"),
    "canonical": ({"canonical"}, {"PAGE_CANONICAL"}, failed("canonical"), "Lighthouse canonical"),
    "crawlable": ({"noindex"}, {"PAGE_NOINDEX"}, failed("is-crawlable"), "Lighthouse is-crawlable"),
    "hreflang": ({"hreflang"}, {"PAGE_HREFLANG"}, failed("hreflang"), "Lighthouse hreflang"),
    "heading order": ({"headings"}, {"PAGE_HEADING_ORDER"}, broken("heading-order"), "axe heading-order"),
    "weight": ({"weight", "weight_some"}, {"SCREEN_WEIGHT"}, failed("total-byte-weight"), "Lighthouse total-byte-weight"),
    "layout shift": ({"shift"}, {"SCREEN_SHIFT"}, failed("cumulative-layout-shift"), "Lighthouse cumulative-layout-shift"),
    "image delivery": ({"image_wide"}, {"SCREEN_IMAGE"}, failed("image-delivery-insight"), "Lighthouse image-delivery-insight"),
    "unsized images": ({"shift", "unsized"}, {"PAGE_IMG_SIZE"}, failed("unsized-images"), "Lighthouse unsized-images"),
}  # fmt: skip
OURS: dict[str, tuple[set[str], set[str]]] = {
    "targets of 24 px": ({"tap_24"}, {"SCREEN_TAP_24"}),
    "targets too close (8 px)": ({"tap_close"}, {"SCREEN_TAP_CLOSE"}),
    "targets of 44 px": ({"tap_44"}, {"SCREEN_TAP_44"}),
    "targets of 48 px": ({"tap_48"}, {"SCREEN_TAP_48"}),
    "text under 12 px, much": ({"text_small"}, {"SCREEN_TEXT"}),
    "text under 12 px, some": ({"text_some"}, {"SCREEN_TEXT_SOME"}),
    "wider than 320, 390 or 768 px": (
        {"overflow_320", "overflow_390", "overflow_768", "overflow_word"}, {"SCREEN_OVERFLOW"},
    ),
    "text cut off": ({"cut"}, {"SCREEN_CUT"}),
    "text under a bar (pages)": ({"covered"}, {"SCREEN_COVERED"}),
}  # fmt: skip


def score(pairs: Iterable[tuple[bool, bool]]) -> tuple[str, str, Counter[tuple[bool, bool]]]:
    """Precision and recall of (said, true)."""
    of = Counter(pairs)
    right, wrong, missed = of[True, True], of[True, False], of[False, True]
    return (
        f"{right / (right + wrong):.2f}" if right + wrong else "–",
        f"{right / (right + missed):.2f}" if right + missed else "–",
        of,
    )


def ours(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Our findings on every page: code, and the ids of the elements it names."""

    def checked(page: Path) -> tuple[str, list[dict[str, Any]]]:
        findings = check_page(page / "index.html", render=True, language="en")
        return page.name, [{"code": f.code, "ids": ids(f.values), "text": f.text} for f in findings]

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(checked, sorted(p for p in folder.iterdir() if p.is_dir())))


def ids(values: Mapping[str, Any]) -> list[str]:
    """The ids of the elements a finding names, those of the elements above them among them: a#tap-24-1, div#x > p."""
    names = [x["element"] for x in values.get("elements", ())]
    return [step.partition("#")[2] for name in names for step in name.split(" > ")[-2:] if "#" in step] + [n for n in names if "#" not in n]


def table(folder: Path, peers: Path) -> None:
    truth = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
    said = {x["page"]: x for x in map(json.loads, peers.read_text(encoding="utf-8").splitlines())}
    found = ours(folder)
    own = {page: {x["code"] for x in rows} for page, rows in found.items()}
    print("| audit | peer | planted | ours: precision | recall | peer: precision | recall | ours beside the peer: precision | recall |")
    print("|---|---|---|---|---|---|---|---|---|")
    totals: list[Counter[tuple[bool, bool]]] = [Counter(), Counter(), Counter()]
    for audit, (defects, codes, verdict, peer) in AUDITS.items():
        true = {page: bool(defects & set(truth[page])) for page in truth}
        us, them = {page: bool(codes & own[page]) for page in truth}, {page: verdict(said[page]) for page in truth}
        scores = [score((x[p], y[p]) for p in truth) for x, y in ((us, true), (them, true), (us, them))]
        totals = [a + b[2] for a, b in zip(totals, scores, strict=True)]
        print(f"| {audit} | {peer} | {sum(true.values())} | " + " | ".join(x for s in scores for x in s[:2]) + " |")
        for page in truth:
            if len({true[page], us[page], them[page]}) > 1:
                print(f"  {page}: planted {true[page]}, ours {us[page]}, peer {them[page]}", file=sys.stderr)
    sums = [score(x for x, n in total.items() for _ in range(n)) for total in totals]
    print("| all | | | " + " | ".join(x for s in sums for x in s[:2]) + " |")
    elements(truth, found)


def elements(truth: Mapping[str, Mapping[str, list[str]]], found: Mapping[str, list[dict[str, Any]]]) -> None:
    """What was planted in elements, element by element."""
    print("\n| defect | elements planted | precision | recall |\n|---|---|---|---|")
    for name, (defects, codes) in OURS.items():
        true = {(page, x) for page, own in truth.items() for d in defects & set(own) for x in own[d]}
        said = {(page, x) for page, rows in found.items() for row in rows if row["code"] in codes for x in row["ids"]}
        if "pages" in name:
            true, said = {(page, "") for page, _ in true}, {(page, "") for page, _ in said}
        precision, recall, _ = score([(x in said, x in true) for x in true | said])
        print(f"| {name} | {len(true)} | {precision} | {recall} |")
        for x in sorted(true ^ said):
            print(f"  {name}: {x} {'missed' if x in true else 'not planted'}", file=sys.stderr)


if __name__ == "__main__":
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "write":
        seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20
        folder.with_suffix(".json").write_text(json.dumps(planted.write(folder, seed), indent=1), encoding="utf-8")
    else:
        table(folder, Path(sys.argv[3]))
