"""The shipped world is complete, lifelike in its shapes, and as varied as the steps need it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.analysis.schema import InvalidOutputError, parse_analysis
from tasks.sources.fixture_query import normalise_words
from tasks.sources.fixtures import FixtureGitHub, FixtureModel, load_manifest
from tasks.sources.interface import AnalysisRequest, Payload

#: GitHub's documented keys of a repository in a search result.
ITEM_KEYS_TEXT = """
    allow_forking archive_url archived assignees_url blobs_url branches_url clone_url
    collaborators_url comments_url commits_url compare_url contents_url contributors_url created_at
    default_branch deployments_url description disabled downloads_url events_url fork forks
    forks_count forks_url full_name git_commits_url git_refs_url git_tags_url git_url
    has_discussions has_downloads has_issues has_pages has_projects has_wiki homepage hooks_url
    html_url id is_template issue_comment_url issue_events_url issues_url keys_url labels_url
    language languages_url license merges_url milestones_url mirror_url name node_id
    notifications_url open_issues open_issues_count owner permissions private pulls_url pushed_at
    releases_url score size ssh_url stargazers_count stargazers_url statuses_url subscribers_url
    subscription_url svn_url tags_url teams_url topics trees_url updated_at url visibility watchers
    watchers_count web_commit_signoff_required
"""
ITEM_KEYS = frozenset(ITEM_KEYS_TEXT.split())
DETAIL_KEYS = (ITEM_KEYS - {"score"}) | {"subscribers_count", "network_count"}
OWNER_KEYS_TEXT = """
    avatar_url events_url followers_url following_url gists_url gravatar_id html_url id login
    node_id organizations_url received_events_url repos_url site_admin starred_url
    subscriptions_url type url
"""
OWNER_KEYS = frozenset(OWNER_KEYS_TEXT.split())
#: What the steps ask with default arguments, in passes 1 and 2.
PASS_1 = "in:name,description,readme stars:>=100 pushed:>=2025-03-02 archived:false fork:false"
PASS_2 = PASS_1.replace("100", "50")
REJECTED = {"quayside/semcache", "tarnhelm/hnsw-viz"}
INJECTED = {"promptly-free/mega-rag-boost", "awesome-vectors/vector-supercharger"}


def search_all(github: FixtureGitHub, query: str) -> list[Payload]:
    first = github.search_repositories(query, 1)
    count = -(-first.total_count // github.page_size)
    later = [github.search_repositories(query, page + 2) for page in range(count - 1)]
    return [item for page in [first, *later] for item in page.items]


def search_names(github: FixtureGitHub, query: str) -> set[str]:
    return {item["full_name"] for item in search_all(github, query)}


@pytest.fixture(scope="module")
def everything(shipped: Path) -> list[str]:
    """Return the names of all repositories that are still there."""
    files = sorted((shipped / "github/repos").iterdir())
    return [file.stem.replace("__", "/") for file in files]


def raw_answer(model: FixtureModel, name: str) -> str:
    return model.analyse(AnalysisRequest(name, "", None, [], None, None)).text


def analysis(model: FixtureModel, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(raw_answer(model, name))
    return content


def evidence_text(github: FixtureGitHub, name: str) -> str:
    """Return what a quote may come from, with single blanks."""
    readme = github.readme(name)
    text = readme.content.decode("utf-8", "replace") if readme else ""
    repo = github.repository(name)
    assert repo is not None
    return " ".join(f"{text} {repo['description'] or ''}".split())


def test_every_search_item_has_the_documented_keys(github: FixtureGitHub, shipped: Path) -> None:
    pages = sorted((shipped / "github/search").rglob("*.json"))
    items = [item for page in pages for item in json.loads(page.read_bytes())["items"]]
    assert len(items) > 80
    for item in items:
        assert set(item) == ITEM_KEYS
        assert set(item["owner"]) >= OWNER_KEYS
        assert item["url"] == f"https://api.github.com/repos/{item['full_name']}"
        assert item["owner"]["login"] == item["full_name"].split("/")[0]


def test_every_repository_has_the_documented_keys(
    github: FixtureGitHub, everything: list[str]
) -> None:
    assert len(everything) >= 36
    for name in everything:
        repo = github.repository(name)
        assert repo is not None
        assert repo["full_name"] == name
        assert set(repo) >= DETAIL_KEYS
        assert "score" not in repo
        assert ("parent" in repo) == repo["fork"]


def test_a_search_item_and_its_repository_agree(github: FixtureGitHub, shipped: Path) -> None:
    for term in ["vector database", *load_manifest(shipped).searches]:
        for item in search_all(github, f"{term} fork:true"):
            repo = github.repository(item["full_name"])
            if repo is not None:
                shared = ITEM_KEYS - {"score"}
                assert {key: repo[key] for key in shared} == {key: item[key] for key in shared}


def test_rate_limits_have_the_documented_buckets(github: FixtureGitHub) -> None:
    limits = github.rate_limits()
    assert [limit.bucket for limit in limits] == sorted(limit.bucket for limit in limits)
    assert {"core", "search", "graphql"} <= {limit.bucket for limit in limits}
    assert all(limit.used + limit.remaining == limit.limit for limit in limits)


def test_ids_are_unique(github: FixtureGitHub, everything: list[str]) -> None:
    repos = [github.repository(name) for name in everything]
    assert len({repo["id"] for repo in repos if repo}) == len(everything)


def test_nothing_is_missing_and_nothing_lies_about(shipped: Path, everything: list[str]) -> None:
    """Each repository has a README or is listed, and an analysis; no file belongs to nobody."""
    manifest = load_manifest(shipped)
    with_readme = set(everything) - set(manifest.repositories_without_readme)
    stems = {name.replace("/", "__") for name in everything}
    assert {file.stem for file in (shipped / "github/readmes").iterdir()} == {
        name.replace("/", "__") for name in with_readme
    }
    assert {file.stem for file in (shipped / "llm/analysis").iterdir()} == stems
    assert {file.name for file in (shipped / "llm/briefs").iterdir()} == set(
        manifest.brief_templates
    )
    assert {folder.name for folder in (shipped / "github/search").iterdir()} == {
        manifest.default_search,
        *manifest.searches,
    }


def test_every_found_repository_exists_unless_gone(
    github: FixtureGitHub, shipped: Path, everything: list[str]
) -> None:
    manifest = load_manifest(shipped)
    found = search_names(github, "vector database fork:true")
    for terms in manifest.searches.values():
        found |= search_names(github, f"{terms[0]} fork:true")
    assert found - set(manifest.repositories_gone) == set(everything)
    assert manifest.repositories_gone
    assert all(github.repository(name) is None for name in manifest.repositories_gone)
    assert all(github.readme(name) is None for name in manifest.repositories_gone)


def test_files_are_readable_text(shipped: Path) -> None:
    for file in shipped.rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        again = json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
        assert text == again + "\n", file


def test_the_world_stays_small(shipped: Path) -> None:
    files = [file for file in shipped.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert sum(file.stat().st_size for file in files) < 1_500_000


def test_pass_1_finds_enough_over_several_pages(github: FixtureGitHub) -> None:
    found = search_all(github, f"anything {PASS_1}")
    assert len(found) >= 24
    assert len(found) > 2 * github.page_size
    assert len({item["full_name"] for item in found}) == len(found)


def test_pass_2_finds_new_repositories_and_known_ones(github: FixtureGitHub, shipped: Path) -> None:
    first = search_names(github, f"anything {PASS_1}")
    second: set[str] = set()
    for terms in load_manifest(shipped).searches.values():
        result = search_names(github, f'"{terms[0]}" {PASS_2}')
        assert result & first
        assert result - first
        second |= result
    assert len(second - first) >= 12


def test_every_term_leads_to_its_own_result(github: FixtureGitHub, shipped: Path) -> None:
    manifest = load_manifest(shipped)
    results = {}
    for key, terms in manifest.searches.items():
        answers = {tuple(sorted(search_names(github, f'"{term}" {PASS_2}'))) for term in terms}
        assert len(answers) == 1
        results[key] = answers.pop()
    assert len(set(results.values())) == len(results)


def test_repositories_are_varied(github: FixtureGitHub, everything: list[str]) -> None:
    repos = [repo for name in everything if (repo := github.repository(name))]
    languages = {repo["language"] for repo in repos}
    assert {"Python", "Rust", "Go", "TypeScript", "Java", "C++"} <= languages
    assert min(repo["stargazers_count"] for repo in repos) < 200
    assert max(repo["stargazers_count"] for repo in repos) > 40_000
    assert sum(repo["archived"] for repo in repos) >= 2
    assert sum(repo["fork"] for repo in repos) >= 2
    assert any(repo["pushed_at"] < "2025" for repo in repos)
    assert any(repo["description"] is None for repo in repos)
    assert any(repo["license"] is None for repo in repos)
    assert any(not repo["topics"] for repo in repos)


def content_of(github: FixtureGitHub, name: str) -> bytes:
    readme = github.readme(name)
    assert readme is not None
    assert not readme.truncated
    return readme.content


def test_readmes_come_in_every_awkward_kind(github: FixtureGitHub, shipped: Path) -> None:
    assert github.readme("marlin-sec/vecguard") is None
    assert content_of(github, "emptyset-io/nullvec") == b""
    assert len(content_of(github, "silt-systems/silt")) >= 200_000
    assert content_of(github, "copperfield/vectorbus").startswith(b"\xef\xbb\xbf#")
    assert b"\r\n" in content_of(github, "copperfield/vectorbus")
    assert (shipped / "github/readmes/saltmarsh__chunkwright.rst").is_file()
    assert b".. code-block::" in content_of(github, "saltmarsh/chunkwright")
    assert "向量数据库" in content_of(github, "zhishi-tech/yunsou").decode()
    assert "検索" in content_of(github, "hakusan/tanuki-index").decode()
    assert content_of(github, "oriel-io/oriel").decode().count("\ufe0f") > 2
    assert content_of(github, "glasshouse/vectordeck").count(b"<") > 60
    with pytest.raises(UnicodeDecodeError):
        content_of(github, "ateliervert/recherche-semantique").decode()


@pytest.mark.parametrize("name", sorted(INJECTED))
def test_injected_readmes_and_answers_are_really_hostile(
    github: FixtureGitHub, model: FixtureModel, name: str
) -> None:
    readme = content_of(github, name).decode()
    assert any(word in readme.lower() for word in ("ignore previous", "system:"))
    answer = json.dumps(analysis(model, name), ensure_ascii=False)
    for text in (readme, answer):
        assert "https://" in text
        assert any(tag in text for tag in ("<script", "<img", "<!--", "</"))
    assert "\x1b]8;;" in readme
    assert "\\u001b" in answer
    assert "|" in answer


def test_bidirectional_overrides_occur_in_a_readme_and_an_answer(
    github: FixtureGitHub, model: FixtureModel
) -> None:
    name = "awesome-vectors/vector-supercharger"
    assert "\u202e" in content_of(github, name).decode()
    assert "\u202e" in analysis(model, name)["reasons"][0]["claim"]


def test_exactly_two_answers_are_unacceptable(model: FixtureModel, everything: list[str]) -> None:
    refused = {}
    for name in everything:
        try:
            parse_analysis(raw_answer(model, name))
        except InvalidOutputError as exc:
            refused[name] = exc.message
    assert set(refused) == REJECTED
    assert "```json" in raw_answer(model, "tarnhelm/hnsw-viz")
    wrong = analysis(model, "quayside/semcache")
    assert wrong["scores"]["novelty"] == 1.7
    assert wrong["confidence"] == "very high"


def test_evidence_stands_in_the_readme_or_description(
    github: FixtureGitHub, model: FixtureModel, everything: list[str]
) -> None:
    """The one repository with neither has nothing to quote from."""
    ungrounded = {
        name
        for name in set(everything) - REJECTED
        for reason in analysis(model, name)["reasons"]
        if " ".join(reason["evidence"].split()) not in evidence_text(github, name)
    }
    assert ungrounded == {"emptyset-io/nullvec"}


def test_needs_are_met_by_other_repositories(model: FixtureModel, everything: list[str]) -> None:
    signals = {name: analysis(model, name)["signals"] for name in set(everything) - REJECTED}
    pairs = [
        (one, other)
        for one, needy in signals.items()
        for other, giver in signals.items()
        if one < other
        and set(needy["needs"]) & set(giver["provides"])
        and set(giver["needs"]) & set(needy["provides"])
    ]
    assert len(pairs) >= 10


def test_the_commonest_keywords_of_pass_1_lead_to_other_results(
    github: FixtureGitHub, model: FixtureModel, shipped: Path
) -> None:
    """Pass 2 searches for the keywords that weigh most: most of them are known terms."""
    weights: Counter[str] = Counter()
    for name in search_names(github, f"anything {PASS_1}") - REJECTED:
        content = analysis(model, name)
        weights.update(dict.fromkeys(content["keywords"], 1 + sum(content["scores"].values())))
    terms = [
        normalise_words(term)
        for known in load_manifest(shipped).searches.values()
        for term in known
    ]
    top = [word for word, _ in weights.most_common(10)]
    known = [word for word in top if any(f" {term} " in f" {word} " for term in terms)]
    assert len(known) >= 8
