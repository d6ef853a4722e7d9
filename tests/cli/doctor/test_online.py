"""`scout doctor --online` asks GitHub and the model endpoint; without it nobody is asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from models.clock import from_iso
from tests.support.cli import SECRET, Scout
from tests.support.loaded import loaded_after
from tests.support.online_server import Answering, answering

KEY = "sk-test-" + "a1b2c3d4e5f6"
#: In less than an hour, and in more than ten minutes as long as the tests take.
RESET = int(time.time()) + 3_500


def limits(core: int = 4987, search: int = 28) -> dict[str, Any]:
    """Return the body of `GET /rate_limit`."""
    return {
        "resources": {
            "core": {"limit": 5000, "remaining": core, "reset": RESET, "used": 5000 - core},
            "search": {"limit": 30, "remaining": search, "reset": RESET, "used": 30 - search},
            "graphql": {"limit": 5000, "remaining": 5000, "reset": RESET, "used": 0},
        }
    }


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """Run a GitHub and a model endpoint that are well, and point Scout at them."""
    pytest.importorskip("httpx")
    with answering() as state:
        state.answers = {
            "/api/v3/rate_limit": (200, limits()),
            "/v1/models": (200, {"data": [{"id": "llama3.1"}, {"id": "other"}]}),
        }
        monkeypatch.setenv("SCOUT_GITHUB_URL", f"{state.url}/api/v3")
        monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"{state.url}/v1")
        monkeypatch.setenv("SCOUT_LLM_MODEL", "llama3.1")
        monkeypatch.setenv("SCOUT_LLM_API_KEY", KEY)
        yield state


def seen(scout: Scout, *options: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON of `scout doctor --online`."""
    result = scout("doctor", "--online", "--json", *options)
    assert KEY not in result.output
    return result.exit_code, json.loads(result.stdout)


def test_both_are_asked_once_each_with_its_own_token(scout: Scout, server: Answering) -> None:
    code, data = seen(scout)
    assert (code, data["problems"], data["healthy"]) == (0, [], True)
    assert server.asked == [
        ("/api/v3/rate_limit", f"Bearer {SECRET}"),
        ("/v1/models", f"Bearer {KEY}"),
    ]
    github, model = data["online"]["github"], data["online"]["model"]
    assert set(github["limits"]) == {"core", "search"}
    assert github["limits"]["core"]["remaining"] == 4987
    assert from_iso(github["limits"]["core"]["reset_at"]).timestamp() == RESET
    assert (model["models"], model["model"], model["status"]) == (2, "llama3.1", 200)


def test_people_see_what_is_left_and_what_a_run_costs(scout: Scout, server: Answering) -> None:
    screen = scout("doctor", "--online", "--top", "80").stdout
    assert re.search(r"core: 4,987 of 5,000 left until \d\d:\d\d UTC, in \d\d min", screen)
    assert "a run of --top 80 makes at most 21 searches and 680 other requests" in screen
    assert "that is less than what is left" in screen
    assert screen.rstrip().endswith("healthy")


def test_a_quota_that_is_too_small_is_said(scout: Scout, server: Answering) -> None:
    server.answers["/api/v3/rate_limit"] = (200, limits(core=400, search=3))
    _, data = seen(scout)
    cost = data["online"]["cost"]
    assert cost["fits"] is False
    assert "core has only 400 left and search has only 3 left" in cost["text"]


def test_a_token_that_is_refused_is_a_problem(scout: Scout, server: Answering) -> None:
    server.answers["/api/v3/rate_limit"] = (401, {"message": f"Bad credentials {SECRET}"})
    code, data = seen(scout)
    assert code == 3
    assert "refuses GITHUB_TOKEN (HTTP 401)" in data["problems"][0]
    assert "personal-access-tokens" in data["problems"][0]


def test_a_missing_token_is_a_note_that_says_what_it_costs(
    scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    code, data = seen(scout)
    assert code == 0
    assert server.asked[0] == ("/api/v3/rate_limit", None)
    assert "GITHUB_TOKEN is not set" in data["notes"][0]


@pytest.mark.parametrize("body", [b"<html>", {"resources": None}, {"resources": {"core": 1}}, []])
def test_a_server_that_is_no_github_is_a_problem(
    scout: Scout, server: Answering, body: Any
) -> None:
    server.answers["/api/v3/rate_limit"] = (200, body)
    code, data = seen(scout)
    assert (code, "does not answer as GitHub does" in data["problems"][0]) == (3, True)


def test_a_server_without_rate_limits_is_no_problem_but_doubtful(
    scout: Scout, server: Answering
) -> None:
    del server.answers["/api/v3/rate_limit"]
    assert "github       !" in scout("doctor", "--online").stdout
    code, data = seen(scout)
    assert (code, data["online"]["cost"]["fits"]) == (0, None)
    assert "has no rate limits" in data["notes"][0]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 3, "refuses the key (HTTP 401)"),
        (503, 3, "answers with HTTP 503"),
        (302, 3, "answers with HTTP 302"),
        (404, 0, "does not list its models (HTTP 404)"),
        (403, 0, "does not list its models (HTTP 403: "),
    ],
)
def test_what_the_model_endpoint_says_is_told(
    scout: Scout, server: Answering, status: int, code: int, words: str
) -> None:
    server.answers["/v1/models"] = (status, {})
    found, data = seen(scout)
    assert found == code
    assert words in (data["problems"] if code else data["notes"])[0]
    assert [path for path, _ in server.asked].count("/elsewhere") == 0


def test_an_endpoint_that_answers_every_path_with_an_error_is_doubted(
    scout: Scout, server: Answering
) -> None:
    server.answers["/v1/models"] = (200, {"error": "Unexpected endpoint or method. (GET /models)"})
    code, data = seen(scout)
    assert (code, "often ends in /v1" in data["notes"][0]) == (0, True)
    assert_doubtful(scout)


def test_a_model_that_is_not_listed_is_a_note(
    scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_LLM_MODEL", "mistral")
    code, data = seen(scout)
    assert (code, "does not list mistral" in data["notes"][0]) == (0, True)
    assert_doubtful(scout)


def test_an_endpoint_that_lists_no_models_is_doubtful(scout: Scout, server: Answering) -> None:
    del server.answers["/v1/models"]
    assert_doubtful(scout)


def assert_doubtful(scout: Scout) -> None:
    """Check that people see a warning at the model instead of a mark that all is well."""
    screen = scout("doctor", "--online").stdout
    assert "model        !" in screen
    assert "model        ✓" not in screen
    assert screen.rstrip().splitlines()[-1].startswith("healthy as far as can be told")


def test_a_listed_model_may_bear_a_tag(scout: Scout, server: Answering) -> None:
    server.answers["/v1/models"] = (200, {"data": [{"id": "llama3.1:latest"}]})
    assert seen(scout)[1]["notes"] == []


def test_without_a_model_the_three_ways_to_get_one_are_told(
    scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SCOUT_LLM_BASE_URL", "SCOUT_LLM_MODEL", "SCOUT_LLM_API_KEY"):
        monkeypatch.delenv(name)
    code, data = seen(scout)
    assert code == 3
    assert "(1)" in data["problems"][0]
    assert "(3)" in data["problems"][0]
    assert len(server.asked) == 1


def test_servers_that_are_not_there_are_two_problems(
    scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering() as gone:
        url = gone.url
    monkeypatch.setenv("SCOUT_GITHUB_URL", url)
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"{url}/v1")
    code, data = seen(scout)
    assert code == 3
    assert len(data["problems"]) == 2
    assert "cannot be reached" in data["problems"][1]


@pytest.mark.parametrize(
    ("offset_s", "words", "doubtful"),
    [
        (-3 * 86_400 - 60, " UTC, 3 d ago", True),
        (-120, " UTC, which is over", False),
        (9 * 86_400 + 60, " UTC, in 9 d", False),
    ],
)
def test_a_reset_is_told_as_seen_from_now(
    scout: Scout, server: Answering, offset_s: int, words: str, doubtful: bool
) -> None:
    body = limits()
    for bucket in body["resources"].values():
        bucket["reset"] = int(time.time()) + offset_s
    server.answers["/api/v3/rate_limit"] = (200, body)
    screen = scout("doctor", "--online").stdout
    assert words in screen
    assert ("github       !" in screen) is doubtful
    assert ("Check the clock" in screen) is doubtful


class TestOpenRoutersKey:
    """OpenRouter lists its models to everybody; only `GET /key` tries the key."""

    @pytest.fixture
    def openrouter(self, server: Answering, monkeypatch: pytest.MonkeyPatch) -> Answering:
        """Let the server stand in for OpenRouter, whose key goes nowhere but there."""
        monkeypatch.setattr("models.settings.chat.is_openrouter", lambda url: "/api/v1" in url)
        monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"{server.url}/api/v1")
        server.answers["/api/v1/models"] = server.answers["/v1/models"]
        return server

    @pytest.mark.parametrize(
        ("status", "data", "problem"),
        [
            (401, None, "OpenRouter refuses the key (HTTP 401)"),
            (200, {"limit": 5, "limit_remaining": 0}, "has spent its limit"),
        ],
    )
    def test_one_that_is_of_no_use_is_a_problem(
        self, scout: Scout, openrouter: Answering, status: int, data: Any, problem: str
    ) -> None:
        openrouter.answers["/api/v1/key"] = (status, {"data": data})
        code, found = seen(scout)
        assert (code, problem in found["problems"][0]) == (3, True)
        assert openrouter.asked[-1] == ("/api/v1/key", f"Bearer {KEY}")

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"limit_remaining": 4.5, "label": KEY}, "it may still spend $4.50"),
            ({"limit_remaining": None}, "it has no spending limit of its own"),
        ],
    )
    def test_one_that_is_good_is_said(
        self, scout: Scout, openrouter: Answering, data: Any, words: str
    ) -> None:
        openrouter.answers["/api/v1/key"] = (200, {"data": data})
        screen = scout("doctor", "--online").stdout
        assert f"OpenRouter accepts the key; {words}" in screen
        assert KEY not in screen
        assert screen.rstrip().endswith("healthy")

    def test_an_answer_that_says_nothing_is_doubtful(
        self, scout: Scout, openrouter: Answering
    ) -> None:
        assert seen(scout)[1]["online"]["model"]["doubtful"] is True

    @pytest.mark.usefixtures("openrouter")
    def test_no_other_endpoint_is_asked_about_a_key(
        self, scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"{server.url}/v1")
        seen(scout)
        assert [path for path, _ in server.asked if path.endswith("/key")] == []


def test_without_the_option_nobody_is_asked(scout: Scout, server: Answering) -> None:
    result = scout("doctor", "--json")
    assert "online" not in json.loads(result.stdout)
    assert server.asked == []


def test_without_the_option_no_http_library_is_imported() -> None:
    loaded = loaded_after("from cli.main import main; main()", "doctor")
    assert "peewee" in loaded
    assert not loaded & {"httpx", "httpcore", "openai"}


def test_people_see_the_ways_to_a_model_on_lines_of_their_own(
    scout: Scout, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SCOUT_LLM_BASE_URL", "SCOUT_LLM_MODEL", "SCOUT_LLM_API_KEY"):
        monkeypatch.delenv(name)
    lines = scout("doctor", "--online").stdout.splitlines()
    first = next(n for n, line in enumerate(lines) if "No language model is configured" in line)
    assert lines[first].startswith("problem  model: No language model is configured.")
    ways = [line for line in lines[first + 1 :] if line.startswith(" " * 9)]
    assert ways == lines[first + 1 :]
    assert [line.split()[0] for line in ways if "(" in line[:13]] == ["(1)", "(2)", "(3)"]
