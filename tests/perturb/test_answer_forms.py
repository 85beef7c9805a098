"""Labels under an instruction that asks for a form: what contradicts it is not made, and what does not is made as ever."""

from dataclasses import replace

import pytest
from seen import samples

from probe.types import Field, Item, Prompt

REVIEW = Prompt("Is it positive or negative?", (Field("Review", "A joy."),), ("positive", "negative"))
SAME_CASE = """
Answer in lower case. | Use lowercase only. | Answer in small letters. | Copy the label verbatim.
Reply exactly as written. | Write the label as given. | Use only these words. | Answer with the exact word.
Labels are case-sensitive. | Responde en minúsculas. | Réponds en minuscules. | Antworte in Kleinbuchstaben.
Responda em letras minúsculas. | Rispondi in minuscolo. | Antwoord in kleine letters.
Отвечай строчными буквами. | Küçük harflerle cevapla. | 用小写回答。
Do not use capital letters. | Don't use uppercase. | No capitals, please. | Never capitalise.
Do not capitalize your answer. | Avoid capitals.
Schreibe alles klein. | Keine Großbuchstaben. | Sin mayúsculas. | Sans majuscules. | Senza maiuscole.
Sem maiúsculas. | Geen hoofdletters.
Без заглавных букв. | 不要大写。 | The label must match exactly. | Respond with the exact string.
Do not change the labels. | Preserve the case.
Use the same capitalization as the labels. | The output must be identical to one of the labels.
"""
FREE_CASE = """
Answer with one word only. | Is it positive or negative? | Answer with a number. | Be brief.
Which has the first letter? | The capital of the firm grew. | Judge a case of law. | Write what you see.
Is it exactly right? | He used the same words. | It must match your taste. | A lower price is a joy.
Upper class people wrote this.
"""


def cases(table: str) -> list[str]:
    return [one.strip() for line in table.strip().split("\n") for one in line.split("|")]


def words(name: str, instruction: str, prompt: Prompt = REVIEW) -> set[str]:
    item = Item("1", replace(prompt, instruction=instruction), prompt.choices[0])
    return {word for asked in samples(name, item, 300) for _, word in asked.prompt.verbalizer}


@pytest.mark.parametrize("instruction", cases(SAME_CASE))
def test_no_label_changes_its_case_under_an_instruction_that_says_which(instruction):
    assert words("label-case", instruction) == set()


@pytest.mark.parametrize("instruction", cases(FREE_CASE))
def test_labels_change_their_case_where_the_instruction_does_not_say_which(instruction):
    assert words("label-case", instruction) == {"POSITIVE", "NEGATIVE", "Positive", "Negative"}


@pytest.mark.parametrize(
    "instruction",
    [
        "Do not use small letters.",
        "No lowercase.",
        "Answer in capital letters.",
        "Use UPPERCASE.",
        "Réponds en majuscules.",
        "Antworte in Großbuchstaben.",
    ],
)
def test_an_instruction_for_capitals_lets_labels_become_capitals(instruction):
    assert words("label-case", instruction) == {"POSITIVE", "NEGATIVE"}


def test_a_key_gives_one_word_where_one_word_is_asked_for():
    for instruction in (
        "Answer with exactly one word.",
        "Give a single word.",
        "Answer with one English word.",
        "Responde con una palabra.",
        "Antworte mit einem Wort.",
    ):
        found = words("label-key", instruction)
        assert not found & {"1", "2", "A", "B"} and all(word.isalpha() for word in found), instruction
    assert "good" in words("label-key", "Answer with exactly one word.")
    entails = replace(REVIEW, choices=("entailment", "not entailment"))
    assert "does not follow" in words("label-key", "Say what holds.", entails)
    assert {"1", "A", "good"} <= words("label-key", "Say what holds.")


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Answer with a number.", {"1", "2"}),
        ("Give only a digit.", {"1", "2"}),
        ("Answer in digits only.", {"1", "2"}),
        ("Answer numerically.", {"1", "2"}),
        ("The answer should be a number.", {"1", "2"}),
        ("Give a numeric answer.", {"1", "2"}),
        ("Reply with one character.", {"A", "B"}),
        ("Answer with an eight-letter word.", set()),
        ("Answer with one letter.", {"A", "B"}),
        (
            "Answer in lower case.",
            {"1", "2", "good", "bad", "great", "terrible", "yes", "no", "up", "down", "praise", "criticism"},
        ),
        ("Copy the label verbatim.", set()),
        ("Use only these words: positive, negative.", set()),
        ("Answer only with positive or negative.", set()),
        ("Say positive or negative, nothing else.", set()),
        ("Reply positive/negative only.", set()),
    ],
)
def test_a_key_keeps_the_form_that_is_asked_for(instruction, expected):
    assert words("label-key", instruction) == expected


def test_label_words_keep_the_form_that_is_asked_for():
    relevant = replace(REVIEW, choices=("relevant", "irrelevant"))
    assert words("label-words", "Is it relevant or irrelevant?", relevant) >= {"on topic", "pertinent"} - {"pertinent"}
    assert words("label-words", "In one word: is it relevant or irrelevant?", relevant) == set()
    assert words("label-words", "Positive or negative? Answer verbatim.") == set()


def test_labels_whose_letters_have_no_capital_of_their_own_keep_their_case():
    assert {
        one for one in words("label-case", "Say which.", replace(REVIEW, choices=("groß", "klein"))) if "SS" in one
    } == set()
    assert words("label-case", "Say which.", replace(REVIEW, choices=("İyi", "Kötü"))) == set()
    assert words("label-case", "Say which.", replace(REVIEW, choices=("iyi", "kötü"))) == set()
    turkish = replace(REVIEW, choices=("iyi", "kötü"), fields=(Field("Yorum", "Bu film çok iyi ve güzel bir film."),))
    assert words("label-case", "Yorum iyi mi kötü mü? Cevapla.", turkish) == set()


def test_a_list_of_the_labels_alone_does_not_forbid_a_key():
    assert "good" in words("label-key", "Answer positive or negative.")
    assert "good" in words("label-key", "Only read the text. Is it positive or negative?")
