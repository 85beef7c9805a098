"""What the family `wording` has beside synonyms of the instruction: contractions, politeness, fillers, WordNet."""

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.wording.wordnet import synonyms, table_of
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt


def in_field(name: str, text: str, *, target: str = "free") -> str | None:
    """Return what becomes of a field's text at full strength; None where nothing does."""
    perturbation = perturbations.get(name).at(1.0)
    asked = perturbation.apply(Item("i", Prompt("", (Field("Text", text),)), target), rng_for(0))
    return None if asked is None else asked.prompt.fields[0].text


def instructions(name: str, instruction: str, *, samples: int = 80, **more) -> set[str]:
    item = Item("i", Prompt(instruction, (Field("Text", "A joy."),), ("yes", "no"), **more), "yes")
    asked = [perturbations.get(name).apply(item, rng_for(seed)) for seed in range(samples)]
    return {one.prompt.instruction for one in asked if one is not None}


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("It is not clear that he has gone.", "It's not clear that he's gone."),
        ("She cannot go and they are not here.", "She can't go and they're not here."),
        ("The driver did not pay. He will not stay.", "The driver didn't pay. He won't stay."),
        ("I am sure that you would like it.", "I'm sure that you'd like it."),
    ],
)
def test_verbs_and_negations_are_contracted(long, short):
    assert in_field("wording-contraction", long) == short


@pytest.mark.parametrize(
    "text",
    [
        "I know where it is today.",
        "Tell me what they are about.",
        "Yes, it is.",
        "It has a tail.",
        "We have a car.",
        'He said: "It is not here."',
        "Is it not so?",
    ],
)
def test_what_may_not_be_contracted_stays(text):
    assert in_field("wording-contraction", text) is None


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("He's gone.", "He has gone."),
        ("He's a doctor.", "He is a doctor."),
        ("It's been long; it's not been easy.", "It has been long; it has not been easy."),
        ("It's really a bird.", "It is really a bird."),
        ("I'd like that. You'd better go.", "I would like that. You had better go."),
        ("They won't come, I can't stay.", "They will not come, I cannot stay."),
        ("We've seen it. Let's go.", "We have seen it. Let us go."),
        ("Don't answer twice.", "Do not answer twice."),
        ("She isn\u2019t here.", "She is not here."),
        ("What's the matter?", "What is the matter?"),
    ],
)
def test_contractions_are_written_out_by_what_they_stand_for(short, long):
    assert in_field("wording-expansion", short) == long


@pytest.mark.parametrize(
    "text",
    [
        "Ann's car.",
        "He's broken.",
        "He'd walked.",
        "Isn't it nice?",
        "Why don't you go?",
        "Don't all birds fly?",
        "It's time's.",
    ],
)
def test_what_may_stand_for_two_things_stays(text):
    assert in_field("wording-expansion", text) is None


def test_an_answer_is_neither_contracted_nor_written_out():
    assert in_field("wording-contraction", "Then it is not here.", target="it is not here") is None
    assert in_field("wording-expansion", "List: isn't apple they've", target="apple isn't they've") is None


def test_a_strength_says_how_many_places_are_edited():
    text = "It is not here. He is not there. She is not well. We are not sure."
    item = Item("i", Prompt("", (Field("Text", text),)), "free")
    asked = perturbations.get("wording-contraction").at(0.25).apply(item, rng_for(3))
    assert asked is not None
    assert asked.prompt.fields[0].text.count("'") == 1


def test_politeness_greets_asks_and_thanks():
    asked = instructions("wording-politeness", "Decide whether it is so.", samples=400)
    assert "Please decide whether it is so." in asked
    assert "Please decide whether it is so. Thank you." in asked
    assert "Hello. Decide whether it is so. Many thanks." in asked
    assert len(asked) >= 8


def test_politeness_leaves_out_a_please():
    assert instructions("wording-politeness", "Please identify the error. Answer with A or B.") == {
        "Identify the error. Answer with A or B."
    }


def test_politeness_thanks_nobody_before_a_colon_or_in_a_template():
    assert instructions("wording-politeness", "Sort the words:", samples=200) == {
        "Please sort the words:",
        "Kindly sort the words:",
        "If you would, please sort the words:",
        "When you are ready, please sort the words:",
    }
    template = "Decide whether it is so.\nText: {Text}\nAnswer:"
    asked = instructions("wording-politeness", template, samples=200, is_template=True)
    assert asked and all(text.endswith("it is so.\nText: {Text}\nAnswer:") for text in asked)


def test_fillers_stand_before_the_command_or_the_first_sentence():
    asked = instructions("wording-filler", "Decide whether it is so.", samples=400)
    assert "Okay, so decide whether it is so." in asked
    assert "Just decide whether it is so." in asked
    assert len(asked) >= 8
    assert "Well, is the text good?" in instructions("wording-filler", "Is the text good?", samples=200)


@pytest.mark.parametrize("instruction", ["", "Go", "\u05d4\u05d0\u05dd \u05d6\u05d4?", "Ann is here."])
def test_a_filler_is_put_before_no_name_and_no_unknown_word(instruction):
    assert instructions("wording-filler", instruction) == set()


SENSES = """\
attorney%1:18:00:: 10249270 1 19
lawyer%1:18:00:: 10249270 1 40
bank%1:14:00:: 08420278 1 10
bank%1:17:01:: 09213565 2 9
depot%1:14:00:: 08420278 1 10
huge%5:00:01:large:00 01387319 1 30
immense%5:00:00:large:00 01387319 1 12
vast%5:00:00:large:00 01387319 1 2
hurry%2:38:00:: 02055649 1 20
rush%2:38:00:: 02055649 1 20
instructor%1:18:00:: 10694258 1 5
teacher%1:18:00:: 10694258 1 50
"""


def test_a_table_holds_only_words_of_one_sense_one_part_of_speech_and_some_use():
    table = table_of(SENSES.splitlines())
    assert table["attorney"] == ("lawyer",)
    assert table["teachers"] == ("instructors",)
    assert table["huge"] == ("immense",), "vast is tagged too seldom"
    assert not {"bank", "depot", "hurry", "rush", "hugs", "huges"} & set(table)


@pytest.fixture
def wordnet(tmp_path, monkeypatch):
    (tmp_path / "index.sense").write_text(SENSES, encoding="utf-8")
    monkeypatch.setenv("WNSEARCHDIR", str(tmp_path))
    synonyms.cache_clear()
    yield tmp_path
    synonyms.cache_clear()


def test_synonyms_of_wordnet_stand_everywhere_and_take_their_article(wordnet):
    assert in_field("wording-wordnet", "A teacher met a teacher.") == "An instructor met an instructor."
    assert in_field("wording-wordnet", "The huge hall.") == "The immense hall."


def test_what_an_answer_is_made_of_has_no_synonym(wordnet):
    assert in_field("wording-wordnet", "The lawyer left.", target="lawyer") is None


def test_without_a_wordnet_nothing_applies_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr("probe.perturb.wording.wordnet._places", lambda folder: [tmp_path / "nowhere"])
    synonyms.cache_clear()
    assert in_field("wording-wordnet", "The lawyer left.") is None
    synonyms.cache_clear()


def test_a_wordnet_is_read_from_an_archive(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "wordnet.zip", "w") as archive:
        archive.writestr("wordnet/index.sense", SENSES)
    synonyms.cache_clear()
    assert synonyms(str(tmp_path / "wordnet"))["lawyer"] == ("attorney",)
    synonyms.cache_clear()


def test_the_wide_tier_is_drawn_only_where_it_is_named():
    assert not perturbations.get("wording-wordnet").is_default
