"""What a model may say in a brief: validated strictly, and never repaired."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from models.text.clean import clean_text
from tasks.prompts.false_claims import first_claim

#: Names this form of the answer; the prompt asks for it.
SCHEMA_ID = "brief/1"
#: Longer answers are refused unread; a valid one has at most some 6,000 characters.
ANSWER_MAX_CHARACTERS = 64 * 1024

Line = Annotated[str, Meta(min_length=1, max_length=120)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=300)]


class InvalidBriefError(ValueError):
    """A model's answer is not a brief; the text says why."""


class Outreach(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft of a first message, for a person to review and send by hand."""

    subject: Line
    body: Annotated[str, Meta(min_length=1, max_length=1200)]


class BriefContent(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal to build something out of several repositories."""

    title: Line
    pitch: Annotated[str, Meta(min_length=1, max_length=600)]
    integration: Annotated[list[Paragraph], Meta(min_length=1, max_length=5)]
    first_milestone: Paragraph
    risks: Annotated[list[Paragraph], Meta(max_length=4)]
    outreach: Outreach


_decoder = msgspec.json.Decoder(BriefContent)


def parse_brief(text: str, finish_reason: str = "stop") -> BriefContent:
    """Return a model's answer as a brief, printable and without secrets.

    Args:
        text: The answer.
        finish_reason: Why the model stopped; `length` explains an answer that is cut off.

    Raises:
        InvalidBriefError: It is not JSON, not of the schema, says nothing in a place where it must
            say something, or claims that something has been done.
    """
    if len(text) > ANSWER_MAX_CHARACTERS:
        raise InvalidBriefError(f"the answer has {len(text):,} characters")
    try:
        content = _cleaned(_decoder.decode(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        cut = "; the answer was cut off at its length limit" if finish_reason == "length" else ""
        raise InvalidBriefError(f"{exc}{cut}") from exc
    for place, value in _texts(content):
        if not value:
            raise InvalidBriefError(f"`{place}` has no visible text")
        if claim := first_claim(value):
            raise InvalidBriefError(f"`{place}` claims what nobody did: “{claim}”")
    return content


def _cleaned(content: BriefContent) -> BriefContent:
    return BriefContent(
        title=clean_text(content.title),
        pitch=clean_text(content.pitch),
        integration=[clean_text(item) for item in content.integration],
        first_milestone=clean_text(content.first_milestone),
        risks=[clean_text(item) for item in content.risks],
        outreach=Outreach(
            subject=clean_text(content.outreach.subject),
            body=clean_text(content.outreach.body, keep_newlines=True).strip(),
        ),
    )


def _texts(content: BriefContent) -> list[tuple[str, str]]:
    return [
        ("title", content.title),
        ("pitch", content.pitch),
        *((f"integration[{index}]", item) for index, item in enumerate(content.integration)),
        ("first_milestone", content.first_milestone),
        *((f"risks[{index}]", item) for index, item in enumerate(content.risks)),
        ("outreach.subject", content.outreach.subject),
        ("outreach.body", content.outreach.body),
    ]
