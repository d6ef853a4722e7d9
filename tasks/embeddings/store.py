"""The vectors of texts, by which steps compare them; each is asked for once, whoever needs it.

Vectors make a run better and never make it fail: where they are not to be had, the run goes on by
words and its audit log says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.codes import Code
from models.dao.audit import AuditDao
from models.dao.embeddings import EmbeddingsDao
from models.errors import (
    SOURCE_ERRORS,
    PermanentError,
)
from models.events import Event
from models.text.clean import clean_text
from tasks.llm.usage import Spent, TokenBudget, save_spent, spent_on, usage_stats
from tasks.sources.interface import Embedded, Embedder
from tasks.step import StepContext
from tasks.units.loop import work_through

KIND = "embedding"
#: Characters of one request's texts together: a serial endpoint answers eight of them in time.
BATCH_MAX_CHARACTERS = 8_000
#: How closely it is noted when a vector was last used.
DAY_S = 86_400.0
#: How often vectors are asked for again because a model has changed under its name.
_MAX_ROUNDS = 3
_REASON_MAX_CHARACTERS = 300


class _Batch(Struct, frozen=True):
    """Some texts, and what came of them."""

    texts: Sequence[str]
    answer: Embedded


def vectors_for(context: StepContext, texts: Sequence[str]) -> Mapping[str, Sequence[float]] | None:
    """Return the unit vector of each text, all of one dimension; None where there are none.

    Only what no run has asked this model for is asked for, in the step's unit loop; each answer is
    stored as it comes, so that a step that is killed pays nothing twice. Once they are not to be
    had, the rest of the run does without.

    Args:
        context: The step that works.
        texts: What is to be compared; the same text may be there twice.

    Raises:
        LeaseLostError: The step is no longer this worker's.
    """
    embedder = context.sources.embedder
    if embedder is None:
        return None
    if AuditDao.newest(context.run_id, Event.EMBEDDINGS_UNAVAILABLE):
        return None
    wanted = sorted(set(texts), key=lambda text: (len(text), text))
    budget = TokenBudget(context)
    try:
        found = _complete(context, embedder, wanted, budget)
    except SOURCE_ERRORS as exc:  # also a long pause: it is not worth it, words do, too
        _give_up(context, embedder, f"{exc.message} {exc.hint}".rstrip(), exc.code)
        return None
    if found is None:
        reason = budget.reason("texts are compared by their words")
        _give_up(context, embedder, reason, None)
        return None
    day_before = context.clock.now_iso(-DAY_S)
    context.record.save(
        lambda: EmbeddingsDao.touch(embedder.name, found, context.now_iso(), day_before)
    )
    return found


def stored_vectors(model: str, texts: Sequence[str]) -> Mapping[str, Sequence[float]] | None:
    """Return the vectors that a model made of texts before; None where one is not stored.

    Args:
        model: The embedder's name at that time.
        texts: What was compared.
    """
    found = EmbeddingsDao.find(model, texts)
    return found if all(text in found for text in texts) else None


def embedding_usage(context: StepContext) -> dict[str, Any]:
    """Return what the step has spent on vectors, over all attempts, as it stands in its stats."""
    spent = spent_on(context.run_id, KIND, [context.step_id])
    return {"embeddings": usage_stats(spent)} if spent.requests else {}


def _complete(
    context: StepContext, embedder: Embedder, texts: Sequence[str], budget: TokenBudget
) -> dict[str, Sequence[float]] | None:
    """Return all vectors, of one dimension; None where the budget does not reach."""
    found = EmbeddingsDao.find(embedder.name, texts)
    for _ in range(_MAX_ROUNDS):
        missing = [text for text in texts if text not in found]
        fresh = _fetched(context, embedder, missing, budget)
        if len(fresh) < len(missing):
            return None
        found |= fresh
        # Another model may be served under the same name: what it says now counts.
        some = fresh or found
        lengths = Counter(map(len, some.values()))
        newest = max(lengths, key=lambda length: (lengths[length], length), default=0)
        if all(len(vector) == newest for vector in found.values()):
            return found
        found = {text: vector for text, vector in found.items() if len(vector) == newest}
    raise PermanentError(
        f"The model {embedder.name} makes vectors of several dimensions.",
        "Check SCOUT_EMBED_MODEL.",
        code=Code.MODEL_INCOMPREHENSIBLE,
    )


def _fetched(
    context: StepContext, embedder: Embedder, missing: Sequence[str], budget: TokenBudget
) -> dict[str, Sequence[float]]:
    """Return, and store, the vectors of texts; fewer where the budget ends."""
    fresh: dict[str, Sequence[float]] = {}
    batches = list(_batches(missing, embedder.max_texts))

    def fetch(texts: Sequence[str]) -> _Batch | None:
        if embedder.is_metered and budget.is_exhausted:
            return None
        answer = embedder.embed(texts)
        if embedder.is_metered:
            budget.spend(answer.tokens)
        return _Batch(texts, answer)

    def save(done: Sequence[_Batch]) -> None:
        spent = Spent()
        for one in done:
            fresh.update(zip(one.texts, one.answer.vectors, strict=True))
            spent = spent.and_(_spent(one.answer))

        def write() -> None:
            EmbeddingsDao.put(
                embedder.name,
                {text: fresh[text] for one in done for text in one.texts},
                context.now_iso(),
            )
            if embedder.is_metered:
                save_spent(context, KIND, {context.step_id: spent})

        context.record.save(write)

    if batches:
        work_through(context, batches, fetch, save, name=_name, what="batches of texts")
    return fresh


def _batches(texts: Sequence[str], max_texts: int) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) >= max_texts or characters + len(text) > BATCH_MAX_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch


def _name(texts: Sequence[str]) -> str:
    return f"vectors of {len(texts):,} texts"


def _spent(answer: Embedded) -> Spent:
    return Spent(answer.requests, answer.tokens, 0, answer.cost_usd, answer.estimated)


def _give_up(context: StepContext, embedder: Embedder, reason: str, code: Code | None) -> None:
    shown = clean_text(reason, _REASON_MAX_CHARACTERS)
    context.record.audit(
        Event.EMBEDDINGS_UNAVAILABLE,
        f"There are no vectors by {embedder.name}, texts are compared by their words: {shown}",
        data={
            "model": embedder.name,
            "reason": shown,
            "error_code": code.value if code else None,
        },
    )
