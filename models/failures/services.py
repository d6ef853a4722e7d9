"""Failures of the other side: a model endpoint or GitHub refused, was away, or was not itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.codes import Code
from models.events import Event
from models.failures.explanation import Explanation

_CHECK = "scout doctor --online"
_RESUME = "scout resume {run}"
_OTHER_MODEL = "Set SCOUT_LLM_MODEL to another model."

MODEL: Mapping[Code, Explanation] = MappingProxyType(
    {
        Code.MODEL_NO_CREDIT: Explanation(
            what="The account of the language model's key has no credit left.",
            causes="It is used up, or a limit on spending is reached.",
            meaning="The endpoint answers nothing more until somebody pays. What was analysed is"
            " kept.",
            todo=("Add credit, or set a key that has some.", _RESUME),
            sets=True,
        ),
        Code.MODEL_KEY_REFUSED: Explanation(
            what="The model endpoint refuses the key.",
            causes="The key is missing, wrong, expired, or not allowed to use this model.",
            meaning="Nothing was lost.",
            todo=(
                "Set OPENROUTER_API_KEY, or SCOUT_LLM_API_KEY for other endpoints, to a valid key.",
                _CHECK,
                _RESUME,
            ),
            sets=True,
        ),
        Code.MODEL_UNKNOWN: Explanation(
            what="The model endpoint does not know the model, or the address is not that of an"
            " endpoint.",
            causes="A name that the endpoint does not list, or an address without its /v1.",
            meaning="Every request would be answered alike. Nothing was lost.",
            todo=(
                "Check SCOUT_LLM_MODEL, and SCOUT_LLM_BASE_URL, which often ends in /v1.",
                _CHECK,
                _RESUME,
            ),
            sets=True,
        ),
        Code.MODEL_INPUT_TOO_LONG: Explanation(
            what="What {step} asks is too long for the model.",
            causes="Its context is shorter than a README with the question. A local server may"
            " have been started with a shorter context than the model has.",
            todo=(
                "Set SCOUT_LLM_MODEL to a model with a longer context, or raise the server's.",
                _RESUME,
            ),
            sets=True,
        ),
        Code.MODEL_REFUSES_REQUESTS: Explanation(
            what="The model endpoint refuses the requests of {step}.",
            causes="It does not take requests as Scout makes them, with this model at least.",
            meaning="Trying again without a change will fail again.",
            todo=(_OTHER_MODEL, "Or set SCOUT_LLM_BASE_URL to another endpoint.", _CHECK, _RESUME),
            sets=True,
        ),
        Code.MODEL_LIMITS: Explanation(
            what="The model endpoint asked for fewer requests for longer than Scout waits.",
            causes="Its limit is that of the key or the model.",
            meaning="What was analysed is kept.",
            todo=("Wait a little, or set SCOUT_CONCURRENCY lower than it is.", _RESUME),
            events=(Event.ITEM_RETRYING,),
            sets=True,
        ),
        Code.MODEL_AWAY: Explanation(
            what="The model endpoint is away: it could not be reached, or did not answer in time.",
            causes="It is not running, is overloaded, or the network does not lead there.",
            meaning="Scout tried for a while and gave up. What was analysed is kept.",
            todo=(
                "Check that it is running, and that SCOUT_LLM_BASE_URL is right.",
                _CHECK,
                _RESUME,
            ),
            events=(Event.ITEM_RETRYING,),
            sets=True,
        ),
        Code.MODEL_INCOMPREHENSIBLE: Explanation(
            what="What answers at the model's address is no chat completion.",
            causes="It may be another kind of server, or a proxy in between.",
            todo=("Check SCOUT_LLM_BASE_URL; it often ends in /v1.", _CHECK, _RESUME),
            sets=True,
        ),
        Code.MODEL_GIVES_NO_ANSWER: Explanation(
            what="The model gave no answer to most of what {step} asked.",
            causes="It refuses, or answers with nothing.",
            meaning="What was analysed is kept.",
            todo=(_OTHER_MODEL, _RESUME),
            events=(Event.LLM_ITEM_FAILED,),
            sets=True,
        ),
        Code.MODEL_TOKENS_USED_UP: Explanation(
            what="The model used up all tokens of its answers before it had answered {step}.",
            causes="It reasons for longer than an answer may be long.",
            meaning="It was asked once more with a larger budget, in vain. What was analysed is"
            " kept.",
            todo=("Set SCOUT_LLM_MAX_TOKENS higher, or SCOUT_LLM_MODEL to another model.", _RESUME),
            events=(Event.LLM_MAX_TOKENS_RAISED, Event.LLM_ITEM_FAILED),
            sets=True,
        ),
        Code.INVALID_MODEL_OUTPUT: Explanation(
            what="Most of the model's answers to {step} were not valid.",
            causes="A model that does not keep to the form in which it is asked to answer.",
            meaning="Answers that are not valid are never used, and too few were left. Resuming"
            " asks again for those.",
            todo=(_OTHER_MODEL, _RESUME),
            events=(Event.LLM_OUTPUT_INVALID_JSON,),
            sets=True,
        ),
    }
)

GITHUB: Mapping[Code, Explanation] = MappingProxyType(
    {
        Code.GITHUB_TOKEN_REFUSED: Explanation(
            what="GitHub refuses GITHUB_TOKEN.",
            causes="It is wrong, expired or revoked.",
            meaning="Nothing was lost.",
            todo=("Set GITHUB_TOKEN to a valid token; it needs no permission.", _CHECK, _RESUME),
            sets=True,
        ),
        Code.GITHUB_FORBIDDEN: Explanation(
            what="GitHub forbids what {step} asks.",
            causes="GITHUB_TOKEN may lack the right to read it, or an organisation restricts it.",
            todo=("Set GITHUB_TOKEN to another token.", _CHECK, _RESUME),
            sets=True,
        ),
        Code.GITHUB_URL_WRONG: Explanation(
            what="What answers at SCOUT_GITHUB_URL is not GitHub's REST API.",
            causes="The address is wrong, or a proxy answers in its place.",
            meaning="Nothing was lost.",
            todo=(
                "Set SCOUT_GITHUB_URL to https://HOST/api/v3 for GitHub Enterprise, or unset it.",
                _CHECK,
                _RESUME,
            ),
            sets=True,
        ),
        Code.GITHUB_QUERY_REFUSED: Explanation(
            what="GitHub does not understand the search.",
            causes="The query, or one of its filters, is not valid for it.",
            meaning="Trying again will fail again.",
            todo=('scout run --query "…" with other words', "scout logs {run} --step {step}"),
        ),
        Code.GITHUB_LIMITS: Explanation(
            what="GitHub refused the requests of {step} again and again for the sake of its"
            " limits.",
            causes="Others may use the same token, or there are many workers.",
            meaning="What is done is kept.",
            todo=("Wait for some minutes.", _RESUME),
            events=(Event.GITHUB_THROTTLE,),
        ),
        Code.GITHUB_AWAY: Explanation(
            what="GitHub is away: it could not be reached, or did not answer.",
            causes="Trouble at GitHub, or a network that does not lead there.",
            meaning="Scout tried for a while and gave up. What is done is kept.",
            todo=("See https://www.githubstatus.com and your network.", _CHECK, _RESUME),
            events=(Event.ITEM_RETRYING, Event.STEP_RETRYING),
        ),
        Code.GITHUB_REFUSED: Explanation(
            what="GitHub refused what {step} asks.",
            causes="A status that Scout knows no reason for.",
            meaning="Trying again without a change may fail again. What is done is kept.",
            todo=(_CHECK, "scout logs {run} --step {step}", _RESUME),
        ),
    }
)
