"""`scout explain`: a rule-based diagnosis of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.display.terminal import emit_json, faint, indented, paint, say, status_text
from cli.options.shared import json_option, open_for_reading, read_run_argument

if TYPE_CHECKING:
    from cli.diagnosis.case import Case, Diagnosis


@click.command()
@read_run_argument
@json_option
def command(run_text: str, as_json: bool) -> None:
    """Explain what happened to a run, what shows it, and what to do next.

    RUN is an id or a unique prefix of one; the newest run by default. The diagnosis comes from
    fixed rules over the records. The exit code is 0 if there is one, however the run ended.

    Example: scout explain last
    """
    settings = open_for_reading()
    from cli.diagnosis.loading import load_case
    from cli.diagnosis.rules import diagnose

    case = load_case(run_text, settings)
    diagnosis = diagnose(case)
    if as_json:
        emit_json(
            {
                "run_id": case.run_id,
                "status": case.view.run.status,
                "state": case.view.reading.state,
                "error_code": case.current.code if case.current else None,
                "diagnosis": diagnosis.to_dict(),
            }
        )
        return
    _print(case, diagnosis)


def _print(case: Case, diagnosis: Diagnosis) -> None:
    from models.text.clean import clean_text

    state = status_text(case.view.reading.state)
    query = clean_text(str(case.view.run.args.get("query", "")))
    say(f'run {case.run_id}  {state}  "{query}"')
    say()
    say(paint(clean_text(diagnosis.what), None, bold=True), hang=0)
    say(clean_text(diagnosis.meaning), hang=0)
    if diagnosis.evidence:
        say()
        say(faint("evidence"))
        for text in diagnosis.shown_evidence():
            say("  " + text, hang=4)
    if diagnosis.traceback:
        say()
        say(faint("traceback"))
        for line in indented(diagnosis.traceback, 2):
            say(line, hang=4)
    say()
    say(faint("next"))
    for text in diagnosis.todo:
        say("  " + clean_text(text), hang=4)
