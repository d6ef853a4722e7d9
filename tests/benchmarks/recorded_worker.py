"""`scout worker` over the recorded chain with no-op step bodies: parent and worker process in one.

Run with `--stop-on-eof` it is a worker process, else the parent that starts two of them. With
`--metrics` it counts what they do, as `scout worker --metrics` does; with `--unpinned` each process
runs where the kernel has it run.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if "--stop-on-eof" in sys.argv:
        from tests.benchmarks.recorded_chain import build
        from workers.broker import boot
        from workers.supervisor import worker_process as child

        sys.exit(child.main(boot=lambda: boot(build)))
    from workers.supervisor import supervisor
    from workers.supervisor.child_process import child_command

    if "--unpinned" in sys.argv:
        supervisor.keep_on_own_cpu = lambda *_: None
    counts_fd = None
    if "--metrics" in sys.argv:
        from workers.metrics.counts import Counts
        from workers.metrics.pipe import CountsReceiver

        receiver = CountsReceiver(Counts())
        receiver.start()
        counts_fd = receiver.write_fd
    command = child_command(4, 10, "tests.benchmarks.recorded_worker", counts_fd)
    sys.exit(supervisor.run_supervisor(2, 4, command=command, counts_fd=counts_fd))
