"""The explorer and the panel of the ad desk: what is shown is what the library says, by hand as in plain code."""

import copy
import dataclasses
import re
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import pytest

import mktlib as mk
from mktlib.interact import shown
from mktlib.interact.explorer_words import plan_lines
from mktlib.planning import brief_from_text, quick
from mktlib.planning.dive import dived, topped
from mktlib.planning.quick import QuickPlanner, relaxed
from mktlib.planning.written import brief_text, changed
from mktlib.vocabulary import progress
from mktlib.wording import money

BRIEF = """
name = "Small"
first_day = 2026-10-05
last_day = 2026-11-01
budget = 8000.0
test_share = 0.05
[objective]
value = 0.5
[brand]
allowed = ["playful", "educational"]
[team]
days_per_week = 6.0
[segments.students]
size = 50000
consent = { email = 0.1 }
[segments.parents]
size = 40000
consent = { email = 0.1 }
[channels]
paid_social = { price = 8.0, quantity = 20000 }
email = 0.005
[production]
default = { cost = 300.0, days = 2.0, most = 2 }
"""


@pytest.fixture(scope="module")
def scores():
    log = mk.load_sample("content_log")
    log = log[log["segment"].isin(["students", "parents"]) & log["channel"].isin(["paid_social", "email"])]
    return mk.ContentScorer("click_rate").fit(log).score_cells()


@pytest.fixture(scope="module")
def brief():
    return brief_from_text(BRIEF)


@pytest.fixture(scope="module")
def made(scores, brief):
    return mk.explore(scores, brief, language="en")


@pytest.fixture(scope="module")
def planner(scores, brief):
    """Another one than the explorer's, asked other things."""
    return QuickPlanner(scores, brief)


@pytest.fixture(scope="module")
def full(scores, brief):
    return mk.plan_campaign(scores, changed(brief, **CHANGES[0]))


@pytest.fixture
def explorer(made):
    made.reset()
    made.choose(segment="students", stage=made.levels("stage")[0])
    return made


# ---------------------------------------------------------------- plain code


def test_a_group_holds_the_rows_of_the_whole_table(explorer, scores):
    for segment in explorer.levels("segment"):
        for stage in explorer.levels("stage"):
            shown_rows = explorer.choose(segment=segment, stage=stage).table
            table = scores.table
            direct = table[(table["segment"] == segment) & (table["stage"] == stage)].reset_index(drop=True)
            pd.testing.assert_frame_equal(shown_rows, direct)


def test_levels_that_were_not_scored_are_told_together(explorer):
    with pytest.raises(mk.MktlibError) as told:
        explorer.choose(segment="studens", stage="nowhere")
    assert [(f.code, f.column) for f in told.value.findings] == [("E_OPTION", "segment"), ("E_OPTION", "stage")]
    assert "students" in str(told.value)


@pytest.mark.parametrize(
    ("segment", "stage"),
    [("Parents", "notoriété"), ("Étudiants", "Awareness"), ("etudiants", "NOTORIETE"), ("Students", "décision d'achat")],
)
def test_a_group_is_chosen_by_its_label_in_any_language(explorer, segment, stage):
    explorer.choose(segment=segment, stage=stage)
    assert explorer.chosen["segment"] == ("parents" if segment == "Parents" else "students")
    assert explorer.chosen["stage"] == ("decision" if "cision" in stage else "awareness")
    assert set(explorer.group.table["stage"]) == {explorer.chosen["stage"]}


def test_a_level_that_is_none_is_told_with_names_as_typed_and_labels(scores):
    with pytest.raises(mk.MktlibError) as told:
        mk.explore(scores, language="fr").choose(stage="notoriétée")
    assert "awareness (Notoriété)" in str(told.value)
    assert told.value.findings[0].hint == "awareness"


CHANGES = [
    {"budget": 4000.0},
    {"budget": 16000.0},
    {"days_per_week": 2.0},
    {"test_share": 0.2},
    {"risk": 0.5},
    {"most": {"carousel": 1}},
    {"budget": 5000.0, "days_per_week": 3.0, "test_share": 0.0},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_quick_plan_keeps_every_limit_and_tells_its_bound(explorer, change):
    quick = explorer.what_if(**change)
    assert quick.check().empty
    assert quick.facts["quick"]
    assert quick.brief == explorer.brief != explorer.first.brief
    worth, bound = quick.expected["careful"], quick.expected["bound"]
    assert worth <= bound * (1 + 1e-9)
    assert quick.expected["gap"] == pytest.approx((bound - worth) / bound)
    assert quick.expected["gap"] < 0.25  # the linear program is a loose bound where few pieces are made


def near_the_full(quick, full):
    assert quick.brief == full.brief
    assert full.expected["careful"] <= 1.03 * quick.expected["bound"]  # 0.03: ideas that only the full plan looks at
    assert quick.expected["careful"] >= 0.9 * full.expected["careful"]


def test_the_bound_of_a_quick_plan_holds_for_the_full_plan(explorer, full):
    near_the_full(explorer.what_if(**CHANGES[0]), full)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES[1:], ids=str)
def test_the_bound_of_a_quick_plan_holds_for_other_full_plans(explorer, scores, change):
    near_the_full(explorer.what_if(**change), mk.plan_campaign(scores, explorer.brief))


def test_the_same_brief_gives_the_same_plan_whatever_was_asked_before(explorer, planner):
    explorer.what_if(budget=5000.0)
    explorer.what_if(days_per_week=3.0)
    alone = planner.plan(explorer.brief)
    pd.testing.assert_frame_equal(alone.schedule, explorer.plan.schedule)


def test_a_dive_makes_some_of_the_pieces_and_holds_every_limit_with_room_for_no_other_lot(planner, brief):
    problem = planner._problem(brief)
    made, _, price, bound = relaxed(problem, 0)
    n, y = dived(problem, made.any(axis=1), 0)
    assert not problem.broken(n, y)
    assert set(np.flatnonzero(y[:, -1])) <= set(np.flatnonzero(made.any(axis=1)))
    assert 0.75 * bound < problem.value(n) <= bound  # the linear program is a loose bound where few pieces are made
    assert np.array_equal(topped(problem, n, y)[0], n)
    assert len(price) == len(problem.limits)


def test_where_a_dive_finds_nothing_the_solver_is_asked(planner, brief, monkeypatch):
    monkeypatch.setattr(quick, "dived", lambda *_: None)
    plan = planner.plan(brief)
    assert plan.check().empty
    assert 0.75 * plan.expected["bound"] < plan.expected["careful"] <= plan.expected["bound"]


def test_undo_and_reset_go_back(explorer, brief):
    first = explorer.plan
    explorer.what_if(budget=5000.0)
    second = explorer.plan
    explorer.what_if(risk=0.5)
    assert explorer.undo() is second
    assert explorer.brief.budget == 5000.0
    explorer.what_if(test_share=0.3)
    assert explorer.reset() is first
    assert explorer.brief == brief
    assert explorer.undo() is first


def test_what_cannot_be_is_told_and_nothing_changes(explorer, brief):
    with pytest.raises(mk.MktlibError) as told:
        explorer.what_if(budget=-1.0, risk=2.0, test_share=float("nan"))
    assert {f.column for f in told.value.findings} == {"budget", "risk", "test_share"}
    with pytest.raises(mk.MktlibError, match="must_have"):
        mk.explore(explorer.scores, brief_from_text(BRIEF.replace("days_per_week = 6.0", "days_per_week = 0.1") + WANTED))
    assert explorer.brief == brief


WANTED = '[[must_have]]\nstage = "decision"\nleast = 6\n'


def test_a_brief_that_was_turned_can_be_read_again(explorer, tmp_path):
    explorer.what_if(budget=5000.0, most={"carousel": 0})
    explorer.toml(tmp_path / "mine.toml")
    again = mk.read_brief(tmp_path / "mine.toml")
    assert again == explorer.brief
    assert again.making("carousel") == (300.0, 2.0, 0)


@pytest.mark.parametrize("name", ["sunglasses"])
def test_a_whole_brief_survives_being_written(name):
    whole = mk.read_brief(mk.sample_path(f"briefs/{name}.toml"))
    assert brief_from_text(brief_text(whole)) == whole
    assert changed(whole) == whole


def test_what_cannot_be_explored_is_told(scores, brief):
    with pytest.raises(mk.MktlibError) as told:
        mk.explore(3, "brief")
    assert [f.column for f in told.value.findings] == ["scores", "brief"]
    with pytest.raises(mk.MktlibError, match="without a brief"):
        mk.explore(scores, language="en").what_if(budget=3.0)
    with pytest.raises(mk.MktlibError, match="no ad desk"):
        mk.practise("meta")


@pytest.mark.parametrize(
    ("call", "column"),
    [
        (lambda e: e.what_if(most=3), "most"),
        (lambda e: e.what_if(most={3: 3}), "most"),
        (lambda e: e.what_if(most="carousel", bugdet=3), "bugdet"),
        (lambda e: e.what_if(most={"carousel": 10**40}), "production.carousel.most"),
        (lambda e: e.toml(3), "path"),
        (lambda e: e.toml("a\0b"), "path"),
        (lambda e: e.choose(segment=pd.NA), "segment"),
        (lambda e: mk.explore(e.scores).plan_picture(), None),
        (lambda e: mk.explore(mk.ContentScorer), "scores"),
    ],
)
def test_odd_arguments_are_told_and_the_brief_stays(explorer, brief, call, column):
    with pytest.raises(mk.MktlibError) as told:
        call(explorer)
    assert told.value.findings[0].column == column
    assert explorer.brief == brief


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_plan_of_nothing_is_no_share_of_anything(explorer, language):
    plan = explorer.what_if(budget=3000.0)
    empty = dataclasses.replace(plan, expected={**plan.expected, "value": 0.0, "careful": 0.2, "bound": 3.0})
    for pair in ((empty, plan), (plan, empty)):
        lines = list(plan_lines(*pair, language))
        assert not any("{" in line or re.search(r"\d{4,}.*%", line) for line in lines)
    assert "(" in list(plan_lines(plan, explorer.first, language))[2]
    assert "(" not in list(plan_lines(empty, plan, language))[2]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_money_that_buys_nothing_is_told_with_the_money_that_would(explorer, planner, scores, brief, language):
    plan = explorer.what_if(budget=100.0)
    assert plan.schedule.empty
    least = planner.first_budget(explorer.brief)
    lines = list(plan_lines(plan, explorer.first, language, least=least))
    assert money(round(least), "EUR", language) in lines[0]
    assert len(lines) == 2
    assert explorer._least() == least
    assert not mk.plan_campaign(scores, changed(brief, budget=least)).schedule.empty
    assert mk.plan_campaign(scores, changed(brief, budget=least - 2)).schedule.empty
    told = {next(plan_lines(plan, plan, language, least=x)) for x in (None, 50.0, least)}
    assert len(told) == 3


# ---------------------------------------------------------------- controls


def panel_of(explorer):
    explorer.panel()
    return explorer._panel


def test_the_dropdowns_show_what_choose_shows(explorer):
    panel = panel_of(explorer)
    panel.levels["segment"].value = "parents"
    assert explorer.chosen["segment"] == "parents"
    assert panel.scores_text.value == shown.heard(explorer.group_lines())
    assert panel.scores_figure.value == shown.image(mk.show(explorer.group, language="en"))


def test_the_sliders_plan_what_plain_code_plans(explorer, planner, brief):
    panel = panel_of(explorer)
    panel.budget.value = 5000
    panel.days.value = 4.0
    by_hand = planner.plan(changed(brief, budget=5000.0, days_per_week=4.0))
    pd.testing.assert_frame_equal(explorer.plan.schedule, by_hand.schedule)
    assert panel.plan_figure.value == shown.image(mk.show(by_hand, kind="limits", language="en"))
    assert "less" in panel.plan_text.value
    panel.undo.click()
    assert (panel.days.value, explorer.brief.team.days_per_week) == (6.0, 6.0)
    panel.reset.click()
    assert panel.budget.value == 8000
    assert explorer.brief == brief


def test_solve_to_the_end_is_plan_campaign(explorer, full):
    panel = panel_of(explorer)
    panel.budget.value = 4000
    panel.solve.click()
    assert explorer.brief == full.brief
    pd.testing.assert_frame_equal(explorer.plan.schedule, full.schedule)
    assert "Solved to the end" in panel.plan_text.value
    assert not panel.solve.disabled


def test_the_sentences_of_an_error_stand_in_the_panel(scores):
    explorer = mk.explore(scores, brief_from_text(BRIEF + WANTED), language="en")
    before, panel = explorer.plan, panel_of(explorer)
    panel.days.value = 0.0
    assert 'role="alert"' in panel.problems.value
    assert "must_have" in panel.problems.value
    assert "Traceback" not in panel.problems.value
    assert explorer.plan is before
    panel.undo.click()
    assert panel.problems.value == ""
    assert panel.days.value == 6.0


def test_the_kept_brief_is_the_text_that_read_brief_reads(explorer):
    panel = panel_of(explorer)
    panel.budget.value = 5000
    panel.keep.click()
    assert brief_from_text(panel.text.value) == explorer.brief


def test_every_control_has_a_label_and_every_figure_a_text(explorer):
    panel = panel_of(explorer)
    controls = [w for w in everything(panel.box) if hasattr(w, "description") and type(w).__name__ != "HTML"]
    assert len(controls) >= 10
    assert all(w.description for w in controls)
    for figure in (panel.scores_figure, panel.plan_figure):
        assert len(re.search(r'alt="([^"]*)"', figure.value)[1]) > 80


def everything(box):
    yield box
    for child in getattr(box, "children", ()):
        yield from everything(child)


def words_of(box, names):
    """What a panel says, but for the names of ads and ad sets, which are typed as they are."""
    for w in everything(box):
        text = f"{getattr(w, 'description', '')} {getattr(w, 'value', '') if type(w).__name__ == 'HTML' else ''}"
        options = " ".join(str(label) for label in getattr(w, "_options_labels", ()))
        if getattr(w, "description", "") in names:
            continue
        yield re.sub(r'src="[^"]*"|<[^>]*?(alt="[^"]*")?[^>]*>', r" \1 ", f"{text} {options}")


ENGLISH = re.compile(r"\b(the|and|of|with|budget a day|week|at most|expected|seen|shown|play)\b", re.IGNORECASE)


def test_a_french_panel_has_no_english(scores, brief):
    explorer = mk.explore(scores, brief, language="fr")
    panel = panel_of(explorer)
    panel.budget.value = 5000
    desk = mk.practise(mk.AdDesk("search", budget=3000, seed=1, language="fr"))
    desk.panel()
    name = next(iter(desk._panel.sets))
    desk._panel.sets[name].runs.value = True
    desk._panel.play.click()
    names = [n for many in desk.desk.ad_sets["creatives"] for n in many]
    for box in (panel.box, desk._panel.box):
        for words in words_of(box, names):
            assert not ENGLISH.search(words), words


# ---------------------------------------------------------------- the desk


def test_the_panel_plays_what_spend_plays():
    by_hand, desk = mk.AdDesk("search", budget=3000, seed=1), mk.AdDesk("search", budget=3000, seed=1)
    practice = mk.practise(desk, language="en")
    practice.panel()
    panel = practice._panel
    name = next(iter(panel.sets))
    controls = panel.sets[name]
    controls.runs.value, controls.bid.value, controls.budget.value = True, 0.8, 20.0
    controls.days.value = ("mon", "tue")
    panel.play.click()
    by_hand.spend(**{name: {"bid": 0.8, "budget": 20.0, "creatives": list(controls.creatives.value), "days": ["mon", "tue"]}})
    pd.testing.assert_frame_equal(practice.desk.report(), by_hand.report())
    assert practice.lines()[0] in panel.text.value
    assert "alt=" in panel.figure.value
    controls.bid.value = -1.0
    panel.play.click()
    assert desk.week == 2
    assert f"{name}:" in panel.problems.value
    panel.undo.click()
    assert (desk.week, desk.left, panel.problems.value) == (1, 3000.0, "")
    assert panel.undo.disabled


# ---------------------------------------------------------------- where no controls are


def test_without_ipywidgets_the_figure_and_its_text_are_shown(explorer, monkeypatch):
    monkeypatch.setattr(shown.importlib.util, "find_spec", lambda name: None)
    forms = explorer._repr_mimebundle_()
    assert set(forms) == {"text/plain", "image/png"}
    assert explorer.group_lines()[0] in forms["text/plain"]
    assert explorer.plan_lines()[0] in forms["text/plain"]

    def without(name):
        raise ImportError(name)

    monkeypatch.setattr(shown.importlib, "import_module", without)
    monkeypatch.setattr(explorer, "_panel", None)
    with pytest.raises(mk.MktlibError, match="ipywidgets is not installed"):
        explorer.panel()


def test_a_static_notebook_has_no_controls(explorer, monkeypatch):
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()
    monkeypatch.setenv("MKTLIB_STATIC", "1")
    assert "application/vnd.jupyter.widget-view+json" not in explorer._repr_mimebundle_()


def test_importing_mktlib_does_not_import_ipywidgets():
    code = "import sys, mktlib; mktlib.explore; assert 'ipywidgets' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


CODE = """
import mktlib as mk
scorer = mk.ContentScorer("click_rate", by=("segment", "stage", "style")).fit(mk.load_sample("content_log"))
mk.explore(scorer, language="en")
"""


@pytest.mark.slow
def test_nbval_finds_the_same_output_twice_and_notices_another(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE), nbformat.v4.new_code_cell(DESK)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "tiny.ipynb"
    nbformat.write(book, path)
    run = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(path)]
    subprocess.run(run, check=True, capture_output=True)
    stored = nbformat.read(path, 4)
    assert {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"} <= set(stored.cells[0].outputs[0].data)
    stored.cells.append(nbformat.from_dict({**copy.deepcopy(stored.cells[0]), "id": "changed"}))
    moved = stored.cells[2].outputs[0].data
    moved["text/plain"] = moved["text/plain"].replace("scored", "spared")
    nbformat.write(stored, path)
    told = nbval(path)
    assert "Cell 2" in told  # the one that was changed by hand; the two as they were executed hold in a second kernel
    assert "1 failed, 2 passed" in told


DESK = 'mk.practise(mk.AdDesk("search", budget=3000, seed=1), language="en")'


def nbval(path):
    run = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", str(path)]
    return subprocess.run(run, capture_output=True, cwd=path.parent, check=False, text=True).stdout


def fresh(platform="search"):
    practice = mk.practise(mk.AdDesk(platform, budget=3000, seed=1), language="en")
    practice.panel()
    return practice, practice._panel


def test_a_week_of_nothing_is_not_used_up_before_anything_ran():
    practice, panel = fresh()
    panel.play.click()
    assert practice.desk.week == 1
    assert "Runs this week" in panel.problems.value
    controls = next(iter(panel.sets.values()))
    controls.runs.value = True
    panel.play.click()
    controls.runs.value = False
    panel.play.click()  # to pause is a choice
    assert (practice.desk.week, panel.problems.value) == (3, "")


def test_no_chart_is_drawn_of_a_game_without_spend():
    practice, panel = fresh()
    practice.play({})
    panel.draw()
    assert practice.picture() is None
    assert panel.figure.value == ""


def test_a_holdout_of_the_panel_is_read_as_a_lift():
    practice, panel = fresh()
    name, controls = next(iter(panel.sets.items()))
    controls.runs.value, controls.holdout.value = True, 0.2
    assert panel.lift.value == ""
    panel.play.click()
    assert practice.desk.lift()["ad_set"].unique().tolist() == [name]
    assert "Buyers" in panel.lift.value
    controls.holdout.value = 0.9
    assert controls.holdout.value == 0.5


def test_an_entry_that_no_brief_has_is_told_with_the_nearest(explorer):
    with pytest.raises(mk.MktlibError) as told:
        explorer.what_if(budgt=3)
    assert [(f.code, f.column) for f in told.value.findings] == [("E_OPTION", "budgt")]
    assert "budget" in told.value.findings[0].hint


@pytest.mark.parametrize("done", [0, 3])
def test_a_bar_that_goes_when_done_has_no_steps_left_to_fail_at(done, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    with progress(total=10, delay=0) as bar:
        bar.update(done)
    assert (bar.n, bar.total) == (done, done)
