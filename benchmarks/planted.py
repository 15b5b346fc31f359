"""Twenty saved pages with planted defects: what is wrong with each is known because it was put there, from a seed.

`write(folder)` writes the pages with their pictures and scripts, and returns for each page the defects planted and, where a defect is an
element's, their ids. Every page also holds traps: things that look like a defect and are none (small links in a sentence, a crowded
button that is hidden, a wide table in a box of its own, text for screen readers only ...).
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib import image

WORDS = {
    "en": {
        "brand": ["Solène sunglasses", "Harbour & Finch, solicitors", "Starlight drive-in", "Marlow bakery", "Northgate cycles"],
        "title": [
            "See what is new this season", "What to do when a tenant stops paying", "Films under the stars from Friday",
            "Bread that was dough this morning",
        ],
        "text": [
            "We choose what we sell by hand and try it ourselves for a month before it reaches the shelf.",
            "Most questions are answered within a day, and the first talk of half an hour costs nothing.",
            "The gates open at eight, the film begins when it is dark enough, and dogs are welcome on the back seat.",
            "Flour comes from two mills nearby; the starter is older than the shop, and it is fed twice a day.",
            "Bring the old one back: we mend what can be mended and recycle the rest with a workshop in town.",
            "Prices hold until the end of the month, delivery takes two days, and returns are free for thirty.",
        ],
        "nav": ["Home", "Catalogue", "Prices", "Contact"], "read": "Read how we work",
        "send": "Send", "mail": "Your e-mail", "agree": "I agree", "skip": "Skip to the text", "menu": "Open the menu",
    },
    "fr": {
        "brand": ["Lunettes Solène", "Cabinet Morel, avocats", "Ciné-parc Belle Étoile", "Boulangerie du Marché", "Cycles de la Porte"],
        "title": [
            "Les nouveautés de la saison", "Que faire quand un locataire ne paie plus", "Des films sous les étoiles dès vendredi",
            "Un pain pétri ce matin",
        ],
        "text": [
            "Nous choisissons chaque pièce à la main et l’essayons un mois avant de la mettre en rayon.",
            "La plupart des questions trouvent réponse dans la journée, et le premier entretien est gratuit.",
            "Les grilles ouvrent à vingt heures, le film commence à la nuit, et les chiens sont les bienvenus.",
            "La farine vient de deux moulins voisins ; le levain est plus vieux que la boutique.",
            "Rapportez l’ancien : nous réparons ce qui peut l’être et recyclons le reste avec un atelier de la ville.",
            "Les prix tiennent jusqu’à la fin du mois, la livraison prend deux jours, les retours sont gratuits.",
        ],
        "nav": ["Accueil", "Catalogue", "Tarifs", "Contact"], "read": "Lire notre façon de travailler",
        "send": "Envoyer", "mail": "Votre e-mail", "agree": "J’accepte", "skip": "Aller au texte", "menu": "Ouvrir le menu",
    },
}  # fmt: skip
STYLE = """*{box-sizing:border-box}body{margin:0;font:16px/1.5 "DejaVu Sans",sans-serif;color:#222;background:#fff}
main,footer,header{max-width:700px;margin:0 auto;padding:0 16px}img{max-width:100%;height:auto}p{overflow-wrap:break-word}
nav{display:flex;flex-wrap:wrap;gap:10px}nav a{display:flex;align-items:center;min-height:48px;min-width:64px;padding:0 8px}
.button{display:inline-block;min-height:48px;min-width:120px;padding:12px 20px;background:#0b5;color:#fff;border:0;font:inherit}
label{display:block;margin:16px 0}input,select{display:block;width:100%;min-height:48px;font:inherit}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0);white-space:nowrap}
label.tick{display:flex;align-items:center;min-height:48px}label.tick input{width:auto;min-height:0}
.box{overflow-x:auto}.row{display:flex;margin:24px 0}
"""


@dataclass
class Page:
    """A page that is being written: the parts that a defect changes."""

    rng: np.random.Generator
    language: str
    head: dict[str, str] = field(default_factory=dict)
    html_lang: str = ""
    style: str = STYLE
    body: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    files: dict[str, Callable[[Path], None]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    bar: bool = False

    def words(self, key: str) -> str:
        entry = WORDS[self.language][key]
        return str(entry if isinstance(entry, str) else entry[int(self.rng.integers(len(entry)))])

    def name(self, defect: str) -> str:
        own = self.ids.setdefault(defect, [])
        own.append(f"{defect.replace('_', '-')}-{len(own) + 1}")
        return own[-1]

    def put(self, piece: str) -> None:
        self.body.insert(int(self.rng.integers(3, len(self.body) + 1)), piece)


def photo(width: int, height: int, seed: int, noise: float) -> Callable[[Path], None]:
    """A soft picture as JPEG: noise makes it heavy."""

    def write(path: Path) -> None:
        rng = np.random.default_rng(seed)
        across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        colours = np.stack([across, down, (across + down) / 2], axis=-1) * 0.8 + noise * rng.random((height, width, 3))
        image.imsave(path, np.clip(colours, 0, 1), pil_kwargs={"quality": 70})

    return write


def script(size: int) -> Callable[[Path], None]:
    return lambda path: path.write_text("/*" + "data " * (size // 5) + "*/\n", encoding="ascii") and None


def fresh(rng: np.random.Generator, language: str, place: int) -> Page:
    """A page with nothing wrong, and with its traps."""
    page = Page(rng=rng, language=language)
    title, text = page.words("title"), page.words("text")
    page.html_lang = f' lang="{language}"'
    page.head = {
        "charset": '<meta charset="utf-8">',
        "viewport": '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "title": f"<title>{html.escape(title)}</title>",
        "description": f'<meta name="description" content="{html.escape(text)}">',
        "canonical": f'<link rel="canonical" href="https://www.example.com/{language}/page-{place}">',
        "hreflang": "".join(f'<link rel="alternate" hreflang="{x}" href="https://www.example.com/{x}/page-{place}">' for x in ("en", "fr")),
    }
    nav = "".join(f'<a href="/{i}">{word}</a>' for i, word in enumerate(WORDS[language]["nav"]))
    page.body = [
        f"<header><p><strong>{html.escape(page.words('brand'))}</strong></p><nav>{nav}</nav></header><main>",
        f"<h1>{html.escape(title)}</h1>",
        '<img src="hero.jpg" width="640" height="320" alt="" '
        'srcset="hero.jpg 800w, hero-2.jpg 1280w" sizes="(max-width: 700px) 94vw, 668px">',
        *(f"<p>{x}</p>" for x in WORDS[language]["text"][:4]),
        f"<h2>{html.escape(page.words('title'))}</h2>",
        f'<p>{text} <a href="/how">{page.words("read")}</a>. {page.words("text")}</p>',  # trap: a small link in a sentence
        '<div class="box"><table style="width:900px"><tr>'
        + "".join(f"<td>{i * 7}</td>" for i in range(12))
        + "</tr></table></div>",  # trap
        f'<form action="/send"><label>{page.words("mail")}<input type="email" name="email" autocomplete="email"></label>'
        f'<button class="button">{page.words("send")}</button></form>',
        '<div style="display:none"><a href="/x" style="font-size:9px">x</a><a href="/y" style="font-size:9px">y</a></div>',  # trap: hidden
        f'<p><span class="sr">{text}</span></p>',  # trap: for screen readers
        f'<label class="tick"><input type="checkbox" name="agree">{page.words("agree")}</label>',  # trap: a small box with a large label
        f'<div style="position:absolute;left:-9999px"><a href="/skip" style="font-size:9px">{page.words("skip")}</a></div>',  # trap
        f'<div style="position:fixed;top:0;left:100%;width:300px"><a href="/menu">{page.words("menu")}</a></div>',  # trap: a menu outside
    ]
    page.tail = ["</main>", f"<footer><p>{page.words('brand')}</p></footer>"]
    if rng.random() < 0.4:  # trap: a bar that does not move over room that is left for it
        page.style += "body{padding-bottom:90px}"
        page.bar = True
    page.files = {"hero.jpg": photo(800, 400, place, 0.02), "hero-2.jpg": photo(1280, 640, place, 0.02)}
    return page


DEFECTS: dict[str, Callable[[Page], None]] = {}
APART = [
    {"viewport", "overflow_320"}, {"viewport", "overflow_390"}, {"viewport", "overflow_768"}, {"viewport", "overflow_word"},
    {"viewport", "cut"}, {"cut", "overflow_320"}, {"cut", "overflow_390"}, {"cut", "overflow_768"}, {"cut", "overflow_word"},
    {"viewport", "zoom"}, {"viewport", "covered"}, {"viewport", "image_wide"}, {"viewport", "shift"}, {"viewport", "text_small"},
    {"viewport", "text_some"}, {"overflow_768", "covered"}, {"text_small", "text_some"}, {"lang_none", "lang_wrong"},
    {"weight", "weight_some"}, {"overflow_390", "overflow_320"},
]  # fmt: skip
"""Defects that hide or bring one another: at most one of each pair on a page."""


def defect(plant: Callable[[Page], None]) -> Callable[[Page], None]:
    DEFECTS[plant.__name__] = plant
    return plant


@defect
def viewport(page: Page) -> None:
    del page.head["viewport"]


@defect
def zoom(page: Page) -> None:
    page.head["viewport"] = '<meta name="viewport" content="width=device-width, initial-scale=1, user-scalable=no">'


@defect
def lang_none(page: Page) -> None:
    page.html_lang = ""


@defect
def lang_wrong(page: Page) -> None:
    page.html_lang = ' lang="english"' if page.rng.random() < 0.5 else ' lang="xx-XX"'


@defect
def title(page: Page) -> None:
    del page.head["title"]


@defect
def description(page: Page) -> None:
    del page.head["description"]


@defect
def canonical(page: Page) -> None:
    page.head["canonical"] = '<link rel="canonical" href="/page">' if page.rng.random() < 0.5 else (
        '<link rel="canonical" href="https://www.example.com/a"><link rel="canonical" href="https://www.example.com/b">'
    )  # fmt: skip


@defect
def noindex(page: Page) -> None:
    page.head["robots"] = '<meta name="robots" content="noindex, nofollow">'


@defect
def hreflang(page: Page) -> None:
    page.head["hreflang"] = '<link rel="alternate" hreflang="english" href="https://www.example.com/en/page">'


@defect
def alt(page: Page) -> None:
    page.put(f'<img id="{page.name("alt")}" src="hero.jpg" width="640" height="320">')


@defect
def label(page: Page) -> None:
    page.put(f'<input id="{page.name("label")}" type="text" name="first" autocomplete="given-name">')


@defect
def select(page: Page) -> None:
    page.put(f'<select id="{page.name("select")}" name="size"><option>38</option><option>40</option></select>')


@defect
def button_name(page: Page) -> None:
    page.put(f'<button id="{page.name("button_name")}" class="button"><svg width="24" height="24" aria-hidden="true"></svg></button>')


@defect
def link_name(page: Page) -> None:
    page.put(f'<a id="{page.name("link_name")}" class="button" href="/basket"><svg width="24" height="24" aria-hidden="true"></svg></a>')


@defect
def link_text(page: Page) -> None:
    here = {"en": "click here", "fr": "cliquez ici"}[page.language]
    page.put(f'<p><a id="{page.name("link_text")}" class="button" href="/offer">{here}</a></p>')


@defect
def headings(page: Page) -> None:
    page.put(f'<h5 id="{page.name("headings")}">{page.words("title")}</h5>')


def chips(page: Page, defect: str, style: str, gap: int, many: int) -> None:
    """A row of links of one size and distance."""
    links = "".join(f'<a id="{page.name(defect)}" href="/{defect}/{i}" style="display:block;{style}">{i + 1}</a>' for i in range(many))
    page.put(f'<div class="row" style="gap:{gap}px">{links}</div>')


@defect
def tap_24(page: Page) -> None:
    if page.rng.random() < 0.5:
        return chips(page, "tap_24", "width:18px;height:20px;line-height:20px;font-size:14px", int(page.rng.integers(0, 4)), 4)
    lines = "".join(
        f'<li><a id="{page.name("tap_24")}" href="/list/{i}">{word}</a></li>' for i, word in enumerate(WORDS[page.language]["nav"])
    )
    page.put(f'<ul style="font-size:13px;line-height:1.3;padding:0;list-style:none">{lines}</ul>')


@defect
def tap_close(page: Page) -> None:
    size = int(page.rng.integers(30, 47))
    chips(page, "tap_close", f"width:{size}px;height:{size}px", int(page.rng.integers(1, 7)), 4)


@defect
def tap_44(page: Page) -> None:
    size = int(page.rng.integers(16, 43))  # some under 24 px, but far enough apart for 2.5.8
    chips(page, "tap_44", f"width:{size}px;height:{size}px;line-height:1;overflow:hidden", 26, 3)


@defect
def tap_48(page: Page) -> None:
    chips(page, "tap_48", "width:120px;height:45px", 20, 2)


@defect
def text_small(page: Page) -> None:
    page.put(
        f'<div id="{page.name("text_small")}" style="font-size:10px">' + "<p>" + " ".join(WORDS[page.language]["text"] * 3) + "</p></div>"
    )


@defect
def text_some(page: Page) -> None:
    page.put(f'<p id="{page.name("text_some")}" style="font-size:11px">{page.words("text")}</p>')


@defect
def overflow_320(page: Page) -> None:
    page.put(f'<div id="{page.name("overflow_320")}" style="min-width:350px;background:#eee">{page.words("text")}</div>')


@defect
def overflow_390(page: Page) -> None:
    page.put(f'<div id="{page.name("overflow_390")}" style="width:480px;background:#eef">{page.words("text")}</div>')


@defect
def overflow_768(page: Page) -> None:
    cells = "".join(f'<td style="min-width:110px">{i * 13} €</td>' for i in range(8))
    page.put(f'<table id="{page.name("overflow_768")}"><tr>{cells}</tr></table>')


@defect
def overflow_word(page: Page) -> None:
    word = "https://www.example.com/" + "catalogue_of_the_season_" * 3
    page.put(f'<p id="{page.name("overflow_word")}" style="overflow-wrap:normal">{word}</p>')


@defect
def cut(page: Page) -> None:
    page.style += "html,body{overflow-x:hidden}"
    page.put(f'<p id="{page.name("cut")}" style="width:560px">{" ".join(WORDS[page.language]["text"][:2])}</p>')


@defect
def weight(page: Page) -> None:
    page.head["script"] = '<script src="data.js" defer></script>'
    page.files["data.js"] = script(6_500_000)


@defect
def weight_some(page: Page) -> None:
    page.head["script"] = '<script src="data.js" defer></script>'
    page.files["data.js"] = script(4_400_000)


@defect
def image_wide(page: Page) -> None:
    page.files["wide.jpg"] = photo(1600, 900, 7, 0.1)
    name = page.name("image_wide")
    page.put(f'<img id="{name}" src="wide.jpg" width="160" height="90" alt="{page.words("title")}" style="width:160px;height:90px">')


@defect
def shift(page: Page) -> None:
    page.files["late.jpg"] = photo(640, 400, 9, 0.02)
    page.body.insert(1, f'<img id="{page.name("shift")}" src="late.jpg" alt="{page.words("title")}" style="width:100%">')


@defect
def unsized(page: Page) -> None:
    page.files["last.jpg"] = photo(640, 200, 11, 0.02)
    page.tail.insert(0, f'<img id="{page.name("unsized")}" src="last.jpg" alt="{page.words("title")}">')


@defect
def covered(page: Page) -> None:
    page.tail.append(f'<p id="{page.name("covered")}" style="margin:0">{page.words("brand")}</p>')
    page.style, page.bar = page.style.replace("body{padding-bottom:90px}", ""), True


def text_of(page: Page) -> str:
    head = "\n".join(page.head.values())
    bar = "position:fixed;left:0;right:0;bottom:0;min-height:76px;padding:14px;background:#fff;border-top:2px solid #222"
    if page.bar:
        page.tail.append(f'<div style="{bar}"><a class="button" href="/call">{page.words("send")}</a></div>')
    return (
        f"<!doctype html>\n<html{page.html_lang}>\n<head>\n{head}\n<style>\n{page.style}</style>\n</head>\n<body>\n"
        + "\n".join([*page.body, *page.tail])
        + "\n</body>\n</html>\n"
    )


def drawn(seed: int, pages: int, most: int) -> list[set[str]]:
    """Which defects each page gets: each about as often as any other, none beside one that would hide it; the last two pages have none."""
    rng = np.random.default_rng(seed)
    given: list[set[str]] = [set() for _ in range(pages)]
    rare = sorted(DEFECTS, key=lambda x: (-sum(x in apart for apart in APART), x))
    for name in [x for x in rare for _ in range(5)]:
        free = [i for i in range(pages - 2) if len(given[i]) < most and name not in given[i] and not _clash(given[i], name)]
        if free:
            given[int(rng.choice(sorted(free, key=lambda i: len(given[i]))[:4]))].add(name)
    return given


def _clash(own: set[str], name: str) -> bool:
    return any(name in apart and own & apart - {name} for apart in APART)


def write(folder: Path, seed: int = 20, pages: int = 20) -> dict[str, dict[str, list[str]]]:
    """Write the pages, each in a folder of its own; what was planted in each: defect -> ids of its elements."""
    truth = {}
    for place, defects in enumerate(drawn(seed, pages, 11)):
        rng = np.random.default_rng((seed, place))
        page = fresh(rng, "fr" if place % 3 == 2 else "en", place)
        for name in sorted(defects):
            DEFECTS[name](page)
        own = folder / f"page-{place:02d}"
        own.mkdir(parents=True, exist_ok=True)
        (own / "index.html").write_text(text_of(page), encoding="utf-8")
        for name, make in page.files.items():
            make(own / name)
        truth[own.name] = {name: page.ids.get(name, []) for name in sorted(defects)}
    return truth
