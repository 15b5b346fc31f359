"""A brief of a page for phones, each corner of its picture in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import PageBrief


def page_brief() -> PageBrief:
    needs = pd.DataFrame(
        {
            "about": ["screen", "touch", "weight"],
            "check": ["PAGE_VIEWPORT", "PAGE_TAP_48", "PAGE_HEAVY"],
            "binds": ["must", "at_least", "at_most"],
            "value": [np.nan, 48.0, 1.6],
            "unit": ["", "px", "MB"],
        }
    )
    tops = {"bar": (0, 48), "image": (64, 243), "heading": (259, 326), "lead": (342, 610), "action": (626, 674)}
    screen = pd.DataFrame([(block, *ends) for block, ends in tops.items()], columns=["block", "top", "bottom"])
    screen = screen.assign(
        height=screen["bottom"] - screen["top"], width=[390, 358, 358, 358, 358], size=[np.nan, np.nan, 28.0, 16.0, 16.0]
    )
    texts = pd.DataFrame({"part": ["heading", "action"], "room": [40, 32], "lines": [2, 1], "text": ["Frames of 21 grams", "x" * 40]})
    fields = pd.DataFrame({"field": ["email", "postcode"], "type": ["email", "text"], "inputmode": ["", "numeric"]})
    facts = {"action": "Essayer les $lunettes$ chez vous, cinq jours et sans rien payer", "width": 390, "narrow": 320, "visible": 664}
    return PageBrief(
        table=needs.assign(source=["Lighthouse", "Android", "tool"], year=2025, conf=["V", "S", "S"]),
        texts=texts.assign(letters=[18, 40], fits=[True, False], conf="J"),
        fields=fields.assign(autocomplete=["email", ""]),
        budget=pd.DataFrame({"part": ["images", "page"], "share": [0.6, 0.4], "kb": [960, 640], "conf": "J"}),
        screen=screen, page="<!doctype html>",
        facts=facts | {"ends": 674.0, "fields": 2, "weight": 1.6, "body": 16.0, "tap": 48.0, "language": "en", "rules": "1", "conf": "J"},
    )  # fmt: skip


PAGES = {"page_brief": page_brief()}
