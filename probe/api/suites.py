"""Suites as Python sees them: read by name, or made of a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe import types
from probe.errors import StoreError, UsageError
from probe.prompt.render import render
from probe.registry import unknown_name
from probe.sources import SourceOptions, digest_of, read_suites
from probe.suite import argument_of, read_suite, write_suite

if TYPE_CHECKING:
    import pandas as pd


class Suite(types.Suite):
    """A named list of questions with their right answers.

    Read one with `Suite.read`, make one of your own examples with `Suite.from_frame`, and see its items in `frame`.
    """

    __slots__ = ()

    @classmethod
    def read(cls, source: str | Path, **options: Any) -> Suite:
        """Return a shipped suite by its name, the suite in a folder, or one from elsewhere (`KIND:...`).

        `options` are the flags of `probe run` for suites from elsewhere: prompt, target, choices, include_path, trust_tasks,
        allow_one_target, all_prompts and num_fewshot.

        Raises:
            UsageError: there is none of that name (the message names the near ones), an option is unknown, or `source` holds
                several suites.
            SuiteError: a file of it is wrong; the message begins with file and line.
        """
        known = [one.name for one in fields(SourceOptions) if one.name != "kind"]
        for name in options:
            if name not in known:
                raise unknown_name("argument", name, known)
        suites = read_suites(str(source), SourceOptions(**options))
        if len(suites) > 1:
            raise UsageError(f"source={str(source)!r} holds {len(suites)} suites", hint=f"one is {suites[0].path!r}")
        return cls._of(suites[0])

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        prompt: str | Path,
        target: str = "",
        choices: Sequence[str] | None = None,
        id: str = "",
        name: str = "examples",
        train_share: float = 0.0,
    ) -> Suite:
        r"""Return a suite of your own examples, a row an item.

            frame = pandas.read_csv("reviews.csv")
            suite = probe.Suite.from_frame(frame, prompt="Review: {text}\nSentiment:", target="label")

        Args:
            frame: the examples. A cell is text, a number or a boolean; rows that repeat a question are left out.
            prompt: how each row is asked, with the name of a column in braces where its text goes. A `pathlib.Path` is
                read. A prompt of an instruction and lines such as `Review: {text}` can be varied in layout and wording;
                any other one is kept as a fixed template.
            target: the column of the right answers. Default: `target` or `label`.
            choices: the possible answers. Default: the different targets where they are few, else none. `[]` for free
                text.
            id: the column of the items' names. Default: they are numbered from 1.
            name: the suite's own name, of letters, digits, `_` and `-`.
            train_share: the share of the rows, from 0 up to 1, that is not asked and serves as demonstrations
                (`num_fewshot`).

        Raises:
            UsageError: a column is missing, the frame is empty, or another argument is wrong; the message names it.
            SuiteError: a row is wrong: an empty or missing cell, an id that is there twice, two answers to one question.
                `frame:3` is `frame.iloc[3]`.
        """
        from probe.sources.examples import Ask
        from probe.sources.frames import choices_of, prompt_of, suite_from_frame

        text, where = prompt_of(prompt)
        ask = Ask(
            text,
            where,
            target=target,
            id=id,
            choices=choices_of(choices),
            is_free=choices is not None and not len(choices),
            train_share=train_share,
            in_python=True,
        )
        return cls._of(suite_from_frame(frame, ask=ask, name=name))

    @classmethod
    def _of(cls, suite: types.Suite) -> Suite:
        """Return a suite of the engine as this class."""
        values: dict[str, Any] = {field.name: getattr(suite, field.name) for field in fields(suite)}
        return suite if isinstance(suite, cls) else cls(**values)

    @property
    def frame(self) -> pd.DataFrame:
        """Return the items as a table: id, the text of each field, target, choices, and the prompt as it is asked."""
        import pandas as pd

        rows = [
            {
                "id": item.id,
                **{field.name: field.text for field in item.prompt.fields},
                "target": item.target,
                "choices": list(item.prompt.choices),
                "prompt": render(item.prompt),
            }
            for item in self.items
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        shared = {item.prompt.choices for item in self.items}
        choices = next(iter(shared)) if len(shared) == 1 else ()
        answers = ", ".join(choices) if choices else "choices of each item" if self.is_choice else "free text"
        return f"Suite({self.name!r}, {len(self.items)} items, answers: {answers})"


def name_of(suite: types.Suite) -> str:
    """Return what a command types to read the very same suite again; empty where nothing does, as for one that was changed."""
    if not suite.path or suite.flags:
        return ""
    name = argument_of(suite)
    try:
        read = read_suites(name)
    except UsageError:
        return ""
    same = [one for one in read if (one.items, one.train, one.digest) == (suite.items, suite.train, suite.digest)]
    return name if same == read else ""


def saved(suite: types.Suite, out: Path) -> types.Suite:
    """Return a suite that a command can read again: one without a folder is written below `out`, under its contents' hash.

    A suite that no folder can hold, such as one whose items are asked in different ways, stays as it is.

    Raises:
        StoreError: the folder cannot be written.
    """
    if suite.path:
        return suite
    digest = suite.digest or digest_of(suite.items)
    folder = out / "suites" / f"{suite.name}-{digest[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_suite(suite, folder)
        read = read_suite(folder)
    except (ValueError, UsageError):
        return replace(suite, digest=digest)
    except OSError as error:
        raise StoreError(f"cannot write the suite to {folder}: {error.strerror or error}") from error
    return (
        replace(suite, path=str(folder), digest=read.digest)
        if read.items == suite.items
        else replace(suite, digest=digest)
    )
