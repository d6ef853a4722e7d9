"""`scout bundle`: one archive with what is on record about a run."""

from __future__ import annotations

import gzip
import os
import tarfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options.shared import complete_file, json_option, read_run_argument
from models.errors import InputError

if TYPE_CHECKING:
    from models.records.bundle import Member


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
    give the same bytes.

    \b
    Example:
      scout bundle last --out report.tar.gz
    """
    from cli.display.terminal import emit_json, say, size
    from cli.doctor.database import check_versions
    from models.clock import from_iso
    from models.dao import AuditDao, RunsDao
    from models.database.read_only import open_existing
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
    )
    folder = f"scout-{run.run_id}"
    path = Path(out).expanduser() if out else Path(f"{folder}.tar.gz")
    content = pack(folder, members, int(from_iso(run.created_at).timestamp()))
    write_private(path, content)
    if as_json:
        emit_json({"run_id": run.run_id, "path": str(path.absolute()), "bytes": len(content)})
        return
    say(str(path))
    say(f"{size(len(content))} · look through it before you send it", err=True)


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


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        InputError: There is one already, or no such folder.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError as exc:
        raise InputError(f"{path} is there already.", "Name another file with --out.") from exc
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise InputError(
            f"{path.parent} is not a folder.", "Create it, or choose another file with --out."
        ) from exc
    with os.fdopen(handle, "wb") as file:
        file.write(content)
