"""How each task of BIG-Bench Hard is asked: an instruction of our own, and the shape of its input as a pattern.

A named group of the pattern becomes a field of that name. What no group holds is the file's own wording of the task, the same
for every item, and is said by the instruction instead. An input of another shape is one field, whole.

Covered: the 27 files as published. Not covered: other versions of them.
"""

from __future__ import annotations

_LAST_SENTENCE = r"(?P<Text>.*[.!\"])\s+(?P<Question>[^.!]*\?)"
_ORDER = (
    "A paragraph tells how {number} things are arranged in a fixed order. Say which of the options follows from it."
)
_ORDER_SHAPE = r"(?:[^.]*\.){2}\s+(?P<Paragraph>.*)"
_SWAPS = "Follow who holds what through every exchange, and finish the last sentence with the right option."
_SWAPS_SHAPE = r"(?P<Story>.*\.)\s+(?P<To_finish>[^.]*)"

TASKS: dict[str, tuple[str, str]] = {
    "boolean_expressions": ("Work out the truth value of the expression: {choices}.", r"(?P<Expression>.*?)\s+is"),
    "causal_judgement": (
        "Judge the cause in this story as most people would, and answer {choices}.",
        r"[^\n]*\n(?P<Story>.*)",
    ),
    "date_understanding": ("Work out which date is asked for.", _LAST_SENTENCE),
    "disambiguation_qa": (
        "Say whom or what the pronoun in the sentence stands for, or that it could be either.",
        r".*\nSentence: (?P<Sentence>.*)",
    ),
    "dyck_languages": (
        "Write the closing brackets that are missing, in the right order.",
        r".*Input: (?P<Brackets>.*)",
    ),
    "formal_fallacies": (
        "Does the conclusion follow from the premises alone? Answer {choices}.",
        r"\"(?P<Argument>.*)\"\n[^\n]*",
    ),
    "geometric_shapes": ("Name the figure that this SVG path draws.", r".*?(?P<Path><path .*/>).*"),
    "hyperbaton": ("Choose the sentence whose adjectives stand in the usual English order.", r"[^\n]*"),
    "logical_deduction_five_objects": (_ORDER.replace("{number}", "five"), _ORDER_SHAPE),
    "logical_deduction_seven_objects": (_ORDER.replace("{number}", "seven"), _ORDER_SHAPE),
    "logical_deduction_three_objects": (_ORDER.replace("{number}", "three"), _ORDER_SHAPE),
    "movie_recommendation": (
        "Choose the film that someone who likes these films would like best.",
        r".*? similar to (?P<Films>.*?):?",
    ),
    "multistep_arithmetic_two": ("Calculate the value and write only the number.", r"(?P<Expression>.*?)\s*="),
    "navigate": ("Do these steps lead back to where they began? Answer {choices}.", r"[^?]*\?\s+(?P<Steps>.*)"),
    "object_counting": ("Count what is asked for and write only the number, in digits.", _LAST_SENTENCE),
    "penguins_in_a_table": (
        "Read the tables and answer the question about the animals in them.",
        r"(?P<Tables>.*)(?:\n|\s\s|\.\s)(?P<Question>[^\n.]*\?)",
    ),
    "reasoning_about_colored_objects": ("Look at what lies there and answer the question.", _LAST_SENTENCE),
    "ruin_names": (
        "Choose the small change that makes a joke of this name of an artist or a film.",
        r".*?: ['\"](?P<Name>.*)['\"]\??",
    ),
    "salient_translation_error_detection": (
        "The English translation of a German sentence has one mistake. Say of which kind it is: a name was replaced, a number "
        "or date was changed, a describing word was changed, a denial or an opposite came in or fell out, another plain fact "
        "was changed, or a part of the sentence is missing.",
        r".*?Source: (?P<German>.*)\nTranslation: (?P<English>.*)\n[^\n]*",
    ),
    "snarks": ("Choose the remark that is meant sarcastically.", r"[^\n]*"),
    "sports_understanding": (
        "Could this sentence about sports be true? Answer {choices}.",
        r"[^\"]*\"(?P<Sentence>.*)\"",
    ),
    "temporal_sequences": (
        "Find the hours in which the person was seen nowhere else and the place was open.",
        r".*?:\n(?P<Day>.*)\n(?P<Question>[^\n]*\?)",
    ),
    "tracking_shuffled_objects_five_objects": (_SWAPS, _SWAPS_SHAPE),
    "tracking_shuffled_objects_seven_objects": (_SWAPS, _SWAPS_SHAPE),
    "tracking_shuffled_objects_three_objects": (_SWAPS, _SWAPS_SHAPE),
    "web_of_lies": (
        "Everyone either always tells the truth or always lies. Answer {choices}.",
        r"(?:Question: )?(?P<Statements>.*\.)\s+(?P<Question>[^.]*\?)",
    ),
    "word_sorting": ("Put these words in alphabetical order, with blanks between them.", r".*List: (?P<Words>.*)"),
}
