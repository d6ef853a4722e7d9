"""A run's judge of pairs: puts the best of them before the model, within the run's budgets.

Verdicts make an order better and never make a run fail: where they are not to be had, the order is
that of the scores, and the audit log and the export say so. Each is stored as it comes, so that a
step that is killed pays nothing twice, and taken over by later runs with the same material.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.codes import Code
from models.errors import (
    SOURCE_ERRORS,
    ScoutError,
)
from models.events import Event
from models.statuses import VerdictStatus
from models.text.clean import clean_text
from tasks.briefs.verdict_batch import VerdictBatch, quotable, verdict_material
from tasks.briefs.verdict_order import YES, Promising
from tasks.briefs.verdict_rows import PROMPT, Row, VerdictRows, fits_of, save_rows
from tasks.kinds.project import Project
from tasks.llm.question import Question
from tasks.llm.usage import Spent, TokenBudget, save_spent, spent_on, usage_stats
from tasks.prompts.prompt import load_prompt
from tasks.prompts.verdict_schema import InvalidVerdictsError, PairFit
from tasks.step import StepContext
from tasks.text.quotes import Quotable
from tasks.units.loop import work_through

KIND = "verdict"
#: Pairs of one request: few enough for a model to look at each, and the prompt is paid once.
BATCH = 5
#: A verdict without both quotes is asked for again once.
MAX_CORRECTIONS = 1
_REASON_MAX_CHARACTERS = 300


class _Unit(Struct, frozen=True):
    batch: VerdictBatch
    question: Question[Mapping[str, PairFit]]


class _Judged(Struct, frozen=True):
    unit: _Unit
    rows: Sequence[Row]
    spent: Spent


class PairJudge:
    """Says how well pairs fit, as `tasks.briefs.verdict_order.Judge` does, and what came of asking.

    Args:
        context: The step that works.
        held: The keys, in lower case, of groups that are kept out anyway.
    """

    def __init__(self, context: StepContext, held: Collection[str]) -> None:
        self._context = context
        self._held = held
        self._budget = TokenBudget(context)
        self._trouble = ""
        self._code: Code | None = None
        self._stats: dict[str, Any] = {"asked": 0}

    def __call__(self, pairs: Sequence[Promising]) -> Mapping[str, float]:
        """Return how well the first of the pairs fit, 0 to 1, by their key.

        Raises:
            LeaseLostError: The step is no longer this worker's.
        """
        args = self._context.args
        if args.no_llm or not args.max_pairs:
            reason = "--no-llm" if args.no_llm else "--max-pairs 0"
            self._stats["skipped"] = reason
            return {}
        texts: dict[str, Quotable] = {}
        chosen = self._chosen(pairs, texts)
        if chosen:
            projects = {one.full_name: one for pair in chosen for one in (pair.first, pair.second)}
            self._judge(chosen, projects, texts)
        # All that the run has stored, as a replay finds it.
        fits = fits_of(self._context.run_id)
        if chosen:
            self._tell(len(chosen), [fits[pair.key] for pair in chosen if pair.key in fits])
        return fits

    def stats(self) -> dict[str, Any]:
        """Return what came of it, as the step's stats and every group's row have it."""
        return self._stats

    def _chosen(
        self, pairs: Sequence[Promising], texts: dict[str, Quotable]
    ) -> Sequence[Promising]:
        """Return the pairs that are put before the model; the texts of their projects are added.

        Not those that are not proposed anyway, and not those without words to quote.
        """
        args = self._context.args
        chosen: list[Promising] = []
        for pair in pairs:
            if len(chosen) == args.max_pairs:
                break
            if pair.score < args.min_score or pair.key.lower() in self._held:
                continue
            for one in (pair.first, pair.second):
                if one.full_name not in texts:
                    texts[one.full_name] = quotable(one)
            if all(texts[one.full_name].has_words for one in (pair.first, pair.second)):
                chosen.append(pair)
        return chosen

    def _judge(
        self,
        chosen: Sequence[Promising],
        projects: Mapping[str, Project],
        texts: Mapping[str, Quotable],
    ) -> None:
        """Store a verdict on each of the pairs, as far as they are to be had."""
        context = self._context
        materials = {name: verdict_material(one) for name, one in projects.items()}
        rows = VerdictRows(context, chosen, materials)
        stored = rows.stored()
        missing = [p for p in chosen if stored.get(p.key, "failed") == VerdictStatus.FAILED]
        reused = [] if self._asks_anew() else rows.of_earlier_runs([p.key for p in missing])
        if reused:
            context.record.save(lambda: save_rows(reused))
        known = {row["pair_key"] for row in reused}
        missing = [pair for pair in missing if pair.key not in known]
        try:
            self._ask(
                rows,
                [
                    VerdictBatch(missing[start : start + BATCH], materials, texts)
                    for start in range(0, len(missing), BATCH)
                ],
            )
        except SOURCE_ERRORS as exc:
            self._note(exc)

    def _ask(self, rows: VerdictRows, batches: Sequence[VerdictBatch]) -> None:
        context, model = self._context, self._context.sources.model

        def fetch(unit: _Unit) -> _Judged | None:
            asked = unit.question.ask_within(self._budget)
            if asked is None:
                return None
            name = clean_text(asked.answer.model, 200)
            return _Judged(unit, rows.of_batch(unit.batch, name, asked.spent), asked.spent)

        def failed(unit: _Unit, error: ScoutError) -> _Judged:
            self._note(error)
            spent = unit.question.spent
            name = clean_text(model.name, 200)
            return _Judged(unit, rows.of_batch(unit.batch, name, spent, error.message), spent)

        def save(judged: Sequence[_Judged]) -> None:

            def write() -> None:
                save_rows([row for one in judged for row in one.rows])
                save_spent(context, KIND, {one.unit.batch.name: one.spent for one in judged})

            context.record.save(write)
            for row in (row for one in judged for row in one.rows):
                self._announce(row)

        units = [
            _Unit(
                batch,
                Question(
                    model, batch.request(), batch.parse, InvalidVerdictsError, MAX_CORRECTIONS
                ),
            )
            for batch in batches
        ]
        if units:
            name = "verdicts on {0.batch.name} and others".format
            work_through(context, units, fetch, save, failed=failed, name=name)

    def _asks_anew(self) -> bool:
        """Say whether verdicts of earlier runs do not count; fixtures cost nothing to ask."""
        args = self._context.args
        return args.dry or args.fresh or not self._context.sources.model.name

    def _note(self, error: ScoutError) -> None:
        self._trouble = f"{error.message} {error.hint}".rstrip()
        self._code = error.code

    def _announce(self, row: Row) -> None:
        if row["status"] == VerdictStatus.VALID:
            return
        pair = row["pair_key"].replace(" ", ", ")
        data = {
            "kind": KIND,
            "item": row["pair_key"],
            "model": row["model"],
            "error": row["error"],
        }
        if row["status"] == VerdictStatus.FAILED:
            event, text = Event.LLM_ITEM_FAILED, f"There is no verdict on {pair}: {row['error']}"
        else:
            event = Event.LLM_OUTPUT_INVALID_JSON
            text = f"The model's verdict on {pair} is not used: {row['error']}."
        self._context.record.audit(event, text, data=data)

    def _tell(self, asked: int, fits: Sequence[float]) -> None:
        """Record what came of it, for the audit log, the stats and the export."""
        context, prompt = self._context, load_prompt(PROMPT)
        no = sum(fit < YES for fit in fits)
        self._stats = {
            "asked": asked,
            "judged": len(fits),
            "no": no,
            "prompt": f"{prompt.id}/{prompt.version}",
        }
        if context.sources.model.name:
            self._stats["model"] = clean_text(context.sources.model.name, 100)
        text = f"A model judged {len(fits)} of {asked} pairs: {len(fits) - no} fit, {no} do not."
        if missing := asked - len(fits):
            if self._budget.is_exhausted:
                why = self._budget.reason(f"{missing} of {asked} pairs are not judged")
            else:
                why = self._trouble or "its verdicts could not be used"
            why = clean_text(why, _REASON_MAX_CHARACTERS).rstrip(".")
            self._stats |= {"missing": missing, "reason": why}
            text += f" The others keep their place: {why}."
        usage = {}
        if not context.args.dry:
            usage = {"usage": usage_stats(spent_on(context.run_id, KIND))}
        context.record.audit(
            Event.PAIRS_JUDGED,
            text,
            level="WARNING" if missing else "INFO",
            data=self._stats | {"error_code": self._code.value if self._code else None} | usage,
        )
