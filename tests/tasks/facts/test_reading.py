"""Facts never fail a step: what GitHub does not tell is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import ItemFailedError, PermanentError, PostponedError, TransientError
from tasks.facts.prior import prior_of, prior_sentences
from tasks.facts.reading import facts_of
from tasks.sources.interface import Payload
from tests.support.brief_fakes import SilentGitHub

PROFILE = {"files": {"contributing": {"url": "u"}, "code_of_conduct": None}}
RELEASE = {"tag_name": "v1.2\x1b[31m", "published_at": "2026-01-31T10:00:00Z"}
PAIR = ["a/quill", "b/ferry"]


class Known(SilentGitHub):
    """Answers what it is given, and raises what is an error."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def community(self, full_name: str) -> Payload | None:
        return self._answer("community", full_name)

    def latest_release(self, full_name: str) -> Payload | None:
        return self._answer("release", full_name)

    def dependencies(self, full_name: str) -> Payload | None:
        return self._answer("sbom", full_name) if full_name == "a/quill" else None

    def search_issues(self, one: str, other: str) -> Payload | None:
        return self._answer("issues", one, other)

    def _answer(self, what: str, *about: str) -> Payload | None:
        self.asked.append((what, *about))
        found = self.answers.get(what)
        if isinstance(found, Exception):
            raise found
        return found


def test_guide_conduct_and_release_are_read() -> None:
    assert facts_of(Known(community=PROFILE, release=RELEASE), "a/b") == {
        "contributing": True,
        "code_of_conduct": False,
        "release": {"name": "v1.2", "day": "2026-01-31"},
    }


def test_no_release_is_known_and_no_profile_is_unknown() -> None:
    assert facts_of(Known(), "a/b") == {"release": None}


@pytest.mark.parametrize("kind", [ItemFailedError, TransientError, PermanentError])
def test_an_error_leaves_the_rest_unknown_and_says_why(kind: type[Exception]) -> None:
    facts = facts_of(Known(community=PROFILE, release=kind("It is away.")), "a/b")
    assert facts == {"contributing": True, "code_of_conduct": False, "unknown": "It is away."}


def test_a_wait_for_githubs_limits_is_no_fact() -> None:
    error = PostponedError("Later.", delay_s=60.0)
    with pytest.raises(PostponedError):
        facts_of(Known(community=error), "a/b")


@pytest.mark.parametrize(
    "package",
    [
        {"name": "pip:Ferry"},
        {"name": "@b/ferry"},
        {
            "name": "carrier",
            "externalRefs": [{"referenceLocator": "pkg:golang/github.com/b/ferry@v1"}],
        },
    ],
)
def test_a_dependency_is_found_by_its_name_or_its_place(package: dict[str, Any]) -> None:
    sbom = {"sbom": {"packages": [{"name": "other"}, package]}}
    prior = prior_of(Known(sbom=sbom), PAIR, search=False)
    (found,) = prior_sentences(prior)
    assert found.startswith("a/quill already depends on b/ferry")
    assert prior["unknown"][0] == "the dependencies of b/ferry"


def test_a_dependency_is_found_by_a_name_that_the_project_had_before() -> None:
    sbom = {"sbom": {"packages": [{"name": "go:github.com/old/carrier"}]}}
    assert prior_of(Known(sbom=sbom), PAIR, search=False)["depends"] == []
    former = {"b/ferry": ["Old/Carrier"]}
    (found,) = prior_of(Known(sbom=sbom), PAIR, search=False, former=former)["depends"]
    assert found["target"] == "b/ferry"


def test_a_name_that_is_only_part_of_another_is_no_dependency() -> None:
    sbom = {"sbom": {"packages": [{"name": "pip:ferryboat"}, {"name": None}, 7]}}
    assert prior_of(Known(sbom=sbom), PAIR, search=False)["depends"] == []


def test_who_asked_and_who_declined_is_said() -> None:
    items = [
        issue("a/quill", 12, "Read from Ferry", state="closed", state_reason="not_planned"),
        issue("b/ferry", 7, "Write to quill", state="open"),
        issue("a/quill", 13, "Something else", state="open"),
        issue("c/third", 14, "Quill and Ferry", state="open"),
        "nonsense",
    ]
    github = Known(issues={"items": items})
    assert prior_sentences(prior_of(github, PAIR, search=True)) == [
        (
            "asked for in issue 12 of a/quill (2024), declined: closed as not planned:"
            " “Read from Ferry”"
        ),
        "asked for in issue 7 of b/ferry (2024), still open: “Write to quill”",
    ]
    assert [one for one in github.asked if one[0] == "issues"] == [("issues", *PAIR)]


def test_without_a_search_none_is_made_and_that_is_said() -> None:
    github = Known(issues={"items": []})
    prior = prior_of(github, PAIR, search=False)
    assert not [one for one in github.asked if one[0] == "issues"]
    assert "issues of a/quill and b/ferry, which were not searched for" in prior["unknown"]


def test_of_a_larger_group_it_is_said_which_pairs_were_not_searched_for() -> None:
    github = Known(issues={"items": []})
    unknown = prior_of(github, [*PAIR, "c/third"], search=True)["unknown"]
    assert [one for one in github.asked if one[0] == "issues"] == [("issues", *PAIR)]
    assert [text for text in unknown if "not searched" in text] == [
        "issues of a/quill and c/third, which were not searched for",
        "issues of b/ferry and c/third, which were not searched for",
    ]


def test_of_many_issues_the_first_are_told_and_the_others_counted() -> None:
    items = [issue("a/quill", number, "Ferry, please", state="open") for number in range(1, 6)]
    sentences = prior_sentences(prior_of(Known(issues={"items": items}), PAIR, search=True))
    assert len(sentences) == 4
    assert sentences[-1] == "more issues of one that name the other: 2"


def test_a_refused_search_is_unknown() -> None:
    prior = prior_of(Known(issues=TransientError("Away.")), PAIR, search=True)
    assert "issues of a/quill and b/ferry" in prior["unknown"]


def issue(repo: str, number: int, title: str, **state: str) -> dict[str, Any]:
    return {
        "repository_url": f"https://api.github.com/repos/{repo}",
        "number": number,
        "title": title,
        "created_at": "2024-05-06T00:00:00Z",
    } | state
