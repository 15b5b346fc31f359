"""The width and height of an image, read from its head: no image is ever decoded."""

from __future__ import annotations

import struct


def pixels(head: bytes) -> tuple[int, int] | None:
    """(width, height) of a PNG, GIF, WebP, BMP or JPEG; None where the head does not say.

    >>> pixels(b"GIF89a" + (300).to_bytes(2, "little") + (200).to_bytes(2, "little"))
    (300, 200)
    """
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return struct.unpack(">II", head[16:24])
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return struct.unpack("<HH", head[6:10])
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _webp(head)
        if head[:2] == b"BM":
            width, height = struct.unpack("<ii", head[18:26])
            return abs(width), abs(height)
        return _jpeg(head) if head[:2] == b"\xff\xd8" else None
    except (struct.error, IndexError):
        return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """The size stands in the first frame (SOF) after any number of other segments."""
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:
            return None
        mark = head[at + 1]
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 if mark in (0x01, 0xFF) or 0xD0 <= mark <= 0xD8 else 2 + struct.unpack(">H", head[at + 2 : at + 4])[0]
    return None
