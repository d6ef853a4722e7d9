"""Why a run that succeeded has no briefs: the first rule that fits tells."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from cli.diagnosis.case import Case, Diagnosis
from models.dao.steps import StepRow
from models.events import Event
from models.statuses import BriefStatus, RunStatus
from models.text.clean import clean_text
from models.views.missing import missing_of
from models.views.model_answers import Answers

_REASON_MAX_LENGTH = 200
_OTHER_MODEL = "Try another model: set SCOUT_LLM_MODEL, then the next command."
_WIDEN = "Widen the query: lower --stars, raise --days or --top, or leave out --lang."


def explain_briefless(case: Case) -> Diagnosis | None:
    """Return why there are no briefs, or None where there are some, or none were meant to be.

    A query without a hit, and a model that answered badly, are told also where no briefs were
    meant to be.
    """
    if case.view.run.status is not RunStatus.SUCCESS or case.briefs.get("written"):
        return None
    rules: tuple[Callable[[Case], Diagnosis | None], ...] = (_no_match, _bad_analyses)
    if writing_step(case).is_planned:
        rules += (_budget_before_analyses, _bad_briefs, _budget_before_briefs, _nothing_fits)
    return next((found for rule in rules if (found := rule(case)) is not None), None)


def writing_step(case: Case) -> StepRow:
    """Return the step that writes briefs."""
    return next(step for step in case.view.steps if step.name == "llm_brief_generate")


def _no_match(case: Case) -> Diagnosis | None:
    search = next(step for step in case.view.steps if step.name == "github_search_pass1")
    if search.stats.get("found") != 0:
        return None
    if search.stats.get("incomplete_results"):
        return Diagnosis(
            "search_cut_short",
            "GitHub timed out while it searched, and named no repository.",
            "That says nothing about how many there are.",
            case.messages(Event.GITHUB_SEARCH_COMPLETED)[:3],
            [
                f"scout rerun {case.run_id}",
                "If it happens again, use more specific words in --query, or a qualifier.",
            ],
        )
    args = case.view.run.args
    asked = f"It asked for --stars {args.get('stars')} at least, and --days {args.get('days')}"
    return Diagnosis(
        "no_match",
        "No repository matches the query.",
        f"{asked} at most since the last push.",
        case.messages(Event.GITHUB_SEARCH_COMPLETED)[:3],
        [
            "Use other or fewer words in --query, lower --stars, or raise --days.",
            f"scout logs {case.run_id} --step github_search_pass1",
        ],
    )


def _bad_analyses(case: Case) -> Diagnosis | None:
    answers = case.analysis_answers
    if 2 * (answers.invalid + answers.failed) <= answers.asked:
        return None
    again = f"scout analyses rerun {case.run_id} --briefs"
    return _bad_answers(case, answers, "the model's answers", "repositories", [again, _WIDEN])


def _bad_briefs(case: Case) -> Diagnosis | None:
    answers = case.brief_answers
    if not answers.invalid + answers.failed:
        return None
    again = f"scout briefs generate {case.run_id}"
    return _bad_answers(case, answers, "the model's briefs", "briefs", [again])


def _bad_answers(
    case: Case, answers: Answers, whose: str, things: str, todo: list[str]
) -> Diagnosis:
    """Return that most answers were bad: more of them invalid, or more of them missing."""
    if answers.invalid >= answers.failed:
        code = "invalid_model_output"
        what = f"{answers.invalid} of {answers.asked} of {whose} were not valid."
        first = _OTHER_MODEL
    else:
        code = "model_gave_no_answer"
        what = f"The model gave no answer for {answers.failed} of {answers.asked} {things}."
        first = "See whether the model answers: scout doctor --online"
    reason = clean_text(answers.last_reason, _REASON_MAX_LENGTH).rstrip(".")
    evidence = [f"the last reason: {reason}"] if reason else []
    if model := _model_of(case):
        evidence.append(f"the model was {model}")
    meaning = "Bad answers are never used, and what was left was too little for a brief."
    return Diagnosis(code, f"{what} The run has 0 briefs.", meaning, evidence, [first, *todo])


def _budget_before_analyses(case: Case) -> Diagnosis | None:
    spent = case.messages(Event.LLM_BUDGET_EXHAUSTED)
    rejected = _rejected(case)
    if not spent or set(case.briefs) - {BriefStatus.REJECTED_BY_THRESHOLD, "written"}:
        return None
    count = case.analysis_answers.valid
    analysed = f"{count} {'repository was' if count == 1 else 'repositories were'} analysed"
    return Diagnosis(
        "budget_used_up",
        f"The run's budget was used up when {analysed}. The run has 0 briefs.",
        _below_threshold(case)
        if rejected
        else "That was too little for repositories that fit together.",
        spent[:3] + case.messages(Event.BRIEF_RANKED),
        [
            *_lower_threshold(case),
            f"scout analyses rerun {case.run_id} --briefs --max-analyses N --max-llm-tokens N",
        ],
    )


def _budget_before_briefs(case: Case) -> Diagnosis | None:
    spent = case.messages(Event.LLM_BUDGET_EXHAUSTED)
    waiting = case.briefs.get("shortlisted", 0)
    if not spent or not waiting:
        return None
    groups = f"{waiting} group{'' if waiting == 1 else 's'}"
    return Diagnosis(
        "budget_used_up",
        f"The run's budget was used up before a brief was written for {groups}.",
        "What was analysed is kept; only the texts are missing.",
        spent[-1:],
        [f"scout briefs generate {case.run_id}"],
    )


def _nothing_fits(case: Case) -> Diagnosis:
    rejected = _rejected(case)
    evidence = [f"briefs: {rejected} below the threshold, {case.briefs.get('invalid', 0)} invalid"]
    evidence += case.messages(Event.BRIEF_RANKED) + case.messages(Event.GITHUB_SEARCH_COMPLETED)[:3]
    evidence += missing_of(case.view.steps) + last_bad_answers(case)
    meaning = "No repositories were found that fit together."
    if rejected:
        meaning = _below_threshold(case)
    if kept_out := case.briefs.get("kept_out", 0):
        meaning = f"{kept_out} of the groups were proposed, sent or declined before. {meaning}"
    return Diagnosis(
        "success_without_briefs",
        "The run succeeded with 0 briefs.",
        meaning,
        evidence,
        [*_lower_threshold(case), _WIDEN, f"scout logs {case.run_id} --step llm_brief_generate"],
    )


def _rejected(case: Case) -> int:
    """Return how many groups scored too little, those included of which no row is kept."""
    counted = writing_step(case).stats.get(BriefStatus.REJECTED_BY_THRESHOLD)
    rows = case.briefs.get(BriefStatus.REJECTED_BY_THRESHOLD, 0)
    return counted if isinstance(counted, int) else rows


def _below_threshold(case: Case) -> str:
    return f"Groups were found, but none scored --min-score {case.view.run.args.get('min_score')}."


def _lower_threshold(case: Case) -> list[str]:
    """Return the command that accepts the best rejected group; it needs no new analyses."""
    if case.best_rejected_score is None:
        return []
    score = Decimal(str(case.best_rejected_score)).quantize(Decimal("0.01"), ROUND_FLOOR)
    return [f"scout briefs generate {case.run_id} --min-score {score}"]


def last_bad_answers(case: Case) -> list[str]:
    """Return what was said of the last answer that was not valid, and of the last that failed."""
    events = (Event.LLM_OUTPUT_INVALID_JSON, Event.LLM_ITEM_FAILED)
    return [text for event in events for text in case.messages(event)[-1:]]


def _model_of(case: Case) -> str:
    settings = case.view.steps[0].stats.get("settings")
    model = settings.get("model") if isinstance(settings, dict) else None
    return clean_text(model, 100) if isinstance(model, str) else ""
