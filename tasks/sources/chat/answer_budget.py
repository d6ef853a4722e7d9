"""How many tokens one answer may have: more where reasoning uses them up before there is one."""

from __future__ import annotations

import threading

from models.events import Event
from models.settings.chat import ChatSettings
from tasks.recorder import Recorder

#: How much larger the one larger try is; a model that needs it is asked so from then on.
LARGER = 4

_lock = threading.Lock()
_enlarged: set[tuple[str, str]] = set()


class AnswerBudget:
    """The most tokens of an answer of one model at one endpoint; known to all steps of the process.

    Args:
        settings: The endpoint, the model, and what the environment says.
        record: The step's recorder, which is told of a change; None outside a step.
    """

    def __init__(self, settings: ChatSettings, record: Recorder | None) -> None:
        self._key = (settings.base_url, settings.model)
        self._setting = settings.max_tokens
        self._label = settings.label
        self._record = record

    def tokens(self, usual: int) -> int:
        """Return how many tokens an answer may have.

        Args:
            usual: What the prompt says.
        """
        tokens = self._setting or usual
        return tokens * LARGER if self._key in _enlarged else tokens

    def enlarge(self, usual: int, used_up: int) -> bool:
        """Allow more from now on; returns whether that is more than what was used up.

        Args:
            usual: What the prompt says.
            used_up: What was allowed, and was not enough.
        """
        with _lock:
            is_news = self._key not in _enlarged
            _enlarged.add(self._key)
        larger = self.tokens(usual)
        if is_news and self._record is not None:
            self._record.audit(
                Event.LLM_MAX_TOKENS_RAISED,
                f"The model at {self._label} used up all {used_up:,} tokens before it had answered:"
                f" it may use {larger:,} from now on.",
                data={"max_tokens": larger, "usual": used_up},
            )
        return larger > used_up


def forget_budgets() -> None:
    """Forget which models needed more."""
    with _lock:
        _enlarged.clear()
