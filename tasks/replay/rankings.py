"""Rankings, again: from the inputs and keywords that each keeps beside its score."""

from __future__ import annotations

from models.dao.rankings import RankingsDao
from models.dao.runs import RunRow
from models.run_args import RunArgs
from models.text.canonical_json import loads
from tasks.landscape.scoring import (
    POLICY,
    RELEVANCE_POLICY,
    SignalInputs,
    relevance_of,
    score_signals,
)
from tasks.replay.differences import StoredScore, compare, compare_score
from tasks.replay.relevance import check_relevance


def replay_rankings(run: RunRow) -> int:
    """Score every ranking again; returns how many there are, 0 for a run with a language model.

    What the inputs have in common with other rows must be what these say; keywords are not looked
    for again.

    Raises:
        NotReproduced: A score, or one of its inputs, is another.
    """
    query = RunArgs.from_dict(run.args).typed.words
    rows = RankingsDao.with_inputs(run.run_id)
    for name, policy, score, keywords, inputs, components, about, topics, stars, payload in sorted(
        rows, key=lambda row: row[0]
    ):
        own, parts = loads(inputs), loads(components)
        in_run = own.pop("in_run", None)
        expected = RELEVANCE_POLICY if in_run else POLICY
        compare(f"the policy of {name}'s score", policy, expected)
        if in_run:
            check_relevance(name, in_run, score, parts)
            parts = in_run["own_components"]
        known = {
            "relevance": relevance_of(
                query,
                full_name=name,
                topics=loads(topics),
                description=about,
                keywords=loads(keywords),
            ),
            "stars": stars,
            "archived": bool(loads(payload).get("archived")),
        }
        stored = StoredScore(name, policy, in_run["own"] if in_run else score, own, parts)
        compare_score(stored, known, SignalInputs, score_signals)
    return len(rows)
