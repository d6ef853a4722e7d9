"""Run the endpoint by hand: `python -m tests.support.counterparts.llm --fault-share 0.1`."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from tests.support.counterparts.by_hand import until_stopped
from tests.support.counterparts.llm.faults import (
    cut_body,
    cut_off,
    error_in_body,
    raw,
    reset,
    status,
    wrong_schema,
)
from tests.support.counterparts.llm.server import Behaviour, ChatServer, chat_server

#: What may happen to any request.
FAULTS: tuple[Behaviour, ...] = (
    status(429, "Slow down.", retry_after="1"),
    status(500),
    error_in_body(502),
    reset,
    raw(b"<html>Bad gateway"),
    cut_body,
    wrong_schema,
    cut_off,
)


def main() -> None:
    """Serve until interrupted; point `SCOUT_LLM_BASE_URL` at the address that is printed.

    At the end it prints, as one JSON object, what it was asked and what it did.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--fault-share", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with chat_server(options.port) as chat:
        chat.latency_s = options.latency_ms / 1000
        if options.fault_share:
            chat.sometimes(options.fault_share, list(FAULTS), options.seed)
        until_stopped(chat.url, lambda: json.dumps(summary(chat)))


def summary(chat: ChatServer) -> dict[str, object]:
    """Return what an endpoint was asked, and what it did."""
    return {
        "asked": len(chat.asked),
        "analyses": sum(one.kind == "analysis" for one in list(chat.asked)),
        "answered": chat.answered.total(),
        "faults": dict(Counter(kind for kind, _ in list(chat.injected))),
        "busiest": chat.most_concurrent,
    }


if __name__ == "__main__":
    main()
