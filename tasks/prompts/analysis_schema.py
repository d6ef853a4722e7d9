"""What a language model must answer to an analysis request: `repo-analysis/1`, strictly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from models.codes import Code
from models.errors import PermanentError
from models.text.storable import storable, storable_tree
from tasks.text.keywords import normalise_keyword, normalise_keywords

SCHEMA_ID = "repo-analysis/1"
EVIDENCE_MAX_WORDS = 10
KEYWORDS_MIN = 3
#: Longer answers are refused unread; a valid one has a few kilobytes.
ANSWER_MAX_CHARACTERS = 256 * 1024

Unit = Annotated[float, Meta(ge=0, le=1)]
Phrase = Annotated[str, Meta(min_length=1, max_length=200)]
Surface = Literal[
    "library", "cli", "http_api", "grpc_api", "plugin", "storage", "stream", "ui", "model", "sdk"
]


class InvalidOutputError(PermanentError):
    """A model's answer does not follow the schema; none of it may be used."""

    code = Code.INVALID_MODEL_OUTPUT


class Scores(Struct, frozen=True, forbid_unknown_fields=True):
    """The model's own scores, from 0 to 1."""

    interestingness: Unit
    novelty: Unit
    collaboration_potential: Unit


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """A claim, and the words of the README or description that it rests on."""

    claim: Annotated[str, Meta(min_length=1, max_length=300)]
    evidence: Phrase

    def __post_init__(self) -> None:
        words = len(self.evidence.split())
        if not self.claim.strip() or not words:
            raise ValueError("Expected text, got blanks")
        if words > EVIDENCE_MAX_WORDS:
            raise ValueError(
                f"Expected evidence of at most {EVIDENCE_MAX_WORDS} words, got {words}"
            )


class Signals(Struct, frozen=True, forbid_unknown_fields=True):
    """What matters for building something together."""

    maturity: Literal["experimental", "active", "mature"]
    integration_surface: Annotated[list[Surface], Meta(max_length=6)]
    provides: Annotated[list[Phrase], Meta(max_length=8)]
    needs: Annotated[list[Phrase], Meta(max_length=8)]


class RepoAnalysis(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole answer."""

    summary: Annotated[str, Meta(min_length=1, max_length=400)]
    scores: Scores
    reasons: Annotated[list[Reason], Meta(min_length=1, max_length=5)]
    signals: Signals
    keywords: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=60)]],
        Meta(min_length=KEYWORDS_MIN, max_length=12),
    ]

    def __post_init__(self) -> None:
        if not self.summary.strip():
            raise ValueError("Expected a summary, got blanks")
        # That one is there twice is no reason to lose the rest: no schema that endpoints enforce
        # says so, and each counts once (`normalise_keywords`).
        if not any(map(normalise_keyword, self.keywords)):
            raise ValueError("Expected keywords, got only punctuation")


_decoder = msgspec.json.Decoder(RepoAnalysis, strict=True)


def parse_analysis(text: str, finish_reason: str = "stop") -> RepoAnalysis:
    """Return a model's answer, checked against the schema.

    Raises:
        InvalidOutputError: It is not JSON, or breaks the schema anywhere; the message says where.
    """
    if len(text) > ANSWER_MAX_CHARACTERS:
        raise InvalidOutputError(f"The answer has {len(text):,} characters.")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as exc:
        cut = " The answer was cut off at its length limit." if finish_reason == "length" else ""
        raise InvalidOutputError(f"{storable(str(exc)).rstrip('.')}.{cut}") from exc


def stored_form(analysis: RepoAnalysis, reasons: Sequence[Reason]) -> dict[str, Any]:
    """Return what is kept of an analysis: fit for the database, keywords in their normal form.

    Args:
        analysis: A valid answer.
        reasons: Those of its reasons whose evidence was found.
    """
    plain: dict[str, Any] = msgspec.to_builtins(analysis)
    plain["reasons"] = [msgspec.to_builtins(reason) for reason in reasons]
    plain["keywords"] = normalise_keywords(analysis.keywords)
    kept: dict[str, Any] = storable_tree(plain)
    return kept
