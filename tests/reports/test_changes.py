"""What changed between two runs, in words: no hash leads, what differs is named, what is the same is said."""

import re

from made_run import made_comparison

from probe.comparison.comparison import Change, RunComparison
from probe.record.plain import from_plain
from reports.changes import in_words
from reports.compare_page import page

HASH = re.compile("[0-9a-f]{12}")


def test_another_model_is_named_and_what_only_one_kind_of_model_has_is_left_out():
    changes = [
        Change("tokens", "model.tokenizer_hash", "0e6cbd8a13522fd8", "(none)"),
        Change("model", "model.fingerprint", "b022e86fa808ef96", "scripted:coin"),
        Change("model", "model.name", "pocket", "scripted:coin"),
        Change("model", "asked_model.model", "pocket", "scripted:coin"),
    ]
    said = dict(in_words(changes))
    assert said["Model"] == "pocket \u2192 scripted:coin; weights differ"
    assert said["Tokens sent"] == "of each model's own kind"
    assert said["Prompts"] == said["Versions"] == "the same"
    assert "Other settings" not in said


def test_hashes_are_said_to_differ_and_values_are_shown():
    changes = [
        Change("tokens", "model.chat_template_hash", "none", "9f2c41d0aabb"),
        Change("tokens", "model.max_length", "512", "1024"),
        Change("prompts", "samples", "5", "10"),
        Change("prompts", "suite facts.digest", "9f2c41d0a7aa", "17bb41d0a7aa"),
        Change("versions", "versions.torch", "2.12.0", "2.13.0"),
        Change("other", "limit", "x" * 200, "none"),
    ]
    said = dict(in_words(changes))
    assert said["Tokens sent"] == "window in tokens 512 \u2192 1024; chat template: none before, one now"
    assert said["Prompts"] == "samples 5 \u2192 10; suite facts: its files differ"
    assert said["Versions"] == "torch 2.12.0 \u2192 2.13.0"
    assert len(said["Other settings"]) < 90
    assert not HASH.search(" ".join(said.values()))


def test_many_entries_of_a_kind_are_counted():
    changes = [Change("versions", f"versions.lib{k}", "1", "2") for k in range(20)]
    assert dict(in_words(changes))["Versions"].endswith("lib5 1 \u2192 2; 14 more")


def test_the_page_leads_with_what_changed_and_keeps_the_entries_closed():
    html = page(from_plain(RunComparison, made_comparison()))
    entries = html.index("Entries of the manifests that differ")
    assert html.index("Tokens sent") < html.index("By family") < entries
    assert "2.12.0 \u2192 2.13.0" in html[:entries] and "9f2c41d0" not in html[:entries]
    assert html[:entries].endswith("<details>\n<summary>")
    assert "21 November 2026, 16:00 UTC" in html
