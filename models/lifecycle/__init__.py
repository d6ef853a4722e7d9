"""The transitions of runs and steps: each one transaction with its audit rows, then its log lines.

Run:   queued → running → success | failed | cancelled; only a person's resume reopens one.
Step:  pending → running → success | failed | cancelled, or back to pending for a retry, postponed,
       or after an interruption; a step that will not be reached becomes skipped or cancelled.
"""

from models.lifecycle.cancel_resume import cancel_run, resume_run
from models.lifecycle.claim import Claim, Refusal, claim_step, start_step
from models.lifecycle.create import create_run, log_audit
from models.lifecycle.expire import DueStep, close_worker, expire_leases, take_due_steps
from models.lifecycle.finish import fail_step, finish_claim, finish_step
from models.lifecycle.hand_on import finish_and_go_on
from models.lifecycle.reschedule import hand_back, postpone_step, retry_step
from models.lifecycle.run_deadline import fail_late_runs

__all__ = [
    "Claim",
    "DueStep",
    "Refusal",
    "cancel_run",
    "claim_step",
    "close_worker",
    "create_run",
    "expire_leases",
    "fail_late_runs",
    "fail_step",
    "finish_and_go_on",
    "finish_claim",
    "finish_step",
    "hand_back",
    "log_audit",
    "postpone_step",
    "resume_run",
    "retry_step",
    "start_step",
    "take_due_steps",
]
