"""Every kind of setting is refused in the same words: the variable, what was wrong, an example."""

from __future__ import annotations

import re

import pytest

from models.errors import ConfigError
from models.settings.setting import Choice, Flag, Seconds, Setting, Url, Whole

CHOICE = Choice(name="SOME_CHOICE", meaning="m", choices=("json", "text"), otherwise="json")
SECONDS = Seconds(name="SOME_S", meaning="m", otherwise=15.0, low=0.5)
WHOLE = Whole(name="SOME_COUNT", meaning="m", otherwise=8, low=1, high=64)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (CHOICE, "xml"),
        *((SECONDS, value) for value in ("soon", "0.4", "-1", "nan", "inf", "1e99", "1,5", "1_0")),
        *((SECONDS, value) for value in ("²", "٣", "1e999")),
        *((WHOLE, value) for value in ("many", "0", "65", "-1", "1.5", "²", "٣", "1_0", "9" * 30)),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_a_remedy(
    setting: Choice | Seconds | Whole, value: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        setting.read({setting.name: value})
    assert caught.value.message.startswith(f"{setting.name} is {value!r}, which is n")
    assert re.match(
        f"Set {setting.name} to (a number|one of them,) such as \\w+, or unset it",
        caught.value.hint,
    )


@pytest.mark.parametrize(
    ("setting", "value", "read"),
    [
        (CHOICE, " TEXT ", "text"),
        (SECONDS, " 2.5\n", 2.5),
        (SECONDS, ".5", 0.5),
        (SECONDS, "1e3", 1000.0),
        (WHOLE, "64", 64),
        *((setting, empty, setting.otherwise) for setting in (CHOICE, SECONDS, WHOLE)
          for empty in ("", " \t")),
    ],
)  # fmt: skip
def test_blanks_around_a_value_do_not_matter_and_nothing_counts_as_unset(
    setting: Choice | Seconds | Whole, value: str, read: object
) -> None:
    assert setting.read({setting.name: value}) == read
    assert setting.is_set({setting.name: value}) == bool(value.strip())
    assert setting.read({}) == setting.otherwise


def test_a_fallback_is_read_only_where_the_variable_is_not_there_at_all() -> None:
    url = Url(name="OWN", meaning="m", fallback="COMMON")
    assert url.text({"COMMON": "c"}) == "c"
    assert url.text({"COMMON": "c", "OWN": "o"}) == "o"
    assert url.text({"COMMON": "c", "OWN": ""}) == ""


def test_a_flag_is_on_with_any_value() -> None:
    flag = Flag(name="SOME_FLAG", meaning="m")
    assert [flag.read({"SOME_FLAG": value}) for value in ("1", "0", "no", "")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert not flag.read({})


def test_a_secret_is_refused_without_being_shown() -> None:
    token = Setting(name="SOME_TOKEN", meaning="m", secret=True, example="a token")
    error = token.refused("hunter22", "no token: it holds characters that none has")
    assert str(error) == (
        "SOME_TOKEN is no token: it holds characters that none has."
        " Set SOME_TOKEN to a token, or unset it."
    )


def test_a_url_is_refused_without_its_password() -> None:
    url = Url(name="SOME_URL", meaning="m", example="https://HOST")
    error = url.refused("ftp://ann:hunter22@host/x", "no address")
    assert "hunter22" not in str(error)
    assert "ftp://[REDACTED]@host/x" in error.message
    assert error.hint == "Set SOME_URL to https://HOST, or unset it."


def test_the_environment_of_the_process_is_read_at_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for value in ("1", "2"):
        monkeypatch.setenv(WHOLE.name, value)
        assert WHOLE.read() == int(value)
