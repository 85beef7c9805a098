"""Which texts are seen to be thinking, and which are not."""

import pytest

from probe.models.thinking import mark_in, opened_at_end

THINKING = [
    "<think>",
    " <think>\nOkay, the user asks for a capital.",
    "<think>The capital is Paris.</think>\n\nParis",
    "<think>\n\n</think>\n\nParis",
    "Sure! <think>It is the capital of France.</think> Paris",
    "Assistant: <think> Okay",
    "The capital of France is Paris.</think>Paris",
    "so it is Paris\n</think>\n\nParis",
    "So it must be the second one </think>",
    "Paris seems right.</think>\n\nThe answer is Paris",
    "<THINK>hm",
    "<Thinking>\nLet me see",
    "<thinking>",
    "<thought>Both are animals",
    "<reasoning>\nA mouse is small.\n</reasoning>\n<answer>\nB\n</answer>",
    "<seed:think>Got it",
    "<longcat_think>\nWell</longcat_think>\nParis",
    "<mm:think>Well</mm:think>Paris",
    "<thinking_process>Well</thinking_process>Paris",
    "<|thought_start|>Well<|thought_end|>Paris",
    "It is so.<|reasoning_end|>Paris",
    "<|begin_of_thought|>\n\nOkay",
    "a.<|end_of_thought|>\n\nParis",
    "<|START_THINKING|>We must",
    "<|think|>Let us see",
    "<\uff5cbegin\u2581of\u2581thinking\uff5c>Well",
    "[THINK]The user asks[/THINK]Paris",
    "[THINK]The user",
    "in France, so Paris.[/THINK]Paris",
    "\u25c1think\u25b7The user wants\u25c1/think\u25b7Paris",
    "\u25c1think\u25b7",
    "It is.\u25c1/think\u25b7\nParis",
    "<|channel|>analysis<|message|>We need the capital.<|end|><|start|>assistant<|channel|>final<|message|>Paris",
    "<|channel|>final<|message|>Paris",
    "analysisWe need the capital.assistantfinalParis",
    "<|channel>thought\nThe user",
    "<unused94>thought\nThe user asks",
    "<think",
    "<think effort='low'>Well",
    "<scratchpad>\nParis is",
    "<analysis>The text is",
]
ORDINARY = [
    "",
    "Paris",
    " I think it is Paris.",
    "Think: Paris",
    "thinking of it, no",
    "positive, I think",
    "He thinks (and thinks) of the reasoning.",
    "The reasoning: both are animals.",
    "analysis",
    "analysis of the text: positive",
    "The final analysis is that the assistant wins.",
    "THINK big",
    "[THINKING CAP] on",
    "<b>think</b>",
    "<thinker>Rodin</thinker>",
    "a <think tank> b",
    "Models write `<think>` before they answer.",
    'The tag "<think>" opens it.',
    "The tag <think> is used by some models.",
    "It is closed by the tag </think> and then",
    "Wrap it in <think> and </think> tags.",
    "1 < think > 2",
    "x<y and y>z",
    "</answer>",
    "<answer>Paris</answer>",
    "the <analysis> element of the file",
    "channel analysis",
    "I was thinking\nof it",
]


@pytest.mark.parametrize("text", THINKING)
def test_a_text_with_a_mark_is_thinking(text):
    assert mark_in(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_words_about_thinking_are_none(text):
    assert mark_in(text) == ""


@pytest.mark.parametrize(
    "prompt",
    ["<|im_start|>assistant\n<think>\n", "<|Assistant|><think>", "[THINK]", "a\u25c1think\u25b7", "<|START_THINKING|>"],
)
def test_a_prompt_that_ends_in_an_open_block_opens_thinking(prompt):
    assert opened_at_end(prompt)


@pytest.mark.parametrize(
    "prompt", ["<|im_start|>assistant\n<think>\n\n</think>\n\n", "Is <think> a tag?", "assistant:", "I think", ""]
)
def test_a_prompt_that_ends_otherwise_does_not(prompt):
    assert opened_at_end(prompt) == ""
