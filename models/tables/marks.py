"""The table of what people say of proposals: it outlives the runs that made them."""

from __future__ import annotations

from peewee import AutoField, TextField

from models.tables.base import Table


class BriefMark(Table):
    """What a person did with a proposed group; rows are only ever added, the newest holds.

    mark: sent | declined | later; group_key is that of `briefs`; run_id names the run in which it
    was marked, which need not be there any more.
    """

    id = AutoField()
    group_key = TextField(index=True)
    mark = TextField()
    note = TextField(default="")
    run_id = TextField()
    actor = TextField()
    created_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "brief_marks"
