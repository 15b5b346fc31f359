"""People around the story: who listens, who follows, what they say, what they were sent, how they came to buy.

Three truths are planted: engaged people are sent more e-mails (so that the naive curve flatters frequency), one week of June goes wrong
(bad buzz), and the reminder banner is shown to those who were about to buy anyway (credit without lift; a holdout group shows it).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.simulate.world import FIRST, KINDS, LAST, SEGMENTS, SHARES, World

BUZZ = (pd.Timestamp("2026-06-08"), pd.Timestamp("2026-06-14"))
WEAR = -0.07
"""True effect of one more e-mail a month on the log-odds of a click on each."""
FOLLOWERS = {"instagram": 18_000, "tiktok": 9_000, "facebook": 14_000, "linkedin": 1_200}
QUESTIONS = (
    "Do they block UV?",
    "Do they suit a small face?",
    "Can I return them?",
    "Are they polarised?",
    "Do you ship on Saturday?",
    "Can I put my own lenses in?",
)
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64")
HERO = "M0007"


def _days(rng: np.random.Generator, size: int, first: pd.Timestamp = FIRST, last: pd.Timestamp = LAST) -> pd.Series:
    return pd.Series(first + pd.to_timedelta(rng.integers(0, (last - first).days, size), unit="D"))


def audience(world: World, size: int = 2400) -> pd.DataFrame:
    """One row a person who left an address."""
    rng = np.random.default_rng([world.seed, 21])
    segment = rng.choice(list(SHARES), size, p=list(SHARES.values()))
    segment[6] = "city_trendsetters"
    liking = pd.Series(segment).map(SEGMENTS).to_numpy() + rng.normal(0, 0.5, size)
    joined = _days(rng, size, FIRST - pd.Timedelta(days=500), LAST)
    orders = rng.poisson(np.exp(-1.6 + 0.5 * liking))
    orders[6] = 1
    email = rng.random(size) < 0.62
    kinds, lengths = ("short_video", "carousel", "newsletter", "blog_post", "story", "demo_video"), ("snack", "short", "medium", "long")
    favourite = {s: rng.dirichlet(np.full(len(kinds), 1.2)) for s in SEGMENTS}
    asked = {s: rng.dirichlet(np.full(len(QUESTIONS), 1.0)) for s in SEGMENTS}
    return pd.DataFrame(
        {
            "member_id": [f"M{i:04d}" for i in range(1, size + 1)],
            "joined_at": joined.dt.strftime("%Y-%m-%d"),
            "segment": segment,
            "age_band": rng.choice(AGES, size, p=[0.22, 0.3, 0.22, 0.16, 0.1]),
            "country": rng.choice(["FR", "BE", "CH"], size, p=[0.8, 0.13, 0.07]),
            "network": rng.choice(list(FOLLOWERS), size, p=[0.45, 0.25, 0.25, 0.05]),
            "follows": (rng.random(size) < expit(0.2 + 0.4 * liking)).astype(int),
            "engaged": (rng.random(size) < expit(-0.9 + 0.9 * liking)).astype(int),
            "orders": orders,
            "revenue": np.round(orders * rng.normal(92, 14, size).clip(45), 2),
            "preferred_format": [str(rng.choice(kinds, p=favourite[s])) for s in segment],
            "preferred_length": rng.choice(lengths, size, p=[0.3, 0.4, 0.2, 0.1]),
            "question_asked": [str(rng.choice(QUESTIONS, p=asked[s])) if rng.random() < 0.5 else "" for s in segment],
            "consent_email": email.astype(int),
            "consent_sms": (rng.random(size) < 0.15).astype(int),
            "consent_date": np.where(email, joined.dt.strftime("%Y-%m-%d"), ""),
            "consent_source": np.where(email, rng.choice(["checkout", "contest", "newsletter form"], size), ""),
            "last_activity_at": (joined + pd.to_timedelta(rng.integers(0, 300, size), unit="D"))
            .map(lambda day: min(day, LAST))
            .dt.strftime("%Y-%m-%d"),
        }
    )


def followers(world: World) -> pd.DataFrame:
    """One row a network and day."""
    rng = np.random.default_rng([world.seed, 22])
    days = pd.date_range(FIRST, LAST)
    out = []
    for network, start in FOLLOWERS.items():
        gained, lost = rng.poisson(start * 0.0022, len(days)), rng.poisson(start * 0.0012, len(days))
        lost = lost + np.where((days >= BUZZ[0]) & (days <= BUZZ[1]), rng.poisson(start * 0.004, len(days)), 0)
        stock = start + np.cumsum(gained - lost)
        reach = rng.poisson(stock * 0.2)
        frame = {
            "date": days.strftime("%Y-%m-%d"),
            "network": network,
            "followers": stock,
            "followers_gained": gained,
            "followers_lost": lost,
        }
        out.append(
            pd.DataFrame(
                {
                    **frame,
                    "reach": reach,
                    "engagements": rng.binomial(reach, 0.04),
                    "profile_visits": rng.binomial(reach, 0.01),
                    "clicks": rng.binomial(reach, 0.006),
                }
            )
        )
    return pd.concat(out, ignore_index=True)


def posts(world: World, size: int = 360) -> pd.DataFrame:
    """One row a post."""
    rng = np.random.default_rng([world.seed, 23])
    kinds = {"short_video": 0.45, "story": 0.1, "ugc": 0.25, "carousel": 0.05, "social_image": -0.2, "blog_post": -0.35}
    kind = rng.choice(list(kinds), size)
    impressions = rng.lognormal(8.2, 0.7, size).astype(int)
    eta = -3.4 + np.array([kinds[k] for k in kind]) + rng.normal(0, 0.3, size)
    engagements = rng.binomial(impressions, expit(eta))
    at = FIRST + pd.to_timedelta(np.sort(rng.integers(0, 364 * 24 * 60, size)), unit="min")
    return pd.DataFrame(
        {
            "post_id": [f"P{i:03d}" for i in range(1, size + 1)],
            "content_id": [f"P{i:03d}" for i in range(1, size + 1)],
            "at": pd.Series(at).dt.strftime("%Y-%m-%dT%H:%M:00Z"),
            "network": rng.choice(["instagram", "tiktok", "facebook"], size, p=[0.5, 0.25, 0.25]),
            "channel": "organic_social",
            "content_type": kind,
            "style": [str(rng.choice(KINDS[k][1])) for k in kind],
            "length": [str(rng.choice(KINDS[k][0])) for k in kind],
            "impressions": impressions,
            "reach": (impressions * 0.8).astype(int),
            "engagements": engagements,
            "shares": rng.binomial(engagements, 0.08),
            "clicks": rng.binomial(impressions, 0.008),
            "followers_gained": rng.binomial(engagements, 0.02),
        }
    )


SAYINGS = {
    ("positive", "quality"): ("Love my new Solène pair, so light!", "Mes lunettes Solène sont superbes, très légères !"),
    ("positive", "style"): ("Best shades of the summer.", "Les plus belles lunettes de l'été."),
    ("neutral", "question"): ("Does anyone know if Solène ships to Belgium?", "Solène livre-t-elle en Belgique ?"),
    ("negative", "delivery"): ("Two weeks and still no parcel.", "Deux semaines et toujours pas de colis."),
    ("negative", "hinge"): (
        "The hinge broke after three days. Really, Solène?",
        "La charnière a cassé au bout de trois jours. Sérieusement, Solène ?",
    ),
}


def mentions(world: World, daily: float = 7.0) -> pd.DataFrame:
    """What anyone says of the brand, and of a competitor; the second week of June 2026 goes wrong (the hinge)."""
    rng = np.random.default_rng([world.seed, 24])
    days = pd.date_range(FIRST, LAST)
    bad = (days >= BUZZ[0]) & (days <= BUZZ[1])
    counts = rng.poisson(daily * np.where(days.day_of_week < 5, 1.1, 0.75) * rng.gamma(6, 1 / 6, len(days)) * np.where(bad, 5.0, 1.0))
    day, storm = np.repeat(days, counts), np.repeat(bad, counts)
    keys = list(SAYINGS)
    calm, angry = np.array([0.32, 0.24, 0.24, 0.13, 0.07]), np.array([0.05, 0.04, 0.11, 0.1, 0.7])
    which = np.array([rng.choice(len(keys), p=angry if s else calm) for s in storm])
    language = rng.choice(["fr", "en"], len(day), p=[0.75, 0.25])
    at = pd.Series(day + pd.to_timedelta(rng.integers(7 * 60, 23 * 60, len(day)), unit="min")).sort_values(kind="stable")
    order = at.index
    return pd.DataFrame(
        {
            "mention_id": [f"T{i:04d}" for i in range(1, len(day) + 1)],
            "at": at.dt.strftime("%Y-%m-%dT%H:%M:00Z").to_numpy(),
            "network": rng.choice(["x", "instagram", "facebook", "tiktok"], len(day)),
            "brand": np.where(rng.random(len(day)) < 0.85, "own", "competitor"),
            "author_followers": rng.lognormal(5.5, 1.6, len(day)).astype(int),
            "language": language[order],
            "sentiment_label": [keys[i][0] for i in which[order]],
            "topic": [keys[i][1] for i in which[order]],
            "text": [SAYINGS[keys[i]][int(f)] for i, f in zip(which[order], language[order] == "fr", strict=True)],
        }
    )


def sends(world: World, people: pd.DataFrame, size: int = 700) -> pd.DataFrame:
    """E-mails of six months: engaged people are sent more of them, and click more, whatever the frequency does."""
    rng = np.random.default_rng([world.seed, 25])
    listed = people[people["consent_email"] == 1].head(size)
    rows = []
    for member, engaged in zip(listed["member_id"], listed["engaged"], strict=True):
        for month in pd.date_range("2026-04-01", periods=3, freq="MS"):
            mails = int(np.clip(rng.poisson(1.2 + 3.2 * engaged), 0, 10))
            for day in np.sort(rng.integers(0, 28, mails)):
                click = int(rng.random() < expit(-3.3 + 1.3 * engaged + WEAR * mails))
                bought = int(click and rng.random() < 0.05)
                rows.append(
                    (month + pd.Timedelta(days=int(day), hours=int(rng.choice([8, 10, 12, 18]))), member, mails, click, bought, engaged)
                )
    frame = pd.DataFrame(rows, columns=["sent_at", "member_id", "mails", "clicks", "conversions", "engaged"])
    return pd.DataFrame(
        {
            "message_id": [f"E{i:05d}" for i in range(1, len(frame) + 1)],
            "sent_at": frame["sent_at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"),
            "member_id": frame["member_id"],
            "channel": "email",
            "content_type": rng.choice(["newsletter", "promo_email"], len(frame)),
            "delivered": 1,
            "opens": np.maximum(frame["clicks"], rng.random(len(frame)) < 0.2 + 0.2 * frame["engaged"]).astype(int),
            "clicks": frame["clicks"],
            "unsubscribes": (rng.random(len(frame)) < expit(-6.6 + 0.18 * frame["mails"])).astype(int),
            "conversions": frame["conversions"],
            "revenue": np.round(frame["conversions"] * 92.0, 2),
        }
    )


def journeys(world: World, people: pd.DataFrame, size: int = 1500) -> pd.DataFrame:
    """Touches of people on their way. One in five of those about to buy is held out from the reminder banner; they buy as often."""
    rng = np.random.default_rng([world.seed, 26])
    rows: list[tuple[Any, ...]] = []
    for member in people["member_id"].iloc[7 : 7 + size]:
        at = FIRST + pd.Timedelta(days=int(rng.integers(0, 330)), hours=int(rng.integers(8, 22)))
        rows.append((member, at, rng.choice(["organic_social", "paid_social", "organic_search"]), "", "impression", 0.0, 0))
        if rng.random() < 0.7:
            rows.append((member, at + pd.Timedelta(days=2), rng.choice(["email", "organic_search", "paid_social"]), "", "click", 0.0, 0))
        near, held = rng.random() < 0.35, int(rng.random() < 0.2)
        if near and not held:
            rows.append((member, at + pd.Timedelta(days=4), "display", "reminder_banner", "impression", 0.0, 0))
        if near and rng.random() < 0.4:
            rows.append((member, at + pd.Timedelta(days=5), "direct", "", "purchase", round(float(rng.normal(92, 14)), 2), held))
        elif near:
            rows.append((member, at + pd.Timedelta(days=5), "direct", "", "visit", 0.0, held))
    mine = customer(world)
    rows += [
        (HERO, pd.Timestamp(str(r.at)), r.channel, r.content_type, r.event, 89.0 if r.event == "purchase" else 0.0, 0)
        for r in mine.itertuples()
    ]
    frame = pd.DataFrame(rows, columns=["member_id", "at", "channel", "content_type", "event", "value", "holdout"])
    frame = frame.sort_values(["member_id", "at"], kind="stable").reset_index(drop=True)
    return frame.assign(at=pd.to_datetime(frame["at"]).dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def customer(world: World) -> pd.DataFrame:
    """One customer, from unaware to the reminder banner."""
    rows = [
        (
            "2026-05-02T19:10:00",
            "awareness",
            "organic_social",
            "short_video",
            "impression",
            "Sees a playful video between two friends' posts",
            "Voit une vidéo ludique entre deux publications d'amis",
        ),
        (
            "2026-05-04T08:25:00",
            "interest",
            "organic_social",
            "carousel",
            "click",
            "Swipes through the summer colours",
            "Fait défiler les couleurs de l'été",
        ),
        (
            "2026-05-09T21:40:00",
            "interest",
            "organic_search",
            "how_to_guide",
            "visit",
            "Looks up which shape suits a round face",
            "Cherche quelle forme va à un visage rond",
        ),
        (
            "2026-05-09T21:52:00",
            "consideration",
            "email",
            "newsletter",
            "lead",
            "Leaves an address for the size guide",
            "Laisse son adresse pour le guide des tailles",
        ),
        (
            "2026-05-15T12:05:00",
            "consideration",
            "email",
            "comparison",
            "click",
            "Compares polarised and plain lenses",
            "Compare verres polarisés et verres simples",
        ),
        (
            "2026-05-21T18:30:00",
            "decision",
            "paid_search",
            "search_ad",
            "click",
            "Puts a pair in the basket, and leaves",
            "Met une paire au panier, puis s'en va",
        ),
        (
            "2026-05-23T20:15:00",
            "decision",
            "display",
            "reminder_banner",
            "impression",
            "Sees the reminder banner on a news site",
            "Voit la bannière de relance sur un site d'actualité",
        ),
        (
            "2026-05-24T10:02:00",
            "decision",
            "direct",
            "product_page",
            "purchase",
            "Comes back on a Sunday and buys",
            "Revient un dimanche et achète",
        ),
        ("2026-06-20T09:00:00", "loyalty", "email", "automated_email", "open", "Opens the care guide", "Ouvre le guide d'entretien"),
    ]
    frame = pd.DataFrame(rows, columns=["at", "stage", "channel", "content_type", "event", "note_en", "note_fr"])
    frame.insert(0, "member_id", HERO)
    return frame


def stores() -> pd.DataFrame:
    rows = [
        ("S1", "Solène Paris Marais", 48.8590, 2.3600, "75004"),
        ("S2", "Solène Lyon Presqu'île", 45.7610, 4.8330, "69002"),
        ("S3", "Solène Nice Masséna", 43.6970, 7.2700, "06000"),
    ]
    frame = pd.DataFrame(rows, columns=["store_id", "name", "latitude", "longitude", "postal_code"])
    return frame.assign(country="FR", opened_on="2025-03-01", radius_m=800.0)


def visits(world: World, size: int = 1200) -> pd.DataFrame:
    """Sightings near a shop: coarse places of consenting phones, no names."""
    rng = np.random.default_rng([world.seed, 27])
    shop = stores().iloc[rng.integers(0, 3, size)].reset_index(drop=True)
    at = FIRST + pd.to_timedelta(np.sort(rng.integers(0, 364 * 24 * 60, size)), unit="min")
    return pd.DataFrame(
        {
            "visit_id": [f"V{i:04d}" for i in range(1, size + 1)],
            "at": pd.Series(at).dt.strftime("%Y-%m-%dT%H:%M:00Z"),
            "latitude": np.round(shop["latitude"] + rng.normal(0, 0.006, size), 4),
            "longitude": np.round(shop["longitude"] + rng.normal(0, 0.008, size), 4),
        }
    )


def truth(world: World) -> dict[str, Any]:
    return {
        "email_frequency": {"effect_per_mail": WEAR, "confounder": "engaged"},
        "bad_buzz": {"first": str(BUZZ[0].date()), "last": str(BUZZ[1].date()), "topic": "hinge"},
        "credit_is_not_lift": {"channel": "display", "content_type": "reminder_banner", "true_lift": 0.0},
        "customer": HERO,
    }
