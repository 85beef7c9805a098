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


KEPT_LONG = """
The boys would have not gone there. | The boys might have not seen it. | We could not only see it.
She did not merely win. | He may have not seen that. | It seems to have not rained.
He showed the will not to give up. | The will not to yield is rare. | Her will not to lose was great.
He cannot but laugh. | Here it is again. | There they are now, all three. | My brother and I are here.
Either he or she is right. | Both you and they are right.
Ann and I will go. | You and he are right. | The man behind it is tall. | The one near you will win.
A book about it is long. | Those who saw you are here. | He left, but she is too.
I never was, but you are now. | Yes, it is. | I am. | Is it not so? | He is, and she has.
How old you are is known. | Whoever they are may stay. | It is, I think. | What they are not is poor.
It Is Not Here. | DO NOT STOP. | He IS NOT here. | She does so, does she not? | He would if he could.
They would than not. | It has a tail.
"""
MADE_SHORT = {
    "They did not come.": "They didn't come.",
    "The boy is not to be told.": "The boy isn't to be told.",
    "They would have not gone.": "They'd have not gone.",
    "I was not there, and he does not know.": "I wasn't there, and he doesn't know.",
    "I think it is good, but you are late.": "I think it's good, but you're late.",
    "He said that they are happy there.": "He said that they're happy there.",
    "It is too late.": "It's too late.",
    "We have been there and he has gone.": "We've been there and he's gone.",
    "I am not sure.": "I'm not sure.",
    "You cannot go there.": "You can't go there.",
    "Anna left and she will come back.": "Anna left and she'll come back.",
}
KEPT_SHORT = """
What's that mean? | Where's that come from? | How's that work? | What's this do? | What's the dog want?
What's your name mean? | Where's the road go?
Who's the king think of? | DON'T STOP. | WON'T YOU? | I WON'T GO. | IT'S LATE. | He wouldn't've gone.
Isn't he here? | Won't they come? | He ain't here. | He'd walked. | Ann's here. | It's Ann's. | Customers' bags
He's broken. | The dog's barking. | She's done. | Who's there? | Why doesn't the king go? | Shan't we?
rock 'n' roll | It's tail is long. | Doesn't every bird fly? | Can't you?
"""
MADE_LONG = {
    "What's the capital of France?": "What is the capital of France?",
    "Where's the key?": "Where is the key?",
    "What's the matter?": "What is the matter?",
    "Let's not go.": "Let us not go.",
    "She hasn't come; they can't know.": "She has not come; they cannot know.",
    "That's a bird that isn't here.": "That is a bird that is not here.",
    "I'd like to, but you'd better go.": "I would like to, but you had better go.",
    "It's got a tail.": "It has got a tail.",
}


@pytest.mark.parametrize("text", [one.strip() for line in KEPT_LONG.strip().split("\n") for one in line.split("|")])
def test_a_verb_that_is_stressed_a_noun_an_infinitive_or_no_verb_of_the_pronoun_is_not_contracted(text):
    assert in_field("wording-contraction", text) is None


@pytest.mark.parametrize("text", [one.strip() for line in KEPT_SHORT.strip().split("\n") for one in line.split("|")])
def test_a_short_form_of_which_the_long_one_is_not_certain_stays(text):
    assert in_field("wording-expansion", text) is None


@pytest.mark.parametrize("text", MADE_SHORT)
def test_what_is_certain_is_contracted_as_ever(text):
    assert in_field("wording-contraction", text) == MADE_SHORT[text]


@pytest.mark.parametrize("text", MADE_LONG)
def test_what_is_certain_is_written_out_as_ever(text):
    assert in_field("wording-expansion", text) == MADE_LONG[text]


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
