"""A process that native code brings down says at which line of Python it was, in each thread."""

from __future__ import annotations

import signal

from tests.support.processes import start_python
from workers.supervisor.crash_site import CrashSite
from workers.supervisor.exit_reasons import describe_death

_CRASHES = """
import ctypes, faulthandler, threading
faulthandler.enable()
waits = threading.Event()
def waiting():
    begun.set()
    waits.wait()
begun = threading.Event()
threading.Thread(target=waiting, daemon=True).start()
begun.wait()
def reads_nothing():
    ctypes.string_at(0)
reads_nothing()
"""


def heard(text: str) -> CrashSite:
    """Return what is made of a process's stderr."""
    site = CrashSite()
    for line in text.splitlines():
        site.hear(line)
    return site


def test_the_lines_of_all_threads_are_told_and_which_one_crashed() -> None:
    process = start_python(_CRASHES)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGSEGV
    site = heard(stderr)
    assert site.place.startswith("string_at (__init__.py:")
    assert len(site.threads) == 2
    assert f"{site.place}, which crashed" in site.threads
    assert any("(threading.py:" in place for place in site.threads)
    death = describe_death(7, "host:7:ab", process.returncode, None, site.place)
    assert f"native code: an extension module or the interpreter. It was in {site.place};" in (
        death.sentence
    )


def test_nothing_is_told_of_a_process_that_printed_something_else() -> None:
    site = heard('  File "a.py", line 7 in f\nThread of thoughts\nCurrent thread 0xzz\n')
    assert (site.place, site.threads) == ("", [])
    assert "It was in" not in describe_death(7, "host:7:ab", -9).sentence
