"""What is said: the brand's own posts, and what anyone says of the brand and of a competitor.

One week of June goes wrong (a hinge that breaks). The storm is about the brand alone: the competitor's week is a week like any other,
which is how an alarm tells a storm from a busy week.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.simulate.world import FIRST, LAST, World

BRANDS = {"own": "Solène", "competitor": "Ombrelle"}
BUZZ = (pd.Timestamp("2026-06-08"), pd.Timestamp("2026-06-14"))
STORM = np.array([3.5, 5.5, 8.0, 8.0, 6.5, 4.5, 3.0])
"""Times the usual number of mentions, on each day of the bad week."""
TOPICS = (("positive", "quality"), ("positive", "style"), ("neutral", "question"), ("negative", "delivery"), ("negative", "hinge"))
CALM, ANGRY = np.array([0.32, 0.24, 0.24, 0.14, 0.06]), np.array([0.05, 0.04, 0.11, 0.10, 0.70])
REPLY = {"calm": {"share": 0.85, "hours": 4.0}, "bad": {"share": 0.55, "hours": 15.0}}
"""The share of questions and complaints that are ever answered, and the median hours until then of those that are."""
REPLY_SPREAD = 1.0
SAYINGS: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    "en": {
        ("positive", "quality"): (
            "Love my new {b} pair, so light!",
            "Six months with {b} and not a scratch.",
            "{b} lenses are really clear, even at sea.",
            "Dropped my {b} twice, still perfect.",
        ),
        ("positive", "style"): (
            "{b}: best shades of the summer.",
            "Everyone asks where my {b} come from.",
            "The amber {b} go with everything.",
        ),
        ("neutral", "question"): (
            "Does anyone know if {b} ships to Belgium?",
            "Do {b} fit over a small nose?",
            "Are all {b} lenses polarised?",
        ),
        ("negative", "delivery"): (
            "Two weeks and still no parcel from {b}.",
            "{b}: parcel left at the wrong address, again.",
            "Late delivery, no answer from {b}.",
        ),
        ("negative", "hinge"): (
            "The hinge broke after three days. Really, {b}?",
            "My second {b} pair with a broken hinge, never again.",
            "{b} hinge snapped in my hands, I want my money back.",
        ),
    },
    "fr": {
        ("positive", "quality"): (
            "Mes lunettes {b} sont superbes, très légères !",
            "Six mois avec {b} et pas une rayure.",
            "Les verres {b} sont vraiment nets, même en mer.",
            "Mes {b} sont tombées deux fois, toujours intactes.",
        ),
        ("positive", "style"): (
            "{b}, les plus belles lunettes de l'été.",
            "Tout le monde me demande d'où viennent mes {b}.",
            "Les {b} ambrées vont avec tout.",
        ),
        ("neutral", "question"): (
            "{b} livre-t-elle en Belgique ?",
            "Les {b} vont-elles à un petit visage ?",
            "Tous les verres {b} sont-ils polarisés ?",
        ),
        ("negative", "delivery"): (
            "Deux semaines et toujours pas de colis {b}.",
            "{b} : encore un colis livré à la mauvaise adresse.",
            "Livraison en retard et aucune réponse de {b}.",
        ),
        ("negative", "hinge"): (
            "La charnière a cassé au bout de trois jours. Sérieusement, {b} ?",
            "Deuxième paire {b} à la charnière cassée, plus jamais.",
            "Charnière {b} cassée dans mes mains, je veux être remboursé.",
        ),
    },
}
POSTS: dict[str, tuple[str, ...]] = {
    "playful": ("Le soleil a triché. Nous, on a mis nos Solène. 😎", "Cligner des yeux, c'est so 2024."),
    "inspirational": ("L'été commence au bout de la rue.", "Choisissez votre lumière."),
    "storytelling": (
        "Lina a dessiné cette monture un dimanche, sur un coin de nappe.",
        "De l'atelier du Jura à votre plage : l'histoire d'une paire.",
    ),
    "conversational": ("Et vous, plutôt ambre ou fumé ?", "Montrez-nous votre paire préférée en commentaire !"),
    "promotional": ("Jusqu'à dimanche : deuxième paire à -30 %.", "Livraison offerte ce week-end."),
    "educational": (
        "Catégorie 3 ou 4 ? Trois questions pour choisir ses verres.",
        "Verres polarisés : ce qu'ils changent sur l'eau et la route.",
    ),
    "luxury": ("Série numérotée, montée à la main.", "L'acétate, poli douze heures."),
}


def captions(world: World, styles: pd.Series) -> list[str]:
    """The French text of each post, in the manner of its style."""
    rng = np.random.default_rng([world.seed, 28])
    return [POSTS[s][int(k)] for s, k in zip(styles, rng.integers(0, 2, len(styles)), strict=True)]


def mentions(world: World, own: float = 7.5, competitor: float = 1.8) -> pd.DataFrame:
    """What anyone says of the brand and of a competitor, in UTC; `own` and `competitor` are mentions a day in a usual week."""
    rng = np.random.default_rng([world.seed, 24])
    days = pd.date_range(FIRST, LAST)
    bad = (days >= BUZZ[0]) & (days <= BUZZ[1])
    times = np.ones(len(days))
    times[bad] = STORM
    out = []
    for brand, usual, storm in (("own", own, times), ("competitor", competitor, np.ones(len(days)))):
        counts = rng.poisson(usual * np.where(days.day_of_week < 5, 1.1, 0.75) * rng.gamma(12, 1 / 12, len(days)) * storm)
        angry = np.repeat(bad & (brand == "own"), counts)
        out.append(_said(rng, brand, days.repeat(counts), angry))
    frame = pd.concat(out).sort_values("at", kind="stable").reset_index(drop=True)
    frame.insert(0, "mention_id", [f"T{i:04d}" for i in range(1, len(frame) + 1)])
    frame = frame.assign(author=_handles(frame), replied_at=_replies(world, frame))
    return frame.assign(at=frame["at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def _handles(frame: pd.DataFrame) -> pd.Series:
    """Who wrote: two mentions on one network by someone with as many followers are taken to be of one person."""
    return "@lunettes_" + (frame.groupby(["network", "author_followers"], sort=True).ngroup() + 1).astype(str).str.zfill(4)


def _replies(world: World, frame: pd.DataFrame) -> pd.Series:
    """When the brand answered: questions and complaints alone, some never, and more slowly and seldom in the bad week (UTC)."""
    rng = np.random.default_rng([world.seed, 29])
    asked = ((frame["brand"] == "own") & frame["sentiment_label"].isin(["neutral", "negative"])).to_numpy()
    bad = ((frame["at"] >= BUZZ[0]) & (frame["at"] < BUZZ[1] + pd.Timedelta(days=1))).to_numpy()
    hours = np.where(bad, REPLY["bad"]["hours"], REPLY["calm"]["hours"]) * rng.lognormal(0, REPLY_SPREAD, len(frame))
    answered = asked & (rng.random(len(frame)) < np.where(bad, REPLY["bad"]["share"], REPLY["calm"]["share"]))
    at = (frame["at"] + pd.to_timedelta((hours * 60).round(), unit="min")).where(answered)
    return at.where(at < LAST + pd.Timedelta(days=1)).dt.strftime("%Y-%m-%dT%H:%M:00Z").fillna("")


def _said(rng: np.random.Generator, brand: str, days: pd.DatetimeIndex, angry: np.ndarray) -> pd.DataFrame:
    n = len(days)
    topic = np.where(angry, rng.choice(len(TOPICS), n, p=ANGRY), rng.choice(len(TOPICS), n, p=CALM))
    language = rng.choice(["fr", "en"], n, p=[0.75, 0.25])
    which = rng.integers(0, 12, n)
    texts = [SAYINGS[lang][TOPICS[t]] for lang, t in zip(language, topic, strict=True)]
    return pd.DataFrame(
        {
            "at": days + pd.to_timedelta(rng.integers(7 * 60, 23 * 60, n), unit="min"),
            "network": rng.choice(["x", "instagram", "facebook", "tiktok"], n),
            "brand": brand,
            "author_followers": rng.lognormal(5.5, 1.6, n).astype(int),
            "language": language,
            "sentiment_label": [TOPICS[t][0] for t in topic],
            "topic": [TOPICS[t][1] for t in topic],
            "text": [said[k % len(said)].format(b=BRANDS[brand]) for said, k in zip(texts, which, strict=True)],
        }
    )
