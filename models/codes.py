"""The codes of failures: stable names by which everything but people tells them apart.

A code never changes its meaning and is never used for another; what it says to people stands in
`models.failures`. One is stored with a failed step (`run_steps.error_code`), written into log lines
and printed with `--json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from types import MappingProxyType


class Code(StrEnum):
    """Every kind of failure, and every reason for which a step does not go on."""

    # A person, a setting, an installation
    BAD_INPUT = "bad_input"
    BAD_SETTING = "bad_setting"
    LIBRARY_MISSING = "library_missing"
    INSTALLATION_BROKEN = "installation_broken"
    FIXTURE_BROKEN = "fixture_broken"

    # What Scout stands on
    DATABASE_UNAVAILABLE = "database_unavailable"
    DATABASE_LOCKED = "database_locked"
    DATABASE_UNWRITABLE = "database_unwritable"
    DATABASE_CONNECTIONS_USED_UP = "database_connections_used_up"
    DATABASE_NEWER = "database_newer"
    DATABASE_OUTDATED = "database_outdated"
    DATABASE_DAMAGED = "database_damaged"
    BROKER_UNAVAILABLE = "broker_unavailable"
    DISK_FULL = "disk_full"
    OUTPUT_UNWRITABLE = "output_unwritable"
    RECEIVER_NOT_TOLD = "receiver_not_told"
    SYSTEM_ERROR = "system_error"
    CONNECTION_FAILED = "connection_failed"

    # The life of a step
    LEASE_LOST = "lease_lost"
    INTERRUPTED = "interrupted"
    CRASH_LOOP = "crash_loop"
    TIME_LIMIT = "time_limit"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    POSTPONED = "postponed"
    POSTPONED_IN_VAIN = "postponed_in_vain"
    NOT_PLANNED = "not_planned"
    NOT_CLAIMED = "not_claimed"
    NETWORK_BLOCKED = "network_blocked"
    DRILL_FAILED = "drill_failed"

    # The language model
    MODEL_NO_CREDIT = "model_no_credit"
    MODEL_KEY_REFUSED = "model_key_refused"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_INPUT_TOO_LONG = "model_input_too_long"
    MODEL_REFUSES_REQUESTS = "model_refuses_requests"
    MODEL_LIMITS = "model_limits"
    MODEL_AWAY = "model_away"
    MODEL_INCOMPREHENSIBLE = "model_incomprehensible"
    MODEL_GIVES_NO_ANSWER = "model_gives_no_answer"
    MODEL_TOKENS_USED_UP = "model_tokens_used_up"
    INVALID_MODEL_OUTPUT = "invalid_model_output"

    # GitHub
    GITHUB_TOKEN_REFUSED = "github_token_refused"  # noqa: S105 - a name, no token
    GITHUB_FORBIDDEN = "github_forbidden"
    GITHUB_URL_WRONG = "github_url_wrong"
    GITHUB_QUERY_REFUSED = "github_query_refused"
    GITHUB_LIMITS = "github_limits"
    GITHUB_AWAY = "github_away"
    GITHUB_REFUSED = "github_refused"

    # The repository that a run starts from
    OWN_REPOSITORY_UNUSABLE = "own_repository_unusable"

    # Where nothing closer is known
    ITEM_FAILED = "item_failed"
    TRANSIENT_FAILURE = "transient_failure"
    PERMANENT_FAILURE = "permanent_failure"
    BUG = "bug"


#: What `error_type` says in rows that were written before there were codes.
_CODES_OF_TYPES: Mapping[str, Code] = MappingProxyType(
    {
        "BrokerUnavailableError": Code.BROKER_UNAVAILABLE,
        "ConfigError": Code.BAD_SETTING,
        "ConnectionError": Code.CONNECTION_FAILED,
        "DatabaseError": Code.DATABASE_UNAVAILABLE,
        "DatabaseUnavailableError": Code.DATABASE_UNAVAILABLE,
        "ExportError": Code.OUTPUT_UNWRITABLE,
        "FixtureError": Code.FIXTURE_BROKEN,
        "FixtureFolderError": Code.FIXTURE_BROKEN,
        "InputError": Code.BAD_INPUT,
        "InputTooLongError": Code.MODEL_INPUT_TOO_LONG,
        "InterfaceError": Code.DATABASE_UNAVAILABLE,
        "InvalidOutputError": Code.INVALID_MODEL_OUTPUT,
        "ItemFailedError": Code.ITEM_FAILED,
        "LeaseLostError": Code.LEASE_LOST,
        "NetworkBlockedError": Code.NETWORK_BLOCKED,
        "NotClaimedError": Code.NOT_CLAIMED,
        "OperationalError": Code.DATABASE_UNAVAILABLE,
        "PermanentError": Code.PERMANENT_FAILURE,
        "StepFailed": Code.PERMANENT_FAILURE,
        "TimeoutError": Code.CONNECTION_FAILED,
        "TransientError": Code.TRANSIENT_FAILURE,
        "UnreachableError": Code.GITHUB_AWAY,
        **{
            str(code): code
            for code in (
                Code.CRASH_LOOP,
                Code.DEADLINE_EXCEEDED,
                Code.INTERRUPTED,
                Code.NOT_PLANNED,
                Code.POSTPONED,
                Code.POSTPONED_IN_VAIN,
                Code.TIME_LIMIT,
            )
        },
    }
)


def stored_code(error_code: str | None, error_type: str | None) -> Code | None:
    """Return the code of a row, or None where nothing is wrong with it.

    Args:
        error_code: The row's code; None in rows from before there were codes, and an unknown text
            in rows of a newer Scout.
        error_type: The row's error type, which then stands for it.
    """
    with suppress(ValueError):
        return Code(error_code or "")
    if error_type is None:
        return None
    return _CODES_OF_TYPES.get(error_type, Code.BUG)
