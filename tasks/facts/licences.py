"""Whether two licences go together, as a kept matrix says; what it does not know is unknown.

The table is a part of OSADL's licence compatibility matrix of 2024-05-21 (CC-BY-4.0). It says
whether code under one licence may become part of a work that is under another. It is no legal
advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

#: Where the table is from; stands beside every statement that rests on it.
SOURCE = "OSADL licence compatibility matrix, 2024-05-21, CC-BY-4.0"

#: A row: the licence of the whole. Its letters, in the order of the rows: whether code under that
#: licence may be part of it. S the same, y yes, n no, d it depends, ? unknown.
_TABLE = """
0BSD               Snnyyyyyyynnnnnnnynnnnyn?yyyyyyy
AGPL-3.0-only      ySyyyyynyynnyndddyddddyy?yynyyyy
AGPL-3.0-or-later  ynSyyyynyynnyndddyddddyy?yynyyyy
Apache-2.0         ynnSyyyyyynnnnnnnynnnnyn?yyyyyyy
Artistic-2.0       ynnySyyyyynnnnnnnynnnnyn?yyyyyyy
BSD-2-Clause       ynnyySyyyynnnnnnnynnnnyn?yyyyyyy
BSD-3-Clause       ynnyyySyyynnnnnnnynnnnyn?yyyyyyy
BSD-4-Clause       ynnyyyySyynnnnnnnynnnnyn?yyyyyyy
BSL-1.0            ynnyyyyySynnnnnnnynnnnyn?yyyyyyy
ECL-2.0            ynnyyyyyySnnnnnnnynnnnyn?yyyyyyy
EPL-1.0            ynny?yy?y?Snynnnnynnnnyn?y??yyyy
EPL-2.0            ynny?yy?y?ySnnnnnynnnnyn?y??yyyy
EUPL-1.2           ynn??yyny?nnSnnnnynnnnyy?y?nyyyy
GPL-2.0-only       ynnnyyynynndySynnyyynnyy?yynyyyy
GPL-2.0-or-later   yddnyyynynndynSnnyyynnyy?yynyyyy
GPL-3.0-only       yddyyyynyyndynySyyyyyyyy?yynyyyy
GPL-3.0-or-later   yddyyyynyyndynynSyyynyyy?yynyyyy
ISC                ynnyyyyyyynnnnnnnSnnnnyn?yyyyyyy
LGPL-2.1-only      yddnyyynynndynnnnySynnyy?yynyyyy
LGPL-2.1-or-later  yddnyyynynndynnnnynSnnyy?yynyyyy
LGPL-3.0-only      yddyyyynyyndynnnnynySyyy?yynyyyy
LGPL-3.0-or-later  yddyyyynyyndynnnnynynSyy?yynyyyy
MIT                ynnyyyyyyynnnnnnnynnnnSn?yyyyyyy
MPL-2.0            ynny?yy?y?nnynnnnynnnnyS?y??yyyy
MS-PL              ynn??yyyy?nnnnnnnynnnnynSy??yyyy
NCSA               ynnyyyyyyynnnnnnnynnnnyn?Syyyyyy
PostgreSQL         ynnyyyyyyynnnnnnnynnnnyn?ySyyyyy
Python-2.0         ynnyyyyyyynnnnnnnynnnnyn?yySyyyy
UPL-1.0            ynnyyyyyyynnnnnnnynnnnyn?yyySyyy
Unlicense          ynnyyyyyyynnnnnnnynnnnyn?yyyySyy
WTFPL              ynnyyyyyyynnnnnnnynnnnyn?yyyyySy
Zlib               ynnyyyyyyynnnnnnnynnnnyn?yyyyyyS
"""
_LETTERS = dict(row.split() for row in _TABLE.split("\n") if row)
_POSITION = {name: at for at, name in enumerate(_LETTERS)}
#: GitHub names families of licences without saying whether later versions are allowed.
_AS_IN_TABLE = {
    "AGPL-3.0": "AGPL-3.0-only",
    "GPL-2.0": "GPL-2.0-only",
    "GPL-3.0": "GPL-3.0-only",
    "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-3.0": "LGPL-3.0-only",
}
_UNNAMED = {"", "NOASSERTION", "OTHER"}
_SAID = {
    "S": "may",
    "y": "may",
    "n": "may not",
    "d": "may under conditions",
    "?": "may or may not",
}


def licences_together(named: Sequence[tuple[str, str | None]]) -> list[str]:
    """Return a sentence on each pair of projects: whether one may become part of the other.

    Args:
        named: Full names with the SPDX identifiers that GitHub tells, or None.
    """
    return [_pair(one, other) for one, other in combinations(named, 2)]


def licence_name(spdx_id: str | None) -> str:
    """Return a licence as it is shown; `unknown` where GitHub knows none."""
    return "unknown" if spdx_id is None or spdx_id.upper() in _UNNAMED else spdx_id


def _pair(one: tuple[str, str | None], other: tuple[str, str | None]) -> str:
    a, b = licence_name(one[1]), licence_name(other[1])
    heading = f"{one[0]} ({a}) and {other[0]} ({b})"
    if "unknown" in (a, b):
        return f"{heading}: unknown, since GitHub knows no licence of one of them."
    if a == b:
        return f"{heading}: the same licence."
    forth, back = _letter(outbound=b, inbound=a), _letter(outbound=a, inbound=b)
    if forth is None or back is None:
        return f"{heading}: unknown, since the table lacks one of the two."
    return f"{heading}: {_words(one[0], b, forth)}; {_words(other[0], a, back)}."


def _letter(outbound: str, inbound: str) -> str | None:
    row = _LETTERS.get(_AS_IN_TABLE.get(outbound, outbound))
    column = _POSITION.get(_AS_IN_TABLE.get(inbound, inbound))
    return None if row is None or column is None else row[column]


def _words(project: str, whole: str, letter: str) -> str:
    return f"code of {project} {_SAID[letter]} become part of a work under {whole}"
