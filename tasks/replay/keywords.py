"""Keywords, again: from the stored analyses, or rankings, of the best repositories."""

from __future__ import annotations

from models.dao.keywords import KeywordsDao
from models.dao.runs import RunRow
from models.run_args import RunArgs
from models.text.canonical_json import loads
from tasks.landscape.best_repos import TOP_KEYWORDS, best_repos
from tasks.replay.differences import compare
from tasks.text.keywords import aggregate


def replay_keywords(run: RunRow) -> int:
    """Weigh the keywords again; returns how many there are, 0 where the run weighed none.

    Raises:
        NotReproduced: A keyword, its weight, its rank or its repositories are others.
    """
    stored = KeywordsDao.of_run(run.run_id)
    if not stored:
        return 0
    args = RunArgs.from_dict(run.args)
    computed = aggregate(best_repos(run.run_id, args), args.typed.words, TOP_KEYWORDS)
    for row, one in zip(stored, computed, strict=False):
        compare(f"the keyword of rank {row.rank}", row.keyword, one.keyword)
        compare(f"the weight of {row.keyword!r}", row.weight, one.weight)
        compare(f"the repositories of {row.keyword!r}", loads(row.repos_json), list(one.repos))
    compare("the number of keywords", len(stored), len(computed))
    return len(stored)
