"""Dramatiq is there without asyncio, and asyncio is there as soon as somebody needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

ALONE = "assert 'asyncio' not in sys.modules"
ASYNCHRONOUS_ACTOR = """
import logging
from dramatiq.asyncio import EventLoopThread
async def answer():
    return 42
loop = EventLoopThread(logging.getLogger("loop"))
loop.start(timeout=60)
assert loop.run_coroutine(answer()) == 42
loop.stop()
"""


@pytest.mark.parametrize(
    "then",
    [ALONE, ASYNCHRONOUS_ACTOR, "from asyncio import run", "import asyncio.events as e; e.Handle"],
)
def test_dramatiq_is_imported_without_asyncio(then: str) -> None:
    code = f"import sys\nfrom workers.without_asyncio import import_dramatiq\n{ALONE}\n"
    code += f"import_dramatiq()\nassert 'dramatiq' in sys.modules\n{ALONE}\n{then}\n"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_who_asks_for_it_meanwhile_gets_the_real_one() -> None:
    code = """
import builtins, sys
from workers import without_asyncio
real = without_asyncio.import_module
def meanwhile(name):
    if name == "dramatiq":
        import asyncio.events
        from asyncio import run
        assert run.__module__ == "asyncio.runners"
        assert sys.modules["asyncio"].run is run
    return real(name)
without_asyncio.import_module = meanwhile
without_asyncio.import_dramatiq()
assert "run" in vars(sys.modules["asyncio"])
"""
    subprocess.run([sys.executable, "-c", code], check=True)
