"""GitHub as it is asked beside all runs: nothing is read from a database or written to one.

No request waits for a budget, none is tried again, and one that GitHub's limits refuse is an error.
"""

from __future__ import annotations

from models.clock import Clock
from models.codes import Code
from models.dao.http_cache import StoredAnswer
from models.errors import TransientError
from models.settings.github import github_settings
from models.settings.setting import Environ
from tasks.sources.github.budget import Budgets, Denied
from tasks.sources.github.cache import AnswerCache
from tasks.sources.github.http import GitHubAnswer, GitHubHttp
from tasks.sources.github.limits import Quota
from tasks.sources.github.requests import GitHubRequests
from tasks.sources.github.rest import GitHubRest
from tasks.sources.github.waits import Waits
from tasks.sources.http.client import Bounds

#: Somebody looks at the screen meanwhile.
BOUNDS = Bounds(total_s=15.0, read_s=10.0, connections=1)


class _NoBudgets(Budgets):
    """Lets every request through, and remembers nothing."""

    def take(self, bucket: str) -> Denied | None:
        return None

    def closed(self) -> Denied | None:
        return None

    def correct(self, quota: Quota) -> None:
        pass


class _NoWaits(Waits):
    """Gives up where GitHub refuses for its limits' sake."""

    def refused(self, what: str, bucket: str, status: int, *, secondary: bool) -> None:
        message = f"GitHub's limits do not allow {what} now: HTTP {status}."
        raise TransientError(message, "Wait for some minutes.", code=Code.GITHUB_LIMITS)


class _NoAnswers(AnswerCache):
    """Has no answer, and keeps none."""

    def find(self, url: str, accept: str) -> StoredAnswer | None:
        return None

    def store(self, url: str, accept: str, answer: GitHubAnswer) -> bool:
        return False


def unrecorded_github(environ: Environ = None) -> GitHubRest:
    """Return GitHub as the environment describes it, for a question beside all runs.

    Raises:
        ConfigError: A setting cannot be used.
    """
    settings, clock = github_settings(environ), Clock()
    requests = GitHubRequests(
        GitHubHttp(settings, bounds=BOUNDS),
        budgets := _NoBudgets(settings, clock),
        _NoAnswers(settings, clock),
        _NoWaits(None, clock),
        clock,
    )
    return GitHubRest(requests, budgets, clock, settings.web_url)
