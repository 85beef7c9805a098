"""Task files and data sets of strangers: no pickles, no files from elsewhere, and no template or expression without an end."""

import json
import pickle
import time

import pytest
from conftest import rows_of

from probe.errors import UsageError
from probe.prompt.sandbox import TooSlow
from probe.sources import SourceOptions, read_source
from probe.sources.timed import TimedModule
from probe.types import ParsedAnswer

CHOICE = "output_type: multiple_choice\ndoc_to_text: TEXT\ndoc_to_choice: options\ndoc_to_target: answer\n"
ASKED = '"{{review}}\\nIt is"'


def read(folder, **options):
    return read_source("lmeval:mine", SourceOptions(include_path=str(folder), **options))


def task(write_task, text=ASKED, more=""):
    return write_task("mine", rows_of("sentiment", 0, 3), CHOICE.replace("TEXT", text) + more)


class Evil:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("path", ["pandas", "json", "text"])
def test_pickled_data_of_a_task_is_never_read(write_task, tmp_path, path, trusted):
    folder, mark = task(write_task), tmp_path / "ran"
    data = folder / "data.pkl"
    data.write_bytes(pickle.dumps(Evil(mark)))
    text = (folder / "mine.yaml").read_text().replace("dataset_path: json", f"dataset_path: {path}")
    lines = [f"  data_files: {{test: {data}}}" if "data_files" in line else line for line in text.split("\n")]
    (folder / "mine.yaml").write_text("\n".join(lines))
    with pytest.raises(UsageError, match="pickled data is never read"):
        read(folder, trust_tasks=trusted)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["data.pkl", "data.joblib", "data.npy", "data.pt"])
def test_a_folder_of_pickles_is_no_data_set(tmp_path, name):
    mark = tmp_path / "ran"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_bytes(pickle.dumps(Evil(mark)))
    for named in (str(tmp_path / "data"), "pandas"):
        with pytest.raises(UsageError):
            read_source(f"hf:{named}:train", SourceOptions(prompt="{text} is"))
    assert not mark.exists()


@pytest.mark.parametrize("how", ["absolute", "up", "link"])
def test_data_outside_the_folder_of_a_task_are_read_where_a_user_allows_it(write_task, tmp_path, how):
    folder = task(write_task)
    secret = tmp_path / "secret.jsonl"
    secret.write_text((folder / "mine.jsonl").read_text())
    (folder / "link.jsonl").symlink_to(secret)
    named = {"absolute": secret, "up": folder / ".." / "secret.jsonl", "link": folder / "link.jsonl"}[how]
    text = (folder / "mine.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace(str(folder / "mine.jsonl"), str(named)))
    with pytest.raises(UsageError, match="data file .* lies outside") as refused:
        read(folder)
    assert "--allow-outside" in refused.value.hint
    (suite,) = read(folder, allow_outside=True)
    assert len(suite.items) == 3 and "--allow-outside" in suite.flags


def test_data_in_the_cache_of_the_hub_are_read_though_its_files_are_links(write_task, tmp_path):
    folder = task(write_task)
    repository = tmp_path / "datasets--me--mine"
    snapshot = repository / "snapshots" / "1a2b"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    (folder / "mine.jsonl").rename(repository / "blobs" / "4f5e")
    (snapshot / "train.jsonl").symlink_to("../../blobs/4f5e")
    (snapshot / "train-2.jsonl").symlink_to(folder / "mine.yaml")
    with pytest.raises(UsageError, match="lies outside"):
        read_source(f"hf:{snapshot}:train", SourceOptions(prompt="{review} is", target="answer"))
    (snapshot / "train-2.jsonl").unlink()
    (suite,) = read_source(f"hf:{snapshot}:train", SourceOptions(prompt="{review} is", target="answer"))
    assert len(suite.items) == 3


def test_a_file_that_is_included_lies_in_the_folder_of_the_task(write_task, tmp_path):
    folder = task(write_task, more="include: ../common.yaml\n")
    (tmp_path / "common.yaml").write_text("repeats: 1\n")
    with pytest.raises(UsageError, match=r"common.yaml lies outside"):
        read(folder)
    assert len(read(folder, allow_outside=True)[0].items) == 3
    (folder / "common.yaml").write_text("repeats: 1\n")
    (folder / "mine.yaml").write_text((folder / "mine.yaml").read_text().replace("../common", "common"))
    assert len(read(folder)[0].items) == 3


def test_a_refused_function_names_the_file_that_holds_it(write_task):
    folder = task(write_task, more="include: common.yaml\n")
    (folder / "aaa.yaml").write_text("# process_docs: !function evil.run\ntask: aaa\n")
    (folder / "common.yaml").write_text("repeats: 1\nprocess_docs: !function evil.run\n")
    with pytest.raises(UsageError, match=r"common\.yaml:2: !function evil\.run runs code"):
        read(folder)


WRITTEN = """\
output_type: generate_until
doc_to_text: "{{review}}"
doc_to_target: answer
filter_list:
  - name: read
    filter: [{function: regex, regex_pattern: "PATTERN"}, {function: take_first}]
metric_list: [{metric: exact_match}]
"""


def test_an_answer_on_which_an_expression_does_not_end_is_no_answer_and_counted(write_task, monkeypatch, caplog):
    monkeypatch.setattr("probe.sources.timed.SECONDS", 0.02)
    folder = write_task(
        "mine", rows_of("sentiment", 0, 3), WRITTEN.replace("PATTERN", "((?:a|aa)+)!|negative|positive")
    )
    (suite,) = read(folder)
    item = suite.items[0]
    assert suite.parse_answer(item, "a" * 90) == ParsedAnswer("", False)
    assert suite.parse_answer(item, "a!") == ParsedAnswer("a", False)
    for _ in range(9):
        suite.parse_answer(item, "a" * 90)
    assert [one.getMessage().split(":")[2] for one in caplog.records if "not read" in one.getMessage()] == [
        " 1 answer not read, each counts as none", " 10 answers not read, each counts as none"
    ]  # fmt: skip
    monkeypatch.setattr("probe.sources.lmeval_metrics.MAX_SLOW", 12)
    assert suite.parse_answer(item, "a" * 91) == ParsedAnswer("", False)
    assert suite.parse_answer(item, "a!") == ParsedAnswer("a", False), "what is read in time does not count"
    with pytest.raises(UsageError, match="given up after 12 answers that could not be read: the regular expression"):
        suite.parse_answer(item, "a" * 92)


LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
CALLS = "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}"
BACKTRACKING = "{{ ('a' * 60 + 'c')|regex_replace('(a|aa)+b|(x+x+)+y|(a|a)*$', '') }}"


@pytest.mark.parametrize("text", [LOOPS, CALLS, BACKTRACKING])
def test_a_template_without_an_end_is_ended(write_task, text, monkeypatch):
    monkeypatch.setattr("probe.prompt.sandbox.SECONDS", 0.1)
    monkeypatch.setattr("probe.sources.timed.SECONDS", 0.1)
    before = time.monotonic()
    with pytest.raises(TooSlow):
        read(task(write_task, json.dumps(text)))
    assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**9 }}", "{{ 'a'|center(10**9) }}", "{{ '%999999999d' % 1 }}", "{{ '{:>999999999}'.format(1) }}",
        "{{ 'a'.ljust(10**9) }}", "{{ 10 ** 1000000000 }}", "{{ [1] * 10**9 }}", "{{ ('a' * 9999).join('b' * 9999) }}",
        "{% set n = namespace(a='aaaa') %}{% for i in range(40) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
        "{% for i in range(99999) %}aaaaaaaaaaaaaaaaaaaa{% endfor %}", "{{ ('a' * 9999)|replace('a', 'b' * 9999) }}",
    ],
)  # fmt: skip
def test_a_template_whose_text_would_fill_the_memory_is_refused(write_task, text):
    with pytest.raises(UsageError, match="longer than [14],000,000|too large"):
        read(task(write_task, json.dumps(text)))


def test_templates_that_people_write_say_what_they_said(write_task):
    text = (
        "{% for one in options %}{{ loop.index }}/{{ loop.length }}. {{ one ~ '!' }} {% endfor %}"
        "{{ review|trim|regex_replace('[aeiou]+', '_') }} {{ options|join(', ') }} {{ '%05d' % 7 }} {{ 'x'.center(5) }}"
    )
    (suite,) = read(task(write_task, json.dumps(text)))
    shown = str(suite.items[0].prompt)
    assert "1/2. negative! " in shown or "1/2. positive! " in shown
    assert "00007" in shown


def test_limited_expressions_find_what_re_finds():
    import re

    timed = TimedModule()
    patterns = (
        *(r"#### (\-?[0-9\.\,]+)", r"(-?[$0-9.,]{2,})|(-?[0-9]+)", r"\(([A-Z])\)"),
        *(r"(?i)k", r"\b\w+\b", r"x*", r"(?<=is ).*"),
    )
    text = "The answer is -1,234.5. #### 42\n(A) yes (B) \u00e9t\u00e9 \u212a K"
    for pattern in patterns:
        assert timed.compile(pattern).findall(text) == re.findall(pattern, text) == timed.findall(pattern, text)
        assert timed.sub(pattern, "_", text) == re.sub(pattern, "_", text)
    assert timed.findall(r"\w+", text, flags=re.ASCII) == re.findall(r"\w+", text, flags=re.ASCII)
    with pytest.raises(re.error):
        timed.compile("(")


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
MERGED = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (BOMB, r"mine.yaml:\d+: holds aliases that stand for more than 100,000"),
        (MERGED, r"mine.yaml:\d+: holds aliases that stand for more than 100,000"),
        ("a: &a [*a]\n", "alias"),
        ("a: " + "[" * 90000 + "\n", "64 levels deep"),
        ("# " + "x" * (5 << 20) + "\n", "is larger than 4 MB"),
    ],
)
def test_a_task_file_of_aliases_of_aliases_or_without_an_end_is_refused(write_task, more, said):
    folder = task(write_task, more=more)
    before = time.monotonic()
    with pytest.raises(UsageError, match=said):
        read_source(f"lmeval:{folder / 'mine.yaml'}", SourceOptions())
    assert time.monotonic() - before < 10


def test_a_task_file_with_a_few_aliases_is_read(write_task):
    folder = task(write_task, more="metadata: {version: &v 1.0, other: *v, also: &l [*v, *v], more: [*l, *l]}\n")
    assert len(read(folder)[0].items) == 3


@pytest.mark.parametrize("kind", ["bbh", "ni"])
def test_a_link_in_a_folder_of_tasks_leads_nowhere_else(tmp_path, kind):
    folder = tmp_path / "tasks"
    folder.mkdir()
    bbh = {"examples": [{"input": "Is it?", "target": "Yes"}, {"input": "Is it not?", "target": "No"}]}
    ni = {"Definition": ["Say it."], "Instances": [{"id": "1", "input": "a", "output": ["b"]}]}
    (folder / "task001_one.json").write_text(json.dumps(bbh if kind == "bbh" else ni))
    (tmp_path / "secret.json").write_text((folder / "task001_one.json").read_text())
    assert len(read_source(f"{kind}:{folder}")) == 1
    (folder / "task002_two.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(UsageError, match=r"task002_two.json: is a link to .*secret.json"):
        read_source(f"{kind}:{folder}")
    suites = read_source(f"{kind}:{folder}", SourceOptions(allow_outside=True))
    assert len(suites) == 2 and suites[0].flags == ("--allow-outside",)
