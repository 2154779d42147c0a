import csv
import json
import re
import stat
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.__main__ import main
from analysis.files import write_file
from analysis.intervals import MeanInterval, mean_interval
from analysis.language.numbers import BANNER, format_estimate, format_number
from analysis.page.report import compare_study
from analysis.page.report import render_page as page_of
from analysis.page.sentences import headline, runs_table
from analysis.page.settings import changed_settings, merged_provenance
from analysis.plots import comparison
from analysis.plots.files import csv_text, inline_svg
from analysis.results.arrays import Transit
from analysis.results.tables import Study, StudyError, read_study
from analysis.statistics.compare import Difference, difference, differences, has_two_periods, main_milestone, summarise
from analysis.statistics.curves import arrival_curve, busiest_places, density_curve, fan_quantiles, share_inside_at_end
from tests.analysis.studies import CLOSED, EXTRA, OPEN, many, write_study

TONNES = "arrived_tonnes_per_day"
HOSTILE = "<script>alert(1)</script> $x^2$ & --> ]]>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs on the same luck."""
    return write_study(tmp_path_factory.mktemp("results") / "rafah", (CLOSED, OPEN, EXTRA))


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return read_study(folder)


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return compare_study(folder).read_text()


def of_two(tmp_path: Path, **changes: Any) -> Study:
    """Rafah closed, and Rafah open with these changes."""
    return read_study(write_study(tmp_path / "two", (CLOSED, replace(OPEN, **changes))))


# reading


def test_the_first_run_that_study_json_lists_is_the_reference(study: Study) -> None:
    assert [run.name for run in study.runs] == ["rafah_closed", "rafah_open", "extra_corridors"]
    assert study.reference.label == "Rafah closed"
    assert study.notes == ()


def test_days_without_a_row_are_zero_and_count(study: Study) -> None:
    for run in study.runs:
        arrived = run.daily_counts("arrived", "tonnes")
        assert arrived is not None and arrived.shape == (6, 21)
        assert (arrived == 0).any()  # Saturdays
        np.testing.assert_allclose(arrived.mean(axis=1), run.arrays.measures[TONNES].values)


def test_a_milestone_that_no_corridor_has_is_null_and_not_zero(tmp_path: Path) -> None:
    study = of_two(tmp_path, lacks=("offloaded", "collected"))
    run = study.runs[1]
    assert run.arrays.daily["offloaded"] is None and run.daily_counts("offloaded", "trucks") is None
    assert summarise(run, "offloaded_trucks_per_day") is None
    assert differences(study, "offloaded_tonnes_per_day") == ()
    throughput = comparison.throughput_plot(study)
    assert throughput is not None
    empty = [
        mean
        for milestone, name, mean in zip(*(throughput.columns[c] for c in ("milestone", "run", "p50")), strict=True)
        if (milestone, name) == ("offloaded", "rafah_open")
    ]
    assert empty == [None, None, None]


def test_a_comparison_is_about_the_last_milestone_that_all_runs_have(tmp_path: Path, study: Study) -> None:
    assert main_milestone(study) == "arrived"
    assert main_milestone(of_two(tmp_path, lacks=("arrived", "collected"))) == "offloaded"


def test_the_warm_up_is_not_counted(tmp_path: Path) -> None:
    run = read_study(write_study(tmp_path / "warm", (replace(CLOSED, warm_up=7),))).reference
    counted = run.daily_counts("entered", "trucks")
    assert counted is not None and counted.shape == (6, 14)
    np.testing.assert_allclose(counted.mean(axis=1), run.arrays.measures["entered_trucks_per_day"].values)


def test_runs_with_the_same_title_are_told_apart_by_name(tmp_path: Path) -> None:
    study = of_two(tmp_path, title=CLOSED.title)
    assert [run.label for run in study.runs] == ["rafah_closed", "rafah_open"]
    assert study.heading.endswith(": Rafah closed")


def test_runs_that_are_unfinished_or_not_listed_are_left_out_and_said(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", (replace(CLOSED, status="failed"), OPEN), listed=("later",))
    write_study(tmp_path / "other", (EXTRA,))
    (tmp_path / "other" / "extra_corridors").rename(folder / "extra_corridors")
    study = read_study(folder)
    assert [run.name for run in study.runs] == ["rafah_open"]
    assert study.notes == (
        "rafah_closed is not finished and left out: its status is failed.",
        "later is not finished and left out: it has no folder yet.",
        "Left out, because study.json does not list them: extra_corridors.",
        "The reference is rafah_open, the first run that is finished.",
    )


def test_a_folder_that_is_not_there_names_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder.parent / "rafa")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"error: there is no folder {folder.parent / 'rafa'}; did you mean {folder}?\n"


def test_a_folder_without_finished_runs_is_an_error_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_study(tmp_path / "s", (replace(CLOSED, status="running"),))
    assert main([str(folder)]) == 2
    assert capsys.readouterr().err == (
        f"error: no run in {folder} is finished: rafah_closed is not finished and left out: its status is running.\n"
    )
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty")]) == 2
    assert capsys.readouterr().err == f"error: no run in {tmp_path / 'empty'} is finished\n"


def test_the_folder_of_one_run_points_to_its_study(folder: Path) -> None:
    with pytest.raises(StudyError, match=f"needs the folder of its study, {re.escape(str(folder))}"):
        read_study(folder / "rafah_open")


@pytest.mark.parametrize("name", ["daily.parquet", "study.json"])
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    folder = write_study(tmp_path / "s", (replace(CLOSED, replications=1, days=3),))
    (folder / (name if name == "study.json" else f"rafah_closed/{name}")).write_text("broken")
    with pytest.raises(StudyError, match="cannot be read"):
        read_study(folder)


# statistics


def test_a_mean_has_students_interval() -> None:
    found = mean_interval(np.array([1.0, 2.0, 4.0, 7.0, np.nan]))
    expected = stats.ttest_1samp([1, 2, 4, 7], 0).confidence_interval(0.95)
    assert found is not None and found.n == 4
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    assert mean_interval(np.array([3.0])) == MeanInterval(1, 3.0, None)
    assert mean_interval(np.array([np.nan])) is None


def test_paired_differences_have_the_interval_and_p_value_of_the_paired_t_test(study: Study) -> None:
    ours, theirs = (run.arrays.measures[TONNES].values for run in (study.runs[1], study.reference))
    found = difference(study.runs[1], study.reference, TONNES)
    expected = stats.ttest_rel(ours, theirs)
    interval = expected.confidence_interval(0.95)
    assert found is not None and found.not_paired is None
    assert found.dots == tuple(ours - theirs)
    assert (found.mean.low, found.mean.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(expected.pvalue)
    assert found.correlation == pytest.approx(np.corrcoef(ours, theirs)[0, 1])
    assert found.variance_reduction == pytest.approx((ours.var() + theirs.var()) / (ours - theirs).var())


def test_identical_runs_differ_by_exactly_zero(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "same", (CLOSED, replace(CLOSED, name="again", title="Again"))))
    (found,) = differences(study, TONNES)
    assert found.mean == MeanInterval(6, 0.0, 0.0) and set(found.dots) == {0.0}
    assert found.p == 1.0 and not found.is_clear
    assert format_estimate(found.mean, sign=True) == "0 ± 0"
    assert headline(study) == (
        "“Again” brings exactly as much to arrival as “Rafah closed” (in each of 6 paired replications)."
    )


def test_only_replications_that_both_have_are_paired(tmp_path: Path) -> None:
    (found,) = differences(of_two(tmp_path, replications=4), TONNES)
    assert found.mean.n == len(found.dots) == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seed": 8}, "not paired: different seeds (8 and 7), so their replications share no luck"),
        ({"start": date(2025, 1, 6)}, "not paired: different start dates (2025-01-06 and 2024-05-13), so their"),
        ({"days": 20}, "not paired: different numbers of days (20 and 21)"),
        ({"warm_up": 2}, "not paired: different warm-ups (2 and 0)"),
        ({"model": 2}, "not paired: different versions of the model (2 and 1)"),
    ],
)
def test_runs_without_the_same_luck_are_two_samples_and_the_reason_is_said(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    study = of_two(tmp_path, **changes)
    (found,) = differences(study, TONNES)
    expected = stats.ttest_ind(
        *(run.arrays.measures[TONNES].values for run in reversed(study.runs)), equal_var=False
    ).confidence_interval(0.95)
    assert found.not_paired is not None and found.not_paired.startswith(reason)
    assert (found.mean.low, found.mean.high) == pytest.approx((expected.low, expected.high))
    assert found.dots == () and found.correlation is None
    assert reason in runs_table(study)


def test_p_values_are_adjusted_by_holm(study: Study) -> None:
    alone = [difference(run, study.reference, TONNES) for run in study.runs[1:]]
    low, high = sorted(each.p for each in alone if each and each.p is not None)
    found = sorted(each.p for each in differences(study, TONNES) if each.p is not None)
    assert found == [2 * low, max(2 * low, high)]


def test_a_difference_within_luck_is_not_called_clear() -> None:
    unsure = Difference("b", TONNES, "t", MeanInterval(9, 3.0, 5.0), (), None, None, None, 0.2)
    assert not unsure.is_clear
    assert replace(unsure, p=0.01).is_clear


def test_one_replication_gives_no_interval_and_says_so(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "s", [replace(w, replications=1) for w in (CLOSED, OPEN)]))
    (found,) = differences(study, TONNES)
    assert found.mean.half is None and found.p is None
    assert "1 paired replication, so no interval" in headline(study)
    assert "Below 3 replications there is no interval: Rafah closed, Rafah open." in runs_table(study)


def test_two_periods_are_not_passed_off_as_the_effect_of_a_scenario(tmp_path: Path, study: Study) -> None:
    other = of_two(tmp_path, regime="Winter 2025")
    assert has_two_periods(other) and not has_two_periods(study)
    assert '<p class="banner">two periods; many things changed</p>' in page_of(other, [])


# what the plots show


def test_the_arrival_curve_stays_below_one_by_the_share_inside(study: Study) -> None:
    for run in study.runs:
        assert run.arrays.transit is not None
        hours, share = arrival_curve(run.arrays.transit)
        assert (np.diff(share) >= 0).all() and hours[0] == 1
        assert 0 < share_inside_at_end(run.arrays.transit) == pytest.approx(1 - share[-1])


def test_a_load_with_whole_hours_has_arrived_one_hour_later() -> None:
    transit = Transit(np.array([[1.0, 0.0, 2.0]]), dispatched=np.array([4.0]), inside=np.array([1.0]))
    hours, share = arrival_curve(transit)
    assert hours.tolist() == [1, 2, 3] and share.tolist() == [0.25, 0.25, 0.75]


def test_a_hill_has_area_one_and_does_not_leak_below_zero() -> None:
    x, height = density_curve(np.array([0.0] * 50 + [7.0] * 50), top=10)
    assert x.min() > 0
    assert height.sum() * (x[1] - x[0]) == pytest.approx(1, abs=1e-3)
    assert height[x < 5].sum() == pytest.approx(height[x > 5].sum(), rel=1e-3)


def test_a_weekly_mean_needs_seven_whole_days() -> None:
    found = fan_quantiles(np.arange(20.0).reshape(2, 10))
    assert np.isnan(found.weekly[2]).tolist() == [True] * 3 + [False] * 4 + [True] * 3
    assert found.weekly[2][3] == 8  # medians of the means of days 0 to 6: 3 and 13
    assert np.isnan(fan_quantiles(np.ones((2, 6))).weekly).all()


def test_a_place_that_a_run_lacks_has_no_utilisation_rather_than_none(study: Study) -> None:
    places, shares = busiest_places(study)
    assert np.isnan(shares[places.index("sites.egypt_rafah")]).tolist() == [True, False, False]
    assert not any(place.startswith("roads.") for place in places)


# what is written


def test_every_plot_comes_as_svg_png_and_csv(folder: Path, page: str) -> None:
    stems = ["waterfall", "throughput", "differences", "forest", "replications", "days", "arrival_times", "utilisation",
             "utilisation_days", "backlog"]  # fmt: skip
    written = {path.name for path in (folder / "plots").iterdir()}
    assert written == {f"{stem}.{kind}" for stem in stems for kind in ("svg", "png", "csv")}
    assert [stem for stem in stems if f'id="{stem}"' not in page] == []
    with (folder / "plots" / "differences.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 6 and {row["run"] for row in rows} == {"rafah_open", "extra_corridors"}


def test_the_command_prints_a_table_and_last_the_page_and_the_same_bytes_each_time(
    folder: Path, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in (folder / "plots").iterdir()}
    assert main([str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == str(folder / "comparison.html")
    assert [line.split()[0] for line in lines[:4]] == ["run", "Rafah", "Rafah", "Extra"]
    assert len({len(line) for line in lines[:4]}) == 1
    assert (folder / "comparison.html").read_text() == page
    assert {path.name: path.read_bytes() for path in (folder / "plots").iterdir()} == before


def test_the_page_asks_no_network_and_runs_no_script(page: str) -> None:
    assert "<script" not in page and "@import" not in page
    targets = re.findall(r"""(?:src|href|action|data)\s*=\s*["']([^"']*)""", page) + re.findall(r"url\(([^)]*)\)", page)
    assert [target for target in targets if not target.startswith(("#", "data:image/png"))] == []


def test_every_drawing_says_what_it_shows(page: str) -> None:
    drawings = re.findall(r"<svg[^>]*>", page)
    assert len(drawings) == 10
    assert all('role="img"' in drawing and re.search(r'aria-label="[^"]{20,}"', drawing) for drawing in drawings)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(set(ids)) == len(ids)


def test_what_is_not_calibrated_says_so_on_the_page_and_in_every_plot(page: str, study: Study) -> None:
    assert page.count(BANNER) >= 1 + 10
    calibrated = replace(study, runs=tuple(replace(run, calibrated=True) for run in study.runs))
    assert BANNER not in runs_table(calibrated)


def test_a_hostile_title_is_shown_as_text(tmp_path: Path) -> None:
    study = of_two(tmp_path, title=HOSTILE)
    drawn = next(comparison.draw_plots(study))
    svg = inline_svg(drawn.svg(), drawn.stem, HOSTILE)
    whole = page_of(study, [{"stem": drawn.stem, "title": drawn.title, "svg": svg}])
    assert "<script" not in whole
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x^2$" in page_of(study, [])
    assert "&lt;script&gt;alert(1)&lt;/script" in svg.partition(">")[2]


def test_a_drawing_in_a_page_keeps_its_text_and_owns_its_ids() -> None:
    svg = b'<?xml version="1.0"?>\n<svg width="1"><g id="a"/><use href="#a"/><text>id="a" &lt;</text></svg>'
    assert inline_svg(svg, "plot", 'a "b" <c>') == (
        '<svg role="img" aria-label="a &#34;b&#34; &lt;c&gt;" width="1"><g id="plot-a"/><use href="#plot-a"/>'
        '<text>id="a" &lt;</text></svg>'
    )


def test_what_is_not_there_is_empty_in_a_csv() -> None:
    assert csv_text({"run": ["a", "b"], "value": [None, float("nan")], "on": [date(2024, 5, 13)] * 2}) == (
        "run,value,on\na,,2024-05-13\nb,,2024-05-13\n"
    )


def test_a_part_that_a_run_lacks_is_one_setting_that_differs(study: Study) -> None:
    assert [path for path, _ in changed_settings(study)] == [
        "corridors.egypt_rafah", "corridors.jordan", "sites.egypt_rafah", "sites.jordan",
    ]  # fmt: skip
    assert dict(changed_settings(study))["sites.jordan"] == ["–", "–", "3 settings: title, lanes, time"]


def test_sources_are_merged_over_the_runs(study: Study) -> None:
    merged = merged_provenance(study)
    assert [(entry["setting"], entry["runs"]) for entry in merged["sources"]] == [("sites.kerem_shalom.lanes", "")]
    assert ("sites.jordan.time", "8 to 20", "Extra corridors") in [
        (entry["setting"], entry["range"], entry["runs"]) for entry in merged["assumed"]
    ]


def test_the_drawings_of_a_large_sweep_fit_in_a_page_below_a_megabyte(tmp_path: Path) -> None:
    study = read_study(write_study(tmp_path / "many", many(9, replications=2, days=10)))
    bulky = islice(comparison.draw_plots(study), 4)  # the falls, the hills, the dots and the fans
    assert sum(len(plot.svg()) for plot in bulky) < 250_000


def test_a_written_file_is_whole_and_ordinary(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.txt", "whole")
    (tmp_path / "b.txt").write_text("ordinary")
    assert path.read_text() == "whole" and sorted(tmp_path.iterdir()) == [path, tmp_path / "b.txt"]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "b.txt").stat().st_mode)


# how numbers are said


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (81.24, 0.81, "81.2"), (1234.5, 12, "1\u202f234 "), (0.0, 0.0, "0"), (-0.001, 0.5, "0.0"), (-30.2, 4, "−30"),
        (7.126, None, "7.13"), (712.6, None, "713"), (71.26, None, "71.3"), (94.384, 0.2, "94.38"),
    ],
)  # fmt: skip
def test_a_number_has_the_decimals_that_its_interval_leaves_it(value: float, half: float | None, text: str) -> None:
    assert format_number(value, half) == text.strip(" ")


def test_the_headline_names_what_the_second_run_brings(tmp_path: Path) -> None:
    study = of_two(tmp_path)
    (found,) = differences(study, TONNES)
    size, said = format_number(found.mean.mean, found.mean.half), headline(study)
    assert said.startswith(
        f"Against “Rafah closed”, “Rafah open” brings {size} t a day more to arrival (95 % interval "
    )
    assert said.endswith("; 6 paired replications).")
    backwards = replace(study, runs=study.runs[::-1])
    assert f"“Rafah closed” brings {size} t a day less to arrival (95 % interval " in headline(backwards)


def test_the_manifest_of_another_version_is_an_error_in_words(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", (replace(CLOSED, replications=1, days=3),))
    path = folder / "rafah_closed" / "manifest.json"
    path.write_text(json.dumps({key: part for key, part in json.loads(path.read_text()).items() if key != "places"}))
    with pytest.raises(StudyError, match="lacks 'places'; was it written by another version"):
        read_study(folder)
