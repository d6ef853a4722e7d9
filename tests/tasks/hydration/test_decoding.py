"""README bytes as text."""

from __future__ import annotations

import codecs
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.hydration.decoding import STORED_MAX_BYTES, decode_readme


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        ("日本語 🚀".encode(), "日本語 🚀", "utf-8"),
        (codecs.BOM_UTF8 + b"x", "x", "utf-8-sig"),
        ("é".encode("utf-16"), "é", "utf-16"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "é", "utf-16"),
        ("é".encode("utf-32"), "é", "utf-32"),
        (b"caf\xe9 na\xefve", "café naïve", "latin-1"),
        ("日本語の索引".encode() + b"\xff", "日本語の索引\ufffd", "utf-8-replaced"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "a\ufffd", "utf-16-replaced"),
        (b"a\x00b", "ab", "utf-8"),
    ],
)
def test_text_and_encoding(content: bytes, text: str, encoding: str) -> None:
    decoded = decode_readme(content)
    assert (decoded.text, decoded.encoding, decoded.truncated) == (text, encoding, False)


def test_a_long_readme_is_cut_and_says_so() -> None:
    """The cut falls into the middle of a character, which is dropped and is no reason to guess."""
    decoded = decode_readme("é".encode() * STORED_MAX_BYTES + b"!")
    assert decoded.truncated
    odd = decode_readme(b"a" + "é".encode() * STORED_MAX_BYTES)
    assert (odd.encoding, len(odd.text)) == ("utf-8", STORED_MAX_BYTES // 2)


def test_a_source_that_cut_a_character_in_two_is_believed() -> None:
    decoded = decode_readme("ab日".encode()[:-1], truncated=True)
    assert (decoded.text, decoded.encoding, decoded.truncated) == ("ab", "utf-8", True)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_become_text_that_can_be_stored(content: bytes, truncated: bool) -> None:
    text = decode_readme(content, truncated).text
    assert "\x00" not in text
    text.encode()


LANGUAGES = {
    "gb18030": "# 向量库\n\n一个用 C++ 编写的快速向量索引,适用于小型机器。\n",
    "big5": "# 向量索引\n\n一個用 C++ 編寫的快速向量索引,適用於小型機器。\n",
    "shift_jis": "# ベクトル索引\n\n小さな機械のための高速なベクトル索引です。\n",
    "euc_jp": "# ベクトル索引\n\n小さな機械のための高速なベクトル索引です。\n",
    "euc_kr": "# 벡터 색인\n\n작은 기계를 위한 빠른 벡터 색인입니다.\n",
    "cp1251": "# Векторный индекс\n\nБыстрый векторный индекс для небольших машин.\n",
    "koi8_r": "# Векторный индекс\n\nБыстрый векторный индекс для небольших машин.\n",
    "cp1253": "# Ευρετήριο\n\nΈνα γρήγορο ευρετήριο διανυσμάτων για μικρές μηχανές.\n",
    "cp1250": "# Rejstřík\n\nPříliš žluťoučký kůň, rychlý rejstřík pro malé stroje.\n",
    "cp866": "# Векторный индекс\n\nБыстрый векторный индекс для небольших машин.\n",
    "cp874": "# ดัชนี\n\nดัชนีเวกเตอร์ที่รวดเร็วสำหรับเครื่องขนาดเล็ก ติดตั้งได้ง่าย\n",
    "iso2022_jp": "# ベクトル索引\n\n小さな機械のための高速なベクトル索引です。\n",
    "cp1252": (
        "# Café\n\nUn index très rapide – écrit pour de petites machines, prêt à être utilisé."
        " Il est né d’un besoin réel : chercher des voisins à côté de données génériques, sans"
        " dépendre d’un serveur éloigné, et même là où la mémoire est limitée.\n"
    ),
}


@pytest.mark.parametrize("encoding", LANGUAGES)
def test_the_code_pages_of_languages_are_recognised(encoding: str) -> None:
    decoded = decode_readme(LANGUAGES[encoding].encode(encoding))
    assert (decoded.text, decoded.encoding) == (LANGUAGES[encoding], encoding)


def test_words_that_fit_two_code_pages_are_read_as_their_letters_say() -> None:
    for encoding, text in (
        ("cp1252", "Um banco de dados rápido. O projeto não tem garantias; veja a instalação."),
        ("cp1252", "En snabb databas för små maskiner. Så här gör du: hämta den och kör."),
        ("cp1250", "Proiect întreţinut de comunitate; mulţumim şi citiţi documentaţia, în română."),
    ):
        assert decode_readme(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["# A fast vector index\n", LANGUAGES["gb18030"]])
def test_utf_16_needs_no_mark(encoding: str, text: str) -> None:
    decoded = decode_readme(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_without_the_library_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    assert decode_readme(LANGUAGES["cp1251"].encode("cp1251")).encoding == "latin-1"
