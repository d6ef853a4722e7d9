"""Analyses that an earlier run has already paid for: the same input, prompt and model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from models.dao.analyses import AnalysesDao
from models.database.upsert import upsert
from models.events import Event
from models.text.canonical_json import loads
from tasks.analysis.candidates import Candidate
from tasks.analysis.rows import RowMaker, input_hash
from tasks.sources.interface import AnalysisRequest

#: Rows that are looked up and saved at a time.
BATCH = 50


def reuse_analyses(
    maker: RowMaker,
    waiting: Sequence[Candidate],
    request_of: Callable[[Candidate], AnalysisRequest],
) -> list[Candidate]:
    """Store what earlier runs know of some candidates, and return those that remain to be asked.

    Only live runs reuse, unless `--fresh` is given; fixtures cost nothing to ask.

    Args:
        maker: Makes the rows.
        waiting: Candidates without an analysis in this run.
        request_of: Returns what would be asked; its README's text is not needed.
    """
    context = maker.context
    model = context.sources.model.name
    if context.args.dry or context.args.fresh or not model:
        return list(waiting)
    remaining: list[Candidate] = []
    origins: list[str] = []
    for start in range(0, len(waiting), BATCH):
        context.record.checkpoint()
        some = waiting[start : start + BATCH]
        requests = {one.full_name: request_of(one) for one in some}
        hashes = {
            name: input_hash(request, maker.prompt, model) for name, request in requests.items()
        }
        known = _known(context.run_id, list(hashes.values()))
        rows = [
            maker.reused(one, requests[one.full_name], *known[hashes[one.full_name]])
            for one in some
            if hashes[one.full_name] in known
        ]
        context.record.save(partial(upsert, "analyses", rows, ("run_id", "full_name")))
        remaining += [one for one in some if hashes[one.full_name] not in known]
        origins += [known[row["input_hash"]][2] for row in rows]
    if origins:
        context.record.audit(
            Event.LLM_ANALYSIS_REUSED,
            f"{len(origins):,} analyses of earlier runs are reused: same input, prompt and model.",
            data={"count": len(origins), "runs": sorted(set(origins))[:20]},
        )
    return remaining


def _known(run_id: str, hashes: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Return the newest valid analysis of other runs by input: model, output and run.

    One that is based on less of the README than usual is left out: it was the endpoint's limit
    that cut it, which is not part of the input and may have been raised.
    """
    return {
        sha256: (model, output, run)
        for sha256, model, output, run in AnalysesDao.of_inputs(hashes, without=run_id)
        if "readme_cut_at" not in loads(output)
    }
