"""Models that answer right as often as a context makes them, and benches of two small shipped suites."""

from dataclasses import replace
from functools import cache

from probe.evaluation.run import Plan, prepare
from probe.mitigate.base import Asker, Bench
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite

SHIPPED = {name: read_suite(find_suite(name)) for name in ("sentiment", "facts")}
SHIPPED = {name: replace(one, items=one.items[:6], train=one.train[:16]) for name, one in SHIPPED.items()}
FAMILIES = ("format", "paraphrase")


class Reader(Scripted):
    """Answers right as often as `chance` says of a context, by a coin that the context and the question throw."""

    def __init__(self, suite, chance):
        self.contexts = []
        right = {item.prompt.fields[-1].text: item for item in (*suite.items, *suite.train)}

        @cache
        def told(context):
            """Return the word that is said after a context, right or wrong."""
            item = next((item for text, item in right.items() if text in context), suite.items[0])
            coin = rng_for(context).random()
            said = word_of(item, context)
            others = [said[choice] for choice in item.prompt.choices if choice != item.target]
            return said[item.target] if coin < chance(context) else others[0]

        def prefers(request):
            self.contexts.append(request.context)
            return float(request.continuation.strip() == told(request.context))

        super().__init__(prefers=prefers, name="reader", fingerprint="reader")


def word_of(item, context):
    """Return the word that a context asks for in the place of each choice."""
    for words in (("favourable", "unfavourable"), ("favorable", "unfavorable"), ("approving", "disapproving"),
                  ("appreciative", "unappreciative")):  # fmt: skip
        if item.prompt.choices == ("positive", "negative") and words[1] in context:
            return dict(zip(item.prompt.choices, words, strict=True))
    return {choice: choice for choice in item.prompt.choices}


def bench_of(model, name="sentiment", *, perturb=FAMILIES, limit=None, suite=None, seed=0, **options):
    suite = suite or SHIPPED[name]
    plan = Plan(tuple(select(list(perturb))), samples=2, limit=limit, seed=seed)
    made = prepare(suite, plan)
    before = Asker(model, made.suite)(made.variants)
    return Bench(made.suite, plan, tuple(before), Asker(model, made.suite), Asker(model, made.suite), options)
