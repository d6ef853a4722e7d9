"""Is a request one that GitHub's own OpenAPI description allows?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Where GitHub sends those who ask for a repository by an old name; its description leaves it out.
_BY_NUMBER = {
    "method": "GET",
    "path": "/repositories/{id}",
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
}


@lru_cache(maxsize=1)
def operations() -> list[dict[str, Any]]:
    """Return the operations of the excerpt, and those behind redirects."""
    text = (Path(__file__).parent / "openapi_excerpt.json").read_text()
    found: list[dict[str, Any]] = json.loads(text)["operations"]
    return [*found, _BY_NUMBER, {**_BY_NUMBER, "path": "/repositories/{id}/readme"}]


def violations(method: str, path: str, query: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a request; its path is without the server's prefix."""
    for operation in operations():
        values = _match(operation["path"], path)
        if values is not None and operation["method"] == method:
            return _of_parameters(operation["parameters"], values, query)
    return [f"{method} {path} is no operation that is described"]


def _match(template: str, path: str) -> dict[str, str] | None:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    matched = re.fullmatch(pattern, path)
    return matched.groupdict() if matched else None


def _of_parameters(
    parameters: list[dict[str, Any]], values: Mapping[str, str], query: Mapping[str, str]
) -> list[str]:
    given = {"path": values, "query": query}
    wrong = [
        f"{parameter['name']} is missing"
        for parameter in parameters
        if parameter.get("required") and parameter["name"] not in given[parameter["in"]]
    ]
    known = {parameter["name"]: parameter["schema"] for parameter in parameters}
    wrong += [f"{name} is not described" for name in query if name not in known]
    for name, value in {**values, **query}.items():
        schema = known.get(name, {})
        if schema.get("type") == "integer" and not value.isdigit():
            wrong.append(f"{name} is {value!r}, not a number")
        if value not in schema.get("enum", [value]):
            wrong.append(f"{name} is {value!r}, not one of {schema['enum']}")
    if int(query.get("per_page", "1")) > 100:
        wrong.append("per_page is over 100")
    return wrong
