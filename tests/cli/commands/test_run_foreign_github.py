"""Live runs over what GitHub shows beside what one expects: names, READMEs, searches, quotes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart, Fault
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.server import Asked, Handler, completion, content_for
from tests.support.live_cli import explained

pytestmark = pytest.mark.usefixtures("quick")

Live = Callable[..., Result]

#: What stands in a README's place and is none, and what is said of it.
NONE_AT_ALL = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"cd" * 32 + b"\nsize 88\n": "LFS",
    b"../other/README.md": "path of another file",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(200)): "a picture",
    b"<!DOCTYPE html><html><title>Sign in</title><p>Who are you?</p></html>": "an HTML page",
}
#: READMEs in encodings of their time and place, with what must be read in them.
ENCODED = {
    "一个用来检索向量的快速数据库，适合小型机器使用。": "gbk",
    "これは高速なベクトル検索エンジンです。小さなデータに向いています。": "shift_jis",
    "이것은 작은 기계를 위한 빠른 벡터 색인입니다.": "euc-kr",
    "Это быстрый индекс векторов для небольших машин.": "windows-1251",
    "Une base de données très rapide, idéale pour tous.": "utf-16",
}
#: What a README says, and how an honest model quotes it.
QUOTED = (
    ("The **quick** [index](https://x.example/y) of `vectors`.", "The quick index of vectors."),
    ("The world’s “quick” index – of vectors", 'The world\'s "quick" index - of vectors'),
    ("Schnell fu\u0308r kleine Maschinen", "Schnell f\u00fcr kleine Maschinen"),
    ("A quick\u200b ind\u00adex of vectors", "A quick index of vectors"),
)


def name(number: int) -> str:
    return f"owner-{number}/vector-{number}"


def test_what_is_no_readme_is_said_and_what_is_one_is_read(
    live: Live, github: Counterpart, database: Database
) -> None:
    readmes = [*NONE_AT_ALL, *(f"# x\n\n{text * 3}\n".encode(how) for text, how in ENCODED.items())]
    github.world.size = len(readmes)
    github.world.readmes = {name(number): text for number, text in enumerate(readmes, start=1)}
    assert live().exit_code == 0
    told = database.execute("SELECT message FROM audit_log WHERE event = 'repo.readme.missing'")
    messages = " ".join(message for (message,) in told.fetchall())
    assert messages.count("has no readable README") == len(NONE_AT_ALL)
    assert all(words in messages for words in NONE_AT_ALL.values())
    stored = " ".join(text for (text,) in database.execute("SELECT text FROM readme_texts"))
    assert [text for text in ENCODED if text not in stored] == []


def test_a_quote_is_found_in_whatever_dress(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer
) -> None:
    github.world.size = len(QUOTED)
    quotes = {}
    for number, (text, quote) in enumerate(QUOTED, start=1):
        github.world.readmes[name(number)] = f"# x\n\n{text}\n".encode()
        quotes[name(number)] = quote

    def quoting(handler: Handler, asked: Asked) -> None:
        content = content_for(asked)
        if asked.item in quotes:
            content["reasons"] = [{"claim": "It says so.", "evidence": quotes[asked.item]}]
        handler.reply(200, completion(json.dumps(content)))

    chat.always = quoting
    assert live().exit_code == 0
    (step,) = [
        one for one in scout.json("show", "last")["steps"] if one["name"] == "llm_repo_analysis"
    ]
    assert (step["stats"]["valid"], step["stats"]["evidence_dropped"]) == (len(QUOTED), 0)


def test_one_project_under_three_names_is_one(
    live: Live, github: Counterpart, database: Database
) -> None:
    github.world.renamed = {name(3): "foundation/metathing"}
    text = b"# metathing\n\nAn index that is met under three names by whoever looks for it.\n" * 3
    github.world.readmes = {name(3): text, name(4): text}
    assert live("--min-score", "0.01").exit_code == 0
    repos = [row[0] for row in database.execute("SELECT full_name FROM repos").fetchall()]
    assert "foundation/metathing" in repos
    assert name(3) not in repos
    groups = [row[0] for row in database.execute("SELECT group_key FROM briefs").fetchall()]
    assert groups
    assert not [key for key in groups if "foundation/metathing" in key and name(4) in key.split()]


CUT_SHORT = Fault(
    200,
    {"content-type": "application/json"},
    b'{"total_count": 0, "incomplete_results": true, "items": []}',
)


def test_a_search_that_was_cut_short_once_costs_nothing(
    scout: Scout, live: Live, github: Counterpart
) -> None:
    github.plan("/search/repositories", CUT_SHORT)
    assert live().exit_code == 0
    assert "no repository" not in explained(scout)["what"].lower()
    steps = {step["name"]: step["stats"] for step in scout.json("show", "last")["steps"]}
    assert steps["github_search_pass1"]["found"] == github.world.size
    assert not steps["github_search_pass1"]["incomplete_results"]


def test_a_search_that_is_always_cut_short_is_no_search_without_a_match(
    scout: Scout, live: Live, github: Counterpart
) -> None:
    github.always("/search/repositories", CUT_SHORT)
    live()
    diagnosis = explained(scout)
    assert diagnosis["code"] == "search_cut_short"
    assert "GitHub timed out" in diagnosis["what"]
    assert "No repository matches" not in json.dumps(diagnosis)
