"""Asking a language model until its answer is valid, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from models.codes import Code
from models.errors import ItemFailedError, ScoutError
from models.text.clean import clean_text
from tasks.llm.usage import Spent, TokenBudget
from tasks.pause import check_wanted
from tasks.sources.interface import (
    AnalysisRequest,
    LanguageModel,
    ModelAnswer,
    PairsRequest,
    Request,
    UnansweredError,
)
from tasks.step import StepContext

Content = TypeVar("Content")

#: How often the model may correct an answer that is not valid.
MAX_CORRECTIONS = 2
ERROR_MAX_CHARACTERS = 500


class Asked(Struct, Generic[Content], frozen=True):
    """What came of it: `content` of a valid answer, or else the last `error`; and all it cost.

    `invalid` is what `error` says, as it was raised.
    """

    answer: ModelAnswer
    content: Content | None
    error: str | None
    spent: Spent
    invalid: Exception | None = None


def no_valid_answer(context: StepContext, item: str, reason: str) -> ScoutError:
    """Return what is wrong with an item that got no valid answer, and what to do if many did not.

    Args:
        context: The step that asked.
        item: What was asked about.
        reason: Why the answer is not valid; printable.
    """
    run_id = context.run_id
    return ItemFailedError(
        f"{item}: {reason}",
        "Choose another model with SCOUT_LLM_MODEL, then: scout resume"
        f" {run_id} asks again for what is not valid, or begin anew: scout rerun {run_id}",
        code=Code.INVALID_MODEL_OUTPUT,
    ).saying(reason)


class Question(Generic[Content]):
    """One thing to ask; after an endpoint's error it goes on where it was and pays nothing twice.

    Args:
        model: Who is asked.
        request: What.
        parse: Returns an answer's content, or raises `invalid`.
        invalid: The errors that say that an answer is not valid.
        max_corrections: How often the model may correct one.
    """

    def __init__(
        self,
        model: LanguageModel,
        request: Request,
        parse: Callable[[ModelAnswer], Content],
        invalid: type[Exception],
        max_corrections: int = MAX_CORRECTIONS,
    ) -> None:
        self.request = request
        self.spent = Spent()
        self._model = model
        self._parse = parse
        self._invalid = invalid
        self._max_corrections = max_corrections
        self._answer: ModelAnswer | None = None
        self._error = ""
        self._raised: Exception | None = None
        self._corrections = 0
        self._asked_again = False

    def ask(self, budget: TokenBudget | None = None) -> Asked[Content]:
        """Return the first valid answer, or the last invalid one.

        Args:
            budget: What pays, answer by answer; where it is used up, nothing more is asked.

        Raises:
            TransientError, ItemFailedError, PermanentError: As the model does. `spent` holds what
                was paid until then.
        """
        while True:
            answer = self._paid_for(budget)
            if answer is None:
                assert self._answer is not None  # noqa: S101 - the first answer is never None
                return Asked(self._answer, None, self._error, self.spent, self._raised)
            self._answer = answer
            try:
                return Asked(answer, self._parse(answer), None, self.spent)
            except self._invalid as exc:
                self._raised = exc
                text = exc.message if isinstance(exc, ScoutError) else str(exc)
                self._error = clean_text(text, ERROR_MAX_CHARACTERS)

    def ask_within(self, budget: TokenBudget) -> Asked[Content] | None:
        """Return what `ask` does, and have the budget pay; None where it has no token left.

        Raises:
            ItemFailedError: Nor has it, after answers were paid for of which none can be used.
        """
        if budget.is_exhausted and not self.spent.requests:
            return None
        return self.ask(budget)

    def _paid_for(self, budget: TokenBudget | None) -> ModelAnswer | None:
        """Return the next answer, or None where there is no other; whatever came was paid for."""
        while budget is None or not budget.is_exhausted:
            try:
                answer = self._next()
            except UnansweredError as exc:
                self._pay(exc.paid, budget)
                if self._asked_again or not exc.again:
                    raise
                self._asked_again = True
                continue
            if answer is not None:
                self._pay(answer, budget)
            return answer
        if self._answer is None:
            raise ItemFailedError(
                budget.reason("it got no answer that can be used"), code=Code.MODEL_GIVES_NO_ANSWER
            )
        return None

    def _pay(self, answer: ModelAnswer, budget: TokenBudget | None) -> None:
        self.spent = self.spent.plus(answer)
        if budget is not None:
            budget.spend(answer.prompt_tokens + answer.completion_tokens)

    def _next(self) -> ModelAnswer | None:
        """Return the next answer, or None where there is no other."""
        check_wanted()
        if self._answer is None:
            request = self.request
            if isinstance(request, AnalysisRequest):
                return self._model.analyse(request)
            if isinstance(request, PairsRequest):
                return self._model.judge_pairs(request)
            return self._model.write_brief(request)
        if self._corrections >= self._max_corrections:
            return None
        answer = self._model.correct(self.request, self._answer, self._error)
        self._corrections += 1
        return answer
