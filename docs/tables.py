"""Writes what comes from the code: `python docs/tables.py`.

Each table of the documents stands between two marks; the tests hold the documents to what is
written here. The statements that make a new SQLite file come from the migrations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from models.codes import Code
from models.database.drivers import connect
from models.database.migrate import apply_pending
from models.database.whole_schema import write_whole_schema
from models.event_texts import EVENT_TEXTS
from models.events import Event
from models.failures import CATALOGUE
from models.settings.runtime import load_settings

DOCS = Path(__file__).resolve().parent
_BEGIN = "<!-- {name}: written by `python docs/tables.py` -->"
_END = "<!-- end of {name} -->"


def filled(document: str, text: str) -> str:
    """Return a document's text with its tables as the code has them now.

    Raises:
        ValueError: The marks of a table are not in the text, each once.
    """
    for name, table in TABLES[document].items():
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        if (text.count(begin), text.count(end)) != (1, 1):
            raise ValueError(f"{document} must have {begin} and {end}, each once.")
        between = re.compile(f"{re.escape(begin)}\n.*{re.escape(end)}", re.DOTALL)
        new = f"{begin}\n{table()}\n{end}"
        text = between.sub(lambda _, new=new: new, text)
    return text


def events() -> str:
    """Return the table of events."""
    rows = ["| event | level | about | details | when |", "|---|---|---|---|---|"]
    for event in Event:
        name = f"`{event}`" if event.audited else f"`{event}` (line only)"
        details = ", ".join(f"`{detail}`" for detail in event.details)
        level = " or ".join(event.levels)
        rows.append(f"| {name} | {level} | {event.scope} | {details} | {EVENT_TEXTS[event]} |")
    return "\n".join(rows)


def codes() -> str:
    """Return the table of failure codes."""
    rows = ["| code | what happened | usual causes |", "|---|---|---|"]
    for code in Code:
        words = CATALOGUE[code].about("RUN", "the step")
        rows.append(f"| `{code}` | {words.what[:1].upper()}{words.what[1:]} | {words.causes} |")
    return "\n".join(rows)


TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "logging.md": {"events": events, "codes": codes}
}


def write_schema() -> None:
    """Write the statements that make a new SQLite file, from what the migrations make."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scout.db"
        database = connect(replace(load_settings(), database_url=url))
        try:
            with database.peewee.atomic():
                names = apply_pending(database)
            write_whole_schema(database, names)
        finally:
            database.close_thread()


def main() -> None:
    """Write every table anew, and the schema of a new SQLite file."""
    for document in TABLES:
        path = DOCS / document
        path.write_text(filled(document, path.read_text()))
    write_schema()


if __name__ == "__main__":
    main()
