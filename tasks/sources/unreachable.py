"""Nobody is there: said apart from other trouble, without loading the HTTP library."""

from __future__ import annotations

from models.codes import Code
from models.errors import TransientError


class UnreachableError(TransientError):
    """No connection can be made: nothing listens there, or there is no such host."""

    code = Code.GITHUB_AWAY
