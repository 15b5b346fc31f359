"""What every panel has: a picture that is read aloud, sentences that are heard when they change, and a static form.

A stored notebook has no kernel behind it: what is displayed is a PNG and a text as well, and only in a live notebook the controls. With
MKTLIB_STATIC=1 the controls are left out, for notebooks that are executed to be read.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from mktlib.charts import Picture
from mktlib.errors import Finding, MktlibError
from mktlib.vocabulary import finding, phrase, retell

WIDTH = "900px"
ENTRY: dict[str, Any] = {"style": {"description_width": "20em"}, "layout": {"width": "42em"}}


def live() -> bool:
    """Whether controls can be shown."""
    return not os.environ.get("MKTLIB_STATIC") and importlib.util.find_spec("ipywidgets") is not None


def toolkit() -> Any:
    """ipywidgets.

    Raises:
        MktlibError: E_OPTIONAL, it is not installed.
    """
    try:
        ipywidgets = importlib.import_module("ipywidgets")
    except ImportError as error:
        raise MktlibError(finding("E_OPTIONAL", found="ipywidgets", hint="pip install 'mktlib[lab]'")) from error
    return ipywidgets


def heard(lines: Iterable[str], *, alert: bool = False) -> str:
    """Sentences that a screen reader says when they change."""
    role = 'role="alert"' if alert else 'role="status" aria-live="polite"'
    frame = "border-left:4px solid #8a3b00;padding-left:.6em;" if alert else ""
    said = "".join(f'<p style="margin:.25em 0">{escape(line)}</p>' for line in lines)
    return f'<div {role} style="{frame}max-width:{WIDTH};line-height:1.45">{said}</div>'


def image(picture: Picture) -> str:
    return f'<div style="max-width:{WIDTH}">{picture.html()}</div>'.replace("<img ", '<img style="max-width:100%;height:auto" ')


def told(error: MktlibError, language: str) -> list[str]:
    return [problem(f, language) for f in error.findings]


def problem(found: Finding, language: str) -> str:
    """A finding in the language of the panel."""
    return retell(found, language).text


def bundle(picture: Picture | None, lines: Sequence[str], panel: Callable[[], Any]) -> dict[str, Any]:
    """The forms of an output: text (what is compared), PNG (what is seen without a kernel), controls (what is used)."""
    forms: dict[str, Any] = {"text/plain": "\n".join([*lines, *([picture.text] if picture else [])])}
    if picture is not None:
        forms["image/png"] = base64.b64encode(picture.png()).decode("ascii")
    if live():
        made = panel()
        forms["application/vnd.jupyter.widget-view+json"] = {"version_major": 2, "version_minor": 0, "model_id": made.model_id}
    return forms


def choice(kit: Any, options: Sequence[tuple[str, Any]], value: Any, name: str) -> Any:
    """One of several, a button each: JupyterLab takes the arrow keys from a drop-down list, and leaves Tab and Enter to buttons."""
    return kit.ToggleButtons(options=options, value=value, description=name, style={"description_width": "20em", "button_width": "auto"})


class Ticks:
    """Several of several, a box each (the arrow keys of a list are JupyterLab's). value: those ticked; box: what is displayed."""

    def __init__(self, kit: Any, options: Sequence[tuple[str, str]], name: str) -> None:
        self.boxes = {key: kit.Checkbox(value=True, description=said, indent=False, layout={"width": "auto"}) for said, key in options}
        label = kit.Label(name, layout={"width": "20em", "justify_content": "flex-end", "flex": "0 0 auto"})
        ticks = kit.HBox(list(self.boxes.values()), layout={"flex_flow": "row wrap", "max_width": WIDTH, "grid_gap": "0 1.2em"})
        self.box = kit.HBox([label, ticks])

    @property
    def value(self) -> tuple[str, ...]:
        return tuple(key for key, box in self.boxes.items() if box.value)

    @value.setter
    def value(self, keys: Sequence[str]) -> None:
        for key, box in self.boxes.items():
            box.value = key in keys


def button(kit: Any, key: str, language: str, act: Callable[[], None]) -> Any:
    made = kit.Button(description=phrase(key, language), layout={"width": "auto"})
    made.on_click(lambda _: act())
    return made
