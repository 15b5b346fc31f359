"""Public data: the bytes of the table or nothing, said with what to do; never from the net."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import mktlib.datasets
from mktlib.datasets import fetch_dataset
from mktlib.errors import DataError, MktlibError, StoreError
from mktlib.vocabulary import load_tables, public_data, retell

HOME = Path(__file__).parents[1]
REAL = HOME.parent / "shared" / "data"
DATA = b"segment,clicks\r\nparents,3\r\ndrivers,4\r\n"
CELLS = b"segment,clicks\nparents,3\ndrivers,4"
ROW = {
    "label": {"en": "A made-up table", "fr": "Un tableau inventé"},
    "what": {"en": "Two rows", "fr": "Deux lignes"},
    "addresses": ("https://example.invalid/static/made+up.zip", "https://example.invalid/Made%20up.csv"),
    "member": "Made up.csv",
    "sha256": hashlib.sha256(DATA).hexdigest(),
    "bytes": len(DATA),
    "rows": 2,
    "source": "Nobody, 2026",
    "year": 2026,
    "licence": {"en": "do as you like", "fr": "faites-en ce que vous voulez"},
    "randomised": False,
}


def zipped(**files: bytes) -> bytes:
    """A zip of {name: content}."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def known(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    monkeypatch.setattr(mktlib.datasets, "public_data", lambda: {"made_up": {**ROW, **changes}})


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No test reaches an address: what would be asked for is noted, and fails as a machine without a network does."""
    asked: list[str] = []

    def refused(address: str) -> bytes:
        asked.append(address)
        raise ConnectionError(f"HTTPSConnectionPool: Max retries exceeded with url {address}")

    monkeypatch.setattr(mktlib.datasets, "_read_address", refused)
    known(monkeypatch)
    return asked


def answers(monkeypatch: pytest.MonkeyPatch, *contents: bytes | OSError) -> None:
    """What the addresses of the row give, in their order."""
    given = dict(zip(ROW["addresses"], contents, strict=True))

    def read(address: str) -> bytes:
        if isinstance(given[address], OSError):
            raise given[address]
        return given[address]

    monkeypatch.setattr(mktlib.datasets, "_read_address", read)


# ---------------------------------------------------------------- the first time

FORMS: dict[str, bytes] = {
    "the file itself": DATA,
    "in a zip": zipped(**{"Made up.csv": DATA}),
    "in a folder of a zip": zipped(**{"a/readme.txt": b"hello", "a/Made up.csv": DATA}),
    "in a zip in a zip": zipped(**{"other.zip": zipped(x=b"1"), "inner.zip": zipped(**{"b/Made up.csv": DATA})}),
    "beside a twin of its name": zipped(
        **{"old/Made up.csv": b"segment,clicks\n", "new/Made up.csv": DATA, "__MACOSX/._Made up.csv": b"\0"}
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_downloaded_by_hand_stands_in_for_the_address(form: str, tmp_path: Path, no_network: list[str]) -> None:
    source = tmp_path / "download"
    source.write_bytes(FORMS[form])
    path = fetch_dataset("made_up", folder=tmp_path / "cache", source=source)
    assert path == tmp_path / "cache" / "made_up.csv"
    assert path.read_bytes() == DATA
    assert source.read_bytes() == FORMS[form]
    assert no_network == []


@pytest.mark.parametrize("form", FORMS)
def test_the_same_forms_come_from_an_address(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, FORMS[form], b"never asked")
    assert fetch_dataset("made_up", folder=tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("name", ["made+up.zip", "Made up.csv", "made_up.csv"])
def test_a_folder_is_searched_for_the_names_it_is_downloaded_under(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS["in a zip"] if name.endswith("zip") else DATA)
    assert fetch_dataset("made_up", folder=tmp_path / "cache", source=tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("name", ["made+up.zip", "Made up.csv", "made_up.csv"])
def test_what_was_put_into_the_cache_by_hand_needs_no_network(name: str, tmp_path: Path, no_network: list[str]) -> None:
    (tmp_path / name).write_bytes(FORMS["in a zip"] if name.endswith("zip") else DATA)
    assert fetch_dataset("made_up", folder=tmp_path).read_bytes() == DATA
    assert no_network == []


def test_the_first_fetch_shows_source_and_licence_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, DATA, DATA)
    fetch_dataset("made_up", folder=tmp_path)
    shown = capsys.readouterr()
    assert shown.out == "A made-up table. Source: Nobody, 2026. Licence: do as you like.\n"
    assert shown.err == ""
    fetch_dataset("made_up", folder=tmp_path)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("MKTLIB_LANGUAGE", "fr")
    fetch_dataset("made_up", folder=tmp_path / "other")
    assert capsys.readouterr().out == "Un tableau inventé. Source\u00a0: Nobody, 2026. Licence\u00a0: faites-en ce que vous voulez.\n"


def test_source_licence_and_checksum_lie_beside_the_data_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, rewritten={"en": "Changed: commas", "fr": "Modifié : des virgules"}, sha256=hashlib.sha256(CELLS).hexdigest())
    answers(monkeypatch, DATA, DATA)
    path = fetch_dataset("made_up", folder=tmp_path)
    notice = (tmp_path / "made_up.LICENCE.txt").read_text(encoding="utf-8")
    for said in ("Nobody, 2026", "do as you like", "faites-en ce que vous voulez", "Two rows", "Deux lignes", "Changed: commas", "Modifié"):
        assert said in notice
    assert hashlib.sha256(path.read_bytes()).hexdigest() in notice
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made_up.LICENCE.txt", "made_up.csv"]


@pytest.mark.parametrize(
    "content",
    [
        DATA,
        CELLS,
        CELLS + b"\n\n",
        DATA.replace(b",", b";"),
        b"\xef\xbb\xbf" + DATA,
        CELLS.replace(b"\n", b"\r"),
        b'"segment","clicks"\n"parents","3"\n"drivers","4"\n',
    ],
)
def test_a_row_that_verifies_cells_gives_one_form_whatever_came(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, rewritten=ROW["what"], sha256=hashlib.sha256(CELLS).hexdigest())
    answers(monkeypatch, content, zipped(**{"Made up.csv": content}))
    assert fetch_dataset("made_up", folder=tmp_path).read_bytes() == CELLS


@pytest.mark.parametrize(
    ("old", "new"), [(b"3", b"4"), (b"parents", b"parent"), (b"drivers,4", b""), (b"clicks", b"Clicks"), (b"3", b"3.0")]
)
def test_one_other_cell_is_not_the_data_set(old: bytes, new: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, rewritten=ROW["what"], sha256=hashlib.sha256(CELLS).hexdigest())
    answers(monkeypatch, DATA.replace(old, new), OSError())
    with pytest.raises(StoreError, match="SHA-256"):
        fetch_dataset("made_up", folder=tmp_path)


# ---------------------------------------------------------------- every time after


def test_a_file_that_is_there_and_right_is_returned_without_a_network(tmp_path: Path, no_network: list[str]) -> None:
    (tmp_path / "made_up.csv").write_bytes(DATA)
    before = (tmp_path / "made_up.csv").stat().st_mtime_ns
    assert fetch_dataset("made_up", folder=str(tmp_path)) == tmp_path / "made_up.csv"
    assert (tmp_path / "made_up.csv").stat().st_mtime_ns == before
    assert no_network == []


WRONG: dict[str, bytes] = {
    "cut short": DATA[:-1],
    "longer": DATA + b"\n",
    "empty": b"",
    "a page": b"<!DOCTYPE html><title>Sign in</title>",
    "another zip": zipped(**{"x.csv": DATA}),
    "three zips deep": zipped(**{"a.zip": zipped(**{"b.zip": zipped(**{"Made up.csv": DATA})})}),
    "a zip cut short": FORMS["in a zip"][:-30],
    "a zip without its list": FORMS["in a zip"].replace(b"PK\x01\x02", b"PK\x01\x03"),
    "a zip with a wrong byte": FORMS["in a zip"][:50] + b"\xff" + FORMS["in a zip"][51:],
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("source", [False, True])
def test_a_file_that_is_there_and_wrong_is_neither_used_nor_deleted(
    wrong: str, source: bool, tmp_path: Path, no_network: list[str]
) -> None:
    (tmp_path / "made_up.csv").write_bytes(WRONG[wrong])
    (tmp_path / "right.csv").write_bytes(DATA)
    with pytest.raises(StoreError, match="is not the data set made_up") as refused:
        fetch_dataset("made_up", folder=tmp_path, source=tmp_path / "right.csv" if source else None)
    assert refused.value.codes == ("E_CHECKSUM",)
    assert refused.value.findings[0].file == str(tmp_path / "made_up.csv")
    assert (tmp_path / "made_up.csv").read_bytes() == WRONG[wrong]
    assert no_network == []


@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_wrong_is_kept_wherever_it_comes_from(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "download").write_bytes(WRONG[wrong])
    cache = tmp_path / "cache"
    with pytest.raises(StoreError, match="SHA-256"):
        fetch_dataset("made_up", folder=cache, source=tmp_path / "download")
    answers(monkeypatch, WRONG[wrong], ConnectionError())
    with pytest.raises(StoreError, match="SHA-256") as refused:
        fetch_dataset("made_up", folder=cache)
    assert refused.value.codes == ("E_CHECKSUM",)
    assert refused.value.findings[0].file == ROW["addresses"][0]
    assert not cache.exists()


def test_a_zip_put_into_the_cache_by_hand_is_verified_too(tmp_path: Path, no_network: list[str]) -> None:
    (tmp_path / "made+up.zip").write_bytes(WRONG["another zip"])
    with pytest.raises(StoreError, match=r"made\+up.zip"):
        fetch_dataset("made_up", folder=tmp_path)
    assert no_network == []
    assert [p.name for p in tmp_path.iterdir()] == ["made+up.zip"]


def test_a_wrong_answer_at_one_address_does_not_hide_the_right_one_at_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, WRONG["a page"], DATA)
    assert fetch_dataset("made_up", folder=tmp_path).read_bytes() == DATA


def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mktlib.datasets, "MOST", len(DATA) - 1)
    answers(monkeypatch, FORMS["in a zip"], FORMS["in a zip"])
    with pytest.raises(StoreError, match="SHA-256"):
        fetch_dataset("made_up", folder=tmp_path)


# ---------------------------------------------------------------- what to do without a network


def test_without_a_network_one_error_says_the_address_the_folder_and_what_to_type(tmp_path: Path, no_network: list[str]) -> None:
    with pytest.raises(MktlibError, match="could not be downloaded") as refused:
        fetch_dataset("made_up", folder=tmp_path)
    assert no_network == list(ROW["addresses"])
    (found,) = refused.value.findings
    assert found.code == "E_NO_NETWORK"
    assert found.found == "ConnectionError"
    for text in (found.text, retell(found, "fr").text):
        assert ROW["addresses"][0] in text
        assert str(tmp_path) in text
        assert 'mk.fetch_dataset("made_up", source="' in text
        assert "Max retries" not in text
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_names_the_nearest_and_all() -> None:
    with pytest.raises(DataError, match="made_up") as refused:
        fetch_dataset("madeup")
    (found,) = refused.value.findings
    assert (found.code, found.found, found.hint, found.expected) == ("E_NO_DATASET", "madeup", "made_up", "made_up")


@pytest.mark.parametrize("there", ["nothing", "an empty folder"])
def test_a_source_that_is_not_there_is_said(there: str, tmp_path: Path) -> None:
    source = tmp_path / "downloads"
    if there == "an empty folder":
        source.mkdir()
    with pytest.raises(DataError, match="cannot be read") as refused:
        fetch_dataset("made_up", folder=tmp_path / "cache", source=source)
    assert refused.value.codes == ("E_NO_FILE",)
    assert there == "nothing" or "made+up.zip" in str(refused.value)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    (tmp_path / "made_up.csv").write_bytes(DATA)
    with pytest.raises(StoreError, match="cannot be written") as refused:
        fetch_dataset("made_up", folder=tmp_path / "taken", source=tmp_path)
    assert refused.value.codes == ("E_CANNOT_WRITE",)


def test_a_write_that_breaks_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "made_up.csv").write_bytes(DATA)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        fetch_dataset("made_up", folder=tmp_path / "cache", source=tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []


# ---------------------------------------------------------------- the real downloader, against this machine alone


class Server(BaseHTTPRequestHandler):
    """/here gives the data, /short promises more than it gives, anything else is not found."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        body = b"" if self.path == "/gone" else DATA
        self.send_header("Content-Length", str(len(body) + (5 if self.path == "/short" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server on this machine, with the downloader that the other tests replace."""
    monkeypatch.undo()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), Server) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_bytes_come_over_http_as_they_are(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    known(monkeypatch, addresses=(f"{server}/gone", f"{server}/here"))
    assert fetch_dataset("made_up", folder=tmp_path).read_bytes() == DATA
    assert capfd.readouterr().err == ""


def test_not_found_cut_short_and_no_answer_are_one_kind_of_error(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
        for address, why in ((f"{server}/gone", "HTTP 404"), (f"{server}/short", "ChunkedEncodingError"), (nobody, "ConnectionError")):
            known(monkeypatch, addresses=(address,))
            with pytest.raises(StoreError, match="could not be downloaded") as refused:
                fetch_dataset("made_up", folder=tmp_path)
            assert refused.value.codes == ("E_NO_NETWORK",)
            assert refused.value.findings[0].found == why
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the rows of the table


@pytest.mark.parametrize("name", sorted(public_data()))
def test_a_row_says_where_what_whose_and_under_which_licence(name: str) -> None:
    row = public_data()[name]
    assert all(row[key][language].strip() for key in ("label", "what", "licence") for language in ("en", "fr"))
    assert len(row["sha256"]) == 64
    assert set(row["sha256"]) <= set("0123456789abcdef")
    assert row["conf"] in {"V", "S"}
    assert 2000 < row["year"] <= 2026
    assert str(row["year"]) in row["source"]
    assert row["bytes"] > row["rows"] > 0
    assert isinstance(row["randomised"], bool)
    assert all(
        a.startswith(("https://archive.ics.uci.edu/", "http://www.minethatdata.com/", "https://www.minethatdata.com/"))
        for a in row["addresses"]
    )


def test_the_four_data_sets_are_there_and_the_tables_load_with_them() -> None:
    assert sorted(public_data()) == ["bank_marketing", "facebook_metrics", "hillstrom", "online_retail"]
    assert not hasattr(load_tables(), "datasets")


def real(name: str) -> Path:
    """What lies in the shared folder for a data set."""
    files = {
        "hillstrom": "hillstrom/hillstrom.csv",
        "facebook_metrics": "facebook_metrics/dataset_Facebook.csv",
        "bank_marketing": "bank_marketing/bank-additional.zip",
    }
    path = REAL / files[name]
    if not path.is_file():
        pytest.skip(f"the public file {path} is not on this machine")
    return path


def told(name: str, path: Path, separator: str = ",") -> None:
    """The size and the rows of a file are those of its row."""
    content = path.read_bytes()
    assert len(content) == public_data()[name]["bytes"]
    rows = list(csv.reader(content.decode("utf-8").splitlines(), delimiter=separator))
    assert len(rows) - 1 == public_data()[name]["rows"]
    assert {len(row) for row in rows} == {len(rows[0])}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mktlib.datasets, "public_data", public_data)


def test_hillstrom_is_the_shared_copy_with_its_last_line_end(table: None, tmp_path: Path) -> None:
    content = real("hillstrom").read_bytes()
    with pytest.raises(StoreError, match="SHA-256"):
        fetch_dataset("hillstrom", folder=tmp_path, source=real("hillstrom"))
    (tmp_path / "hillstrom.csv").write_bytes(content + b"\r\n")
    told("hillstrom", fetch_dataset("hillstrom", folder=tmp_path / "cache", source=tmp_path))


@pytest.mark.parametrize("form", ["as shared", "with semicolons", "in UCI's zip", "in a zip in UCI's zip"])
def test_facebook_metrics_is_the_same_cells_in_every_form(form: str, table: None, tmp_path: Path) -> None:
    shared = real("facebook_metrics").read_bytes()
    published = shared.replace(b",", b";").replace(b"\n", b"\r\n") + b"\r\n"
    inner = zipped(**{"dataset_Facebook.csv": published, "Facebook_metrics.txt": b"citation"})
    forms = {
        "as shared": shared,
        "with semicolons": published,
        "in UCI's zip": inner,
        "in a zip in UCI's zip": zipped(**{"Facebook_metrics.zip": inner}),
    }
    (tmp_path / "download").write_bytes(forms[form])
    path = fetch_dataset("facebook_metrics", folder=tmp_path, source=tmp_path / "download")
    told("facebook_metrics", path)
    assert path.read_bytes() == shared


def test_bank_marketing_comes_out_of_the_zip_alone_and_out_of_uci_s_zip_of_zips(table: None, tmp_path: Path) -> None:
    inner = real("bank_marketing")
    told("bank_marketing", fetch_dataset("bank_marketing", folder=tmp_path / "a", source=inner.parent), ";")
    (tmp_path / "bank+marketing.zip").write_bytes(zipped(**{"bank.zip": zipped(x=b"1"), "bank-additional.zip": inner.read_bytes()}))
    told("bank_marketing", fetch_dataset("bank_marketing", folder=tmp_path / "b", source=tmp_path), ";")


def test_a_re_encoding_of_online_retail_is_not_the_workbook(table: None, tmp_path: Path) -> None:
    parquet = REAL / "online_retail" / "online_retail.parquet"
    if not parquet.is_file():
        pytest.skip(f"the public file {parquet} is not on this machine")
    with pytest.raises(StoreError, match="online_retail"):
        fetch_dataset("online_retail", folder=tmp_path, source=parquet)
