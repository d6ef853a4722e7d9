"""Analyses of a pass's repositories: asked for, validated, checked, scored and stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import msgspec

from models.jsontext import dumps
from models.provenance import Analysis
from models.redaction import default_redactor
from models.rows import upsert
from tasks.analysis.candidates import Candidate, candidates, readme_text
from tasks.analysis.evidence import grounded_reasons
from tasks.analysis.schema import (
    ANSWER_MAX_CHARACTERS,
    InvalidOutputError,
    RepoAnalysis,
    parse_analysis,
    stored_form,
)
from tasks.analysis.scoring import POLICY, ScoreInputs, days_between, score_repo
from tasks.analysis.totals import analysis_totals
from tasks.clean import clean_text
from tasks.prompts import Prompt, load_prompt
from tasks.reference_date import reference_date
from tasks.sources.interface import AnalysisRequest, ModelAnswer
from tasks.step import StepContext
from tasks.text import storable
from tasks.units import work_through

PROMPT = "repo_analysis"
#: Characters of an invalid answer that are kept for the person who wonders why.
RAW_MAX_CHARACTERS = 16 * 1024
ERROR_MAX_CHARACTERS = 500
#: The columns that only a valid or only an invalid analysis has.
_NO_RESULT: dict[str, Any] = dict.fromkeys(
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


def analyse_repos(
    context: StepContext, pass_number: int, limit: int | None = None
) -> dict[str, Any]:
    """Store an analysis for each of a pass's hydrated repositories that has none, best first.

    An answer that breaks the schema is stored as `invalid`, with the raw text and the reason, and
    without scores; it is not asked for again. One whose evidence is nowhere to be found stays
    valid, without those reasons, and loses points.

    Args:
        context: The step that works.
        pass_number: Whose repositories.
        limit: How many of the pass are analysed, earlier attempts included; None for all.

    Returns:
        The pass's totals.
    """
    repos = candidates(context.run_id, pass_number)[:limit]
    waiting = [candidate for candidate in repos if not candidate.is_analysed]
    analyst = _Analyst(context, load_prompt(PROMPT), reference_date(context))

    def save(batch: Sequence[dict[str, Any]]) -> None:
        with context.record.saving():
            upsert(Analysis, batch, ("run_id", "full_name"))
        for row in batch:
            if row["status"] == "invalid":
                _announce_invalid(context, row)

    work_through(context, waiting, analyst.row, save, done=len(repos) - len(waiting))
    return analysis_totals(context.run_id, pass_number)


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


@dataclass(frozen=True, slots=True)
class _Analyst:
    """What stays the same for all repositories of a step."""

    context: StepContext
    prompt: Prompt
    today: date

    def row(self, candidate: Candidate) -> dict[str, Any]:
        """Ask about one repository and return its row of `analyses`, valid or not."""
        request = _request(candidate)
        answer = self.context.sources.model.analyse(request)
        row = self._provenance(request, answer)
        try:
            analysis = parse_analysis(answer.text, answer.finish_reason)
        except InvalidOutputError as exc:
            return row | {
                "status": "invalid",
                "error": clean_text(exc.message, ERROR_MAX_CHARACTERS),
                "raw_text": _raw(answer.text),
            }
        return row | self._judged(candidate, request, analysis)

    def _provenance(self, request: AnalysisRequest, answer: ModelAnswer) -> dict[str, Any]:
        return {
            "run_id": self.context.run_id,
            "full_name": request.full_name,
            "model": storable(answer.model),
            "prompt_id": self.prompt.id,
            "prompt_version": self.prompt.version,
            "input_hash": input_hash(request, self.prompt, answer.model),
            "scoring_policy": POLICY,
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "created_at": self.context.now_iso(),
        } | _NO_RESULT

    def _judged(
        self, candidate: Candidate, request: AnalysisRequest, analysis: RepoAnalysis
    ) -> dict[str, Any]:
        reasons = grounded_reasons(analysis.reasons, request.readme, request.description)
        scores = msgspec.structs.asdict(analysis.scores)
        inputs = ScoreInputs(
            **scores,
            stars=candidate.stars,
            days_since_push=days_between(candidate.pushed_at, self.today),
            has_readme=bool(request.readme),
            has_evidence=bool(reasons),
            archived=candidate.archived,
        )
        score = score_repo(inputs)
        output = stored_form(analysis, reasons) | {
            "evidence_dropped": len(analysis.reasons) - len(reasons),
            "score": {"inputs": asdict(inputs), "components": dict(score.components)},
        }
        return scores | {
            "status": "valid",
            "final_score": score.final,
            "output_json": dumps(output),
        }


def _request(candidate: Candidate) -> AnalysisRequest:
    return AnalysisRequest(
        full_name=candidate.full_name,
        description=candidate.description,
        language=candidate.language,
        topics=candidate.topics,
        readme=readme_text(candidate.readme_sha256),
        readme_sha256=candidate.readme_sha256,
    )


def _raw(text: str) -> str:
    """Return the beginning of an answer without secrets; cut last, so that no half of one stays."""
    redacted = default_redactor().redact_text(storable(text[:ANSWER_MAX_CHARACTERS]))
    return redacted[:RAW_MAX_CHARACTERS]


def _announce_invalid(context: StepContext, row: dict[str, Any]) -> None:
    context.record.audit(
        "llm.output.invalid_json",
        f"The model's answer about {row['full_name']} is not valid and was not used.",
        level="WARNING",
        data={"full_name": row["full_name"], "model": row["model"], "error": row["error"]},
    )
