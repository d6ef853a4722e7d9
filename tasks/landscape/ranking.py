"""Rankings of a pass's repositories: keywords found, signals scored, and stored as they come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from models.dao.rankings import RankingsDao
from models.dao.readmes import ReadmesDao
from models.database.upsert import upsert
from models.redaction import default_redactor
from models.text.canonical_json import dumps, loads
from tasks.analysis.candidates import Candidate, candidates
from tasks.analysis.rescoring import rescore_rankings, score_in_pass1
from tasks.analysis.scoring import days_between
from tasks.landscape.keyword_extraction import KEYWORDS_MAX, extract_keywords
from tasks.landscape.scoring import (
    POLICY,
    RELEVANCE_POLICY,
    SignalInputs,
    relevance_of,
    score_signals,
)
from tasks.reference_date import reference_date
from tasks.step import StepContext
from tasks.text.extractor import extractor_name
from tasks.text.keywords import ScoredRepo
from tasks.units.loop import work_through

Row = dict[str, Any]


class _Unit(Struct, frozen=True):
    """A repository to rank, and the text of its README."""

    candidate: Candidate
    readme: str | None


def rank_repos(context: StepContext, pass_number: int) -> dict[str, Any]:
    """Store a ranking for each of a pass's hydrated repositories that has none.

    Returns:
        How many are ranked, and a digest over their keywords and scores.

    Raises:
        ConfigError: The keyword library is not installed.
    """
    ranked = {name for name, *_ in RankingsDao.of_pass(context.run_id, pass_number)}
    found = candidates(context.run_id, pass_number)
    missing = [candidate for candidate in found if candidate.full_name not in ranked]
    extractor, today = extractor_name(), reference_date(context)

    def units() -> Iterator[_Unit]:
        for candidate in missing:
            yield _Unit(candidate, ReadmesDao.text(candidate.readme_sha256))

    def fetch(unit: _Unit) -> Row:
        return _row(context, unit, extractor, today)

    def save(batch: Sequence[Row]) -> None:
        context.record.save(lambda: upsert("rankings", batch, ("run_id", "full_name")))

    work_through(
        context,
        units(),
        fetch,
        save,
        done=len(found) - len(missing),
        count=len(missing),
        name=lambda unit: unit.candidate.full_name,
        what="repositories ranked",
    )
    rescore_rankings(context, pass_number, RELEVANCE_POLICY)
    return _totals(context.run_id, pass_number)


def best_ranked(run_id: str) -> list[ScoredRepo]:
    """Return the repositories of pass 1, best first, as they were before pass 2."""
    rows = [
        (name, score_in_pass1(loads(inputs).get("in_run"), score), keywords)
        for name, score, keywords, inputs in RankingsDao.of_pass(run_id, 1)
    ]
    # Sorted here because databases differ in how they order names.
    best = sorted(rows, key=lambda row: (-row[1], row[0]))
    return [ScoredRepo(name, score, loads(keywords)) for name, score, keywords in best]


def _row(context: StepContext, unit: _Unit, extractor: str, today: date) -> Row:
    candidate = unit.candidate
    found = extract_keywords(
        unit.readme, candidate.description, candidate.topics, candidate.language
    )
    # Markdown and capitals hide a secret from the redactor, and a keyword's normal form does not.
    scrub = default_redactor().scrub_line
    keywords = [keyword for keyword in found if scrub(keyword) == keyword]
    inputs = SignalInputs(
        relevance=relevance_of(
            context.args.typed.words,
            full_name=candidate.full_name,
            topics=candidate.topics,
            description=candidate.description,
            keywords=keywords,
        ),
        stars=candidate.stars,
        days_since_push=days_between(candidate.pushed_at, today),
        readme_bytes=len((unit.readme or "").encode()),
        has_license=candidate.has_license,
        archived=candidate.archived,
    )
    score = score_signals(inputs)
    return {
        "run_id": context.run_id,
        "full_name": candidate.full_name,
        "keywords_json": dumps(keywords),
        "extractor": extractor,
        "score": score.final,
        "scoring_policy": POLICY,
        "inputs_json": dumps(asdict(inputs)),
        "components_json": dumps(dict(score.components)),
        "created_at": context.now_iso(),
    }


def _totals(run_id: str, pass_number: int) -> dict[str, Any]:
    rows = sorted(row[:3] for row in RankingsDao.of_pass(run_id, pass_number))
    totals: dict[str, Any] = {
        "ranked": len(rows),
        "without_keywords": sum(keywords == "[]" for *_, keywords in rows),
        "digest": hashlib.sha256(dumps(rows).encode()).hexdigest(),
    }
    if full := sum(len(loads(keywords)) == KEYWORDS_MAX for *_, keywords in rows):
        reason = f"repositories with {KEYWORDS_MAX} keywords, which are as many as are kept: {full}"
        totals["phrases_capped"] = {"capped": True, "reason": reason}
    return totals
