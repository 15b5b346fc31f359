"""`python -m mktlib notebooks`: which lessons run, in which language, and everything that is refused before one of them does."""

from __future__ import annotations

import json

import nbformat
import pytest

from mktlib.__main__ import main
from mktlib.command import lessons
from mktlib.command.lessons import LESSONS, execute, lesson_folder
from mktlib.errors import DataError


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Two lessons of a few cells in both languages instead of the long ones."""
    for language, prose in (("en", "# Who listens"), ("fr", "# Qui écoute")):
        for name in ("01_one", "02_two"):
            values = f'language = "{language}"\nweeks = 4\nshare = 0.5\nquick = True' if name == "01_one" else f'language = "{language}"'
            start = nbformat.v4.new_code_cell(values, metadata={"tags": ["parameters"]})
            said = nbformat.v4.new_code_cell('print([language, *[globals().get(k) for k in ("weeks", "share", "quick")]])')
            folder = tmp_path / "lessons" / ("" if language == "en" else language)
            folder.mkdir(parents=True, exist_ok=True)
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(prose), start, said])
            book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(book, folder / f"{name}.ipynb")
    monkeypatch.setattr(lessons, "lesson_folder", lambda: tmp_path / "lessons")
    monkeypatch.setattr(lessons, "LESSONS", ("01_one", "02_two"))
    return tmp_path / "out"


def read(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = "".join("".join(o.get("text", "")) for c in cells for o in c.get("outputs", []))
    return "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown"), shown.strip()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"langage": "fr"}, ["langage", "language"]),
        ({"language": "xx"}, ["xx", "en, fr"]),
        ({"language": ""}, ["en, fr"]),
        ({"weeks": "four"}, ["four", "int, such as 4"]),
        ({"weeks": "1.5"}, ["1.5", "int, such as 4"]),
        ({"share": "half"}, ["half", "float, such as 0.5"]),
        ({"quick": "maybe"}, ["maybe", "bool, such as True"]),
        ({"weeks": "four", "langage": "fr", "language": "xx"}, ["four", "langage", "en, fr"]),
    ],
)
def test_what_a_lesson_cannot_take_is_said_all_at_once_before_any_runs(given, says, small):
    with pytest.raises(DataError) as refused:
        execute(["01_one"], small, given)
    said = str(refused.value)
    assert all(part in said for part in says)
    assert set(refused.value.codes) <= {"E_PARAMETER", "E_OPTION"}
    assert not small.exists()


def test_one_wrong_value_of_several_lessons_is_said_once(small):
    with pytest.raises(DataError) as refused:
        execute(["01_one", "02_two"], small, {"language": "xx"})
    assert len(refused.value.findings) == 1


def test_values_have_the_type_of_their_parameter(small):
    execute(["01_one"], small, {"weeks": "6", "share": "0.25", "quick": "false"})
    assert read(small / "01_one.ipynb") == ("# Who listens", "['en', 6, 0.25, False]")


def test_french_is_the_french_edition(small, capsys):
    assert main(["notebooks", "02", "--set", "language=fr", "--out", str(small)]) == 0
    assert read(small / "02_two.ipynb") == ("# Qui écoute", "['fr', None, None, None]")
    assert [p.name for p in small.iterdir()] == ["02_two.ipynb"]
    assert str(small) in capsys.readouterr().out


def test_without_a_name_the_main_line_runs(small):
    assert main(["notebooks", "--out", str(small)]) == 0
    assert sorted(p.stem for p in small.iterdir()) == ["01_one", "02_two"]


def test_wrong_lessons_pairs_and_values_are_said_together(small, capsys):
    assert main(["notebooks", "01", "77", "--set", "language=xx", "weeks", "--out", str(small)]) == 1
    said = capsys.readouterr().err
    assert all(part in said for part in ("77", "01_one, 02_two", "weeks", "language=fr", "en, fr"))
    assert "Traceback" not in said
    assert not small.exists()


def test_a_folder_that_is_a_file_is_refused_in_words(small, capsys):
    small.write_text("in the way")
    for job in (["notebooks", "01", "--out", str(small)], ["notebooks", "01", "--out", str(small / "under")]):
        assert main(job) == 1
        said = capsys.readouterr().err
        assert str(small) in said
        assert "cannot be written" in said


def test_the_lessons_of_the_main_line_are_there_in_both_languages():
    for name in LESSONS:
        assert (lesson_folder() / f"{name}.ipynb").is_file()
        assert (lesson_folder() / "fr" / f"{name}.ipynb").is_file()


def test_a_lesson_speaks_french_when_told_to(tmp_path):
    assert main(["notebooks", "01", "--set", "language=fr", "--out", str(tmp_path)]) == 0
    cells = json.loads((tmp_path / f"{LESSONS[0]}.ipynb").read_text(encoding="utf-8"))["cells"]
    shown = "".join("".join(o.get("data", {}).get("text/plain", [])) for c in cells for o in c.get("outputs", []))
    assert "Étape" in shown or "Segment" in shown
    assert "Luxury lovers" not in shown
    assert " est " in "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
