"""A process that native code brings down says at which line of Python it was, in each thread."""

from __future__ import annotations

import signal
from pathlib import Path

from tasks.chain import step_named
from tests.support.processes import start_python
from workers import actors
from workers.supervisor.crash_site import IN_STEP, CrashSite
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
    assert site.place in site.threads
    assert any("(threading.py:" in place for place in site.threads)
    death = describe_death(7, "host:7:ab", process.returncode, None, site.where(aborted=False))
    assert f"native code: an extension module or the interpreter. It was in {site.place};" in (
        death.sentence
    )


def test_a_process_that_held_still_is_said_to_have_been_where_its_steps_were() -> None:
    """The signal of its supervisor comes to the main thread, which only waited."""
    body = actors._body("init_run", step_named)
    assert (body.__code__.co_name, Path(actors.__file__).name) == IN_STEP
    step = '  File "/x/workers/actors.py", line 45 in run_step'
    site = heard(
        "Fatal Python error: Aborted\n"
        "Thread 0x0a (most recent call first):\n"
        f'  File "/x/a.py", line 7 in holds\n  File "/x/b.py", line 8 in step\n{step}\n'
        "Thread 0x0b (most recent call first):\n"
        f'  File "/x/c.py", line 9 in waits\n{step}\n'
        "Current thread 0x0c (most recent call first):\n"
        '  File "/x/d.py", line 1 in main\n'
    )
    assert site.where(aborted=True).startswith("It was in holds (a.py:7), and in waits (c.py:9);")
    assert site.threads == ["holds (a.py:7)", "waits (c.py:9)", "main (d.py:1)"]


def test_nothing_is_told_of_a_process_that_printed_something_else() -> None:
    site = heard('  File "a.py", line 7 in f\nThread of thoughts\nCurrent thread 0xzz\n')
    assert (site.place, site.threads, site.where(aborted=True)) == ("", [], "")
    assert "It was in" not in describe_death(7, "host:7:ab", -9).sentence
