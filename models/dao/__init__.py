"""Row access for runs and steps; transitions with audit rows are in `models.lifecycle`."""

from models.dao.runs import RunRow, RunsDao
from models.dao.steps import ClaimedRow, StepRow, StepsDao
from models.journal import AuditDao

__all__ = ["AuditDao", "ClaimedRow", "RunRow", "RunsDao", "StepRow", "StepsDao"]
