r"""A chosen prompt as files to commit, which are read as exactly that prompt.

    instruction, layout, symbols   suite.toml, the keys concerned; or prompt.txt where suite.toml names a template
    label words                    [verbalizer] of suite.toml
    paraphrases.txt                the wordings that changed with it: the one that became the instruction, other label words

A suite that has no folder (an lm-eval task, a table) has no such file: its prompt comes as the text of a template, with the place
where it goes.

Covered: folders with or without a template, comments and order kept, a check of every text by the reader of suites.
Not covered: paraphrases that were given beside the suite (`--paraphrases`), which stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from probe.errors import ProbeError
from probe.evolve import evolve
from probe.mitigate.base import PromptFile
from probe.mitigate.prompts.candidates import Candidate
from probe.paraphrase.files import rows_of_text
from probe.prompt.render import PLACEHOLDER, gap, render
from probe.suite import ALLOW_OUTSIDE, DEFINITION, PARAPHRASES
from probe.suite.definition import Definition, read_definition
from probe.suite.editing import edited
from probe.suite.faults import read_text
from probe.suite.template import LISTS, braces_doubled, prompt_from_template
from probe.types import Layout, Prompt, Suite

PROMPT = "prompt.txt"


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """Where the prompt of a suite stands."""

    suite: Suite
    own: Candidate
    definition: Definition | None = None
    """None: it has no folder."""

    @property
    def folder(self) -> Path:
        return Path(self.suite.path)

    def holds(self, candidate: Candidate) -> bool:
        """Return whether the suite's files can say a candidate."""
        if self.definition is None:
            # the text of a template says no label words, and lists no options
            listed = self.suite.items[0].prompt.list_choices
            return "label words" not in candidate.changed and (
                not listed or candidate.changed in ((), ("instruction",))
            )
        if not self.definition.template:
            return True
        try:
            self._template_text(candidate)
        except ProbeError:
            return False
        return True

    def files(self, chosen: Candidate) -> tuple[PromptFile, ...]:
        """Return the files that change.

        Raises:
            ValueError: suite.toml is written in a way that cannot be edited in place.
        """
        if self.definition is None:
            return (self._elsewhere(chosen),)
        changes: dict[tuple[str, ...], object | None] = {}
        made: list[PromptFile] = []
        if self.definition.template:
            if (chosen.instruction, chosen.layout) != (self.own.instruction, self.own.layout):
                made.append(self._template(chosen))
        else:
            changes |= self._laid_out(chosen)
        if chosen.verbalizer != self.own.verbalizer:
            changes |= {("verbalizer", choice): word for choice, word in chosen.verbalizer}
        if changes:
            before = read_text(self.folder / DEFINITION)
            made.insert(0, PromptFile(DEFINITION, edited(before, changes), before))
        return (*made, *self._paraphrases(chosen))

    def _laid_out(self, chosen: Candidate) -> dict[tuple[str, ...], object | None]:
        changes: dict[tuple[str, ...], object | None] = {}
        if chosen.instruction != self.own.instruction:
            changes["instruction",] = braces_doubled(chosen.instruction, LISTS)
        for name in Layout.__slots__:
            if getattr(chosen.layout, name) != getattr(self.own.layout, name):
                changes["layout", name] = getattr(chosen.layout, name)
        return changes

    def _template(self, chosen: Candidate) -> PromptFile:
        assert self.definition is not None
        before = read_text(self.folder / self.definition.template)
        text = self._template_text(chosen).rstrip("\n") + "\n"
        return PromptFile(self.definition.template, text.replace("\n", "\r\n") if "\r\n" in before else text, before)

    def _template_text(self, chosen: Candidate) -> str:
        """Return the text of the prompt file under a candidate.

        Raises:
            ProbeError: it would be read as another prompt.
        """
        assert self.definition is not None
        # without choices, {choices} stays as it is
        bare = evolve(self.definition.prompt, choices=(), verbalizer=())
        prompt = evolve(bare, instruction=chosen.instruction, layout=chosen.layout)
        names = [one.text[1:-1] for one in prompt.fields]
        text = _text_of(prompt, names)
        read = prompt_from_template(text, names, path=self.definition.template)
        if (render(read), gap(read)) != (render(prompt), gap(prompt)):
            raise ProbeError(f"{self.definition.template} cannot say this prompt")
        return text

    def _elsewhere(self, chosen: Candidate) -> PromptFile:
        """Return the prompt of a suite without a folder as the text of a template."""
        sample = self.suite.items[0].prompt
        fields = tuple(evolve(one, text=f"{{{one.name}}}") for one in sample.fields)
        bare = evolve(sample, fields=fields, demonstrations=())
        under = evolve(bare, instruction=chosen.instruction, layout=chosen.layout, verbalizer=chosen.verbalizer)
        names = [one.name for one in fields]
        return PromptFile(PROMPT, _text_of(under, names) + "\n", _text_of(bare, names) + "\n")

    def _paraphrases(self, chosen: Candidate) -> tuple[PromptFile, ...]:
        """Return the suite's own paraphrases as they go with a chosen prompt, where one of them changed."""
        file = self.folder / PARAPHRASES
        changed = _renamed(self.own, chosen)
        if not changed or not file.is_file():
            return ()
        before = file.read_bytes().decode("utf-8")
        text = _with_lines(before, changed, {one.name for one in self.suite.items[0].prompt.fields})
        # a file without any paraphrase would be refused; what stays in it is what the prompt says anyhow
        return (PromptFile(PARAPHRASES, text, before),) if text != before and rows_of_text(text) else ()


def home_of(suite: Suite, own: Candidate) -> Home:
    """Return where the prompt of a suite stands; without a folder if its files say another prompt than it was asked by."""
    folder = Path(suite.path) if suite.path else None
    if folder is None or not (folder / DEFINITION).is_file():
        return Home(suite, own)
    definition = read_definition(folder / DEFINITION, allow_outside=ALLOW_OUTSIDE in suite.flags)
    prompt = definition.prompt
    is_same = (prompt.instruction, prompt.layout, prompt.verbalizer) == (own.instruction, own.layout, own.verbalizer)
    return Home(suite, own, definition if is_same else None)


def _text_of(prompt: Prompt, names: list[str]) -> str:
    """Return a prompt whose fields are placeholders as the text of a prompt file."""
    named = (*names, *LISTS)
    if prompt.is_template:
        return braces_doubled(prompt.instruction, named)
    return render(evolve(prompt, instruction=braces_doubled(prompt.instruction, named), choices=()))


def _renamed(own: Candidate, chosen: Candidate) -> dict[str, str]:
    """Return the paraphrases that changed, old to new.

    They are in the same order: what becomes the instruction is replaced by the suite's own one.
    """
    if len(own.paraphrases) != len(chosen.paraphrases):
        return {}
    return {old: new for old, new in zip(own.paraphrases, chosen.paraphrases, strict=True) if old != new}


def _with_lines(text: str, changed: Mapping[str, str], fields: Set[str]) -> str:
    """Return a paraphrase file with other texts on the lines of those that changed.

    A text that such a file cannot hold, as one with braces of its own, becomes a comment.
    """
    lines = text.split("\n")
    for number, paraphrase in rows_of_text(text.removeprefix("\ufeff")):
        if (new := changed.get(paraphrase)) is not None:
            end = "\r" if lines[number - 1].endswith("\r") else ""
            line = new.replace("\n", "\\n")
            named = set(PLACEHOLDER.findall(new)) - set(LISTS) - fields
            lines[number - 1] = (f"# {line}" if named or rows_of_text(line) != [(1, new)] else line) + end
    return "\n".join(lines)
