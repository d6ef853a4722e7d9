"""Prompts are what they were: whoever changes one gives it a new version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from models.errors import PermanentError
from tasks.prompts import prompt as prompts
from tasks.prompts.analysis_schema import SCHEMA_ID as ANALYSIS_SCHEMA
from tasks.prompts.brief_schema import SCHEMA_ID as BRIEF_SCHEMA
from tasks.prompts.prompt import load_prompt, prompt_names
from tasks.prompts.verdict_schema import SCHEMA_ID as VERDICT_SCHEMA
from tasks.sources.chat.messages import first_messages, response_format
from tasks.sources.interface import (
    AnalysisRequest,
    BriefRequest,
    PairsRequest,
    ProjectMaterial,
    Request,
)

FOLDER = Path(prompts.__file__).parent

#: The SHA-256 of each version of a prompt's file, and of a request that is made of it. A line is
#: never changed: a prompt, a schema or a layout that differs is a new version with a new line.
VERSIONS = {
    ("brief", "1"): ("08c09836fbb50333", "57ff9052a8118ad7"),
    ("brief", "2"): ("56fdfb2b9ed5c187", "8761e285f636a62e"),
    ("pair_verdict", "1"): ("49b313b58a1b6f83", "1a09cc3a23e3c884"),
    ("repo_analysis", "1"): ("cfb8aa38010f34cc", "e5b2c47c575d6169"),
    ("repo_analysis", "2"): ("46372ad06e15f7a3", "b94b81f39b49174c"),
}
REQUESTS: dict[str, Request] = {
    "brief": BriefRequest(["a/one", "b/two"], {"a/one": "An index."}, ["ann"], "vectors"),
    "pair_verdict": PairsRequest(
        [("a/one", "b/two")], [ProjectMaterial("a/one"), ProjectMaterial("b/two")]
    ),
    "repo_analysis": AnalysisRequest("a/one", "An index.", "Rust", ("ann",), "# One", "0" * 64),
}


@pytest.mark.parametrize("name", prompt_names())
def test_a_changed_prompt_has_a_new_version(name: str) -> None:
    prompt = load_prompt(name)
    file = hashlib.sha256((FOLDER / f"{name}.md").read_bytes()).hexdigest()
    request = REQUESTS[prompt.id]
    sent = json.dumps([first_messages(request), response_format(request)], sort_keys=True)
    digests = (file[:16], hashlib.sha256(sent.encode()).hexdigest()[:16])
    assert VERSIONS.get((prompt.id, prompt.version)) == digests, (
        f"{name}.md, or what is sent along with it, differs from version {prompt.version}."
        f" Raise `version` in its header and add {digests} for it above."
    )


def test_every_prompt_names_the_schema_that_its_answers_are_checked_against() -> None:
    schemas = {load_prompt(name).id: load_prompt(name).schema for name in prompt_names()}
    assert schemas == {
        "brief": BRIEF_SCHEMA,
        "pair_verdict": VERDICT_SCHEMA,
        "repo_analysis": ANALYSIS_SCHEMA,
    }


@pytest.mark.parametrize("name", prompt_names())
def test_a_prompt_has_its_defaults_and_names_the_file(name: str) -> None:
    prompt = load_prompt(name)
    assert prompt.id == name
    assert 0 <= prompt.temperature <= 1
    assert 500 <= prompt.max_tokens <= 4000


@pytest.mark.parametrize("line", ["id", "version", "schema", "temperature", "max_tokens"])
def test_an_incomplete_header_is_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / "brief.md").read_text()
    kept = "".join(one for one in text.splitlines(True) if not one.startswith(f"{line}:"))
    (tmp_path / "brief_without.md").write_text(kept)
    monkeypatch.setattr(prompts, "_FOLDER", tmp_path)
    with pytest.raises(PermanentError, match="no complete header"):
        load_prompt("brief_without")
    load_prompt.cache_clear()


def test_a_malformed_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FOLDER / "brief.md").read_text().replace("max_tokens: 2400", "max_tokens: many")
    (tmp_path / "brief_many.md").write_text(text)
    monkeypatch.setattr(prompts, "_FOLDER", tmp_path)
    with pytest.raises(PermanentError, match="no complete header"):
        load_prompt("brief_many")
