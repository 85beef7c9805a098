"""What a dead process was writing is removed; what a living one writes is not."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from probe.files.partial import sweep, under_way

WRITES = (
    "import sys, time; from pathlib import Path; from probe.files.partial import under_way\n"
    "with under_way(Path(sys.argv[1])) as path:\n"
    "    path.mkdir(); (path / 'half').write_text('x'); print(path, flush=True); time.sleep(60)"
)


@pytest.fixture
def writer(tmp_path):
    """Return a process that is writing a folder, and the folder."""
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    path = process.stdout.readline().strip()
    yield process, tmp_path / os.path.basename(path)
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_a_living_process_writes_stays_and_is_removed_once_it_is_killed(writer, tmp_path):
    process, path = writer
    assert sweep(tmp_path) == []
    assert (path / "half").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sweep(tmp_path) == [path]
    assert list(tmp_path.iterdir()) == []
    assert sweep(tmp_path) == []


def test_a_living_process_of_the_same_number_does_not_keep_what_a_dead_one_left(writer, tmp_path):
    process, path = writer
    process.send_signal(signal.SIGKILL)
    process.wait()
    reused = path.with_name(path.name.replace(f".{process.pid}.", f".{os.getpid()}."))
    path.rename(reused)
    path.with_name(path.name + ".lock").rename(reused.with_name(reused.name + ".lock"))
    assert sweep(tmp_path) == [reused]


def test_a_folder_that_this_process_writes_is_not_swept_away(tmp_path):
    with under_way(tmp_path / "run") as path:
        path.mkdir()
        assert sweep(tmp_path) == []
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_renamed_stays_and_the_lock_goes(tmp_path):
    final = tmp_path / ("\u00e9" * 120)  # as long in bytes as a name may be, nearly
    with under_way(final) as path:
        path.write_text("whole")
        path.rename(final)
    assert [one.name for one in tmp_path.iterdir()] == [final.name]


def test_what_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / ".download.7.partial").mkdir()
    (tmp_path / ".download.7.partial.lock").write_text("another program's")
    (tmp_path / ".film.partial").write_text("x")
    (tmp_path / "20261123T150000Z_facts.7.partial").mkdir()
    before = sorted(os.listdir(tmp_path))
    assert sweep(tmp_path) == []
    assert sorted(os.listdir(tmp_path)) == before


def test_a_link_in_its_place_is_removed_and_not_what_it_leads_to(writer, tmp_path):
    process, path = writer
    process.send_signal(signal.SIGKILL)
    process.wait()
    (tmp_path / "dear").mkdir()
    (tmp_path / "dear" / "file").write_text("x")
    shutil.rmtree(path)
    path.symlink_to(tmp_path / "dear")
    assert sweep(tmp_path) == [path]
    assert [one.name for one in tmp_path.iterdir()] == ["dear"]
    assert (tmp_path / "dear" / "file").exists()


@pytest.mark.parametrize(("hours", "removed"), [(1, False), (30, True)])
def test_a_run_that_an_earlier_version_left_is_removed_after_a_day(tmp_path, hours, removed):
    left = tmp_path / ".20261123T150000Z_facts_pocket_1a2b3c.77.partial"
    left.mkdir()
    (left / "manifest.json").write_text("{}")
    then = time.time() - hours * 3600
    for path in (left / "manifest.json", left):
        os.utime(path, (then, then))
    assert sweep(tmp_path) == ([left] if removed else [])
    assert left.exists() is not removed


def test_many_writers_and_sweepers_at_once_never_take_what_lives(tmp_path):
    code = (
        "import sys; from pathlib import Path; from probe.files.partial import sweep, under_way\n"
        "folder = Path(sys.argv[1])\n"
        "for number in range(150):\n"
        "    final = folder / f'{sys.argv[2]}-{number}'\n"
        "    with under_way(final) as path:\n"
        "        path.write_text('x'); sweep(folder); path.replace(final)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "ab"]
    assert [one.wait() for one in running] == [0, 0]
    assert len(os.listdir(tmp_path)) == 300 and not list(tmp_path.glob(".*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_or_a_link_where_a_lock_would_be_is_left_alone_and_never_waited_for(tmp_path):
    (tmp_path / "elsewhere").write_text("probe 1")
    os.mkfifo(tmp_path / ".a.1.x.partial.lock")
    (tmp_path / ".b.1.x.partial.lock").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".c.1.x.partial.lock").mkdir()
    for name in "abc":
        (tmp_path / f".{name}.1.x.partial").touch()
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 7


def test_a_lock_that_a_full_disk_refuses_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"), under_way(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []
