"""Some pairs that a model is asked about at a time, and which of its verdicts can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.text.clean import clean_text
from tasks.briefs.material import first_parts
from tasks.briefs.verdict_order import Promising
from tasks.kinds.project import Project
from tasks.prompts.false_claims import first_claim
from tasks.prompts.verdict_schema import InvalidVerdictsError, PairFit, parse_verdicts
from tasks.sources.interface import ModelAnswer, PairsRequest, ProjectMaterial
from tasks.text.quotes import QUOTE_MIN_WORDS, Quotable

#: What is told of a project is bounded: a request of five pairs has some 3,000 tokens.
README_MAX_CHARACTERS = 700
_DESCRIPTION_MAX_CHARACTERS = 200
_SUMMARY_MAX_CHARACTERS = 300
_PHRASES_MAX = 6
_PHRASE_MAX_CHARACTERS = 80


def verdict_material(project: Project) -> ProjectMaterial:
    """Return what a judge is told of a project, whichever pair it is in."""
    return ProjectMaterial(
        full_name=project.full_name,
        summary=project.summary[:_SUMMARY_MAX_CHARACTERS],
        description=project.description[:_DESCRIPTION_MAX_CHARACTERS],
        provides=_phrases(project.provides),
        needs=_phrases(project.needs),
        readme=first_parts(project.readme, README_MAX_CHARACTERS),
    )


def quotable(project: Project) -> Quotable:
    """Return the stored texts that a quote of a project may come from."""
    return Quotable(project.readme, project.description)


class VerdictBatch:
    """Pairs of one request, and the verdicts on them that can be used, answer by answer.

    A verdict that is valid in one answer stays; a second answer is asked for the others alone to
    count.

    Args:
        pairs: What is asked about.
        materials: What is told of each project, by name.
        texts: What may be quoted of each.
    """

    def __init__(
        self,
        pairs: Sequence[Promising],
        materials: Mapping[str, ProjectMaterial],
        texts: Mapping[str, Quotable],
    ) -> None:
        self.pairs = pairs
        self.found: dict[str, PairFit] = {}
        self.errors: dict[str, str] = {}
        self._materials = materials
        self._texts = texts

    @property
    def name(self) -> str:
        """Return what the batch is called where its requests are counted."""
        return self.pairs[0].key

    def request(self) -> PairsRequest:
        """Return what is asked."""
        names = [(pair.first.full_name, pair.second.full_name) for pair in self.pairs]
        members = dict.fromkeys(name for both in names for name in both)
        return PairsRequest(names, [self._materials[name] for name in members])

    def parse(self, answer: ModelAnswer) -> Mapping[str, PairFit]:
        """Return the verdicts by the key of their pair, where an answer leaves none open.

        Raises:
            InvalidVerdictsError: It does; the text says which, and why, for the model to correct.
        """
        try:
            said = {one.pair: one for one in parse_verdicts(answer.text, answer.finish_reason)}
        except InvalidVerdictsError as exc:
            self.errors |= {pair.key: str(exc) for pair in self.pairs if pair.key not in self.found}
            raise
        problems = []
        for number, pair in enumerate(self.pairs, start=1):
            if pair.key in self.found:
                continue
            problem = self._taken(pair, said.get(number))
            if problem:
                self.errors[pair.key] = problem
                problems.append(f"pair {number}: {problem}")
        if problems:
            raise InvalidVerdictsError("; ".join(problems))
        return self.found

    def _taken(self, pair: Promising, one: PairFit | None) -> str:
        """Keep a verdict and return nothing, or return what is wrong with it."""
        if one is None:
            return "there is no verdict on it"
        reason = clean_text(one.reason)
        if not reason:
            return "`reason` has no visible text"
        if claim := first_claim(reason):
            return f"`reason` claims what nobody did: “{claim}”"
        for side, project in (("a", pair.first), ("b", pair.second)):
            quote = one.quote_a if side == "a" else one.quote_b
            if not self._texts[project.full_name].holds(quote):
                return (
                    f"`quote_{side}` does not stand in the README of {project.full_name}: quote at"
                    f" least {QUOTE_MIN_WORDS} words of it, word for word"
                )
        self.found[pair.key] = one
        return ""


def _phrases(phrases: Sequence[str]) -> list[str]:
    return [phrase[:_PHRASE_MAX_CHARACTERS] for phrase in phrases[:_PHRASES_MAX]]
