"""Analyses of a pass's repositories: asked for, validated, checked, scored and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.dao.analyses import AnalysesDao
from models.dao.readmes import ReadmesDao
from models.database.upsert import upsert
from models.errors import ScoutError
from models.events import Event
from models.statuses import AnalysisStatus
from models.text.clean import clean_text
from tasks.analysis.candidates import Candidate, candidates, turn_into_failed
from tasks.analysis.rescoring import rescore_analyses
from tasks.analysis.reuse import reuse_analyses
from tasks.analysis.rows import Row, RowMaker
from tasks.analysis.totals import analysis_totals, live_totals
from tasks.llm.question import Question, no_valid_answer
from tasks.llm.usage import Spent, TokenBudget, save_spent
from tasks.prompts.analysis_schema import InvalidOutputError, RepoAnalysis, parse_analysis
from tasks.prompts.prompt import load_prompt
from tasks.reference_date import reference_date
from tasks.sources.interface import AnalysisRequest, ModelAnswer
from tasks.step import StepContext
from tasks.units.failure_budget import is_too_many
from tasks.units.loop import work_through

PROMPT = "repo_analysis"
#: Characters of an error that a message shows; the row and the event's data hold all of it.
_REASON_MAX_CHARACTERS = 200


class _Unit(Struct, frozen=True):
    """A repository to ask about."""

    candidate: Candidate
    request: AnalysisRequest
    question: Question[RepoAnalysis]


class _Analysed(Struct, frozen=True):
    """The row that came of asking, and what was paid for it."""

    row: Row
    spent: Spent


def analyse_repos(
    context: StepContext,
    pass_number: int,
    limit: int | None = None,
    before_asking: Callable[[Sequence[Candidate], int], None] | None = None,
) -> dict[str, Any]:
    """Store an analysis for each of a pass's hydrated repositories that has none, best first.

    An answer that breaks the schema is shown to the model with what is wrong with it; one that is
    still not valid then is stored as `invalid`, with the raw text and the reason, and without
    scores, and is not asked for again, unless so many are not valid that an earlier attempt failed
    for it. One whose evidence is nowhere to be found stays valid, without those reasons, and loses
    points. Where the model gives no answer, the repository is stored as `failed`, and the next
    attempt asks again.

    Args:
        context: The step that works.
        pass_number: Whose repositories.
        limit: How many of the pass are analysed, earlier attempts included; None for all. The
            run's own `--max-analyses` holds as well.
        before_asking: Told of those that the model is to be asked about, and of how many
            repositories, just before it is.

    Raises:
        PermanentError: Too many answers were not valid, or did not come.

    Returns:
        The pass's totals; `capped` and the `reason` where a budget of the run left some out.
    """
    found = candidates(context.run_id, pass_number)[:limit]
    allowed = context.args.max_analyses - AnalysesDao.count_before(context.run_id, pass_number)
    repos = _reopened(context, found[: max(0, allowed)])
    lost = sum(one.is_invalid for one in repos)
    waiting = [one for one in repos if not one.is_analysed]
    maker = RowMaker(context, load_prompt(PROMPT), reference_date(context))
    missing = reuse_analyses(maker, waiting, _request)
    if before_asking is not None:
        before_asking(missing, len(repos))
    budget = TokenBudget(context)
    _ask_about(context, missing, maker, budget, done=len(repos) - len(missing), lost=lost)
    rescore_analyses(context, pass_number)
    totals = analysis_totals(context.run_id, pass_number)
    if not context.args.dry:
        totals |= live_totals(context.run_id, pass_number)
    analysed = totals["valid"] + totals["invalid"]  # a failed one has a row, but no analysis
    return totals | _capped(context, budget, len(found), len(repos), analysed)


def _reopened(context: StepContext, repos: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates; those with an invalid answer anew, if an attempt failed for them.

    Whoever resumes such a run has changed something. It is stored, all at once, that they are to be
    asked: an attempt that is interrupted cures some, and the others would be few enough to stay.
    """
    invalid = [one.full_name for one in repos if one.is_invalid]
    if context.args.dry or not is_too_many(len(invalid), len(repos)):
        return list(repos)
    context.record.save(lambda: turn_into_failed(context.run_id, invalid))
    return [
        replace(one, is_analysed=False, is_invalid=False) if one.is_invalid else one
        for one in repos
    ]


def _ask_about(
    context: StepContext,
    missing: Sequence[Candidate],
    maker: RowMaker,
    budget: TokenBudget,
    *,
    done: int,
    lost: int,
) -> None:
    def units() -> Iterator[_Unit]:
        for candidate in missing:
            if budget.is_exhausted:
                return
            yield _unit(context, candidate)

    def fetch(unit: _Unit) -> _Analysed | None:
        asked = unit.question.ask_within(budget)
        if asked is None:
            return None
        return _Analysed(maker.answered(unit.candidate, unit.request, asked), asked.spent)

    def failed(unit: _Unit, error: ScoutError) -> _Analysed:
        spent = unit.question.spent
        return _Analysed(maker.failed(unit.request, error, spent), spent)

    def save(batch: Sequence[_Analysed]) -> None:

        def write() -> None:
            upsert("analyses", [one.row for one in batch], ("run_id", "full_name"))
            save_spent(context, "analysis", {one.row["full_name"]: one.spent for one in batch})

        context.record.save(write)
        for one in batch:
            _announce(context, one.row)

    work_through(
        context,
        units(),
        fetch,
        save,
        done=done,
        lost=lost,
        count=len(missing),
        failed=failed,
        unusable=partial(_unusable, context),
        name=lambda unit: unit.candidate.full_name,
        what="analyses",
    )


def _unusable(context: StepContext, one: _Analysed) -> ScoutError | None:
    if one.row["status"] != AnalysisStatus.INVALID:
        return None
    return no_valid_answer(context, one.row["full_name"], one.row["error"])


def _unit(context: StepContext, candidate: Candidate) -> _Unit:
    request = replace(_request(candidate), readme=ReadmesDao.text(candidate.readme_sha256))
    question = Question(context.sources.model, request, _parse, InvalidOutputError)
    return _Unit(candidate, request, question)


def _parse(answer: ModelAnswer) -> RepoAnalysis:
    return parse_analysis(answer.text, answer.finish_reason)


def _request(candidate: Candidate) -> AnalysisRequest:
    """Return what is asked about a repository, without the README's text."""
    return AnalysisRequest(
        full_name=candidate.full_name,
        description=candidate.description,
        language=candidate.language,
        topics=candidate.topics,
        readme=None,
        readme_sha256=candidate.readme_sha256,
    )


def _announce(context: StepContext, row: Row) -> None:
    if row["status"] == AnalysisStatus.INVALID:
        event = Event.LLM_OUTPUT_INVALID_JSON
        reason = clean_text(row["error"], _REASON_MAX_CHARACTERS)
        text = (
            f"The model's answer about {row['full_name']} is not valid and was not used: {reason}"
        )
    elif row["status"] == AnalysisStatus.FAILED:
        event = Event.LLM_ITEM_FAILED
        text = f"{row['full_name']} has no analysis: {row['error']}"
    else:
        return
    context.record.audit(
        event,
        text,
        data={"full_name": row["full_name"], "model": row["model"], "error": row["error"]},
    )


def _capped(
    context: StepContext, budget: TokenBudget, found: int, allowed: int, analysed: int
) -> dict[str, Any]:
    """Return, and audit, which of the run's budgets left repositories without analysis."""
    reasons = []
    if allowed < found:
        reasons.append(
            f"--max-analyses {context.args.max_analyses}: {found - allowed} repositories have no"
            " analysis"
        )
    if budget.is_exhausted and analysed < allowed:
        reasons.append(budget.reason(f"{allowed - analysed} repositories have no analysis"))
    if not reasons:
        return {}
    outcome = {"capped": True, "reason": "; ".join(reasons)}
    context.record.audit(
        Event.LLM_BUDGET_EXHAUSTED,
        f"The run's budget is used up: {outcome['reason']}.",
        data=outcome,
    )
    return outcome
