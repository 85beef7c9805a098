"""Turns of a chat through a tokenizer's template, which is a stranger's program: it ends in time, and its text fits into memory.

transformers renders it in jinja2's sandbox, which has no limits; here the one with limits stands for it.

Covered: loops, calls and what makes a text longer (`probe.prompt.sandbox`). Not covered: how long a template takes to compile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from probe.errors import ModelError
from probe.prompt.sandbox import SECONDS, ChatEnvironment, TooSlow


class EndlessTemplate(ModelError):
    """A chat template does not end in time."""


def rendered(tokenizer: Any, turns: Sequence[tuple[str, str]]) -> str:
    """Return turns as the template of a tokenizer writes them, with the opening of the answer.

    Raises:
        jinja2.TemplateError: the template refuses them, is wrong, or would fill the memory.
        EndlessTemplate: it takes too long.
    """
    messages = [{"role": role, "content": content} for role, content in turns]
    try:
        with _limited():
            return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    except TooSlow as error:
        raise EndlessTemplate(
            f"the chat template of {tokenizer.name_or_path!r} takes more than {SECONDS:g} s for one prompt",
            hint="look at chat_template.jinja or tokenizer_config.json of the model; or leave out --apply-chat-template",
        ) from error


@contextmanager
def _limited() -> Iterator[None]:
    from transformers.utils import chat_template_utils as module

    plain = module.ImmutableSandboxedEnvironment
    module.ImmutableSandboxedEnvironment = ChatEnvironment  # a template is compiled in it once and then remembered
    try:
        yield
    finally:
        module.ImmutableSandboxedEnvironment = plain
