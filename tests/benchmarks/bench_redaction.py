"""What a call of the redactor costs: `python -m tests.benchmarks.bench_redaction`.

The baseline, `json.loads(json.dumps(payload))`, is measured in the same run: ratios can be compared
between machines, microseconds cannot. A text of new words is dearer than one of words that were
seen before: it is measured by itself, and so is what a process pays before its first line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from models.redaction import Redactor
from models.redaction.keys import word_set
from tests.support.processes import ROOT

_GITHUB_TOKEN = "ghp" + "_" + "aB3d" * 9
_REDACTOR = Redactor(
    {
        "GITHUB_TOKEN": _GITHUB_TOKEN,
        "OPENROUTER_API_KEY": "sk" + "-or-v1-" + "0a1b" * 16,
        "SCOUT_BROKER_URL": "redis://:brokerPa55@localhost:6379/0",
        "SCOUT_DATABASE_URL": "postgresql://scout:S3cr3t%2Fpw@db/scout",
    }
)
_ROW = {
    "run_id": "01JD8Z5Q4W8G3X9T2M7N6K5R4B",
    "step": "hydrate_repo_metadata",
    "attempt": 1,
    "stats": {"repos": 12, "cached": 3, "duration_ms": 41.7, "reset": "2026-01-02T03:04:05.123Z"},
    "repo": {"full_name": "acme/vector-store", "stars": 512, "topics": ["database", "vectors"]},
    "url": "https://api.github.com/repos/acme/vector-store",
    "ok": True,
}
_HARMLESS_WITH_NAMES = {**_ROW, "step": "github_search_pass1", "usage": {"max_tokens": 4096}}
_SECRET_BEARING = {
    **_ROW,
    "headers": {"Authorization": "Bearer abc123def456"},
    "error": f"401 for https://bob:hunter2@example.com/?access_token={_GITHUB_TOKEN}",
}
_WORDS = word_set(
    "repository vector index importer streaming loads many files without stopping once every night "
    "while another reader follows them and writes what changed into its own store of documents"
)
#: More than are asked for while the time is taken.
_NEW_TEXTS = 100_000
_HOSTILE_UNITS = (
    "-",
    "key=",
    "token=",
    "token=a,",
    "Bearer ",
    "eyJ",
    "://a:b@",
    '{"a":',
    "cookie: ",
)


def _microseconds(call: Callable[[], Any]) -> float:
    timer = timeit.Timer(call, timer=time.process_time)  # others may be busy
    number = max(1, timer.autorange()[0] // 10)
    return min(timer.repeat(repeat=7, number=number)) / number * 1e6


def _through_json(payload: Any) -> Any:
    return json.loads(json.dumps(payload))


def _new_text(number: int) -> str:
    return " ".join(f"{word}{number}" for word in _WORDS)


def _redact_next(texts: Iterator[str]) -> str:
    return _REDACTOR.redact_text(next(texts))


def _start_ms() -> float:
    """CPU time of importing and building the redactor and of its first line, in a new process."""
    measure = (
        "import json, logging, re, time; started_s = time.process_time()\n"
        "from models.redaction import redact\n"
        "redact({'message': 'init_run started, attempt 1.'})\n"
        "print((time.process_time() - started_s) * 1e3)"
    )
    command = [sys.executable, "-c", measure]
    return min(float(subprocess.check_output(command, cwd=ROOT)) for _ in range(5))


def main() -> None:
    """Print one line per payload, then how time grows with the length of hostile texts."""
    payloads: dict[str, Any] = {
        "harmless 300 bytes": _ROW,
        "harmless, names that resemble secrets": _HARMLESS_WITH_NAMES,
        "secret-bearing": _SECRET_BEARING,
        "harmless text, 10 kB": "Pairs a vector index with an importer. See https://x.example/. "
        * 160,
    }
    payloads |= {
        f"hostile {unit!r}, 10 kB": unit * (10_000 // len(unit)) for unit in _HOSTILE_UNITS
    }
    out = sys.stdout.write
    out(f"{'payload':<40}{'bytes':>8}{'redact µs':>11}{'json µs':>10}{'ratio':>8}\n")
    for name, payload in payloads.items():
        size = len(json.dumps(payload, separators=(",", ":")))
        cost = _microseconds(partial(_REDACTOR.redact, payload))
        baseline = _microseconds(partial(_through_json, payload))
        out(f"{name:<40}{size:>8}{cost:>11.1f}{baseline:>10.1f}{cost / baseline:>8.2f}\n")
    new_texts = [_new_text(number) for number in range(_NEW_TEXTS)]  # making them is not measured
    cost = _microseconds(partial(_redact_next, iter(new_texts)))
    out(f"{'harmless 300 bytes, never seen':<40}{len(_new_text(0)):>8}{cost:>11.1f}\n")
    line = json.dumps(_ROW)
    scrub = _microseconds(partial(_REDACTOR.scrub_line, line))
    out(f"{'scrub_line, harmless':<40}{len(line):>8}{scrub:>11.1f}\n")
    out(f"{'start of a process':<40}{'':>8}{_start_ms() * 1e3:>11.1f}\n")
    out("\ntime for 4 times the text (linear: 4)\n")
    for unit in _HOSTILE_UNITS:
        text = unit * (50_000 // len(unit))
        short = _microseconds(partial(_REDACTOR.redact, text))
        long = _microseconds(partial(_REDACTOR.redact, text * 4))
        out(f"{unit!r:<40}{long / short:>8.1f}\n")


if __name__ == "__main__":
    main()
