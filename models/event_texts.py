"""What each event says to people: when it happens, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.events import Event

#: `docs/logging.md` and `scout help-code` show these; Markdown's code marks are for names.
EVENT_TEXTS: Mapping[Event, str] = MappingProxyType(
    {
        Event.RUN_CREATED: "a run and its ten steps are in the database",
        Event.RUN_FINISHED: "a run ended as success",
        Event.RUN_FAILED: "a run ended because a step failed",
        Event.RUN_CANCELLED: "a person ended a run",
        Event.RUN_RESUMED: "a person opened a run again at its first unfinished step",
        Event.RUN_HELD: "the run waits for a place in its pool; `at_work` are those that have one",
        Event.RUN_ADMITTED: "a place became free, and the run's first step is due",
        Event.RUN_EXISTS: "`scout run --key` makes no run, as there is one with that key",
        Event.RUN_WAITING: "`scout run` waits, and whether workers are alive",
        Event.RUN_UNFINISHED: (
            "`scout run` stopped waiting at its `--timeout`; the run goes on if workers are alive"
        ),
        Event.RUN_INTERRUPTED: "`scout run` was stopped with Ctrl-C, and what became of the run",
        Event.STEP_STARTED: "a worker began an attempt",
        Event.STEP_FINISHED: "an attempt succeeded; the next step is due",
        Event.STEP_FAILED: (
            "an attempt failed for good; the steps after it are skipped and the run fails"
        ),
        Event.STEP_RETRYING: (
            "an attempt failed for a reason that may pass; there is another try at `next_try_at`"
        ),
        Event.STEP_POSTPONED: (
            "a step has to wait longer than it may hold a worker; it goes on at `due_at`."
            " `in_a_row` counts those without progress (`done`, `total`) since `since`; after 12"
            " of them and two hours the step fails"
        ),
        Event.STEP_INTERRUPTED: (
            "an attempt was cut off: its worker died, stopped, or lost its lease; the step is"
            " due again unless it was `alone` in its process for the fifth time in a row"
            " (`neighbours`: other steps that the process had in hand; `done`, `total`: how far"
            " the step was, since progress starts the count anew)"
        ),
        Event.STEP_SKIPPED: (
            "a step is not part of the run (INFO), or was not reached because one before it failed"
        ),
        Event.STEP_CANCELLED: (
            "a step was not reached, or was cut off, because its run was cancelled"
        ),
        Event.STEP_DUPLICATE_DELIVERY: (
            "a message for a step was ignored, which does no harm; `reason` says why"
        ),
        Event.STEP_OVERDUE: (
            "a step is over its time limit and is being interrupted; with the stack of its thread"
        ),
        Event.STEP_PROGRESS: (
            "how far a long step is, at most every 10 s"
            " (`data`: done, total, what, rate_per_s, eta_s)"
        ),
        Event.STEP_LEASE_LOST: (
            "an attempt ended after it had lost its step, so its ending was not recorded"
        ),
        Event.STEP_END_NOT_RECORDED: (
            "the database was away at a step's end; recovery runs the step again"
        ),
        Event.STEP_HANDED_OUT: "recovery sends the message of a due step again",
        Event.MESSAGE_FOREIGN: (
            "a message was about a run that is not in this database; two environments share a"
            " broker, or the run was removed"
        ),
        Event.MESSAGE_OF_NEWER: (
            "a message was about a run of a newer Scout, with an argument that this one does not"
            " know; the step stays due for a worker of that version"
        ),
        Event.MESSAGE_SKIPPED: (
            "a message was left: its step is done, in hand or not due, another run goes first, or"
            " the worker takes no more work; what is due stays due"
        ),
        Event.HANDOFF_FAILED: "the broker did not take a message; recovery sends it again",
        Event.GITHUB_RATE_LIMIT_SNAPSHOT: "what GitHub still allows was recorded",
        Event.GITHUB_QUERY_READ: (
            "what of the query GitHub reads as its own syntax; a WARNING where something that looks"
            " like syntax is searched for as text"
        ),
        Event.GITHUB_SEARCH_COMPLETED: (
            "one search query was answered; a WARNING where nothing matches the run's own query"
        ),
        Event.GITHUB_SEARCH_ITEM_MALFORMED: (
            "an item of a search result has another shape than GitHub documents; it is left out"
        ),
        Event.GITHUB_REFUSED: (
            "GitHub refused a request for its limits' sake; the wait that follows is a"
            " `github.throttle`, one for all threads that wait together"
        ),
        Event.GITHUB_THROTTLE: "requests wait for GitHub's limits",
        Event.REPO_HYDRATE_STARTED: "the metadata of repositories are being read",
        Event.REPO_HYDRATE_FAILED: (
            "a repository's metadata, or its README, cannot be read; the run goes on without"
        ),
        Event.REPO_RENAMED: (
            "a run met a repository under another name, `alias`, than GitHub gives it now; they are"
            " one and count once, `folded` if both had been stored"
        ),
        Event.REPO_README_FETCHED: "READMEs were stored",
        Event.REPO_README_MISSING: (
            "a repository has no README, or something else stands in its place (`reason`)"
        ),
        Event.ITEM_RETRYING: (
            "one request (about a repository, a page of a search, a brief) failed for a passing"
            " reason and is tried again; waits that the other side asked for are counted in"
            " `asked_wait` and use up no try"
        ),
        Event.ITEM_UNEXPECTED_ERROR: (
            "one unit (a repository, a brief) failed with an error that nobody foresaw, which is a"
            " bug; the others go on, and `traceback` says where"
        ),
        Event.LLM_OUTPUT_INVALID_JSON: "a model's answer was not accepted",
        Event.LLM_ITEM_FAILED: (
            "the model could not be asked about one repository, or for one brief"
        ),
        Event.LLM_ANALYSIS_REUSED: "analyses of earlier runs with the same input were taken over",
        Event.LLM_FORECAST: (
            "the run is about to ask the model for the first time, and says what it expects to"
            " spend: of `repos` repositories it is asked about `missing`; each amount is `expected`"
            " and `at_most`. A warning where `--max-llm-tokens` is less"
        ),
        Event.LLM_BUDGET_EXHAUSTED: (
            "`--max-analyses` or `--max-llm-tokens` was reached; the run goes on with what it has"
        ),
        Event.LLM_INPUT_SHORTENED: (
            "the model's context is too short for long READMEs; it is shown their first"
            " `readme_max_characters` from now on. `text_max_characters`: the same of texts for an"
            " embedding model"
        ),
        Event.LLM_THROTTLE: "requests wait because the model's endpoint asked for it",
        Event.EMBEDDINGS_UNAVAILABLE: (
            "there are no vectors of the run's texts, and why; it goes on without: texts are"
            " compared by their words"
        ),
        Event.LLM_PARAMETER_REFUSED: (
            "an endpoint refused a request, and took the same one without a parameter, which is"
            " left out from now on"
        ),
        Event.LLM_TIMED_OUT: (
            "a model did not answer within `SCOUT_LLM_TIMEOUT_S`, for the first time or again after"
            " it was asked for less at a time; it gets more again while it is quick"
        ),
        Event.LLM_MAX_TOKENS_RAISED: (
            "a model used up all tokens that an answer may have before it had answered, as"
            " reasoning does; it may use more from now on"
        ),
        Event.SCOUT_PASS2_CAPPED: "a limit of the second search pass took effect",
        Event.PAIRS_JUDGED: (
            "the best pairs were put before the model, and how many it judged (`judged` of"
            " `asked`), `no` of them as no fit; those that are not judged (WARNING, `reason`) keep"
            " the place that their score gives them"
        ),
        Event.BRIEF_RANKED: "groups of repositories were scored and ranked",
        Event.BRIEF_MARKED: (
            "a person marked a proposed group as sent, declined or for later: `scout briefs mark`"
        ),
        Event.EXPORT_WRITTEN: "the files of the export are there",
        Event.NETWORK_BLOCKED: "a dry run tried to reach the network and was refused",
        Event.DATABASE_AWAY: (
            "a read or write finds the database locked or away, and is tried again; said once for"
            " all threads of a process, every ten seconds"
        ),
        Event.DATABASE_REPLACED: (
            "SQLite's file was replaced while this process had it open; it goes on with the new one"
        ),
        Event.DATABASE_WAITED: "a read or write had to wait for the database",
        Event.PRUNE_STARTED: (
            "old runs are about to be removed, from `oldest` to `newest`, by `scout prune` or"
            " `SCOUT_RETENTION`; a row without a run"
        ),
        Event.PRUNE_FINISHED: (
            "they are removed, with their rows; `stayed` were opened again or needed by then, and"
            " exports that were changed since are left; a row without a run"
        ),
        Event.CLOCK_DIFFERS: (
            "the clock of a worker's machine is off by more than a second, which harms no run:"
            " leases and due times follow the database's; `ahead_s` is negative where it is behind"
        ),
        Event.NOTICE_SENT: "a receiver was told what became of a run",
        Event.NOTICE_FAILED: (
            "a receiver was not told, at the first try or the last one; the run is none the worse"
        ),
        Event.AUDIT_SEALED: (
            "runs that have ended were sealed; `head` is the end of the chain of all seals, which"
            " `scout audit verify --head` holds the database to"
        ),
        Event.DB_MIGRATED: "`scout db migrate` brought the schema up to date; a row without a run",
        Event.DB_BACKED_UP: "`scout db backup` copied the database; a row without a run",
        Event.BUNDLE_MADE: (
            "`scout bundle` packed what is on record about the run `of`; a row without a run, so"
            " that the run stays as it was"
        ),
        Event.SCHEMA_MIGRATED: (
            "the first process of a new version brought the database's schema up to date"
            " (`data`: applied)"
        ),
        Event.LOOP_FAILED: (
            "the lease keeper, recovery or retention could not do its work and tries again"
        ),
        Event.METRICS_SERVED: "`scout worker --metrics` answers Prometheus at `url`",
        Event.METRICS_FAILED: "rows could not be read for metrics, which say so",
        Event.TRACING_OFF: "traces are asked for and cannot be sent; the message says why",
        Event.LISTENER_FAILED: (
            "metrics or traces could not take in what happened; said once per kind of error"
        ),
        Event.WORKER_BOOTING: "`scout worker` starts its processes",
        Event.WORKER_STARTED: "a worker process was started (`worker`: its place)",
        Event.WORKER_START_FAILED: "the system could not start a process; it is tried again",
        Event.WORKER_BOOT_FAILED: (
            "a worker process lacks something, says what (`hint`), and ends with exit code 3"
        ),
        Event.WORKER_READY: "a worker process takes messages",
        Event.WORKER_RAW_OUTPUT: (
            "something wrote text that is not JSON; a WARNING where it came from stderr,"
            " `partial` if it has no end"
        ),
        Event.WORKER_DIED: (
            "a process ended otherwise than asked; if native code brought it down, the message says"
            " at which line of Python, and `threads` the last one of each thread"
        ),
        Event.WORKER_DEATH_CALLBACK_FAILED: (
            "what follows a death failed; leases run out by themselves"
        ),
        Event.WORKER_STEPS_CLOSED: (
            "the steps of a process that died were taken from it: due again, or failed"
        ),
        Event.WORKER_CLOSE_FAILED: (
            "the steps of a process that died are due again only when their leases have run out"
        ),
        Event.WORKER_RESTARTING: "a process that died is started again in `delay_s` seconds",
        Event.WORKER_GAVE_UP: (
            "no process could ever start because something is missing; exit code 3"
        ),
        Event.WORKER_RELOADING: "a rolling restart (SIGHUP) begins",
        Event.WORKER_REPLACING: "a process makes way for its successor",
        Event.WORKER_RETIRING: (
            "a thread did not react to its step's time limit (`threads`: how many); the process"
            " takes no more work, lets the other threads end, and ends"
        ),
        Event.WORKER_LONE_STEP: (
            "a step that was interrupted twice in a row runs in a process of its own"
        ),
        Event.WORKER_RELOADED: "a rolling restart has replaced every process",
        Event.WORKER_RELOAD_FAILED: (
            "a rolling restart was given up at one place; the other processes run on as they were"
        ),
        Event.WORKER_STOPPING: "a process was asked to stop, or asks its workers to",
        Event.WORKER_UNFINISHED: "work was still in hand when a worker process's grace was over",
        Event.WORKER_EXITED: "the main process saw a worker process end as it was asked to",
        Event.WORKER_STOPPED: "a process has stopped; from the main process: all have",
        Event.PROCESS_UNCAUGHT_EXCEPTION: (
            "an exception that nothing caught ended the process (CRITICAL) or a thread of it"
        ),
        Event.PROCESS_UNRAISABLE: "an exception where Python cannot raise one",
        Event.PROCESS_INTERRUPTED: "Ctrl-C ended the process",
        Event.OPTION_IDLE: "an option was typed that has no effect beside the others",
        Event.LOG_MISCONFIGURED: "a logging setting cannot be used; the default is",
        Event.LOG_FILE_FAILED: "the log file cannot be written",
        Event.LOG_LINES_DROPPED: (
            "nobody read the log, or let go of its file, for so long that lines had to be dropped,"
            " which are counted here; the work went on"
        ),
        Event.LOG_TORN_LINE: "part of a line that a killed process left in the file",
    }
)
