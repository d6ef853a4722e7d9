"""Where the order of the groups came from, and what a model said of their pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from models.dao.briefs import BriefRow
from models.dao.verdicts import VerdictsDao
from models.text.canonical_json import loads
from tasks.briefs.plan import formed_by
from tasks.briefs.verdict_order import BACK

#: Key of a pair to the verdict on it, as JSON-like data.
Verdicts = Mapping[str, Mapping[str, Any]]


def load_verdicts(run_id: str) -> Verdicts:
    """Return a run's usable verdicts by the key of their pair."""
    return {
        key: {
            "repositories": key.split(" "),
            "fit": fit,
            "reason": reason,
            "quotes": loads(quotes),
            "model": model,
        }
        for key, fit, reason, quotes, model in VerdictsDao.valid(run_id)
    }


def verdicts_on(full_names: Sequence[str], verdicts: Verdicts) -> list[Mapping[str, Any]]:
    """Return the verdicts on the pairs that a group is made of."""
    keys = (" ".join(both) for both in combinations(sorted(full_names), 2))
    return [verdicts[key] for key in keys if key in verdicts]


def verdict_words(verdict: Mapping[str, Any]) -> str:
    """Return a verdict in a sentence or two."""
    quotes = ", ".join(f"“{quote}” ({name})" for name, quote in verdict["quotes"].items())
    return (
        f"Asked how well {' and '.join(verdict['repositories'])} fit, a language model"
        f" ({verdict['model']}) said {verdict['fit']:.2f} of 1: {verdict['reason']} It quotes"
        f" {quotes}."
    )


def order_of(briefs: Sequence[BriefRow]) -> dict[str, Any]:
    """Return where the order of a run's groups came from: `text`, and counts by the `judge`.

    The text is empty, and there are no counts, where there are no groups, or only such as were
    formed before there was a judge.
    """
    judge = formed_by(briefs).get("judge") if briefs else None
    return {"text": _order_words(judge) if judge else "", "judge": judge}


def _order_words(judge: Mapping[str, Any]) -> str:
    by_score = "The order of the groups is that of their scores"
    if skipped := judge.get("skipped"):
        return f"{by_score}: no model was asked about their pairs ({skipped})."
    asked, judged = judge["asked"], judge.get("judged", 0)
    if not asked:
        return f"{by_score}: there was no pair to ask a model about."
    if not judged:
        return f"{by_score}: none of {asked} pairs was judged ({judge.get('reason')})."
    why = f" What is not judged keeps its place ({judge['reason']})." if judge.get("reason") else ""
    return (
        f"{by_score}, but that a language model judged {judged} of the first {asked} pairs: those"
        f" that it says do not fit, {judge['no']}, stand up to {BACK} places further back.{why}"
    )
