"""Tone and its shares: rules of language, learning, promises kept on simulated truth, hostile texts, and what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mktlib.charts import plot
from mktlib.errors import DataError, ModelError, StoreError
from mktlib.reporting import report
from mktlib.reputation import SentimentClassifier, load_sentiment, save_sentiment, tone
from mktlib.reputation.inflection import english_verb, french_adjective, french_verb
from mktlib.reputation.lexicon import load_lexicon
from mktlib.reputation.prevalence import corrected_shares, onto_simplex, shifted_prior
from mktlib.reputation.reading import read
from mktlib.reputation.tongue import language_of
from mktlib.reputation.trust import calibration_error, trusted_threshold
from mktlib.vocabulary import sentiment_words

HOME = Path(__file__).parent
TWEETS = HOME.parents[1] / "shared" / "data" / "french_tweets"
P, Z, N = "positive", "neutral", "negative"


def written(name: str) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in (HOME / "sentiment" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    return [r[2] for r in rows], [r[0] for r in rows]


RULES = [
    ("fr", "le service est bon", P),
    ("fr", "le service n'est pas bon", N),
    ("fr", "le service n'est pas mauvais", P),
    ("fr", "pas terrible", N),
    ("fr", "c'est affreux", N),
    ("fr", "je ne suis pas déçu", P),
    ("fr", "j'aime pas", N),
    ("fr", "ça marche pas", N),
    ("fr", "ça marche", Z),
    ("fr", "jamais reçu", N),
    ("fr", "colis reçu hier", Z),
    ("fr", "troooop bieeeen", P),
    ("fr", "decu et arnaque", N),
    ("fr", "peu pratique", N),
    ("fr", "sans aucun défaut", P),
    ("fr", "joli mais immangeable", N),
    ("fr", "un peu lent, mais magnifique", P),
    ("fr", "malgré une attente pénible, soirée merveilleuse", P),
    ("fr", "bravo, trois heures de retard", N),
    ("fr", "merci pour votre aide, problème résolu", P),
    ("fr", "merci pour rien", N),
    ("fr", "merci de me rappeler demain", Z),
    ("fr", "je n'ai que des compliments à faire", P),
    ("fr", "pas cher", P),
    ("fr", "trop cher", N),
    ("fr", "#RasLeBol", N),
    ("fr", "😡", N),
    ("fr", "👏🏽", P),
    ("fr", "ni bien ni mal", Z),
    ("fr", "On n'est plus satisfait", N),
    ("fr", "je reviens plus tard", Z),
    ("fr", "le restaurant est au bout de la rue", Z),
    ("fr", "la douleur a disparu", P),
    ("fr", "la douleur n'a pas disparu", N),
    ("fr", "je ne pourrais pas être plus satisfait", P),
    ("fr", "je ne pourrais pas être plus déçu", N),
    ("fr", "je ne pourrais plus le recommander", N),
    ("fr", "je n'aurais jamais cru aimer la natation", P),
    ("fr", "c'est dangereusement bon", P),
    ("en", "the food is good", P),
    ("en", "the food is not good", N),
    ("en", "not bad at all", P),
    ("en", "I don't like it", N),
    ("en", "it never works", N),
    ("en", "hardly useful", N),
    ("en", "no problems", P),
    ("en", "sooo goood", P),
    ("en", "nice but inedible", N),
    ("en", "slow, but gorgeous", P),
    ("en", "despite the awful queue, a magical evening", P),
    ("en", "thanks for nothing", N),
    ("en", "thanks for your help", P),
    ("en", "great, another outage", N),
    ("en", "I was not disappointed", P),
    ("en", "as well as the other", Z),
    ("en", "don’t waste your money", N),
    ("en", "highly recommended", P),
    ("en", "can't recommend it enough", P),
    ("en", "a pretty bad evening", N),
    ("en", "a pretty dress", P),
    ("en", "the rash is gone", P),
    ("en", "the rash is not gone", N),
    ("en", "they could not be more helpful", P),
    ("en", "I couldn't be more disappointed", N),
    ("en", "I never thought I would love it", P),
    ("en", ":(", N),
    ("en", "<3", P),
]


@pytest.mark.parametrize(("language", "text", "expected"), RULES)
def test_words_work_on_each_other(language, text, expected):
    assert SentimentClassifier(language=language).predict([text]).tolist() == [expected]


def test_degree_and_loudness_change_the_strength_not_the_side():
    tones = [read(t, load_lexicon("en")).tone for t in ("a bit good", "good", "very good", "extremely good", "EXTREMELY GOOD SERVICE!!!")]
    assert tones == sorted(tones)
    assert len(set(tones)) == len(tones)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("fr", 0.93),
        ("en", 0.93),
        ("blind_fr", 0.85),
        ("blind_en", 0.83),
        ("last_fr", 0.8),
        ("last_en", 0.8),
        ("fresh_fr", 0.5),
        ("fresh_en", 0.5),
    ],
)
def test_the_lexicon_alone_reads_texts_written_for_it(name, least):
    """Written before the lexicon by its author, after its first version (`blind`), its second (`last`) and its last word (`fresh`)."""
    texts, labels = written(name)
    assert SentimentClassifier().score(texts, labels) >= least


@pytest.mark.parametrize("language", ["fr", "en"])
def test_there_are_thousands_of_forms_and_every_weight_is_in_range(language):
    lexicon = load_lexicon(language)
    assert len(lexicon.weight) > 5000
    assert all(-3.6 <= w <= 3.6 for w in lexicon.weight.values())
    weights = [float(w) for kind in ("adjective", "verb", "noun", "fixed", "idiom", "negated") for w in sentiment_words()[language][kind]]
    assert min(weights) == -3
    assert max(weights) == 3


def test_words_are_inflected():
    assert {"déçois", "x"} & set(french_verb("décevoir")) == set()  # irregular and unknown: as it is
    assert {"arnaque", "arnaquons", "arnaquées", "arnaquerait"} <= set(french_verb("arnaquer"))
    assert {"mange", "mangeons"} <= set(french_verb("manger"))
    assert french_adjective("affreux") == ["affreux", "affreuse", "affreux", "affreuses"]
    assert english_verb("disappoint")[2:] == ["disappointed", "disappointing"]
    assert english_verb("rob")[2:] == ["robbed", "robbing"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_language_of_a_short_text_is_told(language):
    texts, _ = written(language)
    told = [language_of(t) for t in texts]
    assert sum(t == language for t in told) >= 0.96 * len(texts)
    assert not any(t not in (language, "unknown") for t in told)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das ist nicht gut und sehr teuer", "other"), ("Esto es una vergüenza, no funciona nada", "other"), ("Это плохо", "other"),
        ("これはひどい", "other"), ("Non funziona, che schifo di servizio", "other"), ("Muito obrigado pela ajuda", "other"),
        ("", ""), ("  \n", ""), ("https://example.org/a", ""), ("@user", ""), ("👍", "unknown"), ("je t’aime", "fr"), ("I'm sad", "en"),
    ],
)  # fmt: skip
def test_other_languages_and_nothing_are_told_apart(text, language):
    assert language_of(text) == language


HOSTILE = [
    "",
    " ",
    "\ud83d",
    "a\ud83db",
    "👩‍👩‍👧‍👦" * 500,
    "x" * 5_000_000,
    "!" * 100_000,
    "pas " * 20_000,
    "\u202e<script>",
    "=cmd()",
    "\x00\x01",
    "http://" + "a" * 10**5,
    "nul" + "l" * 10**6,
    "ne que " * 5000,
    "(((((" * 9999,
    "@" * 10**5,
    "#" * 10**5,
    "&amp;" * 10**4,
    "a\u0301" * 10**4,
]


def test_hostile_texts_are_read_or_left_uncertain():
    model = SentimentClassifier()
    answers = model.predict([*HOSTILE, None, float("nan")])
    assert set(answers) <= {P, Z, N, "uncertain"}
    assert answers[0] == answers[-1] == "uncertain"
    assert np.isfinite(model.predict_proba(HOSTILE)).all()
    assert [f.code for f in model.findings_] == ["E_SENTIMENT_EMPTY"]


def test_another_language_is_uncertain_and_said():
    model = SentimentClassifier()
    assert model.predict(["Das ist nicht gut und sehr teuer", "Très bon"]).tolist() == ["uncertain", P]
    assert [(f.code, f.found) for f in model.findings_] == [("E_SENTIMENT_LANGUAGE", "1")]


@pytest.mark.parametrize(
    ("labels", "code"),
    [([0, 1] * 20, "E_SENTIMENT_LABEL"), (["good"] * 40, "E_SENTIMENT_LABEL"), ([0, 1, 2, 7] * 10, "E_SENTIMENT_LABEL"),
     ([None] * 40, "E_SENTIMENT_LABEL"), ([1, 2] * 20, "E_SENTIMENT_LABEL"), ([3, 4, 5.5, 1] * 10, "E_SENTIMENT_LABEL"),
     ([0, 1, 2], "E_SENTIMENT_LENGTHS"), ([P] * 40, "E_SENTIMENT_FEW"), ([P] * 38 + [N] * 2, "E_SENTIMENT_FEW")],
)  # fmt: skip
def test_labels_that_cannot_be_used_are_refused(labels, code):
    with pytest.raises(DataError) as caught:
        SentimentClassifier(language="en").fit(["a good one"] * 40, labels)
    assert code in caught.value.codes


@pytest.mark.parametrize("texts", ["a text", 3, {"a": 1}, [1, "a"], [b"x"]])
def test_what_is_no_list_of_texts_is_refused(texts):
    with pytest.raises(DataError) as caught:
        SentimentClassifier().predict(texts)
    assert set(caught.value.codes) == {"E_SENTIMENT_TEXTS"}


@pytest.mark.parametrize("options", [{"language": "de"}, {"own": {"bad": 9}}, {"own": {"": 1}}, {"own": {"bad": "x"}}])
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(DataError):
        SentimentClassifier(**options).predict(["a"])


def test_a_promise_without_labels_is_refused():
    with pytest.raises(ModelError, match="labelled"):
        SentimentClassifier(right=0.9).predict(["good"])


def test_own_words_lie_above_ours(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text('[fr.adjective]\n"-2" = "rayable"\n[fr.idiom]\n"2" = "effet_miroir"\n', encoding="utf-8")
    assert tone(["verres rayables", "quel effet miroir"], ["fr", "fr"], own=file).tolist() == [N, P]
    assert tone(["this is sick"], ["en"]).tolist() == [N]
    assert tone(["this is sick"], ["en"], own={"sick": 2}).tolist() == [P]
    file.write_text('[de.adjective]\n"-2" = "schlecht"\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        tone(["a"], own=file)
    assert caught.value.codes == ("E_SENTIMENT_WORD",)


def world(seed: int, n: int, shares: tuple[float, float, float]) -> tuple[list[str], np.ndarray]:
    """Short English texts of made-up words that the lexicon does not know, a tenth of them misleading."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=shares)
    told = np.where(rng.random(n) < 0.25, rng.integers(0, 3, n), y)
    words = [["blorp", "snark", "grimp"], ["table", "chair", "window"], ["zibble", "flann", "quem"]]
    return [f"the {words[k][rng.integers(3)]} of the {words[k][rng.integers(3)]} and it is number {rng.integers(50)}" for k in told], y


@pytest.fixture(scope="module")
def taught() -> SentimentClassifier:
    return SentimentClassifier(language="en", right=0.75).fit(*world(1, 600, (0.3, 0.4, 0.3)))


def test_it_learns_words_that_the_lexicon_does_not_know(taught):
    texts, y = world(2, 800, (0.3, 0.4, 0.3))
    assert (taught.predict_proba(texts).argmax(axis=1) == y).mean() > 0.8  # 0.833 is all that can be had
    assert SentimentClassifier(language="en").score(texts, y) < 0.5
    assert taught.confusion_.sum() == 600
    assert abs(taught.accuracy_ - 5 / 6) < 0.05
    assert calibration_error(taught.predict_proba(texts), y) < 0.1  # 0.03 is luck alone


def test_the_answers_given_are_right_as_promised(taught):
    texts, y = world(3, 1500, (0.3, 0.4, 0.3))
    answers = taught.predict(texts)
    given = answers != "uncertain"
    assert given.mean() > 0.5
    assert (answers[given] == np.array([N, Z, P], dtype=object)[y[given]]).mean() >= 0.75


@pytest.mark.parametrize("shares", [(0.05, 0.55, 0.4), (0.7, 0.2, 0.1)])
def test_corrected_shares_hold_the_truth_where_the_found_ones_do_not(taught, shares):
    texts, _ = world(4, 3000, shares)
    table = taught.share(texts).table
    truth = np.array(shares)
    assert ((table["low"] <= truth) & (table["high"] >= truth)).all()
    assert np.abs(table["share"] - truth).max() < np.abs(table["found"] - truth).max()


def test_explaining_names_the_word_that_moved_it(taught):
    table = taught.explain("the blorp of the table")
    assert table["word"].iloc[0] == "blorp"
    assert table["effect"].iloc[0] < 0
    lexical = SentimentClassifier(language="fr").explain("Un accueil chaleureux mais une chambre sale")
    assert set(lexical["word"]) == {"chaleureux", "mais", "sale"}
    assert lexical.set_index("word")["effect"]["sale"] < 0 < lexical.set_index("word")["effect"]["chaleureux"]


def test_it_is_the_same_each_time_and_after_a_file(taught, tmp_path):
    texts, y = world(1, 600, (0.3, 0.4, 0.3))
    again = SentimentClassifier(language="en", right=0.75).fit(texts, y)
    assert (again.predict_proba(texts) == taught.predict_proba(texts)).all()
    kept = load_sentiment(save_sentiment(taught, tmp_path / "model.npz"))
    assert (kept.predict_proba(texts) == taught.predict_proba(texts)).all()
    assert kept.threshold_ == taught.threshold_
    assert kept.share(texts).table.equals(taught.share(texts).table)
    bare = load_sentiment(save_sentiment(SentimentClassifier(own={"sick": 2}), tmp_path / "bare.npz"))
    assert bare.predict(["this is sick"]).tolist() == [P]


def test_a_file_that_was_altered_is_found_out(taught, tmp_path):
    path = save_sentiment(taught, tmp_path / "model.npz")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(StoreError):
        load_sentiment(path)


def test_a_stored_model_holds_no_word_of_one_text_alone(tmp_path):
    texts, y = world(5, 300, (0.3, 0.4, 0.3))
    path = save_sentiment(SentimentClassifier(language="en").fit(["Zebulonia said " + texts[0], *texts[1:]], y), tmp_path / "m.npz")
    with np.load(path, allow_pickle=False) as stored:
        header = json.loads(bytes(stored["header"]).decode())
    assert not any("zebul" in word for word in [*header["words"], *header["letters"]])


def test_stars_and_words_teach_the_same():
    texts, y = world(6, 150, (0.3, 0.4, 0.3))
    by_code, by_stars, by_word = (
        SentimentClassifier(language="en").fit(texts, labels).predict_proba(texts[:50])
        for labels in (y, np.array([1, 3, 5])[y], np.array(["négatif", "neutre", "positif"])[y])
    )
    assert (by_code == by_stars).all()
    assert (by_code == by_word).all()


def test_two_classes_can_be_learnt_and_the_third_has_no_chance():
    texts, y = world(7, 400, (0.5, 0.0, 0.5))
    model = SentimentClassifier(language="en").fit(texts, np.array([N, Z, P])[y])
    assert (model.predict_proba(texts)[:, 1] == 0).all()
    table = model.share(texts).table.set_index("sentiment")
    assert np.isnan(table.loc[Z, "share"])
    assert table.loc[N, "low"] < (y == 0).mean() < table.loc[N, "high"]


def test_an_audit_measures_without_learning():
    texts, labels = written("fr")
    model = SentimentClassifier(language="fr")
    before = model.predict_proba(texts)
    raw = model.share(texts)
    assert raw.table[["low", "high"]].isna().all(axis=None)
    assert "E_SENTIMENT_UNCORRECTED" in [f.code for f in raw.findings]
    model.audit(texts, labels)
    assert (model.predict_proba(texts) == before).all()
    assert not model.share(texts).table.isna().any(axis=None)


def test_a_share_names_its_denominator_and_counts_copies():
    result = SentimentClassifier().audit(*written("en")).share(["Very bad service"] * 50 + ["Lovely service", "", "Это плохо и дорого"])
    assert (result.facts["texts"], result.facts["read"]) == (53, 51)
    assert result.facts["empty"] == result.facts["other_language"] == 1
    assert result.table["texts"].sum() == 51
    assert result.facts["copies"] == 49
    assert {"E_SENTIMENT_COPIES", "E_SENTIMENT_EMPTY", "E_SENTIMENT_LANGUAGE"} <= {f.code for f in result.findings}


def test_a_perfect_classifier_leaves_the_binomial():
    """With errors known to be none, the interval is that of a Dirichlet on the counts."""
    found = np.array([30.0, 50.0, 20.0])
    shares = corrected_shares(found, np.eye(3) * 1e6)
    draws = np.random.default_rng(1).dirichlet(found + 0.75, 200_000)
    assert np.abs(shares.mean - draws.mean(axis=0)).max() < 0.01
    assert np.abs(shares.low - np.quantile(draws, 0.05, axis=0)).max() < 0.01
    assert np.abs(shares.high - np.quantile(draws, 0.95, axis=0)).max() < 0.01


def test_two_classes_are_rogan_and_gladen():
    """Sensitivity 0.8, specificity 0.9, both known: (0.38 + 0.9 - 1) / (0.8 + 0.9 - 1) = 0.4."""
    shares = corrected_shares(np.array([38_000.0, 62_000.0]), np.array([[0.8, 0.2], [0.1, 0.9]]) * 1e7)
    assert abs(shares.mean[0] - 0.4) < 0.002


def test_intervals_of_shares_hold_the_truth_as_often_as_they_say():
    rng, errors = np.random.default_rng(11), np.array([[0.72, 0.2, 0.08], [0.16, 0.64, 0.2], [0.08, 0.22, 0.7]])
    inside = []
    for seed in range(60):
        truth = rng.dirichlet([1, 1, 1])
        confusion = np.array([rng.multinomial(70, row) for row in errors], dtype=float)
        s = corrected_shares(rng.multinomial(500, truth @ errors).astype(float), confusion, seed=seed)
        inside.append((s.low <= truth) & (truth <= s.high))
    assert 0.83 <= np.mean(inside) <= 0.97


def test_answers_that_the_errors_cannot_explain_are_said_to_be_so():
    sharp = np.array([[2.0, 96, 2], [2, 96, 2], [2, 96, 2]])
    assert not corrected_shares(np.array([900.0, 50, 50]), np.array([[50.0, 45, 5], [45, 50, 5], [5, 5, 90]])).fits
    assert corrected_shares(np.array([20.0, 960, 20]), sharp).high[0] > 0.5  # a classifier no better than chance knows nothing


def test_shares_by_expectation_and_maximisation_find_a_moved_prior():
    rng = np.random.default_rng(2)
    y = rng.random(20_000) < 0.1
    x = rng.normal(np.where(y, 1.5, 0.0))
    p = 1 / (1 + np.exp(-(1.5 * x - 1.125)))  # calibrated where both are equally common
    assert abs(shifted_prior(np.column_stack([1 - p, p]), np.array([0.5, 0.5]))[1] - 0.1) < 0.01


def test_the_nearest_shares_are_those_of_brute_force():
    point = np.array([0.9, 0.4, -0.2])
    grid = np.array([(a, b, 100 - a - b) for a in range(101) for b in range(101 - a)]) / 100
    best = grid[((grid - point) ** 2).sum(axis=1).argmin()]
    assert np.abs(onto_simplex(point) - best).max() <= 0.01


def test_the_promise_of_right_answers_is_kept_over_samples():
    """Confidence that is 5 % too proud: below the threshold taken, accuracy falls short of 0.8 in at most one sample in ten."""
    rng, broken, taken = np.random.default_rng(4), 0, 0
    for _ in range(300):
        c = rng.uniform(0.4, 1.0, 300)
        t, _share = trusted_threshold(c, rng.random(300) < 0.95 * c, right=0.8)
        if np.isfinite(t):
            taken += 1
            broken += 0.95 * (max(t, 0.4) + 1) / 2 < 0.8
    assert taken > 100
    assert broken <= 0.1 * 300


def test_too_few_labels_promise_nothing():
    assert trusted_threshold(np.full(20, 0.99), np.ones(20, bool), right=0.95) == (np.inf, 0.0)
    assert trusted_threshold(np.array([]), np.array([], bool), right=0.9) == (np.inf, 0.0)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("audited", [True, False])
def test_a_share_is_drawn_and_told(language, audited):
    texts, labels = written(language)
    model = SentimentClassifier()
    result = (model.audit(texts, labels) if audited else model).share(texts)
    assert plot(result, language=language).get_title(loc="left")
    for reader in ("client", "analyst"):
        assert report(result, language=language, reader=reader)


@pytest.mark.skipif(not TWEETS.exists(), reason="no shared/data/french_tweets")
def test_french_tweets_are_learnt():
    def part(name: str) -> tuple[list[str], np.ndarray]:
        y = np.array((TWEETS / f"{name}_labels.txt").read_text().split(), dtype=int)
        return (TWEETS / f"{name}_text.txt").read_text(encoding="utf-8").split("\n")[: len(y)], y

    model = SentimentClassifier(language="fr").fit(*part("train"))
    texts, y = part("val")
    assert model.score(texts, y) > 0.65
    assert model.accuracy_ > 0.64
    assert model.calibration_error_ < 0.06


@pytest.mark.parametrize(
    "call",
    [
        lambda: SentimentClassifier(right="x").fit(*_some()).predict(["good"]),
        lambda: SentimentClassifier(right=0.8, sure=None).fit(*_some()).predict(["good"]),
        lambda: SentimentClassifier(own=3).predict(["good"]),
        lambda: SentimentClassifier(own={"fr": 3}).predict(["good"]),
        lambda: SentimentClassifier(seed="a").fit(*_some()),
        lambda: SentimentClassifier(seed=-1).fit(*_some()),
        lambda: SentimentClassifier().share(["good"], level="a"),
        lambda: SentimentClassifier().share(["good"], level=None),
        lambda: tone(["good"], 3),
        lambda: tone(["good"], "en"),
        lambda: tone(["good"], ["en", "fr"]),
    ],
)
def test_options_of_another_kind_are_refused_in_words(call):
    with pytest.raises(DataError):
        call()


def _some():
    return ["good", "bad", "the train leaves at nine"] * 20, ["positive", "negative", "neutral"] * 20


def test_texts_of_arrow_are_read():
    assert tone(pytest.importorskip("pyarrow").array(["good", None])).tolist() == ["positive", "uncertain"]


@pytest.mark.parametrize("people", ["@jane.doe", "@jane-doe", "jane.doe@example.org", "＠jane"])
def test_no_part_of_a_handle_is_read(people):
    assert not {"jane", "doe"} & set(read(f"ask {people}, please", load_lexicon("en")).tokens)


@pytest.mark.parametrize(
    ("call", "column"),
    [
        (lambda path: load_sentiment(None), "path"),
        (lambda path: save_sentiment(SentimentClassifier(), 3), "path"),
        (lambda path: save_sentiment(None, path / "m.npz"), "model"),
    ],
)
def test_no_model_and_no_path_are_refused_in_words(call, column, tmp_path):
    with pytest.raises(DataError) as caught:
        call(tmp_path)
    assert [(f.code, f.column) for f in caught.value.findings] == [("E_OPTION", column)]
