"""What came of asking the language model, of one run."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from models.dao.analyses import AnalysesDao
from models.dao.briefs import BriefsDao
from models.statuses import AnalysisStatus

#: What can come of asking the model for something.
ANSWERED = (
    str(AnalysisStatus.VALID),
    str(AnalysisStatus.INVALID),
    str(AnalysisStatus.FAILED),
)


class Answers(Struct, frozen=True):
    """What came of asking the model about one kind of thing, and why the last bad one was bad."""

    valid: int = 0
    invalid: int = 0
    failed: int = 0
    last_reason: str = ""

    @property
    def asked(self) -> int:
        """Return how many things the model was asked about."""
        return self.valid + self.invalid + self.failed


def analysis_answers(run_id: str) -> Answers:
    """Return what came of a run's analyses, of those that the model was asked for."""
    return _answers(AnalysesDao.outcomes(run_id))


def brief_answers(run_id: str) -> Answers:
    """Return what came of a run's briefs, of those that the model was asked for."""
    return _answers(BriefsDao.outcomes(run_id))


def _answers(outcomes: Sequence[tuple[str, str | None]]) -> Answers:
    count = {status: sum(one == status for one, _ in outcomes) for status in ANSWERED}
    reasons = [reason for status, reason in outcomes if status in ANSWERED[1:] and reason]
    return Answers(**count, last_reason=reasons[-1] if reasons else "")
