"""Rows of `analyses`: what was asked, by whom it was answered, and what the answer came to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from models.errors import ScoutError
from models.redaction import default_redactor
from models.statuses import AnalysisStatus
from models.text.canonical_json import dumps, loads
from models.text.clean import clean_text
from models.text.storable import storable
from tasks.analysis.candidates import Candidate
from tasks.analysis.evidence import grounded_reasons
from tasks.analysis.scoring import POLICY, ScoreInputs, days_between, score_repo
from tasks.llm.question import Asked
from tasks.llm.usage import Spent
from tasks.prompts.analysis_schema import RepoAnalysis, stored_form
from tasks.prompts.prompt import Prompt
from tasks.sources.chat.context_length import ShortenedAnswer
from tasks.sources.interface import AnalysisRequest
from tasks.step import StepContext

#: Characters of an invalid answer that are kept for the person who wonders why.
RAW_MAX_CHARACTERS = 16 * 1024
ERROR_MAX_CHARACTERS = 500
MODEL_MAX_CHARACTERS = 200

Row = dict[str, Any]
#: The columns that only a valid or only an invalid analysis has.
_NO_RESULT: Row = dict.fromkeys(
    (
        "output_json",
        "raw_text",
        "interestingness",
        "novelty",
        "collaboration_potential",
        "final_score",
        "error",
    )
)


def input_hash(request: AnalysisRequest, prompt: Prompt, model: str) -> str:
    """Return the SHA-256 of all that an answer depends on; the README counts by its digest."""
    seen = {
        "full_name": request.full_name,
        "description": request.description,
        "language": request.language,
        "topics": list(request.topics),
        "readme_sha256": request.readme_sha256,
        "prompt": [prompt.id, prompt.version, prompt.schema],
        "model": model,
    }
    return hashlib.sha256(dumps(seen).encode()).hexdigest()


class RowMaker(Struct, frozen=True):
    """Makes the rows of a step; holds what is the same for all of them."""

    context: StepContext
    prompt: Prompt
    today: date

    def answered(
        self, candidate: Candidate, request: AnalysisRequest, asked: Asked[RepoAnalysis]
    ) -> Row:
        """Return the row of an answer, valid or not."""
        row = self._provenance(request, asked.answer.model, asked.spent)
        if asked.content is None:
            return row | {
                "status": AnalysisStatus.INVALID,
                "error": asked.error,
                "raw_text": _raw(asked.answer.text),
            }
        analysis = asked.content
        reasons = grounded_reasons(analysis.reasons, request.readme, request.description)
        output = stored_form(analysis, reasons) | {
            "evidence_dropped": len(analysis.reasons) - len(reasons)
        }
        if isinstance(asked.answer, ShortenedAnswer):
            output["readme_cut_at"] = asked.answer.readme_cut_at
        scores = msgspec.structs.asdict(analysis.scores)
        return row | self._judged(candidate, scores, output, has_readme=bool(request.readme))

    def failed(self, request: AnalysisRequest, error: ScoutError, spent: Spent) -> Row:
        """Return the row of a repository about which the model gave no answer."""
        return self._provenance(request, self.context.sources.model.name, spent) | {
            "status": AnalysisStatus.FAILED,
            "error": clean_text(error.message, ERROR_MAX_CHARACTERS),
        }

    def reused(
        self, candidate: Candidate, request: AnalysisRequest, model: str, output_json: str, run: str
    ) -> Row:
        """Return the row of an analysis that an earlier run paid for, scored as of today.

        Args:
            candidate: The repository.
            request: What would be asked.
            model: Who answered then.
            output_json: The stored answer.
            run: The run that it was stored by; the one that really asked is kept as its origin.
        """
        stored = loads(output_json)
        has_readme = bool(stored.pop("score")["inputs"]["has_readme"])
        output = stored | {"reused_from": stored.get("reused_from", run)}
        return self._provenance(request, model, Spent()) | self._judged(
            candidate, stored["scores"], output, has_readme=has_readme
        )

    def _provenance(self, request: AnalysisRequest, model: str, spent: Spent) -> Row:
        asked_for = self.context.sources.model.name or model
        return {
            "run_id": self.context.run_id,
            "full_name": request.full_name,
            "model": clean_text(model, MODEL_MAX_CHARACTERS),
            "prompt_id": self.prompt.id,
            "prompt_version": self.prompt.version,
            "input_hash": input_hash(request, self.prompt, asked_for),
            "scoring_policy": POLICY,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "created_at": self.context.now_iso(),
        } | _NO_RESULT

    def _judged(
        self, candidate: Candidate, scores: Mapping[str, float], output: Row, *, has_readme: bool
    ) -> Row:
        inputs = ScoreInputs(
            **scores,
            stars=candidate.stars,
            days_since_push=days_between(candidate.pushed_at, self.today),
            has_readme=has_readme,
            has_evidence=bool(output["reasons"]),
            archived=candidate.archived,
        )
        score = score_repo(inputs)
        judged = {"score": {"inputs": asdict(inputs), "components": dict(score.components)}}
        return dict(scores) | {
            "status": AnalysisStatus.VALID,
            "final_score": score.final,
            # A README may show a key, and an endpoint may repeat ours.
            "output_json": default_redactor().scrub_line(dumps(output | judged)),
        }


def _raw(text: str) -> str:
    """Return the beginning of an answer without secrets; cut last, so that no half of one stays."""
    return storable(default_redactor().redact_text(text))[:RAW_MAX_CHARACTERS]
