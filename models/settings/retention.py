"""The setting that says which runs workers remove by themselves."""

from __future__ import annotations

from models.errors import InputError
from models.retention import RetentionPolicy
from models.settings.setting import Environ, Setting
from models.text.time_span import span_s


class Retention(Setting, frozen=True):
    """A setting such as `30d keep=100 failed-longer=90d`; unset it removes nothing."""

    def read(self, environ: Environ = None) -> RetentionPolicy | None:
        """Return the policy, or None where nothing is removed.

        Raises:
            ConfigError: It cannot be understood.
        """
        text = self.text(environ)
        if not text:
            return None
        age, *others = text.split()
        named = dict(word.partition("=")[::2] for word in others)
        keep = named.pop("keep", "0")
        failed_longer = named.pop("failed-longer", None)
        if named or len(others) > 2 or not (keep.isascii() and keep.isdigit()):
            raise self.refused(text, "not understood", environ=environ)
        try:
            return RetentionPolicy(
                older_than_s=span_s(age, self.name),
                keep=int(keep),
                failed_longer_s=(
                    None if failed_longer is None else span_s(failed_longer, self.name)
                ),
            )
        except InputError as exc:
            raise self.refused(text, "not understood", environ=environ) from exc
