"""What providers answer with in place of an answer, in their own words and shapes.

Each was said by a real one: OpenAI, Azure, Anthropic, Gemini, OpenRouter, Groq, Mistral, DeepSeek,
Together, Ollama, LM Studio, vLLM, llama.cpp, LiteLLM, or a proxy before them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.codes import Code
from tests.support.counterparts.llm.server import (
    Asked,
    Behaviour,
    Handler,
    answer_well,
    completion,
    content_for,
)


@dataclass(frozen=True)
class Said:
    """One answer; `code` and `words` are what `scout explain` must say where it is the only one."""

    provider: str
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    code: Code = Code.MODEL_AWAY
    words: str = ""

    def __call__(self, handler: Handler, asked: Asked) -> None:
        """Answer with it."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        handler.reply(self.status, body, dict(self.headers))

    @property
    def __name__(self) -> str:
        return f"{self.provider} {self.status}"


def _error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


#: Said once; who asks again gets an answer.
PASSING: tuple[Said, ...] = (
    Said("OpenAI", 429, _error("Limit 3, Used 3. Please try again in 20s.", type="requests")),
    Said("OpenAI", 429, _error("Rate limit reached on TPM. Please try again in 640ms.")),
    Said("Azure", 429, _error("Exceeded token rate limit. Please retry after 26 seconds.")),
    Said("Anthropic", 529, {"type": "error", "error": {"type": "overloaded_error"}}),
    Said("Anthropic", 429, _error("Rate limit"), {"anthropic-ratelimit-requests-reset": "20s"}),
    Said("Groq", 429, _error("Rate limit on TPM"), {"x-ratelimit-reset-tokens": "7.66s"}),
    Said("Mistral", 429, {"object": "error", "message": "Service tier capacity exceeded."}),
    Said("DeepSeek", 503, _error("Service is too busy.", type="service_unavailable_error")),
    Said("Together", 429, _error("0.3 queries per minute"), {"x-ratelimit-reset": "4"}),
    Said(
        "OpenRouter",
        200,
        _error("Rate limit", code=429, metadata={"headers": {"X-RateLimit-Reset": "30"}}),
    ),
    Said("OpenRouter", 200, {"id": "g", "choices": [], "usage": None}),
    Said("a gateway", 200, {"code": 429, "message": "Too many requests", "success": False}),
    Said("Bedrock", 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
    Said("OpenRouter", 200, "\n\n   \n"),
    Said(
        "OpenRouter",
        200,
        completion(
            '{"summary": "An ind',
            choice={"finish_reason": "error", "error": {"code": 502, "message": "It hung up"}},
            usage={"prompt_tokens": None, "completion_tokens": None},
        ),
    ),
    Said("vLLM", 500, {"object": "error", "message": "Internal server error", "code": 500}),
    Said("Ollama", 500, _error("llama runner process has terminated: signal: killed")),
    Said("llama.cpp", 503, _error("Loading model", code=503, type="unavailable_error")),
    Said("LiteLLM", 408, _error("litellm.Timeout: Request timed out.", code="408")),
    Said("LiteLLM", 429, _error('VertexAIException - b\'{"error": {"retryDelay": "12s"}}\'')),
    Said("LM Studio", 500, {"error": "The model has crashed without additional information."}),
    Said("Gemini", 503, [_error("The model is overloaded.", code=503, status="UNAVAILABLE")]),
    Said(
        "Gemini",
        429,
        [_error("You exceeded your quota", details=[{"retryDelay": "41s"}], code=429)],
    ),
    Said("Cloudflare", 524, "<!DOCTYPE html><title>524: A timeout occurred</title>"),
    Said("nginx", 502, "<html><head><title>502 Bad Gateway</title></head></html>"),
    Said("a proxy", 200, "upstream request timeout"),
    Said("a proxy", 500, '{"a":' * 9_000),
    Said(
        "a proxy", 429, _error("Slow down."), {"Retry-After": "Mon, 01 Jan 99999999999 00:00 GMT"}
    ),
    Said("a proxy", 429, _error("Slow down."), {"Retry-After": "9" * 400}),
    Said("a proxy", 429, _error("Slow down."), {"Retry-After": "-5"}),
)

#: Said to everything: a run ends with this code, and is told these words.
LASTING: tuple[Said, ...] = (
    Said(
        "OpenAI", 401, _error("Incorrect key provided.", code="invalid_api_key"),
        code=Code.MODEL_KEY_REFUSED, words="Incorrect key",
    ),
    Said(
        "Gemini", 400, [_error("API key expired.", details=[{"reason": "API_KEY_INVALID"}])],
        code=Code.MODEL_KEY_REFUSED, words="expired",
    ),
    Said(
        "Anthropic", 400, _error("Your credit balance is too low to access the API."),
        code=Code.MODEL_NO_CREDIT, words="too low",
    ),
    Said(
        "OpenRouter", 200, _error("This request requires more credits", code=402),
        code=Code.MODEL_NO_CREDIT, words="requires more credits",
    ),
    Said(
        "LiteLLM", 400, _error("Budget has been exceeded! Max budget: 3.0"),
        code=Code.MODEL_NO_CREDIT, words="Max budget",
    ),
    Said(
        "OpenRouter", 400, _error("acme/none is not a valid model ID", code=400),
        code=Code.MODEL_UNKNOWN, words="acme/none is not a valid model ID",
    ),
    Said(
        "Ollama", 404, {"error": 'model "x" not found, try pulling it first'},
        code=Code.MODEL_UNKNOWN, words="try pulling it first",
    ),
    Said(
        "LM Studio", 200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
        code=Code.MODEL_UNKNOWN, words="Unexpected endpoint",
    ),
    Said("FastAPI", 404, {"detail": "Not Found"}, code=Code.MODEL_UNKNOWN, words="Not Found"),
    Said(
        "OpenRouter",
        400,
        _error(
            "Provider returned error",
            code=400,
            metadata={"provider_name": "Acme", "raw": '{"error": "Model m needs a paid plan"}'},
        ),
        code=Code.MODEL_REFUSES_REQUESTS, words="Acme: Model m needs a paid plan",
    ),
    Said(
        "Gemini", 400, [_error("User location is not supported.", status="FAILED_PRECONDITION")],
        code=Code.MODEL_REFUSES_REQUESTS, words="User location is not supported",
    ),
    Said(
        "Azure", 400, _error("Filtered by the content management policy.", code="content_filter"),
        code=Code.MODEL_GIVES_NO_ANSWER, words="content management policy",
    ),
    Said(
        "a thinker",
        200,
        completion(
            "",
            choice={"finish_reason": "length"},
            usage={
                "prompt_tokens": 900,
                "completion_tokens": 1500,
                "completion_tokens_details": {"reasoning_tokens": 1500},
            },
        ),
        code=Code.MODEL_TOKENS_USED_UP, words="reasoning used up all 1,500 tokens",
    ),
    Said(
        "a provider",
        200,
        completion(
            '{"summary": "An ind',
            choice={"finish_reason": "error", "error": {"message": "The cable was cut"}},
        ),
        words="The cable was cut",
    ),
    Said(
        "a website", 200, "<!DOCTYPE html><html><title>Chat for you</title></html>",
        code=Code.MODEL_INCOMPREHENSIBLE, words="not JSON",
    ),
    Said("a model", 200, completion("no"), code=Code.INVALID_MODEL_OUTPUT, words="truncated"),
    Said(
        "a model", 200, completion('{"summary": "fast \ud83d'),
        code=Code.INVALID_MODEL_OUTPUT, words="truncated",
    ),
)  # fmt: skip

Shape = Callable[[str], dict[str, Any]]

#: Where and how answers stand that are good.
SHAPES: Mapping[str, Shape] = {
    "a closing mark only": lambda text: completion(f"Let me see.\n</think>\n\n{text}"),
    "marks in brackets": lambda text: completion(f"[THINK]{{ no [/THINK]{text}"),
    "a channel": lambda text: completion(
        f"<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>{text}"
    ),
    "a code block": lambda text: completion(f"```json\n{text}\n```"),
    "reasoning_content": lambda text: completion(None, message={"reasoning_content": text}),
    "reasoning": lambda text: completion("", message={"reasoning": f"So:\n{text}"}),
    "a tool call": lambda text: completion(
        None,
        message={"tool_calls": [{"id": "1", "function": {"name": "json", "arguments": text}}]},
        choice={"finish_reason": "tool_calls"},
    ),
    "a function call": lambda text: completion(
        None, message={"function_call": {"name": "json", "arguments": text}}
    ),
    "parts": lambda text: completion(None, message={"content": [{"type": "text", "text": text}]}),
    "reasoning_details": lambda text: completion(
        "", message={"reasoning_details": [{"type": "reasoning.text", "text": text}]}
    ),
    "a word before": lambda text: completion(f"Here is the JSON:\n\n{text}"),
    "a word after": lambda text: completion(f"{text}\n\nAnything else?"),
    "a code block among words": lambda text: completion(f"Sure!\n```json\n{text}\n```\nSo."),
    "reasoning that never ends": lambda text: completion(f"<think>\nHm {{so}}.\n\n{text}"),
    "names of channels alone": lambda text: completion(f"analysisHm.assistantfinal{text}"),
    "a list": lambda text: completion(f"[{text}]"),
    "an object in another": lambda text: completion(f'{{"analysis": {text}}}'),
    "a text of JSON": lambda text: completion(json.dumps(text)),
    "a decoded object": lambda text: completion(None, message={"content": json.loads(text)}),
    "a completion of old": lambda text: {"choices": [{"text": text, "finish_reason": "stop"}]},
    "no usage": lambda text: completion(text, usage=None),
    "no model's name": lambda text: completion(text, model=None),
}

#: Refusals of `response_format`, and of an input's length.
FORM_REFUSED: tuple[Said, ...] = (
    Said("Gemini", 400, [_error("Unknown name \"additional_properties\" at 'response_schema'")]),
    Said("Anthropic", 400, _error("output_config.format.schema: maximum is not supported")),
    Said("llama.cpp", 400, _error("Failed to initialize samplers: failed to parse grammar")),
    Said("vLLM", 422, {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs"}]}),
    Said("Ollama", 500, _error("json_schema is not supported by this runner")),
    Said("a server", 400, _error("Bad request.")),
)
TOO_LONG: tuple[Said, ...] = (
    Said("OpenAI", 400, _error("This model's maximum context length is 8192 tokens.")),
    Said("Groq", 413, _error("Request too large for model `m` on TPM: Limit 6000.")),
    Said("Azure", 413, _error("Request body too large.", code="tokens_limit_reached")),
    Said("Anthropic", 400, _error("prompt is too long: 208310 tokens > 200000 maximum")),
    Said("llama.cpp", 400, _error("the request exceeds the available context size")),
    Said("nginx", 413, "<html><title>413 Request Entity Too Large</title></html>"),
)


def streamed(handler: Handler, asked: Asked) -> None:
    """Answer well in the pieces of a stream, with a comment that keeps the connection alive."""
    text = json.dumps(content_for(asked))
    pieces = [text[start : start + 50] for start in range(0, len(text), 50)]
    events: list[Any] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
    lines = [": PROCESSING", *(f"data: {json.dumps(event)}" for event in events), "data: [DONE]"]
    handler.reply(200, "\n\n".join(lines).encode())


def shaped(shape: Shape) -> Behaviour:
    """Answer well, in a shape."""
    return lambda handler, asked: handler.reply(200, shape(json.dumps(content_for(asked))))


def unless(is_fine: Callable[[Asked], bool], refusal: Said) -> Behaviour:
    """Answer well where a request is fine, and else with a refusal."""

    def behave(handler: Handler, asked: Asked) -> None:
        (answer_well if is_fine(asked) else refusal)(handler, asked)

    return behave
