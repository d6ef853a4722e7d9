"""How much of a README a model is shown: less where its context is too short for more."""

from __future__ import annotations

from msgspec.structs import asdict

from models.events import Event
from tasks.recorder import Recorder
from tasks.sources.chat.learnt_limit import LearntLimit
from tasks.sources.interface import AnalysisRequest, ModelAnswer, Request

#: Characters of a README that a model is shown; evidence is looked for in all of it.
README_MAX_CHARACTERS = 24_000
#: A README is not cut shorter than this: what is left would say too little.
README_MIN_CHARACTERS = 1_000
#: How often a request that was too long is made shorter.
MAX_HALVINGS = 4


class ShortenedAnswer(ModelAnswer, frozen=True):
    """An answer to a request that showed less of a README than usual: this many characters."""

    readme_cut_at: int = README_MAX_CHARACTERS


class ReadmeLength:
    """What is known of one model's context; shared by the threads of a step.

    A context is counted in tokens, which no two models cut alike, so it is found out by halving.

    Args:
        record: The step's recorder, or None.
        label: How to name the endpoint.
    """

    def __init__(self, record: Recorder | None, label: str) -> None:
        self._record = record
        self._label = label
        self._limit = LearntLimit(README_MAX_CHARACTERS)

    def lengths(self, request: Request) -> list[int]:
        """Return how much of the README to show at first, and then after each refusal."""
        limit, whole = self._limit.value, _length(request)
        halved = [limit // 2**power for power in range(1, 10)]
        shorter = [one for one in halved if README_MIN_CHARACTERS <= one < whole]
        return [limit, *shorter[:MAX_HALVINGS]]

    def noted(self, answer: ModelAnswer, request: Request, shown: int) -> ModelAnswer:
        """Return an answer with how much of the README it is based on, and remember that.

        Args:
            answer: The answer.
            request: What was asked.
            shown: The most characters of a README that were shown.
        """
        if shown >= README_MAX_CHARACTERS or _length(request) <= shown:
            return answer
        if self._limit.lower_to(shown) and self._record is not None:
            self._record.audit(
                Event.LLM_INPUT_SHORTENED,
                f"The context of the model at {self._label} is too short for long READMEs:"
                f" it is shown their first {shown:,} characters from now on.",
                data={"readme_max_characters": shown, "usual": README_MAX_CHARACTERS},
            )
        return ShortenedAnswer(**asdict(answer), readme_cut_at=shown)


def _length(request: Request) -> int:
    if isinstance(request, AnalysisRequest):
        return len(request.readme or "")
    return max((len(one.readme) for one in request.projects), default=0)
