"""How people were reached: e-mails sent, and the touches on the way to a purchase.

Two truths are planted. Engaged people are sent more e-mails, so that the naive curve says "more mails, more clicks" while each further
mail costs clicks. And the reminder banner goes to those about to buy anyway: it collects the credit of a last touch, and the people
kept from it at random (`holdout`) buy as often.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.simulate.people import BASKET, HERO
from mktlib.simulate.world import FIRST, World

WEAR, TIRED = -0.12, 0.12
"""True effect of one more e-mail in the month on the log-odds of a click, and of an unsubscription, on each of that month's mails."""
SUBJECTS = {
    "newsletter": ("Ce que l'été fait à vos yeux", "Trois façons de choisir sa monture", "Les nouveautés du mois", "Dans l'atelier"),
    "promo_email": ("-20 % jusqu'à dimanche", "Votre paire vous attend", "Ventes privées Solène"),
}
NEAR = {True: 0.75, False: 0.15}
"""Chance that the retargeting tool marks someone as about to buy, for those who will and those who will not."""
HELD_OUT = 0.2


def sends(world: World, people: pd.DataFrame, size: int = 720) -> pd.DataFrame:
    """E-mails of six months to those who consented; who unsubscribes still gets those of that month, and none after it."""
    rng = np.random.default_rng([world.seed, 25])
    rows: list[tuple[Any, ...]] = []
    listed = people.loc[people["consent_email"] == 1, ["member_id", "segment", "engaged", "consent_date"]].head(size)
    for member, segment, engaged, consent in listed.astype(object).itertuples(index=False):
        rows += _mailbox(rng, member, segment, engaged, consent)
    columns = ["sent_at", "member_id", "segment", "channel", "content_type", "subject", "delivered", "opens", "clicks", "unsubscribes"]
    frame = pd.DataFrame(rows, columns=[*columns, "conversions", "revenue"]).sort_values(["sent_at", "member_id"], kind="stable")
    frame.insert(0, "message_id", [f"E{i:05d}" for i in range(1, len(frame) + 1)])
    return frame.assign(sent_at=frame["sent_at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def _mailbox(rng: np.random.Generator, member: str, segment: str, engaged: int, consent: str) -> list[tuple[Any, ...]]:
    """The mails of one person, from the first month after consent until September or the month they unsubscribe in.

    The list is renewed once a month: a month's mails all go out, so that their number says nothing of who left.
    """
    out: list[tuple[Any, ...]] = []
    months = pd.date_range("2026-04-01", periods=6, freq="MS")
    for month in months[months > pd.Timestamp(consent)]:
        gone = False
        mails = int(np.clip(rng.poisson(1.6 + 2.4 * engaged), 0, 10))
        for day in np.sort(rng.choice(28, mails, replace=False)):
            kind = str(rng.choice(["newsletter", "promo_email"]))
            clicked = rng.random() < expit(-2.8 + 1.5 * engaged + WEAR * mails)
            opened = clicked or rng.random() < 0.2 + 0.2 * engaged
            bought = int(clicked and rng.random() < 0.05)
            left = int(not gone and rng.random() < expit(-5.5 - 0.5 * engaged + TIRED * mails))
            at = month + pd.Timedelta(days=int(day), hours=int(rng.choice([8, 10, 12, 18])))
            subject = str(rng.choice(SUBJECTS[kind]))
            row = (at, member, segment, "email", kind, subject, 1, int(opened), int(clicked), left, bought, round(bought * BASKET, 2))
            out.append(row)
            gone = gone or left == 1
        if gone:
            break
    return out


def journeys(world: World, people: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Touches of every member, in UTC. `holdout` is a person's, drawn like a coin for all: 1 = never shown the reminder banner.

    Who buys is settled before the banner is (buyers are those with orders in the audience), so its true lift is exactly 0.
    """
    rng = np.random.default_rng([world.seed, 29])
    rows: list[tuple[Any, ...]] = []
    columns = people[["member_id", "orders", "revenue", "consent_date"]].astype(object)
    for member, orders, revenue, consent in columns.itertuples(index=False):
        if member != HERO:
            paid = round(revenue / orders, 2) if orders else 0.0
            rows += _path(rng, member, buyer=orders > 0, paid=paid, consent=consent)
    hers = customer(world, made)
    value = np.where(hers["event"].eq("purchase"), BASKET, 0.0)
    rows += zip(
        hers["member_id"],
        pd.to_datetime(hers["at"]),
        hers["channel"],
        hers["content_type"],
        hers["event"],
        value,
        [0] * len(hers),
        strict=True,
    )
    frame = pd.DataFrame(rows, columns=["member_id", "at", "channel", "content_type", "event", "value", "holdout"])
    frame = frame.sort_values(["member_id", "at"], kind="stable").reset_index(drop=True)
    frame.insert(3, "content_id", pieces_shown(made, frame))
    return frame.assign(at=frame["at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


TOUCHES = {
    "organic_social": ("short_video", "story", "ugc"),
    "paid_social": ("video_ad", "carousel", "ugc"),
    "organic_search": ("blog_post", "how_to_guide", "comparison"),
    "email": ("newsletter", "promo_email"),
    "paid_search": ("search_ad",),
}


def _path(rng: np.random.Generator, member: str, *, buyer: bool, paid: float, consent: str) -> list[tuple[Any, ...]]:
    """One person's touches: a few contents, the banner if marked and not held out, the purchase if there is one."""
    at = FIRST + pd.Timedelta(days=int(rng.integers(0, 320)), hours=int(rng.integers(8, 21)), minutes=int(rng.integers(0, 60)))
    listed = consent != "" and at > pd.Timestamp(consent)
    near, held = rng.random() < NEAR[buyer], int(rng.random() < HELD_OUT)
    likely = {"organic_social": 0.35, "paid_social": 0.3, "organic_search": 0.15, "email": 0.12 * listed, "paid_search": 0.08}
    weight = np.array(list(likely.values())) / sum(likely.values())
    out: list[tuple[Any, ...]] = []
    for _ in range(1 + int(rng.poisson(1.5 + 0.8 * buyer))):
        channel = str(rng.choice(list(likely), p=weight))
        event = "click" if channel.endswith("search") or rng.random() < 0.25 else "impression"
        out.append((member, at, channel, str(rng.choice(TOUCHES[channel])), event, 0.0, held))
        at += pd.Timedelta(hours=int(rng.integers(10, 90)))
    for _ in range((1 + int(rng.random() < 0.4)) * (near and not held)):
        out.append((member, at, "display", "reminder_banner", "impression", 0.0, held))
        at += pd.Timedelta(hours=int(rng.integers(4, 40)))
    if buyer:
        out.append((member, at, "direct", "product_page", "purchase", paid, held))
    elif near:
        out.append((member, at, "direct", "product_page", "visit", 0.0, held))
    return out


def pieces_shown(made: pd.DataFrame, touches: pd.DataFrame) -> list[str]:
    """The id of the log's piece behind each touch: of that channel and type (or that type elsewhere), the last begun by then, or ""."""
    ordered = made.sort_values("start", kind="stable")
    known: dict[Any, pd.DataFrame] = dict(iter(ordered.groupby(["channel", "content_type"])))
    elsewhere: dict[Any, pd.DataFrame] = dict(iter(ordered.groupby("content_type")))
    out = []
    for key, at in zip(zip(touches["channel"], touches["content_type"], strict=True), pd.to_datetime(touches["at"]), strict=True):
        part = known.get(key, elsewhere.get(key[1]))
        begun = 0 if part is None else int(part["start"].searchsorted(at, side="right"))
        out.append(str(part["content_id"].iloc[begun - 1]) if part is not None and begun else "")
    return out


STEPS = """
2026-05-02T19:10:00 awareness organic_social short_video impression
    Sees a playful video between two friends' posts | Voit une vidéo ludique entre deux publications d'amis
2026-05-04T08:25:00 interest organic_social carousel click
    Swipes through the summer colours | Fait défiler les couleurs de l'été
2026-05-09T21:40:00 interest organic_search how_to_guide visit
    Looks up which shape suits a round face | Cherche quelle forme va à un visage rond
2026-05-09T21:52:00 consideration email newsletter lead
    Leaves an address for the size guide | Laisse son adresse pour le guide des tailles
2026-05-15T12:05:00 consideration email comparison click
    Compares polarised and plain lenses | Compare verres polarisés et verres simples
2026-05-21T18:30:00 decision paid_search search_ad click
    Puts a pair in the basket, and leaves | Met une paire au panier, puis s'en va
2026-05-23T20:15:00 decision display reminder_banner impression
    Sees the reminder banner on a news site | Voit la bannière de relance sur un site d'actualité
2026-05-24T10:02:00 decision direct product_page purchase
    Comes back on a Sunday and buys | Revient un dimanche et achète
2026-06-20T09:00:00 loyalty email automated_email open
    Opens the care guide | Ouvre le guide d'entretien
"""


def customer(world: World, made: pd.DataFrame) -> pd.DataFrame:
    """One customer, from unaware to the reminder banner and past it."""
    lines = STEPS.strip().splitlines()
    rows = [[*step.split(), *(note.strip() for note in notes.split("|"))] for step, notes in zip(lines[::2], lines[1::2], strict=True)]
    frame = pd.DataFrame(rows, columns=["at", "stage", "channel", "content_type", "event", "note_en", "note_fr"])
    frame.insert(3, "content_id", pieces_shown(made, frame))
    frame.insert(0, "member_id", HERO)
    return frame
