"""Secrets that can be told by their own shape: tokens of known providers, JWTs, PEM blocks.

A pattern is a prefix and an open run of the token's alphabet with nothing after it. So it cannot
backtrack, and a letter or `_` on either side does not hide a token. Checksums are never required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.redaction.spans import Rule, Span

Finder = Callable[[str], Iterator[Span]]

# Left of a prefix that is also the end of English words: no letter, or the escape of a control
# character in serialised text ("\nsk-…").
_NO_LETTER_BEFORE = r"(?:(?<![A-Za-z])|(?<=\\[nrtbf]))"


def _pattern(expression: str) -> Finder:
    compiled = re.compile(expression)

    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in compiled.finditer(text))

    return find


def _prefixed(prefixes: str, run: str) -> Rule:
    """A rule for tokens that begin with one of some literal prefixes."""
    literals = prefixes.split()
    alternatives = "|".join(map(re.escape, literals))
    return Rule(tuple(text.lower() for text in literals), _pattern(f"(?:{alternatives}){run}"))


_JWT_RUN = re.compile(r"eyJ[\w\-.=%]*", re.ASCII)


def _find_jwts(text: str) -> Iterator[Span]:
    for match in _JWT_RUN.finditer(text):
        run = match.group().rstrip(".")
        if len(run) >= 20 and ("." in run or len(run) >= 60):
            yield match.start(), match.start() + len(run)


_PEM_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}(?:PRIVATE|SECRET) KEY")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{1,64}-{0,5}")
# What a body can consist of in a serialised line, where a quote ends the string it stands in, and
# in free text, where each line of a key may have quotes of its own.
_PEM_BODY_IN_LINE = re.compile(r"[^\"'<>{}]*")
_PEM_BODY_IN_TEXT = re.compile(r"[^{}]*")


def _pem_finder(body: re.Pattern[str]) -> Finder:
    def find(text: str) -> Iterator[Span]:
        at = 0
        while begin := _PEM_BEGIN.search(text, at):
            inside = body.match(text, begin.end())
            stop = inside.end() if inside else begin.end()
            end = _PEM_END.search(text, begin.end(), stop)
            at = end.end() if end else _without_backslashes(text, begin.end(), stop)
            yield begin.start(), at

    return find


def _without_backslashes(text: str, start: int, stop: int) -> int:
    while stop > start and text[stop - 1] == "\\":
        stop -= 1
    return stop


def pem_is_open(text: str) -> bool:
    """Whether a PEM block begins in a text and does not end there, as in a list of its lines."""
    begin = text.rfind("-----BEGIN ")
    return begin >= 0 and bool(_PEM_BEGIN.match(text, begin)) and not _PEM_END.search(text, begin)


def pem_ends(text: str) -> bool:
    """Whether a line holds the end of a PEM block."""
    return bool(_PEM_END.search(text))


_TELEGRAM = re.compile(r"(?<!\d)\d{8,10}:AA[\w-]{30,}", re.ASCII)


def _find_telegram(text: str) -> Iterator[Span]:
    return (match.span() for match in _TELEGRAM.finditer(text))


_SLACK_HOOK = r"(?:\\?/[A-Za-z0-9_]{4,}){2,4}"

FORMAT_RULES: tuple[Rule, ...] = (
    # GitHub. Newer installation tokens carry a whole JWT after the prefix.
    _prefixed("ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9_]{16,}(?:[.\-]+[A-Za-z0-9_]+)*"),
    _prefixed("github_pat_", r"[A-Za-z0-9_]{16,}"),
    # Language models: OpenRouter, Anthropic, OpenAI and the many that copied its prefix.
    Rule(
        ("sk-",),
        _pattern(
            _NO_LETTER_BEFORE + r"sk-(?:or|ant|proj|svcacct|admin|lf)-[A-Za-z0-9_\-]{16,}"
            "|" + _NO_LETTER_BEFORE + r"sk-(?:[a-z0-9]{1,8}-){0,2}"
            r"(?=[a-z]{0,32}[A-Z0-9]|[a-z]{32})[A-Za-z0-9_]{16,}[A-Za-z0-9_\-]*"
            r"|sk-(?:or-v\d|ant-[a-z]{3,5}\d\d)-[A-Za-z0-9_\-]{16,}"
            r"|sk-(?=[A-Za-z_\-]{0,40}\d)(?=[a-z\d_\-]{0,40}[A-Z])(?=[A-Z\d_\-]{0,40}[a-z])"
            r"[A-Za-z0-9_\-]{32,}"
        ),
    ),
    Rule(
        ("hf_",),
        _pattern(
            _NO_LETTER_BEFORE + r"hf_[A-Za-z0-9]{16,}|hf_(?=[a-z]{0,32}[A-Z])[A-Za-z0-9]{30,}"
        ),
    ),
    _prefixed("gsk_ xai- pplx- r8_ phx_ npm_ nfp_ sbp_", r"[A-Za-z0-9]{24,}"),
    _prefixed("nvapi- tvly- lsv2_pt_ lsv2_sk_", r"(?=[A-Za-z_\-]{0,24}\d)[A-Za-z0-9_\-]{20,}"),
    # Clouds.
    _prefixed("AKIA ASIA AROA AIDA ABIA ACCA", r"[A-Z0-9]{16,}"),
    _prefixed("AIza", r"[A-Za-z0-9_\-]{30,}"),
    _prefixed("ya29. GOCSPX-", r"[A-Za-z0-9_\-.]{16,}"),
    _prefixed("dop_v1_ doo_v1_ dor_v1_ dapi pul- rubygems_", r"[a-f0-9]{32,}"),
    _prefixed("hvs. hvb. atlasv1. pscale_tkn_ pscale_pw_", r"[A-Za-z0-9_\-]{20,}"),
    # Chat, mail, payment.
    _prefixed(
        "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xoxc- xoxd- xapp-", r"[A-Za-z0-9\-.%]{10,}"
    ),
    _prefixed("hooks.slack.com/services hooks.slack.com\\/services", _SLACK_HOOK),
    _prefixed(
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/", r"\d{6,}/[A-Za-z0-9_\-]{8,}"
    ),
    Rule((":aa",), _find_telegram),
    _prefixed("SG.", r"[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    _prefixed("sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9+/=]{16,}"),
    _prefixed("sq0atp- sq0csp- EAAAE", r"[A-Za-z0-9_\-]{20,}"),
    _prefixed("shpat_ shpca_ shppa_ shpss_", r"[A-Fa-f0-9]{32,}"),
    # Code hosting, registries, developer tools.
    _prefixed(
        "glpat- glptt- gldt- glrt- glcbt- glsoat- gloas- feed_token-", r"[A-Za-z0-9_\-.]{16,}"
    ),
    _prefixed("dckr_pat_ dckr_oat_ lin_api_ ntn_ figd_", r"[A-Za-z0-9_\-]{24,}"),
    _prefixed("pypi-AgE pypi-AgN sntrys_ sntryu_ ATATT3 ATCTT3 PMAK-", r"[A-Za-z0-9_\-=+/.]{16,}"),
    _prefixed("AGE-SECRET-KEY-1", r"[A-Za-z0-9]{32,}"),
    Rule(("eyj",), _find_jwts),
    Rule(("-----begin ",), _pem_finder(_PEM_BODY_IN_LINE)),
)
#: For free text only: what it masks may hold quotes.
PEM_TEXT_RULE = Rule(("-----begin ",), _pem_finder(_PEM_BODY_IN_TEXT))
