"""The forecast that a live run makes itself: just before it asks a model for the first time.

Until then no token is spent, and what was a guess is known: how many repositories the search found,
which of them have an analysis already, and how long their READMEs are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from models.dao.audit import AuditDao
from models.dao.readmes import ReadmesDao
from models.dao.searches import SearchesDao
from models.events import Event
from tasks.analysis.candidates import Candidate
from tasks.forecast.forecast import Forecast, forecast
from tasks.forecast.found import Found
from tasks.forecast.history import history_of
from tasks.sources.chat.context_length import README_MAX_CHARACTERS
from tasks.step import StepContext

#: What the row has of the forecast.
_TOLD = ("analyses", "verdicts", "briefs", "calls", "tokens")
#: Characters of what stands beside a README and a description: names, topics, marks.
_BESIDE = 400


def tell_forecast(context: StepContext, missing: Sequence[Candidate], repos: int) -> None:
    """Record once what the run is expected to spend.

    Args:
        context: The step that is about to ask.
        missing: The repositories of pass 1 that a model is to be asked about.
        repos: How many have an analysis or are to get one.
    """
    run_id, embedder = context.run_id, context.sources.embedder
    if AuditDao.newest(run_id, Event.LLM_FORECAST):
        return
    told = forecast(
        replace(context.args, max_llm_tokens=None),
        history_of(context.args, has_searched=True),
        with_token=True,
        pays_for_vectors=embedder is not None and embedder.is_metered,
        found=Found(
            repos,
            len(missing),
            _characters(missing),
            SearchesDao.matches(run_id, pass_number=1),
        ),
    )
    limit = context.args.max_llm_tokens
    falls_short = limit is not None and told.tokens.expected > limit
    context.record.audit(
        Event.LLM_FORECAST,
        _sentence(told, len(missing), repos)
        + (f"; --max-llm-tokens {limit:,} ends it before that." if falls_short else "."),
        level="WARNING" if falls_short else "INFO",
        data=_data(told, len(missing), repos),
    )


def _characters(missing: Sequence[Candidate]) -> int:
    lengths = ReadmesDao.lengths([one.readme_sha256 for one in missing if one.readme_sha256])
    return sum(
        min(lengths.get(one.readme_sha256 or "", 0), README_MAX_CHARACTERS)
        + len(one.description)
        + _BESIDE
        for one in missing
    )


def _sentence(told: Forecast, missing: int, repos: int) -> str:
    tokens, there = told.tokens, repos - missing
    return (
        f"The model is asked about {missing:,} of {repos:,} repositories"
        + (f", {there:,} have an analysis already" if there else "")
        + f": some {tokens.expected:,} tokens are expected in all, {tokens.at_most:,} at most"
    )


def _data(told: Forecast, missing: int, repos: int) -> Mapping[str, Any]:
    amounts = told.to_dict()
    return {"repos": repos, "missing": missing} | {name: amounts[name] for name in _TOLD}
