"""The few ways in which the pocket model is taught to read each suite.

The first formulation of a suite is the one that its suite.toml declares; the others differ in wording and descriptors. A
model that is taught a few formulations only is accurate on these and breaks on others: the prompt-overfitting setting of
arXiv 2410.19920.

Covered: from an example and a formulation to a `Prompt`, which `probe.prompt.render` renders as it does for every run.
Not covered: anything that a perturbation does; the training text holds no typo, no other layout, no other wording.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from pocket import comparison, entailment, facts, reading, sentiment, topic
from pocket.grammar import Example
from probe.types import AnswerWith, Demonstration, Field, Layout, Prompt

GRAMMARS = {
    "sentiment": sentiment.example,
    "entailment": entailment.example,
    "comparison": comparison.example,
    "facts": facts.example,
    "topic": topic.example,
    "reading": reading.example,
}

ONE_LINE = Layout(space=" ", option_space=" ")


@dataclass(frozen=True, slots=True)
class Formulation:
    """One way to ask a suite's questions."""

    instruction: str
    answer_field: str
    renamed: dict[str, str] = field(default_factory=dict)
    """Descriptors that differ from the suite's own."""
    list_choices: bool = False
    answer_with: AnswerWith = "text"
    layout: Layout = field(default_factory=Layout)


FORMULATIONS: dict[str, tuple[Formulation, ...]] = {
    "sentiment": (
        Formulation("Decide whether the review is positive or negative.", "Sentiment"),
        Formulation("Did the customer like it? Answer positive or negative.", "Opinion", {"Review": "Comment"}),
        Formulation("Classify the mood of this text as positive or negative.", "Label", {"Review": "Text"},
                    layout=ONE_LINE),
    ),
    "entailment": (
        Formulation("If the premise is true, must the hypothesis be true as well? Answer yes or no.", "Answer"),
        Formulation("Does the claim follow from the text? Say yes or no.", "Follows",
                    {"Premise": "Text", "Hypothesis": "Claim"}),
        Formulation("Read the fact and judge the statement: yes or no.", "Judgement",
                    {"Premise": "Fact", "Hypothesis": "Statement"}, layout=ONE_LINE),
    ),
    "comparison": (
        Formulation("Compare the two quantities and answer the question: the first or the second?", "Answer"),
        Formulation("Read the note and pick the right one.", "Choice", {"Text": "Note", "Question": "Query"}),
        Formulation("Which of the two is it?", "Result", {"Text": "Facts", "Question": "Asked"}, layout=ONE_LINE),
    ),
    "facts": (
        Formulation("Choose the right answer and write it out.", "Answer", list_choices=True),
        Formulation("Quiz: which option is correct?", "Option", {"Question": "Quiz question"}, list_choices=True),
        Formulation("Answer the question in one or two words.", "Reply"),
    ),
    "topic": (
        Formulation("Name the topic of the headline: sports, business, science or politics.", "Topic"),
        Formulation("In which section of the newspaper does this belong?", "Section", {"Headline": "Title"}),
        Formulation("File the story under sports, business, science or politics.", "Desk", {"Headline": "Story"},
                    layout=ONE_LINE),
    ),
    "reading": (
        Formulation("Read the passage and answer the question in as few words as possible.", "Answer"),
        Formulation("Find the answer in the story.", "Found", {"Passage": "Story", "Question": "Looking for"}),
        Formulation("Answer from the text only.", "Reply", {"Passage": "Text", "Question": "Asked"}, layout=ONE_LINE),
    ),
}  # fmt: skip


def prompt(formulation: Formulation, example: Example, demonstrations: tuple[Example, ...] = ()) -> Prompt:
    """Return the example as a prompt in this formulation."""
    return Prompt(
        instruction=formulation.instruction,
        fields=_fields(formulation, example),
        choices=example.choices,
        answer_field=formulation.answer_field,
        list_choices=formulation.list_choices,
        answer_with=formulation.answer_with,
        demonstrations=tuple(
            Demonstration(_fields(formulation, shown), shown.target, shown.choices) for shown in demonstrations
        ),
        layout=formulation.layout,
    )


def _fields(formulation: Formulation, example: Example) -> tuple[Field, ...]:
    return tuple(Field(formulation.renamed.get(name, name), text) for name, text in example.fields)


def draw_formulation(rng: Random, suite: str) -> Formulation:
    """Draw one of a suite's formulations."""
    return rng.choices(FORMULATIONS[suite], WEIGHTS.get(suite, (3, 1, 1)))[0]


WEIGHTS = {"facts": (3, 1, 2)}
"""How often each formulation is drawn, where it is not as usual: the facts' third teaches them by heart."""
