"""Step 9: group what was analysed, score the groups, and have the best written up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.dao.repos import ReposDao
from models.errors import ScoutError
from models.statuses import BriefStatus
from models.text.canonical_json import loads
from tasks.briefs.answers import BriefAnswer, Unit, ask, failure, save_answers, unit_of
from tasks.briefs.plan import brief_stats, plan_briefs, reopen, to_be_written
from tasks.briefs.request import BriefMaterial
from tasks.facts.prior import read_prior
from tasks.facts.reading import read_facts
from tasks.kinds.marking import mark_missing_kinds
from tasks.llm.question import no_valid_answer
from tasks.llm.usage import TokenBudget
from tasks.request_stats import request_stats
from tasks.step import StepContext
from tasks.units.failure_budget import is_too_many
from tasks.units.loop import work_through

#: Briefs that may still get a text.
_OPEN = {BriefStatus.SHORTLISTED, BriefStatus.FAILED}


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many groups were shortlisted, rejected and written, and a digest over them.

    What an earlier attempt planned and wrote stays; only missing texts are asked for, and those
    that were refused where they were so many that the attempt failed.

    Raises:
        PermanentError: Too many texts were refused, or did not come.
    """
    mark_missing_kinds(context)
    plan_briefs(context)
    chosen = to_be_written(context)
    lost = [row for row in chosen if row.status == BriefStatus.INVALID]
    if is_too_many(len(lost), len(chosen)) and not context.args.dry:
        reopen(context, lost)
        chosen, lost = to_be_written(context), []
    missing = [row for row in chosen if row.status in _OPEN and row.content_json is None]
    read_facts(context, (name for row in chosen for name in loads(row.repos_json)))
    read_prior(context, missing)
    budget = TokenBudget(context)
    members = [name for row in missing for name in loads(row.repos_json)]
    own = ReposDao.own(context.run_id)
    material = BriefMaterial(context.run_id, members, context.args.query, own)

    def fetch(unit: Unit) -> BriefAnswer | None:
        return ask(unit, budget)

    def save(answers: Sequence[BriefAnswer]) -> None:
        save_answers(context, answers)

    def failed(unit: Unit, error: ScoutError) -> BriefAnswer:
        return failure(context, unit, error)

    def unusable(answer: BriefAnswer) -> ScoutError | None:
        if answer.failed or answer.refused or answer.error is None:
            return None
        return no_valid_answer(context, answer.group_key.replace(" ", ", "), answer.error)

    work_through(
        context,
        [unit_of(context, row, material) for row in missing],
        fetch,
        save,
        done=len(chosen) - len(missing),
        lost=len(lost),
        failed=failed,
        unusable=unusable,
        name=lambda unit: unit.group_key,
        what="briefs",
    )
    return brief_stats(context, budget) | request_stats(context)
