"""Catching a draft that says something has been done: Scout reads and proposes, no more.

The check is a list of English phrases, not an understanding of the text. It looks for a person
who did something (`I reviewed`, `we've already integrated`), and for a result that is said to be
there (`a pull request has been opened`, `our prototype already works`). Offers and wishes
(`I could open`, `once we have built`) are no claims.
"""

from __future__ import annotations

import re
import unicodedata


def _any(*phrases: str) -> str:
    """Return a pattern for any of some phrases; `|` separates phrases inside one string, too."""
    return f"(?:{'|'.join(phrases)})"


_PERSON = _any("i|we", "my (?:team|colleagues?)", "our (?:team|company|group|engineers|developers)")
_HAVE = "(?:'ve|'d| have| has| had)?"
_ADVERB = _any(
    "actually|all|already|also|been|both|briefly|carefully|closely|even|extensively|finally|fully",
    "independently|just|now|personally|quickly|recently|successfully|then|thoroughly",
    "went ahead and|took the (?:time|liberty) (?:to|of)",
)
_CODE = _any("code(?:base)?s?|source|implementation|repository|repo")
_DONE = _any(
    # looking
    "analy[sz]ed|assessed|audited|benchmarked|debugged|evaluated|examined|explored|inspected",
    "investigated|measured|profiled|reproduced|reviewed|studied|tested|tried|validated|verified",
    "looked (?:at|into|over|through)|(?:gone|went) (?:over|through)|dug into",
    f"read (?:through )?(?:all (?:of )?)?(?:both|its|the|their|your) (?:\\w+ ){{0,2}}{_CODE}",
    # building
    "adopted|built|coded|combined|connected|created|deployed|designed|developed|drafted|implemented",
    "installed|integrated|packaged|ported|prototyped|ran|released|run|running|set up|shipped|used",
    "using|wired|written|wrote|(?:experimented|played) with|worked (?:on|through|with)",
    # changing
    "cloned|committed|contributed|filed|fixed|forked|merged|opened|patched|published|pushed|raised",
    "refactored|sent|sponsored|starred|submitted",
    # talking
    "agreed|asked|contacted|discussed|e-?mailed|messaged|met|spoke|spoken|talked",
    # "we have been testing", "I took the liberty of opening"
    "(?:analy[sz]|audit|build|deploy|implement|integrat|open|review|submitt|test)ing",
)
_THING = _any(
    "adapter|benchmark|branch|connector|demo|fork|integration|issue|merge request|patch|plugin|poc",
    "proof of concept|prototype|pr|pull request|ticket",
)
_OUR_THING = f"(?:an?|the|my|our) (?:\\w+ )?{_THING}s?"
_STUDY = _any("analysis|audit|benchmarks?|evaluation|experiments?|review|testing|tests?")
_STUDIED = _any(
    "analy[sz](?:ed|ing)|audit(?:ed|ing)|read(?:ing)?|review(?:ed|ing)|stud(?:ied|ying)"
)

_CLAIM = re.compile(
    "|".join(
        [
            rf"\b{_PERSON}{_HAVE}(?: {_ADVERB}){{0,3}} {_DONE}\b",
            rf"\b(?:after|having) (?:\w+ly )?{_STUDIED} (?:\w+ ){{0,2}}{_CODE}\b",
            rf"\b(?:based on|during|from|in) (?:my|our) (?:\w+ )?{_STUDY}\b",
            rf"\b{_OUR_THING} (?:has|have) (?:already |just |now )?been \w+ed\b",
            rf"\b{_OUR_THING} (?:is|are) already\b",
            rf"\b{_OUR_THING} already (?:exists?|passes|runs?|works?)\b",
            rf"\bmy (?:open )?{_THING}s?\b",
        ]
    )
)
#: What makes the words after it a condition: "once we have integrated …".
_CONDITION = re.compile(r"\b(?:after|as soon as|before|if|once|should|unless|until|when|whether) $")
_DECORATION = re.compile(r"[*_`~\"“”(),]")


def first_claim(text: str) -> str | None:
    """Return the first words of `text` that say something was done, or None."""
    plain = _plain(text)
    for match in _CLAIM.finditer(plain):
        if not _CONDITION.search(plain[max(match.start() - 20, 0) : match.start()]):
            return match[0]
    return None


def _plain(text: str) -> str:
    """Return text in lower case, with straight apostrophes and single blanks, and no emphasis."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("ʼ", "'")
    return " ".join(_DECORATION.sub(" ", folded).split())
