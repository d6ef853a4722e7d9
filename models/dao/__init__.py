"""The rows: beside `models.lifecycle`, which writes the transitions, the only place with SQL."""

from models.dao.audit import AuditDao, AuditRow
from models.dao.runs import RunRow, RunsDao
from models.dao.steps import ClaimedRow, StepRow, StepsDao

__all__ = ["AuditDao", "AuditRow", "ClaimedRow", "RunRow", "RunsDao", "StepRow", "StepsDao"]
