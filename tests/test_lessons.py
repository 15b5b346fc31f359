"""The lessons: one source for every edition, prose in both languages, exercises whose answers the solutions compute."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

import mktlib as mk
from mktlib.vocabulary import load_tables
from mktlib.vocabulary.tables import exercises

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("build_lessons", ROOT / "notebooks" / "source" / "build.py")
build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build)
LESSONS = build.lessons()
PARTS = ("question", "data", "define", "use", "look", "means", "not", "exercise")
BOOKS = sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda p: str(p.relative_to(ROOT / "notebooks")))


def digits(text):
    """The numbers of a text, whatever marks they are written with."""
    bare = re.sub(r"`[^`]*`", "", text)
    bare = re.sub(r"(?<=\d)[\u202f\u00a0,](?=\d{3}\b)", "", bare)
    return sorted(number.replace(",", ".").rstrip(".") for number in re.findall(r"\d[\d.,]*", bare))


@each(LESSONS)
def test_every_edition_is_what_its_source_says(path):
    old = [str(p.relative_to(ROOT)) for p in build.stale(path)]
    assert not old, f"run: python notebooks/source/build.py {path.stem[:2]} (not what their source says: {old})"


@each(LESSONS)
def test_a_lesson_asks_shows_says_what_it_means_and_what_not(path):
    cells = build.read(path)
    keys = [c.id for c in cells]
    assert keys[0].startswith("question")
    assert [part for part in PARTS if not any(k.startswith(part) for k in keys)] == []
    answers = [re.search(r'check_answer\("([\d.]+)"', c.source).group(1) for c in cells if "exercise" in build.tags(c)]
    assert answers == [f"{path.stem[:2]}.{n}" for n in (1, 2, 3)]
    assert sum("solution" in build.tags(c) and c.cell_type == "code" for c in cells) == 3
    assert f'mk.progress_card("{path.stem[:2]}"' in cells[-1].source + cells[-2].source
    assert any("load_truth" in c.source or "debrief" in c.source for c in cells), "a lesson compares its answer with the planted truth"


@each(LESSONS)
def test_french_prose_says_the_same_numbers_in_french(path):
    rows = build.french(path)
    for cell in (c for c in build.read(path) if c.cell_type == "markdown"):
        said = rows[cell.id]
        assert digits(said) == digits(cell.source), f"{cell.id}: other numbers than in English"
        assert re.findall(r"`[^`]+`", cell.source) == re.findall(r"`[^`]+`", said) or sorted(re.findall(r"`[^`]+`", cell.source)) == sorted(
            re.findall(r"`[^`]+`", said)
        ), f"{cell.id}: other names of code"
        assert len(re.findall(r"^#+ ", said, re.M)) == len(re.findall(r"^#+ ", cell.source, re.M)), cell.id
        prose = re.sub(r"`[^`]*`|\(http\S+\)|https?://\S+|\*\*", "", said)
        assert "'" not in prose, f"{cell.id}: ’ is the apostrophe"
        assert not re.search(r"(?<![\u00a0\d])[:](?=\s|$)", prose, re.M), f"{cell.id}: U+00A0 before a colon"
        assert not re.search(r"(?<!\u202f)[;!?](?=\s|$|\*|»)", re.sub(r"[!?](?=[!?])", "", prose), re.M), f"{cell.id}: U+202F before ; ! ?"
        assert not re.search(r"«(?!\u202f)|(?<!\u202f)»", prose), f"{cell.id}: U+202F inside quotation marks"


@each(BOOKS)
def test_a_notebook_has_one_title_and_short_cells_all_run_in_order(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = [line for c in cells if c["cell_type"] == "markdown" for line in "".join(c["source"]).splitlines()]
    assert [line for line in prose if line.startswith("# ")] == [prose[0]]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert all("".join(c["source"]).count("\n") < 12 for c in code)
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert not any("ignore" in " ".join(c["metadata"].get("tags", [])).lower() or "NBVAL" in "".join(c["source"]) for c in code)


@pytest.mark.parametrize("language", ["en", "fr"])
@each(LESSONS)
def test_solutions_are_right_and_learners_find_the_exercises_open(path, language):
    folder = build.EDITIONS[language]
    for file, mark in ((folder / f"{path.stem}.ipynb", "…"), (folder / "solutions" / f"{path.stem}.ipynb", "✓")):
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        shown = ["".join(o["data"]["text/plain"]) for c in cells if "check_answer" in "".join(c["source"]) for o in c["outputs"]]
        assert [text.split(" ", 2)[:2] for text in shown] == [[mark, f"{path.stem[:2]}.{n}"] for n in (1, 2, 3)], file.name


def wrong_answers(row):
    yield from ({"number": ["a word", None, True], "name": [3, "", None], "names": [3, []], "yes_no": ["perhaps", 2]}[row["kind"]])
    if row["kind"] == "number":
        yield from (row["answer"] + 2.5 * row["tolerance"], row["answer"] - 2.5 * row["tolerance"], row["answer"] * -1 - 1)
    if row["kind"] == "yes_no":
        yield not row["answer"]
    if row["kind"] == "name":
        yield "nothing of the kind"
    if row["kind"] == "names":
        yield [*row["answer"], "nothing of the kind"]
        yield list(row["answer"])[:-1] or ["nothing of the kind"]


@pytest.mark.parametrize("number", sorted(exercises()))
def test_a_right_answer_passes_and_wrong_ones_get_a_hint_that_does_not_tell(number):
    row = exercises()[number]
    assert {"kind", "answer", "hint"} <= row.keys() <= {"kind", "answer", "hint", "tolerance", "of", "slip"}
    assert ("tolerance" in row) == (row["kind"] == "number")
    for language in ("en", "fr"):
        assert mk.check_answer(number, row["answer"], language=language).right
        slips = list(row.get("slip", ()))
        for wrong in [*wrong_answers(row), *(s["answer"] for s in slips)]:
            told = mk.check_answer(number, wrong, language=language)
            assert not told.right
            assert not tells(row, told.text), (wrong, told.text)
        for slip in slips:
            assert slip["hint"][language] in mk.check_answer(number, slip["answer"], language=language).text


def tells(row, text):
    """Whether a sentence holds the answer."""
    if row["kind"] == "yes_no":
        return False
    if row["kind"] == "number":
        return any(
            abs(float(n) - row["answer"]) <= row["tolerance"] for n in re.findall(r"\d+(?:\.\d+)?", text.replace(",", ".")) if n != "0.12"
        )
    tables, names = load_tables(), [row["answer"]] if isinstance(row["answer"], str) else row["answer"]
    known = [tables.label(row["of"], name, code) for name in names for code in ("en", "fr")] if "of" in row else []
    return any(name.casefold() in text.casefold() for name in [*names, *known])


def test_each_exercise_of_a_lesson_has_a_row_and_each_row_an_exercise():
    asked = [n for path in LESSONS for n in re.findall(r'check_answer\("([\d.]+)", \.\.\.', path.read_text(encoding="utf-8"))]
    assert sorted(asked) == sorted(exercises())


def test_answers_are_read_as_people_write_them():
    number, name = ((n, r) for kind in ("number", "name") for n, r in [next((n, r) for n, r in exercises().items() if r["kind"] == kind)])
    as_text = f"{number[1]['answer'] * 100:.6f}".replace(".", ",") + "\u202f%"
    assert mk.check_answer(number[0], as_text).right
    assert mk.check_answer(name[0], name[1]["answer"].upper().replace("_", " ")).right
    with pytest.raises(mk.MktlibError, match=r"99\.1"):
        mk.check_answer("99.1", 1)


def test_a_card_keeps_what_was_solved_and_refuses_what_is_none(tmp_path):
    number, row = next(iter(exercises().items()))
    mk.check_answer(number, row["answer"])
    file = tmp_path / "card.json"
    assert mk.progress_card(path=file).states[number] == "solved"
    mk.check_answer(number, "certainly not this")
    assert mk.progress_card(path=file).states[number] == "solved"
    file.write_text('{"01.1": "cheated"}')
    with pytest.raises(mk.MktlibError, match=r"card\.json"):
        mk.progress_card(path=file)
    with pytest.raises(mk.MktlibError, match="77"):
        mk.progress_card("77")
