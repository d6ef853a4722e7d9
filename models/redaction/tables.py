"""Secrets in tables: Markdown, those of database clients, and comma-separated values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.assignments import NAME_ANCHORS
from models.redaction.keys import Verdict, classify
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span
from models.redaction.values import is_material, is_secret_value

_LINE = lazy(r"[^\n]+")
_LINK = lazy(r"\[[^\[\]]{1,200}\][(\[]")
_RULE = lazy(r"[\s|:+\-=]*")
_MAX_CELLS = 64
_MAX_CELL_LENGTH = 400
_TRIM = " \t\r\"'`*_"


def _find_tables(text: str) -> Iterator[Span]:
    if "|" in text:
        yield from _find_in(text, "|")
    if "\n" in text or "\\n" in text:
        for separator in (",", "\t", ";"):
            if separator in text:
                yield from _find_in(text, separator)


def _find_in(text: str, separator: str) -> Iterator[Span]:
    secret_columns: list[int] = []
    width = 0
    for line in _LINE.finditer(text):
        start, end = line.span()
        if text.find(separator, start, end) < 0:
            if separator != "|" or not _RULE.fullmatch(text, start, end):
                secret_columns = []
            continue
        cells = _cells(text, start, end, separator)
        if len(cells) > _MAX_CELLS or _RULE.fullmatch(text, start, end):
            continue
        if secret_columns and len(cells) == width:
            for column in secret_columns:
                if _is_secret_cell(text[slice(*cells[column])], separator):
                    yield cells[column]
            continue
        secret_columns, width = _secret_columns(text, cells), len(cells)
        if separator == "|":
            yield from _beside(text, cells, secret_columns)
        elif not _is_header(text, cells):
            secret_columns = []


def _secret_columns(text: str, cells: list[Span]) -> list[int]:
    if len(cells) < 2:
        return []
    verdicts = (_verdict(text[slice(*cell)]) for cell in cells)
    return [at for at, verdict in enumerate(verdicts) if verdict is Verdict.SECRET]


def _beside(text: str, cells: list[Span], secret_columns: list[int]) -> Iterator[Span]:
    """The value beside its name, in a table of two columns: `| password | hunter2X! |`."""
    if len(secret_columns) == 1 and secret_columns[0] + 1 < len(cells):
        beside = cells[secret_columns[0] + 1]
        if is_material(text[slice(*beside)]):
            yield beside


def _cells(text: str, start: int, end: int, separator: str) -> list[Span]:
    """The cells of a line without blanks and quotes around them."""
    cells: list[Span] = []
    at = start
    while at <= end and len(cells) <= _MAX_CELLS:
        stop = text.find(separator, at, end)
        stop = end if stop < 0 else stop
        first, last = at, stop
        while first < last and text[first] in _TRIM:
            first += 1
        while last > first and text[last - 1] in _TRIM:
            last -= 1
        cells.append((first, last))
        at = stop + 1
    return cells


def _verdict(cell: str) -> Verdict:
    named = len(cell) <= 40 and cell.count(" ") <= 2 and re.fullmatch(r"[^:=(){}<>\[\]]+", cell)
    return classify(cell) if named else Verdict.HARMLESS


def _is_header(text: str, cells: list[Span]) -> bool:
    """Whether every cell is a name, as in the first line of comma-separated values."""
    names = (text[slice(*cell)] for cell in cells)
    return all(re.fullmatch(r"[A-Za-z_][\w .\-]{0,40}", name) for name in names)


def _is_secret_cell(cell: str, separator: str) -> bool:
    if not cell or len(cell) > _MAX_CELL_LENGTH or " " in cell:
        return False
    if separator != "|":
        return is_secret_value(Verdict.SECRET, cell)
    if _LINK.match(cell):
        return False
    plain = cell.replace("-", "").replace("_", "").isalpha()
    return is_secret_value(Verdict.SECRET, cell) and len(cell) >= 6 and not plain


TABLE_RULES = (Rule(NAME_ANCHORS, _find_tables),)
