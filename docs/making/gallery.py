"""A gallery of every figure in both languages: each shape in `PICTURES`, each of its kinds, with its text and the call that draws it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from pictured import ALL

import mktlib as mk
from making.api import makers
from making.page import write
from mktlib.charts import PICTURES, show

SAID = {
    "en": {
        "title": "Gallery of figures",
        "intro": "Every figure that mktlib draws, with the call that draws it. The results are small examples made up for the tests. "
        "Each figure carries a text of its own (below it), which is read aloud, and which the notebooks compare.",
        "text": "The figure in words",
        "call": "`result` comes from {made}.",
    },
    "fr": {
        "title": "Galerie des figures",
        "intro": "Toutes les figures de mktlib, avec l’appel qui les dessine. Les résultats sont de petits exemples inventés. "
        "Chaque figure porte son propre texte (en dessous), lu à voix haute et comparé dans les leçons.",
        "text": "La figure en toutes lettres",
        "call": "`result` vient de {made}.",
    },
}
MADE_HERE = {
    "StyleFit": lambda language: mk.style_fit(
        {"en": "Come in, have a look, and laugh with us!", "fr": "Entrez, regardez, et riez avec nous !"}[language], language=language
    ),
    "SentimentShare": lambda language: mk.SentimentClassifier(language).share(
        list(mk.load_sample("mentions").loc[lambda said: said["language"] == language, "text"].head(300))
    ),
}


def sample(shape: type, language: str) -> Any:
    """A result of the shape: an example of the tests, or one made by its own call."""
    if shape.__name__ in MADE_HERE:
        return MADE_HERE[shape.__name__](language)
    return next(result for result in ALL.values() if next(t for t in type(result).__mro__ if t in PICTURES) is shape)


def made_by(shape: type) -> list[str]:
    """The public calls that answer with the shape, or with a subclass that is drawn as it."""
    calls = {
        call: None
        for cls, made in makers().items()
        if next((t for t in inspect.getmro(cls) if t in PICTURES), None) is shape
        for call in made
        if not call.startswith("mk.load_")
    }
    if shape.__name__ == "SegmentedComparison":
        calls["mk.compare(..., by=...)"] = None
    return list(calls)


def figures() -> Iterator[tuple[type, str]]:
    for shape, kinds in PICTURES.items():
        yield from ((shape, kind) for kind in kinds)


def galleries(source: Path) -> None:
    for language, folder, name in (("en", "gallery", "index.md"), ("fr", "fr", "galerie.md")):
        write(source / folder / name, one_gallery(source / folder / "pictures", language))


def one_gallery(pictures: Path, language: str) -> str:
    said = SAID[language]
    parts, heading = [f"# {said['title']}\n", said["intro"], ""], None
    for shape, kind in figures():
        if shape is not heading:
            made = ", ".join(f"`{call}`" for call in made_by(shape))
            parts += [f"## {shape.__name__}\n", said["call"].format(made=made) if made else "", ""]
            heading = shape
        parts.append(one_figure(pictures, shape, kind, language))
    return "\n".join(parts)


def one_figure(pictures: Path, shape: type, kind: str, language: str) -> str:
    """The picture as a file, and the lines of Markdown that show it."""
    picture = show(sample(shape, language), kind=kind, language=language)
    path = write(pictures / f"{shape.__name__}-{kind}.png", picture.png(dpi=100))
    plt.close(picture.ax.get_figure(root=True))
    text = " ".join(picture.text.split()).replace("`", "'")
    asked = "" if language == "en" else ', language="fr"'
    lines = [
        f"({language}-{shape.__name__}-{kind})=",
        f"### {shape.__name__}: {kind}\n",
        "```python",
        f'mk.show(result, kind="{kind}"{asked})',
        "```\n",
    ]
    lines += [f"```{{image}} pictures/{path.name}", f":alt: {text}", "```\n"]
    lines += [f":::{{dropdown}} {SAID[language]['text']}", *picture.text.splitlines(), ":::\n"]
    return "\n".join(lines)
