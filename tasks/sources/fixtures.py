"""GitHub and a language model out of files: what a dry run reads instead of the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from tasks.sources.fixture_files import REMEDY, FixtureError, locate, read_bytes, read_json, stem
from tasks.sources.fixture_query import FixtureQuery, normalise_words, parse_query
from tasks.sources.fixture_shapes import (
    Completion,
    Manifest,
    RateLimitPayload,
    RepositoryDetail,
    SearchItem,
    SearchPayload,
)
from tasks.sources.interface import (
    AnalysisRequest,
    BriefRequest,
    GitHubSource,
    LanguageModel,
    ModelAnswer,
    Payload,
    RateLimit,
    Readme,
    SearchPage,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

#: Endings that a README may have, in the order in which they are tried.
README_ENDINGS = (".md", ".rst", ".txt", ".adoc", ".html", "")


class FixtureGitHub(GitHubSource):
    """GitHub as a folder of payloads. Only the manifest is read at once, the rest when asked for.

    Args:
        root: The folder that holds `manifest.json`.

    Raises:
        FixtureError: From every method, where a file is missing or malformed.
    """

    def __init__(self, root: Traversable) -> None:
        self._root = root
        self._manifest = load_manifest(root)
        self.page_size = self._manifest.page_size

    def today(self) -> date:
        """Return the date on which this world stands still."""
        return self._manifest.today

    def rate_limits(self) -> Sequence[RateLimit]:
        """Return the buckets of `github/rate_limit.json`, sorted by name."""
        _, limits = read_json(self._root, "github/rate_limit.json", RateLimitPayload)
        return [
            RateLimit(name, bucket.limit, bucket.remaining, bucket.used, bucket.reset)
            for name, bucket in sorted(limits.resources.items())
        ]

    def search_repositories(self, query: str, page: int) -> SearchPage:
        """Return one page of the result that belongs to the query's words.

        The qualifiers filter the items of all pages first, so that counts and pages are right.
        Pages after the last are empty.
        """
        if page < 1:
            raise ValueError("pages count from 1")
        parsed = parse_query(query)
        pages = list(self._result_pages(self._result_key(parsed.words)))
        found = [item for payload, checked in pages for item in _matching(parsed, payload, checked)]
        end = page * self.page_size
        return SearchPage(
            total_count=len(found),
            incomplete_results=any(checked.incomplete_results for _, checked in pages),
            items=found[end - self.page_size : end],
            has_next=end < len(found),
        )

    def repository(self, full_name: str) -> Payload | None:
        """Return a repository's payload, or None where the manifest says that it is gone."""
        if full_name in self._manifest.repositories_gone:
            return None
        payload: Payload
        payload, _ = read_json(self._root, f"github/repos/{stem(full_name)}.json", RepositoryDetail)
        return payload

    def readme(self, full_name: str) -> Readme | None:
        """Return a README's bytes, or None where the manifest says that there is none."""
        manifest = self._manifest
        if full_name in (*manifest.repositories_without_readme, *manifest.repositories_gone):
            return None
        base = f"github/readmes/{stem(full_name)}"
        for ending in README_ENDINGS:
            if locate(self._root, base + ending).is_file():
                return Readme(read_bytes(self._root, base + ending))
        raise FixtureError(f"Fixture {locate(self._root, base)}.md (or .rst) is missing.", REMEDY)

    def _result_key(self, words: str) -> str:
        """Return the result for a query's words; of several known terms the longest decides."""
        known = [
            (term, key)
            for key, terms in self._manifest.searches.items()
            for term in map(normalise_words, terms)
            if f" {term} " in f" {words} "
        ]
        if not known:
            return self._manifest.default_search
        return min(known, key=lambda pair: (-len(pair[0]), pair))[1]

    def _result_pages(self, key: str) -> Iterable[tuple[Payload, SearchPayload]]:
        """Yield a result's page files until they hold as many items as they promise."""
        number, items_read, total_count = 0, 0, 0
        while number == 0 or items_read < total_count:
            number += 1
            path = f"github/search/{key}/page_{number}.json"
            payload, page = read_json(self._root, path, SearchPayload)
            items_read += len(page.items)
            total_count = page.total_count
            if items_read > total_count or (not page.items and total_count):
                raise FixtureError(
                    f"Fixture {locate(self._root, path)} has {len(page.items)} items, which does"
                    f" not fit its total_count of {total_count}.",
                    REMEDY,
                )
            yield payload, page


class FixtureModel(LanguageModel):
    """A language model as a folder of chat completions; nothing is read before it is asked for.

    Args:
        root: The folder that holds `manifest.json`.

    Raises:
        FixtureError: From every method, where a file is missing or malformed.
    """

    def __init__(self, root: Traversable) -> None:
        self._root = root

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        """Return the stored analysis of a repository, valid or not."""
        return self._answer(f"llm/analysis/{stem(request.full_name)}.json")

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        """Return a brief for any group: one of the templates, with the group's names put in."""
        from tasks.sources.fixture_briefs import choose_template, fill_template

        templates = load_manifest(self._root).brief_templates
        path = f"llm/briefs/{choose_template(templates, request)}"
        return fill_template(self._answer(path), request, str(locate(self._root, path)))

    def _answer(self, path: str) -> ModelAnswer:
        _, completion = read_json(self._root, path, Completion)
        choice = completion.choices[0]
        return ModelAnswer(
            text=choice.message.content,
            model=completion.model,
            prompt_tokens=completion.usage.prompt_tokens,
            completion_tokens=completion.usage.completion_tokens,
            finish_reason=choice.finish_reason,
        )


def load_manifest(root: Traversable) -> Manifest:
    """Return a world's manifest.

    Raises:
        FixtureError: It is missing or malformed.
    """
    _, manifest = read_json(root, "manifest.json", Manifest)
    return manifest


def _matching(query: FixtureQuery, payload: Payload, page: SearchPayload) -> Iterable[Payload]:
    """Yield the raw items whose checked form meets a query's qualifiers."""
    raw_items: Sequence[Payload] = payload["items"]
    checked: Sequence[SearchItem] = page.items
    return (raw for raw, item in zip(raw_items, checked, strict=True) if query.matches(item))
