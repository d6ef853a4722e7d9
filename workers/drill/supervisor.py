"""The parent of a drill's workers: the usual supervisor over the drill's own children."""

from __future__ import annotations

import argparse
import sys

from models.backoff import Backoff
from models.database.migrate import open_database
from models.nonblocking_stream import unblocked
from models.settings.runtime import load_settings
from workers.drill.surroundings import hurry
from workers.supervisor.child_process import child_command
from workers.supervisor.dead_workers import close_dead_worker
from workers.supervisor.supervisor import RestartPolicy, run_supervisor


def main() -> int:
    """Run until SIGTERM and return the supervisor's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args()
    hurry()
    sys.stderr = unblocked(sys.stderr)
    settings = load_settings()
    open_database(settings).close_thread()
    command = child_command(args.threads, settings.shutdown_grace_s, "workers.drill.faulty_worker")
    return run_supervisor(
        args.processes,
        args.threads,
        close_dead_worker,
        command=command,
        shutdown_grace_s=settings.shutdown_grace_s,
        policy=RestartPolicy(Backoff(first_s=0.1, longest_s=1.0), silence_s=3.0),
    )


if __name__ == "__main__":
    sys.exit(main())
