"""Everything that is on record about a run, redacted once more, as files to pack into an archive.

The same rows give the same bytes: members are in a fixed order, JSON has sorted keys, and no file
carries the time at which it was packed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from models.dao.any_table import rows_of_run
from models.dao.readmes import ReadmesDao
from models.dao.runs import RunsDao
from models.errors import BrokenRecordError
from models.records.broken_rows import is_json
from models.records.consistency import contradictions, log_contradictions, log_lines
from models.redaction import default_redactor
from models.settings.runtime import Settings
from models.tables import github, results
from models.tables.base import Table
from models.tables.runs import AuditEvent, Run, RunStep, RunTag
from models.tables.verdicts import PairVerdict
from models.text.canonical_json import dumps, loads

#: File to table; and what the file holds, for the README.
_TABLES: Mapping[str, tuple[type[Table], str]] = {
    "steps.jsonl": (RunStep, "the ten steps, with attempts, times, stats and errors"),
    "tags.jsonl": (RunTag, "what the run is called, beside its id"),
    "audit.jsonl": (AuditEvent, "the audit log, where every attempt and transition is"),
    "queries.jsonl": (results.GithubQuery, "the searches, and how far each came"),
    "repo_queries.jsonl": (results.RepoQuery, "which search found what, at which rank"),
    "repos.jsonl": (results.Repo, "the repositories as GitHub described them then"),
    "readmes.jsonl": (results.ReadmeRecord, "README digests, sizes and encodings, no texts"),
    "analyses.jsonl": (results.Analysis, "the model's analyses, their scores and inputs"),
    "rankings.jsonl": (results.Ranking, "what a run without a model ranks by, its keywords"),
    "keywords.jsonl": (results.Keyword, "the keywords and their weights"),
    "verdicts.jsonl": (PairVerdict, "what the model said of pairs, and why"),
    "briefs.jsonl": (results.Brief, "the groups, their scores, and what was written"),
    "rate_limits.jsonl": (github.GithubRateLimit, "what was left of GitHub's limits"),
    "llm_usage.jsonl": (results.LlmUsage, "requests, tokens and cost of the model"),
}
_README = """\
What Scout recorded about run {run_id}, to attach to a bug report.

Everything in here went through Scout's redaction once more when it was packed: values of secret
environment variables, tokens of known formats, passwords in URLs and the like are masked. It still
says what was searched for, names of repositories, paths on the machine, and names of hosts and
users. Look through it before you send it.

{files}
{texts}
"""


class Member(Struct, frozen=True):
    """One file of the archive."""

    name: str
    content: bytes
    about: str


def members_of(
    run_id: str,
    settings: Settings,
    versions: Mapping[str, str | None],
    attempts: Sequence[Mapping[str, Any]],
    *,
    log_file: Path | None = None,
    with_readmes: bool = False,
    live: Mapping[str, object] | None = None,
    more: Iterable[Member] = (),
) -> Iterator[Member]:
    """Yield the files about a run, the README last, when it is known what the others are.

    Args:
        run_id: The run.
        settings: The settings of the process that packs.
        versions: Of Scout and its libraries.
        attempts: The run's attempts, in order.
        log_file: Where log lines go, if anywhere.
        with_readmes: Whether the texts of READMEs are packed as well.
        live: Where live runs ask, without any secret.
        more: Files to pack as well.

    Raises:
        InputError: There is no such run.
    """
    RunsDao.get(run_id)
    packed: list[Member] = []

    def listed(members: Iterable[Member]) -> Iterator[Member]:
        for member in members:
            packed.append(Member(member.name, b"", member.about))
            yield member

    public = settings.public() | {"live": dict(live or {})}
    yield from listed(_documents(run_id, public, versions, log_file))
    yield from listed([_lines("attempts.jsonl", attempts, "every try at a step, and its end")])
    yield from listed(
        _lines(name, _rows(table, run_id), about) for name, (table, about) in _TABLES.items()
    )
    if log_file:
        lines = _of_run(log_lines(log_file), run_id)
        yield from listed([_lines("log.jsonl", lines, "the run's lines of the log file")])
    if with_readmes:
        yield from listed(_readmes(run_id))
    yield from listed(more)
    width = max(len(member.name) for member in packed)
    files = "\n".join(f"{member.name:<{width}}  {member.about}" for member in packed)
    texts = "" if with_readmes else "The texts of READMEs are left out; --with-readmes adds them."
    text = _README.format(run_id=run_id, files=files, texts=texts).rstrip() + "\n"
    yield Member("README.txt", text.encode(), "this file")


def _documents(
    run_id: str,
    settings: Mapping[str, object],
    versions: Mapping[str, str | None],
    log_file: Path | None,
) -> Iterator[Member]:
    (run,) = _rows(Run, run_id)
    yield _document("run.json", run, "the run: command, arguments, status and error")
    yield _document("settings.json", settings, "the settings of who packed this, also of live runs")
    yield _document("versions.json", dict(versions), "of Scout, Python and the libraries")
    lines = log_lines(log_file) if log_file else ()
    found = {
        "rows_and_audit": contradictions(run_id),
        "log_and_audit": log_contradictions(run_id, lines) if log_file else None,
    }
    about = "contradictions in the records; empty where they agree"
    yield _document("reconcile.json", found, about)


def _rows(table: type[Table], run_id: str) -> list[dict[str, Any]]:
    """Return the rows of a run as objects; what is stored as JSON text is decoded."""
    return [_decoded(row) for row in rows_of_run(table, run_id)]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose JSON columns are objects, so that secrets in them are found by key.

    One that holds no JSON keeps its name, and its text.
    """
    decoded: dict[str, Any] = {}
    for column, value in row.items():
        if is_json(column):
            with suppress(BrokenRecordError):
                decoded[column.removesuffix("_json")] = loads(value)
                continue
        decoded[column] = value
    return decoded


def _of_run(lines: Iterable[str], run_id: str) -> list[Any]:
    """Return the log lines of a run; one that names it but is no JSON is kept as text."""
    found: list[Any] = []
    for line in lines:
        if run_id not in line:
            continue
        try:
            value = json.loads(line)
        except ValueError:
            found.append({"text": line.rstrip("\n")})
            continue
        if isinstance(value, dict) and value.get("run_id") == run_id:
            found.append(value)
    return found


def _readmes(run_id: str) -> Iterator[Member]:
    for sha256, text in ReadmesDao.texts_of_run(run_id):
        content = default_redactor().redact_text(text).encode(errors="replace")
        yield Member(f"readmes/{sha256}.txt", content, "the text of a README, redacted")


def _document(name: str, value: Mapping[str, Any], about: str) -> Member:
    redactor = default_redactor()
    text = json.dumps(loads(dumps(redactor.redact(dict(value)))), indent=2, sort_keys=True)
    return Member(name, f"{redactor.scrub_line(text)}\n".encode(), about)


def _lines(name: str, rows: Sequence[Any], about: str) -> Member:
    redactor = default_redactor()
    text = "".join(f"{redactor.scrub_line(dumps(redactor.redact(row)))}\n" for row in rows)
    count = "1 line" if len(rows) == 1 else f"{len(rows):,} lines"
    return Member(name, text.encode(), f"{count}: {about}")
