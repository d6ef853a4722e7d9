"""From what happens to spans: of a run, of each attempt at a step, of requests and questions.

A span is made when its end is on record, by whoever recorded it; so the attempt of a process that
was killed has one, too. Ids are worked out, so a span that is sent twice is the same one. No text
of a repository, a model or an error is in any of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from models.audit import Entry, Prepared
from models.clock import from_iso
from models.dao.audit import AuditDao
from models.events import Event
from models.listeners import Exchange, ModelCall
from models.redaction import default_redactor
from models.settings.defaults import is_openrouter
from models.statuses import AttemptOutcome, RunStatus
from models.trace_ids import span_id, trace_id
from models.version import __version__
from models.views.attempts import ENDINGS
from workers.worker_name import worker_name

Attributes = Mapping[str, str | bool | int | float]
_RUN_ENDS: Mapping[str, RunStatus] = {
    Event.RUN_FINISHED: RunStatus.SUCCESS,
    Event.RUN_FAILED: RunStatus.FAILED,
    Event.RUN_CANCELLED: RunStatus.CANCELLED,
}
_SCOPE = InstrumentationScope("scout", __version__)
_SAMPLED = TraceFlags(1)
_FAILED, _UNSET = Status(StatusCode.ERROR), Status(StatusCode.UNSET)
#: Outcomes of an attempt that are no error: it goes on later, or somewhere else.
_NO_ERROR = frozenset({AttemptOutcome.SUCCESS, AttemptOutcome.POSTPONED})


class SpanMaker:
    """A listener that makes spans.

    Args:
        resource: What the process is.
        send: Takes a span that has ended.
        is_sampled: Says of a trace, by its number, whether it is kept.
    """

    def __init__(
        self,
        resource: Resource,
        send: Callable[[ReadableSpan], None],
        is_sampled: Callable[[int], bool],
    ) -> None:
        self._resource = resource
        self._send = send
        self._is_sampled = is_sampled

    def __call__(self, happening: object) -> None:
        """Make the span of what happened, if it is the end of one."""
        if isinstance(happening, Prepared):
            self._entry(happening.entry, happening.row.ts)
        elif isinstance(happening, Exchange):
            self._exchange(happening)
        elif isinstance(happening, ModelCall):
            self._model_call(happening)

    def _entry(self, entry: Entry, ts: str) -> None:
        if entry.event in ENDINGS:
            self._attempt(entry, from_iso(ts))
        elif entry.event in _RUN_ENDS and entry.run_id is not None:
            self._run(entry.run_id, _RUN_ENDS[entry.event], from_iso(ts))

    def _attempt(self, entry: Entry, ended: datetime) -> None:
        run_id, attempt = entry.run_id, entry.attempt
        if run_id is None or attempt is None or ("interruptions" in entry.data and entry.cause):
            return  # a step that is given up: its last attempt has ended before
        outcome = ENDINGS[entry.event]
        # No more than this: run and step are the trace and the name, and each attribute costs more
        # to encode than all the rest of what is done about an attempt.
        attributes: dict[str, str | bool | int | float] = {"scout.outcome": str(outcome)}
        if attempt > 1:
            attributes["scout.attempt"] = attempt
        failed = outcome not in _NO_ERROR
        if failed:
            code = str(entry.cause.code) if entry.cause else str(outcome)
            attributes["error.type"] = code
        self._make(
            run_id,
            entry.scope,
            span_id(run_id, entry.scope, attempt),
            span_id(run_id),
            (_started(entry, ended), ended),
            attributes,
            failed=failed,
            linked=span_id(run_id, entry.scope, attempt - 1) if attempt > 1 else None,
        )

    def _run(self, run_id: str, status: RunStatus, ended: datetime) -> None:
        beginnings = [row for row in AuditDao.beginnings(run_id) if from_iso(row.ts) <= ended]
        created, *resumes = beginnings
        command = str(created.data.get("command"))
        attributes: Attributes = {
            "scout.run.id": run_id,
            "scout.command": command,
            "scout.status": str(status),
            "scout.dry": created.data.get("dry") is True,
        }
        root = span_id(run_id)
        resumed = len(resumes) > 0  # its root was sent when it ended before
        self._make(
            run_id,
            f"scout {'resume' if resumed else command}",
            span_id(run_id, "resumed", len(resumes)) if resumed else root,
            root if resumed else None,
            (from_iso(beginnings[-1].ts), ended),
            attributes,
            failed=status is RunStatus.FAILED,
            linked=root if resumed else None,
        )

    def _exchange(self, one: Exchange) -> None:
        work = one.work
        if work.run_id is None:
            return
        parts = urlsplit(one.url)
        attributes: dict[str, str | bool | int | float] = {
            "http.request.method": one.method,
            "url.full": default_redactor().redact_text(one.url),
            "server.address": parts.hostname or "",
            "server.port": parts.port or (443 if parts.scheme == "https" else 80),
        }
        if one.status is not None:
            attributes["http.response.status_code"] = one.status
        if one.resent:
            attributes["http.request.resend_count"] = one.resent
        error = one.error_type or (str(one.status) if (one.status or 0) >= 400 else None)
        if error:
            attributes["error.type"] = error
        parent = span_id(work.run_id, work.step, work.attempt)
        self._make(
            work.run_id,
            one.method,
            f"{secrets.randbits(64) or 1:016x}",
            parent if one.call is None else _call_span(one.call),
            _took(one.started_s, one.duration_s),
            attributes,
            failed=error is not None,
            kind=SpanKind.CLIENT,
        )

    def _model_call(self, one: ModelCall) -> None:
        work = one.work
        if work.run_id is None:
            return
        attributes: dict[str, str | bool | int | float] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openrouter" if is_openrouter(one.url) else "openai",
            "gen_ai.request.model": one.model,
            "gen_ai.usage.input_tokens": one.prompt_tokens,
            "gen_ai.usage.output_tokens": one.completion_tokens,
            "server.address": urlsplit(one.url).hostname or "",
        }
        if one.answered_by:
            attributes["gen_ai.response.model"] = one.answered_by
        if one.finish_reason:
            attributes["gen_ai.response.finish_reasons"] = one.finish_reason
        if one.error_type:
            attributes["error.type"] = one.error_type
        self._make(
            work.run_id,
            f"chat {one.model}",
            _call_span(one.call),
            span_id(work.run_id, work.step, work.attempt),
            _took(one.started_s, one.duration_s),
            attributes,
            failed=one.error_type is not None,
            kind=SpanKind.CLIENT,
        )

    def _make(
        self,
        run_id: str,
        name: str,
        own_id: str,
        parent_id: str | None,
        times: tuple[datetime, datetime],
        attributes: Attributes,
        *,
        failed: bool,
        linked: str | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        trace = trace_id(run_id)
        if trace is None or not self._is_sampled(int(trace, 16)):
            return
        started, ended = times
        span = ReadableSpan(
            name,
            _context(trace, own_id),
            _context(trace, parent_id) if parent_id else None,
            self._resource,
            attributes,
            links=[Link(_context(trace, linked))] if linked else [],
            kind=kind,
            status=_FAILED if failed else _UNSET,
            start_time=_ns(min(started, ended)),
            end_time=_ns(ended),
            instrumentation_scope=_SCOPE,
        )
        self._send(span)


@lru_cache(maxsize=256)
def _context(trace: str, span: str) -> SpanContext:
    # Not sampled is the default, and would be dropped without a word.
    return SpanContext(int(trace, 16), int(span, 16), False, _SAMPLED)


def _call_span(number: int) -> str:
    return span_id(worker_name(), "call", number)


def _started(entry: Entry, ended: datetime) -> datetime:
    if entry.duration_ms is not None:
        return ended - timedelta(milliseconds=entry.duration_ms)
    started_at = entry.data.get("started_at")
    return from_iso(started_at) if isinstance(started_at, str) else ended


def _took(started_s: float, duration_s: float) -> tuple[datetime, datetime]:
    from datetime import UTC

    started = datetime.fromtimestamp(started_s, UTC)
    return started, started + timedelta(seconds=duration_s)


def _ns(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
