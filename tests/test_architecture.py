"""The shape of the code: who may import what, who may make luck, and that the simulator knows no particular place."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SIM = sorted((ROOT / "sim").glob("*.py"))
ANALYSIS = sorted((ROOT / "analysis").rglob("*.py"))
RUNS = {  # small worlds, for verification and tests; and the worlds of the regression
    ROOT / "analysis" / "verification" / "worlds.py",
    ROOT / "analysis" / "regression" / "running.py",
}
BOTH = [*SIM, *ANALYSIS]

ONLY_IN = {
    "numba": {"sim/jit.py", "sim/address.py"},
    "simpy": {
        "sim/world.py",
        "sim/fuelling.py",
        "sim/stores.py",
        "sim/places.py",
        "sim/ceilings.py",
        "sim/convoys.py",
        "sim/corridor.py",
        "sim/offices.py",
        "sim/task_force.py",
        "sim/slots.py",
    },
    "hydra": {"sim/__main__.py", "sim/composing.py"},
    "omegaconf": {"sim/__main__.py", "sim/composing.py"},
    "matplotlib": {
        "analysis/drawing.py",
        "analysis/plots.py",
        "analysis/plots_of_annex.py",
        "analysis/plots_of_brief.py",
        "analysis/plots_of_days.py",
        "analysis/plots_of_map.py",
        "analysis/plots_of_needs.py",
        "analysis/plots_of_people.py",
        "analysis/lever_plots.py",
        "analysis/regression/plots.py",
    },
    "random": set[str](),
    "secrets": set[str](),
    "numpy.random": {"sim/streams.py"},
}
RUNS_VARIANTS = {
    "analysis/binding.py",
    "analysis/response.py",
    "analysis/levers_command.py",
    "analysis/reversals.py",
    "analysis/reversals_command.py",
}
MAKES_LUCK = {"default_rng", "RandomState", "Philox", "PCG64", "MT19937", "SFC64", "SeedSequence", "Generator"}
LUCK = ["philox", "streams", "arrivals", "variates", "draws"]  # none knows those after it
PLACES = re.compile(
    r"gaza|rafah|shalom|zikim|erez|nitzana|kissufim|allenby|ashdod|arish|deir|khan|egypt|israel|jordan|cyprus"
    r"|cogat|unrwa|palestin|philadelphi|netzarim",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    """A file as `sim/world.py`."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> tuple[ast.Module, tuple[ast.AST, ...]]:
    """A module, and all that stands in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tree, tuple(ast.walk(tree))


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The full names of all that a module imports, wherever in it."""
    names: list[str] = []
    for node in parsed(path)[1]:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def is_in(module: str, package: str) -> bool:
    """Whether `module` is `package` or within it."""
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_library_is_known_where_it_belongs_and_nowhere_else(package: str) -> None:
    known = {name_of(path) for path in BOTH if any(is_in(module, package) for module in imported(path))}
    assert known <= ONLY_IN[package]


@pytest.mark.parametrize("path", [path for path in BOTH if name_of(path) != "sim/streams.py"], ids=name_of)
def test_only_streams_makes_a_generator(path: Path) -> None:
    for node in parsed(path)[1]:
        if isinstance(node, ast.Attribute):
            assert node.attr not in MAKES_LUCK | {"random", "rvs"}, f"line {node.lineno}"
        elif isinstance(node, ast.Name):
            assert node.id not in MAKES_LUCK - {"Generator"}, f"line {node.lineno}"  # typing has a Generator too


@pytest.mark.parametrize("module", LUCK)
def test_luck_is_made_in_one_direction(module: str) -> None:
    later = LUCK[LUCK.index(module) + 1 :]
    assert not [m for m in imported(ROOT / "sim" / f"{module}.py") if any(is_in(m, f"sim.{after}") for after in later)]


@pytest.mark.parametrize("module", ["philox", "guide"])
def test_compiled_parts_of_luck_import_nothing_else_from_the_simulator(module: str) -> None:
    assert all(is_in(m, "sim.jit") for m in imported(ROOT / "sim" / f"{module}.py") if is_in(m, "sim"))


@pytest.mark.parametrize("path", SIM, ids=name_of)
def test_the_simulator_imports_nothing_from_the_analysis_but_to_call_it_after_a_sweep(path: Path) -> None:
    taken = [module for module in imported(path) if is_in(module, "analysis")]
    assert not taken or name_of(path) == "sim/__main__.py"


@pytest.mark.parametrize("path", [path for path in ANALYSIS if path not in RUNS], ids=name_of)
def test_the_analysis_runs_nothing_but_variants_of_a_scenario_and_the_small_worlds_of_verification(path: Path) -> None:
    engine = {*LUCK, "corridor", "replication", "study", "world", "places", "convoys"}
    engine |= set() if name_of(path) in RUNS_VARIANTS else {"variants"}
    assert not [m for m in imported(path) if any(is_in(m, f"sim.{module}") for module in engine)]


@pytest.mark.parametrize("path", SIM, ids=name_of)
def test_the_simulator_knows_no_particular_place(path: Path) -> None:
    """Names and texts of the code; docstrings, comments and the examples in descriptions of settings may name one."""
    for line, text in told(parsed(path)[1]):
        assert not PLACES.search(text), f"line {line}: {text}"


@pytest.mark.parametrize("path", BOTH, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    module, _ = parsed(path)
    assert ast.get_docstring(module) or not module.body


def told(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[int, str]]:
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
