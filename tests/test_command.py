"""The command line as a person types it: what it writes, what it says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mktlib.__main__ import main
from mktlib.command.running import keep_the_rest, say_read
from mktlib.command.starting import ask
from mktlib.errors import StoreError
from mktlib.intake import read_export
from mktlib.planning import load_plan
from mktlib.scoring import load_scorer
from mktlib.simulate import load_sample, sample_path
from mktlib.simulate.samples import NAMES

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data"


def test_run_on_a_users_log_and_brief_writes_everything_and_says_so(tmp_path, capsys):
    log, brief = sample_path("law_firm.csv"), sample_path("briefs/law_firm.toml")
    assert main(["run", "--log", str(log), "--brief", str(brief), "--out", str(tmp_path), "--language", "fr"]) == 0
    said = capsys.readouterr().out
    assert "Fichiers écrits" in said
    for name in ("scores.csv", "scorer.npz", "plan", "report.fr.html"):
        assert (tmp_path / name).exists()
        assert name in said
    assert load_plan(tmp_path / "plan").check().empty
    table = pd.read_csv(tmp_path / "scores.csv")
    again = load_scorer(tmp_path / "scorer.npz").predict(table.head(5))
    assert table["rate"].head(5).to_numpy() == pytest.approx(again)
    page = (tmp_path / "report.fr.html").read_text(encoding="utf-8")
    assert 'lang="fr"' in page
    assert "à produire" in page


def test_run_says_on_screen_what_to_type_for_a_segment_that_is_spelled_as_its_label(tmp_path, capsys):
    text = sample_path("briefs/law_firm.toml").read_text(encoding="utf-8")
    assert "\nindividuals = " in text
    brief = tmp_path / "brief.toml"
    brief.write_text(text.replace("\nindividuals = ", "\nparticuliers = "), encoding="utf-8")
    words = ["run", "--log", str(sample_path("law_firm.csv")), "--brief", str(brief), "--out", str(tmp_path / "out"), "--language", "fr"]
    assert main(words) == 0
    said = capsys.readouterr().err
    assert "segments.particuliers" in said
    assert "Tapez\u00a0: individuals" in said
    assert "kept.csv" not in said


def test_a_wrong_file_is_said_in_one_sentence_and_nothing_is_written(tmp_path, capsys):
    wrong = tmp_path / "log.csv"
    wrong.write_text("date,content_id,content_type,channel,clicks\n2026-01-01,a,short_video,organic_social,3\n", encoding="utf-8")
    assert main(["run", "--log", str(wrong), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "impressions" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out" / "scores.csv").exists()


def test_a_brief_without_a_log_is_refused(capsys, tmp_path):
    assert main(["run", "--brief", "x.toml", "--out", str(tmp_path)]) == 1
    assert "--log" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["en", "fr"])
def test_start_turns_answers_into_a_brief_and_opinions(tmp_path, language, capsys):
    answers = tmp_path / "answers.toml"
    answers.write_text('name = "Kiosk"\nbudget = 1500\n', encoding="utf-8")
    assert main(["start", "--answers", str(answers), "--out", str(tmp_path), "--language", language]) == 0
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert len(scores) > 0
    assert (scores["opinion"] == 1).all()
    assert set(scores["verdict"]) == {"too_early"}
    assert (tmp_path / "brief.toml").exists()
    assert (tmp_path / f"report.{language}.html").exists()
    assert capsys.readouterr().out.count(str(tmp_path)) == 3


@pytest.mark.slow
def test_samples_come_again_byte_for_byte(tmp_path):
    assert main(["samples", "--out", str(tmp_path)]) == 0
    for path in [p for p in tmp_path.rglob("*") if p.is_file()]:
        assert path.read_bytes() == sample_path(str(path.relative_to(tmp_path))).read_bytes(), path.name


@pytest.mark.parametrize(
    ("name", "file", "rows"), [("facebook_metrics", "dataset_Facebook.csv", 500), ("hillstrom", "hillstrom.csv", 64_000)]
)
def test_the_main_job_on_real_data(tmp_path, name, file, rows):
    source = REAL / name / file
    if not source.exists():
        pytest.skip(f"the public data set {name} is not on this machine")
    maps = ROOT / "data" / "maps"
    brief = str(maps / f"{name}.brief.toml")
    assert main(["run", "--log", str(source), "--columns", str(maps / f"{name}.toml"), "--brief", brief, "--out", str(tmp_path)]) == 0
    assert load_plan(tmp_path / "plan").check().empty
    page = (tmp_path / "report.en.html").read_text(encoding="utf-8")
    assert "On data kept aside" in page
    if name == "hillstrom":
        assert "Nothing shows that Targeting person by person does better" in page.replace("targeting", "Targeting")
    assert len(pd.read_csv(tmp_path / "scores.csv")) >= 20


def test_every_sample_loads():
    for name in NAMES:
        assert len(load_sample(name)) > 0


def test_a_slip_in_one_answer_is_asked_again(monkeypatch, capsys):
    answers = iter(["Our launch", "soon", "2026-10-05", *[""] * 4, "décision", *[""] * 3])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    given = dict(ask("fr"))
    assert given["first_day"] == "2026-10-05"
    assert given["stages"] == "décision"
    assert "soon" in capsys.readouterr().out


def test_a_log_of_which_nothing_is_left_says_why(tmp_path, capsys):
    log = tmp_path / "log.csv"
    log.write_text("date,content_id,content_type,channel,clicks,impressions\n2026-02-31,a,banner,display,1,10\n", encoding="utf-8")
    assert main(["run", "--log", str(log), "--out", str(tmp_path / "out")]) == 1
    assert "2026-02-31" in capsys.readouterr().err
    assert (tmp_path / "out" / "rejected.csv").exists()


def test_rows_are_never_kept_where_no_folder_can_be(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("date,content_id,content_type,channel,clicks,impressions\n2026-02-21,a,banner,display,1,10\n", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be written"):
        keep_the_rest(read_export(log), log)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_file_of_rows_is_named_where_it_is_written_only(language, tmp_path, capsys):
    bad, good = "2026-02-31,a,banner,display,1,10\n", "2026-02-21,a,banner,display,1,10\n"
    for rows in (good, good + bad):
        log = tmp_path / "log.csv"
        log.write_text("date,content_id,content_type,channel,clicks,impressions\n" + rows, encoding="utf-8")
        intake = read_export(log)
        written = [path.name for path in keep_the_rest(intake, tmp_path)]
        say_read(intake, language)
        told = capsys.readouterr().err
        assert [name for name in ("rejected.csv", "excluded.csv") if name in told] == written
        assert bool(written) == (bad in rows)


@pytest.mark.parametrize(
    ("file", "answer", "says"),
    [
        ("pages/good.en.html", 0, "N_PAGE_RULES"),
        ("pages/bad.fr.html", 1, "PAGE_VIEWPORT"),
        ("emails/offer_en_bad.eml", 1, "EMAIL_"),
        ("listings/google_play.toml", 0, ""),
        ("listings/google_play_planted.toml", 1, "LISTING_"),
    ],
)
def test_check_prints_what_it_finds_and_answers_1_with_errors(file, answer, says, capsys):
    assert main(["check", str(sample_path(file)), "--language", "fr"]) == answer
    told = capsys.readouterr().out
    assert says in told
    assert "constat" in told.splitlines()[-1]
    levels = [line.split()[0].strip("[") for line in told.splitlines()[:-1]]
    assert levels == sorted(levels, key=["erreur", "avertissement", "remarque"].index)


@pytest.mark.parametrize(
    ("file", "code"),
    [("x.pdf", ".html"), ("https://example.org/", "--online"), ("http://10.0.0.1/", "10.0.0.1"), ("gone.html", "gone.html")],
)
def test_check_says_what_it_cannot_read(file, code, capsys):
    assert main(["check", file]) == 1
    assert code in capsys.readouterr().err
