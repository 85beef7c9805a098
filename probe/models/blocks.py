"""Attention under a sparse mask in blocks of queries, each over the keys that one of them sees.

    keys  0 1 2 3 4 5 6 7           A row of a trie is mostly masked: siblings do not see each other. Kernels multiply by
    q 4   1 1 . . 1 . . .           the masked entries all the same. In blocks of queries whole columns are never seen:
    q 5   1 1 . . 1 1 . .           the block {4, 5} needs the keys {0, 1, 4, 5} only.

The work grows with the depth of the trie instead of the length of the row. The result is that of the dense mask.

It is a mode: inside it, `scaled_dot_product_attention` with a mask that was announced runs in blocks, and any other call as
always, so no model and no configuration is touched, and a model that computes attention by other means just gains nothing.

Covered: CPUs, where small kernels cost little. Not covered: GPUs, where a few large kernels are faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode

QUERIES = 128
"""Queries of a block."""

WORTH_IT = 256
"""Rows shorter than this are attended to at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Queries `start` to `stop` of one row, the keys that they see, and the mask between them."""

    row: int
    start: int
    stop: int
    keys: tuple[slice, ...]
    mask: torch.Tensor


class Blockwise(TorchFunctionMode):
    """Computes attention under the announced masks (B, 1, T, T) in blocks."""

    def __init__(self, masks: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self._blocks = {_identity(mask): _blocks(mask) for mask in masks if mask.shape[-1] >= WORTH_IT}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run attention in blocks where its mask is known, and everything else as it is."""
        kwargs = kwargs or {}
        mask = kwargs.get("attn_mask")
        # Three positional arguments, as transformers calls it: whoever calls it otherwise may mean something else.
        if func is not scaled_dot_product_attention or len(args) != 3 or mask is None:
            return func(*args, **kwargs)
        blocks = self._blocks.get(_identity(mask))
        if blocks is None:
            return func(*args, **kwargs)
        return _attend(*args, blocks=blocks, scale=kwargs.get("scale"), enable_gqa=kwargs.get("enable_gqa", False))


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, blocks: list[Block], **kwargs: Any
) -> torch.Tensor:
    # shapes: query is B, H, T, D; key and value may have fewer heads H
    rows: list[list[torch.Tensor]] = [[] for _ in range(query.shape[0])]
    for block in blocks:
        here = slice(block.row, block.row + 1)
        rows[block.row].append(
            scaled_dot_product_attention(
                query[here, :, block.start : block.stop],
                _taken(key[here], block.keys, dim=2),
                _taken(value[here], block.keys, dim=2),
                attn_mask=block.mask,
                **kwargs,
            )
        )
    # Joined and not written into one tensor: a gradient through a write copies the whole tensor for each block.
    return torch.cat([torch.cat(parts, dim=2) for parts in rows])


def _blocks(mask: torch.Tensor) -> list[Block]:
    lowest = torch.finfo(mask.dtype).min
    blocks = []
    for row in range(mask.shape[0]):
        for start in range(0, mask.shape[-1], QUERIES):
            part = mask[row : row + 1, :, start : start + QUERIES]
            keys = _runs(part.amax(dim=(0, 1, 2)) > lowest)
            blocks.append(Block(row, start, start + part.shape[2], keys, _taken(part, keys, dim=3).contiguous()))
    return blocks


def _runs(seen: torch.Tensor) -> tuple[slice, ...]:
    """Return the runs of true entries: copying a few runs is much faster than gathering single keys.

    seen      1  1  .  .  1  .
    edges     1  . -1  .  1 -1  .      one longer: +1 opens a run, -1 closes it    ->  0:2, 4:5
    """
    edges = torch.diff(seen.int(), prepend=seen.new_zeros(1).int(), append=seen.new_zeros(1).int())
    starts, stops = (edges == 1).nonzero().flatten().tolist(), (edges == -1).nonzero().flatten().tolist()
    return tuple(slice(start, stop) for start, stop in zip(starts, stops, strict=True))


def _taken(tensor: torch.Tensor, runs: tuple[slice, ...], *, dim: int) -> torch.Tensor:
    parts = [tensor.narrow(dim, run.start, run.stop - run.start) for run in runs]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=dim)


def _identity(mask: torch.Tensor) -> tuple[int, torch.Size]:
    # The layers of a model pass on views of the mask that they were given, so it is known by its memory, not as an object.
    return mask.data_ptr(), mask.shape
