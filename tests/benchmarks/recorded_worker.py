"""`scout worker` over the recorded chain with no-op step bodies: parent and worker process in one.

Run with `--child` it is a worker process, else the parent that starts two of them.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if "--stop-on-eof" in sys.argv:
        from tests.benchmarks.recorded_chain import build
        from workers.broker import boot
        from workers.supervisor import worker_process as child

        sys.exit(child.main(boot=lambda: boot(build)))
    from workers.supervisor.child_process import child_command
    from workers.supervisor.supervisor import run_supervisor

    sys.exit(run_supervisor(2, 4, command=child_command(4, 10, "tests.benchmarks.recorded_worker")))
