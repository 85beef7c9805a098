"""The rules that tests/windows.py simulates are real ones, and the files of commands keep them. Run under `-p windows` too."""

import pytest
import windows

from probe.cli import exit_code


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        ("a:b", False), ("a?", False), ('a"b', False), ("nul", False), ("Con.txt", False), ("COM1", False), ("a.", False),
        ("a ", False), ("a\\b", False), ("a\nb", False), ("console", True), ("nullify.json", True), (".partial", True),
        ("20260101T000000Z_a-b_c", True), ("é☕", True), ("com10", True),
    ],
)  # fmt: skip
def test_names_that_windows_takes_and_refuses(name, is_fine):
    assert (windows.fault_of_name(name) == "") == is_fine


def test_every_file_that_commands_write_has_a_name_of_windows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = ["run", "sentiment", "--model", "scripted:coin", "--limit", "4", "--samples", "1", "--perturb", "typos"]
    for command in (
        [*run, "--no-noise-floor"],
        ["report", "latest", *(word for end in ("html", "md", "csv", "json") for word in ("-o", f"r.{end}"))],
        ["bless", "latest"],
        ["export", "sentiment", "tasks", "--perturb", "typos", "--samples", "1"],
        ["new", "perturbation", "wording-shout"],
    ):
        assert exit_code(command) == 0, command
    written = [path for path in tmp_path.rglob("*")]
    assert len(written) > 15
    assert [str(path) for path in written if windows.fault_of_name(path.name)] == []
    assert max(len(str(path.relative_to(tmp_path))) for path in written) < windows.LONGEST
    folded = [str(path).casefold() for path in written]
    assert len(set(folded)) == len(folded)


def test_the_simulation_refuses_what_windows_refuses(tmp_path):
    if not windows.is_on:
        pytest.skip("runs under -p windows")
    for name in ("a:b", "nul", "a."):
        with pytest.raises(OSError, match="Windows"):
            (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "One").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="other letters"):
        (tmp_path / "one").mkdir()
    (tmp_path / "new").write_text("", encoding="utf-8")
    with (tmp_path / "One").open(encoding="utf-8"), pytest.raises(PermissionError, match="is open"):
        (tmp_path / "new").replace(tmp_path / "One")
    with pytest.raises(ImportError):
        import fcntl  # noqa: F401
