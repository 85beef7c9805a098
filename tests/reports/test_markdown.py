import re
from dataclasses import replace

from made_run import HOSTILE, made_manifest, made_summary
from made_verdict import CHECK, NASTY, moved, verdict
from markdown_it import MarkdownIt

from probe.record.summary import read_summary
from reports.gate_markdown import MAX_ROWS
from reports.gate_markdown import markdown as of_verdict
from reports.markdown import markdown

KNOWN = {"h3", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary"}


def of_run(summary, manifest):
    """Return the Markdown of a run whose summary is a JSON object."""
    return markdown(read_summary(summary), manifest)


def tags(text):
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return set(re.findall(r"<([A-Za-z][\w-]*)", html)), html


def test_a_run_is_a_headline_a_table_and_three_flips():
    text = of_run(made_summary(num_suites=2), made_manifest(num_suites=2))
    found, html = tags(text)
    assert found <= KNOWN
    assert text.startswith("### probe: Answers change on 14.2 %")
    assert html.count("<li>") == 4
    assert "33 of 410 contrast edits answered wrong where the original is right" in text
    assert len(re.findall(r"<tr>", html)) == 1 + 3 * 7
    assert "809 more flips" in text and "samples 10" in text


def test_a_run_with_hostile_answers_has_no_markup_of_theirs():
    summary = made_summary(num_suites=1)
    summary["flips"] = [summary["flips"][3] | {"after": NASTY, "after_prediction": NASTY, "item": NASTY}] * 3
    summary["model"] = summary["warnings"][0] = NASTY
    found, html = tags(of_run(summary, made_manifest(num_suites=1)))
    assert found <= KNOWN and "<script" not in html and "<img" not in html
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in outside and "https://evil" not in outside


def cells_of_rows(text):
    """Return the cells of each row of each table, as a reader of GitHub's Markdown splits them."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_a_bar_in_the_name_of_a_suite_is_escaped_in_the_table_of_a_run():
    summary = made_summary(num_suites=1)
    for row in summary["metrics"]:
        row["suite"] = "yes|no"
    rows = cells_of_rows(of_run(summary | {"suite": ["yes|no"]}, made_manifest(num_suites=1)))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert {row[0] for row in rows[2:]} == {"yes\\|no"}


def test_a_bar_in_a_name_or_reason_is_escaped_in_the_table_of_a_verdict():
    undefined = {"value": None, "reason": "no a|b", "outcome": "pass"}
    checks = [replace(CHECK, suite="yes|no", family="typos|x"), replace(CHECK, suite="|", **undefined)]
    rows = cells_of_rows(of_verdict(verdict(*checks)))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert {row[1] for row in rows} >= {"yes\\|no", "\\|"}


def test_an_empty_run_says_that_nothing_was_measured():
    assert of_run({"suite": [], "model": "m", "verdict": "", "metrics": []}, {}).startswith(
        "### probe: Nothing was measured."
    )


def test_a_verdict_shows_what_did_not_pass_first_and_folds_away_the_rest():
    text = of_verdict(verdict())
    found, html = tags(text)
    assert found <= KNOWN
    assert text.startswith(
        "### probe: Regressed: 1 of 4 checks against baselines/sentiment\\_\\_pocket.json regressed, 1 is inconclusive."
    )
    open_, folded = text.split("<details>")
    assert (
        "| regressed | sentiment | format | Flip rate | 42.6 % | 30.1 % in the baseline, margin 2.0 points |" in open_
    )
    assert open_.index("regressed | sent") < open_.index("inconclusive | sent")
    assert "2 checks passed" in folded and "not defined" in folded
    assert html.count("<li>") == 3


def test_a_verdict_names_the_items_that_moved_most_and_the_command_that_shows_them():
    text = of_verdict(verdict())
    assert text.index("`s-2`") < text.index("`s-1`") < text.index("`s-3`")
    assert "`positive` became `negative`" in text and "`probe show sentiment s-1`" in text


def test_a_verdict_with_hostile_answers_has_no_markup_of_theirs():
    nasty = replace(CHECK, moved=(moved(NASTY, after=NASTY),))
    found, html = tags(of_verdict(verdict(nasty, model=HOSTILE, allowed=(NASTY,))))
    assert found <= KNOWN and "<script" not in html
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in outside and "javascript" not in re.sub(r"\[x\]", "", re.sub(r"<p>Allowed.*", "", outside))


def test_a_comment_stays_below_what_github_takes():
    checks = [replace(CHECK, suite=f"suite-{n}", moved=(moved(NASTY * 50),)) for n in range(5000)]
    text = of_verdict(verdict(*checks))
    assert len(text) < 65_536
    assert f"... {5000 - MAX_ROWS:,} more checks in the report" in text


def test_a_verdict_that_passed_says_so_and_why_in_one_line():
    one = verdict(*(c for c in verdict().checks if c.outcome == "pass"), baseline="")
    why = "No figure is worse than in the baseline by more than the tolerance: that is ruled out."
    assert of_verdict(one).splitlines()[0] == f"### probe: Passed: 2 checks. {why}"


def test_the_head_of_the_intervals_is_their_level():
    summary = made_summary()
    assert "| 95 % |" in of_run(summary, made_manifest())
    summary["stopping"] = [{"target": 0.1, "level": 0.9875}, {"target": 0.1, "level": 0.975}]
    assert "| 97.5 to 98.75 % |" in of_run(summary, made_manifest())
