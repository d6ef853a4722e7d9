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
    b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="10">': "a picture (SVG)",
    b"\0GITCRYPT\0" + bytes(range(256)): "encrypted",
    b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n": "encrypted",
    b"SQLite format 3\0" + bytes(range(256)): "binary data",
    b"\0\0\0\x18ftypmp42" + bytes(range(256)): "binary data",
    b"\xef\xbb\xbfversion https://git-lfs.github.com/spec/v1\noid x\n": "a pointer to Git LFS",
    b"../../.git/annex/objects/aB/cD/x": "a pointer of git-annex",
    b"docs/My Readme.md": "nothing but the path of another file",
    b"docs\\README.md\r\n": "nothing but the path of another file",
    b"README": "nothing but the path of another file",
    b"<head><title>403 Forbidden</title></head>": "an HTML page",
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
    b"A \x1b[31mred\x1b[0m word, a bell\x07, a page\x0c and an overstrike_\x08.",
    "# 一个向量索引\n".encode("utf-16"),
    "# Ein schneller Index, 一个向量索引\n".encode("utf-16-le"),
    b"A pipe: docs/in.md or docs/out.md",
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
