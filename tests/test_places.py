"""People near places: distances against brute force and a ball tree, nothing lost, nobody to be picked out, a plan that uses it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import BallTree

import mktlib as mk
from mktlib.errors import DataError
from mktlib.places import sphere
from mktlib.places.folds import OTHERS, _given_up, cells, joined, patterns, told_alone
from mktlib.places.near import people_near
from mktlib.places.points import coordinates, step_of
from mktlib.results import Scores

SHOPS = pd.DataFrame({"place": ["Marais", "Bastille", "Lyon"], "latitude": [48.859, 48.853, 45.761], "longitude": [2.36, 2.369, 4.833]})


def moved(lat: float, lon: float, bearing: float, metres: float) -> tuple[float, float]:
    """The point so many metres from another (the direct problem on a sphere, closed form)."""
    p, q, t, d = np.radians(lat), np.radians(lon), np.radians(bearing), metres / sphere.EARTH
    up = np.array([np.cos(p) * np.cos(q), np.cos(p) * np.sin(q), np.sin(p)])
    north = np.array([-np.sin(p) * np.cos(q), -np.sin(p) * np.sin(q), np.cos(p)])
    x, y, z = np.cos(d) * up + np.sin(d) * (np.cos(t) * north + np.sin(t) * np.array([-np.sin(q), np.cos(q), 0.0]))
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def around(shop: int, people: int, metres: float, *, start: int = 0, rows: int = 1) -> pd.DataFrame:
    """People on a ring around a shop, `rows` points each."""
    lat, lon = SHOPS["latitude"][shop], SHOPS["longitude"][shop]
    spots = [moved(lat, lon, 360 * i / people, metres) for i in range(people)]
    frame = pd.DataFrame(spots, columns=["latitude", "longitude"]).assign(member_id=[f"m{start + i}" for i in range(people)])
    return pd.concat([frame.assign(consent_location=1)] * rows, ignore_index=True)


# ---------------------------------------------------------------- distances

WORLDS = {
    "everywhere": (lambda rng, n: np.degrees(np.arcsin(rng.uniform(-1, 1, n))), lambda rng, n: rng.uniform(-180, 180, n), 300_000.0),
    "date line": (lambda rng, n: rng.normal(0, 0.01, n), lambda rng, n: (rng.normal(0, 0.01, n) + 360) % 360 - 180, 700.0),
    "north pole": (lambda rng, n: 90 - np.abs(rng.normal(0, 0.01, n)), lambda rng, n: rng.uniform(-180, 180, n), 700.0),
    "south pole": (lambda rng, n: np.abs(rng.normal(0, 0.01, n)) - 90, lambda rng, n: rng.uniform(-180, 180, n), 700.0),
    "one town": (lambda rng, n: rng.normal(48.86, 0.01, n), lambda rng, n: rng.normal(2.35, 0.01, n), 500.0),
    "one spot": (lambda rng, n: np.full(n, 48.86), lambda rng, n: np.full(n, 2.35), 1.0),
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_pairs_are_those_of_brute_force_and_of_a_ball_tree(world):
    rng = np.random.default_rng(sum(map(ord, world)))
    lat, lon, radius = WORLDS[world]
    a, b = (np.column_stack([lat(rng, n), lon(rng, n)]) for n in (700, 60))
    got = list(sphere.within(sphere.on_sphere(*a.T), sphere.on_sphere(*b.T), np.full(len(b), radius), chunk=333))
    pairs = {(int(i), int(j)): d for p in got for i, j, d in zip(p.point, p.place, p.metres, strict=True)}
    metres = sphere.haversine(a[:, :1], a[:, 1:], b[None, :, 0], b[None, :, 1])
    assert set(pairs) == set(zip(*map(np.ndarray.tolist, np.nonzero(metres <= radius)), strict=True))
    assert max(abs(d - metres[at]) for at, d in pairs.items()) < 1e-6
    tree = BallTree(np.radians(b), metric="haversine").query_radius(np.radians(a), radius / sphere.EARTH)
    assert sorted(pairs) == [(i, j) for i, near in enumerate(tree) for j in sorted(near.tolist())]


@pytest.mark.parametrize("lat", [0.0, 48.86, -89.9999])
@pytest.mark.parametrize("radius", [1.0, 500.0, 100_000.0])
def test_the_rim_belongs_to_the_circle_to_a_thousandth_of_a_millimetre(lat, radius):
    spots = [moved(lat, 179.9999, bearing, radius + off) for bearing in (0, 77, 201) for off in (-1e-3, 0.0, 1e-3)]
    at = sphere.on_sphere(*np.array(spots).T)
    (pairs,) = sphere.within(at, sphere.on_sphere(np.array([lat]), np.array([179.9999])), np.array([radius]))
    assert sorted(pairs.point) == [0, 1, 3, 4, 6, 7]
    assert sphere.RIM == 1e-6


def test_a_sphere_is_at_most_0_56_per_cent_off_the_ellipsoid():
    a, b = 6_378_137.0, 6_356_752.314245
    lat = np.radians(np.linspace(0, 90, 901))
    squared = 1 - (b / a) ** 2
    along = a * (1 - squared) / (1 - squared * np.sin(lat) ** 2) ** 1.5  # radius of the meridian
    across = a / np.sqrt(1 - squared * np.sin(lat) ** 2)  # of the prime vertical
    off = np.concatenate([sphere.EARTH / along - 1, sphere.EARTH / across - 1])
    assert 0.0055 < np.abs(off).max() < 0.0056 + 5e-5
    assert abs(sphere.EARTH - (2 * a + b) / 3) < 0.1


def test_places_of_their_own_radius_keep_it():
    seen = pd.concat([around(0, 12, 450), around(2, 15, 450, start=50)])
    table = people_near(seen, SHOPS.assign(radius_m=[400, 400, 500]), radius_m="radius_m").set_index("place")
    assert table["people"].to_dict() == {"Marais": 0, "Bastille": 0, "Lyon": 15}
    assert table["radius_m"].tolist() == [400, 500, 400] or table.loc["Lyon", "radius_m"] == 500


# ---------------------------------------------------------------- coordinates

BAD = [
    ("48,859", "2,36", "48,85… / 2,36", "latitude 48.86, longitude 2.36"),
    ("48° 51' 32\" N", "2° 21' 36\" E", "48° 51' … / 2° 21' …", "latitude 48.86, longitude 2.36"),
    (0, 0, "0 / 0", None),
    (48.859, 181, "48.85… / 181", None),
    (91, 2.36, "91 / 2.36", "latitude 2.36, longitude 91.00"),
    (None, 2.36, "– / 2.36", None),
    ("inf", 2.36, "inf / 2.36", None),
    ("<script>", "x", "<script> / x", None),
    (2.36, 48.859, "2.36 / 48.86", "latitude 48.86, longitude 2.36"),
    ("2.36 E", "48.859 N", "2.36 E / 48.85… N", "latitude 48.86, longitude 2.36"),
    ("48 51 32", "2 21 36 O", "48 51 … / 2 21 …", "latitude 48.86, longitude -2.36"),
    ("48°75'30\" N", 2.36, "48°75'… / 2.36", None),
    ("4858933", "5420500.25", "485… / 542…", None),
]


@pytest.mark.parametrize(("lat", "lon", "found", "hint"), BAD)
def test_a_pair_that_is_no_place_is_set_aside_with_line_value_and_likely_meaning(lat, lon, found, hint):
    seen = around(0, 20, 100)
    row = pd.DataFrame({"latitude": [lat], "longitude": [lon], "member_id": ["m0"], "consent_location": [1]}, dtype=object)
    table = people_near(pd.concat([seen.astype(object), row], ignore_index=True), SHOPS)
    (told,) = (f for f in table.attrs["findings"] if f.code in ("E_COORDINATE", "E_COORDINATE_TURNED"))
    assert (told.code == "E_COORDINATE_TURNED") == (found == "2.36 / 48.86")  # which is a place, in the Indian Ocean
    assert (told.line, told.found, told.file) == (22, found, "visits")
    assert told.hint == (hint or "Write both in degrees with a decimal point (48.85 and 2.35), or leave the row out")
    facts = table.attrs["facts"]
    assert facts["rows"] == facts["kept"] + facts["set_aside"] + facts["no_consent"] == 21
    assert facts["set_aside"] == 1
    assert table["people"].sum() == 20


@pytest.mark.parametrize("turned", ["visits", "places"])
def test_a_table_turned_round_is_refused_whichever_it_is(turned):
    frames = {"visits": around(0, 20, 100), "places": SHOPS}
    frames[turned] = frames[turned].rename(columns={"latitude": "longitude", "longitude": "latitude"})
    with pytest.raises(DataError) as refused:
        people_near(frames["visits"], frames["places"])
    assert refused.value.codes == ("E_COORDINATES_TURNED",)  # which of the two it is only their owner knows


def test_one_shop_turned_round_is_the_shop_and_not_its_visitors():
    shops = SHOPS.copy()
    shops.loc[2, ["latitude", "longitude"]] = (4.833, 45.761)
    seen = pd.concat([around(0, 20, 100), around(2, 20, 100, start=90)])
    alone = around(0, 20, 100)  # nobody was seen around the shop that is wrong
    for call, visits in ((people_near, seen), (mk.catchments, seen), (people_near, alone)):
        with pytest.raises(DataError) as refused:
            call(visits, shops)
        (told,) = refused.value.findings
        assert (told.code, told.file, told.line, told.hint) == ("E_COORDINATE_TURNED", "places", 4, "latitude 45.761, longitude 4.833")


def test_a_frame_of_people_is_shown_by_table_and_drawn_by_catchments():
    table = people_near(around(0, 20, 100), SHOPS)
    for call in (mk.show, mk.report):
        for language in ("en", "fr"):
            with pytest.raises(DataError) as refused:
                call(table, language=language)
            assert "mk.table(...)" in str(refused.value)
            assert "mk.catchments(visits, places)" in str(refused.value)


SHOP = [
    ("48,85904", "2,36012", "48,85904 / 2,36012", "latitude 48.85904, longitude 2.36012"),
    (0, 0, "0 / 0", None), (None, 2.36012, "– / 2.36012", None), (91, 2.36012, "91 / 2.36012", "latitude 2.36012, longitude 91"),
]  # fmt: skip


@pytest.mark.parametrize(("lat", "lon", "found", "hint"), SHOP)
def test_a_place_without_a_position_is_refused_and_never_left_out(lat, lon, found, hint):
    shops = SHOPS.astype({"latitude": object, "longitude": object})
    shops.loc[1, ["latitude", "longitude"]] = [lat, lon]
    with pytest.raises(DataError) as refused:
        people_near(pd.concat([around(0, 20, 100), around(2, 20, 100, start=90)]), shops)
    (told,) = refused.value.findings
    assert (told.code, told.level, told.line, told.found) == ("E_COORDINATE", "error", 3, found)
    assert hint is None or told.hint == hint


def test_the_sea_off_africa_is_a_place_when_the_shops_are_there():
    shops = pd.DataFrame({"place": ["a"], "latitude": [2.36], "longitude": [48.86]})
    seen = pd.DataFrame({"latitude": 2.3601, "longitude": 48.86, "member_id": range(15)})
    assert people_near(seen, shops)["people"].tolist() == [15]


WRONG = [
    ({"radius_m": 0}, "E_OPTION"), ({"radius_m": float("nan")}, "E_OPTION"), ({"radius_m": True}, "E_OPTION"),
    ({"radius_m": 1e9}, "E_OPTION"),
    ({"radius_m": "reach"}, "E_MISSING_COLUMN"), ({"by": "segment"}, "E_MISSING_COLUMN"), ({"fewest": 3}, "E_OPTION"),
    ({"overlap": "both"}, "E_OPTION"), ({"person": "id"}, "E_MISSING_COLUMN"), ({"consent": "agreed"}, "E_MISSING_COLUMN"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "code"), WRONG)
def test_wrong_options_are_named(options, code):
    with pytest.raises(DataError) as refused:
        people_near(around(0, 20, 100), SHOPS, **options)
    assert code in refused.value.codes


FRAMES = [
    (pd.DataFrame(), SHOPS, "E_MISSING_COLUMN"),
    (around(0, 20, 100).iloc[:0], SHOPS, "E_NO_ROWS"), (around(0, 3, 100), SHOPS, "E_PLACES_FEW"),
    (around(0, 20, 100), SHOPS.drop(columns="place"), "E_MISSING_COLUMN"), (around(0, 20, 100), pd.concat([SHOPS, SHOPS]), "E_PLACE_TWICE"),
    (around(0, 20, 100).assign(consent_location=0), SHOPS, "E_PLACES_NOBODY"),
    (around(0, 20, 100), SHOPS.replace("Lyon", "others"), "E_PLACE_NAME"),
    (around(0, 20, 100).round({"latitude": 2, "longitude": 2}), SHOPS, "E_PLACES_COARSE"),
]  # fmt: skip


@pytest.mark.parametrize(("visits", "places", "code"), FRAMES)
def test_frames_that_cannot_be_used_are_refused_in_words(visits, places, code):
    with pytest.raises(DataError) as refused:
        people_near(visits, places, radius_m=100)
    assert code in refused.value.codes


@pytest.mark.parametrize(("digits", "step"), [(0, 1.0), (1, 0.1), (2, 0.01), (3, 0.001), (4, 0.0), (6, 0.0)])
def test_rounded_coordinates_are_seen(digits, step):
    rng = np.random.default_rng(digits)
    assert step_of(np.round(rng.normal(48.8, 3, 400), digits), np.round(rng.normal(2.3, 3, 400), digits)) == step


def test_a_radius_of_a_few_steps_is_told_with_a_warning():
    seen = around(0, 60, 100).round({"latitude": 3, "longitude": 3})
    table = people_near(seen, SHOPS, radius_m=300)
    assert "N_PLACES_COARSE" in [f.code for f in table.attrs["findings"]]


def test_a_supplier_s_default_spot_is_noticed():
    rng = np.random.default_rng(5)
    seen = pd.DataFrame({"latitude": rng.normal(48.859, 0.001, 100), "longitude": rng.normal(2.36, 0.001, 100), "member_id": range(100)})
    seen.loc[:39, ["latitude", "longitude"]] = (48.8591234, 2.3601234)
    found = {f.code: f for f in people_near(seen, SHOPS).attrs["findings"]}
    assert found["N_PLACES_PILED"].found == "40"


@pytest.mark.parametrize("text", ["48° 51' 32\" S", "48:51:32W", "48°51′32″O"])
def test_degrees_and_minutes_of_the_south_and_the_west_are_below_zero(text):
    said = coordinates(pd.DataFrame({"lat": [text], "lon": ["2,5"]})).said
    assert said[0][1] == "latitude -48.86, longitude 2.50"


# ---------------------------------------------------------------- people


def test_each_person_counts_once_where_he_comes_nearest_or_most_often():
    both = around(0, 30, 250, rows=2)
    near_bastille = around(1, 30, 100)  # the same thirty, once, nearer
    alone = around(2, 40, 50, start=100)
    seen = pd.concat([both, near_bastille, alone])
    one = people_near(seen, SHOPS, radius_m=300).set_index("place")
    assert one["people"].to_dict() == {"Bastille": 30, "Lyon": 40, "Marais": 0}
    assert one["people_in_reach"].to_dict() == {"Bastille": 30, "Lyon": 40, "Marais": 30}
    assert one["people_only_here"].to_dict() == {"Bastille": 0, "Lyon": 40, "Marais": 0}
    assert one["visits"].to_dict() == {"Bastille": 90, "Lyon": 40, "Marais": 0}
    often = people_near(seen, SHOPS, radius_m=300, overlap="most").set_index("place")
    assert often["people"].to_dict() == {"Bastille": 0, "Lyon": 40, "Marais": 30}
    shared = people_near(seen, SHOPS, radius_m=300, overlap="shared").set_index("place")
    assert shared["people"].to_dict() == {"Bastille": 15.0, "Lyon": 40.0, "Marais": 15.0}


def test_counts_are_those_of_brute_force_and_of_any_engine():
    polars = pytest.importorskip("polars")
    rng = np.random.default_rng(4)
    shops = pd.DataFrame({"place": [f"s{i:02d}" for i in range(12)], "latitude": rng.uniform(48.8, 48.95, 12)})
    shops["longitude"] = rng.uniform(2.2, 2.5, 12)
    seen = pd.DataFrame({"latitude": rng.uniform(48.8, 48.95, 9000), "longitude": rng.uniform(2.2, 2.5, 9000)})
    seen["member_id"] = rng.integers(0, 3000, 9000)
    table = people_near(seen, shops, radius_m=2000).set_index("place")
    metres = sphere.haversine(*(seen[c].to_numpy()[:, None] for c in ("latitude", "longitude")), shops["latitude"], shops["longitude"])
    nearest = pd.DataFrame(metres).groupby(seen["member_id"]).min()
    inside = nearest[nearest.min(axis=1) <= 2000]
    expected = shops["place"].iloc[inside.to_numpy().argmin(axis=1)].value_counts()
    assert expected.min() >= 10
    assert table["people"].to_dict() == expected.to_dict()
    assert table["visits"].sum() == (metres.min(axis=1) <= 2000).sum()
    assert (table["people_in_reach"] <= (nearest <= 2000).sum().to_numpy()[shops["place"].searchsorted(table.index)]).all()
    again = people_near(polars.from_pandas(seen), polars.from_pandas(shops), radius_m=2000).set_index("place")
    assert again.equals(table)
    shuffled = people_near(seen.sample(frac=1, random_state=1), shops.sample(frac=1, random_state=1), radius_m=2000).set_index("place")
    assert shuffled.equals(table)


def test_whoever_did_not_agree_is_left_out_and_counted():
    seen = around(0, 40, 100)
    seen["consent_location"] = [1, "yes", "oui", "True"] * 7 + [0, "no", None, ""] * 3
    table = people_near(seen, SHOPS)
    assert table["people"].sum() == 28
    assert table.attrs["facts"]["no_consent"] == 12
    assert "N_PLACES_NO_CONSENT" in [f.code for f in table.attrs["findings"]]
    assert "N_PLACES_CONSENT" in [f.code for f in people_near(seen.drop(columns="consent_location"), SHOPS).attrs["findings"]]


def test_rows_that_name_nobody_and_addresses_are_handled_without_showing_them():
    seen = around(0, 20, 100)
    seen["member_id"] = ["ana@example.org", " ANA@example.org", None, ""] + [f"p{i}@example.org" for i in range(16)]
    table = people_near(seen, SHOPS)
    assert table["people"].sum() == 19
    assert "@" not in table.to_csv() + "".join(f.text for f in table.attrs["findings"])


def test_small_groups_are_told_together_and_totals_stay():
    seen = pd.concat([around(0, 40, 100), around(1, 12, 100, start=100), around(2, 4, 100, start=200)])
    table = people_near(seen, SHOPS).set_index("place")
    assert table["people"].to_dict() == {"Marais": 40, "others": 16}  # 4 alone could be got by taking 40 and 12 from the whole
    assert table.attrs["facts"]["folded"] == 2
    with pytest.raises(DataError, match="too few"):
        people_near(seen, SHOPS, fewest=60)
    large = people_near(pd.concat([around(0, 80, 100), around(2, 4, 100, start=200)]), SHOPS)
    assert large.set_index("place")["people"].to_dict() == {"Bastille": 0, "Marais": 80}  # nor in a total from which 4 could be got
    facts = large.attrs["facts"]
    assert (facts["people"], facts["people_near"], facts["near"], facts["left_out"]) == (None, 80, 80, 1)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_told_speaks_of_fewer_than_ten_people(seed):
    """Whatever sums and differences are taken: people are cut by all that is told of them, and each part holds ten or none."""
    rng = np.random.default_rng(seed)
    places, people = 5, int(rng.integers(12, 160))
    near = rng.random((people, places)) < rng.dirichlet(np.full(places, 0.7)) * 2
    near[np.arange(people), rng.integers(0, places, people)] = True
    home = np.array([rng.choice(np.flatnonzero(row)) for row in near])
    segment = pd.Series(rng.choice(["a", "b", "c"], people, p=[0.7, 0.2, 0.1]).astype(object))
    told = cells(pd.Series([f"p{h}" for h in home], dtype=object), segment if seed % 2 else None, 10)
    cell = told.groupby(["place", "segment"]).ngroup().to_numpy()
    assert np.bincount(cell).min() >= 10
    who, place = np.nonzero(near)
    pattern = patterns(who, place, people, places)
    assert len(np.unique(pattern)) == len(np.unique(near, axis=0))
    alone = told_alone(cell, pattern, near.sum(axis=1) == 1, 10)
    parts = pd.Series(list(zip(cell, np.where(alone, 0, pattern), strict=True))).value_counts()
    assert parts.min() >= 10


@pytest.mark.parametrize("seed", range(20))
def test_overlaps_are_given_up_as_one_cell_after_another_would(seed):
    rng = np.random.default_rng(seed)
    cell, people, single = np.sort(rng.integers(0, 6, 25)), rng.integers(1, 30, 25), rng.choice([0, 3, 12], 6)
    up = people < 10
    for c in range(6):
        mine = np.flatnonzero(cell == c)
        for at in mine[np.argsort(people[mine], kind="stable")]:
            if not 0 < single[c] + people[mine][up[mine]].sum() < 10:
                break
            up[at] = True
    assert _given_up(cell, people, single, 10).tolist() == up.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_of_each_run_the_least_is_the_first_of_a_sorted_one(seed):
    rng = np.random.default_rng(seed)
    group, far, many = np.sort(rng.integers(0, 30, 200)), rng.integers(0, 4, 200).astype(float), rng.integers(0, 3, 200)
    order = np.lexsort((far, many, group))  # stable: of equals the first
    first = order[np.unique(group[order], return_index=True)[1]]
    assert np.flatnonzero(sphere.least(group, many, far)).tolist() == sorted(first.tolist())


def test_joining_is_least_and_safe_by_brute_force():
    for counts in itertools.product([0, 1, 4, 9, 10, 25], repeat=4):
        people = np.array(counts)
        together = joined(people, 10)
        left = people[~together]
        assert ((left >= 10) | (left == 0)).all()
        assert people[together].sum() == 0 or people[together].sum() >= 10 or people.sum() < 10
        assert together.any() == ((people > 0) & (people < 10)).any()


def test_segments_are_told_apart_where_they_can_be():
    seen = around(0, 60, 100).assign(segment=["fans"] * 40 + ["new"] * 14 + ["press"] * 6)
    table = people_near(seen, SHOPS, by="segment")
    told = table[table["people"] > 0].set_index(["place", "segment"])["people"].to_dict()
    assert told == {("Marais", "fans"): 40, ("Marais", OTHERS): 20}


PLAN = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 400}
drivers = {size = 200}
[channels]
paid_social = {price = 10, quantity = 100, per_week = 2}
[places.Marais]
share = 0.5
channels = ["paid_social"]
[production]
default = {cost = 60, days = 1, most = 2}
"""


def test_a_plan_takes_the_table_as_it_is(tmp_path):
    brief = tmp_path / "brief.toml"
    brief.write_text(PLAN, encoding="utf-8")
    seen = around(0, 100, 100).assign(segment=["parents"] * 60 + ["drivers"] * 40)
    rows = [(s, "decision", "carousel", "playful", "none", "paid_social") for s in ("parents", "drivers")]
    table = pd.DataFrame(rows, columns=list(mk.CELL)).assign(rate=0.05, low=0.04, high=0.06, index=100.0, p_best=0.5, exposure=1e4)
    scores = Scores(table=table.assign(opinion=0.1, verdict="make"), by=mk.CELL, within=("segment", "stage"), metric="click_rate")
    plan = mk.plan_campaign(scores, mk.read_brief(brief), places=people_near(seen, SHOPS.iloc[:1], by="segment"))
    assert plan.brief.places["Marais"].share == {"parents": 60 / 400, "drivers": 40 / 200}
    assert plan.check().empty
