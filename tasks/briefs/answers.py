"""One brief's text: asked for, validated, and saved or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct, field

from models.dao.briefs import BriefRow
from models.database.upsert import update_each
from models.errors import ScoutError
from models.events import Event
from models.statuses import BriefStatus
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from tasks.briefs.already import already_there
from tasks.briefs.checks import check_brief
from tasks.briefs.request import BriefMaterial
from tasks.llm.question import Question
from tasks.llm.usage import Spent, TokenBudget, save_spent
from tasks.prompts.brief_schema import (
    BriefContent,
    InvalidBriefError,
    RefusedBriefError,
    parse_brief,
)
from tasks.sources.interface import ModelAnswer
from tasks.step import StepContext

_ERROR_LENGTH = 300
_EXCERPT_LENGTH = 300


class Unit(Struct, frozen=True):
    """A planned brief, what is asked for it, and what stands in its place if that is refused."""

    group_key: str
    question: Question[BriefContent]
    composed: Callable[[], BriefContent | None]


class BriefAnswer(Struct, frozen=True):
    """What came of asking for a brief: `content`, or an `error` and the answer's beginning.

    `failed` says that the model gave no answer at all; the next attempt asks again. `refused` says
    that the answer was a brief, but none about these projects: then `content` is made of what is on
    record, where that is enough.
    """

    group_key: str
    model: str
    content: BriefContent | None = None
    error: str | None = None
    excerpt: str = ""
    failed: bool = False
    refused: bool = False
    spent: Spent = field(default_factory=Spent)


def unit_of(context: StepContext, row: BriefRow, material: BriefMaterial) -> Unit:
    """Return what is to be asked for a planned brief."""
    already = already_there(row)
    sides = material.sides(row)

    def parse(answer: ModelAnswer) -> BriefContent:
        content = parse_brief(answer.text, answer.finish_reason)
        return check_brief(content, sides, already)

    request = material.request(row, already)
    question = Question(context.sources.model, request, parse, InvalidBriefError)
    return Unit(row.group_key, question, partial(material.composed, row, already))


def ask(unit: Unit, budget: TokenBudget) -> BriefAnswer | None:
    """Return the model's text for a planned brief, valid or not; None where no token is left."""
    asked = unit.question.ask_within(budget)
    if asked is None:
        return None
    model = clean_text(asked.answer.model, 100)
    if asked.content is not None:
        return BriefAnswer(unit.group_key, model, asked.content, spent=asked.spent)
    # Far more than is kept, and far less than a hostile answer may be long.
    excerpt = clean_text(asked.answer.text[: 4 * _EXCERPT_LENGTH], _EXCERPT_LENGTH)
    error = clean_text(asked.error or "", _ERROR_LENGTH)
    refused = isinstance(asked.invalid, RefusedBriefError)
    return BriefAnswer(
        unit.group_key,
        model,
        unit.composed() if refused else None,
        error=error,
        excerpt=excerpt,
        refused=refused,
        spent=asked.spent,
    )


def failure(context: StepContext, unit: Unit, error: ScoutError) -> BriefAnswer:
    """Return what records that the model gave no answer."""
    return BriefAnswer(
        unit.group_key,
        clean_text(context.sources.model.name, 100),
        error=clean_text(error.message, _ERROR_LENGTH),
        failed=True,
        spent=unit.question.spent,
    )


def save_answers(context: StepContext, answers: Sequence[BriefAnswer]) -> None:
    """Store answers in one transaction, and audit those that are refused or did not come."""

    def write() -> None:
        for answer in answers:
            _update(context.run_id, answer)
        save_spent(context, "brief", {answer.group_key: answer.spent for answer in answers})

    context.record.save(write)
    for answer in answers:
        if answer.error is not None:
            _announce(context, answer)


def _announce(context: StepContext, answer: BriefAnswer) -> None:
    group = answer.group_key.replace(" ", ", ")
    data = {
        "kind": "brief",
        "item": answer.group_key,
        "model": answer.model,
        "error": answer.error,
        "excerpt": answer.excerpt,
    }
    if answer.failed:
        event, text = Event.LLM_ITEM_FAILED, f"There is no brief for {group}: {answer.error}"
    else:
        event = Event.LLM_OUTPUT_INVALID_JSON
        text = f"The model's brief for {group} is refused: {answer.error}."
        if answer.content is not None:
            text += " One of what is on record stands in its place."
    context.record.audit(event, text, data=data)


def _update(run_id: str, answer: BriefAnswer) -> None:
    values: dict[str, Any]
    if answer.content is None:
        values = {
            "status": str(BriefStatus.FAILED if answer.failed else BriefStatus.INVALID),
            "error": answer.error,
        }
    else:
        content_json = dumps(msgspec.to_builtins(answer.content))
        values = {
            "status": str(BriefStatus.SHORTLISTED),
            "error": answer.error,
            "content_json": content_json,
        }
    # Without the name of a model where no model wrote it.
    values["model"] = None if answer.refused and answer.content else answer.model
    key = {"run_id": run_id, "group_key": answer.group_key}
    update_each("briefs", [key | values], tuple(key))
