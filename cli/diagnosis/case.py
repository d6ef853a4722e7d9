"""What a diagnosis is made from, and what it says."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from models.dao import AuditRow
from models.dao.steps import StepRow
from models.events import Event
from models.text.clean import clean_text
from models.text.page import page_in_words
from models.views.attempts import AttemptRecord
from models.views.model_answers import Answers
from models.views.run_state import failed_step, time_of_day
from models.views.run_view import RunView
from models.views.spending import SpentOnModel
from models.views.worker_threads import ThreadCount

EVIDENCE_MAX_LENGTH = 300
_LAST_LINES = 5


class Case(Struct, frozen=True):
    """Everything that is known about a run."""

    view: RunView
    rows: list[AuditRow]
    attempts: list[AttemptRecord]
    briefs: dict[str, int]
    analysis_answers: Answers
    brief_answers: Answers
    best_rejected_score: float | None
    #: Those of the live workers that may take the run's steps.
    threads: ThreadCount
    #: Room on the disk of SQLite's file; None for a server.
    free_bytes: int | None = None
    #: The runs that have the places in the pool for which this one waits.
    pool_at_work: list[str] = []
    #: What it has spent on its model; None where it asked none.
    spent: SpentOnModel | None = None

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return self.view.run.run_id

    @property
    def failed(self) -> StepRow | None:
        """Return the step that failed, or None."""
        return failed_step(self.view.steps)

    @property
    def current(self) -> StepRow | None:
        """Return the step that the reading is about, or None."""
        name = self.view.reading.step
        return next((step for step in self.view.steps if step.name == name), None)

    def messages(self, event: Event) -> list[str]:
        """Return the messages of one event, in order."""
        return [row.message for row in self.rows if row.event == event]

    def last_lines(self, step: str, attempt: int) -> list[str]:
        """Return the last messages of one attempt, but for its start."""
        lines = [
            f"{time_of_day(row.ts)} {row.message}"
            for row in self.rows
            if row.step == step and row.attempt == attempt and row.event != Event.STEP_STARTED
        ]
        return lines[-_LAST_LINES:]


class Diagnosis(Struct, frozen=True):
    """What happened, what shows it, what it means and what to do.

    Args:
        code: A stable name for machines.
        what: What happened, in one sentence.
        meaning: What that means for the run and its results.
        evidence: What was found in the records.
        todo: Commands, or one-line advice, most useful first.
        traceback: Where the error came from, if nobody foresaw it.
    """

    code: str
    what: str
    meaning: str
    evidence: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    traceback: str | None = None

    def shown_evidence(self) -> list[str]:
        """Return the evidence in lines for people and machines; a page of HTML is in words."""
        return [clean_text(page_in_words(text), EVIDENCE_MAX_LENGTH) for text in self.evidence]

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as JSON-like data."""
        return {
            "code": self.code,
            "what": self.what,
            "evidence": self.shown_evidence(),
            "meaning": self.meaning,
            "next": self.todo,
            "traceback": self.traceback,
        }
