"""Rows of a trie through a transformers model: tensors in, log-probabilities of the scored tokens out.

    node     0  1  2  3  4  5          mask (i sees j)   j 0 1 2 3 4 5
    depth    0  1  2  3  2  3                        i 3   1 1 1 1 . .
    end      6  6  4  4  6  6                        i 4   1 1 . . 1 .     j <= i < end[j]

Logits are computed at the nodes that predict a scored token and nowhere else: a hook in front of the vocabulary
projection drops all other positions, whatever the architecture does to the logits afterwards (scaling, soft caps).

Rows that are plain sequences need neither mask nor positions: right padding is never seen by a causal model.

A mask does not keep a NaN to itself: a hidden key has the weight 0, and 0 * NaN is NaN, so one sequence whose states overflow
makes every score of its row NaN. Whoever asks must compute those again by themselves.

Covered: one forward pass, with gradients or without. Not covered: what goes into which pass (`probe.models.trie`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from probe.models import soft_prompt
from probe.models.blocks import Blockwise
from probe.models.trie import Row

ALIGNMENT = 16
"""Rows on an accelerator are padded to a multiple of this: its attention kernels want an aligned mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Log-probabilities (natural) of a batch's scored tokens, and whether each was the likeliest one.

    A value is NaN where any logit beside it is NaN or infinite, and -inf where the token itself is impossible.
    """

    owners: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    is_greedy: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What one forward pass gives, as tensors with whatever gradient the pass was computed with. S = scores, K = nodes."""

    values_S: torch.Tensor
    """Log-probabilities (natural) of the scored tokens, row by row in the order of `Row.targets`."""
    greedy_S: torch.Tensor
    """Whether each was the likeliest token."""
    needed_of_S: torch.Tensor
    """The place among the K nodes of the one that predicts each token."""
    states_KD: torch.Tensor | None
    """Hidden states at the K nodes; None where no layer was asked for."""
    logprobs_KV: torch.Tensor | None
    """Log-probabilities over the vocabulary at the K nodes; None where they were not asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sliding-window attention: a token sees itself and the `size - 1` tokens before it, in some layers or in all."""

    size: int
    in_all_layers: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Needed:
    """The K positions of a batch whose logits are needed."""

    rows_K: torch.Tensor
    nodes_K: torch.Tensor
    width: int

    def of(self, states: torch.Tensor) -> torch.Tensor:
        """Select them from (B, T, D); what is in front of the first node is an adapter's virtual tokens."""
        # Counted from the right: prompt tuning puts virtual tokens in front, which makes states longer than the row.
        return states[self.rows_K, self.nodes_K + states.shape[1] - self.width]


def score(model: Any, rows: Sequence[Row], *, pad_id: int, window: Window | None = None) -> Scored:
    """Compute the log-probabilities of everything that is scored in `rows`, in one forward pass without gradients."""
    with torch.inference_mode():
        computed = forward(model, rows, pad_id=pad_id, window=window)
        values, greedy = computed.values_S.cpu().double().numpy(), computed.greedy_S.cpu().numpy()
    return Scored(np.concatenate([row.owners for row in rows]), values, greedy)


def forward(
    model: Any,
    rows: Sequence[Row],
    *,
    pad_id: int,
    window: Window | None = None,
    layer: int | None = None,
    vocabulary: bool = False,
) -> Computed:
    """Compute everything that is scored in `rows` in one forward pass, with gradients where torch records them.

    `layer` counts as transformers does, 0 being the embedding and -1 the last; with it, the pass gives its states too, and with
    `vocabulary` the log-probabilities of all tokens.
    """
    device = next(model.parameters()).device
    # B = rows, T = padded nodes, K = needed nodes, S = scores, V = vocabulary, D = width of a state
    # An adapter's virtual tokens are the root of rows that branch; plain sequences get them from the adapter itself.
    virtual = 0 if all(row.is_chain for row in rows) else soft_prompt.num_packed(model)
    width = max(len(row) for row in rows)
    if device.type != "cpu":
        width = -(-(width + virtual) // ALIGNMENT) * ALIGNMENT - virtual
    # A node that predicts several scored tokens is computed once:
    #   where_S      3 3 5   place of the predicting node of each score in the flattened batch, row * width + node
    #   needed_K     3 5     the distinct ones
    #   needed_of_S  0 0 1   index into needed_K of each score
    where_S = np.concatenate([row.nodes + place * width for place, row in enumerate(rows)])
    needed_K, places_S = np.unique(where_S, return_inverse=True)
    needed = _Needed(
        torch.from_numpy(needed_K // width).to(device), torch.from_numpy(needed_K % width).to(device), width
    )
    laid_out = [soft_prompt.behind(row, virtual) for row in rows] if virtual else rows
    inputs = _inputs(model, laid_out, width=width + virtual, pad_id=pad_id, window=window, device=device)
    asked = model
    if virtual:
        asked, inputs = soft_prompt.embedded(model, inputs)
    if layer is not None:
        inputs["output_hidden_states"] = True
    with _attention(inputs), _only(model, needed) as is_cut:
        output = asked(**inputs, use_cache=False)
    logits_KV = output.logits.flatten(0, 1) if is_cut else needed.of(output.logits)
    targets_S = torch.from_numpy(np.concatenate([row.targets for row in rows])).to(device)
    needed_of_S = torch.from_numpy(places_S).to(device)
    logits_KV = _in_full(logits_KV)
    values_S, greedy_S = _logprobs(logits_KV, needed_of_S, targets_S)
    states_KD = None if layer is None else _in_full(needed.of(output.hidden_states[layer]))
    return Computed(values_S, greedy_S, needed_of_S, states_KD, logits_KV.log_softmax(-1) if vocabulary else None)


def _in_full(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor of half precision in single precision, and any other as it is."""
    return tensor.float() if tensor.dtype.itemsize < 4 else tensor


def _logprobs(
    logits_KV: torch.Tensor, needed_of_S: torch.Tensor, targets_S: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    best_K = logits_KV.argmax(dim=-1)
    # Counted from the largest logit: equal logits then give equal values to the last digit, whatever their size, so that ties
    # are ties. A row with NaN or +inf, or with -inf alone, becomes NaN. The result does not depend on what is taken away, so no
    # gradient needs to flow through it.
    shifted_KV = logits_KV - logits_KV.detach().gather(-1, best_K[:, None])
    values_S = shifted_KV[needed_of_S, targets_S]
    total_K = shifted_KV.exp_().sum(dim=-1).log_()
    return values_S - total_K[needed_of_S], best_K[needed_of_S] == targets_S


def _inputs(
    model: Any, rows: Sequence[Row], *, width: int, pad_id: int, window: Window | None, device: torch.device
) -> dict[str, Any]:
    ids = padded([row.ids for row in rows], width=width, fill=pad_id).to(device)
    if all(row.is_chain for row in rows):
        return {"input_ids": ids}
    depth = padded([row.depth for row in rows], width=width, fill=0).to(device)
    end = padded([row.end for row in rows], width=width, fill=0).to(device)
    here = torch.arange(width, device=device)
    end = torch.maximum(end, here + 1)  # padding sees itself, for a row of a softmax may not be empty
    # query i (rows) sees key j (columns) iff j is an ancestor of i or i itself: j <= i < end[j]
    visible = (here[None, None, :] <= here[None, :, None]) & (here[None, :, None] < end[:, None, :])
    dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else model.dtype
    return {"input_ids": ids, "position_ids": depth, "attention_mask": _mask(visible, depth, window, dtype)}


def _mask(visible: torch.Tensor, depth: torch.Tensor, window: Window | None, dtype: torch.dtype) -> Any:
    """Return the additive mask (B, 1, T, T), or one for each kind of layer where a row is longer than the window."""
    full = _additive(visible, dtype)
    if window is None or int(depth.max()) < window.size:
        return full
    # A window is counted along the path, not along the row: siblings between a node and its ancestor do not count.
    sliding = _additive(visible & (depth[:, :, None] - depth[:, None, :] < window.size), dtype)
    return sliding if window.in_all_layers else {"full_attention": full, "sliding_attention": sliding}


def _attention(inputs: dict[str, Any]) -> AbstractContextManager[Any]:
    """Return what attention is computed in: blocks on a CPU, at once elsewhere."""
    mask = inputs.get("attention_mask")
    if mask is None or inputs["position_ids"].device.type != "cpu":
        return nullcontext()
    return Blockwise(mask.values() if isinstance(mask, dict) else [mask])


def _additive(visible: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    zeros = torch.zeros((), dtype=dtype, device=visible.device)
    return torch.where(visible, zeros, torch.finfo(dtype).min)[:, None]


def padded(rows: Sequence[npt.ArrayLike], *, width: int, fill: int, on_left: bool = False) -> torch.Tensor:
    """Return rows of numbers as one tensor (rows, width)."""
    filled = np.full((len(rows), width), fill, dtype=np.int64)
    for place, row in enumerate(map(np.asarray, rows)):
        filled[place, slice(width - len(row), None) if on_left else slice(len(row))] = row
    return torch.from_numpy(filled)


@contextmanager
def _only(model: Any, needed: _Needed) -> Iterator[bool]:
    """Let only the needed positions, counted through the whole batch, reach the vocabulary projection.

    Gives False where the model does not say which module that is: then all logits are computed.
    """
    head = model.get_output_embeddings()
    if head is None:
        yield False
        return

    def keep(module: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (needed.of(args[0])[None], *args[1:])

    handle = head.register_forward_pre_hook(keep)
    try:
        yield True
    finally:
        handle.remove()
