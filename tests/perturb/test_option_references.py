"""Options, questions and instructions that speak of options by place, symbol or kind of symbol, and near ones that do not."""

from dataclasses import replace

import pytest

from probe.perturb import select
from probe.perturb.helpers.option_references import EVERY, references
from probe.prompt.render import render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt

PLAIN = ("copper", "iron", "lead")
ASK = Prompt("Choose the right answer.", (Field("Question", "Which metal rusts?"),), PLAIN, list_choices=True)


def options(*last: str) -> Prompt:
    return replace(ASK, choices=(*PLAIN, *last))


def made(name: str, prompt: Prompt, num: int = 40) -> list[Prompt]:
    [perturbation] = select([name])
    asked = [perturbation.apply(Item("1", prompt, prompt.choices[1]), rng_for(name, n)) for n in range(num)]
    return [one.prompt for one in asked if one is not None]


ORDERS = ("order-options", "order-shift", "order-all", "order-with-symbols")
SYMBOLS = (
    "label-symbols",
    "label-shift",
    "format-options",
    "format-layout",
    "format-neighbour",
    "format-test-unseen-space",
)

OF_LETTERS = """
A and B only | Both A and B | both A and B. | Neither A nor C | (A) and (B) | A and C | A, B and C | A & C
Only B | B only | Both (a) and (b) | All except C | A but not B | Either A or C | Options A and B
Answer B and answer C | Same as A | Not B | A and B are correct | Only (C) | A or B | None of A, B or C
Both [A] and [C] | A, C | Same as option B | Option B is false | A y B | Tanto A como C son correctas
A et C seulement | Sowohl A als auch B | Weder A noch B | Antwort A und B | A e C | Zowel A als B | A och C
A og B | A i B | A oraz C | A ve B | A và B | Cả A và B đều đúng | A dan C | A si C | A și B | A és C | A ja B
А и Б | Только Б и В | Α και Β | A와 B | A和B | A、C都对 | AとBの両方 | A और B | (क) और (ख) | Réponses A et B
Respuesta C | Die Antworten A und C sind richtig | A and C are both true | Any of A to C | B and C, but not A
A, B & C | Both a) and b) | A as well as B | A and B above | Either A or B, depending on the weather
Options (b) and (c) | Opciones a y b | Les réponses a et b | A、B都不对 | أ و ب
A/B | B / C | A+B | A + B only | A and/or B | A plus B | A-C | A–C | Both "A" and "B" | “A” and “C”
'B' and 'C' | Ⓐ and Ⓑ | A・B | AかB
All except for B | Anything but C | Everything except A | Two of A, B, C | At least one of A and B
Exactly one of A and C
A combination of A and B | A mix of B and C | It is either A or B | C alone is sufficient | B oder C
Baik A maupun B | Bukan A
Tanto A quanto B | Оба варианта А и Б | A와 C 둘 다 | A aur B dono
"""
OF_PLACES = """
None of the above | All of the above. | all of these | None of these | Any of the above | Both of the above
Two of the above | The first two | the last two options | Only the first two | The first and the third
All but the last | The other two | The others | The options above | All the options below | Same as above
Neither of these | More than one of the above | Both of them | Each of the other options
None of the other answers | Both above | The above | No other choice | either of the others
the answers listed above | All the above are correct | All of the options | Todas las anteriores
Ninguna de las anteriores | Ninguna de las opciones es correcta | Las dos primeras | Todas las respuestas
Toutes ces réponses | Aucune de ces réponses | Toutes les réponses ci-dessus | Aucun de ces choix
Les deux premières réponses | Alle der genannten | Keine der genannten | Alle oben genannten | Keine davon
Die ersten beiden | Alle Antworten sind richtig | Todas as anteriores | Nenhuma das anteriores
Nenhuma das alternativas | Todas as opções acima | As duas primeiras | Tutte le precedenti
Nessuna delle precedenti | Tutte le risposte sono corrette | Le prime due | Alle bovenstaande
Geen van bovenstaande | Geen van deze | Alla ovanstående | Inget av ovanstående | Ingen av de ovenfor
Alle svarene | Wszystkie powyższe | Żadna z powyższych | Žádná z uvedených | Všechny výše uvedené
Всё вышеперечисленное | Все перечисленные | все вышеперечисленное | Ни один из вариантов
Ничего из перечисленного | Первые два | Усі перелічені | Всички изброени | Yukarıdakilerin hepsi
Bunların hiçbiri | Hiçbiri yukarıdakilerden | Tất cả các đáp án trên | Không có đáp án nào đúng
Semua jawaban benar | Tidak ada jawaban yang benar | Semua di atas | Toate cele de mai sus
Niciuna dintre variante | Mindegyik fenti | A fentiek közül egyik sem | Kaikki edellä mainitut
Ei mikään edellisistä | Όλα τα παραπάνω | Κανένα από τα παραπάνω | उपरोक्त सभी | उपर्युक्त में से कोई नहीं
इनमें से कोई नहीं | উপরের সবগুলো | 以上全部 | 以上都不是 | 以上皆是 | 上述所有选项 | 前两个 | 上記すべて
上記のいずれでもない | これらのすべて | 위의 모두 | 위 항목 모두 | ถูกทุกข้อ | ไม่มีข้อใดถูก | جميع ما سبق
لا شيء مما سبق | همه موارد | כל התשובות נכונות | אף אחת מהתשובות לעיל | Lahat ng nabanggit
None of the listed metals | All these | The preceding two | None of the metals mentioned | Todas ellas
Keine Antwort ist richtig | Options 1 and 2 | The first option
Both (1) and (2) | (1) and (3) only | ①② | ② and ③ | #1 and #2 | Both (i) and (ii) | Choices 1 & 2
The former | the latter only | The last option
The first answer | The second one | Neither of the two | The two above | The rest | None of them are correct
All are correct | Both are true
None is correct | Neither is right | Both options | All answers are right | No answer is correct | Not listed
The correct answer is not listed
NOTA | Todas son correctas | Ninguna es correcta | Toutes sont vraies | Alle sind richtig
Tutte sono corrette | Todas estão corretas
Hepsi doğru | Không câu nào đúng | 全都正确 | 没有正确答案 | 모두 정답 | すべて正しい | Neither the first nor the second
"""
ORDINARY = """
All three | All | Both | Neither | None | Some | Any | Every day | All year | Both hands | Vitamin A and B
Vitamins A and D | Type A blood | Type B | Hepatitis B | Hepatitis A and B | The A and E department
A and E department | Plan B | plan A and plan B | C major and A minor | C and G | An apple | A pear
A dog and a cat | A correct guess | the first World War | The First World War | the last two years
the first two weeks of May | the last three kings of Rome | above sea level | two metres above sea level
below zero | The sky above | a below-average score | She stood above it | both sides of the river
All the people | Most of the time | Not today | Only children | No answer was given to him | one of a kind
None but the brave | All of Europe | Two thirds | I and III only | I only | II and IV | I, II and III
Statements I and II | 1 and 3 only | B&B | R&B | C++ | A4 | B12 | E and F | Boyle and A. Smith | A. Lincoln
B. Franklin | Mr. B | D-Day | X and Y | x and y | a and an | b | The letter B | Grade A and grade B | Todas
Todos los días | Toutes | Tous les jours | Alle | Alle Kinder | Beide | Keine Ahnung | Tutti | Nessuno
Todos os dias | Ambos | Allemaal | Alla barn | Wszyscy ludzie | Все люди | Ничего | Hepsi | Semua orang
Tất cả mọi người | Mindenki | 全部 | 都不是 | すべて | 모두 | सभी | 18岁以上 | 三个月以上 | 上海 | 上の子
Les propositions de loi | Eine Reihe von Fragen | más opciones | A la una | A Roma | A Coruña | A Berlino
Mark A. Smith | the first option trader | The last option contract | A. B. Paterson | A+ | B- | A/B testing
C/C++ | a/b | 1/2 | A-B-C of cooking
Some of them died | All of them had died | All right | All wrong turns | Both parties | Both true friends
The former king | The latter days
The second one hundred | The rest of the day | No option was left | Not true | Exactly two | At least one
A mix of salt and sand | (1)
A is for apple | B is for bear, C is for cat | The last one standing | 以上海为例 | 모두 함께 | Alle Wege sind lang
"""


def cases(table: str) -> list[str]:
    return [one.strip() for line in table.strip().split("\n") for one in line.split("|")]


@pytest.mark.parametrize("option", cases(OF_LETTERS))
def test_an_option_that_names_others_by_letter_keeps_order_and_symbols(option):
    found = references(options(option))
    assert found.symbols and found.fix_order and not any(map(found.fits, EVERY))


@pytest.mark.parametrize("option", cases(OF_PLACES))
def test_an_option_that_names_others_by_place_keeps_the_order_and_lets_the_symbols_change(option):
    found = references(options(option))
    assert found.places and found.fix_order and not found.symbols


@pytest.mark.parametrize("option", cases(ORDINARY))
def test_an_ordinary_option_is_no_reference(option):
    found = references(options(option))
    assert not found.places and not found.symbols, found


@pytest.mark.parametrize("option", ["Both A and B", "Neither A nor C", "(A) and (B)"])
def test_no_order_and_no_symbols_change_under_an_option_that_names_letters(option):
    prompt = options(option)
    assert [name for name in ORDERS if made(name, prompt)] == []
    for name in SYMBOLS:
        for asked in made(name, prompt):
            kept = (asked.layout.numbering, asked.layout.option_wrapper, asked.symbol_shift, asked.choices)
            assert kept == ("upper", "{}.", 0, prompt.choices), name
    assert made("label-symbols", prompt) == made("label-shift", prompt) == []
    assert len({asked.layout for asked in made("format-layout", prompt)}) > 10, (
        "the rest of the layout is drawn as ever"
    )


def test_letters_that_name_options_keep_their_case():
    words = {word for asked in made("label-case", options("Both A and B")) for _, word in asked.verbalizer}
    assert "BOTH A AND B" in words and "both a and b" not in words
    assert "both hands" in {word for asked in made("label-case", options("Both Hands")) for _, word in asked.verbalizer}


@pytest.mark.parametrize(
    ("numbering", "last"),
    [
        ("digit", "Both 1 and 2"),
        ("digit", "1 and 3 only"),
        ("lower", "a and b only"),
        ("lower", "Both (a) and (c)"),
        ("roman-lower", "i and ii only"),
    ],
)
def test_symbols_of_other_kinds_name_options_too(numbering, last):
    prompt = replace(options(last), layout=replace(ASK.layout, numbering=numbering))
    assert references(prompt).symbols and made("order-options", prompt) == made("label-symbols", prompt) == []


def test_none_of_the_above_stays_last_under_other_symbols():
    prompt = options("None of the above")
    assert [name for name in ORDERS if made(name, prompt)] == []
    assert {asked.layout.numbering for asked in made("label-symbols", prompt)} == EVERY - {"upper"}


@pytest.mark.parametrize("last", ["All three", "All", "I and III only", "Vitamin A and B", "the last two years"])
def test_ordinary_answers_are_shuffled_and_get_other_symbols(last):
    assert len({asked.choices for asked in made("order-options", options(last))}) > 10
    assert made("label-symbols", options(last)) and made("label-shift", options("All three"))


def test_statements_with_roman_numbers_are_not_confused_with_options_of_such_numbers():
    for name in ("label-symbols", "format-options", "format-layout"):
        for choices, not_these in (
            (("I only", "II only", "I and II", "neither"), "roman"),
            (("1 only", "2 only", "Both 1 and 2"), "digit"),
        ):
            kinds = {asked.layout.numbering for asked in made(name, replace(ASK, choices=choices), 100)}
            assert len(kinds) >= 2 and not any(kind.startswith(not_these) for kind in kinds), name


def test_numbers_in_brackets_are_statements_of_a_question_that_numbers_some():
    for text in (
        "(1) It rusts. (2) It floats. Which is true?",
        "1. It rusts.\n2. It floats.",
        "① It rusts. ② It floats.",
    ):
        prompt = replace(options("Both (1) and (2)"), fields=(Field("Question", text),))
        assert not references(prompt).fix_order and made("order-options", prompt), text


def test_options_that_are_made_of_numbers_in_brackets_speak_of_statements():
    assert made(
        "order-options", replace(ASK, choices=("(1) only", "(2) only", "Both (1) and (2)", "Neither (1) nor (2)"))
    )


def test_two_things_of_a_question_may_be_told_apart_by_their_place():
    for choices in (
        ("the former", "the latter"),
        ("the former", "the latter", "both", "neither"),
        ("The first one", "The second one", "both"),
    ):
        assert made("order-options", replace(ASK, choices=choices)), choices


def test_letters_of_which_all_options_are_made_are_things_of_the_question():
    for choices in (("A and B", "B and C", "A and C"), ("Only A", "Only B", "Both A and B", "Neither A nor B")):
        prompt = replace(ASK, choices=choices)
        assert not references(prompt).symbols and made("order-options", prompt)
        assert "lower" not in {asked.layout.numbering for asked in made("label-symbols", prompt)}


# question and instruction

SPEAK_OF_ONE = """
Option B is known to be wrong. Which metal rusts? | Which metal rusts? (Hint: not option A.)
Why is answer C right? | Which metal rusts? Choose between A and B.
Explain why choice B is better than choice C. | Pick A or C. | Is option (B) true?
Si la opción B es falsa, ¿cuál es? | Pourquoi la réponse C est-elle juste ? | Warum ist Antwort B falsch?
Почему вариант B неверен? | 选项B为什么错？ | B şıkkı neden yanlış? | ทำไม option B | विकल्प B गलत क्यों है?
Opção C está errada? | Ignore B. | A student chose B. | The correct answer is not C.
Option B's weight is wrong. | option b is wrong | (Answer A is wrong.) | Wähle zwischen A und B. | 答案B是错的
選択肢Bは間違い | 보기 B는 틀렸다 | Is choice A better than the rest? | La réponse A est fausse.
Why is (B) incorrect? | We know that A is wrong. | It is not B. | The answer isn't A. | I think it's B.
Hint: B is wrong. | "B" is not correct.
B is not the answer. | Why isn't A correct? | Someone guessed B. | Rule out A. | The right answer is (A).
Die Lösung ist nicht B. | La respuesta no es A.
La réponse n'est pas C. | La risposta giusta è A. | Вариант Б неверен. | Ответ не А. | 答案不是A。 | 正解はBです。
정답은 B가 아니다. | الخيار ب خاطئ
אפשרות ב שגויה | Η επιλογή Β είναι λάθος. | گزینه ب غلط است
"""
SPEAK_OF_A_PLACE = """
The first option is a trap. Which metal rusts? | Why is the last option wrong?
The first two options are metals. | The answer options are sorted by weight. | Is option 2 heavier?
Not the second answer choice. | La primera opción es falsa. | La dernière réponse est fausse.
Die erste Antwort ist falsch. | Первый вариант неверен. | 第一个选项错 | पहला विकल्प गलत है
The first choice is wrong. | The last answer is a decoy. | Option two is wrong.
The third one is not correct. | The final option is wrong.
The penultimate option is false. | La deuxième option est fausse. | Det första alternativet är fel.
Druga odpowiedź jest błędna. | Đáp án đầu tiên sai.
Pilihan pertama salah. | 두 번째 보기는 틀렸다. | האפשרות הראשונה שגויה | The options are listed in order of weight.
The correct option is the last. | Options 1 and 2 are alike. | The answers are in alphabetical order.
"""
SPEAK_OF_NONE = """
Which metal rusts? | Is vitamin B a metal? | Who has type A blood? | Ann took plan B.
The A and E department closed. | Team A met team B; who won? | Points A, B and C lie on a line.
Person A says that B lies. | He chose a metal. | Answer a question. | The first answer surprised her.
It was the first World War. | In the last two years iron rose. | He had no option. | A metal rusts.
Group B chose iron. | C is a language. | What is the letter of credit? | The committee had to choose a leader.
I chose iron. | Wire A is longer than wire B. | Mr B answered. | An option to buy B shares
Class B drivers answer to a judge. | C and D are towns. | What did she reply to A. Smith?
He is a top alternative rock singer. | What is the second answer of the oracle? | Sort A, B and C.
Mark A. Smith studied rust. | The first option trader lost money. | The last option expired in May.
The second alternative rock band split.
She answered A. J. Ayer's letter. | The choice A makes affects B. | Angle B is right. | A is right of B.
Is A taller than B? | It is A major.
If A is true then B is false. | Option one can take is to leave. | The last one is my brother.
Read each option before you answer.
Ответ в письме. | La réponse est à la page 3. | الخيار بعيد | His grade was B.
"""


@pytest.mark.parametrize("text", cases(SPEAK_OF_ONE))
def test_a_question_that_names_an_option_by_letter_keeps_order_and_symbols(text):
    prompt = replace(ASK, fields=(Field("Question", text),))
    assert references(prompt).symbols
    assert made("order-options", prompt) == made("label-symbols", prompt) == []


@pytest.mark.parametrize("text", cases(SPEAK_OF_A_PLACE))
def test_a_question_that_names_an_option_by_its_place_keeps_the_order(text):
    prompt = replace(ASK, fields=(Field("Question", text),))
    assert references(prompt).places and not references(prompt).symbols
    assert made("order-shift", prompt) == []


@pytest.mark.parametrize("text", cases(SPEAK_OF_NONE))
def test_a_question_that_names_other_things_is_no_reference(text):
    assert references(replace(ASK, fields=(Field("Question", text),))) == references(ASK)


@pytest.mark.parametrize(
    "instruction",
    [
        "Choose. If unsure, say C.",
        "B is wrong; choose another.",
        "Say A if it rusts.",
        "Choose between A and B.",
        "Never pick (B).",
    ]
    + ["Default to C.", 'Answer "B" when in doubt.', "Choose A or B; C is a decoy.", "The answer is never C."]
    + ["Prefer A over B.", "Use B for maybe.", "The answer is usually B.", 'Treat C as "unknown".', "不确定时选C。"],
)
def test_an_instruction_that_names_one_symbol_keeps_order_and_symbols(instruction):
    prompt = replace(ASK, instruction=instruction)
    assert references(prompt).symbols
    assert [name for name in (*ORDERS, "label-symbols", "label-shift") if made(name, prompt)] == []


@pytest.mark.parametrize(
    "instruction",
    [
        "Choose the right answer and write it out.",
        "Answer with A, B or C.",
        "Reply with A to C.",
        "Give your final answer.",
        "First answer it.",
    ]
    + [
        "Pick one of the following options.",
        "Choose from the options below.",
        "Choose a metal.",
        "A question follows.",
        "Choose one: A/B/C.",
        "Options are given below.",
        "Only one answer is right. Choose it.",
    ]
    + ["Answer by giving the letter (A, B or C).", "Read each option before you answer.", "One of A, B, C is correct."]
    + ["请回答A、B或C。", "Mark A. Smith set this. Choose the right metal."],
)
def test_an_instruction_that_names_all_options_or_none_lets_them_be_shuffled(instruction):
    prompt = replace(ASK, instruction=instruction)
    assert not references(prompt).fix_order and made("order-options", prompt) and made("label-symbols", prompt)


@pytest.mark.parametrize(
    "instruction",
    [
        "Answer with the letter of the right option.",
        "Give only the letter.",
        "Responde con la letra.",
        "Nenne den Buchstaben.",
        "Ответь буквой.",
    ]
    + ["Réponds par la lettre de la bonne réponse.", "只回答选项的字母。"],
)
def test_an_instruction_that_asks_for_a_letter_gets_no_numbers(instruction):
    prompt = replace(ASK, instruction=instruction, answer_with="symbol")
    assert made("order-options", prompt) and made("label-shift", prompt)
    for name in ("label-symbols", "format-layout", "format-options"):
        assert {asked.layout.numbering for asked in made(name, prompt)} <= {"upper", "lower"}, name
    assert "lower" in {asked.layout.numbering for asked in made("label-symbols", prompt)}


def test_an_instruction_that_names_the_first_option_keeps_the_order():
    assert made("order-options", replace(ASK, instruction="If two fit, take the first option.")) == []


def test_letters_of_words_are_no_symbols():
    assert references(replace(ASK, instruction="Which word has most letters? Write it out.")) == references(ASK)


def test_a_list_of_all_symbols_in_a_question_is_not_rewritten_and_so_keeps_their_kind():
    prompt = replace(ASK, fields=(Field("Question", "Which rusts? Answer with A, B or C."),))
    assert made("label-symbols", prompt) == [] and made("order-options", prompt)


def test_demonstrations_speak_of_options_too():
    shot = Demonstration((Field("Question", "Which floats?"),), "wood", ("wood", "cork", "Both A and B"))
    assert made("label-symbols", replace(ASK, demonstrations=(shot,))) == []


def test_options_that_are_not_listed_have_no_symbols():
    assert references(replace(options("Both A and B"), list_choices=False)) == references(replace(ASK, choices=()))


def test_fields_that_are_called_as_options_are_lend_their_name():
    pair = replace(
        ASK,
        fields=(Field("Answer A", "It rusts."), Field("Answer B", "It is not answer A.")),
        choices=("first", "second"),
    )
    assert not references(pair).symbols


def test_a_draw_for_a_suite_is_not_copied_from_an_item_that_speaks_of_no_option():
    from probe.evaluation.variants import make_variants
    from probe.types import Suite

    asks = ["Which metal rusts?", "Option B is wrong. Which rusts?", "Which metal floats?"]
    items = tuple(Item(str(n), replace(ASK, fields=(Field("Question", text),)), "iron") for n, text in enumerate(asks))
    variants = make_variants(
        Suite("s", "1", "", items), select(["format", "order-shift", "label-symbols"]), samples=8, seed=0
    ).variants
    of = {n: [v.perturbed.prompt for v in variants if v.item.id == n and v.family != "original"] for n in "012"}
    assert {(p.layout.numbering, p.choices) for p in of["1"]} == {("upper", PLAIN)}
    assert len({p.layout.numbering for p in of["0"]}) > 2 and len({p.choices for p in of["2"]}) > 1
    assert {render(replace(p, fields=())) for p in of["0"]} == {render(replace(p, fields=())) for p in of["2"]}
