"""Run the counterpart by hand: `python -m tests.support.counterparts.github --repos 200`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from tests.support.counterparts.by_hand import until_stopped
from tests.support.counterparts.github.faults import CUT_OFF, RESET, Fault, secondary, server_error
from tests.support.counterparts.github.readmes import writer
from tests.support.counterparts.github.server import Counterpart
from tests.support.counterparts.github.serving import running_github
from tests.support.counterparts.github.world import World

#: What may happen to any request; garbage is not among them, a README may look like anything.
FAULTS: tuple[Fault, ...] = (
    server_error(500),
    server_error(502),
    RESET,
    CUT_OFF,
    secondary(429, retry_after_s=1),
    secondary(403, retry_after_s=1),
)


def main() -> None:
    """Serve until interrupted; point `SCOUT_GITHUB_URL` at the address that is printed.

    At the end it prints, as one JSON object, what it was asked and what it did.
    """
    options = _parser().parse_args()
    world = World(options.repos, writer=writer(), shelves=options.shelves)
    if options.readmes:
        contents = [path.read_bytes() for path in sorted(options.readmes.iterdir())]
        world.writer = lambda number: contents[(number - 1) % len(contents)]
    github = Counterpart(world, options.token, latency_s=options.latency_ms / 1000)
    for bucket in ("core", "search"):
        window = github.windows[bucket]
        window.limit = getattr(options, f"{bucket}_limit") or window.limit
        window.length_s = getattr(options, f"{bucket}_window_s") or window.length_s
    if options.fault_share:
        github.sometimes(options.fault_share, list(FAULTS), options.seed)
    with running_github(github, options.port):
        until_stopped(github.url, lambda: json.dumps(summary(github)))


def summary(github: Counterpart) -> dict[str, object]:
    """Return what a counterpart was asked, and what it did."""
    kinds = {"/readme": "readme", "/search": "search", "/rate_limit": "rate_limit"}
    asked: Counter[str] = Counter()
    for one in list(github.seen):
        what = next((kind for part, kind in kinds.items() if part in one.path), "metadata")
        asked[f"{what} {one.status or 'broken'}"] += 1
    return {
        "asked": dict(sorted(asked.items())),
        "faults": dict(Counter(one.kind for one in list(github.injected))),
        "core_used": github.windows["core"].used,
        "refused": dict(github.refused),
        "busiest": github.busiest,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repos", type=int, default=200)
    parser.add_argument("--readmes", type=Path, help="a folder of READMEs, used in turn")
    parser.add_argument("--shelves", type=int, default=1, help="word shelfN finds a part of them")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", help="the only token that is accepted")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--fault-share", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    for bucket in ("core", "search"):
        parser.add_argument(f"--{bucket}-limit", type=int, help="requests in a window")
        parser.add_argument(f"--{bucket}-window-s", type=float, help="how long a window is")
    return parser


if __name__ == "__main__":
    main()
