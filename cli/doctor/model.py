"""Asking a model endpoint for its models, and OpenRouter about the key; neither costs a token.

Asking an embedding model for a vector costs one.
"""

from __future__ import annotations

from cli.display.step_summary import dollars
from cli.doctor.endpoint import BODY_MAX_BYTES, Endpoint, as_object, parsed
from models.errors import ConfigError, PermanentError
from models.settings.setting import Environ
from models.text.clean import clean_text

_TIMEOUT_S = 15.0


def look_at_model(environ: Environ) -> Endpoint:
    """Ask for `GET /models` of the endpoint's base URL, which costs no token.

    OpenRouter lists its models to everybody, so it is asked about the key as well.
    """
    from models.settings.chat import chat_settings
    from tasks.sources.chat.http import chat_client
    from tasks.sources.http.client import Bounds, ExchangeError

    try:
        settings = chat_settings(environ)
        client = chat_client(
            settings, frozenset({"GET"}), Bounds(total_s=_TIMEOUT_S, read_s=_TIMEOUT_S)
        )
    except ConfigError as exc:
        return Endpoint("", False, problems=[f"model: {exc}"])
    found = Endpoint(settings.label, bool(settings.api_key), model=settings.model)
    try:
        answer = client.exchange("GET", "/models", max_bytes=BODY_MAX_BYTES)
        found.status = answer.status
        _judge_model(found, answer.body)
        if settings.is_openrouter and not found.problems:
            answer = client.exchange("GET", "/key", max_bytes=BODY_MAX_BYTES)
            _judge_key(found, answer.status, answer.body)
    except ExchangeError as exc:
        found.problems.append(
            f"model: {settings.label} cannot be reached ({exc}). Check that it is"
            " running and that SCOUT_LLM_BASE_URL is right."
        )
    finally:
        client.close()
    return found


def look_at_embedder(environ: Environ) -> Endpoint | None:
    """Ask the endpoint of the embedding model for the vector of one word; None where there is none.

    Nothing else says whether it has any: many lists of models leave these out. A model on this
    machine is looked for.
    """
    from models.errors import ScoutError
    from models.settings.chat import ChatSettings
    from models.settings.embedding import embed_settings

    try:
        settings = embed_settings(environ)
        if settings is None:
            return None
        if not isinstance(settings, ChatSettings):
            from tasks.sources.embeddings.local import LocalEmbedder

            name = LocalEmbedder(settings.folder).name
            return Endpoint("this machine", False, model=name)
        from tasks.sources.embeddings.endpoint import EndpointEmbedder

        found = Endpoint(settings.label, bool(settings.api_key), model=settings.model)
        vectors = EndpointEmbedder(settings).embed(["test"]).vectors
    except ConfigError as exc:
        return Endpoint("", False, problems=[f"embeddings: {exc}"])
    except ScoutError as exc:
        found.doubt(f"embeddings: {clean_text(str(exc), 300)} Runs would compare words.")
        return found
    found.status = 200
    found.key = f"vectors of {len(vectors[0]):,} numbers"
    return found


def _judge_model(found: Endpoint, body: bytes) -> None:
    from tasks.sources.chat.error_words import error_text
    from tasks.sources.chat.errors import refusal
    from tasks.sources.chat.http import Reply

    status = found.status or 0
    error = refusal(status, error_text(Reply(status, body)), None, found.url)
    if status == 401 or (status == 403 and isinstance(error, PermanentError)):
        key = "the key" if found.has_token else "requests without a key"
        found.problems.append(
            f"model: {found.url} refuses {key} (HTTP {found.status})."
            " Set SCOUT_LLM_API_KEY, or OPENROUTER_API_KEY for OpenRouter."
        )
    elif status == 403:  # which keys that may only write say of lists, and firewalls of all
        found.doubt(f"model: {found.url} does not list its models ({error.said}).")
    elif found.status in {404, 405, 501}:
        found.doubt(
            f"model: {found.url} answers, but does not list its models (HTTP {found.status})."
            " Where a run fails as well, check SCOUT_LLM_BASE_URL; it often ends in /v1."
        )
    elif found.status != 200:
        found.problems.append(f"model: {found.url} answers with HTTP {found.status}.")
    else:
        listed = as_object(parsed(body)).get("data")
        if not isinstance(listed, list) and "error" in as_object(parsed(body)):
            found.doubt(
                f"model: {found.url} answers with an error in the place of its models."
                " Check SCOUT_LLM_BASE_URL; it often ends in /v1."
            )
        names = [as_object(one).get("id") for one in listed] if isinstance(listed, list) else []
        found.models = len(names)
        if names and not {found.model, f"{found.model}:latest"} & set(map(str, names)):
            found.doubt(f"model: {found.url} does not list {found.model}. Check SCOUT_LLM_MODEL.")


def _judge_key(found: Endpoint, status: int, body: bytes) -> None:
    """Judge what OpenRouter says about the key itself."""
    if status in {401, 403}:
        found.problems.append(
            f"model: OpenRouter refuses the key (HTTP {status}): it is wrong, disabled or expired."
            " Get one at https://openrouter.ai/keys and set OPENROUTER_API_KEY."
        )
        return
    if status != 200:
        found.doubt(f"model: OpenRouter does not say whether the key is good (HTTP {status}).")
        return
    data = as_object(as_object(parsed(body)).get("data"))
    left = data.get("limit_remaining")
    if isinstance(left, bool) or not isinstance(left, (int, float)):
        found.key = "OpenRouter accepts the key; it has no spending limit of its own"
    elif left > 0:
        found.key = f"OpenRouter accepts the key; it may still spend {dollars(left)}"
    else:
        found.problems.append(
            "model: the key has spent its limit at OpenRouter. Raise it at"
            " https://openrouter.ai/keys, or set another key."
        )
