"""What was measured at each width, judged by the rows of `checks`: each thing once, at the strongest level it breaks, with its widths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mktlib.errors import Level
from mktlib.vocabulary import Tables

Screen = Mapping[str, Any]
Box = tuple[float, float, float, float]
MEGA, KILO = 1_000_000, 1_000


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One element at one width. size: the key of a phrase of [screens] with its values."""

    key: str
    element: str
    words: str
    width: int
    box: Box
    size: tuple[str, Mapping[str, float | str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A row that does not hold: where (spots, of each element at each width), at which widths, with the numbers of its sentence."""

    code: str
    widths: tuple[int, ...]
    spots: tuple[Spot, ...] = ()
    level: Level | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def elements(self) -> dict[str, list[Spot]]:
        """The spots of each element, the narrowest screen first."""
        found: dict[str, list[Spot]] = {}
        for spot in self.spots:
            found.setdefault(spot.key, []).append(spot)
        return found


def judged(screens: Sequence[Screen], tables: Tables) -> list[Found]:
    """Everything found on a page, errors first."""
    rules: tuple[Callable[[Sequence[Screen], Tables], Iterator[Found]], ...] = (
        _shrunk, _overflow, _cut, _taps, _small_text, _shift, _weight, _images, _covered,
    )  # fmt: skip
    found = [x for rule in rules for x in rule(screens, tables)]
    order = ("error", "warning", "note")
    return sorted(found, key=lambda x: order.index(x.level or tables.checks[x.code]["level"]))


def _limits(tables: Tables, code: str) -> Mapping[str, float]:
    values: Mapping[str, float] = tables.checks[code].get("values", {})
    return values


def _spot(screen: Screen, of: Mapping[str, Any], size: tuple[str, Mapping[str, float | str]] | None = None) -> Spot:
    x, y, w, h = of["box"]
    return Spot(key=of["key"], element=of["name"], words=of["words"], width=screen["width"], box=(x, y, w, h), size=size)


def _at(screens: Iterable[Screen]) -> tuple[int, ...]:
    return tuple(screen["width"] for screen in screens)


def _widths(spots: Iterable[Spot]) -> tuple[int, ...]:
    return tuple(sorted({spot.width for spot in spots}))


def _shrunk(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    bad = [s for s in screens if s["wide"] > s["width"] + 1]
    if bad:
        body = _limits(tables, "SCREEN_SHRUNK")["body"]
        values = {"layout": bad[0]["wide"], "real": round(body * bad[0]["width"] / bad[0]["wide"], 1)}
        yield Found(code="SCREEN_SHRUNK", widths=_at(bad), values=values)


def _overflow(screens: Sequence[Screen], _: Tables) -> Iterator[Found]:
    bad = [s for s in screens if s["right"] > s["wide"] + 1 and not s["clipped"]]
    if bad:
        spots = tuple(_spot(s, x, ("reach", {"right": x["right"]})) for s in bad for x in s["out"])
        yield Found(code="SCREEN_OVERFLOW", widths=_at(bad), spots=spots, values={"right": bad[0]["right"]})


def _cut(screens: Sequence[Screen], _: Tables) -> Iterator[Found]:
    spots = tuple(_spot(s, x) for s in screens for x in s["cut"])
    if spots:
        yield Found(code="SCREEN_CUT", widths=_widths(spots), spots=spots)


def tap_code(tap: Mapping[str, Any], tables: Tables) -> str | None:
    """The strongest row that a tap target breaks: 24 px (AA, with its exceptions), too close, 44 px (AAA), 48 px (advice); or none."""
    if tap["excepted"]:
        return None
    least = min(tap["w"], tap["h"]) + 0.05
    under = {code: least < _limits(tables, code)["least"] for code in ("SCREEN_TAP_24", "SCREEN_TAP_44", "SCREEN_TAP_48")}
    close = _limits(tables, "SCREEN_TAP_CLOSE")
    if under["SCREEN_TAP_24"] and tap["crowded"] and not tap["equal24"]:
        return "SCREEN_TAP_24"
    if least < close["size"] and tap["gap"] is not None and tap["gap"] < close["least"] - 0.05:
        return "SCREEN_TAP_CLOSE"
    if under["SCREEN_TAP_44"] and not tap["equal44"]:
        return "SCREEN_TAP_44"
    return "SCREEN_TAP_48" if under["SCREEN_TAP_48"] and not tap["equal48"] else None


def _taps(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    """Each target under the strongest row that it breaks at any width, with the widths of that row alone."""
    order = ("SCREEN_TAP_24", "SCREEN_TAP_CLOSE", "SCREEN_TAP_44", "SCREEN_TAP_48")
    broken: dict[str, dict[str, list[Spot]]] = {}
    for screen in screens:
        for tap in screen["targets"]:
            if code := tap_code(tap, tables):
                size = ("tap" if tap["gap"] is not None else "tap_alone", {"w": tap["w"], "h": tap["h"], "gap": tap["gap"] or 0.0})
                broken.setdefault(tap["key"], {}).setdefault(code, []).append(_spot(screen, tap, size))
    for code in order:
        spots = tuple(x for of in broken.values() if min(of, key=order.index) == code for x in of[code])
        if spots:
            most = max(len(s["targets"]) for s in screens)
            yield Found(code=code, widths=_widths(spots), spots=spots, values={"count": len({x.key for x in spots}), "targets": most})


def _small_text(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    """Share of the characters that are too small, at the width where it is largest."""
    share = {s["width"]: s["text"]["small"] / s["text"]["chars"] for s in screens if s["text"]["small"]}
    if not share:
        return
    failed = [w for w, x in share.items() if x * 100 >= _limits(tables, "SCREEN_TEXT")["most"]]
    code, widths = ("SCREEN_TEXT", failed) if failed else ("SCREEN_TEXT_SOME", list(share))
    at = [s for s in screens if s["width"] in widths]
    spots = tuple(_spot(s, x, ("letters", {"size": x["size"]})) for s in at for x in s["text"]["elements"])
    value = 100 * max(share[w] for w in widths)
    yield Found(code=code, widths=tuple(widths), spots=spots, values={"share": round(value) if value >= 1 else "<1"})


def _shift(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    limits = _limits(tables, "SCREEN_SHIFT")
    bad = [s for s in screens if s["jumps"] and s["jumps"]["value"] > limits["good"]]
    if bad:
        worst = max(s["jumps"]["value"] for s in bad)
        spots = tuple(_spot(s, x) for s in bad for x in s["jumps"]["elements"])
        level: Level = "error" if worst > limits["poor"] else "warning"
        yield Found(code="SCREEN_SHIFT", widths=_at(bad), spots=spots, level=level, values={"jump": round(worst, 3)})


def _weight(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    limits = _limits(tables, "SCREEN_WEIGHT")
    bad = [s for s in screens if weight(s) > limits["good"] * MEGA]
    if bad:
        worst = max(bad, key=weight)
        level: Level = "error" if weight(worst) > limits["most"] * MEGA else "warning"
        files = sorted(worst["loaded"].items(), key=lambda x: -x[1])[:3]
        heavy = tuple((url.rpartition("/")[2][:60] or url[:60], round(size / KILO)) for url, size in files)
        values = {"weight": round(weight(worst) / MEGA, 1), "heavy": heavy}
        yield Found(code="SCREEN_WEIGHT", widths=_at(bad), level=level, values=values)


def weight(screen: Screen) -> int:
    """Bytes of everything that was loaded at a width."""
    return sum(screen["loaded"].values())


def _images(screens: Sequence[Screen], tables: Tables) -> Iterator[Found]:
    limits = _limits(tables, "SCREEN_IMAGE")
    spots: list[Spot] = []
    waste: dict[str, float] = {}
    least = min(limits["from"], max(_at(screens)))  # what suits a phone is more than the narrowest screen shows
    for screen in (s for s in screens if s["width"] >= least):
        for image in screen["images"]:
            spare = wasted(image, screen)
            if spare > limits["chosen" if image["chosen"] else "least"]:
                (nw, nh), w, h = image["natural"], round(image["w"]), round(image["h"])
                spots.append(_spot(screen, image, ("pixels", {"nw": nw, "nh": nh, "w": w, "h": h})))
                waste[image["key"]] = max(spare, waste.get(image["key"], 0.0))
    if spots:
        values = {"count": len(waste), "images": max(len(s["images"]) for s in screens), "waste": round(sum(waste.values()) / KILO)}
        yield Found(code="SCREEN_IMAGE", widths=_widths(spots), spots=tuple(spots), values=values)


def wasted(image: Mapping[str, Any], screen: Screen) -> float:
    """Bytes of an image that its screen cannot show: those of the pixels above its size there times the pixels to a px."""
    nw, nh = image["natural"]
    if not nw or not nh or image["src"].partition("?")[0].endswith(".svg") or image["src"].startswith("data:image/svg"):
        return 0.0
    across, down = (shown * screen["scale"] / own for shown, own in ((image["w"], nw), (image["h"], nh)))
    if image["fit"] in ("cover", "contain", "scale-down"):
        across = down = max(across, down) if image["fit"] == "cover" else min(across, down)
    own = image["src"]
    size = len(own) * 0.75 if own.startswith("data:") else screen["loaded"].get(own.partition("#")[0], 0)
    return float(size * (1 - min(1.0, across) * min(1.0, down)))


def _covered(screens: Sequence[Screen], _: Tables) -> Iterator[Found]:
    spots = tuple(_spot(s, x, ("under", {"bar": x["by"]})) for s in screens for x in s["covered"])
    if spots:
        yield Found(code="SCREEN_COVERED", widths=_widths(spots), spots=spots)
