"""The HTML page: whole, inert, the same twice, and readable by a machine that checks it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
from dataclasses import dataclass, field, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from made_run import FAMILIES, HOSTILE, SIXTEEN, made_manifest, made_summary

from probe.cli import exit_code
from probe.errors import StoreError, UsageError
from probe.evaluation.run import Plan, manifest_facts, run
from probe.perturb import select
from probe.record.summarise import summarise
from probe.record.summary import read_summary
from probe.suite import find_suite, read_suite
from reports import words
from reports.charts.bars import taxonomy
from reports.charts.forest import forest
from reports.charts.heat_map import heat
from reports.html import page as page_of
from reports.html import write_page
from reports.side_by_side import marked

VOID = {"meta", "link", "br", "hr", "img", "input"}


def page(summary, manifest, **more):
    """Return the page of a run whose summary is a JSON object."""
    return page_of(read_summary(summary), manifest, **more)


@dataclass
class Seen(HTMLParser):
    """What a browser's parser would find in the page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    style: str = ""
    script: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.text.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        if self.open and self.open[-1] == "script":
            self.script += data
            return
        self.text.append(data)
        if self.rows and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += data

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    parser.close()
    assert not parser.open, f"never closed: {parser.open}"
    return parser


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Any], dict[str, Any], str]:
    summary, manifest = made_summary(), made_manifest()
    return summary, manifest, page(summary, manifest)


def test_what_others_wrote_is_escaped_by_every_template():
    from reports.template import _environment

    hostile = "<script>alert(1)</script> & \"quoted\" 'too'"
    made = _environment().from_string("<p title='{{ text }}'>{{ text }}</p>").render(text=hostile)
    assert "<script" not in made and made.count("<") == 2 and made.count("'") == 2
    assert unescape(made).count(hostile) == 2


def test_every_tag_is_closed_in_order(made):
    seen(made[2])


def test_no_id_is_given_twice_and_every_link_on_the_page_leads_somewhere(made):
    parsed = seen(made[2])
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [attributes["href"] for tag, attributes in parsed.tags if "href" in attributes]
    targets += [f"#{attributes['aria-labelledby']}" for _, attributes in parsed.tags if "aria-labelledby" in attributes]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= set(ids)


def test_nothing_is_loaded_from_outside(made):
    parsed = seen(made[2])
    for tag, attributes in parsed.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form", "video", "audio")
        assert not {"src", "srcset", "data", "action", "background", "style"} & set(attributes), (tag, attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in parsed.style
    assert "@import" not in parsed.style
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon|innerHTML|eval\(", parsed.script)


def test_the_policy_names_the_hashes_of_the_one_style_sheet_and_the_one_script_and_allows_nothing_else(made):
    parsed = seen(made[2])
    (style,) = re.findall(r"<style>(.*?)</style>", made[2], flags=re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", made[2], flags=re.DOTALL)
    assert [tag["type"] for tag in parsed.named("script") if tag] == ["application/json"]
    (policy,) = (m["content"] for m in parsed.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["style-src"] == [f"'sha256-{digest_of(style)}'"]
    assert rules["script-src"] == [f"'sha256-{digest_of(script)}'"]
    assert set(rules) == {"default-src", "style-src", "script-src", "base-uri", "form-action"}
    assert rules["base-uri"] == rules["form-action"] == ["'none'"]


def digest_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize("place", ["verdict", "model", "reason", "warning", "family", "item", "kind", "choice", "seed"])
def test_hostile_text_stays_text_wherever_it_stands(place):
    summary, manifest = made_summary(num_flips=2), made_manifest()
    marked = f'<b id="planted">{place}</b></style></script><img src=x onerror="alert(1)">'
    plant(summary, manifest, place, marked)
    parsed = seen(page(summary, manifest))
    assert not parsed.named("img") and len(parsed.named("script")) == 2
    assert not [1 for _, attributes in parsed.tags if attributes.get("id") == "planted" or "onerror" in attributes]
    assert marked in "".join(parsed.text)


def plant(summary: dict[str, Any], manifest: dict[str, Any], place: str, text: str) -> None:
    flip = summary["flips"][0]
    if place in ("verdict", "model"):
        summary[place] = text
    elif place == "reason":
        summary["metrics"][1] |= {"value": None, "ci_low": None, "ci_high": None, "reason": text}
    elif place == "warning":
        summary["warnings"] = [text]
    elif place in ("family", "item", "kind"):
        flip[place] = text
    elif place == "choice":
        flip["choices"] = flip["before_choices"] = [text, "negative"]
    else:
        manifest["seed"] = text


def test_what_a_hostile_model_wrote_is_shown_with_its_unseen_characters(made):
    parsed = seen(made[2])
    shown = HOSTILE.replace("\x1b", "\u241b").replace("\u202e", "\u27e8U+202E\u27e9")
    assert shown in "".join(parsed.text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", made[2])


def test_every_figure_of_the_run_is_on_the_page_with_its_interval_or_its_reason(made):
    summary, _, html = made
    rows = [[" ".join(cell.split()) for cell in row] for row in seen(html).rows]
    for row in read_summary(summary).metrics:
        wanted = [words.metric_name(row.metric), words.family_name(row.family), words.figure(row)]
        assert wanted in [found[:3] for found in rows], wanted


def test_every_variant_stands_in_the_table_behind_the_plot_and_in_the_plot(made):
    summary, _, html = made
    parsed = seen(html)
    rows = [[" ".join(cell.split()) for cell in row] for row in parsed.rows]
    for row in read_summary(summary).variants:
        figure = f"{words.percent(row.accuracy)} {words.interval(row.ci_low, row.ci_high)}"
        name = "original" if row.family == "original" else words.variant_name(row)
        assert [name, row.family, figure, "200"] in [found[:4] for found in rows]
        assert row.family == "original" or f"{row.family}: {name}: {figure}" in parsed.words


def test_figures_are_written_in_one_way_everywhere(made):
    text = seen(made[2]).words.replace("\u00a0", " ")
    assert "14.2 % (12.0–16.6)" in text
    assert re.search(r"floor 0\.[02] %, net \d+\.\d %", text)
    for written in re.findall(r"[\d.]+ ?%", text):
        assert re.fullmatch(r"\d+\.\d %|9[59] %|\d*[05] %", written), written


def test_direction_is_said_in_words(made):
    text = seen(made[2]).words
    assert "Flip rate lower is better" in text
    assert "Mean accuracy higher is better" in text


def test_a_figure_that_is_not_defined_says_why(made):
    text = seen(made[2]).words
    assert "not defined one variant: a spread needs two" in text
    assert "not defined: one variant: a spread needs two" in text
    assert "nan" not in text.lower().split()
    assert "None" not in text


def test_a_flip_shows_both_sides_with_the_edit_marked_and_the_answers(made):
    summary, _, html = made
    cards = re.findall(r'<details class="flip.*?</article>\n</details>', html, flags=re.DOTALL)
    assert len(cards) == len(summary["flips"]) + len(summary["contrast_failures"])
    typo = seen(cards[1])
    assert "<del>patient</del>" in cards[1] and "<ins>pateint</ins>" in cards[1]
    assert "answered positive, right" in typo.words
    assert '<del class="mark">\u21b5' in seen_spaces(made_summary(num_flips=1))
    assert "answered negative, wrong: positive is right" in typo.words
    assert "right to wrong" in typo.words and "near-tie" not in typo.words
    assert "near-tie" in seen(cards[2]).words
    assert "must change from positive to negative" in seen(cards[-1]).words
    assert "could not be read" in seen(cards[6]).words


def seen_spaces(summary: dict[str, Any]) -> str:
    summary["flips"][0] |= {"before": "Yes?\nNo.", "after": "Yes? No."}
    return page(summary, {})


def test_probabilities_belong_to_their_choices_even_where_the_options_were_shuffled():
    summary = made_summary(num_flips=1)
    summary["flips"][0] |= {
        "before_choices": ["red", "blue"],
        "before_probabilities": [0.9, 0.1],
        "choices": ["blue", "green"],
        "after_probabilities": [0.75, None],
    }
    rows = [[" ".join(cell.split()) for cell in row] for row in seen(page(summary, made_manifest())).rows]
    assert ["red", "90.0 %", "no such choice"] in rows
    assert ["blue", "10.0 %", "75.0 %"] in rows
    assert ["green", "no such choice", "no such choice"] in rows


def test_flips_left_out_are_said_to_be():
    summary = made_summary(num_flips=120)
    html = page(summary, made_manifest())
    assert html.count('<article id="flip-') == 100 and html.count("<article") == 102
    assert "100 of 812 flips. After the three worst, suites and families take turns" in seen(html).words


def test_without_flips_the_page_says_that_no_answer_changed():
    text = seen(page(made_summary(num_flips=0), made_manifest())).words
    assert "No answer changed." in text
    assert "Show family" not in text


def test_filters_name_the_families_and_suites_of_the_flips_and_the_style_sheet_knows_them(made):
    parsed = seen(made[2])
    buttons = {box["id"] for box in parsed.named("input") if box.get("type") == "radio"}
    chosen = [box["id"] for box in parsed.named("input") if "checked" in box]
    assert chosen == ["show-change-any", "show-family-any", "show-cause-any", "show-suite-any", "show-page-0"]
    cards = [one for one in parsed.named("details") if (one.get("class") or "").startswith("flip ")]
    classes = {name for card in cards for name in (card["class"] or "").split()} - {"flip"}
    assert not any("contrast" in one["id"] for one in parsed.named("input") if one.get("id"))
    assert buttons == {f"show-{name}" for name in classes} | set(chosen) | {"show-page-any"}
    for name in classes:
        assert re.search(rf"#flips.*:has\(#show-{name}:checked\) .flip:not\(.{name}\)", parsed.style)


def test_what_was_not_asked_and_warnings_and_the_manifest_are_told(made):
    summary, manifest, html = made
    parsed = seen(html)
    count = summary["counts"][0]
    numbers = [f"{count[key]:,}" for key in ("asked", "unchanged", "duplicate", "not_applicable")] + ["0"]
    assert [count["suite"], count["family"], *numbers] in parsed.rows
    assert ["Suite", "Family", "Run", "Unchanged", "Duplicate", "Does not apply", "Invalid"] in parsed.rows
    assert summary["warnings"][0] in parsed.words
    assert "1 warning" in parsed.words
    assert shlex.join(manifest["command"]) in parsed.words
    for value in (manifest["prompts_digest"], manifest["versions"]["torch"], "LlamaForCausalLM", "suites/entailment"):
        assert value in parsed.words


def test_a_page_can_be_made_of_a_summary_with_holes():
    full = made_summary(num_suites=1, samples=2, num_flips=3)
    for key in full:
        seen(page({k: v for k, v in full.items() if k != key}, made_manifest()))
        seen(page(full | {key: None}, made_manifest()))
    hollow = {key: [dict.fromkeys(row) for row in full[key]] for key in ("metrics", "variants", "flips", "counts")}
    seen(page(full | hollow, {}))
    seen(page({"unknown": 1}, {"suites": [None, 3], "command": "it's \"torn", "num_fewshot": "x"}))


def test_the_same_run_gives_the_same_page(made):
    summary, manifest, html = made
    assert page(json.loads(json.dumps(summary)), json.loads(json.dumps(manifest))) == html


def test_a_page_of_six_suites_with_sixty_variants_each_is_under_a_megabyte_and_a_half():
    summary = made_summary(num_suites=6, samples=12, num_flips=60)
    assert len(summary["variants"]) >= 6 * 60
    html = page(summary, made_manifest(num_suites=6, samples=12))
    seen(html)
    assert len(html.encode()) < 1_500_000


def test_the_page_of_twelve_suites_with_sixteen_families_is_under_three_megabytes_and_says_what_it_leaves_out():
    one = made_summary(num_suites=1, samples=7, num_flips=100, families=SIXTEEN)
    names = [f"suite-{k:02d}" for k in range(12)]
    of_suites = ("metrics", "responsiveness", "variants", "outcomes", "sensitivity", "tests", "counts")
    summary = one | {key: [row | {"suite": name} for name in names for row in one[key]] for key in of_suites}
    summary["metrics"] += [row | {"metric": f"{row['metric']}_{n}"} for row in summary["metrics"] for n in range(3)]
    for found in summary["outcomes"]:
        found["items"] = [row | {"item": f"s-{n}"} for n, row in enumerate(found["items"] * 3)][:100]
    html = page(summary | {"suite": names}, made_manifest(num_suites=1))
    assert len(html.encode()) < 3_000_000
    parsed = seen(html)
    assert html.count("200 of ") == 12 and "all are in summary.json" in parsed.words
    assert "Shown: 44 items of 200 and 112 variants" in parsed.words
    assert "The worst 100 of 107 variants" in parsed.words
    alone = seen(page(one, made_manifest(num_suites=1)))
    assert "All figures: 260 rows" in alone.words and "The worst" not in alone.words


@pytest.fixture(scope="module")
def real() -> tuple[dict[str, Any], dict[str, Any]]:
    from probe.models.scripted import Scripted

    length = Scripted(
        prefers=lambda request: -float((7 * len(request.context) + 3 * ord(request.continuation[1])) % 11),
        name="length",
    )
    plan = Plan(
        tuple(select(["format", "typos", "wording", "contrast", "null"])), samples=5, seed=3, limit=12, num_fewshot=1
    )
    record = run([read_suite(find_suite("sentiment"))], length, plan)
    summary = summarise(record, length, plan).to_json()
    return summary, {"schema_version": 1, "command": "probe run sentiment", **manifest_facts(record, plan, length)}


def test_the_command_under_a_flip_shows_that_very_variant(real, monkeypatch, capsys):
    summary, manifest = real
    commands = [unescape(one) for one in re.findall(r"<code>(probe show .*?)</code>", page(summary, manifest))]
    flips = [*summary["flips"], *summary["contrast_failures"]]
    assert len(commands) == len(flips) > 5
    monkeypatch.setenv("COLUMNS", "10000")
    for flip, command in list(zip(flips, commands, strict=True))[::7]:
        assert exit_code(shlex.split(command)[1:]) == 0
        told = capsys.readouterr().out
        assert told.startswith(f"{flip['item']}  {flip['perturbation']}, sample {flip['sample']}")
        rows = [re.split(r" \|(?: |$)", f"{row} ")[:2] for row in told.splitlines()[3:]]
        sides = [[row[k].strip() if k < len(row) else "" for row in rows] for k in (0, 1)]
        assert "\n".join(sides[0]).strip() == "\n".join(line.strip() for line in flip["before"].split("\n")).strip()
        assert sides[1] == [line.strip() for line in marked(flip["before"], flip["after"])] + [""] * (
            len(sides[1]) - len(marked(flip["before"], flip["after"]))
        )


def test_a_suite_that_was_given_as_a_folder_is_shown_again_as_that_folder(tmp_path, monkeypatch):
    from probe.models.scripted import Scripted
    from probe.suite import write_suite

    monkeypatch.chdir(tmp_path)
    Path("my/reviews").mkdir(parents=True)
    write_suite(read_suite(find_suite("sentiment")), Path("my/reviews"))
    plan = Plan(tuple(select(["typos"])), limit=20)
    coin = Scripted(prefers=lambda request: -float(crc32(repr(request).encode()) % 11))
    record = run([read_suite(Path("my/reviews"))], coin, plan)
    summary = summarise(record, coin, plan)
    assert summary.flips
    assert all(flip.command.startswith("probe show my/reviews ") for flip in summary.flips)
    assert manifest_facts(record, plan, coin)["suites"][0]["path"] == "my/reviews"


def test_a_page_is_written_whole_into_a_folder_that_need_not_exist(real, tmp_path: Path):
    summary, manifest = real
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    manifest = manifest | {"id": "1a2b3c", "created": "2026-11-23T16:00:00Z"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    out = write_page(folder, tmp_path / "made" / "report.html")
    assert out.read_text(encoding="utf-8") == page(summary, manifest)
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_a_folder_that_is_no_run_and_a_place_that_cannot_be_written_are_the_users_errors(real, tmp_path: Path):
    with pytest.raises(UsageError, match="not the folder of a run"):
        write_page(tmp_path, tmp_path / "report.html")
    summary, manifest = real
    (tmp_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    manifest = manifest | {"id": "1a2b3c", "created": "2026-11-23T16:00:00Z"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreError, match=r"cannot write the page to .*report\.html"):
        write_page(tmp_path, tmp_path / "summary.json" / "report.html")


def test_checks_of_a_variants_meaning_are_shown_with_what_is_doubted_first():
    summary = made_summary(num_suites=1, num_flips=2)
    summary["flips"][0]["checks"] = {"numbers": "ok", "names": "doubt: lost Ann", "length": "ok"}
    parsed = seen(page(summary, made_manifest()))
    assert "Validity checks: names: doubt: lost Ann; ok: numbers, length" in parsed.words
    assert ["sentiment", "swap-letters", "numbers", "3", "1", "0"] in parsed.rows


def test_what_a_person_accepted_against_a_rule_is_told():
    summary = made_summary(num_suites=1, num_flips=2)
    summary["flips"][0]["checks"] = {"numbers": "ok", "polarity": "fail: lost not", "review": "accepted"}
    summary["validity"] = [
        {"suite": "sentiment", "perturbation": "swap", "rule": "polarity", "dropped": 4, "doubted": 0, "accepted": 2}
    ]
    read = seen(page(summary, made_manifest()))
    assert "polarity: fail: lost not; review: accepted; ok: numbers" in read.words
    assert ["sentiment", "swap", "polarity", "4", "0", "2"] in read.rows


def test_what_a_budget_left_out_and_where_a_suite_stopped_are_told():
    summary = made_summary(num_suites=1, num_flips=0)
    estimate = {
        "suite": "sentiment",
        "family": "format",
        "num_prompts": 40,
        "num_items": 200,
        "cells": 8000,
        "calls": 900,
    }
    estimate |= {"mean": 0.71, "naive_mean": 0.7, "values": [0.5, 0.8], "ci_low": [0.4, 0.7], "ci_high": [0.6, 0.9]}
    summary["budget"] = {
        **{"budget": 1000, "calls": 900, "cells": 8000, "estimator": "two-parameter", "quantiles": [0.05, 0.95]},
        **{"not_run": [{"suite": "sentiment", "family": "format", "cells": 7100}], "estimates": [estimate]},
    }
    stop = {
        "suite": "sentiment",
        "target": 0.02,
        "num_items": 120,
        "num_available": 200,
        "level": 0.98,
        "reached": False,
    }
    summary["stopping"] = [stop | {"flip_rate": 0.14, "ci_low": 0.11, "ci_high": 0.17}]
    parsed = seen(page(summary, made_manifest()))
    rows = [[" ".join(cell.split()) for cell in row] for row in parsed.rows]
    assert ["sentiment", "format", "40", "71.0 %", "50.0 % (40.0–60.0)", "80.0 % (70.0–90.0)"] in rows
    assert ["sentiment", "format", "7,100"] in rows
    assert "900 of 8,000 variants were run" in parsed.words
    assert ["sentiment", "120 of 200", "14.0 % (11.0–17.0)", "2.0 points", "no"] in rows


def test_every_cell_of_the_map_stands_in_the_table_behind_it_and_in_its_strokes(made):
    summary, _, html = made
    table = summary["outcomes"][0]
    rows = [[" ".join(cell.split()) for cell in row] for row in seen(html).rows]
    for row in table["items"]:
        assert [row["item"], f"{row['moved']} of {row['asked']}", "right", row["cells"]] in rows
    drawn = heat(read_summary(summary).outcomes[0], families=())
    width = len(table["variants"])
    found = [["."] * width for _ in table["items"]]
    for letter, _, path in drawn.strokes:
        for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path):
            found[int(y)][int(x) : int(x) + int(length)] = letter * int(length)
    assert ["".join(row) for row in found] == [row["cells"] for row in table["items"]]


def test_the_first_screen_says_when_with_what_and_what_its_short_words_mean(made):
    text = seen(made[2]).words
    first = text[: text.index("Families of perturbations")]
    assert (
        "Run on 23 November 2026, 16:00 UTC with probe 0.1.0. Model: pocket (LlamaForCausalLM, float32 on cpu)."
        in first
    )
    assert "Suites: sentiment version 1, entailment version 1." in first
    assert "PromptSensiScore: how often two variants of an item differ" in first
    assert "Noise floor: the same figure on reruns" in first and "floor 0.0 %" not in text


def test_a_time_that_is_none_is_shown_as_it_is_and_another_zone_becomes_utc():
    from reports.manifest import day

    assert day("2026-01-02T00:30:00+02:00") == "1 January 2026, 22:30 UTC"
    assert day("yesterday <b>") == "yesterday <b>" and day("") == ""


def test_a_cell_of_a_flip_that_the_page_shows_is_a_link_to_its_card(made):
    summary, _, html = made
    cards = {one["href"] for one in seen(html).named("a") if (one.get("aria-label") or "").endswith(("s-000", "s-001"))}
    shown = [("flip", one) for one in summary["flips"]] + [
        ("contrast-failure", one) for one in summary["contrast_failures"]
    ]
    wanted = [(kind, one["id"].replace("/", "-")) for kind, one in shown if one["item"] in ("s-000", "s-001")]
    assert len(wanted) == 4 and cards == {f"#{kind}-{name}" for kind, name in wanted}


def test_the_map_of_an_earlier_run_paints_no_flip_from_a_wrong_answer_as_a_failure():
    summary = made_summary(num_suites=1, num_flips=0) | {"schema_version": 3}
    rows = summary["outcomes"][0]["items"] = summary["outcomes"][0]["items"][:2]
    rows[0] |= {"original": "r", "cells": "ffr." + rows[0]["cells"][4:].replace("g", "f").replace("o", "f")}
    rows[1] |= {"original": "w", "cells": "f" * len(rows[1]["cells"])}
    read = read_summary(summary).outcomes[0]
    assert read.items[0].cells == rows[0]["cells"] and set(read.items[1].cells) == {"m"}
    assert "flipped from a wrong answer" in seen(page(summary, {})).words


def test_the_command_of_a_cell_is_quoted_for_a_shell_and_never_torn():
    summary = made_summary(num_suites=1, num_flips=0)
    table = summary["outcomes"][0]
    table["items"][0]["item"] = "it's; rm -rf ~"
    table["variants"][0]["command"] = "probe show my/suite ITEM --variant swap/1 --seed 3"
    table["variants"][1]["command"] = "probe show 'torn"
    drawn = heat(read_summary(summary).outcomes[0], families=())
    assert (drawn.commands[0].head, drawn.commands[0].tail) == ("probe show my/suite", "--variant swap/1 --seed 3")
    assert drawn.commands[1].head == "probe show sentiment"
    assert shlex.split(drawn.rows[0].quoted) == ["it's; rm -rf ~"]


def test_the_causes_of_a_bar_add_up_and_the_forest_is_net_of_noise(made):
    summary, _, _ = made
    rows = [row for row in read_summary(summary).metrics if row.suite == "sentiment"]
    of = {family: {row.metric: row for row in rows if row.family == family} for family in ("format", "typos", "all")}
    bars = taxonomy(of)
    for bar in bars.bars:
        assert all(
            a.x + a.width == pytest.approx(b.x, abs=0.02) for a, b in zip(bar.parts, bar.parts[1:], strict=False)
        )
    assert bars.bars[0].label == "all families"
    drawn = forest([row for row in rows if row.metric == "flip_rate"], families=list(FAMILIES))
    assert drawn.is_net and [line.family for line in drawn.lines][0] == "all" and len(drawn.lines) == 5
    by_family = {row.family: row.net for row in rows if row.metric == "flip_rate"}
    nets = [by_family[line.family] for line in drawn.lines[1:]]
    assert nets == sorted(nets, reverse=True)
    assert all(line.low <= line.x <= line.high for line in drawn.lines)
    hollow = forest([replace(row, net=None) for row in rows if row.metric == "flip_rate"], families=list(FAMILIES))
    assert not hollow.is_net


def test_of_many_suites_the_first_are_shown_in_full_and_the_others_in_the_table():
    summary = made_summary(num_suites=2, samples=2, num_flips=1)
    names = [f"suite{k:02d}" for k in range(15)]
    summary["suite"] = names
    facts = [row for row in summary["metrics"] if row["suite"] == "facts"]
    facts = facts or [row for row in summary["metrics"] if row["suite"] == "sentiment"]
    whole = [row for row in summary["metrics"] if row["suite"] == "all"]
    summary |= {
        "metrics": [row | {"suite": name} for name in names for row in facts] + whole,
        "variants": [],
        "counts": [],
    }
    parsed = seen(page(summary, {}))
    assert "The first 12 of 15 suites are shown in full below" in parsed.words
    assert len([one for one in parsed.named("section") if (one.get("id") or "").startswith("suite-")]) == 12
    assert sum(row[0].strip() == "suite14" for row in parsed.rows if row) == 1


def test_what_a_model_does_not_have_and_what_is_no_news_is_not_said():
    manifest = made_manifest() | {"model": {"name": "scripted:coin", "dtype": "none", "device": "none"}}
    for unique, said in ((10, False), (7, True)):
        summary = made_summary()
        summary["engine"] |= {"requests": 10, "unique_requests": unique}
        text = seen(page(summary, manifest)).words
        assert "Model: scripted:coin." in text and "none on none" not in text
        assert ("(7 different)" in text) == said and "(10 different)" not in text
