"""A body as it arrives: decoded while it does, and never larger than was asked for."""

from __future__ import annotations

import zlib

#: The only encoding that is asked for, and the only one that is read. With several, one on top of
#: the other, two kilobytes can stand for gigabytes.
ACCEPT_ENCODING = "gzip"
_GZIP = frozenset({"gzip", "x-gzip"})
#: Bytes after the end of a compressed body that are read, so that its connection can be kept.
_SURPLUS_MAX = 1 << 16


class EncodingError(Exception):
    """A body is encoded in a way that was not asked for, or not as it says."""


class Body:
    """Takes a body's pieces and holds its first bytes, decoded.

    Args:
        encoding: The `Content-Encoding` header; empty for none.
        max_bytes: What is kept of the decoded body.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        self._encoding = encoding.strip().lower()
        self._max_bytes = max_bytes
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if self._encoding in _GZIP else None
        self._content = bytearray()
        self._surplus = 0
        self._taken = False

    @property
    def truncated(self) -> bool:
        """Say whether there is more than is kept."""
        return len(self._content) > self._max_bytes

    def take(self, piece: bytes) -> bool:
        """Take the next bytes of the body; returns whether it wants more.

        Raises:
            EncodingError: They cannot be decoded.
        """
        self._taken = self._taken or bool(piece)
        if self._gzip is None:
            if piece and self._encoding not in {"", "identity"}:
                raise EncodingError(f"it is encoded as {self._encoding[:50]!r}, unasked")
            self._content += piece[: self._max_bytes + 1 - len(self._content)]
        elif self._gzip.eof:
            self._surplus += len(piece)
        else:
            self._decode(self._gzip, piece)
        return not self.truncated and self._surplus <= _SURPLUS_MAX

    def content(self) -> bytes:
        """Return what is kept.

        Raises:
            EncodingError: The body ended too early.
        """
        if self._gzip is not None and self._taken and not (self._gzip.eof or self.truncated):
            raise EncodingError("its compressed content ends too early")
        return bytes(self._content[: self._max_bytes])

    def _decode(self, decoder: zlib._Decompress, piece: bytes) -> None:
        try:
            self._content += decoder.decompress(piece, self._max_bytes + 1 - len(self._content))
        except zlib.error as exc:
            raise EncodingError(f"its compressed content is malformed ({exc})") from exc
