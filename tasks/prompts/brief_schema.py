"""What a model may say in a brief: validated strictly, and never repaired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from models.text.clean import clean_text
from tasks.prompts.false_claims import first_claim

#: Names this form of the answer; the prompt asks for it.
SCHEMA_ID = "brief/2"
#: Longer answers are refused unread; a valid one has at most some 10,000 characters.
ANSWER_MAX_CHARACTERS = 64 * 1024

Line = Annotated[str, Meta(min_length=1, max_length=120)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=300)]


class InvalidBriefError(ValueError):
    """A model's answer is not a brief; the text says why."""


class RefusedBriefError(InvalidBriefError):
    """An answer of the right shape that says nothing of use about these projects.

    That the model found nothing to say about a group is no sign that it cannot be used at all.
    """


class Interface(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a project can be reached, and the words of its README that show it."""

    repo: Line
    interface: Annotated[str, Meta(min_length=1, max_length=200)]
    quote: Annotated[str, Meta(max_length=300)]


class Gain(Struct, frozen=True, forbid_unknown_fields=True):
    """What one of the projects gets out of it."""

    repo: Line
    gain: Paragraph


class Outreach(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft of a first message, for a person to review and send by hand."""

    subject: Line
    body: Annotated[str, Meta(min_length=1, max_length=1200)]


class BriefContent(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal to build something out of several repositories."""

    title: Line
    pitch: Annotated[str, Meta(min_length=1, max_length=600)]
    interfaces: Annotated[list[Interface], Meta(max_length=8)]
    first_step: Annotated[str, Meta(min_length=1, max_length=400)]
    gains: Annotated[list[Gain], Meta(max_length=4)]
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
        content = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        cut = "; the answer was cut off at its length limit" if finish_reason == "length" else ""
        raise InvalidBriefError(f"{exc}{cut}") from exc
    return valid_brief(content)


def valid_brief(content: BriefContent) -> BriefContent:
    """Return a brief of the right shape, printable and without secrets.

    Raises:
        InvalidBriefError: It says nothing in a place where it must say something, or claims that
            something has been done.
    """
    content = _cleaned(content)
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
        interfaces=[
            Interface(clean_text(one.repo), clean_text(one.interface), clean_text(one.quote))
            for one in content.interfaces
        ],
        first_step=clean_text(content.first_step),
        gains=[Gain(clean_text(one.repo), clean_text(one.gain)) for one in content.gains],
        risks=[clean_text(item) for item in content.risks],
        outreach=Outreach(
            subject=clean_text(content.outreach.subject),
            body=clean_text(content.outreach.body, keep_newlines=True).strip(),
        ),
    )


def _texts(content: BriefContent) -> Iterator[tuple[str, str]]:
    """Yield what the model itself says, with its place; a quote is what others said."""
    yield "title", content.title
    yield "pitch", content.pitch
    for index, one in enumerate(content.interfaces):
        yield f"interfaces[{index}].repo", one.repo
        yield f"interfaces[{index}].interface", one.interface
    yield "first_step", content.first_step
    for index, gained in enumerate(content.gains):
        yield f"gains[{index}].repo", gained.repo
        yield f"gains[{index}].gain", gained.gain
    for index, item in enumerate(content.risks):
        yield f"risks[{index}]", item
    yield "outreach.subject", content.outreach.subject
    yield "outreach.body", content.outreach.body
