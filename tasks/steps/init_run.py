"""Step 1: check the arguments once more, and note what this run goes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.analysis.scoring import POLICY
from tasks.landscape.scoring import POLICY as SIGNALS_POLICY
from tasks.prompts.prompt import load_prompt, prompt_names
from tasks.search import pass2_caps
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return the normalised arguments and a snapshot of every setting that shapes the results.

    The worker checks again because it may be of another version than the CLI that took them.

    Raises:
        InputError: An argument is out of its range.
    """
    args = context.args.normalised()
    prompts = [load_prompt(name) for name in prompt_names()]
    return {
        "args": args.to_dict(),
        "settings": {
            "source": context.sources.name,
            "today": context.sources.github.today().isoformat(),
            "github_web_url": context.sources.github.web_url,
            "model": context.sources.model.name or None,
            "scoring_policy": SIGNALS_POLICY if args.no_llm else POLICY,
            "prompts": {prompt.id: prompt.version for prompt in prompts},
            "caps": {
                "max_queries": pass2_caps.MAX_QUERIES,
                "max_new_repos": pass2_caps.MAX_NEW_REPOS,
                "max_analyses": pass2_caps.MAX_ANALYSES,
            },
        },
    }
