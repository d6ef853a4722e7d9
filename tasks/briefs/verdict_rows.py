"""Rows of `pair_verdicts`: what a run has, what it may take over, and what an answer comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from models.dao.verdicts import VerdictsDao
from models.database.upsert import upsert
from models.statuses import VerdictStatus
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from tasks.briefs.verdict_batch import VerdictBatch
from tasks.briefs.verdict_order import Promising
from tasks.llm.usage import Spent
from tasks.prompts.prompt import load_prompt
from tasks.prompts.verdict_schema import PairFit
from tasks.sources.interface import ProjectMaterial
from tasks.step import StepContext

PROMPT = "pair_verdict"
_REASON_MAX_CHARACTERS = 300
_QUOTE_MAX_CHARACTERS = 240
_ERROR_MAX_CHARACTERS = 300
_NO_VERDICT: Mapping[str, None] = dict.fromkeys(
    ("fit", "reason", "quotes_json", "error", "reused_from")
)

Row = dict[str, Any]


def fits_of(run_id: str) -> dict[str, float]:
    """Return how well a run's judged pairs fit, 0 to 1, by their key."""
    return {key: fit for key, fit, *_ in VerdictsDao.valid(run_id)}


def save_rows(rows: Sequence[Row]) -> None:
    """Store verdicts in the caller's transaction, in the place of earlier ones."""
    upsert("pair_verdicts", rows, ("run_id", "pair_key"))


class VerdictRows:
    """Makes and finds the rows of a run's pairs.

    Args:
        context: The step that works.
        pairs: Those that are put before the model.
        materials: What is told of each project, by name.
    """

    def __init__(
        self,
        context: StepContext,
        pairs: Sequence[Promising],
        materials: Mapping[str, ProjectMaterial],
    ) -> None:
        self._context = context
        self._prompt = load_prompt(PROMPT)
        told = {name: to_builtins(one) for name, one in materials.items()}
        self._hashes = {pair.key: self._input_hash(pair, told) for pair in pairs}

    def stored(self) -> dict[str, str]:
        """Return the statuses of the verdicts that this run has, by the key of their pair."""
        rows = VerdictsDao.statuses(self._context.run_id)
        return {key: status for key, sha256, status in rows if self._hashes.get(key) == sha256}

    def of_earlier_runs(self, keys: Sequence[str]) -> list[Row]:
        """Return rows for those of the pairs that another run has a verdict on: the newest."""
        by_hash = {self._hashes[key]: key for key in keys}
        rows = VerdictsDao.of_inputs(by_hash, without=self._context.run_id)
        found = {
            sha256: self._row(by_hash[sha256], VerdictStatus.VALID, model, Spent())
            | {
                "fit": fit,
                "reason": reason,
                "quotes_json": quotes_json,
                "reused_from": origin or run_id,
            }
            for sha256, fit, reason, quotes_json, model, origin, run_id in rows
        }
        return list(found.values())

    def of_batch(
        self, batch: VerdictBatch, model: str, spent: Spent, error: str | None = None
    ) -> list[Row]:
        """Return the rows of pairs that were asked about together.

        Args:
            batch: The pairs, and the verdicts that can be used.
            model: Who answered.
            spent: What was paid for all of them.
            error: Why there was no answer, where there was none.
        """
        return [
            self._answered(pair, batch, model, _share(spent, len(batch.pairs), place), error)
            for place, pair in enumerate(batch.pairs)
        ]

    def _answered(
        self, pair: Promising, batch: VerdictBatch, model: str, spent: Spent, error: str | None
    ) -> Row:
        verdict = batch.found.get(pair.key)
        if verdict is not None:
            row = self._row(pair.key, VerdictStatus.VALID, model, spent)
            return row | {
                "fit": verdict.fit,
                "reason": clean_text(verdict.reason, _REASON_MAX_CHARACTERS),
                "quotes_json": dumps(_quotes(pair, verdict)),
            }
        status = VerdictStatus.FAILED if error is not None else VerdictStatus.INVALID
        why = error or batch.errors.get(pair.key) or "there is no verdict on it"
        row = self._row(pair.key, status, model, spent)
        return row | {"error": clean_text(why, _ERROR_MAX_CHARACTERS)}

    def _row(self, key: str, status: VerdictStatus, model: str, spent: Spent) -> Row:
        return {
            "run_id": self._context.run_id,
            "pair_key": key,
            "status": status,
            "model": model,
            "prompt_id": self._prompt.id,
            "prompt_version": self._prompt.version,
            "input_hash": self._hashes[key],
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "created_at": self._context.now_iso(),
            **_NO_VERDICT,
        }

    def _input_hash(self, pair: Promising, told: Mapping[str, Any]) -> str:
        prompt = self._prompt
        seen = {
            "projects": [told[one.full_name] for one in (pair.first, pair.second)],
            "prompt": [prompt.id, prompt.version, prompt.schema],
            "model": self._context.sources.model.name,
        }
        return hashlib.sha256(dumps(seen).encode()).hexdigest()


def _quotes(pair: Promising, verdict: PairFit) -> dict[str, str]:
    return {
        pair.first.full_name: clean_text(verdict.quote_a, _QUOTE_MAX_CHARACTERS),
        pair.second.full_name: clean_text(verdict.quote_b, _QUOTE_MAX_CHARACTERS),
    }


def _share(spent: Spent, parts: int, place: int) -> Spent:
    """Return one part of what was paid; all parts together are the whole."""

    def of(total: int) -> int:
        return total * (place + 1) // parts - total * place // parts

    return Spent(0, of(spent.prompt_tokens), of(spent.completion_tokens))
