"""Debian's Prometheus: its tool that checks metrics and rules, and the server itself."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_S, wait_until

SHIPPED = ROOT / "docs" / "deploy" / "prometheus"


def promtool(*args: str, text: str | None = None, cwd: Path = SHIPPED) -> tuple[int, str]:
    """Run promtool and return its exit code and what it said."""
    done = subprocess.run(
        ["promtool", *args], cwd=cwd, input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


class Prometheus:
    """A Prometheus that reads targets from a file, with the shipped alerts."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which("prometheus") or not shutil.which("promtool"):
            raise FileNotFoundError("install Debian's prometheus")
        self._targets = folder / "targets.json"
        self._targets.write_text("[]")
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(SHIPPED / "alerts.yml")],
            "scrape_configs": [
                {
                    "job_name": "scout",
                    "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}],
                }
            ],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))  # YAML, too
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    "--web.listen-address=127.0.0.1:0",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._url = wait_until("Prometheus to listen", self._listening)

    def _listening(self) -> str | None:
        if self.process.poll() is not None:
            raise RuntimeError(self._log.read_text()[-2000:])
        found = re.search(r'"Listening on" address=(\S+)', self._log.read_text())
        return f"http://{found[1]}" if found else None

    def watch(self, url: str) -> None:
        """Scrape a metrics endpoint from now on."""
        target = urllib.parse.urlsplit(url).netloc
        self._targets.write_text(json.dumps([{"targets": [target]}]))

    def ask(self, expression: str) -> dict[str, float]:
        """Return the numbers of an expression, by the labels that tell its series apart."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"{self._url}/api/v1/query?{query}"
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own
            found: dict[str, Any] = json.load(response)
        return {
            ",".join(f"{name}={value}" for name, value in sorted(one["metric"].items())): float(
                one["value"][1]
            )
            for one in found["data"]["result"]
        }

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)


@contextmanager
def running_prometheus() -> Iterator[Prometheus]:
    """Run a Prometheus for the block."""
    with tempfile.TemporaryDirectory(prefix="scout-prometheus-") as folder:
        server = Prometheus(Path(folder))
        try:
            yield server
        finally:
            server.stop()
