"""What the documents promise is there: files, commands, tables, and what is made of the code and of runs."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.__main__ import main
from analysis.documents import generated_parts
from analysis.documents.__main__ import GENERATED_PAGES, GENERATED_PARTS, regenerate
from analysis.documents.definitions import Definition, read_definitions
from analysis.files import SCENARIOS, read_yaml
from analysis.page.credibility import lowest_score_sentence, read_factors
from analysis.verification.all_cases import CASES
from sim import MODEL
from sim.scenario.parsing import read_scenario
from sim.study.composing import SCENARIOS_FOLDER, compose_sweep, read_command
from sim.study.job import Job, prepare_job
from sim.study.offered_load import offered_loads
from sim.study.replication import SORT_COLUMNS, replicate
from sim.study.study import run_job
from tests import figures
from tests.worlds.adre import config
from tests.worlds.awkward import awkward_settings, network_of_settings
from tests.worlds.running import WORLD, config_of

ROOT = Path(__file__).parent.parent
MODEL_PAGES = sorted((ROOT / "docs" / "model").glob("*.md"))
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *MODEL_PAGES, ROOT / "benchmarks" / "README.md",
]  # fmt: skip
LONGEST = 15_000  # bytes of a page of the model
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKE = re.compile(r"\bmake ([a-z][\w-]*)")
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
FOLDERS = ("scenarios", "examples")
OWN = {"my_world", "my_period", "name"}  # that a planner would write
FIGURES = json.loads(figures.FIGURES.read_text(encoding="utf-8"))
STRESS = {  # Monks et al. (2019), table of STRESS-DES: its sections and how many items each has
    "Objectives": 3, "Logic": 5, "Data": 4, "Experimentation": 3, "Implementation": 4, "Code access": 1,
}  # fmt: skip

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def code(document: Path) -> Iterator[str]:
    """What stands in a document as code: in a line, or in a block line by line."""
    text = document.read_text(encoding="utf-8")
    for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def sections(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_document
def test_what_a_document_links_to_is_there(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, section in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", text):
        path = document.parent / target if target else document
        assert path.exists(), target
        assert not section or section in sections(path), f"{target}#{section}"


@each_document
def test_a_command_that_a_document_quotes_is_there(document: Path) -> None:
    for line in code(document):
        assert set(MAKE.findall(line)) <= TARGETS, line
        for module in re.findall(r"python -m ([\w.]+)", line):
            assert importlib.util.find_spec(module), line
        for group, names in re.findall(r"\b(scenario|regime|experiment|structure)=([\w,|]+)", line):
            for name in set(re.split(r"[,|]", names)) - OWN:
                assert any((ROOT / folder / group / f"{name}.yaml").is_file() for folder in FOLDERS), line


@pytest.mark.parametrize("words", [[], ["binding"], ["response"], ["verify"]], ids=" ".join)
def test_a_command_tells_how_it_is_used(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--help"])
    assert capsys.readouterr().out.startswith(" ".join(["usage: python -m analysis", *words]))


def test_a_module_that_the_makefile_runs_is_there() -> None:
    for module in re.findall(r"-m ([\w.]+)", (ROOT / "Makefile").read_text(encoding="utf-8")):
        assert importlib.util.find_spec(module), module


def test_a_file_that_the_contributors_guide_names_is_there() -> None:
    for word in code(ROOT / "CONTRIBUTING.md"):
        if re.fullmatch(r"\w[\w.]*/[\w/.]+", word) and "__" not in word:
            assert (ROOT / word).exists(), word


@pytest.mark.parametrize("document", GENERATED_PARTS)
def test_a_generated_part_is_as_the_code_makes_it(document: str) -> None:
    as_it_stands, as_it_should = regenerate(document)
    assert set(GENERATED_PARTS[document]) <= set(generated_parts.part_names(as_it_stands))
    assert as_it_stands == as_it_should, "run `make docs`"


def test_a_page_that_is_not_committed_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"{Path(page).parent.as_posix()}/" for page in GENERATED_PAGES} <= set(ignored)


def sourced(written: object, *path: str) -> Iterator[tuple[str, str]]:
    """Every setting of a file that names its source or range, and the text of it."""
    for key, value in written.items() if isinstance(written, dict) else ():
        if key == "sources":
            for setting, source in value.items():
                yield ".".join((*path, setting)), source["why"] if isinstance(source, dict) else source
        else:
            yield from sourced(value, *path, str(key))


def test_the_page_of_data_has_each_number_with_its_source() -> None:
    sections = dict(part.split("\n", 1) for part in GENERATED_PAGES["docs/reference/data.md"]().split("\n## ")[1:])
    files = {file.relative_to(SCENARIOS).with_suffix("").as_posix(): file for file in SCENARIOS.glob("*/*.yaml")}
    found = {name: list(sourced(read_yaml(file))) for name, file in files.items()}
    assert set(sections) == {name for name, settings in found.items() if settings}
    for name, settings in found.items():
        for setting, source in settings:
            rows = [row for row in sections[name].splitlines() if f"`{setting}`: " in row]
            assert len(rows) == 1, f"{name}: {setting}"
            assert " ".join(source.split()).replace("|", "/") in rows[0], f"{name}: {setting}"


def pages_in_order() -> list[str]:
    """The pages of the model in the order in which their index links to them."""
    index = (ROOT / "docs" / "model" / "index.md").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"\]\((\w+\.md)\)", index.partition("\n1. ")[2])))


def test_the_index_of_the_model_links_to_every_page() -> None:
    assert {"index.md", *pages_in_order()} == {page.name for page in MODEL_PAGES}


@pytest.mark.parametrize("page", MODEL_PAGES, ids=lambda path: path.name)
def test_a_page_of_the_model_is_short(page: Path) -> None:
    assert page.stat().st_size <= LONGEST


def test_the_pages_of_the_model_follow_the_items_of_stress() -> None:
    folder = ROOT / "docs" / "model"
    text = "\n".join((folder / page).read_text(encoding="utf-8") for page in pages_in_order())
    numbered = re.findall(r"^##? (\d(?:\.\d)?)\.? (.*)$", text, re.MULTILINE)
    wanted = []
    for section, (title, items) in enumerate(STRESS.items(), 1):
        wanted += [str(section), *(f"{section}.{item}" for item in range(1, items + 1))]
        assert (str(section), title) in numbered
    assert [number for number, _ in numbered] == wanted


def test_only_marked_parts_of_a_document_are_made() -> None:
    text = "mine\n<!-- generated: a -->\nold\n<!-- /generated -->\nand mine\n"
    assert generated_parts.part_names(text) == ["a"]
    new = generated_parts.fill_parts(text, {"a": "new | part\n"})
    assert new == "mine\n<!-- generated: a -->\n\nnew | part\n\n<!-- /generated -->\nand mine\n"
    assert generated_parts.fill_parts(new, {"a": "new | part"}) == new
    assert generated_parts.fill_parts(text, {"b": "of another"}) == text
    with pytest.raises(ValueError, match="do not make pairs"):
        generated_parts.fill_parts(text + "<!-- generated: b -->\n", {})
    assert (
        generated_parts.markdown_table(("a", "b"), [("x|y", "two\nlines")])
        == "| a | b |\n| --- | --- |\n| x/y | two lines |"
    )


def test_a_definition_stands_in_the_docstring_of_its_function(tmp_path: Path) -> None:
    lines = [
        "def f():",
        '    """Words.',
        "",
        "    share : of it",
        "    a_<of>:<place>, b [t/day] = x /",
        "        y; null",
    ]
    lines.append('    """')
    (tmp_path / "more.py").write_text("\n".join(lines))
    (tmp_path / "measures.py").write_text('def f():\n    """c [h] = z"""\n')
    assert read_definitions(tmp_path) == [
        Definition(("c",), "h", "z"), Definition(("a_<of>:<place>", "b"), "t/day", "x / y; null"),
    ]  # fmt: skip
    assert read_definitions(tmp_path)[1].defines("a_form:sites.nitzana")
    assert not read_definitions(tmp_path)[1].defines("b:sites.nitzana")


def test_every_measure_has_one_definition_in_its_unit(tmp_path: Path) -> None:
    """In worlds that have nearly all that a planner can set; so each definition is of some measure, too."""
    known, used = read_definitions(), set()
    settings = read_scenario(config_of(WORLD)).run
    for seed in range(40):
        network = network_of_settings(awkward_settings(seed, tmp_path), tmp_path)
        settings = settings.model_copy(update={"days": network.days})
        table = replicate(network, settings, 0, with_loads=False).tables["replications"]
        for measure, unit in zip(table["measure"].tolist(), table["unit"].tolist(), strict=True):
            found = [each for each in known if each.defines(measure)]
            assert len(found) == 1, f"{measure}: its function's docstring lacks `name [unit] = equation`"
            used.add(found[0])
            assert unit in re.split(r", | or ", found[0].unit) or found[0].unit == "the same a day"
    assert used == set(known)


@pytest.mark.parametrize("name", FIGURES["runs"])
def test_a_figure_that_is_quoted_is_what_its_command_gives(name: str) -> None:
    """The first replication alone; `make readme` runs all of them."""
    kept = FIGURES["runs"][name]
    (composed,) = compose_sweep(read_command(kept["command"])).runs
    scenario, network = prepare_job(Job(composed.config, ROOT / "results", data_folders=(SCENARIOS_FOLDER,)))
    table = replicate(network, scenario.run, 0, with_loads=False).tables["replications"]
    values = dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))
    assert values[figures.MEASURE] == kept[figures.MEASURE][0], "run `make readme`"
    (vehicles,) = (node.number for node in network.nodes if node.name == figures.VEHICLES)
    rho = offered_loads(network)[vehicles].rho  # a sum of floats: its last digit differs between CPUs
    assert rho == pytest.approx(kept["asked_of_vehicles"], rel=1e-12), "run `make readme`"
    assert scenario.run.replications == len(kept[figures.MEASURE])


def test_the_documents_quote_the_figures_that_are_kept() -> None:
    assert FIGURES["model"] == MODEL, "run `make readme`"
    for document, parts in figures.made(FIGURES).items():
        text = (ROOT / document).read_text(encoding="utf-8")
        assert set(parts) <= set(generated_parts.part_names(text))
        assert text == generated_parts.fill_parts(text, parts), f"{document}: run `make readme`"
    assert figures.sha256(figures.PICTURE) == FIGURES["picture"], (
        "the picture is not of these figures: run `make readme`"
    )
    assert "more than a hundred worlds" in README and len(CASES) > 100


def test_words_that_the_figures_no_longer_bear_are_refused() -> None:
    runs = {name: kept | {figures.MEASURE: [1.0, 2.0, 3.0]} for name, kept in FIGURES["runs"].items()}
    with pytest.raises(ValueError, match="both add something"):
        figures.sentences(FIGURES | {"runs": runs})


def test_the_lowest_score_of_credibility_stands_on_every_page() -> None:
    least = min(each.score for each in read_factors())
    assert (
        f"the lowest of eight scores from 0 to 4 is {least} (" in lowest_score_sentence() and len(read_factors()) == 8
    )
    assert all(each.why.endswith(".") for each in read_factors())
    pages = set((ROOT / "analysis").rglob("*.html.j2"))
    for page in (page for page in pages if page.name != "regress.html.j2"):  # which shows no result
        text = page.read_text(encoding="utf-8")
        assert "<!doctype" not in text or "credibility }}" in text, page.name


def test_every_change_is_checked_by_the_same_targets_here_and_in_the_workflow() -> None:
    def called(path: str) -> list[str]:
        commands = (line.partition("#")[0] for line in (ROOT / path).read_text(encoding="utf-8").splitlines())
        return [target for line in commands for target in MAKE.findall(line)]

    local = called(".ci/run")
    assert {"lint", "types", "test", "test-browser", "verify", "regress"} <= set(local) <= TARGETS
    assert called(".github/workflows/ci.yml") == local
    nightly = yaml.safe_load((ROOT / ".github/workflows/nightly.yml").read_text(encoding="utf-8"))
    assert (
        {"fuzz", "mutants", "bench", "coverage"}
        == set(nightly["jobs"]["nightly"]["strategy"]["matrix"]["target"])
        <= TARGETS
    )
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        for action in re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8")):
            assert re.fullmatch(r"actions/[\w-]+@v\d+", action), f"{workflow.name}: {action} is at no major version"


def test_the_readme_names_every_table() -> None:
    for table in SORT_COLUMNS:
        assert f"`{table}.parquet`" in README


def test_the_query_of_the_readme_counts_each_run_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("adre", "adre,run.days=2"):
        run_job(Job(config(replications=2), tmp_path / "results" / "rafah" / name))
    query = re.search(r'duckdb\.sql\("""(.*?)"""\)', README, re.DOTALL)
    assert query
    monkeypatch.chdir(tmp_path)
    rows = duckdb.execute(query[1]).fetchall()
    mean = "select avg(value) from 'results/rafah/adre/replications.parquet' where measure = 'arrived_pallets_per_day'"
    per_day = duckdb.execute(mean).fetchall()[0][0]
    assert [row[1] for row in rows] == ["abeche_geneina"] * 2
    assert [row[2] for row in rows] == pytest.approx([per_day * 2] * 2)
