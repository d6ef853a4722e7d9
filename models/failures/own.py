"""Failures of Scout itself, of what it was given, and of what it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.codes import Code
from models.events import Event
from models.failures.explanation import Explanation

_RESUME = "scout resume {run}"
_LOGS = "scout logs {run} --step {step}"
_DOCTOR = "scout doctor"

OWN: Mapping[Code, Explanation] = MappingProxyType(
    {
        Code.BAD_INPUT: Explanation(
            what="{step} was given an argument that it cannot use.",
            causes="A value is out of its range, or names nothing that exists.",
            meaning="Trying again with the same arguments will fail again.",
            todo=('scout run --query "…" with other arguments', _DOCTOR),
        ),
        Code.OWN_REPOSITORY_UNUSABLE: Explanation(
            what="{step} cannot go on without the repository that the run starts from (--with).",
            causes="It was deleted or made private, its README could not be read, or the model gave"
            " no valid analysis of it.",
            meaning="Every group would contain it, so the run stops at once.",
            todo=(_RESUME, "scout run --with owner/name with another one"),
        ),
        Code.BAD_SETTING: Explanation(
            what="A setting that {step} needs is missing or malformed.",
            causes="An environment variable is not set, or holds what Scout cannot use.",
            meaning="Trying again without it will fail again.",
            todo=("Set what the error names.", _DOCTOR, _RESUME),
            sets=True,
        ),
        Code.LIBRARY_MISSING: Explanation(
            what="{step} needs a library that is not installed.",
            causes="Scout was installed without the extra that brings it.",
            meaning="Nothing was lost.",
            todo=("Install what the error names, where the workers run.", _DOCTOR, _RESUME),
            sets=True,
        ),
        Code.INSTALLATION_BROKEN: Explanation(
            what="A file of Scout's own that {step} needs is missing or not as it was shipped.",
            causes="An installation that is not complete, or a checkout that was changed.",
            meaning="Trying again will fail again until the file is back.",
            todo=("Install Scout again, or restore the file that the error names.", _RESUME),
        ),
        Code.FIXTURE_BROKEN: Explanation(
            what="A fixture that {step} reads is missing or broken.",
            causes="A file was removed or changed, or --fixtures names an incomplete copy.",
            meaning="The dry run's world is incomplete; no step of it can be trusted until it is"
            " whole again.",
            todo=("Restore the file, or give --fixtures DIR a complete copy.", _RESUME),
        ),
        Code.DATABASE_UNAVAILABLE: Explanation(
            what="The database failed while {step} was using it.",
            causes="The server is away or refuses the connection, or the disk of the file has"
            " trouble.",
            meaning="Steps that had finished are recorded.",
            todo=(_DOCTOR, _RESUME),
            events=(Event.STEP_RETRYING,),
        ),
        Code.DATABASE_LOCKED: Explanation(
            what="The database stayed locked for longer than {step} waits.",
            causes="Another program holds it: a backup, a shell with an open transaction, a"
            " network file system.",
            meaning="Steps that had finished are recorded.",
            todo=("Close the other program.", _DOCTOR, _RESUME),
            events=(Event.STEP_RETRYING,),
        ),
        Code.DATABASE_UNWRITABLE: Explanation(
            what="The database cannot be written to.",
            causes="Its file or folder belongs to another user, or the disk is read-only; a server"
            " only lets read, or the role lacks a right.",
            meaning="What was written before is intact and can be read.",
            todo=("Make it writable; what is lacking, says scout doctor.", _RESUME),
            sets=True,
        ),
        Code.DATABASE_CONNECTIONS_USED_UP: Explanation(
            what="The database server takes no more connections.",
            causes="More workers than max_connections allows, or other programs that use the"
            " server; each worker process needs its threads and 4 more.",
            meaning="Steps that had finished are recorded.",
            todo=("Raise max_connections, start fewer, or put PgBouncer in between.", _RESUME),
            events=(Event.STEP_RETRYING,),
        ),
        Code.DATABASE_NEWER: Explanation(
            what="The database was written by a newer Scout than this one.",
            causes="Several versions of Scout use the same database.",
            meaning="This version leaves it alone, so nothing is damaged.",
            todo=("Upgrade Scout, or point SCOUT_DATABASE_URL at another database.", _DOCTOR),
            sets=True,
        ),
        Code.DATABASE_OUTDATED: Explanation(
            what="The database lacks tables or columns that this version of Scout needs.",
            causes="Its schema was not brought up to date after an upgrade.",
            meaning="Nothing was lost.",
            todo=("scout db migrate", _RESUME),
        ),
        Code.DATABASE_DAMAGED: Explanation(
            what="What the database holds is damaged: {step} could not read it.",
            causes="The disk lost a part of it, its file was copied or cut while it was written"
            " to, or another program has changed it.",
            meaning="What else is stored may be whole; trying again will fail again.",
            todo=(
                "Which rows are broken, says: scout doctor --reconcile {run}",
                "Put back a backup; see also SQLite's .recover.",
                _RESUME,
            ),
        ),
        Code.BROKER_UNAVAILABLE: Explanation(
            what="The broker does not answer.",
            causes="It is not running, is somewhere else than SCOUT_BROKER_URL says, or refuses"
            " the password.",
            meaning="Runs are safe in the database; their messages are sent again.",
            todo=("Check that it is running and SCOUT_BROKER_URL is right.", _DOCTOR),
            sets=True,
        ),
        Code.DISK_FULL: Explanation(
            what="The disk was full when {step} wanted to write.",
            causes="The disk, or a user's share of it, is used up, or a file has reached the limit"
            " on its size.",
            meaning="What was written before is intact and can be read.",
            todo=("Free some disk space; scout doctor shows sizes.", _RESUME),
        ),
        Code.OUTPUT_UNWRITABLE: Explanation(
            what="The output folder cannot be written to.",
            causes="It belongs to another user, is read-only, or its path is not that of a folder.",
            meaning="All results are stored; only the Markdown files are missing.",
            todo=("Make the folder writable.", _RESUME),
        ),
        Code.RECEIVER_NOT_TOLD: Explanation(
            what="Somebody who is to be told of runs was not told.",
            causes="The program of SCOUT_NOTIFY_COMMAND failed, or the receiver is away or refuses"
            " the message.",
            meaning="The run itself is not touched; the message is sent again, and given up in the"
            " end.",
            todo=("Send one to try it: scout notify", _DOCTOR),
        ),
        Code.SYSTEM_ERROR: Explanation(
            what="The system refused {step} a file or another resource.",
            causes="A path does not exist, permissions do not allow it, or a limit is reached.",
            meaning="What was done before is kept.",
            todo=("See what the error names.", _DOCTOR, _RESUME),
        ),
        Code.CONNECTION_FAILED: Explanation(
            what="{step} lost a connection, or got none, more often than it is tried.",
            causes="A server that is away, a network that is down, a proxy that closes"
            " connections.",
            meaning="What is done is kept.",
            todo=("Wait a little.", _RESUME),
            events=(Event.STEP_RETRYING,),
        ),
        Code.LEASE_LOST: Explanation(
            what="An attempt at {step} went on after its step had been taken from it.",
            causes="Its process was suspended for longer than its lease, or the run was cancelled.",
            meaning="It recorded nothing; another attempt holds the step, or nobody needs it.",
            todo=("scout show {run} --attempts",),
            events=(Event.STEP_INTERRUPTED,),
        ),
        Code.INTERRUPTED: Explanation(
            what="An attempt at {step} was interrupted before its end.",
            causes="Its worker was stopped or killed, or its machine went away.",
            meaning="The step is due again by itself; what was saved is kept.",
            todo=("scout show {run} --attempts",),
            events=(Event.STEP_INTERRUPTED,),
        ),
        Code.CRASH_LOOP: Explanation(
            what="{step} was started again and again without ever reaching an end.",
            causes="It kills its worker each time, also alone in a process: too little memory, or"
            " native code that crashes or never lets go of the interpreter.",
            meaning="Scout gave it up so that it cannot take down workers for ever. What it had"
            " done is kept.",
            todo=(
                "Look at the machine: kernel log for out-of-memory kills, the supervisor's log.",
                _RESUME,
            ),
            events=(Event.STEP_INTERRUPTED,),
        ),
        Code.TIME_LIMIT: Explanation(
            what="{step} ran longer than its time limit and was interrupted.",
            causes="A call that hangs, also in native code, or more work than the limit allows.",
            meaning="The stack of its thread is in the log.",
            todo=(_LOGS, "Raise SCOUT_STEP_TIME_LIMIT_S.", _RESUME),
            events=(Event.STEP_OVERDUE,),
        ),
        Code.DEADLINE_EXCEEDED: Explanation(
            what="The run had not ended by its deadline; {step} was next.",
            causes="It waited for workers, a quota or a model for too long, or has more to do than"
            " fits into the time.",
            meaning="What was done is kept. A resumed run has no deadline any more.",
            todo=("scout show {run} --attempts", _RESUME, "scout run with a later --deadline"),
        ),
        Code.POSTPONED: Explanation(
            what="{step} waits for somebody who asked it to.",
            causes="GitHub or the model endpoint wants to be asked again later.",
            meaning="It goes on by itself. What is done is kept.",
            todo=("scout doctor --online", "scout cancel {run}"),
            events=(Event.STEP_POSTPONED,),
        ),
        Code.POSTPONED_IN_VAIN: Explanation(
            what="{step} waited again and again for somebody else, and got no further.",
            causes="GitHub or the model endpoint kept asking for a longer wait.",
            meaning="What is done is kept.",
            todo=(
                "See whether others use the same token or key, and what the status page says.",
                _RESUME,
            ),
            events=(Event.STEP_POSTPONED,),
        ),
        Code.NOT_PLANNED: Explanation(
            what="{step} is left out of this run on purpose.",
            causes="--no-llm, or a run that begins where another one ended.",
            meaning="Nothing is wrong.",
            todo=("scout show {run}",),
        ),
        Code.NOT_CLAIMED: Explanation(
            what="{step} was called without being recorded, and refused to work.",
            causes="The actor was called by code that lacks Scout's middleware.",
            meaning="Nothing was done: no step ever runs unrecorded.",
            todo=("Start workers with: scout worker", _LOGS),
        ),
        Code.NETWORK_BLOCKED: Explanation(
            what="{step} of this dry run tried to reach the network and was stopped.",
            causes="Code that a dry run should not reach, or a library that looks for updates.",
            meaning="A dry run uses fixtures only. Nothing was sent.",
            todo=(_LOGS, "Report it: no step of a dry run should do that."),
            events=(Event.NETWORK_BLOCKED,),
        ),
        Code.DRILL_FAILED: Explanation(
            what="A drill waited in vain for what it wanted to see.",
            causes="A machine that is too busy, or a fault that Scout did not recover from.",
            todo=("scout drill", _DOCTOR),
        ),
        Code.ITEM_FAILED: Explanation(
            what="Too many units of {step} failed, each for a reason of its own.",
            causes="What was asked about them cannot be answered.",
            meaning="What is done is kept.",
            todo=("scout logs {run} --failed", _RESUME),
        ),
        Code.TRANSIENT_FAILURE: Explanation(
            what="{step} failed for a passing reason, more often than it is tried.",
            causes="The other side was away or refused for longer than Scout waits.",
            meaning="What is done is kept.",
            todo=("Wait a little.", _RESUME),
            events=(Event.STEP_RETRYING, Event.GITHUB_THROTTLE),
        ),
        Code.PERMANENT_FAILURE: Explanation(
            what="{step} failed for a reason that trying again does not change.",
            causes="The error says it; the last lines of the step are the best evidence.",
            todo=("scout logs {run} --failed", _RESUME),
        ),
        Code.BUG: Explanation(
            what="{step} ended with an error that Scout did not foresee.",
            causes="A bug in Scout or in a library that it uses.",
            meaning="What is done is kept; trying again may well fail again.",
            todo=(
                "scout logs {run} --failed",
                "Report it with: scout bundle {run}",
                _RESUME,
            ),
            events=(Event.ITEM_UNEXPECTED_ERROR,),
        ),
    }
)
