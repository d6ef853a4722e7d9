"""Row access for runs and steps; transitions with audit rows are in `models.lifecycle`."""

from models.audit import AuditDao
from models.dao.runs import RunRow, RunsDao
from models.dao.steps import ClaimedRow, StepRow, StepsDao

__all__ = ["AuditDao", "ClaimedRow", "RunRow", "RunsDao", "StepRow", "StepsDao"]
