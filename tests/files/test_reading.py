"""Files that others wrote: what is no plain file, too large, too deep or too long is refused with its limit."""

import json
import os
import threading

import pytest

from probe.files.limits import MAX_DEPTH, MAX_DIGITS
from probe.files.reading import Refused, from_json, from_toml, read_bytes, read_json, read_text, read_toml


def nested(levels):
    return "[" * levels + "]" * levels


def test_a_pipe_is_refused_without_waiting_for_who_writes_to_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    done = []

    def ask():
        with pytest.raises(Refused, match="is a pipe, not a file"):
            read_json(tmp_path / "pipe.json")
        done.append(True)

    waiting = threading.Thread(target=ask, daemon=True)
    waiting.start()
    waiting.join(5)
    assert done


def test_a_device_that_never_ends_is_refused(tmp_path):
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    with pytest.raises(Refused, match="is a device, not a file"):
        read_toml(tmp_path / "zero.toml")


def test_a_folder_and_a_loop_of_links_are_errors_of_the_system(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path, tmp_path / "loop", tmp_path / "absent"):
        with pytest.raises(OSError):
            read_bytes(path)
    with pytest.raises(Refused, match="no possible name"):
        read_bytes(tmp_path / "zero\0byte")


def test_a_file_of_just_the_limit_is_read_and_one_byte_more_is_not(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100)
    assert read_bytes(tmp_path / "file", most=100) == b"x" * 100
    with pytest.raises(Refused, match="larger than 99 bytes"):
        read_bytes(tmp_path / "file", most=99)
    with pytest.raises(Refused, match="larger than 8 bytes"):  # it says that it is empty
        read_bytes(type(tmp_path)("/proc/cpuinfo"), most=8)


def test_line_ends_are_made_one_and_other_encodings_are_refused(tmp_path):
    (tmp_path / "file").write_bytes("ä\r\nb\rc\n".encode())
    assert read_text(tmp_path / "file") == "ä\nb\nc\n"
    (tmp_path / "file").write_bytes("ä".encode("latin-1"))
    with pytest.raises(ValueError, match="utf-8"):
        read_text(tmp_path / "file")


@pytest.mark.parametrize("parse", [from_json, lambda text: from_toml(f"a = {text[1:-1]}")], ids=["json", "toml"])
def test_depth_has_a_limit_in_every_form(parse):
    parse(nested(MAX_DEPTH))
    for levels in (MAX_DEPTH + 2, 1_000, 50_000):
        with pytest.raises(Refused, match=f"more than {MAX_DEPTH} levels deep"):
            parse(nested(levels))
    with pytest.raises(Refused, match="levels deep"):
        from_json('{"a":' * 70 + "1" + "}" * 70)
    with pytest.raises(Refused, match="levels deep"):
        from_toml("a." * 70 + "b = 1")


def test_digits_have_a_limit_that_names_its_line():
    assert from_json("[" + "9" * MAX_DIGITS + "]") == [10**MAX_DIGITS - 1]
    assert from_toml("a = " + "9" * MAX_DIGITS) == {"a": 10**MAX_DIGITS - 1}
    for digits in (MAX_DIGITS + 1, 4_301, 100_000):
        with pytest.raises(Refused, match=f"{digits:,} digits; the limit is {MAX_DIGITS}"):
            from_json(f'{{"a": -{"9" * digits}}}')
    for number in ("9" * 4_301, "9" * 301, "-" + "9_" * 400 + "9", "0x" + "f" * 2_000):
        with pytest.raises(Refused, match=f"more than {MAX_DIGITS} digits") as found:
            from_toml(f'b = "{"1" * 50}"\n\na = {number}\n')
        assert found.value.line == 3


def test_digits_within_a_text_are_text():
    assert from_json(json.dumps(["9" * 5_000, 7])) == ["9" * 5_000, 7]
    assert from_toml(f'a = "{"9" * 5_000}"') == {"a": "9" * 5_000}


def test_a_small_file_takes_little_memory(tmp_path):
    import tracemalloc

    (tmp_path / "small.json").write_text('{"a": 1}')
    tracemalloc.start()
    assert read_json(tmp_path / "small.json") == {"a": 1}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
