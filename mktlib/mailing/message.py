"""One e-mail taken apart: headers, HTML, plain text and attachments, whatever state its file is in.

It is read under the oldest policy of the standard library: the newer ones take each header apart as they read it, and stop at one that
is broken, which is just what a check has to tell. Here headers stay text, and every fault becomes a hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from mktlib.errors import DataError, LimitError
from mktlib.markup import decoded
from mktlib.vocabulary import finding

MOST_BYTES = 50_000_000
MOST_HEADER, MOST_SAME = 20_000, 20
"""Characters of one header, and headers of one name, that are read."""
SUFFIXES = (".eml", ".html", ".htm", ".txt", ".mht", ".mbox")
MAGIC = (
    (b"\xd0\xcf\x11\xe0", ".msg (Outlook)"), (b"PK\x03\x04", "ZIP"), (b"%PDF", "PDF"), (b"\x1f\x8b", "GZIP"), (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"),
)  # fmt: skip
HEADER = re.compile(rb"[!-9;-~]{1,76}:[ \t\r\n]|[!-9;-~]{1,76}:\S")
PARTS = ("message", "From", "Reply-To", "DKIM-Signature", "Authentication-Results", "List-Unsubscribe", "List-Unsubscribe-Post", "Subject",
         "preheader", "html", "text", "attachments")  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """A check that did not hold: its code, the part of the message, the line in it, what stood there; values and words of its sentence."""

    code: str
    part: str = "message"
    line: int | None = None
    found: object = None
    values: dict[str, Any] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """A message: headers (name in small letters, value as text) or None where it is HTML alone; size in bytes; hits found in reading it;
    attachments as (name, bytes)."""

    file: str | None
    headers: tuple[tuple[str, str], ...] | None
    html: str
    plain: str
    size: int
    hits: tuple[Hit, ...] = ()
    attachments: tuple[tuple[str, int], ...] = ()

    def header(self, name: str) -> str:
        """The first header of a name; "" where there is none."""
        return next((value for key, value in self.headers or () if key == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers or () if key == name.lower()]

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(name, address) of everyone in a header whose address is one."""
        try:
            found = getaddresses(self.all(name)[:MOST_SAME])
        except (RecursionError, ValueError, IndexError):  # brackets within brackets without end name nobody
            return []
        return [(who, where) for who, where in found if re.fullmatch(r"[^\s@]{1,200}@[^\s@]{1,250}", where)]


def read_mail(message: Any) -> Mail:
    """A message of a path, text, bytes or the standard library's own.

    Raises:
        DataError: E_NO_FILE, E_NOT_A_FILE, E_EMAIL_FORMAT (a file of another kind, nothing, or no text at all). LimitError: E_EMAIL_LARGE.

    >>> read_mail("From: Ana <ana@example.org>\\nSubject: =?utf-8?q?=C3=89t=C3=A9?=\\n\\nHello").header("subject")
    'Été'
    """
    if isinstance(message, Message):
        return _taken_apart(message, None, _weight(message))
    if isinstance(message, Path) or (isinstance(message, str) and _is_path(message)):
        path = Path(message)
        return _of_bytes(_bytes(path), path.name)
    if isinstance(message, str):
        return _of_bytes(message.encode("utf-8", "surrogateescape" if _escaped(message) else "replace"), None)
    if isinstance(message, bytes | bytearray | memoryview):
        return _of_bytes(bytes(message), None)
    raise DataError(finding("E_OPTION", column="message", found=type(message).__name__, expected='mk.check_email("newsletter.eml")'))


def _is_path(text: str) -> bool:
    """Whether a text names a file and is no message: one line that ends like one, without a tag."""
    return len(text) < 1_000 and "\n" not in text and "<" not in text and (text.lower().endswith(SUFFIXES) or _there(text))


def _there(text: str) -> bool:
    try:
        return Path(text).exists() and text.strip() != ""
    except (OSError, ValueError):
        return False


def _escaped(text: str) -> bool:
    return any("\udc80" <= c <= "\udcff" for c in text) and not any("\ud800" <= c < "\udc80" or "\udcff" < c <= "\udfff" for c in text)


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise DataError(finding("E_NOT_A_FILE", file=path.name, found=path.name))
        if (size := path.stat().st_size) > MOST_BYTES:
            raise LimitError(_large(size, path.name))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(finding("E_NO_FILE", file=path.name, found=getattr(error, "strerror", None) or str(error))) from error


def _large(size: int, file: str | None) -> Any:
    return finding("E_EMAIL_LARGE", file=file, found=f"{size / 1e6:.0f} MB", most=f"{MOST_BYTES / 1e6:.0f} MB")


def _of_bytes(data: bytes, file: str | None) -> Mail:
    """Bytes are HTML where they begin with a tag, a message where they begin with a header, else another kind of file."""
    if len(data) > MOST_BYTES:
        raise LimitError(_large(len(data), file))
    if kind := next((said for magic, said in MAGIC if data.startswith(magic)), None):
        raise DataError(finding("E_EMAIL_FORMAT", file=file, found=kind))
    bare = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not bare.strip(b"\0 \r\n\t"):
        raise DataError(finding("E_EMAIL_FORMAT", file=file, found="0 B"))
    if bare.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return Mail(file=file, headers=None, html=decoded(data), plain="", size=len(data), hits=(Hit("EMAIL_HEADERS_UNSEEN"),))
    if bare.startswith((b"From ", b">From ")):  # the line that a mailbox file puts before each message
        bare = bare.partition(b"\n")[2]
    if not HEADER.match(bare):
        raise DataError(finding("E_EMAIL_FORMAT", file=file, found=bare[:40].decode("utf-8", "replace")))
    return _parsed(bare, file)


def _parsed(data: bytes, file: str | None) -> Mail:
    try:
        return _taken_apart(BytesParser(policy=policy.compat32).parsebytes(data), file, len(data))
    except RecursionError:  # parts within parts without end: the headers can still be told
        head = BytesHeaderParser(policy=policy.compat32).parsebytes(data)
        return Mail(
            file=file, headers=_headers(head), html="", plain="", size=len(data),
            hits=(Hit("EMAIL_BROKEN", found="multipart/multipart/multipart..."),),
        )  # fmt: skip


def _weight(message: Message) -> int:
    try:
        return len(message.as_bytes())
    except (ValueError, LookupError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return 0


def _headers(message: Message) -> tuple[tuple[str, str], ...]:
    return tuple((str(name).lower(), _text(value)) for name, value in message.raw_items())


def _text(value: Any) -> str:
    """A header as a reader sees it, on one line; as it stands where its words cannot be decoded."""
    raw = str(value)[:MOST_HEADER]
    try:  # bytes beyond ASCII that stand there as they are: most of them are UTF-8
        raw = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        raw = raw.encode("utf-8", "replace").decode("utf-8")
    bare = " ".join(raw.split())
    try:
        return " ".join(str(make_header(decode_header(bare))).split())
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return bare


def _taken_apart(message: Message, file: str | None, size: int) -> Mail:
    html, plain, hits, kept = "", "", list[Hit](), list[tuple[str, int]]()
    for part in _leaves(message):
        hits += [Hit("EMAIL_BROKEN", found=type(d).__name__) for d in part.defects]
        kind, name = _kind(part), _name(part)
        if part.is_multipart():
            continue
        data = _payload(part)
        if name.lower() == "winmail.dat" or kind == "application/ms-tnef":
            hits.append(Hit("EMAIL_WINMAIL", "attachments", found=name or kind))
        elif _attached(part, kind):
            if not part.get("Content-ID"):
                kept.append((name or kind, len(data)))
        else:
            text, wrong = _decoded(part, data, kind)
            hits += wrong
            html, plain = (html or text, plain) if kind == "text/html" else (html, plain or text)
    if not html.strip() and not plain.strip():
        hits.append(Hit("EMAIL_NO_BODY"))
    return Mail(file=file, headers=_headers(message), html=html, plain=plain, size=size, hits=_once(hits), attachments=tuple(kept))


def _leaves(message: Message) -> Iterator[Message]:
    """Every part, without recursion; what a forwarded message holds is an attachment."""
    stack = [message]
    while stack:
        part = stack.pop()
        yield part
        payload = part.get_payload()
        if part.is_multipart() and _kind(part).startswith("multipart/") and isinstance(payload, list):
            stack += [p for p in reversed(payload) if isinstance(p, Message)]


def _kind(part: Message) -> str:
    """The content type, read from the text of the header alone."""
    said = str(dict((k.lower(), v) for k, v in part.raw_items()).get("content-type", "text/plain"))
    kind = said.split(";")[0].strip().lower()
    return kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain"


def _parameter(part: Message, header: str, name: str) -> str:
    said = str(dict((k.lower(), v) for k, v in part.raw_items()).get(header, ""))
    found = re.search(rf"\b{name}\*?\s*=\s*(?:\"([^\"]*)\"|([^\s;]+))", said, re.I)
    return _text((found[1] or found[2] or "").strip("'\"")) if found else ""


def _name(part: Message) -> str:
    return _parameter(part, "content-disposition", "filename") or _parameter(part, "content-type", "name")


def _attached(part: Message, kind: str) -> bool:
    said = str(dict((k.lower(), v) for k, v in part.raw_items()).get("content-disposition", "")).strip().lower()
    return said.startswith("attachment") or kind not in ("text/html", "text/plain")


def _payload(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        data = None
    return data if isinstance(data, bytes) else b""


def _decoded(part: Message, data: bytes, kind: str) -> tuple[str, list[Hit]]:
    """The text of a part; a hit where it is not in the character set that it says."""
    said, column = _parameter(part, "content-type", "charset"), "html" if kind == "text/html" else "text"
    if not said:
        return decoded(data), []
    try:
        return data.decode(said).removeprefix("\ufeff"), []
    except (LookupError, UnicodeError, ValueError):
        return decoded(data), [Hit("EMAIL_CHARSET", column, found=said)]


def _once(hits: list[Hit]) -> tuple[Hit, ...]:
    return tuple({(h.code, str(h.found)): h for h in hits}.values())


def organisation(host: str) -> str:
    """The part of a host that somebody registers: its last two labels, or three under co.uk, com.au, asso.fr and the like.

    >>> organisation("news.solene.example"), organisation("mail.shop.co.uk")
    ('solene.example', 'shop.co.uk')
    """
    labels = host.lower().strip(".").split(".")
    second = {"co", "com", "org", "net", "gov", "gouv", "ac", "edu", "asso", "or", "ne", "go"}
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in second else 2
    return ".".join(labels[-keep:])
