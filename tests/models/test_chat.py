"""Turns of a chat through a model's chat template: with a system turn, without one, and refused."""

import pytest

from probe.errors import ModelError
from probe.models.encoding import Encoder
from probe.types import Generation, LogLikelihood

TURNS = (("system", "Be brief."), ("user", "Review: A joy."), ("assistant", "positive"), ("user", "Review: A bore."))
TAGGED = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TAGGED
DROPS_SYSTEM = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
REFUSES = "{{ raise_exception('not today') }}"
LAST = "[user]Review: A joy.[assistant]positive[user]Review: A bore.[assistant]"


@pytest.fixture
def encoder(make_tokenizer):
    def make(template):
        tokenizer = make_tokenizer(chat=True)
        tokenizer.chat_template = template
        return Encoder(tokenizer, max_length=400, chat_template=True)

    return make


def decoded(encoder, messages, context="as text"):
    [ids] = encoder.encode_contexts([Generation(context, messages=messages)])
    return encoder.tokenizer.decode(ids)


def test_every_turn_reaches_a_template_that_has_a_system_turn(encoder):
    assert decoded(encoder(TAGGED), TURNS) == "[system]Be brief." + LAST


@pytest.mark.parametrize("template", [NO_SYSTEM, DROPS_SYSTEM], ids=["refuses it", "leaves it out"])
def test_the_systems_words_open_the_first_turn_where_the_template_has_no_system_turn(encoder, template):
    assert decoded(encoder(template), TURNS) == "[user]Be brief.\n\n" + LAST.removeprefix("[user]")


def test_a_prompt_that_is_no_chat_is_one_turn_of_the_user(encoder):
    assert decoded(encoder(NO_SYSTEM), (), "as text") == "[user]as text[assistant]"


def test_an_answer_follows_the_template_without_the_space_that_text_has(encoder):
    one = encoder(TAGGED)
    [encoded] = one.encode([LogLikelihood("as text", " positive", TURNS)])
    tokens = encoded.span.tokens
    text = "[system]Be brief." + LAST
    assert one.tokenizer.decode(tokens) == text + "positive"
    assert one.tokenizer.decode(tokens[encoded.span.first_scored :]) == "positive"


def test_without_the_flag_a_chat_is_its_text(make_tokenizer):
    bare = Encoder(make_tokenizer(chat=True), max_length=400)
    assert decoded(bare, TURNS, "User: Review: A joy.\n\nAssistant:") == "User: Review: A joy.\n\nAssistant:"


@pytest.mark.parametrize("turns", [TURNS, TURNS[1:], ()], ids=["system", "user", "none"])
def test_a_template_that_refuses_is_an_error_that_says_so(encoder, turns):
    with pytest.raises(ModelError, match=r"takes no turns of user.*not today"):
        decoded(encoder(REFUSES), turns)
