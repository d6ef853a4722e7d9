"""What stands in a README's place and is none, and what only looks like it."""

from __future__ import annotations

import json

from tasks.hydration.not_a_readme import why_no_readme
from tests.support.step_fakes import new_world

OBJECT = {"path": "README.md", "sha": "0" * 40, "url": "https://api.example/x"}
NONE = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 10370\n": "a pointer to Git"
    " LFS",
    b"docs/README.md": "nothing but the path of another file",
    b"../README.rst\n": "nothing but the path of another file",
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)): "a picture (PNG)",
    b"\xff\xd8\xff\xe0": "a picture (JPEG)",
    b"%PDF-1.7": "a PDF",
    b"\n<!DOCTYPE html>\n<html><title>Sign in</title>": "an HTML page",
    b"<HTML lang=en>": "an HTML page",
    json.dumps({"type": "symlink", "target": "a"} | OBJECT).encode(): "a symbolic link",
    json.dumps({"type": "submodule"} | OBJECT).encode(): "a submodule",
    json.dumps([{"type": "file"} | OBJECT]).encode(): "a folder",
}
READMES = (
    b"",
    b"# docs/README.md\n",
    b"See docs/README.md",
    b"hello",
    b"awesome-tool",
    b'<h1 align="center">Tool</h1>\n',
    b"This tool reads version https://git-lfs.github.com/spec/v1 files.",
    b'{"type": "symlink", "name": "an example"}',
    b"PNG files are read.",
)


def test_each_is_named_and_nothing_else_is_taken_for_one() -> None:
    assert {content: why_no_readme(content) for content in NONE} == NONE
    assert [content for content in READMES if why_no_readme(content)] == []


def test_such_a_repository_has_no_readable_readme_and_it_is_said_why(database: object) -> None:
    world = new_world(query="vector database")
    world.github.results = {"vector": ["a/one", "b/two"]}
    world.github.readmes = {"a/one": b"docs/README.md"}
    stats = world.steps("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
    assert (stats["hydrate_readme"]["found"], stats["hydrate_readme"]["missing"]) == (1, 1)
    (event,) = world.recorder.events("repo.readme.missing")
    assert event == {"full_name": "a/one", "reason": "It is nothing but the path of another file."}
    assert any(
        "a/one has no readable README: it is nothing but" in text
        for text in world.recorder.messages
    )
