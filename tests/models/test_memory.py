"""What memory there is: the machine's, and a container's where that is less."""

from __future__ import annotations

import pytest
import torch

from probe.models import memory

CPU = torch.device("cpu")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return the folder in which a machine with 64 MiB to spare describes itself."""
    (tmp_path / "meminfo").write_text("MemTotal: 131072 kB\nMemAvailable: 65536 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    return tmp_path


def test_a_machine_without_a_limit_has_what_it_says(machine):
    assert memory.free_bytes(CPU) == 64 << 20
    (machine / "memory.max").write_text("max\n")
    (machine / "memory.current").write_text("1000\n")
    (machine / "memory.stat").write_text("anon 900\n")
    assert memory.free_bytes(CPU) == 64 << 20


def test_a_container_has_what_its_limit_leaves(machine):
    (machine / "memory.max").write_text(f"{48 << 20}\n")
    (machine / "memory.current").write_text(f"{28 << 20}\n")
    (machine / "memory.stat").write_text(f"anon 900\ninactive_file {20 << 20}\n")
    assert memory.free_bytes(CPU) == 40 << 20


def test_a_device_that_does_not_say_is_not_known(machine):
    (machine / "meminfo").unlink()
    assert memory.free_bytes(CPU) is None
    assert memory.free_bytes(torch.device("mps")) is None


def test_only_errors_of_memory_are_taken_for_such():
    errors = [
        torch.OutOfMemoryError("x"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("can't allocate memory"),
    ]
    assert all(map(memory.is_out_of_memory, errors))
    assert not memory.is_out_of_memory(RuntimeError("shapes differ"))
