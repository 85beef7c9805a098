"""The worked example of a mitigation method, installed from a throw-away copy as a stranger would."""

import json
import subprocess
import sys

CODE = """
from probe.cli import exit_code
exit_code(["list", "mitigations", "--json"])
words = ["--model", "scripted:coin", "--limit", "4", "--perturb", "format", "--samples", "1", "--method", "re-reading"]
raise SystemExit(exit_code(["mitigate", "sentiment", *words, "--json"]))
"""


def test_an_installed_method_is_listed_and_tried(plugin_environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=plugin_environment("mitigation"), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reader = json.JSONDecoder()
    rows, end = reader.raw_decode(done.stdout)
    found, _ = reader.raw_decode(done.stdout[end:].lstrip())
    assert {"name": "re-reading", "kind": "prompt"}.items() <= next(
        r for r in rows if r["name"] == "re-reading"
    ).items()
    (method,) = found["results"][0]["methods"]
    assert (method["method"], method["status"], method["price"]["calls"]) == ("re-reading", "judged", 1.0)
    assert method["num_left_out"] == 0
