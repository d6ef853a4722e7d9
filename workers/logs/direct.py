"""Writes the lines of transitions past `logging`, where nobody could tell the difference.

A record's way through loggers and handlers costs more than most of these lines. Where anything
but Scout's own handler could see it, it goes that way.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workers.logs.json_format import JsonFormatter
from workers.logs.routine import RoutineLines
from workers.logs.stream import LineHandler

if TYPE_CHECKING:
    from models.audit import Prepared

_logger = logging.getLogger("scout")


class DirectLines:
    """Writes the lines of transitions to a handler's stream, each transition's at once.

    Args:
        handler: The handler.
        formatter: The handler's formatter, which masks what the process's own redactor does.
    """

    def __init__(self, handler: LineHandler, formatter: JsonFormatter) -> None:
        self._handler = handler
        self._formatter = formatter
        self._routine = RoutineLines()

    def write(self, said: Sequence[Prepared]) -> bool:
        """Write the lines of a transition, all or none; says whether it did."""
        if not self._is_alone():
            return False
        lines = [self._routine.line(one) or self._in_full(one) for one in said]
        self._handler.write_text("\n".join(lines) + "\n", lines=len(lines))
        return True

    def _in_full(self, one: Prepared) -> str:
        from models.audit import record_of  # here: logging is set up before any database is

        record = record_of(one.entry)
        line = self._formatter.format(record)
        self._routine.learn(one, record, line)
        return line

    def _is_alone(self) -> bool:
        """Say whether a record would come to this handler as it is made, and to no other."""
        handler, handlers = self._handler, logging.root.handlers
        return (
            len(handlers) == 1
            and handlers[0] is handler
            and not (_logger.handlers or _logger.filters or handler.filters or handler.level)
            and _logger.propagate
            and handler.formatter is self._formatter
            and logging.getLogRecordFactory() is logging.LogRecord
        )
