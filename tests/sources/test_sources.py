"""Suites from elsewhere: by what they are named, what each file becomes, and what is said of a wrong one."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from conftest import write_jsonl

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.run import Plan, prepare
from probe.perturb import families, select
from probe.prompt.render import render
from probe.sources import SourceOptions, read_source, reread, sources
from probe.sources.base import SourceOptions as Options
from probe.types import Field

BBH = Path(__file__).parents[2].parent / "shared" / "data" / "bbh"
SLAB = BBH.parent / "slab-bbh" / "paraphrases"


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1), encoding="utf-8")
    return path


def bbh(folder):
    lettered = "Look at the shelf. There is a red pot. Which pot is it?\nOptions:\n(A) red\n(B) blue"
    write(folder / "pots.json", {"examples": [
        {"input": lettered, "target": "(A)"},
        {"input": lettered.replace("a red", "a blue"), "target": "(B)"},
        {"input": lettered.replace("a red", "a green"), "target": "(C)"},
        {"input": lettered.replace("(B) blue", "(B) red"), "target": "(A)"},
    ]})  # fmt: skip
    write(folder / "navigate.json", {"examples": [
        {"input": "Are you back at the start? Take 2 steps left. Take 2 steps right.\nOptions:\n- Yes\n- No", "target": "Yes"},
        {"input": "Are you back at the start? Take 3 steps left.\nOptions:\n- Yes\n- No", "target": "No"},
    ]})  # fmt: skip
    write(folder / "dyck_languages.json", {"examples": [{"input": "Close these. Input: [ (", "target": ") ]"}]})
    write(folder / "web_of_lies.json", {"examples": [
        {"input": "Question: Ann lies. Bo says Ann lies. Does Bo tell the truth?", "target": "Yes"},
        {"input": "Question: Cy lies. Di says Cy is honest. Does Di tell the truth?", "target": "No"},
    ]})  # fmt: skip
    return folder


def test_bbh_options_become_choices_with_text_targets(tmp_path, caplog):
    suites = {suite.name: suite for suite in read_source(f"bbh:{bbh(tmp_path)}")}
    assert list(suites) == ["dyck_languages", "navigate", "pots", "web_of_lies"]
    one, two = suites["pots"].items
    assert (one.prompt.choices, one.target, two.target) == (("red", "blue"), "red", "blue")
    assert one.prompt.list_choices
    assert "A. red" in render(one.prompt)
    assert "left out 2 rows" in caplog.text
    steps = suites["navigate"].items[0].prompt
    assert (steps.fields, steps.choices, steps.list_choices) == (
        (Field("Steps", "Take 2 steps left. Take 2 steps right."),), ("Yes", "No"), False,
    )  # fmt: skip
    assert suites["web_of_lies"].items[0].prompt.choices == ("Yes", "No")
    assert [field.name for field in suites["web_of_lies"].items[0].prompt.fields] == ["Statements", "Question"]


def test_bbh_brackets_and_signs_count_in_a_free_answer(tmp_path):
    (suite,) = read_source(f"bbh:{bbh(tmp_path)}:dyck_languages")
    (item,) = suite.items
    assert not item.prompt.choices
    assert [suite.parse_answer(item, said).correct for said in (" )  ]", ") )", "", ") ].")] == [
        True,
        False,
        False,
        True,
    ]


def test_one_task_of_bbh_is_typed_again_by_its_own_name(tmp_path):
    suites = read_source(f"bbh:{bbh(tmp_path)}")
    for suite in suites:
        (again,) = read_source(suite.path, SourceOptions.from_flags(suite.flags))
        assert (again.items, again.digest) == (suite.items, suite.digest)
    with pytest.raises(UsageError, match="unknown task of BIG-Bench Hard 'navigat'. Did you mean 'navigate'"):
        read_source(f"bbh:{tmp_path}:navigat")
    with pytest.raises(UsageError, match="unknown task"):
        read_source(f"bbh:{tmp_path}:../{tmp_path.name}/pots")


@pytest.mark.skipif(not BBH.is_dir(), reason="BIG-Bench Hard is not beside this clone")
def test_every_task_of_bbh_is_read_and_every_family_says_it_differently():
    suites = read_source(f"bbh:{BBH}")
    assert len(suites) == 27
    assert sum(len(suite.items) for suite in suites) > 6400
    tasks_of = {family: set() for family in families()}
    for suite in suites:
        if suite.name not in ("hyperbaton", "snarks"):
            assert sum(item.prompt.fields[0].name == "Question" for item in suite.items) <= 1, suite.name
        assert all(item.target in item.prompt.choices for item in suite.items if item.prompt.choices)
        for family, statuses in prepare(suite, Plan(select(["all"]), samples=1, limit=1)).counts.items():
            tasks_of[family] |= {suite.name} if statuses["asked"] else set()
    worked = {family: len(tasks) for family, tasks in tasks_of.items()}
    everywhere = ("format", "whitespace", "casing", "typos", "wording", "distraction", "structure", "null")
    assert {family: worked.pop(family) for family in everywhere} == dict.fromkeys(everywhere, 27)
    # The others need a mark, a command, options or labels in the prompt, or something that the files do not bring.
    assert all(worked.pop(family) >= 20 for family in ("punctuation", "grammar", "order", "labels"))
    assert (worked.pop("shots"), worked.pop("paraphrase")) == (0, 0), "there are no training items and no other prompts"
    assert worked.keys() == {"contrast", "lexical-overlap"}, "a new family says here where it works"


@pytest.mark.slow
def test_bbh_runs_through_on_the_pocket_model(tmp_path, capsys):
    folder = bbh(tmp_path / "files")
    typed = ["run", f"bbh:{folder}", "--perturb", "all", "--draws", "1", "--out", str(tmp_path / "runs"), "--json"]
    assert exit_code(typed) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["suite"] == ["dyck_languages", "navigate", "pots", "web_of_lies"]
    (manifest,) = (tmp_path / "runs").glob("*/manifest.json")
    for entry in json.loads(manifest.read_text(encoding="utf-8"))["suites"]:
        assert reread(entry).digest == entry["digest"]
    for flip in summary["flips"][:1]:
        assert exit_code(shlex.split(flip["command"])[1:]) == 0


def ni(folder):
    task = {
        "Definition": ["Say whether the answer fits the sentence."],
        "Positive Examples": [
            {"input": "Sentence: It rains. \nQuestion: Is it dry?", "output": "No", "explanation": ""}
        ],
        "Instances": [
            {"id": f"t-{n}", "input": f"Sentence: Cup {n} is full. \nQuestion: Is cup {n} {w}?", "output": [a]}
            for n, (w, a) in enumerate([("full", "Yes"), ("empty", "No")] * 3)
        ],
    }
    write(folder / "task050_cups.json", task)
    free = {"Definition": "Name it.", "Instances": [{"id": "a", "input": "A red fruit", "output": ["apple", "cherry"]}]}
    write(folder / "task069_names.json", free)
    write(folder / "task999_other.json", free)
    return folder


def test_natural_instructions_become_fields_choices_and_training_items(tmp_path):
    (suite,) = read_source(f"ni:{ni(tmp_path)}:task050")
    item = suite.items[0]
    assert item.prompt.instruction == "Say whether the answer fits the sentence."
    assert item.prompt.fields == (Field("Sentence", "Cup 0 is full."), Field("Question", "Is cup 0 full?"))
    assert (item.prompt.choices, item.target) == (("No", "Yes"), "Yes")
    assert [one.target for one in suite.train] == ["No"]


def test_natural_instructions_with_several_answers_are_free_text_with_aliases(tmp_path):
    (suite,) = read_source(f"ni:{ni(tmp_path) / 'task069_names.json'}")
    assert (suite.items[0].target, suite.items[0].aliases, suite.items[0].prompt.choices) == ("apple", ("cherry",), ())
    assert suite.items[0].prompt.fields == (Field("Input", "A red fruit"),)


def test_the_tasks_of_when_punctuation_matters_are_a_named_list(tmp_path, caplog):
    from probe.sources.natural_instructions import WPM

    assert (len(WPM), len(set(WPM)), 190 in WPM) == (52, 52, False)
    suites = read_source(f"ni:{ni(tmp_path)}:wpm")
    assert [suite.name for suite in suites] == ["task050_cups", "task069_names"]
    assert "50 tasks of the 52 not there" in caplog.text
    assert len(caplog.text) < 300, "not all fifty by name"


def test_a_folder_with_none_of_those_tasks_is_refused(tmp_path):
    write(tmp_path / "task007_other.json", {})
    with pytest.raises(UsageError, match="none of its 52 tasks is there .* has 1 other task"):
        read_source(f"ni:{tmp_path}:wpm")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "bad.json:1: is not valid JSON"),
        ("[]", "bad.json:1: the file is a list; it must be an object"),
        ('{"Definition": "x",\n"Instances": [\n{"input": 3, "output": []}]}', r"bad.json:3: Instances\[0\] is not"),
        ("[" * 200000, "64 levels deep"),
        ('{"Instances": "x"}', "Instances is text; it must be a list"),
    ],
)
def test_a_wrong_task_file_is_named_with_its_line(text, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        read_source(f"ni:{write(tmp_path / 'bad.json', text)}")
    with pytest.raises(UsageError, match=r"bad.json:\d+|nested"):
        read_source(f"bbh:{tmp_path / 'bad.json'}")


def test_a_table_is_asked_by_a_prompt_file_or_by_its_text(tmp_path):
    table = write(tmp_path / "mine.csv", "text,label\nA joy.,good\nA bore.,bad\nFine fun.,good\nNo fun.,bad\n")
    form = "Is it good or bad?\nReview: {text}\nVerdict:"
    (by_text,) = read_source(f"csv:{table}", Options(prompt=form.replace("\n", "\\n")))
    (by_file,) = read_source(f"csv:{table}", Options(prompt=str(write(tmp_path / "p.txt", form))))
    assert by_text.items == by_file.items
    assert by_text.items[0].prompt.fields == (Field("Review", "A joy."),)
    assert reread({"path": by_file.path, "flags": by_file.flags, "name": by_file.name}).digest == by_file.digest
    with pytest.raises(UsageError, match="There is no --prompt; columns: text, label"):
        read_source(f"csv:{table}")
    with pytest.raises(UsageError, match="ends in '.csv', not .jsonl") as caught:
        read_source(f"jsonl:{table}", Options(prompt=form))
    assert caught.value.hint == f"write csv:{table}"


def test_a_local_folder_of_a_dataset_is_read_with_its_labels_by_name(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    label = datasets.ClassLabel(names=["bad", "good"])
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": label, "parts": [datasets.Value("string")]}
    )
    rows = {"text": ["A joy.", "A bore.", "Fun.", "Dull."], "label": [1, 0, 1, 0], "parts": [["a"], ["b"], [], []]}
    (tmp_path / "set").mkdir()
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(tmp_path / "set" / "test.parquet"))
    (suite,) = read_source(f"hf:{tmp_path / 'set'}:test", Options(prompt="Review: {text}\\nVerdict:"))
    assert [item.target for item in suite.items] == ["good", "bad", "good", "bad"]
    assert suite.items[0].prompt.choices == ("bad", "good")
    with pytest.raises(UsageError, match="unknown split of .* 'tst'. Did you mean 'test'"):
        read_source(f"hf:{tmp_path / 'set'}:tst", Options(prompt="{text}"))
    with pytest.raises(UsageError, match="which split"):
        read_source("hf:sst2", Options(prompt="{text}"))


def test_prompts_of_a_csv_become_paraphrases_without_those_judged_incorrect(tmp_path, caplog):
    caplog.set_level("INFO", logger="probe.sources")
    table = write(tmp_path / "p.csv", 'prompt idx,prompt template,correct\n1,"Q: {walk}\nBack? Options:\n- Yes\n- No\nA:",1\n'
                  '2,Where do I end up?,0\n3,"Given {walk}, am I back? {options}",1\n4,{a} {b},1\n5,Am I back?,1\n')  # fmt: skip
    name = f"promptsets:{table}:bbh:{bbh(tmp_path / 'files')}:navigate"
    (suite,) = read_source(name)
    first = suite.items[0].paraphrases
    assert first == (
        "Q: {Steps}\nBack? Options:\n- Yes\n- No\nA:", "Given {Steps}, am I back? A. Yes\nB. No", "Am I back?",
    )  # fmt: skip
    assert "left out 1 prompt that people judged incorrect" in caplog.text
    assert len(read_source(name, Options(all_prompts=True))[0].items[0].paraphrases) == 4
    assert len({len(item.paraphrases) for item in suite.items}) == 1


@pytest.mark.skipif(not SLAB.is_dir(), reason="the published prompt sets are not beside this clone")
def test_published_prompt_sets_fit_the_tasks_that_they_were_written_for():
    for name, judged_right in (("causal_judgement", 153), ("navigate", 152), ("sports_understanding", 137)):
        (suite,) = read_source(f"promptsets:{SLAB / name}.csv:bbh:{BBH}:{name}")
        assert {len(item.paraphrases) for item in suite.items} <= set(range(judged_right - 10, judged_right + 1))


def test_a_wrong_name_gets_the_near_ones_and_an_option_that_nobody_takes_is_refused(tmp_path, capsys):
    assert exit_code(["show", "bhb:files"]) == 2
    assert "unknown kind of suite 'bhb'. Did you mean 'bbh'" in capsys.readouterr().err
    assert exit_code(["show", "sentiment", "--prompt", "x"]) == 2
    assert "--prompt: none of these suites takes it; it is for csv:, tsv:" in capsys.readouterr().err
    assert exit_code(["show", f"bbh:{bbh(tmp_path)}"]) == 2
    assert f"name one, such as bbh:{tmp_path}:dyck_languages" in capsys.readouterr().err
    assert exit_code(["show", "bbh:"]) == 2
    assert "for example bbh:bbh:navigate" in capsys.readouterr().err


def test_the_list_of_suites_names_every_source_with_an_example(capsys):
    assert exit_code(["list", "suites"]) == 0
    said = capsys.readouterr().out
    for name in sources:
        one = sources.get(name)
        assert f"{name}:{one.argument}" in said
        assert one.example in said


def test_plan_counts_what_a_run_of_a_source_would_ask(tmp_path, capsys):
    rows = [{"text": f"Word {n} is {w}.", "label": w} for n, w in enumerate(["short", "long"] * 3)]
    table = write_jsonl(tmp_path / "t.jsonl", rows)
    typed = [
        "plan",
        f"jsonl:{table}",
        "--prompt",
        "Text: {text}\\nKind:",
        "--draws",
        "1",
        "--perturb",
        "format",
        "--json",
    ]
    assert exit_code(typed) == 0
    assert '"suite": "t"' in capsys.readouterr().out


def test_flags_are_read_back_as_they_were_typed():
    every = Options(include_path="a b", trust_tasks=True, prompt="{x}\n", target="t", choices="a,b", all_prompts=True)
    names = [name for name in Options.__dataclass_fields__ if name not in ("kind", "num_fewshot")]
    assert Options.from_flags(every.as_flags(names)) == every


def test_an_installed_package_adds_a_kind_of_suite(tmp_path, monkeypatch):
    (tmp_path / "counting_code.py").write_text(
        "from probe.sources.base import Source\nfrom probe.types import Field, Item, Prompt, Suite\n"
        "def read(argument, options):\n"
        "    items = [Item(str(n), Prompt('', (Field('Count', str(n)),)), str(n + 1)) for n in range(int(argument))]\n"
        "    return Suite('counting', '1', 'What comes next.', tuple(items))\n"
        "source = Source(read=read, argument='NUMBER', summary='numbers', example='counting:3')\n"
    )
    info = tmp_path / "counting-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counting\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[probe.sources]\ncounting = counting_code:source\nwrong = counting_code:read\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        (suite,) = read_source("counting:3")
        assert (len(suite.items), suite.path) == (3, "counting:3")
        assert reread({"path": suite.path, "name": suite.name}).digest == suite.digest
        with pytest.raises(UsageError, match="counting needs NUMBER"):
            read_source("counting:")
        with pytest.raises(UsageError, match="is function, not a Source"):
            read_source("wrong:1")
        with pytest.raises(UsageError, match="Did you mean 'counting'"):
            read_source("countin:1")
    finally:
        sources._things.pop("counting", None)
        sys.modules.pop("counting_code", None)
