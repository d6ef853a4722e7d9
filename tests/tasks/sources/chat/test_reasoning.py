"""What a model thought is taken off its answer, however the two are marked off."""

from __future__ import annotations

import pytest

from tasks.sources.chat.reasoning import bare, is_reasoning_only, object_in

ANSWER = '{"summary": "An index."}'


def test_everything_up_to_the_last_closing_mark_goes_whatever_its_spelling() -> None:
    for before in (
        "<think>\nHm, {1}.\n</think>\n",
        "Let me look at it.\n</think>\n\n",  # the template opened it
        "a </reasoning> b </think>",
        "a</Thinking>",
        "a< / thought >",
        "<seed:think>a</seed:think>",
        "[THINK]a[/THINK]",
        "◁think▷a◁/think▷",
        "a<|/think|>",
        "<|START_THINKING|>a<|END_THINKING|>",
        "a<｜end▁of▁thinking｜>",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel|>final <|constrain|>json<|message|>",
        "<|begin_of_thought|>a<|end_of_thought|><|begin_of_solution|>",
        "Here is my thought process:\na\n\nHere is my response:\n",
    ):
        assert bare(before + ANSWER) == ANSWER, before
        assert bare(f"{before}```json\n{ANSWER}\n```") == ANSWER, before


def test_marks_with_which_templates_end_an_answer_go_too() -> None:
    for after in ("<|return|>", "<|im_end|>", "</s>\n", "<end_of_turn>"):
        assert bare(f"a</think>{ANSWER}{after}") == ANSWER, after
        assert bare(f"{ANSWER}{after}") == ANSWER, after


@pytest.mark.parametrize(
    "answer",
    ['{"summary": "It takes </think> off."}', '{"summary": "A parser of [/THINK]"}'],
)
def test_a_mark_inside_an_answer_is_none(answer: str) -> None:
    assert bare(answer) == answer
    assert bare(f"<think>a</think>{answer}") == answer


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (ANSWER, ANSWER),
        (f"```json\n{ANSWER}\n```", ANSWER),
        (f"```\n{ANSWER}\n```\n", ANSWER),
        (f"Here it is:\n```json\n{ANSWER}\n```", f"Here it is:\n```json\n{ANSWER}\n```"),
    ],
)
def test_only_the_wrapping_of_an_answer_is_taken_off(text: str, inside: str) -> None:
    assert bare(text) == inside


def test_the_object_at_the_end_of_what_was_thought_is_found() -> None:
    assert object_in(ANSWER) == ANSWER
    assert object_in(f"First {{x}}, then.\nSo: {ANSWER}") == ANSWER
    assert object_in(f"So:\n```json\n{ANSWER}\n```") == ANSWER
    assert object_in("{" * 40_000 + "}") == ""
    assert object_in("Nothing of the kind.") == ""


def test_reasoning_that_never_ends_is_no_answer() -> None:
    assert is_reasoning_only("<think>Hm, let me see")
    assert not is_reasoning_only(f"<think>Hm</think>{ANSWER}")
    assert not is_reasoning_only(ANSWER)
