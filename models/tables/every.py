"""All tables of Scout's, for what goes over every one of them."""

from __future__ import annotations

from models.tables.base import Table
from models.tables.github import GITHUB_TABLES
from models.tables.notices import Notice
from models.tables.results import RESULT_TABLES
from models.tables.runs import RUN_TABLES
from models.tables.seals import SEAL_TABLES

TABLES: tuple[type[Table], ...] = (
    *(*RUN_TABLES, *RESULT_TABLES, *GITHUB_TABLES, *SEAL_TABLES),
    Notice,
)
TABLE_NAMES = frozenset(table._meta.table_name for table in TABLES)
