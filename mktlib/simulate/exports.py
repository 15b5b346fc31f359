"""The year's paid social posts as a platform would export them: a file to practise reading on, whose every row is known.

What kind of piece each ad is stands only in its name, as teams write it; `naming.toml` beside it says how.
"""

from __future__ import annotations

import pandas as pd

SINCE = "2026-07-01"
NAMING = """# How this team names its ads: parents_decision_short-video_playful_short_4711
[naming]
from = ["content_name"]
pattern = "{segment}_{stage}_{content_type}_{style}_{length}_{*}"
"""


def meta_export(log: pd.DataFrame) -> str:
    """The last months of paid social as Meta Ads Manager would write them: French marks, an unnamed grand total on top.

    log: the sample's content log. Reach does not add up and is left empty in the total.
    """
    mine = log[(log["channel"] == "paid_social") & (log["date"].astype(str) >= SINCE)]
    axes = ["segment", "stage", "content_type", "style", "length"]
    names = (
        mine[axes].apply(lambda row: "_".join(str(word).replace("_", "-") for word in row), axis=1) + "_" + mine["content_id"].astype(str)
    )
    rows = pd.DataFrame(
        {
            "Jour": pd.to_datetime(mine["date"]).dt.strftime("%Y-%m-%d"),
            "Nom de la campagne": mine["campaign"],
            "Nom de la publicité": names,
            "Impressions": mine["impressions"].map(_grouped),
            "Couverture": mine["reach"].map(_grouped),
            "Clics sur un lien": mine["clicks"].map(_grouped),
            "Montant dépensé (EUR)": mine["spend"].map(_money),
            "Achats": mine["conversions"].map(_grouped),
            "Valeur de conversion des achats": mine["revenue"].map(_money),
        }
    )
    total = ["", "", "", _grouped(mine["impressions"].sum()), "", _grouped(mine["clicks"].sum()), _money(mine["spend"].sum())]
    total += [_grouped(mine["conversions"].sum()), _money(mine["revenue"].sum())]
    whole = pd.concat([pd.DataFrame([total], columns=rows.columns), rows])
    return whole.to_csv(index=False, sep=";", lineterminator="\n")


def _grouped(value: float) -> str:
    return "" if pd.isna(value) else f"{int(value):,}".replace(",", "\u202f")


def _money(value: float) -> str:
    return "" if pd.isna(value) else f"{float(value):,.2f}".replace(",", "\u202f").replace(".", ",")
