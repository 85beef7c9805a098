"""A run's two JSON objects, made up to look like those of a real run, with what a hostile model might write."""

from __future__ import annotations

from random import Random
from typing import Any

from probe.comparison.history import FIGURES, Figure, HistoryLine, HistoryPoint
from probe.record.summary import read_summary

FAMILIES = {
    "format": ["format"],
    "typos": ["swap-letters", "drop-letter", "double-letter", "neighbour-key"],
    "wording": ["instruction-synonyms"],
    "order": ["choice-order", "demonstration-order"],
    "contrast": ["contrast-set"],
    "null": ["null"],
}
SUITES = ["sentiment", "entailment", "quantities", "facts", "topics", "answers"]
MORE = ["format", "punctuation", "whitespace", "casing", "typos", "wording", "grammar", "paraphrase", "order"]
MORE += ["labels", "shots", "distraction", "structure", "lexical-overlap", "contrast", "null"]
SIXTEEN = {name: [f"{name}-change"] for name in MORE}
"""As many families as there will be."""
HOSTILE = '</script><script>alert(\'probe\')</script><img src=x onerror="alert(1)"> \x1b[31m\u202egnorw & "quoted"'
WHOLE = ["accuracy_mean", "accuracy_worst", "accuracy_best", "spread", "flip_rate", "any_flip_rate"]
WHOLE += ["flip_right_to_wrong", "flip_wrong_to_right", "flip_wrong_to_wrong", "unreadable_rate", "pss"]
REVIEW = "A patient, funny film that trusts its actors, and the last half hour is worth the ticket on its own."


CAUSES = ["position", "symbol", "content", "near_tie", "truncated", "unreadable"]


def made_summary(
    *,
    num_suites: int = 2,
    samples: int = 10,
    num_flips: int = 24,
    seed: int = 7,
    families: dict[str, list[str]] = FAMILIES,
) -> dict[str, Any]:
    """Return a summary of `num_suites` suites with `draws` draws of each family."""
    rng = Random(seed)
    suites = SUITES[:num_suites]
    metrics = [row for suite in suites for row in _metrics(suite, rng, families)]
    if num_suites > 1:
        metrics += [
            row
            for row in _metrics("all", rng, families)
            if row["metric"] not in ("spread", "accuracy_worst", "accuracy_best")
        ]
    made = {
        "schema_version": 4,
        "run": "runs/20261123T160000Z_sentiment_pocket_1a2b3c",
        "suite": suites,
        "model": "pocket",
        "verdict": "Answers change on 14.2 % (12.0–16.6) of perturbed prompts (mean of 4 families, 8,000 pairs), "
        "most under format (24.6 % of 2,000). "
        "As written, 91.0 % (86.9–94.3) of answers are right.",
        "metrics": metrics,
        "responsiveness": [_quadrants(suite, rule) for suite in suites for rule in ("all", "most")],
        "variants": [row for suite in suites for row in _variants(suite, samples, rng, families)],
        "flips": [_flip(k, suites, rng, families) for k in range(num_flips)],
        "flips_total": 812 if num_flips else 0,
        "flips_near_tie": 31,
        "contrast_failures": [_flip(k, suites, rng, families, family="contrast") for k in range(min(2, num_flips))],
        "contrast_failures_total": 33 if num_flips else 0,
        "contrast_edits_total": 410,
        "weight": "families",
        "flip_share": [{"family": "format", "flips": 610, "pairs": 4000, "share": 0.75, "items": 200}],
        "outcomes": [_outcomes(suite, families, samples, rng) for suite in suites],
        "sensitivity": [_points(suite, rng) for suite in suites],
        "tests": [_test(suite, family, rng) for suite in suites for family in list(families)[:-2]],
        "stopping": [],
        "validity": [
            {"suite": suites[0], "perturbation": "swap-letters", "rule": "numbers", "dropped": 3, "doubted": 1}
        ],
        "budget": None,
        "counts": [_count(suite, family, samples, rng) for suite in suites for family in families],
        "timing": {"seconds": 41.237, "variants_seconds": 1.5, "model_seconds": 39.7},
        "engine": {
            "requests": 24600,
            "unique_requests": 21980,
            "tokens": 1843200,
            "unique_tokens": 231044,
            "path": "trie",
        },
        "warnings": ["2 prompts were longer than the window of 512 tokens and lost their beginning"],
    }
    return read_summary(made).to_json()


def made_manifest(*, num_suites: int = 2, samples: int = 10) -> dict[str, Any]:
    """Return the manifest that goes with it."""
    return {
        "schema_version": 2,
        "id": "1a2b3c",
        "created": "2026-11-23T16:00:00Z",
        "command": ["probe", "run", *SUITES[:num_suites], "--model", "pocket", "--draws", str(samples)],
        "seed": 0,
        "samples": samples,
        "num_fewshot": 0,
        "limit": None,
        "budget": None,
        "target_ci": None,
        "posix_items": 0,
        "perturb": [name for names in FAMILIES.values() for name in names],
        "suites": [
            {"name": name, "version": "1", "digest": "9f2c41d0a7", "num_items": 200, "path": f"suites/{name}"}
            for name in SUITES[:num_suites]
        ],
        "model": {
            "name": "pocket",
            "fingerprint": "5f0e",
            "architecture": "LlamaForCausalLM",
            "dtype": "float32",
            "device": "cpu",
            "bos": True,
        },
        "versions": {"probe": "0.1.0", "torch": "2.13.0", "transformers": "5.1.0"},
        "prompts_digest": "c0ffee",
    }


def _metrics(suite: str, rng: Random, families: dict[str, list[str]]) -> list[dict[str, Any]]:
    rows = [_metric("accuracy", suite, "original", rng.uniform(0.86, 0.97), rng)]
    for k, family in enumerate([*list(families)[:-2], "all"]):
        rows += [_metric(metric, suite, family, rng.uniform(0.01, min(0.7, 0.3 + 0.1 * k)), rng) for metric in WHOLE]
        rows += [_metric(f"flip_{cause}", suite, family, rng.uniform(0.0, 0.1), rng) for cause in CAUSES]
    rows += [
        _metric(metric, suite, "contrast", rng.uniform(0.5, 0.8), rng)
        for metric in ("contrast_consistency", "contrast_accuracy")
    ]
    rows.append(_metric("spread", suite, "null", None, rng, reason="one variant: a spread needs two"))
    rows.append(_metric("flip_rate", suite, "null", 0.0, rng))
    return rows


def _metric(metric: str, suite: str, family: str, value: float | None, rng: Random, reason: str = "") -> dict[str, Any]:
    half = rng.uniform(0.01, 0.04)
    floor = rng.choice([0.0, 0.002]) if "flip" in metric or metric in ("pss", "spread") else None
    net = None if floor is None or value is None else value - floor
    higher = metric.startswith(("accuracy", "contrast"))
    if higher and value is not None and metric.startswith("accuracy_"):
        value = 1 - value
    return {
        "metric": metric,
        "suite": suite,
        "family": family,
        "value": value,
        "ci_low": None if value is None else max(0.0, value - half),
        "ci_high": None if value is None else min(1.0, value + half),
        "num_items": 200,
        "num_variants": 1 if family == "original" else 10,
        "direction": "higher" if higher else "lower",
        "noise_floor": floor,
        "reason": reason,
        "net": net,
        "net_ci_low": None if net is None else net - half,
        "net_ci_high": None if net is None else net + half,
    }


def _quadrants(suite: str, rule: str) -> dict[str, Any]:
    counts = {"robust": 90, "constant": 40, "attentive": 30, "erratic": 40}
    shares = {f"{name}_share": count / 200 for name, count in counts.items()}
    return {"suite": suite, "stayed_under": rule, "num_items": 200, **counts, **shares}


def _variants(suite: str, samples: int, rng: Random, families: dict[str, list[str]]) -> list[dict[str, Any]]:
    rows = [_variant(suite, "original", "original", 0, 0.91)]
    for k, (family, names) in enumerate(families.items()):
        low = 0.905 if family == "null" else (0.45, 0.72, 0.6, 0.8, 0.66)[k % 5]
        rows += [
            _variant(suite, family, names[sample % len(names)], sample, rng.uniform(low, 0.92))
            for sample in range(2 if family == "null" else samples)
        ]
    return rows


def _variant(suite: str, family: str, perturbation: str, sample: int, accuracy: float) -> dict[str, Any]:
    half = 1.96 * (accuracy * (1 - accuracy) / 200) ** 0.5
    return {
        "suite": suite,
        "family": family,
        "perturbation": perturbation,
        "sample": sample,
        "accuracy": accuracy,
        "ci_low": max(0.0, accuracy - half),
        "ci_high": min(1.0, accuracy + half),
        "num_items": 200,
        "original_accuracy": 0.91,
    }


def _flip(
    k: int, suites: list[str], rng: Random, families: dict[str, list[str]], *, family: str = ""
) -> dict[str, Any]:
    preserving = [name for name in families if name not in ("contrast", "null")]
    family = family or preserving[k % len(preserving)]
    before, after, target = _texts(family, rng)
    sure = rng.uniform(0.6, 0.99)
    moved = family != "contrast"
    answers = ["positive", "negative"]
    hostile = k == 3 and moved
    keeps = family in ("order", "contrast")
    return {
        "suite": suites[k % len(suites)],
        "item": f"s-{k:03d}",
        "family": family,
        "perturbation": families[family][k % len(families[family])],
        "sample": k % 10,
        "effect": "label-preserving" if moved else "label-altering",
        "kind": "right to wrong" if moved else "should have moved",
        "near_tie": k % 7 == 2,
        "cause": None if not moved else "near_tie" if k % 7 == 2 else CAUSES[k % 3],
        "target": target,
        "before_target": "positive",
        "before": before + (HOSTILE if hostile else ""),
        "after": after + (HOSTILE if hostile else ""),
        "before_prediction": "positive",
        "after_prediction": HOSTILE if hostile else "" if k == 6 else "negative" if moved else "positive",
        "choices": [] if k == 6 else answers[::-1] if family == "order" else answers,
        "before_choices": [] if k == 6 else answers,
        "before_probabilities": [] if k == 6 else [sure, 1 - sure],
        "after_probabilities": [] if k == 6 else [sure, 1 - sure] if keeps else [1 - sure, sure],
        "checks": {"numbers": "doubt: 2 of 2", "polarity": "ok"} if k % 4 == 1 else {},
        "id": f"{suites[k % len(suites)]}/s-{k:03d}/{families[family][k % len(families[family])]}/{k % 10}",
        "command": f"probe show {suites[k % len(suites)]} s-{k:03d} --perturb {family}",
    }


def _outcomes(suite: str, families: dict[str, list[str]], samples: int, rng: Random) -> dict[str, Any]:
    variants = [
        {"family": family, "perturbation": names[sample % len(names)], "sample": sample, "effect": "label-preserving",
         "asked": 40,
         "moved": max(0, 30 - 3 * sample)}
        for sample in range(samples)
        for family, names in families.items()
    ]  # fmt: skip
    rows = []
    for n in range(40):
        chance = 0.9 * (1 - n / 30)
        cells = "".join("f" if rng.random() < chance * (1 - j / len(variants)) else "r" for j in range(len(variants)))
        cells = "".join(rng.choice("uw.go") if rng.random() < 0.07 else c for c in cells)
        rows.append(
            {
                "item": f"s-{n:03d}",
                "asked": len(cells),
                "moved": sum(map(cells.count, "fgo")),
                "original": "r",
                "cells": cells,
            }
        )
    return {"suite": suite, "num_items": 200, "num_variants": len(variants), "variants": variants, "items": rows}


def _points(suite: str, rng: Random) -> dict[str, Any]:
    points = [
        {"item": f"s-{n:03d}", "confidence": rng.uniform(0.5, 1.0), "flip_rate": rng.uniform(0, 0.6), "num_items": 1}
        for n in range(60)
    ]
    return {"suite": suite, "num_items": 60, "is_binned": False, "points": points}


def _test(suite: str, family: str, rng: Random) -> dict[str, Any]:
    p = rng.random() ** 4
    row = {"suite": suite, "family": family, "test": "cochran_q", "statistic": rng.uniform(1, 50), "p_value": p}
    more = {"num_items": 200, "variant": "", "minimum_detectable": None, "p_adjusted": p, "significant": p < 0.05}
    return row | more


def _texts(family: str, rng: Random) -> tuple[str, str, str]:
    """Return a prompt, the prompt as the family might have it, and the target after it."""
    head = "Say whether the review is positive or negative.\n"
    before = f"{head}Review: {REVIEW}\nSentiment:"
    shots = "".join(f"Review: {REVIEW} Take {n}.\nSentiment: positive\n\n" for n in range(8))
    changed = {
        "format": (before, f"{head}REVIEW \u2013 {REVIEW}\t||\u00a0SENTIMENT \u2013"),
        "typos": (before, before.replace("patient", "pateint")),
        "wording": (before, before.replace("Say whether the review is", "Judge if this review reads as")),
        "order": (before, before.replace("positive or negative", "negative or positive")),
        "contrast": (before, before.replace("is worth the ticket", "is not worth the ticket")),
    }
    original, other = changed.get(family, changed["typos"])
    if rng.random() < 0.3:
        original, other = (text.replace(head, head + "\n" + shots) for text in (original, other))
    return original, other, "negative" if family == "contrast" else "positive"


def _count(suite: str, family: str, samples: int, rng: Random) -> dict[str, Any]:
    unchanged, missing = rng.randint(0, 40), rng.randint(0, 90)
    asked = 200 * samples - unchanged - missing
    counts = {"asked": asked, "unchanged": unchanged, "duplicate": rng.randint(0, 9), "not_applicable": missing}
    return {"suite": suite, "family": family, **counts}


def made_comparison() -> dict[str, Any]:
    """Return a comparison of two runs as `probe.comparison.changes` gives it, with what a hostile model might write."""
    families = ["original", "all", "format", "typos"]
    differences = [
        {
            **{"suite": suite, "family": family, "metric": metric, "a": "pocket #1", "b": "pocket #2"},
            **{"value_a": 0.8, "value_b": 0.8 + gap, "difference": gap, "ci_low": gap - 0.05, "ci_high": gap + 0.05},
            **{
                "standard_error": 0.02,
                "minimum_detectable": 0.06,
                "p_value": 0.01,
                "p_adjusted": 0.02,
                "significant": gap < 0,
            },
            **{"num_items": 200, "num_variants": 10, "direction": "lower" if metric == "flip_rate" else "higher"},
        }
        for suite in ("sentiment", "facts", "all")
        for k, family in enumerate(families)
        for metric, gap in (
            ("accuracy" if family == "original" else "accuracy_mean", -0.1 + 0.05 * k),
            ("flip_rate", 0.02 * k),
        )
        if not (family == "original" and metric == "flip_rate")
    ]
    change = [
        {"kind": "tokens", "entry": "model.chat_template_hash", "a": "none", "b": "9f2c41d0"},
        {"kind": "versions", "entry": "versions.torch", "a": "2.12.0", "b": "2.13.0"},
    ]
    items = [_moved(k, "broken" if k < 5 else "fixed") for k in range(9)]
    reversal = {"suite": "facts", "a": "pocket #1", "b": "pocket #2", "num_variants": 10, "reversal": 0.2}
    reversal |= {"reversal_ci_low": 0.1, "reversal_ci_high": 0.3, "reversal_of_original": None, "reason": "a tie"}
    return {
        "suite": ["sentiment", "facts"],
        "runs": [
            {
                "label": f"pocket #{k}",
                "id": str(k),
                "folder": f"runs/2026112{k}T160000Z_2-suites_pocket_1a2b3{k}",
                "created": f"2026-11-2{k}T16:00:00Z",
                "command": "probe run sentiment facts --draws 10",
            }
            for k in (1, 2)
        ],
        "verdict": "3 of 14 differences are larger than chance explains, none of them in original accuracy.",
        "verdicts": {"pocket #1": "Answers change on 14.2 %.", "pocket #2": "Answers change on 12.0 %."},
        "differences": differences,
        "tests": [],
        "rankings": [],
        "reversals": [reversal],
        "pairs": [
            {"a": "pocket #1", "b": "pocket #2", "changes": change, "num_broken": 60, "num_fixed": 4, "items": items}
        ],
    }


def made_line(suite: str, model: str, *, num: int = 5) -> HistoryLine:
    """Return the runs of a suite over time, as `probe.comparison.history` reads them."""
    rng = Random(f"{suite}/{model}")
    points = []
    for k in range(num):
        figures = {key: Figure(v := rng.uniform(0.3, 0.9), v - 0.05, v + 0.05) for key in FIGURES}
        run = f"20261123T16000{k}Z_{suite}_pocket_1a2b3{k}"
        points.append(HistoryPoint(run, f"2026-11-23T16:00:0{k}Z", "", "later" if k > 2 else "first", 200, figures))
    return HistoryLine(suite, model, tuple(points))


def _moved(k: int, direction: str) -> dict[str, Any]:
    text = f"Say whether the review is positive or negative.\nReview: {REVIEW}\nSentiment:"
    answers = ("positive", HOSTILE if k == 2 else "negative")
    sure = {"choices_a": ["positive", "negative"], "choices_b": ["positive", "negative"]}
    sure |= {"probabilities_a": [0.9, 0.1], "probabilities_b": [0.2, 0.8]}
    return {
        **{"suite": ("sentiment", "facts")[k % 2], "item": f"s-{k:03d}", "direction": direction, "num_prompts": 11},
        **{"newly_wrong": 6 - k if k < 5 else 0, "newly_right": 0 if k < 5 else k, "as_written": k % 3 == 0},
        **{"family": "original" if k % 3 == 0 else "format", "perturbation": "format", "sample": k},
        **{"text_a": text, "text_b": text.replace("Review:", "REVIEW -") if k == 1 else text},
        **{"target_a": "positive", "target_b": "positive"},
        **{"prediction_a": answers[direction == "fixed"], "prediction_b": answers[direction == "broken"], **sure},
    }
