"""The terminal page of a verdict: what it says, how wide it is, and that nothing hostile gets through."""

from dataclasses import replace

import pytest

from probe.gate.verdict import Check, Moved, Verdict
from reports.gate_console import page, sentence

MOVED = Moved(
    "sentiment", "s-001", "typos", "typo-drop", 2, "positive", "nega\x1b[31mtive", 0.5, "probe show sentiment s-001"
)
CHECK = Check(
    "sentiment", "typos", "flip_rate", "baseline", "regressed", "lower", 0.3, 0.1, 0.02, 0.12, 0.28, 0.08, 0.0001, 0.001,
    220, 4, reason="20.0 points worse: surely more than the 2 let pass (adjusted p 0.001)", moved=(MOVED,),
)  # fmt: skip


def verdict(*checks, outcome="regressed"):
    return Verdict("runs/x", "pocket", ("sentiment",), "b.json", outcome, checks)


def test_it_begins_with_the_verdict_and_shows_what_was_judged():
    text = page(verdict(CHECK, replace(CHECK, family="format", outcome="pass")), width=120)
    assert text.startswith("REGRESSED: pocket, sentiment against b.json.")
    line = next(line for line in text.split("\n") if line.startswith("REGRESSED  "))
    assert (
        " ".join(line.split())
        == "REGRESSED sentiment typos flip_rate 30.0 % 10.0 % +2.0 [+12.0, +28.0] 8.0 % 0.001 220"
    )
    assert "probe show sentiment s-001" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_a_narrow_terminal_leaves_columns_out_and_commands_whole(width):
    text = page(verdict(CHECK), width=width)
    commands = [line for line in text.split("\n") if "probe show" in line]
    assert commands
    assert all(len(line) <= max(width, 56) for line in text.split("\n") if line not in commands)


def test_no_colour_and_no_control_character_reaches_the_terminal():
    text = page(verdict(CHECK))
    assert "\x1b" not in text and "\\x1b" in text


def test_many_passes_are_counted_and_failures_all_shown():
    passes = [replace(CHECK, outcome="pass", family=f"f{n}") for n in range(30)]
    text = page(verdict(*passes, CHECK, replace(CHECK, family="format")))
    assert text.count("REGRESSED  ") == 2
    assert "more that pass" in text
    assert "30 pass" in sentence(verdict(*passes, CHECK))


def test_figures_that_are_not_defined_are_dashes():
    bare = replace(
        CHECK,
        kind="bound",
        reference=None,
        ci_low=None,
        ci_high=None,
        minimum_detectable=None,
        p_value=None,
        p_adjusted=None,
    )
    assert "<= 2.0 %" in page(verdict(bare), width=140)
