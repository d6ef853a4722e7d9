"""The table of what people say of proposals: it outlives the runs that made them."""

from __future__ import annotations

from peewee import AutoField, TextField

from models.tables.base import Table


class BriefMark(Table):
    """What a person did with a proposed group; rows are only ever added, the newest holds.

    mark: sent | declined | later; group_key is that of `briefs`; run_id names the run in which it
    was marked, which need not be there any more; repo_ids_json holds GitHub's ids of its members by
    their names, so that the mark holds under their new names, too.
    """

    id = AutoField()
    group_key = TextField(index=True)
    mark = TextField()
    note = TextField(default="")
    run_id = TextField()
    actor = TextField()
    created_at = TextField()
    repo_ids_json = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "brief_marks"
