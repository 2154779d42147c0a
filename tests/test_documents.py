"""What the documents promise is there, and the README's query gives what it says."""

import re
from pathlib import Path

import duckdb
import pytest

from sim.job import Job
from sim.replication import TABLES
from sim.study import run
from tests.adre import config

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(ROOT.glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_the_readme_names_every_table() -> None:
    for table in TABLES:
        assert f"`{table}.parquet`" in README


def test_the_query_of_the_readme_counts_each_run_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("adre", "adre,run.days=2"):
        run(Job(config(replications=2), tmp_path / "results" / "rafah" / name))
    query = re.search(r'duckdb\.sql\("""(.*?)"""\)', README, re.DOTALL)
    assert query
    monkeypatch.chdir(tmp_path)
    rows = duckdb.execute(query[1]).fetchall()
    mean = "select avg(value) from 'results/rafah/adre/replications.parquet' where measure = 'arrived_pallets_per_day'"
    per_day = duckdb.execute(mean).fetchall()[0][0]
    assert [row[1] for row in rows] == ["abeche_geneina"] * 2
    assert [row[2] for row in rows] == pytest.approx([per_day * 2] * 2)
