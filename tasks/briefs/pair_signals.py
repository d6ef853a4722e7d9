"""What speaks for a pair, and how alike its two are: the signals of `scout-brief/2`.

A pair is worth the sum of the *ranks* of a few signals among all pairs of the run, after those that
are too much alike have been taken out: they do the same job. Ranks and not values, since cosines,
counts and stars have no common unit; a rank is the same on every theme, for every embedding model.
No weight is tuned: what is there counts once, except fame, which says nothing about a pair and
counts half. A pair is as well known as the lesser known of its two.

==========  ==========================  =============================  =====================
way         one needs what the other    one needs what the other is    common ground
            offers
==========  ==========================  =============================  =====================
embeddings  need ~ provides, keywords   need ~ description, summary    README ~ README
words       need ~ provides             need ~ all short texts         description, name
==========  ==========================  =============================  =====================

Without a language model there are no needs: a common language and fame remain, and the ground where
there are embeddings. By words alone the gate is wider, since likeness is seen less sharply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tasks.embeddings import rare_words
from tasks.embeddings.exact import Pairs, Square, Vector, added, closest, lesser, products, square
from tasks.kinds.project import Project
from tasks.text.plain import plain_prose

#: Text to its vector in whole numbers.
Vectors = Mapping[str, Vector]

#: The share of pairs, the most alike ones, that are taken for competitors.
ALIKE_SHARE = 0.10
ALIKE_SHARE_WITHOUT_NEEDS = 0.25
ALIKE_MIN_PAIRS = 20
WEIGHTS: Mapping[str, float] = {
    "need_phrase": 1.0,
    "need_identity": 1.0,
    "ground": 1.0,
    "language": 1.0,
    "stars": 0.5,
}
#: Signals of which one at least must speak for a pair; the others are about each one alone.
RELATING = ("need_phrase", "need_identity", "ground")
#: Characters of a README that are compared, about the 256 tokens that small models read.
HEAD_CHARACTERS = 1200
#: Characters of a README that are compared by words.
README_CHARACTERS = 4000


class PairSignals(Struct, frozen=True):
    """The pairs of a run with their ranks, 0 to 1, and which of them are too much alike.

    `compared` is how many pairs those that are most alike were found among.
    """

    pairs: Pairs
    ranks: Mapping[str, Any]
    alike: Any
    alike_share: float
    scores: Any
    related: Any
    compared: int

    def around(self, index: int) -> PairSignals:
        """Return the pairs of one repository only, as ranks among themselves.

        Who does the same job as it is still seen among all pairs of the run.
        """
        pairs, numbers = self.pairs.of(index)
        ranked = {
            name: pairs.among_themselves(pairs.some(column, numbers))
            for name, column in self.ranks.items()
        }
        return PairSignals(
            pairs,
            ranked,
            pairs.some(self.alike, numbers),
            self.alike_share,
            _scores(pairs, ranked),
            pairs.some(self.related, numbers),
            self.compared,
        )

    def may_be_proposed(self, number: int) -> bool:
        """Say whether a pair has anything to do with each other, and does not do the same job.

        Which pairs are most alike can be said of many only.
        """
        enough = self.compared >= ALIKE_MIN_PAIRS
        alike = enough and bool(self.alike[number] > 1 - self.alike_share)
        return bool(self.related[number]) and not alike


def texts_to_compare(projects: Sequence[Project]) -> list[str]:
    """Return the different texts that `pair_signals` needs a vector of, sorted."""
    if not any(project.needs for project in projects):
        return sorted({_line(project) for project in projects})
    texts = {text for p in projects for text in (*_phrases(p), *p.needs, about(p), head(p))}
    return sorted(texts - {""})


def pair_signals(projects: Sequence[Project], vectors: Vectors | None) -> PairSignals:
    """Return the signals of all pairs of different owners.

    Args:
        projects: Those that may be grouped.
        vectors: The vector of each text that `texts_to_compare` names; None goes by words.
    """
    pairs = Pairs([project.owner for project in projects])
    has_needs = any(project.needs for project in projects)
    identity = [_identity(project) for project in projects]
    likeness = rare_words.likeness(identity)
    alike = pairs.ranks(likeness)
    if has_needs:
        matrices = _by_meaning(projects, vectors) if vectors else _by_words(projects, identity)
        related = [matrices[name] for name in RELATING]
    else:
        matrices = _without_needs(projects, vectors)
        related = [likeness]
        if not vectors:
            readmes = rare_words.likeness([_readme(project) for project in projects])
            alike = pairs.together([alike, pairs.ranks(readmes)])
            related.append(readmes)
    matrices["stars"] = lesser([max(0, p.stars) for p in projects])
    ranked = {name: pairs.ranks(matrix) for name, matrix in matrices.items()}
    wide = not has_needs and not vectors
    share = ALIKE_SHARE_WITHOUT_NEEDS if wide else ALIKE_SHARE
    scores, fits = _scores(pairs, ranked), pairs.any_positive(related)
    return PairSignals(pairs, ranked, alike, share, scores, fits, len(pairs))


def _scores(pairs: Pairs, ranked: Mapping[str, Any]) -> Any:
    return pairs.weighted([(WEIGHTS[name], column) for name, column in ranked.items()])


def about(project: Project) -> str:
    """Return what a project is, in its own sentence and the model's."""
    return f"{project.description}. {project.summary}"


def head(project: Project) -> str:
    """Return the beginning of a README, where it says what the project is about."""
    prose = plain_prose(project.readme, HEAD_CHARACTERS)
    return f"{project.name}. {project.description}. {prose}"[:HEAD_CHARACTERS]


def offers(project: Project) -> tuple[str, ...]:
    """Return the phrases that say what a project offers."""
    return _phrases(project)


def _line(project: Project) -> str:
    """Return one line about a project of which no model has said what it is."""
    return project.description or project.name


def _phrases(project: Project) -> tuple[str, ...]:
    return (*project.provides, *project.keywords)


def _identity(project: Project) -> str:
    return " ".join((*project.keywords, *project.topics, *project.provides)).replace("-", " ")


def _by_meaning(projects: Sequence[Project], vectors: Vectors) -> dict[str, Square]:
    needs = [[vectors[need] for need in p.needs if need] for p in projects]
    phrases = [[vectors[text] for text in _phrases(p) if text] for p in projects]
    identity = [[vectors[about(p)]] for p in projects]
    return {
        "need_phrase": closest(needs, phrases),
        # How well one need is met, and how many are: a forgotten phrase changes not all.
        "need_identity": added(closest(needs, identity), closest(needs, identity, mean=True)),
        "ground": products([vectors[head(p)] for p in projects]),
    }


def _by_words(projects: Sequence[Project], identity: Sequence[str]) -> dict[str, Square]:
    needs = [p.needs for p in projects]
    names = [p.name.replace("-", " ") for p in projects]
    short = [
        [f"{p.description} {p.summary} {name} {text}"]
        for p, name, text in zip(projects, names, identity, strict=True)
    ]
    ground = [f"{p.description} {name}" for p, name in zip(projects, names, strict=True)]
    return {
        "need_phrase": rare_words.closest_words(needs, [p.provides for p in projects], mean=True),
        "need_identity": rare_words.closest_words(needs, short, mean=False),
        "ground": rare_words.likeness(ground),
    }


def _without_needs(projects: Sequence[Project], vectors: Vectors | None) -> dict[str, Square]:
    languages = [p.language for p in projects]
    same = [{j: int(a is not None and a == b) for j, b in enumerate(languages)} for a in languages]
    matrices = {"language": square(same)}
    if vectors:
        matrices["ground"] = products([vectors[_line(p)] for p in projects])
    return matrices


def _readme(project: Project) -> str:
    return f"{project.description} {plain_prose(project.readme, README_CHARACTERS)}"
