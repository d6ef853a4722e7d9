from __future__ import annotations

import pytest

from tasks.prompts.false_claims import first_claim


@pytest.mark.parametrize(
    "text",
    [
        "Hi! I reviewed your codebase and loved it.",
        "We have already integrated both projects.",
        "I opened a PR yesterday.",
        "I've opened an issue about it",
        "I’ve forked the repo.",
        "We've been using your library in production.",
        "Our team has tested this on a large dataset.",
        "**I** *reviewed* your code",
        "I have carefully read your source code.",
        "I've read through both codebases.",
        "I looked at your implementation.",
        "I took the liberty of opening a pull request.",
        "I went ahead and built an adapter",
        "After reviewing your codebase, I think …",
        "Having studied your codebase,",
        "A pull request has been opened.",
        "A small prototype is already running.",
        "Our prototype already works.",
        "From our benchmarks it is clear that …",
        "See my PR for details.",
        "If you like it: we built an adapter.",
        "\uff29 reviewed your code",
        "I\nreviewed   your code",
    ],
)
def test_a_claim_of_something_done_is_caught(text: str) -> None:
    assert first_claim(text)


@pytest.mark.parametrize(
    "text",
    [
        "I would like to open a pull request.",
        "We could integrate both.",
        "Once we have integrated X, users would …",
        "If I opened an issue, would that help?",
        "I came across your project while looking for vector databases.",
        "I noticed that both speak Arrow.",
        "Would you review a small prototype?",
        "If you agree, I will open an issue.",
        "A prototype could be built in a week.",
        "This could be tested with a public dataset.",
        "I am writing because the two overlap.",
        "Both are used in production and tested against each other.",
        "A pull request would follow.",
        "An issue could be opened to discuss it.",
        "Tidepool has integrated search. Quiver was built in Rust.",
        "Wi-Fi reviewed",
    ],
)
def test_offers_wishes_and_facts_about_projects_are_no_claims(text: str) -> None:
    assert first_claim(text) is None


def test_the_claim_itself_is_returned() -> None:
    assert first_claim("Hello, I have already tested your tool.") == "i have already tested"
