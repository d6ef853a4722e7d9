"""Calling an actor as Dramatiq's worker thread does, without a message from the broker.

Every middleware sees the call as it sees any other; what falls away is the trip through the broker,
and the acknowledgement, since there is nothing to acknowledge.
"""

from __future__ import annotations

import logging
import os
from itertools import count
from secrets import token_hex
from typing import Any

import dramatiq
from dramatiq.broker import MessageProxy
from dramatiq.message import Message
from dramatiq.middleware import SkipMessage

logger = logging.getLogger(__name__)

#: Of this process, and what was called in it: unlike a UUID, without a system call for each.
_OURS = token_hex(8)
_calls = count(1)


def call_actor(broker: dramatiq.Broker, name: str, run_id: str) -> None:
    """Call the actor of a step between the hooks of a message; raises nothing of what it raises."""
    actor = broker.get_actor(name)
    message = MessageProxy(_message(actor, run_id))
    try:
        broker.emit_before("process_message", message)
        if not message.failed:
            actor(*message.args, **message.kwargs)
        broker.emit_after("process_message", message, result=None)
    except SkipMessage:
        logger.warning("Message %s was skipped.", message)
        broker.emit_after("skip_message", message)
    except BaseException as exc:
        message.stuff_exception(exc)
        if isinstance(exc, actor.options.get("throws") or ()):
            text = "Failed to process message %s with expected exception %s."
            logger.info(text, message, type(exc).__name__)
        else:
            text = "Failed to process message %s with unhandled exception."
            logger.error(text, message, exc_info=True)
        broker.emit_after("process_message", message, exception=exc)
    finally:
        message.clear_exception()


def _message(actor: dramatiq.Actor[Any, Any], run_id: str) -> Message[Any]:
    """Return what `actor.message` does, with an id that costs a tenth of a UUID."""
    return Message(
        queue_name=actor.queue_name,
        actor_name=actor.actor_name,
        args=(run_id,),
        kwargs={},
        options={},
        message_id=f"{_OURS}-{os.getpid()}-{next(_calls)}",
    )
