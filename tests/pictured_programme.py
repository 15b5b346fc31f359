"""Small results of a life-cycle programme and of logs of messages, each corner of their pictures in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.mailing import check_sends, email_programme
from mktlib.results import Result, SendsCheck


def log(people: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    many = rng.poisson(rng.gamma(2.0, 2.2, people))
    who = np.repeat(np.arange(people), many)
    sent = pd.Timestamp("2026-09-01T09:00", tz="Europe/Paris") + pd.to_timedelta(rng.integers(0, 40, len(who)), unit="D")
    marks = {
        "clicks": rng.random(len(who)) < 0.03,
        "unsubscribes": rng.random(len(who)) < 0.004,
        "complaints": rng.random(len(who)) < 0.0004,
    }
    return pd.DataFrame(
        {"member_id": who, "sent_at": sent, "message_id": np.arange(len(who)), **{k: v.astype(int) for k, v in marks.items()}}
    )


def checked(**options: int) -> SendsCheck:
    return check_sends(log(), **options)


PROGRAMME: dict[str, Result] = {
    "programme": email_programme(["welcome", "abandoned_basket", "post_purchase", "birthday", "win_back"], people=20_000),
    "programme_full": email_programme({"welcome": 0.6, "win_back": 0.5}, cap_30=3, cap_7=None),
    "sends_check": checked(cap_7=2, cap_30=6),
    "sends_uncapped": checked(),
    "sends_empty": check_sends(pd.DataFrame({"member_id": [], "sent_at": []})),
}
