"""data/samples: written whole from a seed, byte for byte the same each time, and read back.

Everything a lesson needs lies in plain CSV; the truth is in truth.json beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.errors import DataError
from mktlib.results import Plan
from mktlib.simulate import (
    areas,
    exports,
    firms,
    letters,
    listings,
    mailings,
    nearby,
    pages,
    people,
    pulse,
    rhythms,
    touches,
    voices,
    world,
)
from mktlib.simulate.world import World
from mktlib.vocabulary import finding, nearest
from mktlib.wording import write_text

NAMES = (
    "content_log",
    "audience",
    "followers",
    "posts",
    "mentions",
    "sends",
    "journeys",
    "visits",
    "stores",
    "results",
    "law_firm",
    "drive_in",
    "customer",
    "posts_busy",
    "followers_busy",
    "post_hours",
    "sends_test",
    "sends_hours",
    "shops",
    "nearby",
    "geo_weeks",
)
DATES = ("date", "week", "joined_at", "consent_date", "last_activity_at", "due", "published", "opened_on", "at", "sent_at", "replied_at")
COUNTS = (
    "impressions",
    "reach",
    "delivered",
    "opens",
    "clicks",
    "engagements",
    "leads",
    "conversions",
    "unsubscribes",
    "orders",
    "follows",
    "engaged",
    "shares",
    "followers",
    "followers_gained",
    "followers_lost",
    "profile_visits",
    "visits_90d",
    "emails_opened_90d",
    "price_importance",
    "style_importance",
)
OWNERS = ("Inès", "Hugo", "Léa", "Karim")


def data_folder() -> Path:
    """Where the data lie: inside an installed package, or beside it in a checkout."""
    inside = Path(__file__).parents[1] / "_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data"


def sample_path(name: str) -> Path:
    """The path of a file of the samples, such as "briefs/sunglasses.toml" or "plan".

    >>> sample_path("briefs/sunglasses.toml").name
    'sunglasses.toml'
    """
    return data_folder() / "samples" / name


def load_sample(name: str, *, folder: Path | None = None) -> pd.DataFrame:
    """One table of the samples: content_log, audience, followers, posts, mentions, sends, journeys, visits, stores, results,
    law_firm, drive_in, customer, posts_busy, followers_busy, post_hours, sends_test, sends_hours, shops, nearby, geo_weeks.

    Dates are datetimes, counts are integers that may be missing (Int64), ids and words are text.

    Raises:
        DataError: no sample has that name.

    >>> load_sample("stores")["name"].iloc[0]
    'Solène Paris Marais'
    """
    if name not in NAMES:
        raise DataError(finding("E_NO_SAMPLE", found=name, expected=", ".join(NAMES), hint=nearest(name, NAMES)))
    path = (folder or sample_path("")) / f"{name}.csv"
    head = pd.read_csv(path, nrows=0, encoding="utf-8").columns
    text = {c: "str" for c in head if c not in COUNTS}
    raw = pd.read_csv(
        path,
        dtype=text | {c: "Int64" for c in head if c in COUNTS},
        keep_default_na=False,
        na_values={c: [""] for c in COUNTS},
        encoding="utf-8",
    )
    for column in raw.columns:
        if column in DATES:
            raw[column] = pd.to_datetime(raw[column].replace("", None), format="ISO8601")
        elif column not in COUNTS and not column.endswith(("_id", "postal_code")) and _numeric(raw[column]):
            raw[column] = pd.to_numeric(raw[column])
    return raw


def _numeric(column: pd.Series) -> bool:
    filled = column[column != ""]
    return len(filled) > 0 and len(filled) == len(column) and bool(pd.to_numeric(filled, errors="coerce").notna().all())


def load_truth() -> dict[str, Any]:
    """What is true of the samples: the rate of every cell that occurs, and everything planted.

    >>> ", ".join(sorted(load_truth()["planted"])[:6])
    'bad_buzz, best_hour, credit_is_not_lift, customer, email_frequency, geo_weeks'
    """
    return dict(json.loads(sample_path("truth.json").read_text(encoding="utf-8")))


def write_samples(out: Path, *, seed: int = world.SEED) -> list[Path]:
    """Write every sample but the frozen plan and its results (`python -m mktlib samples` adds those)."""
    w = World(seed)
    members = people.audience(w)
    log, made = world.content_log(w), world.pieces(w)
    frames = {
        "content_log": log,
        "law_firm": firms.firm_log(w, firms.LAW),
        "drive_in": firms.firm_log(w, firms.DRIVE_IN),
        "audience": people.with_habits(w, members),
        "followers": people.followers(w),
        "posts": people.posts(w),
        "mentions": voices.mentions(w),
        "sends": touches.sends(w, members),
        "journeys": touches.journeys(w, members, made),
        "customer": touches.customer(w, made),
        "stores": people.stores(),
        "visits": people.visits(w),
        "posts_busy": pulse.posts_busy(w),
        "followers_busy": pulse.followers_busy(w),
        "post_hours": pulse.post_hours(w),
        "sends_test": rhythms.sends_test(w),
        "sends_hours": mailings.sends_hours(w),
        "shops": nearby.shops(),
        "nearby": nearby.nearby(w),
        "geo_weeks": areas.geo_weeks(w),
    }
    true = world.truth(w, log)
    true["planted"] |= {"listing": dict(listings.TRUTH)}
    true["planted"] |= planted() | {"habits": habits(w, members)} | pulse.planted(w) | mailings.planted() | rhythms.planted()
    true["planted"]["letters"] = {name: list(codes) for name, codes in letters.PLANTED.items()}
    true["planted"]["pages"] = list(pages.PLANTED)
    true["planted"]["nearby"] = nearby.planted()
    true["planted"] |= areas.planted()
    written = [write_csv(frame, out / f"{name}.csv") for name, frame in frames.items()]
    shaped = {"meta_ads.csv": exports.meta_export(log), "naming.toml": exports.NAMING}
    written += [write_text(text, out / "exports" / name) for name, text in shaped.items()]
    written += [write_text(text, out / "emails" / f"{name}.eml") for name, text in letters.letters().items()]
    written += [write_text(text, out / "listings" / name) for name, text in listings.listings().items()]
    written += [write_text(text, out / "pages" / name) for name, text in pages.pages().items()]
    return [*written, write_text(json.dumps(true, ensure_ascii=False, indent=0, sort_keys=True) + "\n", out / "truth.json")]


def planted() -> dict[str, Any]:
    """What was planted beside the content log, so that a lesson or a test can look for it."""
    return {
        "email_frequency": {"effect_per_mail": touches.WEAR, "unsubscribe_effect_per_mail": touches.TIRED, "confounder": "engaged"},
        "bad_buzz": {"first": str(voices.BUZZ[0].date()), "last": str(voices.BUZZ[1].date()), "topic": "hinge", "brand": "own"},
        "replies": voices.REPLY,
        "credit_is_not_lift": {
            "channel": "display",
            "content_type": "reminder_banner",
            "true_lift": 0.0,
            "holdout_share": touches.HELD_OUT,
            "outcome": "purchase",
        },
        "customer": people.HERO,
        "style_by_firm": firms.truth(),
    }


def habits(w: World, members: pd.DataFrame) -> dict[str, Any]:
    """The habits planted in the audience: their names, and one digit a member, in the order of the sample."""
    return {"names": list(people.HABITS), "members": "".join(map(str, people.habit_of(w, members)))}


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    return write_text(frame.to_csv(index=False, lineterminator="\n"), path)


def run_plan(plan: Plan, *, seed: int = world.SEED) -> pd.DataFrame:
    """What a plan brings in the sunglasses world: one row a placement and week, a few pieces late, one never published.

    The truth of any cell of a plan is the world's, whether or not the year's log held it.
    """
    w, rng = World(seed), np.random.default_rng([seed, 31])
    items, schedule = plan.items, plan.schedule[plan.schedule["exposure"] > 0]
    rows = schedule.merge(items[["item", "content_type", "style", "length"]], on="item", validate="m:1", suffixes=("", "_piece"))
    pieces = sorted(items["item"])
    late = dict(zip(pieces, rng.choice([0, 0, 0, 0, 2, 5], len(pieces)), strict=True))
    missed = pieces[int(rng.integers(len(pieces)))]
    luck = dict(zip(pieces, rng.normal(0, world.ITEM_SD, len(pieces)), strict=True))
    owner = {p: OWNERS[i % len(OWNERS)] for i, p in enumerate(pieces)}
    done = (rows["item"] != missed).to_numpy()
    exposure = np.where(done, rng.poisson(np.maximum(rows["exposure"], 0) * rng.normal(1, 0.05, len(rows)).clip(0.8, 1.2)), 0)
    eta = w.click_logit(rows) + rows["item"].map(luck).to_numpy()
    clicks = rng.binomial(exposure, expit(eta))
    conversions = rng.binomial(clicks, w.conversion_rate(rows["segment"], rows["stage"]))
    due = pd.Timestamp(plan.facts["first_day"]) + pd.to_timedelta(7 * (rows["week"].astype(int) - 1), unit="D")
    published = due + pd.to_timedelta(rows["item"].map(late).to_numpy(), unit="D")
    mail = rows["channel"].isin(["email", "sms", "push"]).to_numpy()
    return pd.DataFrame(
        {
            **{c: rows[c] for c in ("item", "content_type", "style", "length", "stage", "segment", "channel")},
            "content_id": rows["item"],
            "network": [world.NETWORKS.get(c, ("",))[0] for c in rows["channel"]],
            "week": due.dt.strftime("%Y-%m-%d"),
            "owner": rows["item"].map(owner),
            "status": np.where(~done, "cancelled", np.where(rows["item"].map(late).to_numpy() > 0, "late", "published")),
            "due": due.dt.strftime("%Y-%m-%d"),
            "published": np.where(done, published.dt.strftime("%Y-%m-%d"), ""),
            "planned_spend": rows["spend"].round(2),
            "actual_spend": np.where(done, (rows["spend"] * rng.normal(1, 0.03, len(rows))).round(2), 0.0),
            "impressions": pd.array(np.where(mail, 0, exposure), "Int64"),
            "delivered": pd.array(np.where(mail, exposure, 0), "Int64"),
            "clicks": clicks,
            "conversions": conversions,
            "revenue": np.round(conversions * 92.0, 2),
        }
    ).assign(impressions=lambda d: d["impressions"].mask(mail), delivered=lambda d: d["delivered"].mask(~mail))
