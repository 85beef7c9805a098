"""Known secrets become *** in every form, and nothing else does."""

import base64
import html
import json
from urllib.parse import quote

import pytest

from probe.masking import MASK, is_telling, masked, typed

KEY = "sk-Ab12+xyz/9=&Qq"


@pytest.fixture(autouse=True)
def only_these(monkeypatch, tmp_path):
    monkeypatch.setattr("os.environ", {"HF_HOME": str(tmp_path), "MY_API_KEY": KEY})


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY, safe=""),
        quote(KEY),
        quote(KEY, safe="").replace("%2B", "%2b"),
        html.escape(KEY),
        json.dumps(KEY)[1:-1],
        *(base64.b64encode(f"{user}:{KEY}".encode()).decode() for user in ("", "a", "ab", "me@there.org")),
        base64.urlsafe_b64encode(f"x{KEY}yz".encode()).decode(),
        KEY.upper(),
        KEY.lower(),
        KEY.replace("/", "\\/"),
        KEY.replace("+", "\\u002b"),
        KEY.encode().hex().upper(),
        quote(quote(KEY, safe=""), safe=""),
        quote(quote(quote(KEY, safe=""), safe=""), safe=""),
        "".join(f"%{ord(char):02x}" for char in KEY),
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
        KEY[:4] + "".join(f"&#x{ord(char):X};" for char in KEY[4:]),
    ],
)
def test_a_secret_is_masked_in_each_form(form):
    shown = masked(f"before {form} after")
    assert MASK in shown and form not in shown
    assert shown.startswith("before ") and shown.endswith(" after")


def test_a_longer_secret_that_holds_a_shorter_one_is_masked_whole(monkeypatch):
    monkeypatch.setitem(__import__("os").environ, "OTHER_TOKEN", KEY + "tail")
    assert masked(f"{KEY}tail {KEY}") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    ("value", "is_secret"),
    [
        ("test", False),
        ("password", False),
        ("Sunshine", False),
        ("12345678", False),
        ("two words 12", False),
        ("<|endoftext|>", False),
        ("/dev/null/", False),
        ("", False),
        ("hunter2hunter2", True),
        ("hf_abcdefgh", True),
        ("sk-secret", True),
        ("sunShine", True),
    ],
)
def test_only_a_value_that_is_long_and_mixed_is_looked_for(value, is_secret):
    value = "/dev/null" if value == "/dev/null/" else value
    assert is_telling(value) is is_secret


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("HF_TOKEN", True), ("TOKEN", True), ("openai_api_key", True), ("AWS_SECRET_ACCESS_KEY", True), ("DB_PASSWORD", True),
        ("TOKENIZERS_PARALLELISM", False), ("KEYBOARD", False), ("MONKEY", False), ("SSH_AUTH_SOCK", False), ("HOME", False),
    ],
)  # fmt: skip
def test_the_name_of_a_variable_says_whether_it_holds_a_secret(name, is_secret, monkeypatch):
    monkeypatch.setitem(__import__("os").environ, name, "quite-Another-1")
    assert (masked("quite-Another-1") == MASK) is is_secret


def test_passwords_of_addresses_in_the_environment_are_secrets(monkeypatch):
    monkeypatch.setitem(__import__("os").environ, "HTTPS_PROXY", "http://me:pa%24sword9@proxy:8080")
    assert masked("407 for me with pa$sword9, pa%24sword9") == f"407 for me with {MASK}, {MASK}"


def test_the_stored_token_of_the_hub_is_a_secret(tmp_path):
    (tmp_path / "token").write_text("hf_StoredToken123\n")
    assert masked("hf_StoredToken123 was refused") == f"{MASK} was refused"


@pytest.mark.parametrize(
    "args",
    [
        ["--api-key", "typed-Secret-1"],
        ["--model-args=token=typed-Secret-1,dtype=float32"],
        ["--url", "https://me:typed-Secret-1@host/v1"],
        ["--url", "https://typed-Secret-1@host/v1"],
        ["--url", "https://host/v1?a=b&key=typed-Secret-1"],
    ],
)
def test_secrets_in_what_is_typed_are_known_while_the_command_runs(args):
    with typed(args):
        assert masked("typed-Secret-1!") == f"{MASK}!"
    assert masked("typed-Secret-1!") == "typed-Secret-1!"


def test_texts_stay_as_they_are_where_nothing_is_secret(monkeypatch):
    monkeypatch.setattr("os.environ", {"HF_HOME": "/nowhere", "MY_API_KEY": "test"})
    assert masked("a test of *** and sk-Ab12") == "a test of *** and sk-Ab12"


@pytest.mark.parametrize("name", ["MY_KEY_2", "API_KEYS", "SSH_PASS", "X_TOKEN1", "AUTH"])
def test_a_variable_whose_name_says_so_is_a_secret(name, monkeypatch):
    monkeypatch.setitem(__import__("os").environ, name, "zz-Secret-99")
    assert masked("zz-Secret-99") == MASK


@pytest.mark.parametrize("name", ["COMPASS", "MONKEY", "KEYBOARD", "TOKENIZER", "PASSING", "PWD"])
def test_a_variable_whose_name_only_begins_or_ends_so_is_none(name, monkeypatch):
    monkeypatch.setitem(__import__("os").environ, name, "zz-Secret-99")
    assert masked("zz-Secret-99") == "zz-Secret-99"


@pytest.mark.parametrize(
    "value",
    [
        "api_key='zz-Secret-99'",
        '{"api_key": "zz-Secret-99"}',
        "headers=Authorization: Bearer zz-Secret-99",
        "auth=zz-Secret-99",
        "a=1,authorization=Basic zz-Secret-99",
    ],
)
def test_a_secret_is_known_however_it_is_typed(value):
    with typed(["run", "--model-args", value]):
        assert masked("got zz-Secret-99") == f"got {MASK}"


def test_a_secret_whose_bytes_are_no_text_does_not_keep_tables_from_being_written(monkeypatch):
    import pyarrow as pa

    from probe.record.masked import masked_table

    monkeypatch.setitem(__import__("os").environ, "MY_TOKEN", "zz-Secret\udcff99")
    table = pa.table({"text": ["zz-Secret", f"a {KEY.lower()}"]})
    assert masked_table(table).to_pydict() == {"text": ["zz-Secret", f"a {MASK}"]}
    assert masked("b zz-Secret\udcff99") == f"b {MASK}"


def test_a_secret_with_a_percent_of_its_own_is_masked_when_it_is_encoded(monkeypatch):
    monkeypatch.setitem(__import__("os").environ, "MY_TOKEN", secret := "zz%41Secret%2599")
    assert masked(f"{secret} {quote(secret)} {quote(quote(secret))}") == f"{MASK} {MASK} {MASK}"
