"""A live run's requests and questions are spans of its steps."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from tests.support.cli import SECRET, Scout
from tests.support.otlp import Collector


def test_requests_and_questions_are_children_without_their_content(
    live: Callable[..., Result],
    scout: Scout,
    collector: Collector,
) -> None:
    assert live("--max-briefs", "1").exit_code == 0
    by_id = {span.own: span for span in collector.spans}
    (search, *_) = [
        span for span in collector.named("GET") if "/search/" in span.attributes["url.full"]
    ]
    assert by_id[search.parent].name == "github_search_pass1"
    assert search.attributes["http.response.status_code"] == 200
    assert "?" not in search.attributes["url.full"]
    (question, *_) = collector.named("chat test-model")
    assert by_id[question.parent].name == "llm_repo_analysis"
    assert question.attributes["gen_ai.usage.input_tokens"] == 100
    assert question.attributes["gen_ai.response.model"] == "test-model-2026"
    posts = [span for span in collector.named("POST") if span.parent == question.own]
    assert len(posts) == 1
    text = "".join(span.everything for span in collector.spans)
    assert SECRET not in text
    assert "An index." not in text
