"""Whether every table of Scout's is there, and may be used by whoever asks."""

from __future__ import annotations

from typing import Any

from models.codes import Code
from models.database.connection import Database
from models.database.migrate import schema_status
from models.errors import DatabaseUnavailableError
from models.text.first_few import first_few

#: What is lacking for work, by what. A table that is not there lacks itself.
_LACKING = (
    "WITH ours AS (SELECT name, to_regclass(name) AS id FROM unnest(?::text[]) AS name)"
    " SELECT name, '' FROM ours WHERE id IS NULL"
    " UNION ALL SELECT name, what FROM ours,"
    " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS what"
    " WHERE id IS NOT NULL AND NOT has_table_privilege(id, what)"
    " UNION ALL SELECT sequence.relname, 'USAGE' FROM ours"
    " JOIN pg_depend AS part ON part.refobjid = ours.id"
    " JOIN pg_class AS sequence ON sequence.oid = part.objid WHERE CASE sequence.relkind"
    " WHEN 'S' THEN NOT has_sequence_privilege(sequence.oid, 'USAGE') ELSE FALSE END"
)
#: A file of SQLite's up to this size is looked through, which takes a twentieth of a second.
_LOOKED_THROUGH_BYTES = 32_000_000
_GRANT = (
    "Have the tables' owner give them, GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA"
    " NAME TO ROLE and GRANT USAGE ON ALL SEQUENCES IN SCHEMA NAME TO ROLE, or be the owner."
)


def check_complete(database: Database) -> None:
    """Look at all of Scout's tables, in a database whose schema is up to date.

    Raises:
        DatabaseUnavailableError: One is not there, its role may not do with it what Scout does, or
            SQLite's file is damaged, which is looked for in one that is not large.
    """
    from models.tables.every import TABLE_NAMES

    names = sorted(TABLE_NAMES)
    if database.is_sqlite:
        _refuse_damage(database)
        there = set(database.peewee.get_tables())
        lacking = [(name, "") for name in names if name not in there]
    else:
        lacking = database.rows(_LACKING, (database.many(names),))
    if missing := [name for name, right in lacking if not right]:
        if schema_status(database).pending:
            return  # they are made by then
        raise DatabaseUnavailableError(
            f"Database {database.label} lacks tables that were made once: {first_few(missing)}.",
            "Somebody has removed them: put back a backup.",
            code=Code.DATABASE_DAMAGED,
        )
    if lacking:
        rights = [f"{right} on {name}" for name, right in lacking]
        raise DatabaseUnavailableError(
            f"Database {database.label}: its role lacks {first_few(rights)}.",
            _GRANT,
            code=Code.DATABASE_UNWRITABLE,
        )


def damage_in(connection: Any) -> str:
    """Return what is wrong with the file of a connection of SQLite's, or nothing."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else " ".join(str(found).split())


def damaged(label: str, damage: str) -> DatabaseUnavailableError:
    """Return the error of a file that is damaged."""
    return DatabaseUnavailableError(
        f"Database {label} is damaged: {damage}.",
        "Put back a backup, or see SQLite's .recover.",
        code=Code.DATABASE_DAMAGED,
    )


def _refuse_damage(database: Database) -> None:
    if database.path is None or database.path.stat().st_size > _LOOKED_THROUGH_BYTES:
        return
    if damage := damage_in(database.peewee.connection()):
        raise damaged(database.label, damage)
