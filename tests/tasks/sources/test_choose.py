"""The run's arguments choose its sources."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from models.errors import ConfigError, ExitCode, PermanentError
from models.install_hint import install_command
from tasks.sources.choose import sources_for
from tasks.sources.fixtures.files import FixtureError, FixtureFolderError


def test_a_dry_run_reads_the_shipped_world() -> None:
    sources = sources_for(dry=True, fixtures_dir=None)
    assert sources.name == "fixtures"
    assert sources.github.today() == date(2026, 3, 2)
    assert sources.github.page_size == 10


def test_a_folder_of_ones_own_replaces_it(world: Path) -> None:
    manifest = world / "manifest.json"
    manifest.write_text(manifest.read_text().replace("2026-03-02", "2001-02-03"))
    assert sources_for(dry=True, fixtures_dir=str(world)).github.today() == date(2001, 2, 3)


@pytest.mark.parametrize("make_folder", [True, False])
def test_an_unusable_folder_is_a_usage_error(tmp_path: Path, make_folder: bool) -> None:
    folder = tmp_path / "mine"
    if make_folder:
        folder.mkdir()
    with pytest.raises(FixtureFolderError, match="--fixtures") as caught:
        sources_for(dry=True, fixtures_dir=str(folder))
    assert str(folder) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_broken_manifest_is_found_before_any_step(world: Path) -> None:
    (world / "manifest.json").write_text("{")
    with pytest.raises(FixtureError, match=r"manifest\.json is not JSON: line 1, column 2"):
        sources_for(dry=True, fixtures_dir=str(world))


def test_a_live_run_reads_from_github_and_asks_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "a-key")
    sources = sources_for(dry=False)
    assert sources.name == "live"
    assert type(sources.github).__name__ == "GitHubRest"
    assert sources.github.page_size == 100


def test_a_live_run_without_its_library_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ConfigError, match="httpx") as caught:
        sources_for(dry=False)
    assert install_command("live") in caught.value.hint
    assert "--dry" in caught.value.hint


def test_without_a_model_no_key_is_needed_and_nobody_can_be_asked() -> None:
    with pytest.raises(ConfigError, match="No language model") as caught:
        sources_for(dry=False)
    assert "--no-llm" in caught.value.hint
    sources = sources_for(dry=False, no_llm=True)
    assert type(sources.github).__name__ == "GitHubRest"
    for ask in (sources.model.analyse, sources.model.write_brief):
        with pytest.raises(PermanentError, match="without a language model"):
            ask(None)  # type: ignore[arg-type]


def test_a_setting_of_a_model_that_is_wrong_does_not_matter_where_none_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", "not an address")
    with pytest.raises(ConfigError):
        sources_for(dry=False)
    assert sources_for(dry=False, no_llm=True).name == "live"


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("library", ["yake_rust", "markdown_it"])
def test_without_the_keyword_library_only_runs_without_a_model_are_refused(
    monkeypatch: pytest.MonkeyPatch, library: str, dry: bool
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "a-key")
    monkeypatch.delitem(sys.modules, "tasks.text.extractor", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    assert sources_for(dry=dry)
    with pytest.raises(ConfigError, match="yake-rust and markdown-it-py") as caught:
        sources_for(dry=dry, no_llm=True)
    assert install_command("keywords") in caught.value.hint


def test_a_wrong_address_of_github_is_found_before_any_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_GITHUB_URL", "github.example.com")
    with pytest.raises(ConfigError, match="SCOUT_GITHUB_URL"):
        sources_for(dry=False)
