"""What is said of a run: facts for machines, and a sentence for people; all of it redacted."""

from __future__ import annotations

from msgspec import Struct, structs

from models.clock import Clock
from models.dao.notices import NoticeRow
from models.dao.runs import RunsDao
from models.dao.steps import StepsDao
from models.ids import new_id
from models.redaction import default_redactor
from models.settings.notify import About
from models.text.clean import clean_text
from models.views.run_state import failed_step

FORMAT = "scout-notification/1"
_TEXT_MAX_LENGTH = 400


class Message(Struct, frozen=True):
    """What a receiver gets.

    Args:
        id: The same for every try, so that a receiver can tell them from another message.
        event: failed, stalled or success.
        run_id: The run.
        command: The command that made it.
        query: What it searches for.
        at: Since when that is so; UTC, ISO 8601.
        step: The step that failed, or an empty text.
        error_code: What kind of failure it is, or an empty text.
        text: A sentence that says it.
        format: Says what this is.
    """

    id: str
    event: str
    run_id: str
    command: str
    query: str
    at: str
    step: str
    error_code: str
    text: str
    format: str = FORMAT

    @property
    def title(self) -> str:
        """Return it in few words."""
        return f"Scout: a run {_WORDS[About(self.event)]}"

    def facts(self) -> dict[str, str]:
        """Return every field by its name."""
        return {name: str(value) for name, value in structs.asdict(self).items()}


_WORDS = {About.FAILED: "failed", About.STALLED: "stands still", About.SUCCESS: "succeeded"}


def trial_message() -> Message:
    """Return one that only says that it is a test."""
    clock = Clock()
    run_id = new_id(clock.now_ms())
    return Message(
        f"{run_id}-test",
        About.FAILED,
        run_id,
        "notify",
        "a test",
        clock.now_iso(),
        "",
        "",
        "This is a test of scout notify; no run failed.",
    )


def notice_message(notice: NoticeRow) -> Message:
    """Return what is said; raises InputError where the run is gone."""
    run = RunsDao.get(notice.run_id)
    step = failed_step(StepsDao.of_run(run.run_id)) if notice.about == About.FAILED else None
    query = _clean(str(run.args.get("query") or run.args.get("with_repo") or ""))
    told = f"Run {run.run_id} ({query}) {_WORDS[About(notice.about)]}"
    if step is not None:
        told += f" in {step.name}: {step.error_type}: {step.error_message}"
    if notice.about == About.STALLED:
        told += f": nobody works on it. See: scout show {run.run_id}"
    return Message(
        f"{run.run_id}-{notice.id}",
        notice.about,
        run.run_id,
        run.command,
        query,
        notice.moment,
        step.name if step else "",
        (step.error_code or "") if step else "",
        _clean(told),
    )


def _clean(text: str) -> str:
    return clean_text(default_redactor().redact_text(text), _TEXT_MAX_LENGTH)
