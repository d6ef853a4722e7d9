"""What is said to be there already of a group: links between its members, and earlier requests."""

from __future__ import annotations

from models.dao.briefs import BriefRow
from models.text.canonical_json import loads
from models.text.clean import clean_text
from tasks.facts.prior import prior_sentences

_QUOTE_MAX_CHARACTERS = 240


def already_there(row: BriefRow) -> list[str]:
    """Return what is known to be there, a sentence each; empty where nothing is."""
    prior = prior_sentences(loads(row.prior_json)) if row.prior_json else []
    return [*_links(row), *prior]


def not_known(row: BriefRow) -> list[str]:
    """Return what nobody could look at, or did not, before a group was proposed."""
    return list(loads(row.prior_json)["unknown"]) if row.prior_json else []


def _links(row: BriefRow) -> list[str]:
    stored = row.links_json
    return [
        clean_text(
            f"{link['source']} already names {link['target']}:"
            f" “{clean_text(link['quote'], _QUOTE_MAX_CHARACTERS)}”"
        )
        for link in (loads(stored) if stored else [])
    ]
