"""The scorer against its own definitions, second computations, and worlds with known truth."""

from __future__ import annotations

import itertools
import json
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import expit, logit
from scored import BY, codes_of, published
from scored import log as log
from scored import scorer as scorer
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from mktlib.errors import DataError, MktlibError, ModelError, StoreError
from mktlib.scoring import ContentScorer, backtest, backtesting, keeping, load_scorer, oddities
from mktlib.simulate import load_sample, load_truth
from mktlib.vocabulary import load_tables


@pytest.fixture(scope="module")
def scores(scorer):
    return scorer.score_cells(within=("segment",))


@pytest.mark.filterwarnings(f"ignore::{SkipTestWarning.__module__}.{SkipTestWarning.__name__}")
def test_scikit_learn_accepts_it_with_no_expected_failure():
    check_estimator(ContentScorer(), expected_failed_checks={})


def test_with_zero_rows_the_score_is_the_prior():
    cells = pd.DataFrame(
        {"content_type": ["reminder_banner", "blog_post"], "stage": ["decision", "decision"], "channel": ["display", "email"]}
    )
    empty = cells.head(0).assign(count=[], exposure=[])
    scored = ContentScorer(by=tuple(cells)).fit(empty).score_cells(cells, within=("stage",)).table
    tables = load_tables()
    general, spread = tables.base_rate("click_rate")
    terms = [0.5] * 3 + [0.4] * 3
    terms[3] = 0.7  # content type x stage: the opinion's own sd
    var = spread**2 + sum(s * s for s in terms) + 0.5**2
    for i, (kind, channel) in enumerate([("reminder_banner", "display"), ("blog_post", "email")]):
        base = tables.base_rate("click_rate", channel)[0]
        center = logit(general) + (logit(base) - logit(general)) + tables.stage_fit(kind, "decision")
        nodes, weights = np.polynomial.hermite_e.hermegauss(41)
        apart, alike = (expit(center + sd * nodes) @ weights / weights.sum() for sd in (np.sqrt(var), spread))
        mean = 0.3 * apart + 0.7 * alike  # whether cells differ at all is open
        assert scored["rate"][i] == pytest.approx(mean, rel=1e-4)
    assert scored["opinion"].tolist() == pytest.approx([1, 1])
    assert set(scored["verdict"]) == {"too_early"}


def test_index_and_p_best_are_what_they_are_defined_to_be(scores):
    table = scores.table
    denominator = np.where(table["channel"] == "email", "delivered", "impressions")
    groups = table.groupby(["segment", denominator])
    assert table["index"].to_numpy() == pytest.approx((100 * table["rate"] / groups["rate"].transform("mean")).to_numpy())
    assert groups["p_best"].sum().to_numpy() == pytest.approx(1)
    assert "E_MIXED_DENOMINATOR" in [f.code for f in scores.findings]
    assert (table["low"] < table["rate"]).all()
    assert (table["rate"] < table["high"]).all()


def test_effects_add_up_to_the_cell(scorer, scores):
    cell = scores.table.iloc[3][list(BY)].to_dict()
    told = scorer.explain(cell)
    assert told.table["effect"].sum() == pytest.approx(told.facts["logit"], abs=1e-9)


def test_save_and_load_answer_alike_and_damage_is_refused(scorer, scores, tmp_path):
    path = scorer.save(tmp_path / "scorer.npz")
    again = load_scorer(path).score_cells(within=("segment",)).table
    pd.testing.assert_frame_equal(again, scores.table)
    raw = path.read_bytes()
    for damaged in (raw[:200], b"", raw[: len(raw) // 2] + b"\x00" + raw[len(raw) // 2 + 1 :]):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"scorer\.npz"):
            load_scorer(path)


def test_engines_seeds_and_names_do_not_matter(log, scorer, scores):
    other = ContentScorer(by=BY).fit(pl.from_pandas(log)).score_cells(within=("segment",)).table
    pd.testing.assert_frame_equal(other, scores.table)
    shuffled = ContentScorer(by=BY).fit(log.sample(frac=1, random_state=1)).predict(scores.table)
    assert shuffled == pytest.approx(scores.table["rate"].to_numpy(), abs=1e-8)


def test_what_was_never_seen_is_answered_with_a_wider_range(scorer):
    cells = pd.DataFrame({"segment": ["parents", "martians"], "content_type": ["newsletter"] * 2, "channel": ["email"] * 2})
    scored = scorer.score_cells(cells, within=())
    width = np.log(scored.table["high"] / scored.table["low"])
    assert width[1] > width[0]
    assert "E_UNSEEN_LEVEL" in [f.code for f in scored.findings]


def test_oddities_are_found_and_nothing_breaks():
    flat = pd.DataFrame({"style": ["a", "a"], "length": ["x", "y"], "clicks": [0, 0], "impressions": [500, 900]})
    fitted = ContentScorer(by=("style", "length"), priors="flat").fit(flat)
    assert {"E_ONE_LEVEL", "E_NO_EVENTS"} <= {f.code for f in fitted.findings_}
    assert np.isfinite(fitted.predict(flat)).all()
    with pytest.raises(DataError, match="not a rate"):
        ContentScorer(by=("style",)).fit(flat[["style"]], [-0.1, 0.2])
    wide = pd.DataFrame({a: [str(i) for i in range(130)] for a in "abc"}).assign(count=1, exposure=9)
    fitted = ContentScorer(by=("a", "b", "c"), priors="flat", pairs=False).fit(wide)
    with pytest.raises(ModelError, match="combinations"):
        fitted.score_cells()


def test_more_evidence_narrows_and_moves_to_the_raw_rate():
    def width(times):
        cells = pd.DataFrame({"style": ["a", "b", "c"], "count": [30 * times, 20 * times, 25 * times], "exposure": [1000 * times] * 3})
        fitted = ContentScorer(by=("style",), priors="flat").fit(cells)
        return fitted.interval(cells) @ [-1, 1], fitted.predict(cells)

    (few, near), (many, far) = width(1), width(100)
    assert (many < few).all()
    assert abs(far[0] - 0.03) < abs(near[0] - 0.03)


def test_old_rows_fade():
    rows = pd.DataFrame(
        {"date": ["2026-01-01", "2026-06-01"] * 2, "style": ["a", "a", "b", "b"], "clicks": [90, 10, 10, 90], "impressions": [1000] * 4}
    )
    faded = ContentScorer(by=("style",), priors="flat", half_life_days=20).fit(rows.assign(date=pd.to_datetime(rows["date"])))
    rates = faded.predict(pd.DataFrame({"style": ["a", "b"]}))
    assert rates[0] < 0.02 < 0.08 < rates[1]


def test_later_weeks_are_foretold_better_than_by_raw_rates(log):
    check = backtest(log, ContentScorer())
    assert check.facts["gain"] > check.facts["gain_raw"] > 0
    assert 0.86 <= check.facts["coverage"] <= 0.94  # 559 pieces: two standard errors of 0.9 are 0.025


def test_no_look_ahead(log):
    scorer = ContentScorer(by=("content_type", "channel"))
    whole = backtest(log, scorer)
    cut = log["date"] < pd.Timestamp(whole.table["fold"].iloc[3])
    short = backtest(log[cut], scorer)
    first = whole.cells[whole.cells["fold"] == whole.table["fold"].iloc[0]]["predicted"]
    assert len(short.table) < len(whole.table)
    early = log["date"] < pd.Timestamp("2026-03-01")
    poisoned = log.assign(clicks=log["clicks"].where(early, 0))
    again = backtest(poisoned, scorer)
    same = again.cells[again.cells["fold"] == whole.table["fold"].iloc[0]]["predicted"]
    assert same.to_numpy() == pytest.approx(first.to_numpy(), abs=0)


def test_ranges_hold_the_planted_truth(log):
    table = ContentScorer().fit(log).score_cells().table
    true = table[["segment", "stage", "content_type", "style", "length", "channel"]].agg("|".join, axis=1).map(load_truth()["cells"])
    seen = true.notna()
    inside = true[seen].between(table["low"][seen], table["high"][seen]).mean()
    assert 0.84 <= inside <= 0.96  # 301 cells that share effects: far fewer than 301 independent answers


# ------------------------------------------------------------ what is asked for


@pytest.mark.parametrize("options", [
    {"level": 2}, {"level": "x"}, {"priors": "exprt"}, {"pairs": "all"}, {"half_life_days": -3}, {"by": "style"},
    {"by": ("style", "style")}, {"by": ("rate",)}, {"by": ("country",)},
])  # fmt: skip
def test_a_parameter_that_cannot_be_used_is_refused_by_name(options):
    log = pd.DataFrame({"style": ["a", "b"], "clicks": [3, 4], "impressions": [100, 100], "rate": "x", "revenue": 1.0})
    with pytest.raises(DataError) as caught:
        ContentScorer(**{"by": ("style",), **options}).fit(log)
    assert {f.column for f in caught.value.findings} == ({"country"} if options.get("by") == ("country",) else set(options))


def test_a_word_that_nobody_knows_is_refused_where_it_is_asked_for():
    log = pd.DataFrame({"stage": ["decision"] * 2, "content_type": ["banner", "story"], "clicks": [3, 4], "impressions": [100, 100]})
    scorer = ContentScorer().fit(log)
    with pytest.raises(DataError) as caught:
        scorer.score_cells(stage="decisio")
    assert caught.value.findings[0].hint == "decision"
    assert len(scorer.score_cells(stage="interest", within="stage").table) == 2  # a word of the tables may be asked for before it is seen


@pytest.mark.parametrize("every", ["0D", "-7D", "soon"])
def test_a_back_test_needs_a_stretch_of_time(every):
    log = pd.DataFrame({"date": ["2026-01-01", "2026-03-01"], "style": ["a", "b"], "clicks": [3, 4], "impressions": [100, 100]})
    with pytest.raises(DataError) as caught:
        backtest(log, ContentScorer(by=("style",)), every=every)
    assert caught.value.codes == ("E_OPTION",)


def test_draws_of_scores_are_the_scorers_own_and_joint():
    log = pd.DataFrame({"style": ["a", "b"], "clicks": [3, 4], "impressions": [100, 100]})
    scorer = ContentScorer(by=("style",)).fit(log)
    scores = scorer.score_cells(within=())
    assert np.array_equal(scores.draws(np.array([1, 0]), 50, random_state=0), scorer.draws(scores.table.iloc[[1, 0]], 50))


def test_a_header_that_was_edited_is_not_trusted(tmp_path):
    log = pd.DataFrame({"style": ["a", "b"], "clicks": [30, 10], "impressions": [1000, 1000]})
    path = ContentScorer(by=("style",)).fit(log).save(tmp_path / "scorer.npz")
    with np.load(path, allow_pickle=False) as stored:
        arrays = {k: stored[k] for k in stored.files}
    header = json.loads(bytes(arrays["header"]).decode())
    header["levels"]["style"] = header["levels"]["style"][::-1]
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(StoreError):
        load_scorer(path)


def test_scores_and_errors_travel_to_another_process():
    log = pd.DataFrame({"style": ["a", "b"], "clicks": [30, 10], "impressions": [1000, 1000]})
    scores = ContentScorer(by=("style",)).fit(log).score_cells(within=())
    again = pickle.loads(pickle.dumps(scores))
    assert again.table.equals(scores.table)
    assert [str(f) for f in again.findings] == [str(f) for f in scores.findings]


def test_the_metrics_own_columns_come_before_columns_called_count():
    log = pd.DataFrame({"style": ["a", "b"], "clicks": [30, 10], "impressions": [1000, 1000]})
    own, stray = (ContentScorer(by=("style",)).fit(x).score_cells(within=()).table for x in (log, log.assign(count=1, exposure=2)))
    assert own.equals(stray)


def test_what_came_is_judged_whole_however_fast_the_past_fades():
    log = load_sample("drive_in")
    whole, fading = (backtest(log, ContentScorer(half_life_days=days)).table for days in (None, 20))
    assert fading[["fold", "exposure", "events"]].equals(whole[["fold", "exposure", "events"]])
    assert not fading["gain"].equals(whole["gain"])


# ------------------------------------------------------------ findings instead of silence

BERKELEY = [  # admitted, applied: men, women, by department, Berkeley 1973 (Bickel, Hammel & O'Connell 1975, Science 187)
    ("A", 512, 825, 89, 108),
    ("B", 353, 560, 17, 25),
    ("C", 120, 325, 202, 593),
    ("D", 138, 417, 131, 375),
    ("E", 53, 191, 94, 393),
    ("F", 22, 373, 24, 341),
]


def test_a_reversal_is_named_and_chance_makes_none():
    rows = [(d, sex, y, n) for d, *c in BERKELEY for sex, y, n in (("men", c[0], c[1]), ("women", c[2], c[3]))]
    log = pd.DataFrame(rows, columns=["segment", "style", "clicks", "impressions"])
    units = log.rename(columns={"clicks": "count", "impressions": "exposure"})
    found = oddities.reversals(units, ("segment", "style"))
    assert [(f.found, f.values["other"], f.values["factor"]) for f in found] == [("men", "women", "segment")]
    rng, seen = np.random.default_rng(5), 0
    for _ in range(1000):
        equal = pd.DataFrame(itertools.product("abc", "xy", "pq"), columns=["segment", "style", "length"])
        n = rng.integers(100, 5000, len(equal))
        seen += bool(oddities.reversals(equal.assign(count=rng.binomial(n, 0.03), exposure=n), ("segment", "style", "length")))
    assert seen / 1000 <= 0.05


def test_axes_that_change_together_and_days_that_scatter_are_named():
    rng = np.random.default_rng(6)
    log = pd.DataFrame(
        {"style": ["a", "b", "c"] * 40, "length": ["1", "2", "3"] * 40, "date": np.repeat(pd.date_range("2026-01-01", periods=40), 3)}
    )
    log["impressions"] = 2000
    day = np.repeat(rng.normal(0, 0.5, 40), 3)
    even = ContentScorer(by=("style", "length")).fit(log.assign(clicks=rng.binomial(2000, 0.02, len(log))))
    uneven = ContentScorer(by=("style", "length")).fit(log.assign(clicks=rng.binomial(2000, expit(logit(0.02) + day))))
    assert "E_ALIASED" in codes_of(even)
    assert "E_OVERDISPERSED" not in codes_of(even)
    scatter = next(f for f in uneven.findings_ if f.code == "E_OVERDISPERSED")
    assert float(scatter.found) == pytest.approx(1 + 2000 * 0.02 * 0.5**2, rel=0.5)  # n p s^2 above chance


def test_too_few_events_to_tell_anything_apart_are_said():
    log = pd.DataFrame({"style": list("abcdef"), "clicks": [1, 0, 2, 1, 0, 1], "impressions": 90})
    scorer = ContentScorer(by=("style",), priors="flat").fit(log)
    assert "E_ALIKE" in codes_of(scorer)
    rates = scorer.predict(log)
    assert rates.max() / rates.min() < 1.5
    hardly = published(1, 40, 0)[0].assign(clicks=0, impressions=1)
    driven = ContentScorer(by=("content_type", "stage")).fit(hardly).score_cells()
    assert next(f for f in driven.findings if f.code == "E_PRIOR_DRIVEN").found == "2 / 2"
    scorer = ContentScorer(by=("content_type", "stage")).fit(published(1, 4000, 0)[0])
    assert "E_PRIOR_DRIVEN" not in {f.code for f in scorer.score_cells().findings}


# ------------------------------------------------------------ at home in scikit-learn


def test_exposure_is_routed_through_pipelines_searches_and_cross_validation():
    rng = np.random.default_rng(8)
    cells = pd.DataFrame(itertools.product("abcdef", "xyz", "pq"), columns=["segment", "style", "length"])
    eta = logit(0.05) + rng.normal(0, 0.5, 6)[pd.factorize(cells["segment"])[0]] + rng.normal(0, 0.4, 3)[pd.factorize(cells["style"])[0]]
    n = rng.integers(200, 3000, len(cells)).astype(float)
    rate = rng.binomial(n.astype(int), expit(eta)) / n
    with config_context(enable_metadata_routing=True):
        scorer = ContentScorer(by=("segment", "style", "length"), priors="flat")
        scorer = scorer.set_fit_request(exposure=True).set_score_request(exposure=True)
        folds = KFold(4, shuffle=True, random_state=0)
        plain = cross_validate(scorer, cells, rate, cv=folds, params={"exposure": n})
        piped = cross_validate(make_pipeline("passthrough", scorer), cells, rate, cv=folds, params={"exposure": n})
        np.testing.assert_allclose(plain["test_score"], piped["test_score"])
        assert plain["test_score"].mean() > 0.005
        search = GridSearchCV(scorer, {"pairs": [False, "auto"]}, cv=folds).fit(cells, rate, exposure=n)
    assert search.best_params_["pairs"] in (False, "auto")
    assert search.best_score_ >= plain["test_score"].mean() - 1e-12
    weighted = ContentScorer(by=scorer.by, priors="flat").fit(cells, rate, exposure=n)
    counted = ContentScorer(by=scorer.by, priors="flat").fit(cells.assign(count=rate * n, exposure=n))
    np.testing.assert_allclose(weighted.predict(cells), counted.predict(cells), rtol=1e-10)
    np.testing.assert_allclose(search.predict(pl.from_pandas(cells)), search.predict(cells))


def test_it_shows_clones_and_sets_like_any_estimator(scorer):
    assert "ContentScorer" in scorer._repr_html_()
    assert clone(scorer).get_params() == scorer.get_params()
    shaped = make_pipeline(FunctionTransformer(), ContentScorer(by=BY, priors="flat")).set_output(transform="pandas")
    frame = pd.DataFrame({"segment": list("abab"), "content_type": list("xxyy"), "channel": "email"})
    assert shaped.fit(frame, np.array([0.1, 0.2, 0.1, 0.3])).predict(frame).shape == (4,)


def test_what_a_back_test_compares_with_is_what_it_says():
    rng = np.random.default_rng(9)
    apart = pd.DataFrame({"style": list("abcdef"), "impressions": 10**6, "clicks": [5000, 9000, 20_000, 40_000, 60_000, 90_000]})
    alike = apart.assign(impressions=300, clicks=rng.binomial(300, 0.04, 6))
    for rows, drawn in ((apart, False), (alike, True)):
        scorer = ContentScorer(by=("style",), priors="flat").fit(rows)
        said = backtesting._beta_binomial(scorer, rows[["style"]])
        raw, overall = (rows["clicks"] / rows["impressions"]).to_numpy(), rows["clicks"].sum() / rows["impressions"].sum()
        np.testing.assert_allclose(said, overall if drawn else raw, rtol=0.15 if drawn else 1e-3)
        np.testing.assert_allclose(backtesting._pairs(scorer, rows[["style"]]), raw, rtol=0.6)
    held = backtest(load_sample("drive_in"), ContentScorer()).table
    named = ["gain", "gain_raw", "gain_beta_binomial", "gain_pairs"]
    assert held[named].notna().all(axis=None)
    assert held["gain"].mean() > held["gain_raw"].mean()


def test_channels_that_count_over_different_things_make_no_reversal():
    """Short wins in all and loses within each channel: it is nearly all e-mail, where a delivery brings more clicks than an impression."""
    shown = [("email", "short", 900, 9000), ("email", "long", 110, 1000), ("paid_social", "short", 100, 10_000)]
    frame = pd.DataFrame([*shown, ("paid_social", "long", 990, 90_000)], columns=["channel", "length", "clicks", "impressions"])
    mail = frame["channel"] == "email"
    apart = frame.assign(delivered=frame["impressions"].where(mail), impressions=frame["impressions"].mask(mail))
    alike = frame.replace({"channel": {"email": "display"}})
    scorer = ContentScorer(by=("channel", "length"), priors="flat")
    assert "E_SIMPSON" in codes_of(scorer.fit(alike))
    assert "E_SIMPSON" not in codes_of(scorer.fit(apart))


# ------------------------------------------------------------ what attacks have found


def two_styles(**more):
    return pd.DataFrame({"style": ["a", "b"], "impressions": [1000, 1000], "clicks": [10, 30], **more})


def test_many_levels_on_many_axes_keep_their_own_effects_or_are_refused():
    rng, n = np.random.default_rng(0), 600
    for levels in (20, 40):
        log = pd.DataFrame({f"a{i}": rng.permutation(np.arange(n) % levels).astype(str) for i in range(12)})
        log["impressions"] = 10_000
        log["clicks"] = rng.binomial(10_000, np.where(rng.random(n) < 0.5, 0.01, 0.2))
        scorer = ContentScorer(by=tuple(f"a{i}" for i in range(12)), priors="flat", pairs=False)
        if levels == 40:  # 40 ** 12 combinations have no 64-bit numbers
            with pytest.raises(ModelError):
                scorer.fit(log)
        else:
            assert np.corrcoef(scorer.fit(log).predict(log), log["clicks"] / log["impressions"])[0, 1] > 0.999


def test_pieces_on_six_long_axes_need_no_table_of_all_combinations():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 60, (200, 6))[rng.integers(0, 200, 600)]
    log = pd.DataFrame(codes, columns=list("abcdef")).astype(str)
    log = log.assign(impressions=1000, clicks=rng.binomial(1000, 0.03, 600), content_id=np.arange(600).astype(str))
    scorer = ContentScorer(by=tuple("abcdef"), priors="flat", pairs=False).fit(log)
    assert np.isfinite(scorer.predict(log)).all()


def test_a_metric_of_counts_is_fitted_as_counts(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        '[metrics.my]\nlabel={en="a",fr="b"}\ncount="clicks"\nexposure="impressions"\nfamily="poisson"\nbetter="high"\n', encoding="utf-8"
    )
    rng, equal = np.random.default_rng(0), pd.DataFrame(itertools.product("abcdef", "wxyz"), columns=["style", "stage"])
    called = 0
    for _ in range(10):
        log = equal.assign(impressions=3000, clicks=rng.poisson(3000 * 0.8, 24))
        scorer = ContentScorer("my", by=("style", "stage"), priors="flat", tables=load_tables(own)).fit(log)
        assert scorer.family_ == "poisson"
        called += scorer.score_cells(within=()).table["verdict"].isin(["make", "drop"]).any()
    assert called <= 1


def test_a_stored_scorer_keeps_its_findings_and_refuses_other_tables(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[[priors.statement]]\nwhen={style="playful"}\ntimes=20\nsure="very"\n', encoding="utf-8")
    log = pd.DataFrame({"style": ["playful", "expert"], "impressions": [50, 50], "clicks": [0, 0]})
    scorer = ContentScorer(by=("style",), tables=load_tables(own)).fit(log)
    path = scorer.save(tmp_path / "s.npz")
    with pytest.raises(StoreError) as refused:
        load_scorer(path)
    assert refused.value.codes == ("E_MODEL_TABLES",)
    again = load_scorer(path, tables=load_tables(own))
    assert again.predict(log).tolist() == scorer.predict(log).tolist()
    assert [str(f) for f in again.findings_] == [str(f) for f in scorer.findings_]
    assert "E_NO_EVENTS" in codes_of(again)


def test_a_stored_scorer_with_entries_put_in_or_taken_out_is_refused(tmp_path):
    path = ContentScorer(by=("style",)).fit(two_styles()).save(tmp_path / "s.npz")
    for change in (
        lambda header, arrays: header["parameters"].update(level=5),
        lambda header, arrays: header.pop("levels"),
        lambda header, arrays: header["parameters"].update(colour="red"),
        lambda header, arrays: arrays.update(posterior_heard=np.array(-6.0)),
        lambda header, arrays: arrays.update(posterior_own_var=-arrays["posterior_own_var"]),
    ):
        header, arrays = keeping.read_scorer(path)
        header = {k: v for k, v in header.items() if k not in ("sha256", "schema")}
        change(header, arrays)
        with pytest.raises((StoreError, DataError)):
            load_scorer(keeping.write_scorer(tmp_path / "forged.npz", header, arrays))


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow"])
def test_a_level_is_asked_for_under_the_name_that_it_was_fitted_under(engine):
    frame = pd.DataFrame(
        {
            "new": [True, False, None, True],
            "week": [1.0, 2.0, None, 1.0],
            "style": ["a", None, "b", "a"],
            "day": pd.date_range("2026-01-01", periods=4),
        }
    ).assign(impressions=10_000, clicks=[100, 3000, 500, 100])
    frame["new"] = frame["new"].astype("boolean")
    given = {"pandas": lambda: frame, "polars": lambda: pl.from_pandas(frame), "arrow": lambda: pl.from_pandas(frame).to_arrow()}[engine]()
    for axis in ("new", "week", "style", "day"):
        scorer = ContentScorer(by=(axis,), priors="flat").fit(given)
        assert (scorer._cells(given)[1] >= 0).all(), axis
        assert "E_UNSEEN_LEVEL" not in {f.code for f in scorer.score_cells(given).findings}


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": None}, {"metric": ["click_rate"]}, {"by": None}, {"by": 5}, {"by": "style"}, {"by": ("date",)}, {"random_state": -1},
        {"random_state": "x"}, {"tables": "ours.toml"}, {"pairs": np.array([1, 2])}, {"level": 1.5}, {"priors": 3}, {"half_life_days": "x"},
    ],
)  # fmt: skip
def test_every_wrong_parameter_is_refused_with_what_to_type(wrong):
    with pytest.raises(DataError) as refused:
        ContentScorer(**{"by": ("style",), **wrong}).fit(two_styles())
    assert refused.value.findings[0].column == next(iter(wrong))
    assert refused.value.findings[0].expected


def test_every_wrong_question_is_refused_with_what_to_type():
    log = two_styles()
    scorer = ContentScorer(by=("style",), priors="flat").fit(log)
    asked = [
        lambda: scorer.score_cells(style=["a", "b"]), lambda: scorer.score_cells(within=("styel",)), lambda: scorer.score_cells(within=5),
        lambda: scorer.interval(log, exposure=1e19), lambda: scorer.interval(log, exposure=[1, 2, 3]),
        lambda: scorer.interval(log, level="x"),
        lambda: scorer.draws(log, -1), lambda: scorer.explain(None), lambda: scorer.explain({"style": "aa"}),
        lambda: ContentScorer(by=("style",)).fit(log, y=["x", "y"]), lambda: ContentScorer(by=("style",)).fit({"style": ["a"]}),
        lambda: ContentScorer(by=("style",), half_life_days=30).fit(log), lambda: backtest(log, scorer, every=28),
        lambda: backtest(log, scorer, every="1M"), lambda: backtest(log, None), lambda: load_scorer("no_such_file.npz"),
        lambda: ContentScorer(by=("style",), priors="flat").fit(log.assign(impressions=1, clicks=10**14)),
    ]  # fmt: skip
    for number, question in enumerate(asked):
        with pytest.raises(MktlibError) as refused:
            question()
        assert all(f.expected or f.hint for f in refused.value.findings), number


def test_no_axis_at_all_gives_one_rate_and_groups_of_one_are_compared_together():
    log = two_styles()
    whole = ContentScorer(by=(), priors="flat").fit(log)
    assert whole.score_cells().table["rate"].iloc[0] == pytest.approx(0.02, rel=0.05)
    scores = ContentScorer(by=("segment",), priors="flat").fit(log.rename(columns={"style": "segment"})).score_cells()
    assert scores.table["p_best"].max() < 1
    assert "E_GROUPS_OF_ONE" in {f.code for f in scores.findings}


def test_a_log_judges_a_scorer_and_the_past_fades_for_rates_too():
    log = load_sample("drive_in")
    scorer = ContentScorer().fit(log)
    assert 0 < scorer.score(log) < 1
    assert np.isfinite(cross_validate(ContentScorer(by=("style",)), log, cv=KFold(2, shuffle=True, random_state=0))["test_score"]).all()
    rates = log.assign(n=log["impressions"].fillna(0) + log["delivered"].fillna(0)).query("n > 0")
    y = rates["clicks"].astype(float) / rates["n"].astype(float)
    still, fading = (ContentScorer(by=("style",), half_life_days=d).fit(rates, y, exposure=rates["n"]).predict(rates) for d in (None, 10))
    assert not np.allclose(still, fading)
