"""`scout bundle`: one archive with what is on record about a run."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options.shared import complete_file, json_option, new_file, read_run_argument
from models.errors import InputError

if TYPE_CHECKING:
    from models.records.bundle import Member
    from models.settings.runtime import Settings


@click.command()
@read_run_argument
@click.option(
    "--out",
    metavar="FILE",
    shell_complete=complete_file,
    help="By default scout-RUN.tar.gz in this folder.",
)
@click.option("--with-readmes", is_flag=True, help="Also pack the texts of READMEs.")
@json_option
def command(run_text: str, out: str | None, with_readmes: bool, as_json: bool) -> None:
    """Pack what is on record about RUN into one archive, to attach to a bug report.

    RUN is an id or a unique prefix of one; the newest run by default. Everything is redacted once
    more; the archive's README.txt says what is in it. Only you can read the file. The same records
    give the same bytes. The audit log says who made one.

    \b
    Example:
      scout bundle last --out report.tar.gz
    """
    from cli.display.terminal import emit_json, say, size
    from cli.doctor.database import check_versions
    from cli.private_file import write_private
    from cli.running.recorded import record_command
    from models.clock import from_iso
    from models.dao import AuditDao, RunsDao
    from models.database.read_only import open_existing
    from models.events import Event
    from models.records.bundle import members_of
    from models.settings.live import live_settings
    from models.settings.logging import log_file
    from models.settings.runtime import load_settings
    from models.views.attempts import attempts_of

    settings = load_settings()
    if open_existing(settings) is None:
        raise InputError("There are no runs yet.", "Make one: scout run --dry --query TEXT")
    run = RunsDao.resolve(run_text)
    members = members_of(
        run.run_id,
        settings,
        check_versions(),
        [one.to_dict() for one in attempts_of(AuditDao.of_run(run.run_id))],
        log_file=log_file(),
        with_readmes=with_readmes,
        live=live_settings(),
        more=[_page(run.run_id, settings)],
    )
    folder = f"scout-{run.run_id}"
    path = new_file(out, "--out") if out else Path(f"{folder}.tar.gz")
    content = pack(folder, members, int(from_iso(run.created_at).timestamp()))
    write_private(path, content)
    about = {"bytes": len(content), "path": str(path.absolute()), "with_readmes": with_readmes}
    did = f"packed what is on record about run {run.run_id}"
    record_command(settings, event=Event.BUNDLE_MADE, did=did, data={"of": run.run_id} | about)
    if as_json:
        emit_json({"run_id": run.run_id, "path": str(path.absolute()), "bytes": len(content)})
        return
    say(str(path))
    say(f"{size(len(content))} · look through it before you send it", err=True)


def _page(run_id: str, settings: Settings) -> Member:
    """Return the run's page; where the records are such that there can be none, why."""
    from cli.web.run_file import run_file
    from models.records.bundle import Member
    from models.text.traceback_text import traceback_text

    try:
        about = "the run as one page, for a browser: waterfall, failure, records, briefs"
        return Member("run.html", run_file(run_id, settings).encode(), about)
    except Exception as exc:  # noqa: BLE001 - broken records are what a bundle is made for
        about = "why the run's page could not be made"
        return Member("run.html.error.txt", f"{traceback_text(exc)}\n".encode(), about)


def pack(folder: str, members: Iterable[Member], mtime_s: int) -> bytes:
    """Return a .tar.gz of files in one folder; the same files give the same bytes.

    Args:
        folder: The folder that they are in.
        members: The files.
        mtime_s: The Unix time that every file bears.
    """
    buffer = BytesIO()
    with (
        gzip.GzipFile("", "wb", mtime=0, fileobj=buffer) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in members:
            info = tarfile.TarInfo(f"{folder}/{member.name}")
            info.size, info.mtime, info.mode = len(member.content), mtime_s, 0o600
            archive.addfile(info, BytesIO(member.content))
    return buffer.getvalue()
