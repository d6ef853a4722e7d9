"""Run the counterpart by hand: `python -m tests.counterparts.github --repos 200`."""

from __future__ import annotations

import argparse
import threading
from contextlib import suppress

from tests.counterparts.github.faults import RESET, secondary, server_error
from tests.counterparts.github.server import Counterpart, running_github
from tests.counterparts.github.world import World


def main() -> None:
    """Serve until interrupted; point `SCOUT_GITHUB_URL` at the address that is printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=int, default=200)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", help="the only token that is accepted")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--fault-share", type=float, default=0.0)
    options = parser.parse_args()
    github = Counterpart(World(options.repos), options.token, latency_s=options.latency_ms / 1000)
    faults = [server_error(500), server_error(502), RESET, secondary(429, retry_after_s=1)]
    if options.fault_share:
        github.sometimes(options.fault_share, faults)
    with running_github(github, options.port), suppress(KeyboardInterrupt):
        print(github.url, flush=True)  # noqa: T201 - this is what it is for
        threading.Event().wait()


if __name__ == "__main__":
    main()
