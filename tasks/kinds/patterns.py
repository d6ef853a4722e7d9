"""By which words one sees what a repository is; each pattern is one kind's."""

from __future__ import annotations

from tasks.kinds.said import Said

_THIS = (
    r"(?:this|the) (?:github )?"
    r"(?:project|repo(?:sitory)?|librar(?:y|ies)|package|tool|plugin|module)"
)
#: "No longer supported on Python 2.7" is about Python 2.7.
_UNKEPT = (
    r"(?:no longer (?:being )?(?:actively )?(?:maintained|developed|supported)"
    r"|not (?:being )?(?:actively )?maintained(?: any ?more)?)"
    r"(?! (?:on|for|with|in) (?:(?:\w+ ){0,2}v?\d|windows\b|macos\b|linux\b|android\b|ios\b))"
)
_OVER = (
    r"(?:now )?(?:officially )?"
    r"(?:deprecated|unmaintained|archived|abandoned|discontinued|obsolete)"
)
_NO_MORE = rf"(?:{_UNKEPT}|{_OVER})"
_GONE_PARTS = "no longer |maintained|deprecated|archived|abandoned|discontinued|obsolete"
#: Where to, or nothing more: one that "has moved to ESM" or "to GitHub Actions" is where it was.
_MOVED = (
    r"has (?:been )?moved(?:\W*$|[.!:]| to:?\s*(?:$|[\n.,;!]|https?:|[\w.-]+/[\w.-]+"
    r"|(?:gitlab|codeberg|sourcehut|bitbucket)\b"
    r"|(?:\w+ ){0,3}(?:(?:mono)?repo(?:sitory)?|organi[sz]ation|org|home|location|address)\b))"
)
#: A sentence that says it of the project.
DEAD = Said(
    _GONE_PARTS + "|has reached |moved|new maintainer|project status: ",
    rf"\b{_THIS} (?:is|has been|was) {_NO_MORE}"
    rf"|\b{_THIS} has reached (?:its )?end[- ]of[- ]life"
    rf"|\b{_THIS} {_MOVED}"
    r"|\b(?:looking|searching) for (?:a )?new maintainers?\b"
    r"|\bproject status: (?:abandoned|inactive|unsupported|moved)",
)
#: A description that begins as a notice; "Archived pages, searchable" says what it handles.
DEAD_NOTICE = Said(
    _GONE_PARTS,
    r"^\W*(?:(?:warning|note|notice|important)\W+)?"
    rf"(?:{_UNKEPT}\b|{_OVER}(?:\W*$|\s*[^\w\s]|\s+(?:in favou?r|and (?:no|un|replaced)|since|as of"
    r"|due|because|use|see|please|by|project|repo(?:sitory)?|librar(?:y|ies)|package|plugin|module)\b))",
)
MAINTENANCE = Said("maintenance", r"\b(?:is|in|now in) (?:a )?maintenance[- ](?:only )?mode\b")
MIRROR = Said(
    "mirror", r"^\W*(?:an? |the )?(?:(?:un)?official |read-only |git(?:hub)? )*mirror (?:of|for)\b"
)
# Names say much less than whoever chose them knew: an icon font is called awesome, a sampler
# sample-factory, a wheel to turn color-wheel. Each pattern of names stands beside one of what a
# description that goes with it has (`…_SAID`, not compiled before a name asks for it); a repository
# without a description is taken by its name.
LIST_NAME = Said("awesome|list-of-", r"^awesome[-_]|^awesome$|^(?:curated-)?list-of-")
#: Icons are called awesome, too.
LIST_ENDING = Said("awesome", r"[-_]awesome$")
LIST_ENDING_SAID = r"(?i)\b(?:curated|lists?|links|resources?|collections?|papers|directory)\b"
LIST_SAID = rf"{LIST_ENDING_SAID}|\bawesome\b"
#: To another page: those of a table of contents go to this one.
LISTED_LINK = r"(?m)^[ \t]*[-*+][ \t]+\[[^\[\]\n]+\]\(https?:"
LIST_TEXT = Said(
    "list|collection",
    r"^\W*(?:(?:an?|the|my|our) )?(?:[\w-]+ ){0,2}"
    r"(?:(?:curated|awesome|comprehensive|community|big) list\b"
    # A curated collection of fonts is no list.
    r"|(?:curated|awesome) collection(?:\W*$| of (?:[\w-]+ ){0,3}"
    r"(?:libraries|tools|software|frameworks|packages|plugins|apps|sites|websites|tutorials)\b))"
    r"|^\W*(?:(?:an?|the|my) )?(?:[\w-]+ )?(?:list|collection) of (?:[\w-]+ ){0,3}"
    r"(?:links|resources|papers|projects|lists|articles|books|repositories)\b",
)
LIST_TOPICS = frozenset({"awesome-list", "awesome-lists", "curated-list", "curated-lists"})
TEACHING_NAME = Said(
    "tutorial|course|example|workshop|bootcamp|cheat|lecture|homework|handbook",
    r"(?:^|[-_.])(?:tutorials?|courses?|courseware|examples?|(?<!steam[-_.])workshops?|bootcamp"
    r"|cheat-?sheets?|lectures?|homework|handbook)$",
)
#: Kitchens, laboratories, sound libraries and gymnasiums have these, too.
TEACHING_MAYBE = Said(
    "learn|tutorial|example|sample|course|workshop|playground|cookbook|exercises",
    r"^(?:learn|learning|tutorials?|examples?|samples?|course|workshop)[-_.]|[-_.]playground$"
    r"|(?:^|[-_.])(?:samples?|cookbooks?|exercises)$",
)
#: What the beginning of such a README has, where the description is of something else.
TEACHING_SHOWN = (
    r"(?i)\b(?:sample (?:code|apps?|applications?|projects?)|code samples|notebooks|tutorials?"
    r"|(?:this|the) (?:repo(?:sitory)?|cookbook) (?:contains|has|collects|provides))\b"
)
TEACHING_SAID = (
    r"(?i)\b(?:learn(?: (?:how|to|about|by))?|learning (?:path|resources?|materials?|by)|teach\w*"
    r"|tutorials?|courses?|lessons?|examples?|samples? (?:code|apps?|projects?)|code samples?"
    r"|demos?|workshops?|exercises?|books?|guide|notebooks?|students?|beginners?|basics|fundamentals"
    r"|introduct\w+|journey|articles?|talks?|slides|class(?:es)?|from scratch|step[- ]by[- ]step"
    r"|practice|experiments?|try(?:ing)? out)\b"
)
TEACHING_TEXT = Said(
    "tutorial|course|workshop|cookbook|lecture|example|sample|for the book|learn|book about"
    "|guide to|study notes|collection of ",
    r"^\W*(?:(?:an?|the|my|our|some) )?(?:(?:free|hands-on|practical|complete|official|online"
    r"|code|source|step-by-step|simple|open|companion|example) )*"
    r"(?:(?:tutorials?|course|workshop|cookbook|lectures?)(?=\W*$|\s*[^\w\s]|\s+(?:on|for|about|to"
    r"|of|in|by|from|with|and|covering|materials?|code|notebooks?|examples?|repo\w*|series)\b)"
    r"|examples? (?:of|for|code|app|project)"
    r"|samples? (?:code|app|project|for)s?"
    r"|(?:code|notebooks?|exercises|repository) for the (?:book|course|workshop)"
    r"|learn(?:ing)? (?:path|resources|materials?|how to|to)|book about|guide to|study notes"
    r"|collection of (?:[\w-]+ ){0,3}(?:examples|tutorials|notebooks|samples|demos|recipes))\b",
)
TEACHING_TOPICS = frozenset({"tutorials", "course", "courses", "workshop"})
TEMPLATE_NAME = Said(
    "template|boilerplate|starter|skeleton|cookiecutter",
    r"[-_.](?:template|boilerplate|starter(?:-kit)?|skeleton)$"
    r"|^(?:boilerplate|starter|cookiecutter)[-_.]"
    r"|^template[-_.](?!(?:engine|language|parser|compiler|render|literal))",
)
TEMPLATE_SAID = (
    r"(?i)\b(?:templates?(?! (?:engine|language|compiler|parser|render\w*|tag))|boilerplate|starter"
    r"|skeleton(?! (?:screen|load|anim|track|pose)\w*)|scaffold\w*|kick-?start\w*|start(?:ing)?\b"
    r"|set-?up\b|ready[- ]to[- ]use|opinionated|bootstrap\w*|examples?\b)"
)
TEMPLATE_TEXT = Said(
    "template|boilerplate|skeleton|cookiecutter|starter",
    r"^\W*(?:(?:an?|the|my) )?(?:[\w.-]+ ){0,3}"
    r"(?:project |repository |starter )(?:template|boilerplate|skeleton)\b"
    r"|^\W*(?:(?:an?|the|my) )?"
    r"(?:boilerplate|cookiecutter|starter (?:kit|template|project))\b(?!-)",
)
PACKAGING_NAME = Said(
    "wheels|feedstock|rpm|deb|flatpak|aur|prebuilt|binaries|docker-image|packaging|helm-chart|homebrew-",
    r"[-_.](?:wheels|feedstock|rpm|deb|debian|flatpak|aur|prebuilts?|binaries"
    r"|docker-images?|packaging|helm-charts?)$|^homebrew-(?:tap|core|cask)|^helm-charts?$",
)
#: Names of what turns, of what clicks into place and of programs for consoles, too; others often
#: have the description of what they package.
PACKAGING_MAYBE = Said("wheel|snap|homebrew-", r"[-_.](?:wheel|snap)$|^homebrew-")
PACKAGING_SAID = (
    r"(?i)\b(?:wheels? (?:builders?|packages?|for|of)|taps?|formula\w*|casks?|brew|packag\w+"
    r"|pre-?built|binar\w+|snapcraft|snap (?:of|for|package)|pip|pypi)\b"
)
PACKAGING_TEXT = Said(
    "wheel|binaries|docker image|helm chart|package|homebrew|feedstock",
    # No wheel of fortune.
    r"^\W*(?:(?:an?|the) )?(?!wheel of\b)"
    r"(?:(?:unofficial|pre-?built|binary|automated|python|static|community"
    r"|[\w.+-]+ python) )*(?:wheels?(?: packages?)?|binaries|docker images?|helm charts?"
    r"|(?:rpm|deb|debian|homebrew|conda|snap) packages?|homebrew (?:tap|formula\w*)|feedstock)"
    r"(?: (?:and|or) [\w ]{1,30})? (?:for|of)\b",
)
#: Not where a project can be had from, as conda-forge and helm-charts are.
PACKAGING_TOPICS = frozenset({"python-wheel", "python-wheels", "homebrew-tap"})
