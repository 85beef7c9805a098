"""Turns of a chat through a model's chat template: with a system turn, without one, and refused."""

import pytest
from transformers.utils import chat_template_utils

from probe.errors import ModelError
from probe.models.chat_templates import rendered
from probe.models.encoding import Encoder
from probe.types import Generation, LogLikelihood

TURNS = (("system", "Be brief."), ("user", "Review: A joy."), ("assistant", "positive"), ("user", "Review: A bore."))
TAGGED = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TAGGED
DROPS_SYSTEM = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]"
REFUSES = "{{ raise_exception('not today') }}"
LAST = "[user]Review: A joy.[assistant]positive[user]Review: A bore.[assistant]"


LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
CALLS = "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}"
USUAL = (
    "{%- set ns = namespace(n=0) -%}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ loop.index }}/{{ loop.length }} "
    "{{ m['role'] | upper }}: {{ m.content | trim }}{{ '!' if loop.last else ' ~ ' }}{% if loop.first %}{% continue %}{% endif %}"
    "{% endfor %}{{ ns.n }} {{ messages[1:] | length }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} "
    "{{ messages[0] | tojson }} {{ {'a': 1}.items() | list }} {{ messages[-1].content.split(':')[0] }}"
)
"""What templates of the hub use."""


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


@pytest.mark.parametrize("template", [LOOPS, CALLS], ids=["loops", "calls"])
def test_a_chat_template_without_an_end_is_ended(encoder, monkeypatch, template):
    monkeypatch.setattr("probe.prompt.sandbox.SECONDS", 0.05)
    made = encoder(template)
    asks = (lambda: decoded(made, TURNS), lambda: decoded(made, ()), lambda: made.opens_thinking, made.facts)
    for ask in asks:
        with pytest.raises(ModelError, match="takes more than"):
            ask()


@pytest.mark.parametrize(
    "template", ["{{ 'a' * 10**10 }}", "{{ {} | tojson(indent=10**10) }}", "{{ 'a'.ljust(10**10) }}"]
)
def test_a_chat_template_that_would_fill_the_memory_is_refused(encoder, template):
    with pytest.raises(ModelError, match="longer than|too large"):
        decoded(encoder(template), TURNS)


@pytest.mark.parametrize("template", [TAGGED, USUAL, DROPS_SYSTEM], ids=["tagged", "usual", "drops"])
def test_the_limits_change_nothing_of_what_a_template_writes(encoder, template):
    made = encoder(template)
    turns = [{"role": role, "content": content} for role, content in TURNS]
    limited = rendered(made.tokenizer, TURNS)
    chat_template_utils._compile_jinja_template.cache_clear()
    assert limited == made.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    chat_template_utils._compile_jinja_template.cache_clear()
