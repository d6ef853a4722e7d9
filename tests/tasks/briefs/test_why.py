"""Which need of one is met by what of another."""

from __future__ import annotations

from tasks.briefs.why import reasons
from tasks.kinds.project import Project

ASKS = Project("a/asks", needs=("vector database",), keywords=("search",))


def offers(*provides: str, keywords: tuple[str, ...] = ("vector database",)) -> Project:
    return Project("b/has", provides=provides, keywords=keywords)


def test_a_need_is_met_by_what_is_provided_and_not_by_what_a_project_is_about() -> None:
    (met,) = reasons([ASKS, offers("a store of vector indexes")], None)
    assert (met.needs, met.offers, met.offer) == ("a/asks", "b/has", "a store of vector indexes")
    assert reasons([ASKS, offers("quick builds")], None) == []


def test_where_nothing_is_said_to_be_provided_a_keyword_counts() -> None:
    (met,) = reasons([ASKS, offers()], None)
    assert met.offer == "vector database"


def test_older_rows_counted_keywords_too() -> None:
    both = [ASKS, offers("a store of vector indexes")]
    (met,) = reasons(both, None, by_keywords=True)
    assert met.offer == "vector database"
