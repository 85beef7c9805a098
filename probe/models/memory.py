"""What memory there is for computing, and what to do where it runs out.

Covered: CPUs under Linux, CUDA, MPS. Not covered: what is computed in it (`probe.models.huggingface`, `probe.repair`).
"""

from __future__ import annotations

import gc
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch says that memory does not suffice."""
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error) or "can't allocate" in str(error)


def release(device: torch.device) -> None:
    """Give back what is held and not used."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def free_bytes(device: torch.device) -> int | None:
    """Return the bytes that can still be taken on a device; None where it does not say.

    On a CPU it must be asked beforehand: the system promises more than it has, and kills whoever takes it.
    """
    if device.type == "cuda":
        held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + held
    known = [_of_machine(), _of_container()] if device.type == "cpu" else []
    return min((one for one in known if one is not None), default=None)


def _of_machine() -> int | None:
    lines = MEMINFO.read_text(encoding="utf-8").splitlines() if MEMINFO.is_file() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _of_container() -> int | None:
    """Return what a container may still take, of which the machine's own figures say nothing."""
    try:
        most, taken, stat = (
            (CONTAINER / name).read_text(encoding="utf-8") for name in ("memory.max", "memory.current", "memory.stat")
        )
        # Files that were read count as taken, and are given back to whoever needs the memory.
        files = dict(line.split() for line in stat.splitlines()).get("inactive_file", "0")
        return max(int(most) - int(taken) + int(files), 0)
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return None
