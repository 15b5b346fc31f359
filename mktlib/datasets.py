"""Public data sets, fetched once and verified ever after.

The library ships no data of others. A row of `tables/datasets.toml` says where a public data set is, which bytes it has, who made
it and what one may do with it. What comes over the wire, or out of a browser's downloads, is worth nothing until its SHA-256 is the
row's: only then is it written, whole, with its source and licence in a text file beside it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pooch import HTTPDownloader, os_cache  # type: ignore[import-untyped]

from mktlib.errors import DataError, StoreError
from mktlib.vocabulary import Row, default_language, finding, nearest, public_data
from mktlib.wording import write_bytes, write_text

TIMEOUT = 30.0
"""Seconds that a server may stay silent."""

MOST = 100 * 2**20
"""Bytes that a file of a zip may unpack to; the largest data set has 24 MB."""

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)


def fetch_dataset(name: str, *, folder: str | Path | None = None, source: str | Path | None = None) -> Path:
    """The path of a public data set on this machine, downloaded the first time and verified every time.

    Args:
        name: "hillstrom", "facebook_metrics", "bank_marketing" or "online_retail".
        folder: where data sets are kept; by default the user's cache folder for mktlib.
        source: a file downloaded by hand (or the folder it lies in) that stands in for the address. It is verified all the same; a zip
            may stay a zip.

    The path is `<folder>/<name>.csv` (.xlsx for online_retail), with `<name>.LICENCE.txt` beside it: who made it, what may be done
    with it, how many rows, the checksum. The first fetch also prints source and licence in one line. A file that is there and right
    needs no network.

    The checksum is that of the publisher's file, byte for byte, with one exception. Nobody publishes that of facebook_metrics, and
    the copy that could be had has commas where the publisher writes semicolons; so its cells are verified, and it is always kept in
    the one form that has the checksum of the row. A sum or a row count would pass where a cell is wrong; this does not.

    Raises:
        DataError: no data set has this name, or `source` is not there.
        StoreError: what is there, or came, is not the data set (it is neither used nor deleted); the network failed; the folder
            cannot be written to.

    >>> fetch_dataset("hilstrom")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mktlib.errors.DataError: no public data set is called "hilstrom". Expected: ... Type: hillstrom.
    """
    row = _row(name)
    home = Path(os_cache("mktlib")) if folder is None else Path(folder).expanduser()
    target = home / f"{name}{PurePosixPath(row['member']).suffix}"
    if target.exists():
        _verified(target, name, row)
        return target
    given = _by_hand(home, row) if source is None else _given(Path(source).expanduser(), target.name, row)
    content = _downloaded(name, row, home) if given is None else _verified(given, name, row)
    write_bytes(content, target)
    write_text(_notice(name, row), home / f"{name}.LICENCE.txt")
    print(_credit(row))
    return target


def _row(name: str) -> Row:
    known = sorted(public_data())
    if name not in known:
        raise DataError(finding("E_NO_DATASET", found=name, expected=", ".join(known), hint=nearest(str(name), known)))
    return public_data()[name]


# ---------------------------------------------------------------- where it comes from


def _file_names(row: Row) -> list[str]:
    """What the data set is called as the publisher sends it: the file itself, and the last part of each address."""
    ends = [PurePosixPath(unquote(urlsplit(address).path)).name for address in row["addresses"]]
    return list(dict.fromkeys([row["member"], *ends]))


def _by_hand(folder: Path, row: Row) -> Path | None:
    """What somebody downloaded and put into the folder as it was, if anybody did."""
    return next((folder / name for name in _file_names(row) if (folder / name).is_file()), None)


def _given(source: Path, kept_as: str, row: Row) -> Path:
    if not source.is_dir():
        return source
    found = source / kept_as if (source / kept_as).is_file() else _by_hand(source, row)
    if found is None:
        names = ", ".join([kept_as, *_file_names(row)])
        raise DataError(finding("E_NO_FILE", file=str(source), found=row["member"], expected=names))
    return found


def _downloaded(name: str, row: Row, home: Path) -> bytes:
    """The bytes of the data set from the first address that gives them."""
    failed: list[str] = []
    wrong: list[StoreError] = []
    for address in row["addresses"]:
        try:
            content = _read_address(address)
        except OSError as error:  # every failure of requests is one
            failed.append(_why(error))
            continue
        try:
            return _right(content, address, name, row)
        except StoreError as error:
            wrong.append(error)
    if wrong:
        raise wrong[0]
    why = ", ".join(dict.fromkeys(failed))
    raise StoreError(finding("E_NO_NETWORK", column=name, found=why, name=name, address=row["addresses"][0], folder=str(home)))


def _read_address(address: str) -> bytes:
    """The bytes at an address, kept in memory: nothing is written that is not verified."""
    content = io.BytesIO()
    HTTPDownloader(timeout=TIMEOUT, chunk_size=2**16)(address, content, None)
    return content.getvalue()


def _why(error: OSError) -> str:
    """A reason short enough to read: "HTTP 404", or the kind of failure.

    >>> _why(ConnectionError("HTTPSConnectionPool(host='archive.ics.uci.edu', port=443): Max retries exceeded with url"))
    'ConnectionError'
    """
    status = getattr(getattr(error, "response", None), "status_code", None)
    return type(error).__name__ if status is None else f"HTTP {status}"


# ---------------------------------------------------------------- whether it is the one


def _verified(path: Path, name: str, row: Row) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=str(path), found=error.strerror or str(error))) from error
    return _right(content, str(path), name, row)


def _right(content: bytes, where: str, name: str, row: Row) -> bytes:
    """The data set in what was read: the file itself, or the file of its name in a zip; refused where none has the checksum."""
    seen = [_cells(file) if "rewritten" in row else file for file in _files(content, row["member"])]
    right = next((file for file in seen if _sha256(file) == row["sha256"]), None)
    if right is None:
        found, expected = _sha256(seen[0])[:12], row["sha256"][:12]
        raise StoreError(finding("E_CHECKSUM", file=where, found=found, expected=expected, name=name))
    return right


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _files(content: bytes, member: str, deep: int = 2) -> Iterator[bytes]:
    """The content; and, where it is a zip, every file of this name in it and in the zips inside it (UCI wraps one in another).

    >>> list(_files(b"a,b", "a.csv"))
    [b'a,b']
    """
    yield content
    if not deep or not zipfile.is_zipfile(io.BytesIO(content)):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                inside = PurePosixPath(info.filename).name
                if info.file_size <= MOST and (inside == member or inside.endswith(".zip")):
                    yield from _files(archive.read(info), member, deep - 1)
    except BROKEN_ZIP:
        return  # what cannot be unpacked is not the data set, and the checksum says so


def _cells(content: bytes) -> bytes:
    """A table as text in one form, whatever separates its cells and ends its rows; what is no table stays as it is.

    >>> _cells(b"a;b\\r\\n1;2\\r\\n") == _cells(b"a,b\\n1,2") == b"a,b\\n1,2"
    True
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
        separator = max(",;\t", key=lines[0].count) if lines else ","
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(csv.reader(lines, delimiter=separator))
    except (UnicodeDecodeError, csv.Error):
        return content
    return text.getvalue().rstrip("\n").encode("utf-8")


# ---------------------------------------------------------------- what is kept


def _credit(row: Row, language: str | None = None) -> str:
    """One line: what it is, whose, and under which licence."""
    said = language or default_language()
    words = {key: row[key].get(said, row[key]["en"]) for key in ("label", "licence")}
    return str(finding("N_DATASET", said, level="note", source=row["source"], **words))


def _notice(name: str, row: Row) -> str:
    """The text that lies beside the data, in both languages."""
    lines = [f"{name} ({row['year']})", ""]
    for language in ("en", "fr"):
        lines += [_credit(row, language), row["what"][language]]
        lines += [row["rewritten"][language]] if "rewritten" in row else []
        lines.append("")
    lines += [f"{row['rows']} rows, {row['bytes']} bytes, SHA-256 {row['sha256']}", *row["addresses"]]
    return "\n".join(lines) + "\n"
