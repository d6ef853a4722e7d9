"""Addresses that are secrets themselves: whoever knows one may post, or trigger what is behind it."""

from __future__ import annotations

from collections.abc import Iterator

from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span

_S = r"\\?/"  # slashes may be escaped, as in JSON
_ID = r"[A-Fa-f0-9\-]{32,36}"
_PART = r"[A-Za-z0-9_\-]"

# What the addresses of a service begin with, and what of them is the secret.
_HOOKS = (
    (
        "hooks.slack.com",
        rf"hooks\.slack\.com({_S}(?:services|workflows|triggers)(?:{_S}{_PART}{{4,}}+){{1,5}})",
    ),
    (
        "webhooks",
        rf"discord(?:app)?\.com{_S}api{_S}(?:v\d+{_S})?webhooks{_S}(\d{{6,}}{_S}[\w\-]{{8,}}+)",
    ),
    ("webhook.office.com", rf"webhook\.office\.com{_S}webhookb2{_S}([^\s\"'<>]{{30,}}+)"),
    ("office.com", rf"office\.com{_S}webhook{_S}([^\s\"'<>]{{30,}}+)"),
    ("hooks.zapier.com", rf"hooks\.zapier\.com{_S}hooks{_S}catch((?:{_S}{_PART}{{4,}}+){{1,3}})"),
    ("maker.ifttt.com", rf"maker\.ifttt\.com{_S}[^\s\"'<>]{{0,80}}?{_S}key{_S}({_PART}{{16,}}+)"),
    ("make.com", rf"hook\.\w{{2,4}}\d?\.make\.com{_S}({_PART}{{16,}}+)"),
    ("integromat.com", rf"hook\.\w{{2,4}}\d?\.integromat\.com{_S}({_PART}{{16,}}+)"),
    ("open-apis/bot", rf"open-apis{_S}bot{_S}v2{_S}hook{_S}({_ID})"),
    ("qyapi.weixin.qq.com", rf"qyapi\.weixin\.qq\.com{_S}cgi-bin{_S}webhook{_S}send\?key=({_ID})"),
    ("hc-ping.com", rf"hc-ping\.com{_S}({_ID}|{_PART}{{20,}}+{_S}{_PART}+)"),
    ("tines.com", rf"tines\.com{_S}webhook{_S}({_PART}{{16,}}+(?:{_S}{_PART}{{16,}}+)?)"),
    (
        "chat.googleapis.com",
        rf"chat\.googleapis\.com{_S}v1{_S}spaces{_S}[^\s\"'<>?]{{1,80}}\?([^\s\"'<>]{{20,}}+)",
    ),
    ("events.pagerduty.com", rf"events\.pagerduty\.com{_S}integration{_S}({_PART}{{16,}}+)"),
    (
        "victorops.com",
        rf"victorops\.com{_S}integrations{_S}[^\s\"'<>]{{0,60}}?{_S}alert{_S}({_ID})",
    ),
    ("m.pipedream.net", rf"({_PART}{{12,}}+)\.m\.pipedream\.net"),
    ("cloud/hooks/", rf"{_S}hooks{_S}({_PART}{{20,}}+(?:{_S}{_PART}{{8,}}+)?)"),
    ("/hooks/", rf"{_S}hooks{_S}((?=[a-z]{{0,12}}\d)[a-z0-9]{{26}}(?![A-Za-z0-9]))"),
    ("/trigger/", rf"ci{_S}[^\s\"'<>]{{0,60}}?{_S}trigger{_S}({_ID})"),
    ("thingsboard", rf"thingsboard\.\w{{2,8}}{_S}api{_S}v1{_S}([a-z0-9]{{20}})"),
)
_ALL = lazy("|".join(f"(?:{pattern})" for _, pattern in _HOOKS))


def _find_hooks(text: str) -> Iterator[Span]:
    for match in _ALL.finditer(text):
        # Chance has digits; `YOUR/WEBHOOK/URL` has none.
        if match.lastindex and any(map(str.isdigit, match.group(match.lastindex))):
            yield match.span(match.lastindex)


WEBHOOK_RULES = (
    Rule(
        tuple(literal for literal, _ in _HOOKS)
        + tuple(literal.replace("/", "\\/") for literal, _ in _HOOKS if "/" in literal),
        _find_hooks,
    ),
)
