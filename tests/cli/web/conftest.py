"""Every test of the page has one, over a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.database.connection import Database
from tests.support.web import Page, open_page


@pytest.fixture
def page(database: Database) -> Iterator[Page]:
    """Return what asks for pages."""
    with open_page() as client:
        yield Page(client)
