"""The house's style, as a test: what is written down is checked, and nothing else is asked.

layers    imports go down one list, the reading order of the README; no circles
purity    what decides does not wait: no trio, no quart
mirror    actors/x/y.py has tests/actors/x/test_y.py
sizes     a file is one idea, a function is read at a glance
words     docstrings everywhere; nothing left undone; no machine's own names
"""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 320
FUNCTION_LINES_MAX = 60

# From what knows nothing to what knows all. A module may import from lines above its own, and
# from its own package; two packages on one line know nothing of each other.
LAYERS = (
    ("actors.domain",),
    ("actors.runtime.mended", "actors.runtime.reasons", "actors.runtime.threads"),
    ("actors.runtime.seams",),
    ("actors.storage", "actors.upstream"),
    ("actors.runtime",),
    ("actors.holdings",),
    ("actors.book",),
    ("actors.writer",),
    ("actors.agenda",),
    ("actors.status",),
    ("actors.ground",),
    ("actors.switch",),
    ("actors.stream",),
    ("actors.listings",),
    ("actors.logins",),
    ("actors.view",),
    ("actors.past",),
    ("actors.feed",),
    ("actors.subscription",),
    ("actors.broadcaster",),
    ("actors.retention",),
    ("actors.changes",),
    ("actors.orders",),
    ("actors.sweep",),
    ("actors.controls",),
    ("actors.runner",),
    ("actors.admission",),
    ("actors.preview",),
    ("actors.batch",),
    ("actors.system",),
    ("actors",),  # the door itself: it shows what is behind it
    ("web.stacks",),  # what differs between Pythons; no broker, no gateway
    ("web.sandbox", "web.client"),
    ("web",),
)

# Deciding is kept from waiting: these import nothing that waits.
PURE = (
    *("actors.domain", "actors.holdings", "actors.book", "actors.agenda", "actors.changes"),
    "actors.feed",
)
WAITING = {"trio", "trio_websocket", "quart", "quart_trio", "hypercorn", "httpx2", "asyncio"}

# A broker that shared our encoders, words or constants would be wrong where we are wrong; so would
# a client, and a desk's program could not take it without the gateway.
STRANGERS = (("actors", "web"), ("web.sandbox", "actors"), ("web.client", "actors"))

# Files without a test file of their own, each with its reason.
UNMIRRORED: dict[str, str] = {}
# Test files that mirror no module, each with its reason.
UNMIRRORING: dict[str, str] = {}

AT_THE_TOP = {"actors", "web", "tests", "pyproject.toml", "README.md"}
IGNORED = ("__pycache__", "build", "*.egg-info", "*.db", "*.db-wal", "*.db-shm", "*.lock")
# Written in two halves, or this file would find itself.
UNDONE = re.compile(r"(?<![\"'])\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
MACHINES = re.compile(r"(?<![\w.])/(?:t" + r"mp|wo" + r"rk|ro" + r"ot|home/\w+)/")
REGISTRIES = re.compile(r"py" + r"pi\.|python" + r"hosted|npm" + r"js\.|regis" + r"try\.npm")
TEXTS = {
    ".py",
    ".toml",
    ".md",
    ".sql",
    ".html",
    ".css",
    ".js",
    ".yml",
    ".yaml",
    ".json",
    ".txt",
    "",
}


def _is_ignored(path: Path) -> bool:
    return any(part.match(pattern) for part in map(Path, path.parts) for pattern in IGNORED)


def _sources(*folders: str) -> list[Path]:
    """Give the Python files under these folders, relative to the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in (p.relative_to(ROOT) for p in found) if not _is_ignored(path))


def _texts() -> list[Path]:
    """Give every text file of the project: the owner's folders, the shop front and dot-folders."""
    tops = (ROOT / name for name in (*AT_THE_TOP, ".ci", ".github", ".gitignore"))
    found = (path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]))
    texts = (path for path in found if path.is_file() and path.suffix in TEXTS)
    return sorted(path for path in (p.relative_to(ROOT) for p in texts) if not _is_ignored(path))


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


@cache
def _imports(path: Path) -> frozenset[str]:
    """Give the modules that a file names in its imports, ours to the file, others as written."""
    package = list(path.with_suffix("").parts[:-1])
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names.update(_target(base, alias.name) for alias in node.names)
    return frozenset(names)


def _target(base: str, name: str) -> str:
    inside = ROOT / base.replace(".", "/") / name
    is_module = inside.with_suffix(".py").is_file() or (inside / "__init__.py").is_file()
    return f"{base}.{name}" if is_module else base


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _place(module: str) -> tuple[int, str] | None:
    """Give the layer of a module and its package there: the longest name that it begins with."""
    places = [
        (len(package), i, package)
        for i, layer in enumerate(LAYERS)
        for package in layer
        if module == package or (package != "actors" and _is_in(module, package))
    ]
    return max(places)[1:] if places else None


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(_tree(path)) if isinstance(node, kinds)]


HOUSE = _sources("actors", "web")
TESTS = _sources("tests")
by_name = pytest.mark.parametrize("path", HOUSE, ids=str)


@by_name
def test_imports_go_down_the_layers(path):
    """A module knows only what stands above it in the list; reading in that order, none is new."""
    module = _module(path)
    layer, package = _place(module)
    upward = []
    for name in sorted(_imports(path)):
        place = _place(name)
        if place is not None and place[0] >= layer and place[1] != package:
            upward.append(name)
    assert upward == []


@by_name
def test_strangers_do_not_meet(path):
    """The actors never import the web, and the sandbox broker shares nothing with its client."""
    module = _module(path)
    for one, other in STRANGERS:
        if _is_in(module, one):
            assert [name for name in _imports(path) if _is_in(name, other)] == []


@by_name
def test_what_decides_does_not_wait(path):
    """Pure modules import nothing that waits, so they are tested without a clock."""
    if any(_is_in(_module(path), pure) for pure in PURE):
        assert {name.partition(".")[0] for name in _imports(path)} & WAITING == set()


def test_there_are_no_circles():
    """No module imports, by whatever way round, itself."""
    modules = {_module(path) for path in HOUSE}
    graph = {_module(path): _imports(path) & modules - {_module(path)} for path in HOUSE}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " → ".join(error.args[1]))


def test_every_module_has_a_layer():
    """A package that is new to the house is written into the list before it is imported."""
    assert [str(path) for path in HOUSE if _place(_module(path)) is None] == []


@by_name
def test_every_file_has_its_test_file(path):
    """Tests mirror the tree; contracts and doors (`__init__`) are tested by what fulfils them."""
    if path.name == "__init__.py" or str(path) in UNMIRRORED:
        return
    mirror = Path("tests", *path.parts[:-1], f"test_{path.stem.strip('_')}.py")
    assert (ROOT / mirror).is_file(), f"{mirror} is missing"


@pytest.mark.parametrize("path", [p for p in TESTS if p.parts[1] in ("actors", "web")], ids=str)
def test_every_test_file_is_of_some_file(path):
    """A test file is named after its module, and may add what it is about: test_wire_refusals."""
    if not path.name.startswith("test_") or str(path) in UNMIRRORING:
        return
    folder = ROOT / Path(*path.parts[1:-1])
    about = path.stem.removeprefix("test_")
    modules = (*folder.glob("*.py"), *folder.glob("static/*.js"))
    names = {module.stem.strip("_") for module in modules}
    assert any(about == name or about.startswith(f"{name}_") for name in names)


def test_the_lists_of_exceptions_are_true():
    """An exception whose reason has gone is struck from the list."""
    listed = (*UNMIRRORED, *UNMIRRORING)
    assert [name for name in listed if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", [*HOUSE, *TESTS], ids=str)
def test_a_file_is_one_idea_and_says_which(path):
    """Each file opens with a docstring, and file and functions are short enough to be read.

    A test file may leave the opening to its name: its facts stand in the tests' own docstrings.
    """
    if not path.name.startswith("test_"):
        assert ast.get_docstring(_tree(path)), "the file has no docstring"
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= FILE_LINES_MAX, f"{lines} lines"
    long = [
        f"{function.name}: {function.end_lineno - function.lineno + 1} lines"
        for function in _functions(path)
        if function.end_lineno - function.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []


@pytest.mark.parametrize("path", [p for p in TESTS if p.name.startswith("test_")], ids=str)
def test_every_test_states_its_fact(path):
    """A test's docstring says what it shows; who reads the docstrings knows what is promised."""
    assert [
        function.name
        for function in _functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ] == []


@pytest.mark.parametrize("path", _texts(), ids=str)
def test_nothing_is_left_undone_and_no_machine_is_named(path):
    """What is in the tree is finished, and runs on any machine."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = [pattern.findall(text) for pattern in (UNDONE, MACHINES, REGISTRIES)]
    assert found == [[], [], []]


def test_the_top_of_the_tree_is_the_owners():
    """Beside the owner's five names only dotfiles stand at the top, and what git ignores."""
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in names - AT_THE_TOP if not _is_ignored(Path(name))} == set()
