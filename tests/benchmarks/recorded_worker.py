"""`scout worker` over the recorded chain with no-op step bodies: parent and worker process in one.

Run with `--child` it is a worker process, else the parent that starts two of them.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if "--stop-on-eof" in sys.argv:
        from tests.benchmarks.recorded_chain import build
        from workers import child
        from workers.broker import boot

        sys.exit(child.main(boot=lambda: boot(build)))
    from workers.supervisor import run_supervisor
    from workers.supervisor_child import child_command

    sys.exit(run_supervisor(2, 4, command=child_command(4, 10, "tests.benchmarks.recorded_worker")))
