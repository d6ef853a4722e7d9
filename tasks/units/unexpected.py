"""What nobody foresaw about one unit is that unit's failure, with its traceback on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from models.codes import Code
from models.error_codes import code_of
from models.errors import ItemFailedError, ScoutError
from models.events import Event
from models.text.clean import clean_text
from models.text.traceback_text import traceback_text
from tasks.step import StepContext

Unit = TypeVar("Unit")
Result = TypeVar("Result")

ERROR_MAX_CHARACTERS = 300


def contained(
    context: StepContext, fetch: Callable[[Unit], Result | None], name: Callable[[Unit], str]
) -> Callable[[Unit], Result | None]:
    """Return `fetch` with every error that is a bug turned into `ItemFailedError`.

    One odd answer must not cost the others theirs: whether too many units fail is for the step's
    failure budget. Errors of Scout, of the database and of the system pass as they are: they say
    something about every unit. So they do in a dry run, whose world can be corrected.

    Args:
        context: The step that works; `item.unexpected_error` is audited with the traceback.
        fetch: Asks a source, and makes a result of its answer.
        name: What a unit is called in the audit log.
    """
    if context.args.dry:
        return fetch

    def attempt(unit: Unit) -> Result | None:
        try:
            return fetch(unit)
        except ScoutError:
            raise
        except Exception as exc:
            if code_of(exc) is not Code.BUG:
                raise
            raise _recorded(context, name(unit), exc) from exc

    return attempt


def _recorded(context: StepContext, item: str, exc: Exception) -> ItemFailedError:
    """Put an error on record, and return what it comes to for its unit."""
    kind, words = type(exc).__name__, _words(exc)
    context.record.audit(
        Event.ITEM_UNEXPECTED_ERROR,
        f"{item} failed for a reason that Scout did not expect: {kind}: {words}",
        data={
            "item": item,
            "error_type": kind,
            "error": words,
            "error_code": Code.BUG,
            "traceback": traceback_text(exc),
        },
    )
    return ItemFailedError(
        f"{item}: {kind}: {words}",
        "The audit log has its traceback.",
        code=Code.BUG,
    ).saying(f"{kind}: {words}")


def _words(exc: Exception) -> str:
    try:
        return clean_text(str(exc), ERROR_MAX_CHARACTERS) or "no message"
    except Exception as error:  # noqa: BLE001 - a foreign __str__ must not cost the others either
        return f"its message cannot be shown ({type(error).__name__})"
