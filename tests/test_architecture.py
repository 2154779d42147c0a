"""The shape of the code: its layers, who may know which library, and that the simulator knows no particular place."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SIM = sorted((ROOT / "sim").rglob("*.py"))
ANALYSIS = sorted((ROOT / "analysis").rglob("*.py"))
BOTH = [*SIM, *ANALYSIS]

# A module imports from its own layer and from those above it in this list, never from those below.
# `sim` and `analysis` stand for the modules directly in these folders.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("sim",),
    ("sim.scenario",),
    ("sim.network",),
    ("sim.luck",),
    ("sim.story", "sim.loop"),  # the two engines know nothing of each other
    ("sim.readings",),
    ("sim.study",),
    ("analysis",),
    ("analysis.language",),
    ("analysis.results",),
    ("analysis.statistics",),
    ("analysis.observed",),
    ("analysis.questions",),
    ("analysis.plots",),
    ("analysis.page",),
    ("analysis.verification",),
    ("analysis.regression",),
    ("analysis.documents",),
    ("analysis.commands",),
    ("sim.__main__", "analysis.__main__"),
)
LONGEST = 500  # lines of a module

ONLY_IN = {  # libraries, and the modules or packages that may import them
    "numba": {"sim.jit"},
    "simpy": {"sim.story"},
    "hydra": {"sim.__main__", "sim.study.composing"},
    "omegaconf": {"sim.__main__", "sim.study.composing"},
    "matplotlib": {"analysis.plots", "analysis.regression.plots"},
    "random": set[str](),
    "secrets": set[str](),
    "numpy.random": {"sim.luck.streams"},
}
RUNS = {"analysis.verification.worlds", "analysis.regression.running"}  # the small worlds that they run by themselves
RUNS_VARIANTS = {
    "analysis.questions.binding",
    "analysis.questions.response",
    "analysis.questions.reversals",
    "analysis.commands.levers",
    "analysis.commands.reversals",
}
RUNNING = {"sim.luck", "sim.story", "sim.loop", "sim.study.replication", "sim.study.study"}
MAKES_LUCK = {"default_rng", "RandomState", "Philox", "PCG64", "MT19937", "SFC64", "SeedSequence", "Generator"}
LUCK = ["streams", "arrivals", "variates", "draws"]  # none knows those after it
PLACES = re.compile(
    r"gaza|rafah|shalom|zikim|erez|nitzana|kissufim|allenby|ashdod|arish|deir|khan|egypt|israel|jordan|cyprus"
    r"|cogat|unrwa|palestin|philadelphi|netzarim",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    """The dotted name of a module: `sim.story.world`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in BOTH}
COMMANDS = LAYERS[-1]


def package_of(module: str) -> str:
    """The entry of LAYERS that a module belongs to."""
    if module in COMMANDS:
        return module
    parts = module.split(".")
    return (
        ".".join(parts[:2])
        if len(parts) > 2 or (MODULES[module].name == "__init__.py" and len(parts) > 1)
        else parts[0]
    )


@cache
def parsed(path: Path) -> tuple[ast.Module, tuple[ast.AST, ...]]:
    """A module's syntax tree, and all its nodes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tree, tuple(ast.walk(tree))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The full names of all that a module imports, at its top or within functions."""
    names: list[str] = []
    for node in parsed(path)[1]:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def modules_imported(module: str) -> set[str]:
    """The modules of the program that a module imports; a package counts only if it is imported by itself."""
    names = imported(MODULES[module])
    return {name for name in names if name in MODULES and MODULES[name].name != "__init__.py"} - {module}


def is_in(module: str, package: str) -> bool:
    """Whether `module` is `package` or within it."""
    return module == package or module.startswith(f"{package}.")


def test_every_package_stands_in_the_list_of_layers() -> None:
    assert {package_of(module) for module in MODULES} == {package for layer in LAYERS for package in layer}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_from_a_layer_below_its_own_in_the_list(module: str) -> None:
    rank = {package: number for number, layer in enumerate(LAYERS) for package in layer}
    here = package_of(module)
    for other in modules_imported(module):
        there = package_of(other)
        assert there == here or rank[there] < rank[here], f"{module} imports {other}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    tuple(TopologicalSorter({module: modules_imported(module) for module in MODULES}).static_order())


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_no_module_is_longer_than_a_chapter(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", [path for path in BOTH if path.name == "__init__.py"], ids=name_of)
def test_every_package_says_what_it_is_what_it_may_import_and_where_to_begin(path: Path) -> None:
    text = ast.get_docstring(parsed(path)[0]) or ""
    assert "imports" in text and "Begin with" in text.replace("\n", " ")


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_where_it_belongs_and_nowhere_else(library: str) -> None:
    known = {name_of(path) for path in BOTH if any(is_in(name, library) for name in imported(path))}
    assert not [module for module in known if not any(is_in(module, allowed) for allowed in ONLY_IN[library])]


@pytest.mark.parametrize("path", [path for path in BOTH if name_of(path) != "sim.luck.streams"], ids=name_of)
def test_only_streams_makes_a_generator(path: Path) -> None:
    for node in parsed(path)[1]:
        if isinstance(node, ast.Attribute):
            assert node.attr not in MAKES_LUCK | {"random", "rvs"}, f"line {node.lineno}"
        elif isinstance(node, ast.Name):
            assert node.id not in MAKES_LUCK - {"Generator"}, f"line {node.lineno}"  # typing has a Generator too


@pytest.mark.parametrize("module", LUCK)
def test_luck_is_made_in_one_direction(module: str) -> None:
    later = LUCK[LUCK.index(module) + 1 :]
    assert not modules_imported(f"sim.luck.{module}") & {f"sim.luck.{name}" for name in later}


def test_the_compiled_kernels_know_nothing_of_the_model() -> None:
    assert modules_imported("sim.kernels") == {"sim.jit"}


@pytest.mark.parametrize("path", SIM, ids=name_of)
def test_the_simulator_imports_nothing_from_the_analysis_but_to_call_it_after_a_sweep(path: Path) -> None:
    names = [name for name in imported(path) if is_in(name, "analysis")]
    assert not names or name_of(path) == "sim.__main__"


@pytest.mark.parametrize("path", [path for path in ANALYSIS if name_of(path) not in RUNS], ids=name_of)
def test_the_analysis_runs_nothing_but_variants_of_a_scenario_and_the_small_worlds_of_verification(path: Path) -> None:
    forbidden = RUNNING | (set() if name_of(path) in RUNS_VARIANTS else {"sim.study.variants"})
    assert not [name for name in imported(path) if any(is_in(name, package) for package in forbidden)]


@pytest.mark.parametrize("path", SIM, ids=name_of)
def test_the_simulator_knows_no_particular_place(path: Path) -> None:
    """Names and texts of the code; docstrings, comments and the examples in descriptions of settings may name one."""
    for line, text in words_of(parsed(path)[1]):
        assert not PLACES.search(text), f"line {line}: {text}"


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(parsed(path)[0])


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """All functions and methods of a module."""
    return (node for node in parsed(path)[1] if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_a_function_that_is_named_as_a_question_answers_yes_or_no(path: Path) -> None:
    for function in functions(path):
        if re.match(r"_?(is|has)_", function.name):
            assert function.returns is not None, f"line {function.lineno}: {function.name}"
            answer = ast.unparse(function.returns)
            assert answer in ("bool", "Bools"), f"line {function.lineno}: {function.name} -> {answer}"


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_every_public_function_has_a_docstring(path: Path) -> None:
    owners = (each for each in parsed(path)[1] if isinstance(each, ast.Module | ast.ClassDef))
    for node in owners:
        for function in node.body:
            if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
                assert ast.get_docstring(function), f"line {function.lineno}: {function.name}"


def words_of(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[int, str]]:
    """(line, text) of all identifiers and string constants that are neither docstrings nor descriptions."""
    passed_over = set[ast.AST]()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "description":
            passed_over |= set(ast.walk(node.value))
    for node in nodes:
        if node in passed_over:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            if isinstance(text := getattr(node, field, None), str):
                yield getattr(node, "lineno", 0), text
