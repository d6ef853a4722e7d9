"""Decoding a body within its bound, however much it would become."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from tasks.sources.http.body import Body, EncodingError

TEXT = b"A fast vector index. " * 5_000


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def read(encoding: str, data: bytes, max_bytes: int, size: int = 1000) -> Body:
    body = Body(encoding, max_bytes)
    for piece in pieces(data, size):
        if not body.take(piece):
            break
    return body


@pytest.mark.parametrize("size", [1, 777, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZip", gzip.compress(TEXT)),
    ],
)
def test_a_body_is_what_was_sent_in_any_pieces(encoding: str, data: bytes, size: int) -> None:
    body = read(encoding, data, len(TEXT), size)
    assert (body.content(), body.truncated) == (TEXT, False)


@pytest.mark.parametrize(("encoding", "data"), [("", TEXT), ("gzip", gzip.compress(TEXT))])
def test_it_is_cut_at_its_bound(encoding: str, data: bytes) -> None:
    body = read(encoding, data, len(TEXT) - 1)
    assert (body.content(), body.truncated) == (TEXT[:-1], True)


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "gzip,gzip", "br", "zstd", "deflate", "gzip, br", "x"]
)
def test_what_was_not_asked_for_is_refused_unread(encoding: str) -> None:
    with pytest.raises(EncodingError, match="unasked"):
        read(encoding, gzip.compress(gzip.compress(TEXT)), 1 << 20)


def test_an_answer_without_a_body_may_say_what_it_likes() -> None:
    assert Body("gzip, gzip", 10).content() == b""
    assert Body("gzip", 10).content() == b""


def test_a_bomb_takes_no_more_than_the_bound() -> None:
    compressor = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = b"\0" * (1 << 20)
    bomb = b"".join(compressor.compress(zeros) for _ in range(100)) + compressor.flush()
    tracemalloc.start()
    try:
        body = read("gzip", bomb, 1 << 20, len(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body.truncated
    assert len(body.content()) == 1 << 20
    assert peak < 8 << 20


def test_malformed_and_cut_off_content_is_no_answer() -> None:
    with pytest.raises(EncodingError, match="malformed"):
        read("gzip", TEXT, 1 << 20)
    with pytest.raises(EncodingError, match="too early"):
        read("gzip", gzip.compress(TEXT)[:-20], 1 << 20).content()


def test_what_follows_compressed_content_is_left_out_and_not_read_for_ever() -> None:
    body = read("gzip", gzip.compress(TEXT) + b"\0" * 1000, 1 << 20)
    assert body.content() == TEXT
    surplus = Body("gzip", 1 << 20)
    taken = [surplus.take(piece) for piece in [gzip.compress(TEXT), *[b"x" * 1000] * 1000]]
    assert taken.index(False) < 100
