"""The shape of the package, read from its source: who may import whom, how long a module may be,
and that every code has its words."""

import ast
import graphlib
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lifecircle"

# From the ground up; a module imports from its own row or from rows above it in this list.
LAYERS = [
    # words, rules, units
    {"compiled", "errors", "findings", "messages", "progress", "version"}
    | {"crs", "datum", "definitions", "geodesy", "modes", "profiles", "project", "standards"},
    # files and OSM extracts -> frames
    {"osm", "readers"},
    # checked layers
    {"graphs", "layers", "lines", "network", "network_cache", "rim", "slope", "streets"}
    | {"chains", "edge_grid", "links"},
    # place -> point on a street edge
    {"datum_check", "snapping"},
    # minutes: the hinge
    {"compounds", "explanation", "stepfree", "straight", "travel", "walls"}
    | {"accessibility", "kernel", "nearest", "pairs", "positions", "reaching", "search"},
    # tables per zone and service
    {"applied", "curves", "identities", "levels", "measured", "rates"}
    | {"certainty", "choices", "confidence", "facility_lists", "grounds", "spread"}
    | {"audit", "catchment", "norms", "provision", "tiers"},
    # what planners ask next
    set(),
    # what people look at
    {
        "bands",
        "contours",
        "isochrone_rows",
        "maps",
        "outputs",
        "printed",
        "reach",
        "report",
        "verdicts",
    },
    # the only places that know the order of steps
    {"analysis", "beside", "checked_layers", "contents", "intake", "layer_checks"}
    | {"changed_minutes", "changed_sums", "changes"}
    | {"cluster", "cutting", "distributed", "division", "fields", "gathering", "parts", "tiles"}
    | {
        "pipeline",
        "instant_rates",
        "printing",
        "reading",
        "runs",
        "scenario",
        "searches",
        "settling",
    }
    | {"sample", "sample_data", "sample_files", "sample_streets", "warm_up"},
    # door
    {"__main__", "command"},
    # everything public
    {"__init__"},
]
LAYER = {part: number for number, layer in enumerate(LAYERS) for part in layer}
TOP = len(LAYERS) - 1

# Heavy or peculiar packages, and the modules that may know them.
ONLY_IN = {"folium": {"maps"}, "branca": {"maps"}, "networkx": {"graphs"}, "osmnx": {"graphs"}}
ONLY_IN |= {"dask": {"cluster"}, "distributed": {"cluster"}}
ONLY_IN |= {"numba": {"compiled"}, "matplotlib": {"printed", "printing"}, "docx": {"printed"}}

LONGEST_MODULE = 300


def module_name(path: Path) -> str:
    """`lifecircle.osm.streets` for its file, `lifecircle` for the package's own."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def part(module: str) -> str:
    """The module or subpackage of `lifecircle` that `module` belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(tree: ast.AST, package: str, modules: set[str]) -> set[str]:
    """Every module that a source file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= names & modules or {base}
    return found


def packaged(module: str) -> str:
    """The package from which the relative imports of `module` start."""
    is_package = MODULES[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


IMPORTS = {name: imports(tree, packaged(name), set(MODULES)) for name, tree in TREES.items()}
OWN_IMPORTS = {
    name: {target for target in targets if target.partition(".")[0] == "lifecircle"}
    for name, targets in IMPORTS.items()
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy.linalg", {"numpy.linalg"}),
        ("def f():\n    from lifecircle.osm import streets", {"lifecircle.osm.streets"}),
        ("from lifecircle.osm.streets import read", {"lifecircle.osm.streets"}),
        ("from . import streets", {"lifecircle.osm.streets"}),
        ("from .streets import read", {"lifecircle.osm.streets"}),
        ("from ..errors import InputError", {"lifecircle.errors"}),
        ("if TYPE_CHECKING:\n    import folium as f", {"folium"}),
    ],
)
def test_imports_are_found_wherever_and_however_they_are_written(source, expected):
    modules = {"lifecircle.osm", "lifecircle.osm.streets", "lifecircle.errors"}
    assert imports(ast.parse(source), "lifecircle.osm", modules) == expected


def test_every_module_has_its_layer():
    assert {part(name) for name in MODULES} == set(LAYER)


def test_no_module_imports_from_a_layer_above():
    upward = [
        f"{name} imports {target}"
        for name, targets in OWN_IMPORTS.items()
        for target in sorted(targets)
        if LAYER.get(part(name), TOP) < LAYER.get(part(target), 0)
    ]
    assert upward == []


def test_imports_form_no_cycle():
    graphlib.TopologicalSorter(OWN_IMPORTS).prepare()


def test_imported_modules_exist():
    assert set().union(*OWN_IMPORTS.values()) - set(MODULES) == set()


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_packages_stay_where_they_belong(package):
    users = {
        part(name)
        for name, targets in IMPORTS.items()
        if any(target.partition(".")[0] == package for target in targets)
    }
    assert users <= ONLY_IN[package]


def test_modules_are_short():
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_public_names_are_sorted():
    listed = {
        name: ast.literal_eval(node.value)
        for name, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    }
    assert {name for name, public in listed.items() if list(public) != sorted(public)} == set()


def test_architecture_names_every_module():
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    names = {name.rpartition(".")[2] for name in MODULES} - {"lifecircle", "__main__"}
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()


# What the program says ------------------------------------------------------------------------

FILES = {
    path.name: tomllib.loads(path.read_text("utf-8")) for path in PACKAGE.glob("messages/*.toml")
}
ENTRIES = {code: entry for file in FILES.values() for code, entry in file.items()}

# What `finding` adds to the values it is given.
FINDING_VALUES = {"layer", "source", "row", "column"}


def placeholders(template: str) -> set[str]:
    """The names that a template wants filled."""
    fields = (field for _, field, _, _ in string.Formatter().parse(template) if field is not None)
    return {re.split(r"[.\[]", field)[0] for field in fields}


def strings(tree: ast.AST) -> Iterator[str]:
    """Every string of a source file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def choices(node: ast.expr) -> Iterator[str]:
    """A string, or the strings of `"this" if … else "that"`."""
    if isinstance(node, ast.IfExp):
        yield from choices(node.body)
        yield from choices(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def spoken(tree: ast.AST) -> Iterator[tuple[str, set[str] | None]]:
    """Each code that a source file speaks, and the names of its values (None: not to be seen).

    That is a code given to `message`, to `finding` or to an error's `of`, and any that a variable
    called `code` gets.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            yield from ((code, None) for code in choices(node.value) if "." in code)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        position = 1 if called == "finding" else 0
        if called not in {"message", "finding"} and not called.endswith("Error.of"):
            continue
        given = {keyword.arg for keyword in node.keywords}
        values = None if None in given else given | (FINDING_VALUES if position else set())
        yield from ((code, values) for word in node.args[position:][:1] for code in choices(word))


def heads(tree: ast.AST) -> Iterator[str]:
    """The beginnings of codes that are put together, such as `f"schema.{kind}"`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            head = node.values[0].value
            if re.fullmatch(r"[a-z_]+\.[a-z_]*", head):
                yield head


SPOKEN = [(name, *said) for name, tree in TREES.items() for said in spoken(tree)]


def test_codes_are_found_where_they_are_spoken():
    source = """
raise InputError.of("a.b", n=1)
finding(layer, "c.d", count=2)
code = "e.f" if far else "g.h"
message(code, **values)
"""
    assert list(spoken(ast.parse(source))) == [
        ("e.f", None),
        ("g.h", None),
        ("a.b", {"n"}),
        ("c.d", {"count", *FINDING_VALUES}),
    ]


def test_every_code_has_words():
    assert {f"{name}: {code}" for name, code, _ in SPOKEN if code not in ENTRIES} == set()


def test_every_placeholder_gets_its_value():
    wanting = [
        f"{name}: {code} lacks {sorted(missing)}"
        for name, code, values in SPOKEN
        if values is not None and code in ENTRIES
        if (missing := set().union(*map(placeholders, ENTRIES[code].values())) - values)
    ]
    assert wanting == []


def test_no_code_stands_in_two_files():
    assert [
        code for code, n in Counter(c for file in FILES.values() for c in file).items() if n > 1
    ] == []


def test_every_entry_is_used():
    words = {word for tree in TREES.values() for word in strings(tree)}
    composed = {head + word for tree in TREES.values() for head in heads(tree) for word in words}
    assert set(ENTRIES) - words - composed == set()


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_both_languages_say_the_same(code):
    entry = ENTRIES[code]
    assert set(entry) in ({"en", "zh"}, {"en", "zh", "do_en", "do_zh"})
    assert all(text.strip() for text in entry.values())
    for en, zh in [("en", "zh"), ("do_en", "do_zh")]:
        # Of a value with a name in each language, each takes its own.
        assert placeholders(entry.get(en, "")) == {
            name.removesuffix("_zh") for name in placeholders(entry.get(zh, ""))
        }
