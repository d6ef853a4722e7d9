"""The table of what a language model says of pairs before groups are ranked."""

from __future__ import annotations

from peewee import AutoField, FloatField, ForeignKeyField, IntegerField, TextField

from models.tables.base import Table
from models.tables.runs import Run


class PairVerdict(Table):
    """What a model was asked about one pair, and what came of it.

    pair_key is the key of the pair's group: two full names, sorted, with a blank between them.
    status: valid | invalid | failed; only a valid one has a fit, 0 to 1, a reason, and
    quotes_json: the words of either README, by full name. input_hash is over all that was told of
    the two, the prompt and the model; reused_from is the run that paid, where that was another.
    The tokens are the verdict's share of its request.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    pair_key = TextField()
    status = TextField()
    fit = FloatField(null=True)
    reason = TextField(null=True)
    quotes_json = TextField(null=True)
    error = TextField(null=True)
    model = TextField()
    prompt_id = TextField()
    prompt_version = TextField()
    input_hash = TextField()
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    reused_from = TextField(null=True)
    created_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "pair_verdicts"
        indexes = ((("run_id", "pair_key"), True), (("input_hash",), False))
