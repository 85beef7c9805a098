r"""Text that is likely after one prompt and less so after another, written greedily ("CID-style").

    score(t) = log p(t | x) + degree (log p(t | x) - log p(t | x'))      over the tokens with p(t | x) >= 0.1 max p(. | x)

    x      .  .  Review: A  joy .    | g0 g1     a batch holds both prompts of each pair; each step's scores are those of the
    x'     Passage : A  joy , now .  | g0 g1     upper half against the lower, and both write the token that they choose

Yona et al. 2023, "Surfacing Biases in Large Language Models using Contrastive Input Decoding", give the idea and a degree of
contrast (their lambda). The token score is ours, after Li et al. 2023, "Contrastive Decoding", whose plausibility mask it has.
With degree 0 it is plain greedy decoding.

Covered: every local model that generates, with one cache for both contexts, also behind the response cache, which saves the
texts. Not covered: sampling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from probe.models.base import Model
from probe.models.generation import Prepared, Recorder, batches, generate, prepared
from probe.models.huggingface import HuggingFace
from probe.models.representation import local_engine
from probe.types import Completion, Generation

PLAUSIBLE = 0.1
"""Of the likeliest token's probability after the first prompt: what is less likely is not written."""

# shapes: B is pairs, V the vocabulary


@dataclass(frozen=True, slots=True)
class Contrasted:
    """A request for what is likely after one prompt and not after the other."""

    own: Generation
    other: Generation
    degree: float
    plausible: float


def write_contrasted(
    model: Model,
    pairs: Sequence[tuple[Generation, Generation]],
    *,
    degree: float,
    plausible: float = PLAUSIBLE,
) -> list[Completion]:
    """Return what is written after the first prompt of each pair, and less likely after the second, in the order asked.

    A text ends as the first request says; `mean_logprob` is by the first prompt alone. Both prompts lose their left end where
    they exceed the window.
    """
    if not degree >= 0:
        raise ValueError(f"degree {degree}: below 0 the second prompt would be favoured")
    engine = local_engine(model)
    assert engine is not None, "other models take no two contexts at once"
    requests = [
        Contrasted(own, replace(own, context=other.context, messages=other.messages), degree, plausible)
        for own, other in pairs
    ]
    return model.remembered(requests, lambda new: _written(engine, new))


def _written(engine: HuggingFace, requests: Sequence[Contrasted]) -> list[Completion]:
    """Write what is asked, in the order asked; each is told when its text ends."""
    own = prepared([one.own for one in requests], engine.encoder)
    others = prepared([one.other for one in requests], engine.encoder)
    engine.encoder.check_known((item.ids for item in (*own, *others)), engine.num_tokens)
    longer = [max(pair, key=lambda item: item.size) for pair in zip(own, others, strict=True)]
    answers: dict[int, Completion] = {}

    def tell(item: Prepared, text: Completion) -> None:
        if item is own[item.index]:  # of both rows of a pair, which write the same
            engine.tell([requests[item.index]], [text])

    # Half the budget, since each pair is two rows.
    for batch in batches(longer, budget=engine.token_budget // 2, most=engine.options.batch_size):
        rows = [side[item.index] for side in (own, others) for item in batch]
        first = requests[batch[0].index]  # all have the same degree
        recorder = _Contrast(engine.resolution, first.degree, first.plausible)
        written = generate(engine, rows, recorder=recorder, tell=tell)
        answers |= {item.index: text for item, text in zip(batch, written, strict=False)}
    return [answers[place] for place in range(len(requests))]


def contrasted(
    own_BV: torch.Tensor, other_BV: torch.Tensor, *, degree: float, plausible: float = PLAUSIBLE
) -> torch.Tensor:
    """Return the scores (B, V) of the next token, from logits after the prompts of each pair; -inf for what is not plausible.

    They are those of the formula but for one number for each row, which decides nothing: with degree 0 the order of
    tokens is that of the logits, to the last digit.
    """
    own_logprobs_BV, other_logprobs_BV = own_BV.log_softmax(-1), other_BV.log_softmax(-1)
    scores_BV = own_BV
    if degree:  # a token may be impossible after the other prompt, and 0 * inf is no number
        scores_BV = own_BV + degree * (own_logprobs_BV - other_logprobs_BV)
    least_B1 = own_logprobs_BV.amax(-1, keepdim=True) + math.log(plausible)
    return scores_BV.masked_fill(own_logprobs_BV < least_B1, -torch.inf)


class _Contrast(Recorder):
    """Lets both halves of a batch choose by the scores of the upper against the lower, and keeps log p(t | x)."""

    def __init__(self, resolution: float, degree: float, plausible: float) -> None:
        super().__init__(resolution)
        self.degree = degree
        self.plausible = plausible

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        own_BV, other_BV = scores.float().chunk(2)
        chosen_BV = contrasted(own_BV, other_BV, degree=self.degree, plausible=self.plausible)
        token_B1 = chosen_BV.argmax(-1, keepdim=True)
        own_logprobs_BV = own_BV.log_softmax(-1)
        logprob_B = own_logprobs_BV.gather(-1, token_B1)[:, 0]
        # Scores are compared as log-probabilities are: counted from the chosen token's. In half precision a tie is one of all
        # tokens, not of the plausible ones.
        compared_BV = chosen_BV - chosen_BV.gather(-1, token_B1) + logprob_B[:, None]
        tied_B = self.is_tied(compared_BV if self.resolution else own_logprobs_BV)
        self.logprobs.append(torch.cat([logprob_B, logprob_B]).cpu())
        self.ties.append(torch.cat([tied_B, tied_B]).cpu())
        return torch.cat([chosen_BV, chosen_BV])
