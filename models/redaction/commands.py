"""Passwords on command lines: what programs take after `-p`, `-a` or a user's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from models.redaction.anchors import Anchor, word_end
from models.redaction.keys import Verdict, word_set
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span
from models.redaction.values import EXAMPLE_PASSWORDS, is_secret_value

# Programs by the options that are followed by a password; the value may stand right behind it
# where the option is set in brackets.
_OPTIONS = {
    "[-p]": "mysql mysqldump mysqladmin mysqlimport mysqlshow mycli mariadb mariadb-dump 7z 7za rar unrar sshpass",
    "-p": "sshpass mongo mongosh mongodump mongorestore mongoexport cqlsh twine psexec "
    "psexec.exe rdesktop influx kinit clickhouse-client",
    "-P": "unzip zip sqlcmd bcp osql mosquitto_pub mosquitto_sub isql tsql pwsafe",
    "-a": "redis-cli valkey-cli keydb-cli",
    "-w": "ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldappasswd",
    "-k": "openssl",
    "[/p:]": "xfreerdp wfreerdp",
    "-A": "snmpwalk snmpget",
    "-X": "snmpwalk snmpget",
}
_BY_PROGRAM: dict[str, list[str]] = {}
for _option, _programs in _OPTIONS.items():
    for _program in _programs.split():
        _BY_PROGRAM.setdefault(_program, []).append(_option)
_NAMES = "|".join(sorted(map(re.escape, _BY_PROGRAM), key=len, reverse=True))
_PROGRAM = lazy(rf"(?<![\w\-.])(?:{_NAMES})(?=[ \t])")
_COMMAND = lazy(r"(?:[^\n|;&\\]|\\\n|\\.|&(?!&)){0,600}")
_VALUE = r"(?:\"((?:[^\"\\\n]|\\.){1,256})\"|'([^'\n]{1,256})'|([^\s\"'`|;<>]{2,256}))"

_USER_OPTION = lazy(
    r"(?:^|(?<=[\s\"',]))(?:-u|--user|--proxy-user)(?:[\s\"',=]{1,4}|(?=[\w.\-]{1,64}:))"
    r"(?:(?<=\")([^\"\n]{1,256})|(?<=')([^'\n]{1,256})|([^\s\"']+))"
)
# Forms with a shape of their own; the last group that matched is the secret.
_FORMS = lazy(
    r"\b(?:sqlplus|expdp|impdp|rman|sqlldr)\s+(?:-\w+\s+){0,4}[\"']?[\w$]{1,64}/(\"?[^\s@\"'/]{3,128}\"?)@?"
    r"|\bjdbc:oracle:\w+:[\w$]{1,64}/([^\s@\"'/]{3,128})@"
    r"|\b(?:docker|podman|nerdctl|buildah|oras|crane|skopeo|az|helm\s+registry)\s+(?:auth\s+)?login\b[^\n|;]{0,200}?"
    r"\s-p[ =]?[\"']?([^\s\"'$-][^\s\"']{3,})"
    r"|\b-passin\s+pass:(\S+)|\b(?:passin|passout|pass|password)\s+pass:([^\s\"']+)|\spass:([^\s\"']{3,})"
    r"|\bsmbclient\b[^\n|;]{0,200}?\s-U\s*[\w.\\/-]{1,64}%([^\s\"']+)"
    r"|\bhtpasswd\s+-\w*b\w*\s+\S{1,200}\s+\S{1,64}\s+[\"']?([^\s\"']+)"
    r"|\brabbitmqctl\s+(?:add_user|change_password|authenticate_user)\s+\S{1,64}\s+[\"']?([^\s\"']+)"
    r"|\bnet\s+use\b[^\n]{0,120}?/user:\S{1,64}\s+([^\s/]\S*)"
    r"|\bvault\s+login\s+(?!-)([^\s\"']{8,})"
    r"|\becho\s+(?:-n\s+)?[\"']?[\w.\-]{1,64}:([^\s\"'|]{4,})[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"
    r"|\becho\s+(?:-n\s+)?[\"']?([^\s\"'|$]{4,})[\"']?\s*\|\s*(?:sudo\s+-S|docker\s+login|podman\s+login"
    r"|passwd\s+--stdin|gh\s+auth\s+login|su\b)"
    r"|--with-token\s*<<<\s*[\"']?([^\s\"'$]{8,})"
    r"|\bwget\b[^\n]{0,200}?--(?:http-)?password=([^\s\"']+)"
    r"|\baws\s+configure\s+set\s+aws_secret_access_key\s+[\"']?([^\s\"']+)"
    r"|(?<![^\n])[ \t]{0,16}(?:requirepass|masterauth|auth_pass|bindpw|rootpw)[ \t]+[\"']?([^\s\"']{4,})"
    r"|\b(?i:identified\s+by\s+(?:password\s+)?)[\"'](?!(?:pass\w{0,8}|secret)[\"'])([^\"'\n]{3,128})[\"']"
    r"|\bnet\s+use\s+\S{1,64}\s+\\\\\S{1,200}\s+([^\s/*]\S*)\s+/user:"
    r"|\bcargo\s+login\s+([^\s-]\S{7,})|\bdotnet\s+nuget\s+push\b[^\n]{0,200}?\s-k\s+(\S{6,})"
    r"|\bpoetry\s+config\s+(?:pypi-token\.\S{1,64}|http-basic\.\S{1,64}\s+\S{1,64})\s+([^\s-]\S{3,})"
    r"|(?:(?<![^\n])[ \t]{0,16}enable|\bprivilege\s+\d{1,2})\s+(?:secret|password)\s+(?:\d\s+)?(?=\S{0,64}\d)(\S{4,})"
    r"|\bsnmp-server\s+community\s+(?!public\b|private\b)(\S{4,})"
    r"|\bsend(?:line)?\s+[\"']([^\s\"'\\]{6,})\\r[\"']"
)


def _find_user_option(text: str) -> Iterator[Span]:
    for match in _USER_OPTION.finditer(text):
        group = match.lastindex or 3
        user, colon, password = match.group(group).partition(":")
        if colon and password and not password.isdecimal() and is_user_password(user, password):
            yield match.start(group) + len(user) + 1, match.end(group)


def is_user_password(user: str, password: str) -> bool:
    """Whether `user:password` after `-u` is one: not an image, a path or two group numbers."""
    if "/" in user or password.lower() in EXAMPLE_PASSWORDS:
        return False
    return is_secret_value(Verdict.SECRET, password.strip("\"'"))


def _find_options(text: str) -> Iterator[Span]:
    for program in _PROGRAM.finditer(text):
        command = _COMMAND.match(text, program.end())
        limit = command.end() if command else program.end()
        for option in _BY_PROGRAM[program.group()]:
            for match in _PATTERNS[option].finditer(text, program.end(), limit):
                group = match.lastindex or 1
                if is_secret_value(Verdict.SECRET, match.group(group)) and _is_apart(match, group):
                    yield match.span(group)


def _is_apart(match: re.Match[str], group: int) -> bool:
    value = match.group(group)
    return not value.startswith(("-", "assword")) and not (value.isdecimal() and len(value) <= 5)


def _pattern(option: str) -> re.Pattern[str]:
    attached = option.startswith("[")
    gap = "" if attached else r"(?:=|[ \t]+)"
    return lazy(rf"(?<=\s){re.escape(option.strip('[]'))}{gap}{_VALUE}")


_PATTERNS = {option: _pattern(option) for option in _OPTIONS}


def _find_forms(text: str) -> Iterator[Span]:
    for match in _FORMS.finditer(text):
        group = match.lastindex
        if group and is_secret_value(Verdict.SECRET, match.group(group).strip("\"'")):
            yield match.span(group)


def secret_arguments(arguments: Sequence[object]) -> set[int]:
    """Return which items of a command line, given as a list, are passwords of its program."""
    if not arguments or not isinstance(arguments[0], str):
        return set()
    options = _BY_PROGRAM.get(arguments[0].rpartition("/")[2], ())
    plain = {option for option in options if not option.startswith("[")}
    return {
        at
        for at in range(2, len(arguments))
        if arguments[at - 1] in plain and isinstance(arguments[at], str)
    }


COMMAND_RULES = (
    Rule(("-u", "--user", "--proxy-user"), _find_user_option),
    Rule(tuple(Anchor(name, r"[ \t]", across=True) for name in _BY_PROGRAM), _find_options),
    Rule(
        (
            *word_set(
                "sqlplus expdp impdp sqlldr jdbc:oracle pass: smbclient htpasswd rabbitmqctl "
                "/user: chpasswd --stdin with-token wget requirepass masterauth auth_pass bindpw "
                "rootpw identified snmp-server pypi-token http-basic"
            ),
            *(
                Anchor(name, r"\s", across=True)
                for name in ("echo", "vault", "configure", "enable", "privilege", "nuget")
            ),
            word_end("login"),
            Anchor("send", r"(?:line)?\s", across=True),
        ),
        _find_forms,
    ),
)
