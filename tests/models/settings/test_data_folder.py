"""The data folder is the one that platformdirs names, which is not loaded to say so."""

from __future__ import annotations

import sys

import pytest
from platformdirs import user_data_path

from models.settings.data_folder import data_folder
from tests.support.loaded import loaded_after

VALUES = [None, "", "/data", "/data/", "//data", "data", "~/data", "/"]


@pytest.mark.parametrize("base", VALUES)
def test_it_is_what_platformdirs_says(base: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for home in VALUES:
        for name, value in {"XDG_DATA_HOME": base, "HOME": home}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        assert data_folder() == user_data_path("scout", appauthor=False), (base, home)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is asked")
def test_where_all_is_as_usual_it_is_not_loaded() -> None:
    code = "from models.settings.data_folder import data_folder; data_folder()"
    assert "platformdirs" not in loaded_after(code)
