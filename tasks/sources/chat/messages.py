"""What a model is sent: the prompt, the schema, and hostile text between marks it cannot forge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from models.redaction import default_redactor
from tasks.prompts.prompt import Prompt, load_prompt
from tasks.sources.chat.context_length import README_MAX_CHARACTERS
from tasks.sources.chat.schema import without_keywords
from tasks.sources.interface import (
    AnalysisRequest,
    BriefRequest,
    ModelAnswer,
    PairsRequest,
    ProjectMaterial,
    Request,
)

#: Characters of an invalid answer that the model is shown again.
ANSWER_MAX_CHARACTERS = 12_000
ERROR_MAX_CHARACTERS = 500

Message = dict[str, str]
_PROMPTS: Mapping[type[Request], str] = MappingProxyType(
    {AnalysisRequest: "repo_analysis", BriefRequest: "brief", PairsRequest: "pair_verdict"}
)


def prompt_for(request: Request) -> Prompt:
    """Return the prompt that belongs to a kind of request."""
    return load_prompt(_PROMPTS[type(request)])


@lru_cache(maxsize=4)
def answer_schema(name: str) -> Mapping[str, Any]:
    """Return the JSON Schema of an answer by the name of its prompt, an object at its top level."""
    import msgspec

    from tasks.prompts.analysis_schema import RepoAnalysis
    from tasks.prompts.brief_schema import BriefContent
    from tasks.prompts.verdict_schema import PairFits

    answers: Mapping[str, Any] = {
        "repo_analysis": RepoAnalysis,
        "brief": BriefContent,
        "pair_verdict": PairFits,
    }
    schema = msgspec.json.schema(answers[name])
    definitions = dict(schema["$defs"])
    top = definitions.pop(schema["$ref"].rpartition("/")[2])
    return {**top, "$defs": definitions} if definitions else top


def response_format(request: Request) -> dict[str, Any]:
    """Return what asks an endpoint for structured output.

    Limits, which not every endpoint accepts, are left out; they are in the prompt, and are checked
    afterwards like everything else.
    """
    prompt = prompt_for(request)
    name = prompt.schema.replace("/", "-")
    schema = without_keywords(answer_schema(prompt.id))
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def first_messages(request: Request, readme_max: int = README_MAX_CHARACTERS) -> list[Message]:
    """Return the messages that ask for an answer; the same ones for the same request.

    Args:
        request: What is asked.
        readme_max: The most characters of a README that are shown.
    """
    prompt = prompt_for(request)
    schema = json.dumps(answer_schema(prompt.id), sort_keys=True, separators=(",", ":"))
    system = f"{prompt.text}\n\nThe JSON Schema of `{prompt.schema}`:\n{schema}"
    if isinstance(request, AnalysisRequest):
        material = _repository(request, readme_max)
    elif isinstance(request, PairsRequest):
        material = _pairs(request)
    else:
        material = _group(request, readme_max)
    return [{"role": "system", "content": system}, {"role": "user", "content": material}]


def correcting_messages(
    request: Request, answer: ModelAnswer, error: str, readme_max: int = README_MAX_CHARACTERS
) -> list[Message]:
    """Return the messages that ask again after an answer that was not valid."""
    complaint = (
        f"This answer is not valid: {error[:ERROR_MAX_CHARACTERS]}\n"
        "Answer again with the whole JSON object, corrected, and nothing else."
    )
    if answer.finish_reason == "length":
        complaint += " Be much shorter: the answer was cut off at its length limit."
    return [
        *first_messages(request, readme_max),
        {"role": "assistant", "content": _shown(answer.text) or "(nothing)"},
        {"role": "user", "content": complaint},
    ]


def _shown(answer: str) -> str:
    return default_redactor().redact_text(answer)[:ANSWER_MAX_CHARACTERS]


def fenced(text: str) -> str:
    """Return hostile text between two marks.

    The mark is made of the text's own digest: the same for the same text, so that the same input
    gives the same request, and not to be put into the text by whoever writes it.
    """
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    return f"UNTRUSTED {mark}\n{text}\nEND UNTRUSTED {mark}"


def _repository(request: AnalysisRequest, readme_max: int) -> str:
    # What an earlier version stored may hold secrets; redacted before it is cut, so that no half
    # of one is left.
    readme = default_redactor().redact_text(request.readme or "(There is no README.)")
    if len(readme) > readme_max:
        readme = f"{readme[:readme_max]}\n[The README is longer and was cut here.]"
    material = (
        f"Description: {default_redactor().redact_text(request.description) or '(none)'}\n"
        f"Language: {request.language or '(unknown)'}\n"
        f"Topics: {', '.join(request.topics) or '(none)'}\n\n"
        f"README:\n{readme}"
    )
    return f"The repository is {request.full_name}.\n\n{fenced(material)}"


def _group(request: BriefRequest, readme_max: int) -> str:
    told = {one.full_name: one for one in request.projects}
    projects = "\n\n".join(
        _project(
            told.get(name) or ProjectMaterial(name, request.summaries.get(name, "")), readme_max
        )
        for name in request.full_names
    )
    # Each text is redacted alone, before it is fenced: an open quote in one must swallow neither
    # the end of the fence nor what is said of the next project.
    redact_text = default_redactor().redact_text
    keywords = redact_text(", ".join(request.shared_keywords)) or "(none)"
    already = "\n".join(f"- {redact_text(line)}" for line in request.already)
    material = (
        f"What they share: {keywords}\n\n"
        "What is already there, or was asked for before:\n"
        f"{already or '(nothing is known)'}\n\n{projects}"
    )
    head = redact_text(
        f"The projects are {', '.join(request.full_names)}. They were found by a search for"
        f" {json.dumps(request.query, ensure_ascii=False)}."
    )
    if request.own:
        head += redact_text(
            f" {request.own} is the reader's own project: write from its side, with the message to"
            f" the maintainers of {', '.join(request.partners)}."
        )
    return f"{head}\n\n{fenced(material)}"


def _pairs(request: PairsRequest) -> str:
    """Return the list of pairs, and after it each of their projects once."""
    listed = "\n".join(
        f"{number}. {first} + {second}" for number, (first, second) in enumerate(request.pairs, 1)
    )
    # Redacted and fenced one by one: no project's text reaches into what is said of another.
    projects = "\n\n".join(fenced(_judged_project(one)) for one in request.projects)
    return f"The pairs are:\n{default_redactor().redact_text(listed)}\n\n{projects}"


def _judged_project(one: ProjectMaterial) -> str:
    told = {
        "Description": one.description or "(none)",
        "What a model made of its README": one.summary or "(no summary)",
        "Provides": "; ".join(one.provides) or "(unknown)",
        "Needs": "; ".join(one.needs) or "(unknown)",
        "Its README begins": one.readme or "(there is none)",
    }
    redact_text = default_redactor().redact_text
    lines = "\n".join(f"{name}: {redact_text(text)}" for name, text in told.items())
    return f"Project {one.full_name}\n{lines}"


def _project(one: ProjectMaterial, readme_max: int) -> str:
    redact_text = default_redactor().redact_text
    told = {
        "Description": one.description or "(none)",
        "Language": one.language or "(unknown)",
        "Licence": one.license or "(unknown)",
        "Activity": one.activity or "(unknown)",
        "What a model made of its README": one.summary or "(no summary)",
        "Provides": "; ".join(one.provides) or "(unknown)",
        "Needs": "; ".join(one.needs) or "(unknown)",
        "Can be reached as": ", ".join(one.surfaces) or "(unknown)",
        "Words that stand there": "; ".join(one.evidence) or "(none)",
    }
    lines = "\n".join(f"{name}: {redact_text(text)}" for name, text in told.items())
    readme = redact_text(one.readme)[:readme_max] or "(There is no README.)"
    return f"Project {one.full_name}:\n{lines}\nREADME, in parts:\n{readme}"
