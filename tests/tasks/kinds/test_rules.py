"""What one sees from a repository alone: each kind by its evidence, and mere look-alikes."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.kinds.project import Project
from tasks.kinds.rules import LABELS, SPAM_MIN_CHARACTERS, own_kind

PROSE = (
    "It keeps an index on disk and answers while it is being written. A reader sees one state, and"
    " a writer waits for nobody. Snapshots are plain files, which any tool copies. When a node is"
    " lost the others elect a leader within a second, so that no client notices. Filters are part"
    " of the traversal, which is why a narrow one costs less than a wide one."
)


def kind_of(name: str = "a/quill", **known: Any) -> tuple[str, str] | None:
    found = own_kind(Project(name, **known))
    return (found.kind, found.reason) if found else None


@pytest.mark.parametrize(
    ("known", "kind", "evidence"),
    [
        ({"fork": True}, "fork", "GitHub says that it is a fork"),
        ({"mirror_url": "https://git.example/q"}, "mirror", "mirrors https://git.example/q"),
        ({"description": "Read-only mirror of git.example/quill"}, "mirror", "“Read-only mirror"),
        ({"archived": True}, "archived", "its owner has archived it on GitHub"),
        ({"description": "DEPRECATED: use ferry"}, "abandoned", "“DEPRECATED: use ferry”"),
        ({"description": "[Archived] A search engine"}, "abandoned", "“[Archived] A search"),
        ({"description": "Abandoned"}, "abandoned", "“Abandoned”"),
        ({"description": "Deprecated in favour of ferry"}, "abandoned", "in favour of ferry”"),
        ({"description": "No longer maintained search engine"}, "abandoned", "No longer maint"),
        ({"name": "a/template-python"}, "template", "its name says “template-python”"),
        (
            {"readme": "# quill\n\nThis project is no longer maintained. Use ferry."},
            "abandoned",
            "its README says “quill This project is no longer maintained",
        ),
        ({"readme": "We are looking for a new maintainer."}, "abandoned", "new maintainer"),
        ({"template": True}, "template", "marked it as a template"),
        ({"name": "a/service-template"}, "template", "its name says “service-template”"),
        ({"description": "A project template for services"}, "template", "“A project template"),
        ({"name": "a/awesome-search"}, "list", "its name says “awesome-search”"),
        ({"description": "A curated list of engines"}, "list", "“A curated list of engines”"),
        ({"topics": ("search", "awesome-list")}, "list", "it has the topic awesome-list"),
        ({"name": "a/awesome-homes", "description": "Resources"}, "list", "“awesome-homes”"),
        ({"name": "a/awesome-homes", "description": "Awesome homes"}, "list", "“awesome-homes”"),
        ({"name": "a/homes-awesome", "description": "Links"}, "list", "“homes-awesome”"),
        (
            {
                "name": "a/awesome-homes",
                "description": "All about smart homes",
                "readme": "- [Hub](https://hub.example) does it\n" * 40,
            },
            "list",
            "“awesome-homes”",
        ),
        (
            {"name": "a/sample-apps", "description": "Code samples"},
            "teaching",
            "its name says “sample-apps”",
        ),
        ({"name": "a/x-starter", "description": "Start a site"}, "template", "“x-starter”"),
        ({"name": "a/x-wheels", "description": "Wheels for x"}, "packaging", "“x-wheels”"),
        ({"name": "a/homebrew-quill", "description": "Tap of quill"}, "packaging", "homebrew-q"),
        ({"name": "a/quill-cookbook", "description": "Notebooks"}, "teaching", "quill-cookbook"),
        ({"name": "a/quill-course", "description": "Build with quill"}, "teaching", "l-course”"),
        (
            {"name": "a/x-samples", "description": "X for all", "readme": "Code samples of X."},
            "teaching",
            "“x-samples”",
        ),
        ({"description": "A curated collection of awesome tools"}, "list", "curated collection"),
        # Those who package something often give its own description.
        ({"name": "a/x-wheels", "description": "Finds x"}, "packaging", "“x-wheels”"),
        ({"description": "Workshop: routers by hand"}, "teaching", "“Workshop: routers"),
        (
            {"readme": "This project has moved to [b/quill](https://g.example/b/quill)."},
            "abandoned",
            "has moved to",
        ),
        ({"readme": "This repository has moved to https://g.example/x."}, "abandoned", "moved to"),
        ({"name": "a/search-tutorial"}, "teaching", "its name says “search-tutorial”"),
        ({"name": "a/learn-search"}, "teaching", "its name says “learn-search”"),
        ({"description": "Code for the book on search"}, "teaching", "“Code for the book"),
        ({"description": "A hands-on course on search"}, "teaching", "hands-on course"),
        ({"topics": ("workshop",)}, "teaching", "it has the topic workshop"),
        ({"name": "a/quill-feedstock"}, "packaging", "its name says “quill-feedstock”"),
        ({"description": "Helm charts for quill"}, "packaging", "“Helm charts for quill”"),
        ({"topics": ("homebrew-tap",)}, "packaging", "it has the topic homebrew-tap"),
        ({"readme": "quill is in maintenance mode."}, "maintenance", "is in maintenance mode"),
    ],
)
def test_each_kind_is_seen_by_its_evidence(known: dict[str, Any], kind: str, evidence: str) -> None:
    found = kind_of(**known)
    assert found is not None
    assert found[0] == kind
    assert evidence in found[1]


@pytest.mark.parametrize(
    "known",
    [
        # An active tool with the word in its name or title, not as the name of a list
        {"name": "a/awesomesearch", "description": "An awesome search engine"},
        {"name": "awesome-org/quill", "description": "A search engine"},
        {"description": "A list of numbers is all that it needs: sorting in hardware"},
        {"description": "Builds a collection of links between records"},
        # A finished library is old and right: age is no evidence
        {"description": "Finished: parses RFC 4180", "readme": "No changes are planned."},
        # What it handles is deprecated, archived, forked, mirrored; it is not
        {"description": "Finds deprecated APIs in your code"},
        {"readme": "The v1 API is deprecated. Use v2."},
        {"readme": "Support for Python 3.8 is no longer maintained by its authors."},
        {"description": "Deprecated API detector"},
        {"description": "Archived pages, searchable"},
        {"description": "Abandoned carts, won back"},
        {"description": "Obsolete dependencies, found before they hurt"},
        {"description": "Mirrors traffic to a second cluster"},
        {"readme": "Mailing lists are archived every night."},
        # An SDK with examples, a course's tool, templates as a feature
        {"name": "a/quill-sdk", "readme": "# quill-sdk\n\n## Examples\n\nSee the examples folder."},
        {"description": "An SDK, with examples for every call"},
        {"description": "Runs courses: enrolment, grades, certificates"},
        {"description": "Renders templates quickly"},
        {"name": "a/template-engine-x", "description": "Compiles templates to bytecode"},
        {"name": "a/learner", "description": "Learns rankings from clicks"},
        {"description": "Builds wheels for many platforms"},
        {"readme": "Puts a cluster into maintenance for upgrades."},
        {"topics": ("search", "packaging")},
        # A name says what it says by chance, where the description is of something else
        {"name": "a/font-awesome", "description": "The iconic SVG, font and CSS toolkit"},
        {"name": "a/awesome-loader", "description": "Loads scripts for a bundler"},
        {"name": "a/sample-factory", "description": "High throughput reinforcement learning"},
        {"name": "a/learning-rate-finder", "description": "Finds a good learning rate"},
        {"name": "a/graph-playground", "description": "An IDE for better workflows"},
        {"name": "a/loading-skeleton", "description": "Skeleton screens that adapt to your app"},
        {"name": "a/maps-spring-boot-starter", "description": "Maps for Spring Boot"},
        {"name": "a/art-template", "description": "A fast template engine"},
        {"name": "a/color-wheel", "description": "Picks colours in a browser"},
        {"name": "a/page-snap", "description": "Prerenders an app into static HTML"},
        {"name": "a/vue-awesome", "description": "Awesome SVG icons for Vue.js"},
        {"name": "a/cookbook", "description": "A library for all your recipes"},
        {"name": "a/drum-samples", "description": "Drum sounds for the sequencer"},
        {"name": "a/steam-workshop", "description": "Downloads mods of games"},
        {"name": "a/mecanum-wheel", "description": "Drives a robot sideways"},
        {"name": "a/homebrew-launcher", "description": "Starts programs on a console"},
        # What a project is about, and where it can be had
        {"description": "A curated collection of open source fonts"},
        {"description": "Wheel of fortune for teams"},
        {"description": "Boilerplate-free state management"},
        {"description": "A comprehensive collection of components for forms"},
        {"description": "Course management for schools, with grades"},
        {"description": "Cookbook app that plans meals", "topics": ("cookbook",)},
        {"description": "Tutorial engine that guides users through an app"},
        {"description": "Workshop scheduling for hackerspaces"},
        {"topics": ("physics", "wheels")},
        {"topics": ("genomics", "conda-forge", "helm-charts")},
        # It is where it was, and works elsewhere
        {"readme": "This package has moved to ESM only; use import."},
        {"readme": "This project has moved to GitHub Actions for its builds."},
        {"readme": "This library is no longer supported on Python 2.7; use Python 3."},
        {},
    ],
)
def test_what_only_looks_like_a_kind_is_a_project(known: dict[str, Any]) -> None:
    assert kind_of(**known) is None


def test_the_first_rule_that_holds_decides_and_labels_come_last() -> None:
    assert kind_of(fork=True, archived=True, description="A curated list") == (
        "fork",
        "GitHub says that it is a fork",
    )
    assert kind_of(name="a/awesome-x", readme="It is in maintenance mode.") is not None
    assert "maintenance" in LABELS


def test_a_text_that_repeats_itself_is_spam_and_a_long_one_that_does_not_is_not() -> None:
    stuffed = "best free vector database, AI search, agent, embeddings, chatbot. " * 40
    found = kind_of(readme=stuffed)
    assert found is not None
    assert found[0] == "spam"
    assert "its README repeats itself: it packs to " in found[1]
    assert kind_of(readme=PROSE * 3) is None
    assert kind_of(readme=stuffed[: SPAM_MIN_CHARACTERS - 1]) is None


def test_code_and_tables_of_a_readme_are_no_spam() -> None:
    rows = "\n".join(f"| {number} | {number * 7} | yes |" for number in range(200))
    code = "\n".join("    insert(record)" for _ in range(200))
    readme = f"# quill\n\n{PROSE}\n\n| a | b | c |\n|---|---|---|\n{rows}\n\n```\n{code}\n```\n"
    assert kind_of(readme=readme) is None


def test_a_notice_far_down_in_a_readme_is_about_something_else() -> None:
    filler = " ".join(f"word{number}" for number in range(400))
    assert kind_of(readme=f"{filler}\n\nThis project is deprecated.") is None


def test_evidence_is_short_printable_and_without_secrets() -> None:
    secret = "ghp_" + "a1B2" * 9
    found = kind_of(mirror_url=f"https://x.example/\x1b[31m{secret}/{'y' * 500}")
    assert found is not None
    assert len(found[1]) <= 200
    assert "\x1b" not in found[1]
    assert secret not in found[1]
