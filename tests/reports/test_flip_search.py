"""What the search looks through: a choice is found where it was answered, not on every card that lists it."""

from made_run import made_manifest, made_summary

from probe.record.summary import read_summary
from reports.cards import CHANGES, card_data, flip_cards
from reports.html import page
from reports.search import own_texts

ISSUES = [
    "the login page shows a bug in red",
    "please add a dark mode",
    "how do I export my data",
    "it crashes at start",
]
LISTED = "Classify the issue as bug, feature or question.\nIssue: {}\nOptions: A. bug B. feature C. question\nKind:"


def test_what_all_prompts_share_is_not_searched_and_what_sets_an_item_apart_is():
    found = own_texts([("issues", str(n), LISTED.format(text)) for n, text in enumerate(ISSUES)])
    assert found == ISSUES


def test_a_template_without_line_breaks_is_left_out_as_well():
    found = own_texts(
        [("issues", str(n), f"Is this a bug, a feature or a question? {text}") for n, text in enumerate(ISSUES)]
    )
    assert found == ISSUES


def test_several_flips_of_one_item_do_not_make_its_text_the_template():
    texts = [("issues", str(n), LISTED.format(text)) for n, text in enumerate(ISSUES)]
    assert own_texts([texts[0]] * 9 + texts[1:]) == [ISSUES[0]] * 9 + ISSUES[1:]


def test_choices_of_an_item_of_its_own_are_found():
    asked = "What is the capital?\nCountry: {}\nOptions: {}\nAnswer:"
    found = own_texts([("facts", c, asked.format(c, o)) for c, o in (("Peru", "Lima, Cusco"), ("Mali", "Bamako, Gao"))])
    assert "Lima, Cusco" in found[0] and "Bamako" in found[1] and "capital" not in found[0]


def test_suites_have_templates_of_their_own():
    other = "Sort this.\nText: {}\nLabel:"
    texts = [("a", str(n), LISTED.format(text)) for n, text in enumerate(ISSUES)]
    texts += [("b", str(n), other.format(text)) for n, text in enumerate(ISSUES)]
    assert own_texts(texts) == ISSUES * 2


def test_a_choice_that_every_card_lists_is_found_by_the_answers_only():
    summary = made_summary(num_suites=1, num_flips=6)
    for k, (flip, text) in enumerate(zip(summary["flips"], ISSUES[1:] * 2, strict=True)):
        before = LISTED.format(text)
        flip |= {
            "before": before,
            "after": before.replace("\nKind", " Kind"),
            "choices": ["bug", "feature", "question"],
        }
        flip |= {"before_target": "feature", "target": "feature", "before_prediction": "feature"}
        flip |= {
            "after_prediction": "bug" if k == 2 else "question",
            "item": f"i-{k}",
            "id": f"sentiment/i-{k}/format/{k}",
        }
    cards = card_data(flip_cards(read_summary(summary)))["cards"]
    found = [{place for place, text in card.items() if "bug" in text} for card in cards]
    assert found == [{"answers"} if k == 2 else set() for k in range(6)]


def test_flips_can_be_chosen_by_what_became_of_the_answer():
    summary = made_summary(num_suites=1, num_flips=5)
    kinds = ("right to wrong", "wrong to right", "wrong to wrong", "right to wrong", "wrong to wrong")
    answers = ("negative", "negative", "negative", "", "(tie)")
    for flip, kind, answer in zip(summary["flips"], kinds, answers, strict=True):
        flip |= {"kind": kind, "after_prediction": answer}
    changes = [[CHANGES[k] for k in card.change] for card in flip_cards(read_summary(summary))]
    assert changes[:3] == [["right to wrong"], ["wrong to right"], ["wrong to another wrong"]]
    assert changes[3:] == [["right to wrong", "unreadable"], ["wrong to another wrong", "tie"]]
    html = page(read_summary(summary), made_manifest(num_suites=1))
    for k, name in enumerate(CHANGES):
        assert f'id="show-change-{k}"' in html and f"<bdi>{name}</bdi> (" in html
    assert 'class="flip page-0 change-0 change-3 ' in html
