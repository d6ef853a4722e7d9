"""One brief's text: asked for, validated, and saved or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from models.jsontext import dumps, loads
from models.provenance import Brief
from tasks.briefs.candidates import Candidate
from tasks.briefs.schema import BriefContent, InvalidBriefError, parse_brief
from tasks.clean import clean_text
from tasks.sources.interface import BriefRequest
from tasks.step import StepContext

_ERROR_LENGTH = 300
_EXCERPT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for a brief: `content`, or an `error` and the answer's beginning."""

    group_key: str
    model: str
    content: BriefContent | None = None
    error: str | None = None
    excerpt: str = ""


def ask(context: StepContext, row: Brief, candidates: Mapping[str, Candidate]) -> Answer:
    """Return the model's text for a planned brief, valid or not."""
    full_names = loads(row.repos_json)
    answer = context.sources.model.write_brief(
        BriefRequest(
            full_names=full_names,
            summaries={name: candidates[name].summary for name in full_names},
            shared_keywords=loads(row.shared_keywords_json),
            query=context.args.query,
        )
    )
    model = clean_text(answer.model, 100)
    try:
        content = parse_brief(answer.text, answer.finish_reason)
    except InvalidBriefError as exc:
        error = clean_text(str(exc), _ERROR_LENGTH)
        # Far more than is kept, and far less than a hostile answer may be long.
        excerpt = clean_text(answer.text[: 4 * _EXCERPT_LENGTH], _EXCERPT_LENGTH)
        return Answer(row.group_key, model, error=error, excerpt=excerpt)
    return Answer(row.group_key, model, content)


def save_answers(context: StepContext, answers: Sequence[Answer]) -> None:
    """Store answers in one transaction, and audit those that are refused."""
    with context.record.saving():
        for answer in answers:
            _update(context.run_id, answer)
    for answer in answers:
        if answer.error is not None:
            context.record.audit(
                "llm.output.invalid_json",
                f"The model's brief for {answer.group_key.replace(' ', ', ')} is refused:"
                f" {answer.error}.",
                level="WARNING",
                data={
                    "kind": "brief",
                    "item": answer.group_key,
                    "model": answer.model,
                    "error": answer.error,
                    "excerpt": answer.excerpt,
                },
            )


def _update(run_id: str, answer: Answer) -> None:
    if answer.content is None:
        values = {"status": "invalid", "error": answer.error}
    else:
        values = {"content_json": dumps(msgspec.to_builtins(answer.content))}
    mine = (Brief.run == run_id) & (Brief.group_key == answer.group_key)
    Brief.update({**values, "model": answer.model}).where(mine).execute()
