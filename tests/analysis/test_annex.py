"""The plots of a study's annex: what they show is what was computed elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from analysis.intervals import dkw_half_height
from analysis.plots import annex
from analysis.plots.annex import forest_rows
from analysis.results.tables import Study, read_study
from analysis.statistics.compare import differences, summarise
from analysis.statistics.curves import daily_utilisation
from tests.analysis.studies import CLOSED, EXTRA, OPEN, write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_study(tmp_path_factory.mktemp("results") / "rafah", (CLOSED, OPEN, EXTRA)))


def test_the_forest_shows_each_difference_as_a_share_of_what_the_first_has(study: Study) -> None:
    rows = {(row.measure, row.run): row for row in forest_rows(study)}
    first = summarise(study.reference, "arrived_tonnes_per_day")
    assert first is not None
    for each in differences(study, "arrived_tonnes_per_day"):
        row = rows["arrived_tonnes_per_day", each.run]
        assert row.mean * first.mean.mean / 100 == pytest.approx(each.mean.mean)
        assert row.half is not None and row.half * first.mean.mean / 100 == pytest.approx(each.mean.half)
        assert row.clear == each.is_clear
    assert len(rows) == 2 * 6


def test_one_run_has_no_forest(tmp_path: Path) -> None:
    alone = read_study(write_study(tmp_path / "alone", (CLOSED,)))
    assert forest_rows(alone) == [] and annex.forest_plot(alone) is None


def test_the_curve_of_replications_has_a_step_for_each_and_the_band_around_it(study: Study) -> None:
    drawn = annex.replications_plot(study)
    assert drawn is not None
    of_first = [k for k, run in enumerate(drawn.columns["run"]) if run == "rafah_closed"]
    share, low, high = (np.array([drawn.columns[name][k] for k in of_first]) for name in ("share", "low", "high"))
    assert share.tolist() == pytest.approx([k / 6 for k in range(1, 7)])
    assert low == pytest.approx(np.clip(share - dkw_half_height(6), 0, 1)) and high == pytest.approx(
        np.clip(share + dkw_half_height(6), 0, 1)
    )


def test_a_day_on_which_a_place_is_closed_has_no_utilisation(study: Study) -> None:
    found = daily_utilisation(study.reference, ["sites.kerem_shalom", "sites.jordan"])
    assert found.shape == (2, 21) and np.isnan(found[1]).all()  # no such place
    first = study.reference.arrays.measures["utilisation:sites.kerem_shalom"].values
    assert 0 < np.nanmax(found[0]) <= 1 and np.nanmin(found[0]) <= first.mean() <= np.nanmax(found[0])
    fleets = daily_utilisation(study.reference, ["fleets.kerem_shalom"])
    assert fleets == pytest.approx(np.full((1, 21), 1 / 3))
