"""What a model could run on here, in words.

Covered: CUDA devices and their memory, MPS, processor threads.
Not covered: which of them a model is put on (`probe.models.loading`).
"""

from __future__ import annotations


def describe_device() -> str:
    """Say which device a model would run on, and why there is no GPU where there is none.

    Raises:
        ImportError: torch is missing.
        OSError: torch is there and cannot be loaded.
    """
    import torch

    if torch.cuda.is_available():
        return "; ".join(_cuda(index) for index in range(torch.cuda.device_count()))
    if torch.backends.mps.is_available():
        return "mps"
    built_for = torch.version.cuda
    why = f"torch is built for CUDA {built_for} but finds no GPU" if built_for else "this torch is built without CUDA"
    return f"cpu, {torch.get_num_threads()} threads ({why})"


def _cuda(index: int) -> str:
    import torch

    free, total = torch.cuda.mem_get_info(index)
    return f"cuda:{index} {torch.cuda.get_device_name(index)}, {total / 2**30:.1f} GiB ({free / 2**30:.1f} free)"
