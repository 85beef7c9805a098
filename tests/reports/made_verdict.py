"""A verdict, made up to look like a real one, with what a hostile model might write."""

from dataclasses import replace

from made_run import HOSTILE

from probe.gating.verdict import GateCheck, GateVerdict, Moved, overall

NASTY = HOSTILE + " ```|`| [x](javascript:alert(1)) {0} @everyone #1 https://evil.example \x00\ufffe\ud800 ]]>\n# head"

CHECK = GateCheck(
    suite="sentiment", family="format", metric="flip_rate", kind="baseline", outcome="regressed", direction="lower",
    value=0.426, reference=0.301, bound=0.02, ci_low=0.09, ci_high=0.16, minimum_detectable=0.031, p_value=0.001,
    p_adjusted=0.004, num_items=200, num_variants=10,
)  # fmt: skip
BOUND = replace(
    CHECK, kind="bound", metric="accuracy_worst", direction="higher", value=0.51, reference=None, bound=0.6,
    ci_low=0.471, ci_high=0.549, p_value=None, p_adjusted=None, minimum_detectable=None,
)  # fmt: skip


def moved(item="s-1", *, after="negative", change=0.5, **other):
    base = Moved(
        "sentiment", item, "format", "format-layout", 3, "positive", after, change, f"probe show sentiment {item}"
    )
    return replace(base, **other)


def verdict(*checks, model="pocket", **other):
    checks = checks or (
        replace(CHECK, moved=(moved("s-1"), moved("s-2", change=0.9, after=NASTY), moved("s-3", change=0.1))),
        replace(BOUND, family="all", outcome="inconclusive"),
        replace(CHECK, family="typos", outcome="pass"),
        replace(CHECK, suite="facts", family="typos", metric="contrast_consistency", outcome="pass", value=None,
                reason="no contrast sets"),
    )  # fmt: skip
    suites = tuple(dict.fromkeys(check.suite for check in checks))
    base = GateVerdict("runs/1", model, suites, "baselines/sentiment__pocket.json", overall(checks), checks)
    return replace(base, **other)
