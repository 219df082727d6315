"""The house keeps its shape: sizes, import cost, public surface, import direction."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import joulemark
from tests.meters.trees import intel_laptop

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "joulemark").rglob("*.py"))

# These may only go down.
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MEDIAN_FILE = 160

ALLOWED_AT_MODULE_LEVEL = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
)
CALLS_OF_CONSTANTS = {
    "compile",  # re.compile
    "enumerate",
    "frozenset",
    "len",
    "range",
    "rpartition",
    "tuple",
    "_one_of",  # a check of one field, for a table of checks
    "getLogger",
    "Struct",  # struct.Struct
    "Registry",
    "TypeVar",
    "dtype",
    "BenchSettings",
    "Published",
    "Accuracy",
    "Meta",
    "Block",  # an empty one
    "Revision",
    "Suite",
    "Dialect",
    "Shape",
    "Vocabulary",
    "replace",  # of a frozen value
}


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    for function in _functions(ast.parse(text)):
        assert function.end_lineno is not None
        length = function.end_lineno - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"


def test_the_usual_file_is_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in SOURCES)
    assert lengths[len(lengths) // 2] <= MEDIAN_FILE


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_importing_does_no_work(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ALLOWED_AT_MODULE_LEVEL):
            continue
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), f"line {node.lineno}: a bare expression"
            continue
        assert isinstance(node, ast.Assign | ast.AnnAssign), f"line {node.lineno}"
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                function = call.func
                name = function.attr if isinstance(function, ast.Attribute) else function.id  # type: ignore[attr-defined]
                assert name in CALLS_OF_CONSTANTS, f"line {node.lineno}: calls {name}"


def test_the_public_surface() -> None:
    assert joulemark.__all__ == ["__version__", "measure", "open_run", "phase"]
    for name in joulemark.__all__:
        assert getattr(joulemark, name) is not None
    assert dir(joulemark) == sorted(joulemark.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = joulemark.nothing


def _loaded(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


HEAVY = {"numpy", "duckdb", "rich", "jinja2", "msgspec", "torch", "pynvml", "mlperf_loadgen"}


@pytest.mark.parametrize(
    "code",
    [
        "import joulemark",
        "import joulemark.procedures.measure",
        "import joulemark.meters.sampler",
        "import joulemark.cli; joulemark.cli.main(['--help'])",
    ],
)
def test_nothing_heavy_is_imported_to_measure(code: str) -> None:
    assert not HEAVY & _loaded(code)


LIGHT = {
    # the interpreter has them anyway, or they cost next to nothing
    "__future__", "_abc", "_codecs", "_collections_abc", "_imp", "_io", "_signal", "_stat",
    "_thread", "_warnings", "_weakref", "abc", "builtins", "codecs", "encodings", "genericpath",
    "io", "marshal", "os", "posix", "posixpath", "stat", "sys", "time", "warnings",
    "zipimport",
    # one C module each, or little more
    "_json", "_sha2", "_sha256", "_struct", "errno", "fcntl", "gc", "importlib", "linecache",
    "itertools", "math", "select", "struct",
}  # fmt: skip
"""All of the standard library that measuring loads. Before adding to it, see what it takes:
``python -X importtime``; decision 6 tells why this matters."""

MEASURE = """
import joulemark
with joulemark.measure(store={store!r}, meters={meters!r}):
    with joulemark.phase("a"):
        pass
"""
SAMPLE = """
import os
from joulemark.core.jsonlight import dumps
from joulemark.meters.sampler import serve
orders, to = os.pipe()
meters = [{{"name": name, "settings": settings}} for name, settings in {meters!r}]
order = {{"period_s": 1, "anchor": {{"utc_ns": 0, "monotonic_ns": 0}}, "meters": meters,
    "spool": {store!r} + "/spool", "events": {store!r} + "/events", "writer": "w"}}
os.write(to, dumps(order).encode() + bytes([10]))
os.close(to)
serve(orders, lambda answer: None)
"""


@pytest.mark.parametrize("code", [MEASURE, SAMPLE], ids=["measure", "sample"])
def test_what_measures_loads_a_closed_list_of_the_standard_library(
    code: str, tmp_path: Path
) -> None:
    root = str(intel_laptop(tmp_path).root)
    meters = [("rapl", {"root": root}), ("estimate", {}), ("host", {})]
    program = code.format(store=str(tmp_path), meters=meters)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{program}\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - {"joulemark", "__main__"}
    assert {name for name in loaded if not name.startswith("_frozen_importlib")} - LIGHT == set()


def test_import_joulemark_imports_nothing_of_ours() -> None:
    ours = {name for name in _loaded("import joulemark") if name.startswith("joulemark.")}
    assert ours == set()


def test_every_room_says_what_it_is_for() -> None:
    for folder in sorted((ROOT / "src" / "joulemark").iterdir()):
        if folder.is_dir() and (folder / "__init__.py").exists():
            doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert doc, f"{folder.name} has no docstring"
