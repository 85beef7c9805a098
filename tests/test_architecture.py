"""The structure, held by tests: which room may import which, what is heavy, how long a file gets."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOOSE = {"__init__", "__main__", "types", "evolve", "errors", "registry", "seeds", "diff", "masking"}
"""The only modules at the top of probe/."""
ORDER = [
    {"types", "evolve", "errors", "files"},
    {"registry", "seeds", "diff", "masking"},
    {"prompt"},
    {"perturb", "models", "metrics"},
    {"validity"},
    {"paraphrase"},
    {"suite"},
    {"evaluation"},
    {"sources"},
    {"record"},  # reads suites again to redraw the variants of a finished run
    {"experiments", "comparison", "gating"},
    {"mitigate"},
    {"repair"},  # compares itself with the best that needs no training
    {"selftest", "reports"},
    {"api"},
    {"cli"},
    {"__main__"},
]
"""Rooms in the order in which data flows. A file imports from its own room and from earlier rows, never from its own row."""
HEAVY = {
    "torch": {"models", "repair"},
    "transformers": {"models", "repair"},
    "peft": {"models", "repair"},
    "sentence_transformers": {"models"},
    "datasets": {"sources"},
    "lm_eval": {"sources"},
    "typer": {"cli"},
    "rich": {"cli", "reports"},
}
FILES = sorted([*ROOT.glob("probe/**/*.py"), *ROOT.glob("reports/**/*.py")])


def room(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "reports" if parts[0] == "reports" else parts[1]


def level(name):
    return next(i for i, row in enumerate(ORDER) if name in row)


def imports(path):
    """Return all modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module in ("probe", "reports"))


def rooms_imported(path):
    """Return the rooms that a file imports from."""
    parts = [module.split(".") for module in imports(path)]
    rooms = {part[1] for part in parts if part[0] == "probe" and len(part) > 1}
    return rooms | {"reports" for part in parts if part[0] == "reports"}


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_imported(path):
    """Return our modules that a file imports; a package only where nothing in it is named."""
    known = {module_of(other) for other in FILES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from known & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from known & {inner if inner in known else node.module}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_earlier_rooms(path):
    if room(path) == "__init__":
        return
    for other in rooms_imported(path) - {room(path)}:
        assert level(other) < level(room(path)), f"{path} imports {other}, which does not come before {room(path)}"


def test_no_imports_run_in_a_circle():
    arrows = {module_of(path): {m for m in modules_imported(path)} for path in FILES}
    waiting = {module: set(others) for module, others in arrows.items()}
    while free := [module for module, others in waiting.items() if not others & waiting.keys()]:
        for module in free:
            del waiting[module]
    assert not waiting, f"these files import one another: {sorted(waiting)}"


def test_nothing_but_the_named_modules_lies_loose():
    assert {path.stem for path in ROOT.glob("probe/*.py")} == LOOSE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_rooms(path):
    for module in imports(path):
        allowed = HEAVY.get(module.split(".")[0])
        place = "cli" if path.match("probe/cli/*.py") else room(path)
        assert allowed is None or place in allowed, f"{path} imports {module}"


def test_every_room_has_a_place_in_the_order():
    placed = set().union(*ORDER)
    assert {room(path) for path in FILES} - {"__init__"} <= placed


def test_no_file_is_longer_than_400_lines():
    long = {str(p): n for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


def test_help_loads_no_heavy_library():
    code = (
        "import sys; from probe.cli import exit_code; exit_code(['--help']); "
        "print('LOADED', [m for m in ('torch','transformers','datasets','lm_eval','pandas','rich','numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_reports_compute_nothing():
    allowed = {"math"}  # geometry: floor, ceil and the square root of an area
    numeric = {"numpy", "scipy", "statistics", "pandas", "random", "pyarrow", "math"} - allowed
    for path in ROOT.glob("reports/**/*.py"):
        assert not {module.split(".")[0] for module in imports(path)} & numeric, f"{path} computes"
        uses_math = "math" in set(imports(path))
        assert not uses_math or path.parent.name == "charts", f"{path} is not geometry and imports math"


def test_the_figures_in_reports_are_formatted_and_not_combined():
    """No figure is added to, subtracted from or divided by another one outside of the charts' geometry."""
    figures = {
        "value",
        "noise_floor",
        "ci_low",
        "ci_high",
        "net",
        "accuracy",
        "value_a",
        "value_b",
        "flip_rate",
        "share",
    }

    def is_figure(node):
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Constant) and node.slice.value in figures
        return isinstance(node, ast.Attribute) and node.attr in figures

    for path in ROOT.glob("reports/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp):
                assert not (is_figure(node.left) and is_figure(node.right)), f"{path}:{node.lineno} computes a figure"


LAYOUT = {
    "axis",
    "bars",
    "dot_plot",
    "forest",
    "heat_map",
    "scatter",
    "history",
    "limits",
    "side_by_side",
    "console",
    "console_tables",
    "compare_console",
}
LAYOUT |= {"gate_console", "grid", "highlight"}
"""Files of reports/ that lay out: places in pixels, rows and columns of a terminal. What they add up are sizes."""
COUNTS = {"junit"}
"""Files that add up how many test cases there are."""
COMBINE = {"sum", "fsum", "mean", "fmean", "median", "stdev", "pstdev", "variance", "quantile", "percentile", "std"}


def test_no_figure_is_summed_or_averaged_in_reports():
    """Sums count things (of booleans or ones) or sizes of texts; any other stands in a file of layout."""

    def counts(call):
        argument = call.args[0] if call.args else None
        element = argument.elt if isinstance(argument, ast.GeneratorExp | ast.ListComp) else argument
        is_size = isinstance(element, ast.Call) and isinstance(element.func, ast.Name) and element.func.id == "len"
        return is_size or isinstance(element, ast.Compare | ast.BoolOp | ast.Constant)

    found = set()
    for path in ROOT.glob("reports/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in COMBINE and not counts(node):
                    found.add(path.stem)
    assert found <= LAYOUT | COUNTS, f"{found - LAYOUT - COUNTS} add figures up"


@pytest.mark.parametrize(
    ("text", "is_original"),
    [("sum(x == 1 for x in y)", True), ("sum(len(x) for x in y)", True), ("sum(row.value for row in y)", False)],
)
def test_the_rule_tells_counting_from_adding_up(text, is_original, tmp_path, monkeypatch):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "words.py").write_text(f"x = {text}\n", encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    if is_original:
        test_no_figure_is_summed_or_averaged_in_reports()
    else:
        with pytest.raises(AssertionError, match="add figures up"):
            test_no_figure_is_summed_or_averaged_in_reports()


WRITERS = {"probe/cli/output.py", "probe/cli/terminal.py", "probe/cli/streams.py"}
"""The files that write to stdout and stderr; all others call `out`, `note`, `warn` and `error`, which screen what they print."""
SCREENED = {"probe/cli/failures.py": {"traceback.print_exception"}, "probe/cli/progress.py": {"Console"}}
"""What is screened in another way: a traceback goes to the screened stderr; texts enter a progress bar screened."""
PRINTS = re.compile(
    r"print|pprint|(rich\.)?print|(\w+\.)*(secho|echo)|sys\.(__)?std(out|err)(__)?\.(write|writelines|buffer\.write)"
    r"|traceback\.print_\w+|logging\.(basicConfig|StreamHandler|lastResort)|warnings\.showwarning|Console|tqdm(\.\w+)*"
    r"|faulthandler\.\w+|input"
)


def prints(tree):
    """Return what prints in a file, past the one screened writer. A console with a file of its own, in memory, does not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            in_memory = any(one.arg == "file" and ast.unparse(one.value) == "io.StringIO()" for one in node.keywords)
            if PRINTS.fullmatch(name) and not (name == "Console" and in_memory):
                yield name


def test_only_the_screened_writer_prints():
    for path in FILES:
        place = path.relative_to(ROOT).as_posix()
        found = set(prints(ast.parse(path.read_text(encoding="utf-8")))) - SCREENED.get(place, set())
        assert not found or place in WRITERS, (
            f"{place} prints by {found}, where control characters and secrets are not screened"
        )


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("print(x)", True), ("sys.stdout.write(x)", True), ("typer.echo(x)", True), ("click.secho(x)", True),
        ("Console(stderr=True)", True), ("logging.basicConfig()", True), ("traceback.print_exc()", True), ("input('?')", True),
        ("Console(file=io.StringIO())", False), ("out(x)", False), ("console.print(x)", False), ("fingerprint(x)", False),
    ],
)  # fmt: skip
def test_the_rule_knows_what_prints(text, is_found):
    assert bool(set(prints(ast.parse(text)))) is is_found
