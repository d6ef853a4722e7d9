"""Secrets that can be told by their own shape: tokens of known providers, and JWTs.

A pattern is a prefix and an open run of the token's alphabet with nothing after it. So it cannot
backtrack, and a letter or `_` on either side does not hide a token. Checksums are never required.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.redaction.anchors import Anchor
from models.redaction.connections import HASH_RULE
from models.redaction.key_blocks import KEY_BLOCK_RULES
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span
from models.redaction.providers import TokenFormat, token_formats
from models.redaction.webhooks import WEBHOOK_RULES

Finder = Callable[[str], Iterator[Span]]

# Left of a prefix that is also the end of English words: no letter, or the escape of a control
# character in serialised text ("\\nsk-…").
_NO_LETTER_BEFORE = r"(?:(?<![A-Za-z])|(?<=\\[nrtbf]))"


def _table_rule(one: TokenFormat) -> Rule:
    def find(text: str) -> Iterator[Span]:
        start = text.find(one.prefix)
        while start >= 0:
            end = one.end_of(text, start)
            if end > start:
                yield start, end
            start = text.find(one.prefix, max(start + 1, end))

    return Rule((one.anchor,), find)


def _pattern(expression: str) -> Finder:
    compiled = lazy(expression, re.ASCII)

    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in compiled.finditer(text))

    return find


_JWT_RUN = lazy(r"eyJ[\w\-.=%]*+", re.ASCII)


def _find_jwts(text: str) -> Iterator[Span]:
    for match in _JWT_RUN.finditer(text):
        run = match.group().rstrip(".")
        if len(run) >= 20 and ("." in run or len(run) >= 60):
            yield match.start(), match.start() + len(run)


_ID = r"[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"

FORMAT_RULES: tuple[Rule, ...] = (
    *map(_table_rule, token_formats()),
    # GitHub's newer installation tokens carry a whole JWT after the prefix.
    Rule(("ghs_",), _pattern(r"ghs_[A-Za-z0-9_]{3,}+[.\-][A-Za-z0-9_.\-]{16,}+")),
    # Language models: OpenRouter, Anthropic, OpenAI and the many that copied its prefix.
    Rule(
        ("sk-",),
        _pattern(
            _NO_LETTER_BEFORE + r"sk-(?:or|ant|proj|svcacct|admin|lf)-[A-Za-z0-9_\-]{16,}+"
            "|" + _NO_LETTER_BEFORE + r"sk-(?:[a-z0-9]{1,8}-){0,2}"
            r"(?=[a-z]{0,32}[A-Z0-9]|[a-z]{32})[A-Za-z0-9_]{16,}[A-Za-z0-9_\-]*+"
            r"|sk-(?:or-v\d|ant-[a-z]{3,5}\d\d)-[A-Za-z0-9_\-]{16,}+"
            r"|sk-(?=[A-Za-z_\-]{0,40}\d)(?=[a-z\d_\-]{0,40}[A-Z])(?=[A-Z\d_\-]{0,40}[a-z])"
            r"[A-Za-z0-9_\-]{32,}+"
        ),
    ),
    Rule(
        ("hf_",),
        _pattern(
            _NO_LETTER_BEFORE + r"hf_[A-Za-z0-9]{16,}+|hf_(?=[a-z]{0,32}[A-Z])[A-Za-z0-9]{30,}+"
        ),
    ),
    Rule((Anchor(":", "[a-z0-9_-]{30}"),), _pattern(r"(?<!\d)\d{8,10}:[A-Za-z0-9_\-]{33,40}+")),
    # Discord's bots: the id, a time and a digest, in Base64.
    Rule(
        (Anchor(".", r"[a-z0-9_-]{6}\.[a-z0-9_-]{27}"),),
        _pattern(
            r"(?<![A-Za-z0-9_\-.])[MNO][A-Za-z\d_\-]{23,27}\.[A-Za-z\d_\-]{6}\.[A-Za-z\d_\-]{27,45}+"
        ),
    ),
    # Azure: what its identifiable keys and client secrets have in common.
    Rule(("q~",), _pattern(r"(?<![A-Za-z0-9_~.\-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.\-]{31,40}+")),
    Rule(
        ("azfu", "azse", "+aeh", "+acdb", "+arm", "+ast", "azca", "azdo", "jqqj99"),
        _pattern(
            r"[A-Za-z0-9+/]{33,200}(?:AzFu|AzSe|\+AEh|\+ACDb|\+ARm|\+ASt|AzCa)[A-Za-z0-9+/]{5,12}={0,2}"
            r"|[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{20,40}|[A-Za-z0-9]{60,90}AZDO[A-Za-z0-9]{4}"
        ),
    ),
    # Firebase messaging, Mailchimp, Mailgun, Airtable, HubSpot, Zoho, Harness, Asana, MaxMind.
    Rule((Anchor(":apa91"),), _pattern(r"AAAA[A-Za-z0-9_\-]{7}:APA91[A-Za-z0-9_\-]{100,}+")),
    Rule(
        (Anchor("-us", r"\d"),),
        _pattern(r"(?:(?<![A-Fa-f0-9])|(?<=\\[nrtbf]))[a-f0-9]{32}-us\d{1,2}(?!\d)"),
    ),
    Rule(
        (Anchor("-", "[a-f0-9]{8}-[a-f0-9]{8}(?![a-z0-9-])"),),
        _pattern(
            r"(?:(?<![a-z0-9\-])|(?<=\\[nrtbf]))[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}(?![A-Za-z0-9\-])"
        ),
    ),
    Rule((Anchor("pat", "[a-z0-9]{14}\\."),), _pattern(r"pat[A-Za-z0-9]{14}\.[a-f0-9]{40,}+")),
    Rule((Anchor("1000.", "[a-f0-9]{12}"),), _pattern(r"1000\.[a-f0-9]{32}\.[a-f0-9]{32}")),
    Rule(
        (Anchor("pat.", "[a-z0-9_-]{22}"), Anchor("sat.", "[a-z0-9_-]{22}")),
        _pattern(r"[ps]at\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    ),
    Rule((Anchor("/", "[0-9]{15,16}:"),), _pattern(r"(?<!\d)[012]/\d{15,17}:[a-f0-9]{32}")),
    Rule((".atlasv1.",), _pattern(r"[A-Za-z0-9]{0,14}\.atlasv1\.[A-Za-z0-9_\-=]{30,}+")),
    Rule((Anchor("_mmk", "(?![a-z0-9])"),), _pattern(r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk")),
    Rule((Anchor("pk_", r"\d{6}"),), _pattern(r"pk_\d{6,9}_[A-Z0-9]{32}")),
    Rule((Anchor("00d", "[a-z0-9]{12}"),), _pattern(r"00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{60,}+")),
    Rule(
        (".local.", ".public."), _pattern(r"v[1-4]\.(?:local|public)\.[A-Za-z0-9_\-]{32,}[\w.\-]*+")
    ),
    Rule(
        (Anchor("api-", "[a-f0-9]{8}-"), Anchor("-live-", "[a-f0-9]{8}-")),
        _pattern(rf"(?<![A-Za-z0-9])api-{_ID}|(?:secret|api|key)-live-{_ID}"),
    ),
    # New Relic's licences, Tableau, Infisical, Convex.
    Rule((Anchor("nral", "(?![a-z0-9])"),), _pattern(r"(?<![A-Fa-f0-9])[a-f0-9]{36}NRAL")),
    Rule(
        (Anchor("==:", "[a-z0-9]{32}"),),
        _pattern(r"[A-Za-z0-9+/]{22}==:[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    ),
    Rule(
        (Anchor("st.", "[a-f0-9]{24}"),), _pattern(r"st\.[a-f0-9]{24}\.[a-f0-9]{32}\.[a-f0-9]{32}")
    ),
    Rule(
        (Anchor("|", "[a-z0-9+/=]{40}"),),
        _pattern(r"(?:prod|dev|preview):[a-z]{1,30}-[a-z]{1,30}-\d{1,4}\|[A-Za-z0-9+/=]{40,}+"),
    ),
    Rule(("eyj",), _find_jwts),
    HASH_RULE,
    *WEBHOOK_RULES,
    *KEY_BLOCK_RULES,
)
