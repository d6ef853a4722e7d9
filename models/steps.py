"""The canonical steps of a run, in order. The names are stable for ever."""

from __future__ import annotations

STEP_NAMES: tuple[str, ...] = (
    "init_run",
    "github_rate_limit_snapshot",
    "github_search_pass1",
    "hydrate_repo_metadata",
    "hydrate_readme",
    "llm_repo_analysis",
    "keyword_aggregate",
    "github_search_pass2",
    "llm_brief_generate",
    "export_markdown",
)

#: The steps that ask GitHub before anybody else.
GITHUB_STEPS = frozenset(
    {
        "github_rate_limit_snapshot",
        "github_search_pass1",
        "hydrate_repo_metadata",
        "hydrate_readme",
        "github_search_pass2",
    }
)
#: The steps that only ask the language model; a run with `--no-llm` skips them.
LLM_STEPS = frozenset({"llm_repo_analysis", "llm_brief_generate"})
#: Every step that asks it, unless the run does without.
MODEL_STEPS = LLM_STEPS | {"github_search_pass2"}


def position_of(name: str) -> int:
    """Return the 1-based position of a step.

    Raises:
        KeyError: No step has that name.
    """
    try:
        return STEP_NAMES.index(name) + 1
    except ValueError:
        raise KeyError(name) from None


def step_id_for(run_id: str, position: int) -> str:
    """Return the id of a run's step: the run's id and the step's position."""
    return f"{run_id}-{position:02d}"
