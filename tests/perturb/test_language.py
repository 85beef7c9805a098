"""English words are added to, and read in, English alone; other languages lose no word in casing and typos."""

import re
from dataclasses import replace

import pytest
from seen import samples

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.helpers.language import is_english, language
from probe.perturb.words import read, word_set
from probe.prompt.render import cased, render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Layout, Prompt

OTHER = """
Beantworte die Frage. | Nenne die Hauptstadt von Frankreich.
Entscheide, ob die Rezension positiv oder negativ ist. | Ist die Aussage wahr? | Wähle die richtige Antwort.
Trả lời câu hỏi sau. | Thủ đô của Pháp là gì? | प्रश्न का उत्तर दीजिए। | फ्रांस की राजधानी क्या है?
Réponds à la question. | Quelle est la capitale de la France ? | Choisissez la bonne réponse.
Responde la pregunta. | ¿Cuál es la capital de Francia? | Elige la respuesta correcta. | Responda à pergunta.
Qual é a capital da França? | Rispondi alla domanda. | Qual è la capitale della Francia? | Beantwoord de vraag.
Wat is de hoofdstad van Frankrijk? | Svara på frågan. | Hva er hovedstaden i Frankrike? | Vastaa kysymykseen.
Odpowiedz na pytanie. | Odpověz na otázku. | Răspunde la întrebare. | Válaszolj a kérdésre. | Soruyu cevapla.
Fransa'nın başkenti neresidir? | Jawablah pertanyaan berikut. | Jibu swali. | Sagutin ang tanong.
Ответь на вопрос. | 回答问题。 | 質問に答えてください。 | 질문에 답하세요. | أجب عن السؤال. | ענה על השאלה.
Απάντησε στην ερώτηση. | ตอบคำถาม | Decide si la reseña es positiva o negativa.
Indique si l'avis est positif ou négatif. | Klassificeer de recensie.
Classifica la recensione come positiva o negativa. | Der Film war in der ersten Stunde gut.
Es war so gut wie nie. | La comida no me gusta. | On a dit que non. | O filme foi bom. | A casa é bonita.
Il film era bello. | A film jó volt. | Film güzeldi ve oyuncular iyiydi. | Was ist das?
Wer hat Hamlet geschrieben? | Guten Tag, wie geht es Ihnen? | Übersetze ins Englische: Guten Morgen
Frage: Wo wohnt Anna? | NENNE DIE HAUPTSTADT. | Film był dobry. | Fasse den Artikel zusammen.
Résumez l'article. | Vrai ou faux ? | Riassumi l'articolo. | Vat het artikel samen. | Sammanfatta artikeln.
Bewerte den Text. | Lösche das Update. | Kategorisiere den Text. | Wer gewann? | Wer schrieb Faust?
Welche Farbe? | Stimmung?
Tolles Hotel, gerne wieder! | Paket kam kaputt an. | Hauptstadt von Peru? | Capitale du Pérou ?
Quel fleuve ? | ¿Qué color?
Quem ganhou? | Vem vann? | Geweldig hotel. | Oceń tekst. | यह movie बहुत boring थी। | मूड क्या है? Positive या negative?
Bhai, kal office nahi aa raha hoon. | Der Call mit dem Client war nice. | Entrega tardía. | Pacco arrivato rotto.
Streść artykuł. | Shrň článek. | Makaleyi özetle. | Ringkas artikel itu. | لخص المقال.
"""
ENGLISH = """
Decide whether it is good. | Answer the question. | A joy. | Go | Say which. | Choose. | Name the capital.
Rio de Janeiro | The café is near the Champs-Élysées. | Leonardo da Vinci painted the Mona Lisa.
Die Hard is a film. | walk | No. | yes | separate restaurant | sort: syndrome therefrom amatory dizzy
Who wrote Les Misérables? | Is El Niño a wind? | résumé | Teh moive wsa graet, teh actors to.
def f(x): return x + 1 | Translate "Guten Morgen" into English. | Dijon mustard | What does "c'est la vie" mean?
The schadenfreude of the bourgeoisie. | She said "je ne sais quoi" to him. | Was he in? | I am in La Paz.
Am I so? | Did he die? | List: der, die, das. Which is feminine? | Osama bin Laden was killed in 2011.
The Los Angeles Lakers won. | Van Gogh was born in Zundert. | Ludwig van Beethoven | São Paulo | Write one word.
x = 5; y = 7 | 😀 | 3 + 4 | To be or not to be | He has a son. | Let me see. | Comment on the text.
Gift shops sell presents. | It rains on me. | Is a a vowel? | Sentiment | Pho was superb!
Translate to Hindi: the cat | Ali ate lunch. | relinquish yang merry maladjust olefin canaan ranch batavia
sudan earthy inmate announce co clayton carp phonetic | Der Spiegel is a German magazine.
La La Land won six awards. | Pain is temporary. | Capital | Man bites dog. | Dame Judi sings. | Van hits car
Lorem ipsum dolor sit amet | SELECT name FROM users WHERE id = 3 | Mia met Leo. | ANSWER THE QUESTION.
No devotee of FK Partizan is an admirer of Qarabağ FK. | Decide Whether The Review Is Good.
Was ist das? is a question in German.
Bewerte means rate. | What does पानी mean? | α + β = γ | Nice pasta al dente.
Great room, awful food. | Ali ate lunch?
Willem de Kooning painted it. | Otto von Bismarck unified Germany. | Antoine de Saint-Exupéry flew planes.
Das Kapital sold well.
Nguyễn Văn Thiệu fled Saigon. | Le Monde reported it. | Paris, Rome, Berlin | Parcel late. | Kim beat Lee.
"""


def cases(table: str) -> list[str]:
    return [one.strip() for line in table.strip().split("\n") for one in line.split("|")]


@pytest.mark.parametrize("text", cases(OTHER))
def test_a_text_in_another_language_is_not_taken_for_english(text):
    assert language(text)[0] == "other"


@pytest.mark.parametrize("text", cases(ENGLISH))
def test_an_english_text_with_foreign_words_and_a_text_of_no_language_are_not_taken_for_another(text):
    assert language(text)[0] != "other"
    assert is_english(Prompt(text, ()))


FOREIGN = {
    "de": (
        "Entscheide, ob die Rezension positiv oder negativ ist.",
        "Rezension",
        "Der Film ist nicht gut, und er war so lang.",
        "Urteil",
    ),
    "fr": (
        "Indique si la critique est positive ou négative.",
        "Critique",
        "Le film est long, or il est bon et il plaît.",
        "Avis",
    ),
    "es": (
        "Decide si la reseña es positiva o negativa.",
        "Reseña",
        "La película no es buena, pero me gusta el final.",
        "Juicio",
    ),
    "it": (
        "Decidi se la recensione è positiva o negativa.",
        "Recensione",
        "Il film non è bello, ma la fine è buona.",
        "Giudizio",
    ),
    "pt": (
        "Decida se a resenha é positiva ou negativa.",
        "Resenha",
        "O filme não é bom, mas eu gosto do final.",
        "Juízo",
    ),
    "nl": (
        "Bepaal of de recensie positief of negatief is.",
        "Recensie",
        "De film is niet goed, maar het einde was mooi.",
        "Oordeel",
    ),
    "vi": (
        "Hãy cho biết bài đánh giá là tích cực hay tiêu cực.",
        "Bài",
        "Bộ phim không hay nhưng tôi thích đoạn kết.",
        "Ý kiến",
    ),
    "hi": ("बताइए कि समीक्षा सकारात्मक है या नकारात्मक।", "समीक्षा", "फ़िल्म अच्छी नहीं है, पर अंत अच्छा है।", "राय"),
    "tr": ("Yorumun olumlu mu olumsuz mu olduğunu belirt.", "Yorum", "Bu film iyi değil ama sonu çok güzel.", "Karar"),
    "ru": (
        "Реши, положительный это отзыв или отрицательный.",
        "Отзыв",
        "Фильм не очень хорош, но конец мне нравится.",
        "Ответ",
    ),
    "zh": ("判断这条评论是正面还是负面。", "评论", "这部电影不好看，但结局不错。", "判断"),
    "id": (
        "Tentukan apakah ulasan ini positif atau negatif.",
        "Ulasan",
        "Film itu tidak bagus, tetapi saya suka akhirnya.",
        "Hasil",
    ),
    "pl": (
        "Zdecyduj, czy recenzja jest pozytywna czy negatywna.",
        "Recenzja",
        "Film nie jest dobry, ale podoba mi się koniec.",
        "Ocena",
    ),
    "ar": ("حدد ما إذا كان التعليق إيجابيا أم سلبيا.", "تعليق", "الفيلم ليس جيدا ولكن النهاية جميلة.", "رأي"),
}
LABELS = ("positive", "negative")


def foreign_item(name: str) -> Item:
    instruction, field, text, answer = FOREIGN[name]
    shots = tuple(Demonstration((Field(field, text[::2]),), label) for label in LABELS)
    prompt = Prompt(instruction, (Field(field, text),), LABELS, answer_field=answer, demonstrations=shots)
    return Item(name, prompt, "negative", pool=shots)


def english_words() -> set[str]:
    """Return the English words that the shipped lists add, and frequent ones."""
    listed = [read("wording")[key] for key in ("greetings", "please", "thanks", "openers", "fillers")]
    listed += [read("distraction")[key] for key in ("tautologies", "sentences", "paragraphs")]
    listed += [read("labels")[key] for key in ("keys", "listings")]
    said = " ".join(text for row in listed for text in row).lower()
    return (
        set(re.findall(r"[a-z]{2,}", said))
        | word_set("typos", "real_words")
        | {"wrong", "query", "text", "passage", "will", "not"}
    )


@pytest.mark.parametrize("name", FOREIGN)
def test_no_perturbation_adds_english_words_to_a_prompt_in_another_language(name):
    item = foreign_item(name)
    before = {word.lower() for word in re.findall(r"[^\s.,:;\"]+", render(item.prompt))}
    for perturbation in perturbations.values():
        if perturbation.family == "structure":  # the names of its tags, keys and roles are code
            continue
        for seed in range(12):
            asked = perturbation.apply(item, rng_for(seed, perturbation.name))
            if asked is not None:
                after = {word.lower() for word in re.findall(r"[^\s.,:;\"]+", render(asked.prompt))}
                assert not (after - before) & english_words(), f"{perturbation.name}: {asked.prompt}"


def test_the_property_meets_what_adds_english_words():
    english = replace(
        foreign_item("de"), prompt=replace(foreign_item("de").prompt, instruction="Decide whether it is good.")
    )
    adding = [
        p.name
        for p in perturbations.values()
        if any(p.apply(english, rng_for(n)) for n in range(5))
        and not any(p.apply(foreign_item("de"), rng_for(n)) for n in range(5))
    ]
    assert len(adding) >= 15 and {
        "wording-filler",
        "wording-politeness",
        "grammar-tense",
        "distraction-sentence",
        "label-key",
    } <= set(adding)


def test_an_english_instruction_over_a_foreign_text_is_still_reworded_and_the_text_is_not():
    item = foreign_item("de")
    item = replace(item, prompt=replace(item.prompt, instruction="Decide whether it is not good."))
    assert samples("wording-filler", item) and samples("distraction-sentence", item)
    assert {asked.prompt.fields for asked in samples("wording-contraction", item)} <= {item.prompt.fields}
    other = replace(
        item,
        prompt=replace(
            item.prompt, instruction=FOREIGN["de"][0], fields=(Field("Text", "It is not clear that he has gone."),)
        ),
    )
    assert {asked.prompt.fields[0].text for asked in samples("wording-contraction", other)} == {
        "It's not clear that he's gone."
    }
    assert samples("wording-filler", other) == []


@pytest.mark.parametrize("name", ["de", "fr", "es", "it", "pt", "nl", "id", "pl", "tr"])
@pytest.mark.parametrize(
    "slip", ["typo-keyboard", "typo-swap", "typo-drop", "typo-double", "typo-ocr", "typo-misspelling", "typo-space"]
)
def test_no_slip_makes_another_word_of_a_text_in_another_language(name, slip):
    for asked in samples(f"{slip}@1", foreign_item(name), 30):
        old = set(re.findall(r"\S+", render(foreign_item(name).prompt)))
        for word in set(re.findall(r"\S+", render(asked.prompt))) - old:
            assert re.search(r"[\d|]|.[IS]|[bcdfghjklmnpqrstvwxz]{5}|(.)\1\1|\ufb01|\ufb02", word), word


def test_look_alikes_make_no_word_of_any_language_and_are_still_put_in():
    assert len({asked.prompt.fields for asked in samples("typo-homoglyph", foreign_item("fr"))}) > 3


def test_words_that_a_slip_would_make_other_words_of_stay():
    text = "Der Hase ist auf der Wiese, und die Rose ist in der Vase."
    item = Item("1", Prompt("Beantworte die Frage.", (Field("Text", text),)), "nichts")
    for name in ("typo-keyboard@1", "typo-drop@1", "typo-swap@1", "typo-double@1"):
        assert {asked.prompt.fields[0].text for asked in samples(name, item)} <= {text}


# casing


@pytest.mark.parametrize("what", ["lower", "upper", "title", "first", "random"])
def test_a_turkish_text_keeps_its_case_and_a_german_one_changes_it(what):
    assert samples(f"casing-{what}", foreign_item("tr")) == []
    assert samples(f"casing-{what}", foreign_item("de"))


def test_letters_that_do_not_come_back_keep_their_case():
    texts = "straße ﬁn ŉa İstanbul O'Brien L'Oréal iPhone NASA XIV McCoy"
    item = Item("1", Prompt("", (Field("Text", texts),)), "free")
    [upper] = {asked.prompt.fields[0].text for asked in samples("casing-upper", item)} or {texts}
    assert upper == texts
    greek = Item("1", Prompt("", (Field("Text", "ο λόγος του"),)), "free")
    assert {asked.prompt.fields[0].text.lower() for asked in samples("casing-upper", greek)} == {"ο λόγος του"}


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("customer's message", "Customer's Message"),
        ("customer\u2019s message", "Customer\u2019s Message"),
        ("what he doesn't say", "What He Doesn't Say"),
        ("l'avis d'Anna", "L'avis D'anna"),
        ("step-by-step", "Step-By-Step"),
        ("text 1", "Text 1"),
        ("FAQ", "Faq"),
        ("été", "Été"),
    ],
)
def test_title_case_gives_a_word_with_an_apostrophe_one_capital(written, title):
    assert cased(Layout(casing="title"), written) == title


def test_title_case_of_texts_leaves_the_letter_after_an_apostrophe_small():
    text = "the customer's dog didn't eat o'clock rock 'n' roll"
    item = Item("1", Prompt("", (Field("Text", text),)), "free")
    [title] = {asked.prompt.fields[0].text for asked in samples("casing-title", item)}
    assert title == "The Customer's Dog Didn't Eat O'clock Rock 'n' Roll"


@pytest.mark.parametrize(
    ("field", "instruction", "lost"), [("Straße", "Name the street.", "STRASSE"), ("Metin", FOREIGN["tr"][0], "METIN")]
)
def test_descriptors_whose_letters_have_no_capital_of_their_own_keep_their_case(field, instruction, lost):
    prompt = Prompt(instruction, (Field(field, "Bu metin çok iyi ve güzel."),), answer_field="Cevap")
    drawn = [
        asked.prompt
        for name in ("format-casing", "format-layout")
        for asked in samples(name, Item("1", prompt, "x"), 100)
    ]
    assert len({asked.layout for asked in drawn}) > 30
    assert not any(lost in render(asked) for asked in drawn)
