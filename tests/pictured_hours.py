"""Small results about the hours of e-mails, made by hand: a better evening beside none, and a list that shows none at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import SendTime


def _cells(segment: str, best: int | None) -> pd.DataFrame:
    day, hour = np.repeat(np.arange(1, 7), 15), np.tile(np.arange(7, 22), 6)
    lift = 0.5 * np.exp(-(((hour - 19) / 3) ** 2)) if best else 0.04 * np.sin(hour) + 0.01 * day
    table = pd.DataFrame({"segment": segment, "weekday": day, "hour": hour, "rate": 0.03 * (1 + lift), "lift": lift})
    table = table.assign(low=0.9 * table["rate"], high=1.1 * table["rate"], lift_low=lift - 0.15, lift_high=lift + 0.15)
    table["p_better"] = np.where(lift > 0.2, 0.99, 0.7)
    return table.assign(best=lift > 0.2, lean=np.arange(len(table)) == int(np.argmax(lift)), delivered=900)


def _group(segment: str, table: pd.DataFrame, verdict: str) -> dict[str, object]:
    row = table[table["lean"]].iloc[0]
    told = {"segment": segment, "messages": 40, "sendings": 180, "delivered": 90_000, "clicks": 3000, "verdict": verdict, "reason": ""}
    told |= {"needed": 170_000, "needed_messages": 72, "weekday": int(row["weekday"]), "hour": int(row["hour"]), "lift": float(row["lift"])}
    return told | {"lift_low": row["lift_low"], "lift_high": row["lift_high"], "p_better": row["p_better"], "hidden": 0.45, "rate": 0.03}


def mails(*, shown: bool = True) -> SendTime:
    tables = {"parents": _cells("parents", None)}
    tables |= {"city_trendsetters": _cells("city_trendsetters", 19)} if shown else {}
    few = {"segment": "students", "messages": 3, "sendings": 3, "delivered": 80, "clicks": 2, "verdict": "few", "reason": "clicks"}
    groups = [_group(name, table, "better" if table["best"].any() else "no_better") for name, table in tables.items()]
    facts = {"by": "segment", "metric": "click_rate", "denominator": "delivered", "kind": "messages", "zone": "Europe/Paris", "level": 0.9}
    facts |= {"zones": 3, "reference": 10, "worth": 0.1, "message": "campaign_id", "messages": 40, "delivered": 180_080, "clicks": 6002}
    facts |= {"p_value": 0.001 if shown else 0.4, "split": 0.6, "message_sd": 0.25, "sending_sd": 0.08, "opens": 98_000}
    facts |= {"machine_opens": 54_000, "machine_clicks": 12, "automatic": 20, "other_channels": 0, "left": 1}
    return SendTime(table=pd.concat(tables.values(), ignore_index=True), facts=facts | {"groups": [*groups, few]})


HOURS = {"mail_times": mails(), "mail_times_none": mails(shown=False)}
