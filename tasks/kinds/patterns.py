"""By which words one sees what a repository is; each pattern is one kind's."""

from __future__ import annotations

import re

_THIS = (
    r"(?:this|the) (?:github )?"
    r"(?:project|repo(?:sitory)?|librar(?:y|ies)|package|tool|plugin|module)"
)
_UNKEPT = (
    r"(?:no longer (?:being )?(?:actively )?(?:maintained|developed|supported)"
    r"|not (?:being )?(?:actively )?maintained(?: any ?more)?)"
)
_OVER = (
    r"(?:now )?(?:officially )?"
    r"(?:deprecated|unmaintained|archived|abandoned|discontinued|obsolete)"
)
_NO_MORE = rf"(?:{_UNKEPT}|{_OVER})"
#: A sentence that says it of the project.
DEAD = re.compile(
    rf"(?i)\b{_THIS} (?:is|has been|was) {_NO_MORE}"
    rf"|\b{_THIS} has reached (?:its )?end[- ]of[- ]life"
    rf"|\b{_THIS} has (?:been )?moved to\b"
    r"|\b(?:looking|searching) for (?:a )?new maintainers?\b"
    r"|\bproject status: (?:abandoned|inactive|unsupported|moved)"
)
#: A description that begins as a notice; "Archived pages, searchable" says what it handles.
DEAD_NOTICE = re.compile(
    r"(?i)^\W*(?:(?:warning|note|notice|important)\W+)?"
    rf"(?:{_UNKEPT}\b|{_OVER}(?:\W*$|\s*[^\w\s]|\s+(?:in favou?r|and (?:no|un|replaced)|since|as of"
    r"|due|because|use|see|please|by|project|repo(?:sitory)?|librar(?:y|ies)|package|plugin|module)\b))"
)
MAINTENANCE = re.compile(r"(?i)\b(?:is|in|now in) (?:a )?maintenance[- ](?:only )?mode\b")
MIRROR = re.compile(
    r"(?i)^\W*(?:an? |the )?(?:(?:un)?official |read-only |git(?:hub)? )*mirror (?:of|for)\b"
)
LIST_NAME = re.compile(r"(?i)^awesome[-_]|[-_]awesome$|^awesome$|^(?:curated-)?list-of-")
LIST_TEXT = re.compile(
    r"(?i)^\W*(?:(?:an?|the|my|our) )?(?:[\w-]+ ){0,2}"
    r"(?:curated|awesome|comprehensive|community|big) (?:list|collection)\b"
    r"|^\W*(?:(?:an?|the|my) )?(?:[\w-]+ )?(?:list|collection) of (?:[\w-]+ ){0,3}"
    r"(?:links|resources|papers|projects|lists|articles|books|repositories)\b"
)
LIST_TOPICS = frozenset({"awesome-list", "awesome-lists", "curated-list", "curated-lists"})
TEACHING_NAME = re.compile(
    r"(?i)(?:^|[-_.])(?:tutorials?|courses?|courseware|examples?|samples?|workshops?|cookbooks?"
    r"|bootcamp|cheat-?sheets?|exercises|lectures?|homework|handbook|playground)$"
    r"|^(?:learn|learning|tutorials?|examples?|samples?|course|workshop)[-_.]"
)
TEACHING_TEXT = re.compile(
    r"(?i)^\W*(?:(?:an?|the|my|our|some) )?(?:(?:free|hands-on|practical|complete|official|online"
    r"|code|source|step-by-step|simple|open|companion|example) )*"
    r"(?:tutorials?|course|workshop|cookbook|lectures?|examples? (?:of|for|code|app|project)"
    r"|samples? (?:code|app|project|for)s?"
    r"|(?:code|notebooks?|exercises|repository) for the (?:book|course|workshop)"
    r"|learn(?:ing)? (?:path|resources|materials?|how to|to)|book about|guide to|study notes"
    r"|collection of (?:[\w-]+ ){0,3}(?:examples|tutorials|notebooks|samples|demos|recipes))\b"
)
TEACHING_TOPICS = frozenset({"tutorials", "course", "courses", "workshop", "cookbook"})
TEMPLATE_NAME = re.compile(
    r"(?i)[-_.](?:template|boilerplate|starter(?:-kit)?|skeleton)$"
    r"|^(?:boilerplate|starter|cookiecutter)[-_.]"
    r"|^template[-_.](?!(?:engine|language|parser|compiler|render|literal))"
)
TEMPLATE_TEXT = re.compile(
    r"(?i)^\W*(?:(?:an?|the|my) )?(?:[\w.-]+ ){0,3}"
    r"(?:project |repository |starter )(?:template|boilerplate|skeleton)\b"
    r"|^\W*(?:(?:an?|the|my) )?(?:boilerplate|cookiecutter|starter (?:kit|template|project))\b"
)
PACKAGING_NAME = re.compile(
    r"(?i)[-_.](?:wheels?|feedstock|rpm|deb|debian|snap|flatpak|aur|prebuilts?|binaries"
    r"|docker-images?|packaging|helm-charts?)$|^homebrew-"
)
PACKAGING_TEXT = re.compile(
    r"(?i)^\W*(?:(?:an?|the) )?(?:(?:unofficial|pre-?built|binary|automated|python|static|community"
    r"|[\w.+-]+ python) )*(?:wheels?(?: packages?)?|binaries|docker images?|helm charts?"
    r"|(?:rpm|deb|debian|homebrew|conda|snap) packages?|homebrew (?:tap|formula\w*)|feedstock)"
    r"(?: (?:and|or) [\w ]{1,30})? (?:for|of)\b"
)
PACKAGING_TOPICS = frozenset(
    {"wheel", "wheels", "python-wheel", "homebrew-tap", "helm-charts", "conda-forge"}
)
