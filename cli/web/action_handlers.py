"""From a form that was sent to what it asks for, and back to a page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cli.web.access import Role
from cli.web.allowed_changes import Actor
from cli.web.forms import ForbiddenError, Forms


class Actions:
    """Answers the forms of a run's page; a method per form.

    Args:
        actor: Does what is asked for.
        forms: Tells whether a form is one of ours.
    """

    def __init__(self, actor: Actor, forms: Forms) -> None:
        self._actor, self._forms = actor, forms

    async def cancel(self, request: Request) -> Response:
        """Cancel a run."""
        who, run_id, fields = await self._asked(request)
        await self._actor.cancel(run_id, who, fields.get("reason", ""))
        return _back(run_id, "cancel")

    async def resume(self, request: Request) -> Response:
        """Open a run again."""
        who, run_id, _ = await self._asked(request)
        await self._actor.resume(run_id, who)
        return _back(run_id, "resume")

    async def rerun(self, request: Request) -> Response:
        """Make a run with the same arguments."""
        who, run_id, _ = await self._asked(request)
        return _back(await self._actor.rerun(run_id, who), "rerun")

    async def mark(self, request: Request) -> Response:
        """Say what became of a brief."""
        who, run_id, fields = await self._asked(request)
        rank, mark, note = (fields.get(name, "") for name in ("rank", "mark", "note"))
        await self._actor.mark(run_id, who, rank, mark, note)
        return _back(run_id, "mark")

    async def _asked(self, request: Request) -> tuple[str, str, dict[str, str]]:
        """Return who asks, for which run, and with which fields.

        Raises:
            ForbiddenError: They may not, or the form is none of ours.
        """
        visitor = request.state.visitor
        if visitor.role is not Role.OPERATOR:
            raise ForbiddenError("You may read, and not act.", "Ask an operator of this page.")
        fields = await self._forms.read(request, visitor.name)
        return visitor.name, request.path_params["run_id"], fields


def _back(run_id: str, done: str) -> Response:
    return RedirectResponse(f"/runs/{run_id}?done={done}", 303)
