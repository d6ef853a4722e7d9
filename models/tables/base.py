"""What every table is made of. Tables are bound when a process opens its database.

Times are UTC ISO 8601 text with microseconds; JSON columns hold compact JSON with sorted keys
(docs/decisions.md, "Data model"). `models.database.connection.use` binds them.
"""

from __future__ import annotations

from models.database.peewee_alone import peewee

#: Bound when a process opens its database.
proxy = peewee.DatabaseProxy()


class Table(peewee.Model):
    """Base of every table."""

    class Meta:
        """Peewee's settings."""

        database = proxy
        legacy_table_names = False
