"""People in an export: an e-mail address becomes a pseudonym as soon as it is read, and is never shown.

A bare hash of an address is found again by hashing every address one knows; a keyed hash is not (HMAC-SHA256, RFC 2104). The key lies
outside data and notebooks: in MKTLIB_KEY, or in a file of one's own that is made at the first need. Pseudonyms stay personal data.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from mktlib.vocabulary import ADDRESS, masked

KEY_BYTES = 32
KEY_FILE = Path(".config") / "mktlib" / "key"


def key(environment: Mapping[str, str] | None = None) -> tuple[bytes, bool]:
    """(the key, whether it lasts): MKTLIB_KEY, else the key file, made where there is none; else one for this process alone."""
    said = (os.environ if environment is None else environment).get("MKTLIB_KEY")
    if said:
        return hashlib.sha256(said.encode()).digest(), True
    try:
        return _kept_key(Path.home() / KEY_FILE), True
    except (OSError, RuntimeError, ValueError):
        return _passing_key(), False


def _kept_key(path: Path) -> bytes:
    """The key of the file; where there is none it is written whole beside and linked, so that of two processes one key holds."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(beside, path)
        beside.unlink()
    found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if len(found) != KEY_BYTES:
        raise ValueError("the key file is damaged")
    return found


@lru_cache(maxsize=1)
def _passing_key() -> bytes:
    return secrets.token_bytes(32)


def key_id(secret: bytes) -> str:
    """What tells one key from another without telling it."""
    return hashlib.sha256(b"mktlib key id" + secret).hexdigest()[:8]


def pseudonym(address: str, secret: bytes) -> str:
    """The same person under any case, accent form and surrounding space.

    >>> pseudonym(" Ana@Example.org", b"k") == pseudonym("ana@example.org ", b"k")
    True
    """
    plain = unicodedata.normalize("NFC", address.strip().lower())
    return "person-" + hmac.new(secret, plain.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def without_addresses(text: pd.DataFrame, secret: bytes) -> tuple[pd.DataFrame, dict[str, int]]:
    """(the log with pseudonyms for addresses and none inside longer texts, {column: addresses found})."""
    out, found = text.copy(), {}
    for column in text.columns:
        words = [word for word in text[column].unique() if word != masked(word)]
        if words:
            said = {word: pseudonym(word, secret) if ADDRESS.fullmatch(word.strip()) else masked(word) for word in words}
            found[str(column)] = len(words)
            out[column] = text[column].replace(said)
    return out, found


def joined(people: np.ndarray, k: int) -> np.ndarray:
    """Which groups are told together (n,) bool: all of fewer than k, and the next smallest until together they have k people or none.

    >>> joined(np.array([40, 3, 12, 25]), 10).tolist()
    [False, True, True, False]
    >>> joined(np.array([40, 6, 5, 25]), 10).tolist()
    [False, True, True, False]
    """
    together = (people > 0) & (people < k)
    for at in np.argsort(people, kind="stable"):
        if not 0 < people[together].sum() < k:
            break
        together[at] |= people[at] > 0
    return np.asarray(together | ((people == 0) & together.any()))
