"""Pages and what belongs to them fetched from the public web, and from nowhere else.

An address may have been typed by a stranger, or be where a page sends us next. So: http and https only, no user in the address, the
usual ports; the host is resolved once, every address found must be public, and the connection goes to the very address that was
checked (the name is kept for Host, SNI and the certificate); each redirect is checked anew. No cookie, credential or proxy is used,
and bytes, time and redirects have their limits. Rules after OWASP's "Server-Side Request Forgery Prevention" cheat sheet.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from mktlib.errors import SecurityError
from mktlib.rules.found import filled
from mktlib.vocabulary import finding, load_tables, lookup

MOST_BYTES, MOST_SECONDS, MOST_REDIRECTS, MOST_FETCHES = 10_000_000, 30.0, 5, 200
PORTS = {"http": 80, "https": 443}
CHUNK = 65_536
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.I)
USER = re.compile(r"//[^/@?#]*@")
NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}\.?", re.I)
PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home", ".corp", ".intranet", ".home.arpa", ".onion", ".test", ".invalid")
CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10", "::/96", "::ffff:0:0/96", "5f00::/16", "100::/64",
    )
]  # fmt: skip
"""Nets that `ipaddress` may call public: shared and test nets, and those whose addresses carry another one inside."""

Resolver = Callable[[str, int], Sequence[str]]
Connector = Callable[[str, int, float], socket.socket]


@dataclass(frozen=True)
class Fetched:
    """What an address answered. url: the last of the redirects; address: the IP that was asked; body: unpacked."""

    url: str
    status: int
    content_type: str
    body: bytes
    address: str


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host."""
    return list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def connect(address: str, port: int, timeout: float) -> socket.socket:
    """A connection to a numeric address: nothing is resolved again."""
    return socket.create_connection((address, port), timeout=timeout)


@dataclass
class Fetcher:
    """Fetches addresses of the public web.

    ports: allowed besides 80 and 443. resolver, connector, public: for tests, which have no public web. Bytes and seconds are counted
    over everything that one fetcher fetches: a page and what belongs to it.

    >>> Fetcher().fetch("http://127.0.0.1/")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    SecurityError: ...
    """

    ports: Sequence[int] = ()
    most_bytes: int = MOST_BYTES
    seconds: float = MOST_SECONDS
    most_redirects: int = MOST_REDIRECTS
    resolver: Resolver = resolve
    connector: Connector = connect
    public: Callable[[str], str | None] = lambda address: closed(address)
    until: float | None = None
    used: int = 0
    fetches: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)
    """(url, address) of every request that was sent."""

    def fetch(self, url: str) -> Fetched:
        """What a public address answers, redirects followed.

        Raises:
            SecurityError: E_URL_BLOCKED (the address, or one it leads to, may not be asked: url, rule, address in `values`),
                E_URL_LIMIT (too large, too slow, too many redirects), E_URL_FAILED (no answer).
        """
        self.until = self.until or time.monotonic() + self.seconds
        for _ in range(self.most_redirects + 1):
            split, port, address = self._checked(url)
            answer, next_url = self._asked(url, split, port, address)
            if next_url is None:
                return answer
            url = next_url
        raise self._limit(url, "redirects", self.most_redirects)

    def _checked(self, url: str) -> tuple[SplitResult, int, str]:
        """The parts of an address that may be asked, and the IP to ask."""
        split, host, port = parts(url, self.ports)
        try:
            found = [host] if _numeric(host) else list(self.resolver(host, port))
        except (OSError, UnicodeError) as error:
            raise failed(url, str(error)) from error
        if not found:
            raise failed(url, "no address")
        for address in found:  # one private address among public ones is enough to refuse: which one is asked would be chance
            if why := self.public(address):
                raise blocked(url, why, address)
        return split, port, found[0]

    def _asked(self, url: str, split: SplitResult, port: int, address: str) -> tuple[Fetched, str | None]:
        self.fetches += 1
        if self.fetches > MOST_FETCHES:
            raise self._limit(url, "files", MOST_FETCHES)
        self.log.append((url, address))
        host = str(split.hostname)
        try:
            connection = _Pinned(
                host, port, self.connector(address, port, self._left(url)), split.scheme == "https", float(self.until or 0)
            )
            try:
                return self._answer(url, split, connection, address)
            finally:
                connection.used.close()
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            if isinstance(error, SecurityError):
                raise
            if isinstance(error, TimeoutError):
                raise self._limit(url, "seconds", self.seconds) from error
            raise failed(url, f"{type(error).__name__}: {error}") from error

    def _answer(self, url: str, split: SplitResult, connection: _Pinned, address: str) -> tuple[Fetched, str | None]:
        path = quote(split.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(split.query, safe='/%:@!$&()*+,;=~-._?')}" if split.query else ""
        )
        headers = {"User-Agent": "mktlib page check", "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "close"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        where = answer.getheader("Location")
        if answer.status in (301, 302, 303, 307, 308) and where:
            return Fetched(url, answer.status, "", b"", address), urljoin(url, where.strip())
        body = self._body(url, answer, connection)
        return Fetched(url, answer.status, answer.getheader("Content-Type") or "", body, address), None

    def _body(self, url: str, answer: http.client.HTTPResponse, connection: _Pinned) -> bytes:
        """The body, unpacked bit by bit within its limits: a bomb is left before it goes off, a drip before it tires us."""
        kind = (answer.getheader("Content-Encoding") or "").strip().lower()
        unpack = zlib.decompressobj(47) if kind in ("gzip", "x-gzip") else None
        parts_of: list[bytes] = []
        while True:
            self._left(url)
            raw = answer.read1(CHUNK)
            if not raw or (unpack and unpack.eof):
                return b"".join(parts_of)
            self._count(url, 0 if unpack else len(raw))
            waiting = raw
            while waiting:
                piece = unpack.decompress(waiting, CHUNK) if unpack else waiting
                waiting = unpack.unconsumed_tail if unpack else b""
                self._count(url, len(piece) if unpack else 0)
                parts_of.append(piece)

    def _count(self, url: str, size: int) -> None:
        self.used += size
        if self.used > self.most_bytes:
            raise self._limit(url, "bytes", self.most_bytes)

    def _left(self, url: str) -> float:
        left = (self.until or 0.0) - time.monotonic()
        if left <= 0:
            raise self._limit(url, "seconds", self.seconds)
        return left

    def _limit(self, url: str, rule: str, most: float) -> SecurityError:
        return refused("E_URL_LIMIT", url, rule, most=f"{most:g}")


def fresh(fetcher: Fetcher) -> Fetcher:
    """A fetcher with the same limits, of which nothing is used yet."""
    return replace(fetcher, until=None, used=0, fetches=0, log=[])


class _Reading(io.RawIOBase):
    """What a socket sends, until an hour that does not move: who sends a byte a second is not waited for byte by byte."""

    def __init__(self, raw: socket.socket, until: float) -> None:
        super().__init__()
        self.raw, self.until = raw, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.raw.settimeout(left)
        return self.raw.recv_into(buffer)


class _Timed:
    """A socket as `http.client` uses it."""

    def __init__(self, raw: socket.socket, until: float) -> None:
        self.raw, self.until = raw, until

    def sendall(self, content: bytes) -> None:
        self.raw.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self.raw, self.until))

    def close(self) -> None:
        """`http.client` closes as soon as it has the head; the body is still to be read."""


class _Pinned(http.client.HTTPConnection):
    """An HTTP connection over a socket that is already connected to the address that was checked."""

    def __init__(self, host: str, port: int, raw: socket.socket, secure: bool, until: float) -> None:
        super().__init__(f"[{host}]" if ":" in host else host, port)
        self.default_port = PORTS["https" if secure else "http"]
        try:
            raw.settimeout(max(until - time.monotonic(), 0.001))
            self.used = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
        except BaseException:
            raw.close()
            raise
        self.sock = cast(socket.socket, _Timed(self.used, until))

    def connect(self) -> None:
        raise OSError("the connection that was checked is closed")


def parts(url: str, ports: Sequence[int] = ()) -> tuple[SplitResult, str, int]:
    """The parts of an address, its host in ASCII and its port, where all of them may be asked for.

    >>> parts("https://bücher.example/")[1:]
    ('xn--bcher-kva.example', 443)
    """
    if len(url) > 2_000 or any(c <= " " or c == "\\" or c == "\x7f" for c in url):
        raise blocked(url, "characters")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise blocked(url, "port" if "ort" in str(error) else "host") from error
    if split.scheme not in PORTS:
        raise blocked(url, "scheme")
    if "@" in split.netloc:
        raise blocked(url, "user")
    host = _ascii((split.hostname or "").rstrip("."), url)
    if _numeric(host) and (why := closed(host)):
        raise blocked(url, why, host)
    port = port or PORTS[split.scheme]
    if port != PORTS[split.scheme] and port not in ports:
        raise blocked(url, "port")
    clean = f"[{host}]" if ":" in host else host
    return split._replace(netloc=f"{clean}:{port}", fragment=""), host, port


def _ascii(host: str, url: str) -> str:
    """A host that can be asked: a name with a dot, or a numeric address in its one usual form."""
    if _numeric(host):
        return host
    try:
        plain = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as error:
        raise blocked(url, "host") from error
    if NUMBER.fullmatch(plain) or (plain != host.lower() and _numeric(plain)):
        raise blocked(url, "number", plain)  # 0x7f000001, 2130706433, 0177.1, or digits of another script: each a disguise
    if plain == "localhost" or plain.endswith(PRIVATE_NAMES) or not NAME.fullmatch(plain):
        raise blocked(url, "host", plain)
    return plain


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def closed(address: str) -> str | None:
    """Why an address may not be asked: the word of a rule; None for a public one.

    >>> [closed(a) for a in ("93.184.216.34", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2606:2800:220::1")]
    [None, 'private', 'link-local', 'mapped', 'reserved', None]
    """
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "number"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return "mapped"
    for name in ("is_loopback", "is_link_local", "is_multicast", "is_unspecified"):
        if getattr(ip, name):
            return name.removeprefix("is_").replace("_", "-")
    if any(ip in net for net in CLOSED if net.version == ip.version):
        return "reserved"
    return None if ip.is_global and not ip.is_reserved else "private"


def blocked(url: str, rule: str, address: str | None = None) -> SecurityError:
    return refused("E_URL_BLOCKED", url, rule, address=address or "–")


def failed(url: str, why: str) -> SecurityError:
    return refused("E_URL_FAILED", url, "failed", why=why[:200])


def refused(code: str, url: str, rule: str, **values: Any) -> SecurityError:
    """The refusal in every language: the address without a user it may name, the rule in words, what was resolved."""
    shown = USER.sub("//***@", url)
    said = {}
    for language in load_tables().languages:
        row, rule_words = lookup(f"findings.{code}", language), str(lookup(f"labels.url_rule.{rule}", language))
        said[language] = {name: filled(str(row[name]), {"rule_words": rule_words}) for name in row}
    return SecurityError(finding(code, found=shown, rule=rule, url=shown, _said=said, **values))
