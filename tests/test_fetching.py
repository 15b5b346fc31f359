"""Addresses (B64): nothing private is ever asked, by whatever name, and nothing public may tire us. A local listener proves it."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from mktlib.errors import SecurityError
from mktlib.mobile.fetching import Fetcher, closed
from mktlib.mobile.page import check_page
from mktlib.vocabulary import retell


class Listener:
    """A server that answers each request with what `answer` gives for its path, and counts who came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.came: list[bytes] = []
        self.answers: dict[bytes, bytes | Iterator[bytes]] = {}
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request and (piece := connection.recv(4096)):
                request += piece
            self.came.append(request)
            answer = self.answers.get(request.split(b" ")[1], b"HTTP/1.1 404 No\r\n\r\n") if request else b""
            try:
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    connection.sendall(piece)
            except OSError:
                pass


@pytest.fixture
def listener():
    one = Listener()
    yield one
    one.socket.close()


def ok(body: bytes, *heads: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/html; charset=utf-8", *heads, b"", body])


def go(where: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {where}\r\n\r\n".encode()


def public_only_here(listener: Listener, names: dict[str, list[str]], **how) -> Fetcher:
    """A fetcher for which 203.0.113.9 stands for the public web: it is asked at the listener."""
    asked: list[str] = []

    def connector(address: str, port: int, timeout: float) -> socket.socket:
        asked.append(address)
        assert address == "203.0.113.9"
        return socket.create_connection(("127.0.0.1", listener.port), timeout=timeout)

    fetcher = Fetcher(
        resolver=lambda host, port: names[host], connector=connector, public=lambda a: None if a == "203.0.113.9" else closed(a), **how
    )
    fetcher.asked = asked  # type: ignore[attr-defined]
    return fetcher


FORBIDDEN = [
    ("file:///etc/passwd", "scheme"),
    ("ftp://example.org/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("//example.org/", "scheme"),
    ("http://127.0.0.1:{port}/", "loopback"),
    ("http://127.0.0.1/", "loopback"),
    ("http://127.8.8.8/", "loopback"),
    ("http://[::1]/", "loopback"),
    ("http://169.254.169.254/latest/meta-data/", "link-local"),
    ("http://10.0.0.1/", "private"),
    ("http://192.168.1.1/", "private"),
    ("http://172.16.0.1/", "private"),
    ("http://100.64.0.1/", "reserved"),
    ("http://0.0.0.0/", "unspecified"),
    ("http://224.0.0.1/", "multicast"),
    ("http://255.255.255.255/", "reserved"),
    ("http://0x7f000001/", "number"),
    ("http://2130706433/", "number"),
    ("http://0177.0.0.1/", "number"),
    ("http://127.1/", "number"),
    ("http://0x7f.0.0.1/", "number"),
    ("http://[::ffff:127.0.0.1]/", "mapped"),
    ("http://[64:ff9b::7f00:1]/", "reserved"),
    ("http://[2002:7f00:1::]/", "reserved"),
    ("http://[fe80::1]/", "link-local"),
    ("http://[fd00:ec2::254]/", "private"),
    ("http://[fe80::1%25lo]/", "host"),
    ("http://[::]/", "unspecified"),
    ("http://[::7f00:1]/", "reserved"),
    ("http://localhost/", "host"),
    ("http://LOCALHOST./", "host"),
    ("http://metadata.google.internal/", "host"),
    ("http://intranet/", "host"),
    ("http://user@example.org/", "user"),
    ("http://example.org@127.0.0.1/", "user"),
    ("http://example.org:22/", "port"),
    ("http://example.org:99999/", "port"),
    ("http://①②⑦.⓪.⓪.①/", "number"),
    ("http://127。0。0。1/", "number"),
    ("http://ex ample.org/", "characters"),
    ("http://example.org\\@127.0.0.1/", "characters"),
    ("http://example.org\r\nHost: x/", "characters"),
    ("http:///", "host"),
    ("http://[::1/", "host"),
]


@pytest.mark.parametrize(("url", "rule"), FORBIDDEN)
def test_what_may_not_be_asked_is_refused_and_nothing_is_sent(listener, url, rule):
    fetcher = Fetcher(connector=lambda *_: pytest.fail("a connection was opened"), resolver=lambda host, port: ["93.184.216.34"])
    with pytest.raises(SecurityError) as caught:
        fetcher.fetch(url.format(port=listener.port))
    [said] = caught.value.findings
    assert (said.code, said.values["rule"]) == ("E_URL_BLOCKED", rule)
    assert said.found
    assert retell(said, "fr").text != said.text
    assert listener.came == []
    assert fetcher.log == []


def test_a_real_connection_to_this_machine_is_never_opened(listener):
    for url in (f"http://127.0.0.1:{listener.port}/", f"http://localhost:{listener.port}/", f"http://[::1]:{listener.port}/"):
        with pytest.raises(SecurityError):
            Fetcher(ports=[listener.port]).fetch(url)
    assert listener.came == []


@pytest.mark.parametrize("private", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1", "64:ff9b::a00:1"])
def test_a_name_that_leads_to_a_private_address_is_refused(listener, private):
    for found in ([private], ["203.0.113.9", private]):
        fetcher = public_only_here(listener, {"shop.example.org": found})
        with pytest.raises(SecurityError) as caught:
            fetcher.fetch("http://shop.example.org/")
        assert caught.value.codes == ("E_URL_BLOCKED",)
        assert caught.value.findings[0].values["address"] == private
    assert listener.came == []


def test_a_page_is_fetched_with_its_name_and_without_anything_of_ours(listener, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    listener.answers[b"/a%20b?q=%C3%A9"] = ok("é".encode())
    got = public_only_here(listener, {"shop.example.org": ["203.0.113.9"]}).fetch("http://shop.example.org/a%20b?q=é")
    assert (got.status, got.body.decode(), got.address) == (200, "é", "203.0.113.9")
    [request] = listener.came
    assert b"Host: shop.example.org\r\n" in request
    assert b"cookie" not in request.lower()
    assert b"authorization" not in request.lower()


def test_redirects_are_checked_anew_each_time(listener):
    names = {"shop.example.org": ["203.0.113.9"], "inside.example.org": ["10.0.0.8"]}
    for where in ("http://inside.example.org/", "http://127.0.0.1/", "//169.254.169.254/", "file:///etc/passwd", "http://0x7f000001/"):
        listener.answers[b"/"] = go(where)
        before = len(listener.came)
        with pytest.raises(SecurityError) as caught:
            public_only_here(listener, names).fetch("http://shop.example.org/")
        assert caught.value.codes == ("E_URL_BLOCKED",)
        assert len(listener.came) == before + 1
    listener.answers[b"/"], listener.answers[b"/next"] = go("/next"), ok(b"there")
    assert public_only_here(listener, names).fetch("http://shop.example.org/").url == "http://shop.example.org/next"


def test_the_address_that_was_checked_is_the_one_that_is_asked(listener):
    """DNS that answers differently the second time (rebinding) is not asked a second time."""
    answers = iter([["203.0.113.9"], ["127.0.0.1"]])
    listener.answers[b"/"] = ok(b"x")
    fetcher = public_only_here(listener, {})
    fetcher.resolver = lambda host, port: next(answers)
    assert fetcher.fetch("http://shop.example.org/").body == b"x"
    assert fetcher.asked == ["203.0.113.9"]
    assert list(answers) == [["127.0.0.1"]]


def dripping() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        time.sleep(0.05)
        yield b"X: y\r\n"


def endless() -> Iterator[bytes]:
    yield ok(b"")
    while True:
        yield b"x" * 10_000


def continued() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


LIMITS = {
    "redirects": go("/"),
    "bytes": endless,
    "seconds": dripping,
    "bomb": ok(gzip.compress(b"\0" * 30_000_000), b"Content-Encoding: gzip"),
    "continue": continued,
    "length": ok(b"x" * 300_000, b"Content-Length: 99999999999"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_never_ends_is_left(listener, name):
    answer = LIMITS[name]
    listener.answers[b"/"] = answer if isinstance(answer, bytes) else answer()
    fetcher = public_only_here(listener, {"shop.example.org": ["203.0.113.9"]}, seconds=0.6, most_bytes=200_000)
    with pytest.raises(SecurityError) as caught:
        fetcher.fetch("http://shop.example.org/")
    [said] = caught.value.findings
    assert said.code in ("E_URL_LIMIT",)
    assert said.values["rule"] == {"bomb": "bytes", "continue": "seconds", "length": "bytes"}.get(name, name)
    assert len(listener.came) == (6 if name == "redirects" else 1)


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip"])
def test_an_answer_that_cannot_be_read_is_an_error_of_ours(listener, answer):
    listener.answers[b"/"] = answer
    with pytest.raises(SecurityError) as caught:
        public_only_here(listener, {"shop.example.org": ["203.0.113.9"]}, seconds=2).fetch("http://shop.example.org/")
    assert caught.value.codes == ("E_URL_FAILED",)


def test_a_certificate_is_asked_for_the_name(listener):
    """The listener speaks no TLS: https never falls back to http."""
    listener.answers[b"/"] = ok(b"x")
    fetcher = public_only_here(listener, {"shop.example.org": ["203.0.113.9"]}, seconds=2)
    with pytest.raises(SecurityError):
        fetcher.fetch("https://shop.example.org/")


def test_a_password_in_an_address_is_not_told():
    with pytest.raises(SecurityError) as caught:
        Fetcher().fetch("http://ana:hunter2@example.org/")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(dict(caught.value.findings[0].values))


# ---------------------------------------------------------------- a page at an address


def test_a_page_at_an_address_is_checked_with_what_it_brings(listener):
    page = (
        '<!doctype html><html lang="en"><head><link rel="stylesheet" href="/css/a.css"></head><body><div>x</div><img src="b.webp" alt="">'
    )
    listener.answers[b"/shop/"] = ok(page.encode())
    listener.answers[b"/css/a.css"] = ok(b"div {width: 900px}")
    listener.answers[b"/shop/b.webp"] = ok(b"x" * 300_000)
    inside = '<script src="http://127.0.0.1/x.js"></script><img src="http://inside.example.org/" alt="">'
    listener.answers[b"/other"] = ok((page + inside).encode())
    names = {"shop.example.org": ["203.0.113.9"], "inside.example.org": ["10.0.0.8"]}
    found = check_page("http://shop.example.org/shop/", online=True, fetcher=public_only_here(listener, names))
    assert {"PAGE_FIXED_WIDTH", "PAGE_IMG_HEAVY"} <= {f.code for f in found}
    assert {f.file for f in found} == {"http://shop.example.org/shop/"}
    assert [request.split(b" ")[1] for request in listener.came] == [b"/shop/", b"/css/a.css", b"/shop/b.webp"]
    [said] = [
        f
        for f in check_page("http://shop.example.org/other", online=True, fetcher=public_only_here(listener, names))
        if f.code == "N_PAGE_WEIGHT"
    ]
    assert said.values["amount"] == 3  # b.webp is not there, and the other two may not be asked


@pytest.mark.parametrize(
    ("answer", "code"), [(None, "E_URL_FAILED"), (b"", "E_URL_FAILED"), (go("http://10.0.0.1/"), "E_URL_BLOCKED"), (endless, "E_URL_LIMIT")]
)
def test_a_page_that_does_not_come_is_an_error(listener, answer, code):
    if answer is not None:
        listener.answers[b"/"] = ok(answer) if answer == b"" else answer if isinstance(answer, bytes) else answer()
    fetcher = public_only_here(listener, {"shop.example.org": ["203.0.113.9"]}, most_bytes=100_000)
    with pytest.raises(SecurityError) as caught:
        check_page("http://shop.example.org/", online=True, fetcher=fetcher)
    assert caught.value.codes == (code,)


def test_addresses_that_are_none_are_left_by_a_page(listener):
    head = b"<!doctype html><link rel=stylesheet href='http://[bad'><style>p{background:url('http://[bad')}</style>"
    listener.answers[b"/"] = ok(head + b"<img src='http://[bad/x'><p>x")
    names = {"shop.example.org": ["203.0.113.9"]}
    found = check_page("http://shop.example.org/", online=True, fetcher=public_only_here(listener, names))
    assert "N_PAGE_SHEETS" in {f.code for f in found}
    assert len(listener.came) == 1
