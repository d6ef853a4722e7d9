"""How work is executed: broker, actors, middleware, leases, recovery, logging.

`dramatiq workers` imports this package and expects a broker to be ready. Everybody else imports
what they need from its modules and calls `workers.broker.boot` themselves, so that light commands
and the parent of the workers do not pay for Dramatiq.
"""

from __future__ import annotations

import sys

if "dramatiq.cli" in sys.modules:
    import faulthandler

    from models.settings.files import load_files
    from workers.logs import install_worker_logging

    faulthandler.enable(2)  # the process's own stderr: `sys.stderr` is none that native code has
    try:
        load_files()
    finally:
        install_worker_logging()  # so that what goes wrong while booting is a JSON line, too

    from workers.broker import boot

    boot()
