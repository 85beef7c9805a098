"""The nouns of the project, in the order in which data flows through a run.

    suite -> variants -> requests -> responses -> scores -> run

Each stage reads the nouns of the stage before it and makes new ones. All of them are frozen: nothing is changed in place.

Covered: what is asked (`Field` to `Suite`), what is asked instead (`Perturbation`, `Variant`), what the model is sent and
answers (`LogLikelihood` to `Completion`), and what that was worth (`Score`).
Not covered: how a prompt becomes text (`probe.prompt.render`), how a run lies on disk (`probe.record.store`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Effect = Literal["label-preserving", "label-altering"]
"""What a perturbation declares of the right answer: it stays, or it becomes another one that the perturbation names.

Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", call such tests invariance (INV) and
directional expectation (DIR) tests.
"""

OldEffect = Literal["same", "flip"]
"""The same two as runs and perturbations from before 2026-12 spell them."""

_EFFECTS: dict[str, Effect] = {
    **{"label-preserving": "label-preserving", "label-altering": "label-altering"},
    **{"same": "label-preserving", "flip": "label-altering"},
}


def effect_of(text: str) -> Effect:
    """Return the effect that a text names, in today's spelling or the old one.

    Raises:
        ValueError: it names none.
    """
    if text not in _EFFECTS:
        raise ValueError(f"no effect: {text!r}; it is label-preserving or label-altering")
    return _EFFECTS[text]


Scope = Literal["suite", "item"]
"""Whether one sample is shared by all items of a suite (a format, a wording) or made anew for each (a typo)."""

Casing = Literal["identity", "title", "upper", "lower"]
Numbering = Literal["digit", "upper", "lower", "roman-unicode", "roman-lower", "roman-upper"]
AnswerWith = Literal["text", "symbol"]
Structure = Literal["plain", "markdown", "xml", "json", "chat", "chat-system", "chat-turns", "chat-system-turns"]
"""What holds the parts of a prompt together: descriptors in a layout, headings, tags, keys, or the turns of a chat."""
Place = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Field:
    """One named input of a question, such as ("Review", "A joy from start to end.")."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How the parts of a prompt are put together: the FormatSpread format, as one immutable value.

    Sclar et al. 2023, "Quantifying Language Models' Sensitivity to Spurious Features in Prompt Design", section 3.1.
    """

    separator: str = ": "
    """Between a descriptor and its text."""
    space: str = "\n"
    """Between the components: fields, options, answer slot."""
    casing: Casing = "identity"
    """Of the descriptors."""
    option_wrapper: str = "{}."
    """Around an option's symbol."""
    numbering: Numbering = "upper"
    """The kind of symbols that options carry."""
    option_separator: str = " "
    """Between an option's wrapped symbol and its text."""
    option_space: str = "\n"
    """Between one option and the next."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A solved example that is shown before the question."""

    fields: tuple[Field, ...]
    target: str
    choices: tuple[str, ...] = ()
    wrong: str = ""
    """A wrong answer that is shown as such before the right one; empty for none."""
    layout: Layout | None = None
    """Its own layout, in which it stands as plain text whatever holds the rest; None: the prompt's. A template has none."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What stands around the parts of a template whose author says so to the letter, as lm-eval's task files do."""

    opening: str = ""
    """Before everything."""
    answer: str = " "
    """Between a question and its answer, after whatever whitespace the question ends in."""
    blocks: str = "\n\n"
    """Between a demonstration's answer and what follows."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked, before it is text.

    With `is_template` the instruction is the whole prompt with `{field}` placeholders, for prompts that do not follow the
    descriptor-separator-text form; layout and descriptors then have no say.
    """

    instruction: str
    fields: tuple[Field, ...]
    choices: tuple[str, ...] = ()
    """The texts of the possible answers, in the order shown; empty for free text."""
    answer_field: str = "Answer"
    options_field: str = ""
    """Descriptor before the listed options; empty for none."""
    list_choices: bool = False
    """Whether the choices are listed in the prompt as options with symbols."""
    answer_with: AnswerWith = "text"
    """Whether the model is to answer with the choice's text or with its symbol."""
    demonstrations: tuple[Demonstration, ...] = ()
    layout: Layout = field(default_factory=Layout)
    is_template: bool = False
    structure: Structure = "plain"
    instruction_place: Place = "before"
    """Whether the instruction stands before everything, or after the question and before the answer slot."""
    note: str = ""
    """Text that stands between the question and the answer slot and is no part of either; a template has none."""
    verbalizer: tuple[tuple[str, str], ...] = ()
    """Pairs of a choice and the word that is shown and asked for in its place; a choice without one stands for itself.

    The choices, targets and predictions keep their own names, so that answers under other label words can be compared.
    """
    delimiters: Delimiters | None = None
    """Of a template: what its parts are joined by, where that is not a blank and an empty line."""
    ending: str = ""
    """What follows the answer, where the choices fill a blank: it is then asked how likely it is after each of them.

    Trinh and Le 2018, "A Simple Method for Commonsense Reasoning", call that partial scoring; WinoGrande is asked so.
    """
    symbol_shift: int = 0
    """By how many places the symbols of listed options are rotated: with 1 of four the first is B, the last A."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A minimal edit of an item's fields, after which another answer is right."""

    fields: tuple[Field, ...]
    target: str
    choices: tuple[str, ...] = ()
    """The choices of the edited question; empty where they are the item's own."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its right answer as text (never an index: choices get shuffled)."""

    id: str
    prompt: Prompt
    target: str
    aliases: tuple[str, ...] = ()
    """Other answers that are right as well: spellings of a free-text target, or further choices."""
    contrasts: tuple[Contrast, ...] = ()
    paraphrases: tuple[str, ...] = ()
    """Other ways to ask it: instructions, or whole templates where they hold the placeholders of its fields."""
    pool: tuple[Demonstration, ...] = ()
    """Solved training items of its suite, from which demonstrations may be drawn; one tuple, shared by all items."""


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """How a suite's own rule read a generated answer."""

    prediction: str
    """What it took for the answer; empty where there was nothing to take."""
    correct: bool


Normalisation = Literal["none", "characters", "bytes", "unconditional"]
"""What is done to a choice's log-probability before choices are compared.

Nothing; it is divided by the length of the choice's text, in characters or in bytes of UTF-8; or the log-probability of the same
choice after no context is taken from it.
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """A named, versioned list of items with what is needed to ask them and to read the answers."""

    name: str
    version: str
    description: str
    items: tuple[Item, ...]
    train: tuple[Item, ...] = ()
    """Items for demonstrations and for repair; never evaluated."""
    stop: tuple[str, ...] = ("\n",)
    max_new_tokens: int = 16
    path: str = ""
    """The folder that it was read from."""
    digest: str = ""
    """Hash of the files that it was read from."""
    flags: tuple[str, ...] = ()
    """What a user types beside its path to read it again."""
    num_fewshot: int = 0
    """Demonstrations that its items were read with, because its source chooses them itself."""
    normalisation: Normalisation = "none"
    rates_target: bool = False
    """Whether a free answer is not generated but rated: right where each token of the target is the likeliest one."""
    min_overlap: float | None = None
    """The token F1 with an accepted answer from which on a generated one is right; None: it must equal one."""
    reads_choices: bool = False
    """Whether a choice question is answered in words and read (`probe.evaluation.choice_reading`), not rated choice by choice."""
    parse_answer: Callable[[Item, str], ParsedAnswer] | None = None
    """Reads a generated answer to an item; None: it is right where it equals the target, see `probe.evaluation.scoring`."""

    @property
    def is_choice(self) -> bool:
        """Return whether every answer is one of given choices."""
        return all(item.prompt.choices for item in self.items)


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A registered way to say something differently.

    `apply` gives the item as it is asked instead, or None where the perturbation does not apply. It keeps the target
    if the effect is "label-preserving" and gives the new target if it is "label-altering".
    """

    name: str
    family: str
    summary: str
    apply: Callable[[Item, Random], Item | None]
    effect: Effect = "label-preserving"
    scope: Scope = "item"
    is_default: bool = True
    """Whether it is drawn where only its family is named."""
    covers: str = ""
    leaves: str = ""
    """What it does not touch or cannot do."""
    strength: float | None = None
    """How much it does, from 0 (nothing) to 1; None where it has no measure."""
    at: Callable[[float], Perturbation] | None = None
    """Gives it at another strength; None where it has none."""
    adds: bool = False
    """Whether it only adds text to the question, all of which still stands there."""
    of_prompt: bool = False
    """Whether it looks at the prompt alone, not at the item's answer, contrasts or pool."""
    count: Callable[[Item], int] | None = None
    """How many questions it has for an item, each of which is asked whatever the number of samples; None: no such number."""


CheckOutcome = Literal["ok", "doubt", "fail", "accepted"]
"""`accepted`: a person read it, and the rules have no say."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one rule says of a variant: whether it still means what it declares."""

    name: str
    outcome: CheckOutcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """An item as asked under one sample of one perturbation; family and perturbation "original": unperturbed."""

    item: Item
    """The original item."""
    perturbed: Item
    """The item as asked: its prompt is perturbed, its target is the declared one."""
    family: str
    perturbation: str
    sample: int
    effect: Effect
    text: str
    """The rendered prompt, without the answer."""
    checks: tuple[Check, ...] = ()
    """What the validity rules doubt or fail, and what a person decided; empty where nothing is doubted or decided."""


Messages = tuple[tuple[str, str], ...]
"""Pairs of role and content."""


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """Asks how likely `continuation` is after `context`; whitespace between the two belongs to the continuation."""

    context: str
    continuation: str
    messages: Messages = ()
    """The context as turns of a chat, for a model with a chat template; empty: the context is one turn of the user."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Asks what follows `context`, greedily, until a stop string, the end token or `max_new_tokens`."""

    context: str
    stop: tuple[str, ...] = ("\n",)
    max_new_tokens: int = 16
    messages: Messages = ()
    """As in `LogLikelihood`."""


@dataclass(frozen=True, slots=True)
class LogProb:
    """The answer to a `LogLikelihood`: natural-log probability, summed over the continuation's tokens."""

    value: float
    """-inf: the continuation is impossible. NaN: the model's arithmetic gave no number."""
    is_greedy: bool
    num_tokens: int = 1


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to a `Generation`."""

    text: str
    """Without the stop string and what comes after it."""
    mean_logprob: float
    """Natural log, per generated token, end or stop tokens included; 0.0 for no token; NaN: no scores, and no answer."""
    num_tokens: int
    is_truncated: bool = False
    """Whether it ran into `max_new_tokens` before a stop string or the end token."""
    is_tied: bool = False
    """Whether at some step another token was as likely, so that nothing says which the model would write."""

    def __post_init__(self) -> None:
        """Read half a character as U+FFFD: no file could hold it, and a run is not lost for what a model writes."""
        if not self.text.isascii():
            object.__setattr__(self, "text", self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


Reading = Literal["ranked", "exact", "other", "unreadable", "tie", "non-finite"]
"""How an answer was read.

The likeliest choice; a text that equals an accepted answer; another text. Or there is none: nothing to read; two choices, or two
tokens of a written answer, that are equally likely, the likeliest ones; scores that are no numbers.
"""

NO_ANSWER: dict[Reading, str] = {"unreadable": "(unreadable)", "tie": "(tie)", "non-finite": "(not a number)"}
"""The readings that found no answer, in words that stand in its place."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a variant's answer was worth."""

    variant: Variant
    prediction: str
    """The text of the predicted answer; empty where there is none."""
    correct: bool
    """Whether the prediction is the target that the variant declares."""
    reading: Reading
    probabilities: tuple[float, ...] = ()
    """Over the asked item's choices, in the order asked, summing to one; empty for free text."""
    margin: float | None = None
    """Best minus second-best log-probability over the choices (nats); 0 for a tie, None for other free text."""
    confidence: float | None = None
    """Largest class probability, or exp(mean token log-probability) of a generated answer."""
    is_truncated: bool = False
    """Whether a generated answer ran into `max_new_tokens`."""
    requests: tuple[LogLikelihood | Generation, ...] = ()
    """What the model was asked; empty where no model was, as in runs that are read again."""
    responses: tuple[LogProb | Completion, ...] = ()
    """What it answered, in the order of the requests."""

    @property
    def answer(self) -> str | None:
        """Return the text of the predicted answer; None where there is none."""
        return None if self.reading in NO_ANSWER else self.prediction
