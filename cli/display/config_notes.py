"""What is doubtful about where settings come from."""

from __future__ import annotations


def config_notes() -> list[str]:
    """Return a sentence for each variable that no setting is called, and each file too open."""
    from cli.errors import did_you_mean
    from models.settings.files import exposed_files, unknown_names
    from models.settings.table import SETTINGS
    from models.text.clean import clean_text

    known = [setting.name for setting in SETTINGS]
    found = [
        f"settings: {clean_text(name)} is set, and no setting of Scout's is called so."
        f"{did_you_mean(name, known)}"
        for name in unknown_names()
    ]
    return found + [
        f"settings: others may read {path}, which holds a secret. Make it yours alone: chmod 600"
        for path in exposed_files()
    ]
