"""Opinions against the log: right ones help, wrong ones are flagged and washed out, plain sentences in either language."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from scored import codes_of, published
from scored import log as log
from scored import scorer as scorer

from mktlib.errors import DataError
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import SURENESS, load_tables, read_opinion, retell


def believed(sentence, tmp_path):
    said = "".join(f'[[priors.statement]]\nsays = "{line}"\n' for line in sentence.splitlines())
    (tmp_path / "ours.toml").write_text(
        f'{said}[priors.stage_fit]\neffects = {{}}\nsd = 0.7\nsource = ""\nconf = "J"\n',
        encoding="utf-8",
    )
    packaged = load_tables(tmp_path / "ours.toml")
    only = {**packaged.priors, "stage_fit": {**packaged.priors["stage_fit"], "effects": {}}}
    return dataclasses.replace(packaged, priors=only)


def errors(tables, times, clicks, seeds):
    """Mean squared error of the first cell's log-odds against the mean of the others, and in how many runs the opinion is contradicted."""
    wrong, flagged = [], []
    for seed in seeds:
        log, eta = published(times, clicks, seed)
        scorer = ContentScorer(by=("content_type", "stage"), priors=tables).fit(log)
        said = logit(scorer.predict(log))
        wrong.append((said[0] - said[1:].mean() - (eta[0] - eta[1:].mean())) ** 2)
        flagged.append(any(f.code == "E_OPINION_CONTRADICTED" for f in scorer.findings_))
    return np.mean(wrong), np.mean(flagged)


def test_a_right_opinion_helps_and_a_wrong_one_is_flagged_and_washed_out(tmp_path):
    right = believed("short_video does 2 times the average at awareness, fairly sure", tmp_path)
    wrong = believed("short_video does 3 times the average at awareness, very sure", tmp_path)
    none = believed("podcast does 1 times the average at decision, slightly sure", tmp_path)
    helped, spoken_against = errors(right, 2.0, 120, range(12))
    alone, _ = errors(none, 2.0, 120, range(12))
    assert helped < 0.7 * alone
    assert spoken_against <= 0.1
    error, flagged = errors(wrong, 0.7, 5000, range(6))
    assert flagged == 1
    assert error < errors(none, 0.7, 5000, range(6))[0] + 0.02


def test_a_surer_opinion_holds_its_own_level_closer_until_the_log_contradicts_it(tmp_path):
    """Two opinions on one axis: each level starts with the spread that its own sentence gives it."""
    sentences = "short_video does {} times the average, {} sure\npodcast does 2 times the average, slightly sure"
    log, _ = published(0.7, 5000, 0)
    cells = pd.DataFrame({"content_type": ["short_video", "podcast"], "stage": "awareness"})
    for sure, sd in SURENESS.items():
        asked = ContentScorer(by=("content_type", "stage"), priors=believed(sentences.format(2, sure), tmp_path))
        empty = asked.fit(log.assign(clicks=0, impressions=0))
        _, var = empty._eta(cells)
        assert var[0] - var[1] == pytest.approx(sd**2 - SURENESS["slightly"] ** 2, abs=2e-3)
        assert empty.score_cells(cells).table["opinion"].tolist() == [1.0, 1.0]
    held, let_go = (
        ContentScorer(by=("content_type", "stage"), priors=believed(sentences.format(x, "very"), tmp_path)).fit(log) for x in (1, 6)
    )
    assert (held.posterior_.held > 0).sum() == 1
    assert not let_go.posterior_.held.any()
    assert "E_OPINION_CONTRADICTED" in codes_of(let_go)
    np.testing.assert_allclose(logit(let_go.predict(cells)), logit(held.predict(cells)), atol=0.15)


def test_an_opinion_is_a_plain_sentence_in_either_language(tmp_path):
    for sentence in (
        "short_video beats blog_post about 1.5 times at awareness, fairly sure",
        "Vidéo courte verticale bat Article de blog environ 1,5 fois en notoriété, assez sûr",
    ):
        rows = believed(sentence, tmp_path).opinions("click_rate")
        assert [(r["when"]["content_type"], r["when"]["stage"]) for r in rows] == [("short_video", "awareness"), ("blog_post", "awareness")]
        assert rows[0]["effect"] - rows[1]["effect"] == pytest.approx(np.log(1.5))
        assert np.hypot(rows[0]["sd"], rows[1]["sd"]) == pytest.approx(0.35)
    for sentence, code in (("video is nice", "E_OPINION_SHAPE"), ("hologram beats blog_post 2 times", "E_OPINION_WORD")):
        with pytest.raises(DataError) as refused:
            believed(sentence, tmp_path)
        assert refused.value.findings[0].code == code
        assert refused.value.findings[0].file == "ours.toml"


@pytest.mark.parametrize(("said", "sure"), [
    ("peu sûr", "slightly"), ("un peu sûr", "slightly"), ("peu sûre", "slightly"), ("Assez sûre", "fairly"), ("très sûr", "very"),
    ("slightly sure", "slightly"), ("very sure", "very"),
])  # fmt: skip
def test_how_sure_a_sentence_is_may_be_said_as_people_say_it(said, sure):
    beats = "beats blog_post 1.5 times at awareness" if "sure" in said else "bat blog_post 1,5 fois en awareness"
    assert read_opinion(f"short_video {beats}, {said}", load_tables()).sure == sure


def test_a_sentence_that_is_not_understood_is_told_how_to_say_how_sure_one_is():
    for language, sure in (("en", "slightly sure, fairly sure or very sure"), ("fr", "peu sûr, assez sûr ou très sûr")):
        for sentence in ("short_video bat blog_post 1,5 fois, plutôt sûr", "short_video bat blog_post 1,5 fois en awareness, plutôt sûr"):
            with pytest.raises(DataError) as refused:
                read_opinion(sentence, load_tables())
            assert sure in retell(refused.value.findings[0], language).text


def test_what_the_log_says_of_an_opinion_does_not_depend_on_the_opinion(tmp_path):
    seen = []
    for times in (3, 0.33):
        log, _ = published(0.7, 5000, 0)
        tables = believed(f"short_video does {times} times the average at awareness, very sure", tmp_path)
        seen.append(ContentScorer(by=("content_type", "stage"), priors=tables).fit(log).opinions_["seen"].iloc[0])
    assert seen[0] == pytest.approx(seen[1], rel=1e-9)
    clash = "short_video does 3 times the average, very sure\nshort_video does 0.33 times the average, very sure"
    assert "E_OPINIONS_CLASH" in codes_of(ContentScorer(by=("content_type", "stage"), priors=believed(clash, tmp_path)).fit(log))
    with pytest.raises(DataError) as refused:
        believed("short_video beats short_video 3 times", tmp_path)
    assert refused.value.codes == ("E_OPINION_PAIR",)
