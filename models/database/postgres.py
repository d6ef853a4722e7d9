"""PostgreSQL as Scout connects to it."""

from __future__ import annotations

from typing import Any

import peewee

from models.database.clock import ask_server


class ServerDatabase(peewee.PostgresqlDatabase):
    """A PostgreSQL database over psycopg 3 whose connections say what time it is there."""

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        ask_server(connection)
        return connection
