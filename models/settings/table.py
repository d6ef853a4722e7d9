"""Every setting of Scout, in the order in which README lists them."""

from __future__ import annotations

from models.settings.defaults import CONCURRENCY as CONCURRENCY_DEFAULT
from models.settings.defaults import GITHUB_URL as GITHUB_DEFAULT
from models.settings.defaults import OLLAMA_URL, OPENROUTER_MODEL
from models.settings.retention import Retention
from models.settings.retries import Retries
from models.settings.setting import Choice, Environ, Flag, HttpUrl, Seconds, Setting, Url, Whole

DATABASE_URL = Url(
    name="SCOUT_DATABASE_URL",
    default="SQLite in the data folder",
    meaning="`sqlite:////absolute/path.db` or `postgresql://USER:PASSWORD@HOST/NAME`",
    example="sqlite:////absolute/path.db or postgresql://HOST/NAME",
    fallback="DATABASE_URL",
)
BROKER_URL = Url(
    name="SCOUT_BROKER_URL",
    default="none: work in the command's process",
    meaning="`redis://`, `rediss://`, `unix://`, `redis+sentinel://`, `amqp://` or `amqps://`",
    example="redis://HOST:6379/0",
    fallback="REDIS_URL",
)
BROKER_NAMESPACE = Setting(
    name="SCOUT_BROKER_NAMESPACE",
    default="`scout`",
    meaning="what every key in Redis begins with: one for each database whose runs go over the same"
    " server; on RabbitMQ each gets a virtual host",
    example="letters, digits, `_`, `.` and `-`, 64 at most, such as scout-staging",
)
LEASE_S = Seconds(
    name="SCOUT_LEASE_S",
    otherwise=15.0,
    low=0.5,
    meaning="how long an attempt holds its step without renewing; a dead worker's step is free"
    " after that",
)
RECOVERY_INTERVAL_S = Seconds(
    name="SCOUT_RECOVERY_INTERVAL_S",
    otherwise=2.0,
    low=0.05,
    meaning="how often workers look for lost steps",
)
RETENTION = Retention(
    name="SCOUT_RETENTION",
    default="none: nothing is removed",
    meaning="which runs workers remove by themselves, as `scout prune` would: `30d keep=100"
    " failed-longer=90d`",
    example="30d, or 30d keep=100 failed-longer=90d",
)
REPEAT_AFTER_S = Seconds(
    name="SCOUT_REPEAT_AFTER_S",
    otherwise=10.0,
    low=0.1,
    meaning="after this long a due step that nobody took gets another message",
)
STEP_TIME_LIMIT_S = Seconds(
    name="SCOUT_STEP_TIME_LIMIT_S",
    otherwise=1800.0,
    low=0.1,
    meaning="a step that runs longer is interrupted and fails",
)
RETRIES = Retries(
    name="SCOUT_RETRIES",
    default="`3/2s`: 3 tries, the second after about 2 s, each later one after four times as long,"
    " a minute at most",
    meaning="how often a step is tried whose failure may pass, and how long after the first:"
    " `TRIES/WAIT` for all, `STEP=TRIES/WAIT` for one, `github=` and `llm=` for those that ask"
    " them",
    example="3/2s, or github=5/30s llm=4 export_markdown=1",
)
HANDOFF = Choice(
    name="SCOUT_HANDOFF",
    choices=("thread", "broker"),
    otherwise="thread",
    default="`thread`",
    meaning="who does a run's next step: the `thread` that has done the last one, or, by a message,"
    " whoever the `broker` gives it to",
)
SHUTDOWN_GRACE_S = Seconds(
    name="SCOUT_SHUTDOWN_GRACE_S",
    otherwise=30.0,
    low=0.0,
    meaning="what a worker gets to finish or hand back its work when it is stopped",
)
DATABASE_WAIT_S = Seconds(
    name="SCOUT_DATABASE_WAIT_S",
    otherwise=60.0,
    low=0.0,
    meaning="how long a write waits for a database that is locked or away",
)
LOG_FORMAT = Choice(
    name="SCOUT_LOG_FORMAT",
    choices=("json", "text"),
    otherwise="json",
    default="`json`; `text` for `scout run` on a terminal",
    meaning="`json` or `text`",
)
LOG_LEVEL = Choice(
    name="SCOUT_LOG_LEVEL",
    choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    otherwise="INFO",
    default="`INFO`",
    meaning="`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`",
)
LOG_FILE = Setting(
    name="SCOUT_LOG_FILE",
    meaning="a file that gets the same lines as JSON",
    example="the path of a file",
)
LOG_FILE_MAX_BYTES = Whole(
    name="SCOUT_LOG_FILE_MAX_BYTES",
    otherwise=10 * 1024 * 1024,
    meaning="the size at which that file is rotated; 0: never",
)
LOG_FILE_BACKUPS = Whole(
    name="SCOUT_LOG_FILE_BACKUPS",
    otherwise=5,
    meaning="how many rotated files are kept",
)
GITHUB_URL = HttpUrl(
    name="SCOUT_GITHUB_URL",
    default=f"`{GITHUB_DEFAULT}`",
    meaning="GitHub's REST API; for Enterprise `https://HOST/api/v3`",
    example="https://HOST/api/v3 for GitHub Enterprise",
)
GITHUB_TOKEN = Setting(
    name="GITHUB_TOKEN",
    secret=True,
    default="`GH_TOKEN`, or what `gh auth token` says",
    meaning="the token for GitHub; without any it allows few requests",
    example="a token, on one line",
)
GH_TOKEN = Setting(
    name="GH_TOKEN",
    secret=True,
    meaning="the token that the command `gh` uses; for github.com and ghe.com, where it comes"
    " before `GITHUB_TOKEN`, as it does there",
    example="a token, on one line",
)
LLM_BASE_URL = HttpUrl(
    name="SCOUT_LLM_BASE_URL",
    default="OpenRouter",
    meaning=f"an OpenAI-compatible endpoint, such as `{OLLAMA_URL}`; plain `http://` with a key is"
    " for this machine only",
    example=f"an address such as {OLLAMA_URL}",
)
LLM_MODEL = Setting(
    name="SCOUT_LLM_MODEL",
    default=f"`{OPENROUTER_MODEL}` on OpenRouter",
    meaning="the model to ask",
    example="a model that the endpoint serves, such as llama3.1",
)
OPENROUTER_API_KEY = Setting(
    name="OPENROUTER_API_KEY",
    secret=True,
    meaning="the key for OpenRouter, which is sent to no other host",
    example="the key again, without blanks or quotes",
)
LLM_API_KEY = Setting(
    name="SCOUT_LLM_API_KEY",
    secret=True,
    meaning="the key for the endpoint, where it needs one; on OpenRouter it comes first",
    example="the key again, without blanks or quotes",
)
LLM_TIMEOUT_S = Seconds(
    name="SCOUT_LLM_TIMEOUT_S",
    otherwise=120.0,
    low=0.1,
    meaning="how long to wait for a model's answer; after a timeout fewer are asked for at a time",
)
LLM_MAX_TOKENS = Whole(
    name="SCOUT_LLM_MAX_TOKENS",
    otherwise=0,
    high=1_000_000,
    meaning="the most tokens of one answer, reasoning included; 0: what its prompt says",
)
EMBED_MODEL = Setting(
    name="SCOUT_EMBED_MODEL",
    default="none: texts are compared by their words",
    meaning="the model that turns texts into vectors, by which they are compared: one that the"
    " endpoint serves, or `local` or `local:FOLDER` for one on this machine",
    example="a model that the endpoint serves, such as nomic-embed-text",
)
EMBED_BASE_URL = HttpUrl(
    name="SCOUT_EMBED_BASE_URL",
    default="that of the language model",
    meaning="an endpoint with OpenAI's `/embeddings`, where another one serves that model",
    example=f"an address such as {OLLAMA_URL}",
)
EMBED_API_KEY = Setting(
    name="SCOUT_EMBED_API_KEY",
    secret=True,
    default="that of the language model, at the same endpoint only",
    meaning="the key for that endpoint, where it needs one",
    example="the key again, without blanks or quotes",
)
CONCURRENCY = Whole(
    name="SCOUT_CONCURRENCY",
    otherwise=CONCURRENCY_DEFAULT,
    low=1,
    high=64,
    meaning="READMEs and model answers that a step of a live run fetches at a time",
)
WEB_TOKEN = Setting(
    name="SCOUT_WEB_TOKEN",
    secret=True,
    meaning="who has it may open the page of `scout web`, and act there where `--allow-actions` is"
    " given",
    example="16 characters or more, such as what `openssl rand -hex 24` prints",
)
WEB_READ_TOKEN = Setting(
    name="SCOUT_WEB_READ_TOKEN",
    secret=True,
    meaning="who has it may open the page, and never acts",
    example="16 characters or more, such as what `openssl rand -hex 24` prints",
)
WEB_USER_HEADER = Setting(
    name="SCOUT_WEB_USER_HEADER",
    meaning="the header in which a proxy that people sign in at says who asks for the page",
    example="the name of a header, such as X-Forwarded-User",
)
WEB_PROXIES = Setting(
    name="SCOUT_WEB_PROXIES",
    default="this machine",
    meaning="addresses and networks that this header is believed from, with commas between them",
    example="addresses such as 10.0.0.7, 10.1.0.0/16",
)
WEB_OPERATORS = Setting(
    name="SCOUT_WEB_OPERATORS",
    default="none: they all only read",
    meaning="whom of those that the header names may act, with commas between them",
    example="names such as alice, bob",
)
WEB_HOSTS = Setting(
    name="SCOUT_WEB_HOSTS",
    default="addresses, `localhost` and `--host`",
    meaning="names under which the page is reached, with commas between them; requests for others"
    " are refused",
    example="names such as scout.example.org",
)
NOTIFY_ON = Setting(
    name="SCOUT_NOTIFY_ON",
    default="`failed stalled`",
    meaning="what somebody is told of: any of `failed`, `stalled`, `success`",
    example="failed stalled success",
)
NOTIFY_COMMAND = Setting(
    name="SCOUT_NOTIFY_COMMAND",
    meaning="a program and its arguments that is told, by variables and on its standard input; no"
    " shell sees it",
    example="/usr/local/bin/tell-me --urgent",
)
NOTIFY_WEBHOOK = Setting(
    name="SCOUT_NOTIFY_WEBHOOK",
    secret=True,
    meaning="an address that is told by a POST of JSON",
    example="an https:// address",
)
NOTIFY_WEBHOOK_SECRET = Setting(
    name="SCOUT_NOTIFY_WEBHOOK_SECRET",
    secret=True,
    meaning="what such a POST is signed with",
    example="a long random text",
)
NOTIFY_APPRISE = Setting(
    name="SCOUT_NOTIFY_APPRISE",
    secret=True,
    meaning="addresses of services as Apprise has them, with blanks between them (extra `notify`)",
    example="ntfys://HOST/TOPIC",
)
DEBUG = Flag(
    name="SCOUT_DEBUG",
    meaning="any value: errors of commands come with their traceback, and so does a bug that ends"
    " a run",
)
NO_COLOR = Flag(name="NO_COLOR", meaning="any value: no colours")
FORCE_COLOR = Flag(
    name="FORCE_COLOR", meaning="any value: colours also where no terminal is, without `NO_COLOR`"
)
TERM = Setting(name="TERM", default="as the terminal sets it", meaning="`dumb`: no colours")

CONFIG = Setting(
    name="SCOUT_CONFIG",
    default="`~/.config/scout/config.toml`, where it exists",
    meaning="a file with settings in TOML; `.env` in its folder is read, too",
    example="the path of a TOML file",
)

SETTINGS: tuple[Setting, ...] = (
    DATABASE_URL,
    BROKER_URL,
    BROKER_NAMESPACE,
    LEASE_S,
    RECOVERY_INTERVAL_S,
    RETENTION,
    REPEAT_AFTER_S,
    STEP_TIME_LIMIT_S,
    RETRIES,
    HANDOFF,
    SHUTDOWN_GRACE_S,
    DATABASE_WAIT_S,
    LOG_FORMAT,
    LOG_LEVEL,
    LOG_FILE,
    LOG_FILE_MAX_BYTES,
    LOG_FILE_BACKUPS,
    GITHUB_URL,
    GITHUB_TOKEN,
    GH_TOKEN,
    LLM_BASE_URL,
    LLM_MODEL,
    OPENROUTER_API_KEY,
    LLM_API_KEY,
    LLM_TIMEOUT_S,
    LLM_MAX_TOKENS,
    EMBED_MODEL,
    EMBED_BASE_URL,
    EMBED_API_KEY,
    CONCURRENCY,
    WEB_TOKEN,
    WEB_READ_TOKEN,
    WEB_USER_HEADER,
    WEB_PROXIES,
    WEB_OPERATORS,
    WEB_HOSTS,
    NOTIFY_ON,
    NOTIFY_COMMAND,
    NOTIFY_WEBHOOK,
    NOTIFY_WEBHOOK_SECRET,
    NOTIFY_APPRISE,
    DEBUG,
    NO_COLOR,
    FORCE_COLOR,
    TERM,
    CONFIG,
)


def secrets_set(environ: Environ = None) -> dict[str, bool]:
    """Say which secrets are set, never what they are."""
    return {one.name: one.is_set(environ) for one in SETTINGS if one.secret}
