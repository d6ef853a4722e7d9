"""What a person asked for is done as asked, or refused: redaction never changes the work."""

from __future__ import annotations

from typing import Any

import pytest

from models.dao.runs import RunsDao
from models.database.connection import Database
from models.errors import InputError
from models.lifecycle import create_run
from models.run_args import RunArgs

_TOKEN = "ghp" + "_" + "aB3d" * 9


@pytest.mark.parametrize(
    "args",
    [
        {"query": "jwt token: libraries"},
        {"query": "password: manager"},
        {"query": "api key rotation", "out": "out/token-service"},
        {"query": "secret sharing", "out": "runs/password=store"},
        {"query": "x", "out": "/data/sk-learn-contrib-2024-edition/run"},
        {"query": "bearer tokens", "lang": "C++"},
    ],
)
@pytest.mark.usefixtures("database")
def test_arguments_that_only_speak_of_secrets_are_worked_with_as_given(
    args: dict[str, Any],
) -> None:
    run = RunsDao.get(create_run(RunArgs(dry=True, **args)))
    assert {key: run.args[key] for key in args} == args


@pytest.mark.parametrize(
    ("args", "option"),
    [
        ({"query": f"find {_TOKEN}"}, "--query"),
        ({"query": "x", "out": f"out/{_TOKEN}"}, "--out"),
        ({"query": "x", "fixtures": f"/data/{_TOKEN}"}, "--fixtures"),
        ({"query": "x", "out": "https://bob:hunter2X!@host/out"}, "--out"),
        ({"query": "password: hunter2X!"}, "--query"),
    ],
)
def test_an_argument_that_holds_a_secret_is_refused_by_its_name_and_nothing_is_stored(
    database: Database, args: dict[str, Any], option: str
) -> None:
    with pytest.raises(InputError, match=option) as caught:
        create_run(RunArgs(dry=True, **args))
    assert "hunter2" not in str(caught.value)
    assert _TOKEN not in str(caught.value)
    assert database.execute("SELECT count(*) FROM runs").fetchone() == (0,)
