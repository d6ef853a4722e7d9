"""What a message looks like on the wire, and what is made of one that looks otherwise.

Whoever may write to the queue may write anything, so nothing of a message is believed before its
shape was checked, and what is wrong with it never stops those beside it. A message that cannot be
used becomes one that says so and names nothing; the step middleware skips it, which takes it out
of the queue with one line in the log and no row.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from dramatiq.broker import MessageProxy
from dramatiq.common import dq_name
from dramatiq.encoder import JSONEncoder

from models.ids import is_id
from models.steps import STEP_NAMES

#: The queue of every actor.
QUEUE = "scout"
_QUEUES = (QUEUE, dq_name(QUEUE))
#: The options that are read; all others would be somebody's guess at what Dramatiq does with them.
_OPTIONS = frozenset({"eta", "redis_message_id", "broker_priority"})
_REFUSED = "refused"
#: Stands for the name in Redis of a message that does not say it.
UNNAMED = "unknown"
_LATEST_MS = 1e14
#: A name that an actor could have; Dramatiq puts aside the messages of those that it does not know.
_ACTOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)

_counter = count(1)


class MessageFormat(JSONEncoder):
    """Dramatiq's encoding, whose decoding never fails."""

    def decode(self, data: bytes) -> dict[str, Any]:
        """Return the fields of a message that can be used, or of one that is refused."""
        try:
            found = super().decode(data)
        except Exception:  # noqa: BLE001 - bytes that are no JSON, nested too deeply, …
            return _refused({}, "cannot be read")
        fields = found if isinstance(found, dict) else {}
        options = fields.get("options")
        fields["options"] = {"redis_message_id": UNNAMED} | (
            {key: options[key] for key in _OPTIONS & options.keys()}
            if isinstance(options, dict)
            else {}
        )
        why = _wrong_with(fields)
        return fields if why is None else _refused(fields, why)


def run_id_of(args: tuple[Any, ...], options: dict[str, Any]) -> str | None:
    """Return the run that a message is about, or None where it is refused."""
    if options.get(_REFUSED) or len(args) != 1 or not is_id(args[0]):
        return None
    return str(args[0])


def believe_its_queue(message: MessageProxy, queue: str) -> None:
    """Treat a message as one of the queue that it was taken from, whatever it says itself.

    By the queue's name Dramatiq finds who acknowledges it; another consumer would take another
    message out. What waits for its time is in a queue of its own: here it would keep a place of a
    thread's next message until then.
    """
    if queue == QUEUE:
        message.options.pop("eta", None)
    if message.queue_name != queue:
        message._message = message._message.copy(queue_name=queue)


def id_in(data: bytes) -> str | None:
    """Return the name in Redis that a message holds; None where it holds none, or is none."""
    try:
        known = JSONEncoder().decode(data)["options"]["redis_message_id"]
    except Exception:  # noqa: BLE001 - as above
        return None
    return known if isinstance(known, str) else None


def _wrong_with(fields: dict[str, Any]) -> str | None:
    """Return what is wrong with the shape of a message, in words of ours; None for nothing."""
    name, args, queue = (fields.get(key) for key in ("actor_name", "args", "queue_name"))
    if not isinstance(name, str) or not _ACTOR_NAME.fullmatch(name):
        return "names no step"
    if queue not in _QUEUES:
        return "names another queue"
    if not isinstance(args, list) or len(args) != 1 or not is_id(args[0]):
        return "names no run"
    texts = [fields.get("message_id"), fields["options"]["redis_message_id"]]
    if fields.get("kwargs") != {} or not all(isinstance(text, str) for text in texts):
        return "is none of Scout's"
    if type(fields.get("message_timestamp")) is not int or not _is_time(fields["options"]):
        return "has no time"
    return None


def _is_time(options: dict[str, Any]) -> bool:
    eta = options.get("eta", 0)
    return type(eta) in {int, float} and 0 <= eta < _LATEST_MS  # false for NaN as well


def _refused(fields: dict[str, Any], why: str) -> dict[str, Any]:
    queue, options = fields.get("queue_name"), fields.get("options", {})
    known = options.get("redis_message_id")
    return {
        "queue_name": queue if queue in _QUEUES else QUEUE,
        "actor_name": STEP_NAMES[0],
        # What Dramatiq's line about a skipped message shows.
        "args": [f"refused, it {why}: number {next(_counter)} in this process"],
        "kwargs": {},
        "options": {
            _REFUSED: True,
            "redis_message_id": known if isinstance(known, str) else UNNAMED,
        },
        "message_id": "refused",
        "message_timestamp": 0,
    }
