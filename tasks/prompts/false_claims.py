"""Catching a draft that says something has been done: Scout reads and proposes, no more.

The check is a list of phrases, not an understanding of the text. It looks for a person who did
something (`I reviewed`, `we've already integrated`), for a result that is said to be there (`a pull
request has been opened`, `a prototype is attached`), and for an acquaintance that nobody made
(`following our call`, `as discussed`). Offers and wishes (`I could open`, `once we have built`) are
no claims. Other languages are in `tasks.prompts.foreign_claims`.
"""

from __future__ import annotations

import re
import unicodedata

from tasks.prompts.foreign_claims import FOREIGN_CONDITIONS, compiled, foreign_patterns


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
    (
        "adopted|built|coded|combined|connected|created|deployed|designed|developed|drafted"
        "|implemented"
    ),
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

_TALK = _any(
    "call|chat|conversation|correspondence|discussion|e-?mails?|exchange|meeting|talk|phone call",
    "video call|zoom(?: call)?",
)
_READY = "(?:complete|finished|functional|functioning|ready|running|small|tested|working)"
#: What people call themselves by; the words that every match of a pattern of theirs holds.
_OWN = "i we my our"
#: The last words of `_THING`.
_THINGS = (
    "adapter adapters benchmark benchmarks branch branchs concept concepts connector connectors"
    " demo demos fork forks integration integrations issue issues patch patchs plugin plugins"
    " poc pocs pr prs prototype prototypes request requests ticket tickets"
)
_TALKS = (
    "call chat conversation correspondence discussion email emails exchange mail mails meeting talk"
    " zoom"
)
_READY_WORDS = "complete finished functional functioning ready running small tested working"
_ACQUAINTANCE = [
    (
        f"my our & {_TALKS}",
        (
            rf"\b(?:after|as per|based on|continuing|during|following(?: up(?: on)?)?|from"
            rf"|further to|in|per"
            rf"|regarding|since) (?:my|our) (?:\w+ ){{0,2}}{_TALK}\b"
        ),
    ),
    (
        f"following & {_TALKS}",
        (rf"\bfollowing(?: up on)? (?:the|your|yesterday's|last week's) (?:\w+ )?{_TALK}\b"),
    ),
    (
        f"thank thanks & {_TALKS}",
        (
            rf"\bthank(?:s| you)(?: again| so much| very much)? for (?:our|the|your|taking the)"
            rf" (?:\w+ )?{_TALK}\b"
        ),
    ),
    (
        "as & agreed discussed promised talked",
        (
            r"\bas (?:we |already |previously |just )*(?:agreed|discussed|promised|talked about)\b"
            r"(?! (?:in|on|at|by) (?:its|the|their|your)\b)"
        ),
    ),
    ("we & met spoke talked", (r"\b(?:when|since) we (?:last )?(?:met|spoke|talked)\b")),
    (
        "was & chatting meet meeting speak speaking talk talking",
        (r"\bit was (?:\w+ ){0,2}(?:to (?:meet|speak|talk)|meeting|speaking|talking|chatting)\b"),
    ),
    (
        "as & contributor customer sponsor user",
        (
            r"\bas (?:a|an) (?:\w+ ){0,2}(?:daily|frequent|happy|heavy|long-?time|long time"
            r"|longtime|regular"
            r"|active) (?:contributor|customer|sponsor|user)\b"
        ),
    ),
    (
        (
            f"{_OWN} & contributor contributors customer customers user users"
            " & daily happy heavy long longtime regular"
        ),
        (
            rf"\b{_PERSON}(?: am|'m| are|'re| have been|'ve been) (?:a |an )?(?:\w+ )?(?:daily"
            rf"|happy|heavy"
            r"|long-?time|longtime|regular) (?:contributor|customer|user)s?\b"
        ),
    ),
    (
        f"{_OWN} & already currently & depend rely run use",
        (rf"\b{_PERSON} (?:already|currently) (?:depend|rely|run|use)\b"),
    ),
    (
        f"{_OWN} & had",
        (
            rf"\b{_PERSON}{_HAVE} had a (?:\w+ ){{0,2}}"
            r"(?:call|chat|conversation|glance|go|look|meeting|play)\b"
        ),
    ),
    (f"{_OWN} & took", (rf"\b{_PERSON} took a (?:\w+ ){{0,2}}(?:look|glance|dive|deep dive)\b")),
]
_ATTACHED = [
    (
        f"{_OWN} & attach attached attaching enclose enclosed enclosing",
        (
            rf"\b{_PERSON}(?:'ve|'m|'re| have| am| are)?(?: {_ADVERB})? "
            r"(?:attach(?:ed|ing)?|enclos(?:e|ed|ing))\b"
        ),
    ),
    (
        "attached enclosed",
        (
            r"\b(?:attached|enclosed)(?: here| below)?:? (?:are|is|please find|you(?:'ll| can|"
            r" will)? find)\b"
        ),
    ),
    (
        "attached enclosed",
        (r"\b(?:find|see)(?: (?!for\b|if\b)[\w-]+){0,5} (?:attached|enclosed)\b"),
    ),
    ("attached attachment", (r"\bsee the attach(?:ed|ment)\b")),
    (
        "attached enclosed included",
        (
            rf"\b(?:{_THING}|code|draft|results?|numbers|plan|proposal|example|sketch)s?"
            r" (?:is|are) (?:attached|enclosed|included below)\b"
        ),
    ),
    (
        f"{_OWN} & have has got & {_READY_WORDS} & {_THINGS}",
        (
            rf"\b{_PERSON} (?:already |now )?(?:have|has|got) (?:an?|the) (?:\w+ )?{_READY}"
            rf" (?:\w+ )?{_THING}\b"
        ),
    ),
    (
        f"here there & {_READY_WORDS} & {_THINGS}",
        (
            rf"\b(?:there is|here is|here's|there's) (?:an? |the |our |my )?(?:\w+ )?(?:already"
            rf" )?(?:an? )?{_READY}"
            rf" {_THING}\b"
        ),
    ),
    (
        f"available done live online ready up & {_READY_WORDS} & {_THINGS}",
        (
            rf"\b(?:a|the|our) (?:\w+ )?{_READY} {_THING} (?:is|are) "
            r"(?:available|done|live|online|ready|up)\b"
        ),
    ),
]

#: Words of which every match of a pattern holds one, of each set of them, and the pattern. Each
#: pattern alone: searched for together they would take twice as long, and most texts hold the words
#: of few.
_CLAIMS = tuple(
    (tuple(frozenset(some.split()) for some in signs.split("&")), pattern)
    for signs, pattern in (
        *_ACQUAINTANCE,
        *_ATTACHED,
        (_OWN, rf"\b{_PERSON}{_HAVE}(?: {_ADVERB}){{0,3}} {_DONE}\b"),
        ("after having", rf"\b(?:after|having) (?:\w+ly )?{_STUDIED} (?:\w+ ){{0,2}}{_CODE}\b"),
        (
            (
                "my our & analysis audit benchmark benchmarks evaluation experiment experiments"
                " review test testing tests"
            ),
            rf"\b(?:based on|during|from|in) (?:my|our) (?:\w+ )?{_STUDY}\b",
        ),
        (f"been & {_THINGS}", rf"\b{_OUR_THING} (?:has|have) (?:already |just |now )?been \w+ed\b"),
        (f"already & {_THINGS}", rf"\b{_OUR_THING} (?:is|are) already\b"),
        (
            f"already & exist exists passes run runs work works & {_THINGS}",
            rf"\b{_OUR_THING} already (?:exists?|passes|runs?|works?)\b",
        ),
        (f"my & {_THINGS}", rf"\bmy (?:open )?{_THING}s?\b"),
    )
)
#: A word to the places in `_CLAIMS` of those of which it is a first sign.
_BY_SIGN = {
    word: [place for place, (signs, _) in enumerate(_CLAIMS) if word in signs[0]]
    for word in frozenset[str]().union(*(signs[0] for signs, _ in _CLAIMS))
}
#: What makes the words after it a condition: "once we have integrated …".
_CONDITION = re.compile(
    r"\b(?:after|as soon as|before|if|once|should|unless|until|when|whether"
    rf"|{FOREIGN_CONDITIONS}) ?$"
)
_WORD = re.compile(r"[a-z]+")
_DECORATION = re.compile(r"[*_`~\"“”(),]")


def first_claim(text: str) -> str | None:
    """Return the first words of `text` that say something was done, or None."""
    plain = _plain(text)
    for pattern in (*_english_patterns(plain), *foreign_patterns(plain)):
        for match in pattern.finditer(plain):
            if not _CONDITION.search(plain[max(match.start() - 20, 0) : match.start()]):
                return match[0]
    return None


def _english_patterns(plain: str) -> list[re.Pattern[str]]:
    """Return the patterns that may match a text, by the words that it has."""
    words = set(_WORD.findall(plain))
    places = {place for word in _BY_SIGN.keys() & words for place in _BY_SIGN[word]}
    claims = (_CLAIMS[place] for place in sorted(places))
    return [
        compiled(pattern)
        for signs, pattern in claims
        if not any(some.isdisjoint(words) for some in signs[1:])
    ]


def _plain(text: str) -> str:
    """Return text in lower case, with straight apostrophes and single blanks, and no emphasis."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("ʼ", "'")
    return " ".join(_DECORATION.sub(" ", folded).split())
