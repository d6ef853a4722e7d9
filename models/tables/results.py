"""The tables of what a run found: queries, repositories, READMEs, analyses, keywords, briefs.

Every row but a README's text and a text's vector, which are stored once, belongs to one run and is
upserted on a natural key, so that a second attempt at a step does only what is missing
(docs/decisions.md, decision 4).
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from models.statuses import RepoStatus
from models.tables.base import Table
from models.tables.marks import BriefMark
from models.tables.runs import Run
from models.tables.verdicts import PairVerdict


class GithubQuery(Table):
    """One search that a run made, and how far it got.

    pass_number is 1 or 2; pages_fetched counts pages stored so far, complete says it is done.
    keyword is what pass 2 searched for; new_repos counts what only this query brought, once it is
    complete; taken_over says that an earlier run made it, of which this one has the results.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    pass_number = IntegerField()
    position = IntegerField()
    query = TextField()
    total_count = IntegerField(default=0)
    incomplete_results = BooleanField(default=False)
    pages_fetched = IntegerField(default=0)
    items_seen = IntegerField(default=0)
    complete = BooleanField(default=False)
    created_at = TextField()
    keyword = TextField(null=True)
    new_repos = IntegerField(null=True)
    taken_over = BooleanField(default=False)

    class Meta:
        """Peewee's settings."""

        table_name = "github_queries"
        indexes = ((("run_id", "pass_number", "position"), True),)


class Repo(Table):
    """A repository as this run saw it.

    found_in_pass is the first pass that found it; payload_json keeps the fields of GitHub's
    repository object that Scout uses; status: found | hydrated | gone | failed.

    github_id stays the same when a repository is renamed. full_name is the canonical one as soon as
    the metadata is read, and then stays for this run; aliases_json lists the other names under
    which the run met it, each with its evidence, None where there is none.

    kind is None until it was looked at, and `project` where nothing speaks against building with
    it; else see `tasks.kinds`, and kind_reason for the evidence.
    is_own says that the run starts from it (`--with`); None of all others.
    facts_json holds what a brief says beside its text, None where none is about it.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    found_in_pass = IntegerField()
    status = TextField(default=RepoStatus.FOUND.value)
    description = TextField(default="")
    language = TextField(null=True)
    topics_json = TextField(default="[]")
    stars = IntegerField(default=0)
    forks = IntegerField(default=0)
    open_issues = IntegerField(default=0)
    license = TextField(null=True)
    pushed_at = TextField(null=True)
    html_url = TextField(default="")
    payload_json = TextField(default="{}")
    error = TextField(null=True)
    updated_at = TextField()
    github_id = BigIntegerField(null=True)
    kind = TextField(null=True)
    kind_reason = TextField(null=True)
    facts_json = TextField(null=True)
    aliases_json = TextField(null=True)
    is_own = BooleanField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "repos"
        indexes = ((("run_id", "full_name"), True),)


class RepoQuery(Table):
    """That a query found a repository, and at which rank (from 1).

    full_name is that of the repository's row, under whichever name the search had it.
    """

    id = AutoField()
    query = ForeignKeyField(GithubQuery, on_delete="CASCADE", index=False)
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=True)
    full_name = TextField()
    rank = IntegerField()
    pass_number = IntegerField()
    github_id = BigIntegerField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "repo_queries"
        indexes = ((("query_id", "full_name"), True),)


class ReadmeText(Table):
    """The text of a README, stored once however many runs saw it."""

    sha256 = TextField(primary_key=True)
    text = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "readme_texts"


class Embedding(Table):
    """The vector that a model makes of a text, stored once however many runs compare it.

    vector holds float32 numbers, little-endian, of length 1 together; used_at is when a run last
    used it, to the day, and None where that was before it was noted.
    """

    model = TextField()
    text_sha256 = TextField()
    dimensions = IntegerField()
    vector = BlobField()
    used_at = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "embeddings"
        primary_key = CompositeKey("model", "text_sha256")


class ReadmeRecord(Table):
    """What a run learned of a repository's README; status: found | missing | failed."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    status = TextField()
    sha256 = TextField(null=True)
    size_bytes = IntegerField(default=0)
    truncated = BooleanField(default=False)
    encoding = TextField(null=True)
    fetched_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "readmes"
        indexes = ((("run_id", "full_name"), True), (("sha256",), False))


class Analysis(Table):
    """A language model's view of one repository, validated, and the score computed from it.

    status: valid | invalid | failed | awaited; only a valid one has scores, the others have an
    error. A failed one, for which the model gave no answer, is asked for again by the next attempt;
    an awaited one, which replaces another run's, was not asked for yet.

    supersedes is the id of the analysis, in another run, that this one replaces; both stay.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    status = TextField()
    model = TextField()
    prompt_id = TextField()
    prompt_version = TextField()
    input_hash = TextField()
    output_json = TextField(null=True)
    raw_text = TextField(null=True)
    interestingness = FloatField(null=True)
    novelty = FloatField(null=True)
    collaboration_potential = FloatField(null=True)
    final_score = FloatField(null=True)
    scoring_policy = TextField()
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    error = TextField(null=True)
    created_at = TextField()
    supersedes = IntegerField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "analyses"
        indexes = ((("run_id", "full_name"), True), (("input_hash",), False))


class Ranking(Table):
    """What a run without a language model makes of one repository: its keywords and its score.

    inputs_json holds what the score was computed from, components_json its parts; extractor is the
    library that found the keywords, and its version.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    keywords_json = TextField()
    extractor = TextField()
    score = FloatField()
    scoring_policy = TextField()
    inputs_json = TextField()
    components_json = TextField()
    created_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "rankings"
        indexes = ((("run_id", "full_name"), True),)


class Keyword(Table):
    """A keyword over a run's best repositories; rank 1 weighs most."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    keyword = TextField()
    weight = FloatField()
    rank = IntegerField()
    repos_json = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "keywords"
        indexes = ((("run_id", "keyword"), True),)


class Brief(Table):
    """A proposal to build something from 2 to 4 repositories.

    status: shortlisted | rejected_by_threshold | kept_out | invalid | failed; rank 1 is best;
    group_key is the sorted full names joined by a blank.

    components_json holds the parts of the score, why_json what the groups were formed by and which
    need of one member meets what of another, links_json how members name each other already.
    prior_json holds which members depend on each other, and which issues asked for it, None
    where nobody looked.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    group_key = TextField()
    rank = IntegerField()
    status = TextField()
    score = FloatField()
    scoring_policy = TextField()
    components_json = TextField()
    repos_json = TextField()
    shared_keywords_json = TextField()
    content_json = TextField(null=True)
    model = TextField(null=True)
    error = TextField(null=True)
    created_at = TextField()
    why_json = TextField(null=True)
    links_json = TextField(null=True)
    prior_json = TextField(null=True)

    class Meta:
        """Peewee's settings."""

        table_name = "briefs"
        indexes = ((("run_id", "group_key"), True),)


class LlmUsage(Table):
    """What a run spent on the language model for one thing, over all attempts; live runs only.

    kind: analysis | verdict | brief | embedding; item: the repository, the first pair of a request,
    the group, or the step's id. cost_usd is None where the endpoint reports none; estimated says
    that it did not report tokens either, so they were estimated.
    """

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    kind = TextField()
    item = TextField()
    requests = IntegerField(default=0)
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    cost_usd = FloatField(null=True)
    estimated = BooleanField(default=False)
    updated_at = TextField()

    class Meta:
        """Peewee's settings."""

        table_name = "llm_usage"
        indexes = ((("run_id", "kind", "item"), True),)


RESULT_TABLES: tuple[type[Table], ...] = (
    GithubQuery,
    Repo,
    RepoQuery,
    ReadmeText,
    Embedding,
    ReadmeRecord,
    Analysis,
    Ranking,
    Keyword,
    Brief,
    BriefMark,
    PairVerdict,
    LlmUsage,
)
