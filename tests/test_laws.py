"""Laws by their known quantiles, the draw in whole units, and what a planner writes."""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from sim.laws import (
    GUIDE_CELLS,
    MAX_TABLE_LENGTH,
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Gamma,
    Hyperexponential,
    Law,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)
from sim.scenario.base import PalletsLaw, TimeLaw, WeightLaw
from tests.worlds.running import mistakes_in

U = np.array([0.05, 0.5, 0.95])
GRID = (np.arange(20_000) + 0.5) / 20_000
LAWS: list[Law] = [
    Constant(value=20),
    Exponential(mean=20),
    Lognormal(mean=20, cv=0.5),
    Gamma(mean=20, cv=0.5),
    Gamma(mean=20, cv=3**-0.5),  # Erlang of three stages
    Triangular(low=10, mode=15, high=40),
    Uniform(low=10, high=30),
    Empirical(values=(30, 10, 20, 40)),
    Erlang(mean=20, k=3),
    Weibull(mean=20, shape=1.5),
    Hyperexponential(means=(20, 20), shares=(0.3, 0.7)),  # which is exponential
]
IN_SECONDS: list[Law] = [
    Exponential(mean=1200),
    Lognormal(mean=1200, cv=0.5),
    Gamma(mean=1200, cv=0.5),
    Gamma(mean=432, cv=1.3),
    Uniform(low=600, high=1800),
    Triangular(low=600, mode=900, high=2400),
    Empirical(values=(600.4, 600.6)),
    Erlang(mean=1200, k=4),
    Weibull(mean=1200, shape=0.8),
    Hyperexponential(means=(300, 6000), shares=(0.9, 0.1)),
    Lognormal(mean=30_000, cv=2),  # its tail is longer than the table
]

CROWDED: list[Law] = [
    *IN_SECONDS,
    Exponential(mean=0.02),  # no more than one or two entries in its table
    Gamma(mean=300, cv=0.001),  # all of them within one second
    Weibull(mean=60_000, shape=20),
    Lognormal(mean=259_200, cv=0.4),  # nearly all of it beyond the table
    Hyperexponential(means=(3, 20_000), shares=(0.999, 0.001)),  # thousands of entries in the last stretch of luck
]


def time_of(text: Any) -> Law:
    """A law of time as a planner writes it."""
    law: Law = TypeAdapter[Law](TimeLaw).validate_python(text)
    return law


@pytest.mark.parametrize(
    ("law", "quantiles"),
    [
        (LAWS[0], (20, 20, 20)),
        (LAWS[1], (1.025865888, 13.862943611, 59.914645471)),
        (LAWS[2], (8.224877029, 17.888543820, 38.906356760)),
        (LAWS[3], (6.831591984, 18.360303744, 38.768282640)),
        (LAWS[4], (5.451276314, 17.827068758, 41.971957479)),
        (LAWS[5], (12.738612788, 20.635083269, 33.876275643)),
        (LAWS[6], (11, 20, 29)),
        (LAWS[7], (10, 30, 40)),
        (LAWS[8], (5.451276314, 17.827068758, 41.971957479)),
        (LAWS[9], (3.058476574, 17.351954641, 46.039800014)),
        (LAWS[10], (1.025865888, 13.862943611, 59.914645471)),
    ],
)
def test_quantiles_are_the_known_ones(law: Law, quantiles: tuple[float, ...]) -> None:
    assert law.quantile(U) == pytest.approx(quantiles, abs=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.law)
def test_the_mean_is_the_mean_of_the_quantiles(law: Law) -> None:
    fine = (np.arange(200_000) + 0.5) / 200_000
    assert law.mean_value() == pytest.approx(law.quantile(fine).mean(), rel=2e-5)


@pytest.mark.parametrize("law", IN_SECONDS, ids=repr)
def test_a_draw_is_the_rounded_quantile(law: Law) -> None:
    assert (law.draw(GRID) == np.maximum(np.rint(law.quantile(GRID)), 1)).all()


@pytest.mark.parametrize("law", [law for law in IN_SECONDS if law.cumulative(GRID) is not None], ids=repr)
def test_more_luck_is_never_a_shorter_time_and_a_half_rounds_at_its_own_luck(law: Law) -> None:
    assert (np.diff(law.draw(GRID)) >= 0).all()
    edges = law.cumulative(np.arange(200, 260, dtype=np.float64) + 0.5)
    assert edges is not None
    assert (law.draw(edges) == np.arange(201, 261)).all()
    assert (law.draw(np.nextafter(edges, 0)) == np.arange(200, 260)).all()


def test_a_draw_beyond_the_table_is_computed() -> None:
    law = Lognormal(mean=30_000, cv=2)
    u = np.array([0.5, 0.999, 1 - 2.0**-53])
    assert (law.draw(u) == np.rint(law.quantile(u))).all()
    assert law.draw(u)[1] > MAX_TABLE_LENGTH


@pytest.mark.parametrize("law", [law for law in CROWDED if law.cumulative(GRID) is not None], ids=repr)
def test_a_draw_is_found_as_by_a_search_through_the_whole_table(law: Law) -> None:
    table = law.cumulative(np.arange(MAX_TABLE_LENGTH, dtype=np.float64) + 0.5)
    assert table is not None
    edges = np.concatenate([table[::7], table[-3:], np.arange(GUIDE_CELLS) / GUIDE_CELLS, GRID, [1 - 2.0**-53]])
    u = np.concatenate([edges, np.nextafter(edges, 0), np.nextafter(edges, 1)])
    u = u[u < 1]
    searched = np.searchsorted(table, u, side="right")
    known = searched < MAX_TABLE_LENGTH
    assert (law.draw(u, at_least=0)[known] == searched[known]).all()
    assert law.draw(np.zeros(0)).tolist() == []


def test_a_duration_is_at_least_one_second_and_a_gap_may_be_none() -> None:
    law = Exponential(mean=0.2)
    assert law.draw(GRID).min() == 1
    assert law.draw(GRID, at_least=0).min() == 0
    assert Constant(value=0.1).draw(GRID).tolist() == [1] * len(GRID)


def test_the_extremes_of_luck_give_finite_times() -> None:
    for law in [*LAWS, *IN_SECONDS]:
        drawn = law.draw(np.array([0.0, 1 - 2.0**-53]))
        assert drawn.min() >= 1
        assert drawn.max() < 1 << 40


def test_a_draw_keeps_the_shape_of_the_luck() -> None:
    assert Gamma(mean=20, cv=0.5).draw(GRID.reshape(100, 200)).shape == (100, 200)


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("12 min", Constant(value=720)),
        ({"law": "exponential", "mean": "20 min"}, Exponential(mean=1200)),
        ({"law": "gamma", "mean": "1 h", "cv": 0.5}, Gamma(mean=3600, cv=0.5)),
        ({"law": "lognormal", "mean": "1 h", "cv": 0.5}, Lognormal(mean=3600, cv=0.5)),
        ({"law": "uniform", "low": "1 min", "high": "2 min"}, Uniform(low=60, high=120)),
        ({"law": "triangular", "low": "1 s", "mode": "2 s", "high": "3 s"}, Triangular(low=1, mode=2, high=3)),
        ({"law": "empirical", "values": ["1 min", "30 s"]}, Empirical(values=(60, 30))),
    ],
)
def test_a_law_is_read_in_planners_units(text: Any, law: Law) -> None:
    assert time_of(text) == law


def test_weights_and_pallets_have_units_of_their_own() -> None:
    assert TypeAdapter[Law](WeightLaw).validate_python("18 t") == Constant(value=18_000)
    assert TypeAdapter[Law](PalletsLaw).validate_python(22) == Constant(value=22)
    assert TypeAdapter[Law](PalletsLaw).validate_python({"law": "uniform", "low": 10, "high": 22}) == Uniform(
        low=10, high=22
    )


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("12", "warehouses.dock.time: 12 has no unit"),
        ("{mean: 3 h}", "warehouses.dock.time: names no law; write law: with one of constant"),
        ("{law: gama, mean: 3 h, cv: 1}", "warehouses.dock.time: there is no law 'gama'; did you mean gamma?"),
        ("{law: gamma, mean: 3 h}", "warehouses.dock.time.cv: missing"),
        ("{law: gamma, mean: 3, cv: 1}", "warehouses.dock.time: 3 has no unit"),
        ("{law: gamma, mean: 0 h, cv: 1}", "warehouses.dock.time.mean: must be greater than 0, is '0 h'"),
        ("{law: gamma, mean: 3 h, vc: 1}", "warehouses.dock.time.vc: no such setting"),
        ("{law: gamma, mean: 3 h, cv: .inf}", "warehouses.dock.time.cv: must be a finite number"),
        ("{law: gamma, mean: 3 h, cv: 1, low: 2 h}", "warehouses.dock.time.low: no such setting; did you mean law?"),
        ("{law: uniform, low: 3 h, high: 2 h}", "warehouses.dock.time: low is above high"),
        ("{law: triangular, low: 1 h, mode: 4 h, high: 3 h}", "warehouses.dock.time: wanted low <= mode <= high"),
        ("{law: empirical, values: []}", "warehouses.dock.time.values: there is none"),
        ("{law: empirical, values: [3]}", "warehouses.dock.time: 3 has no unit"),
    ],
)
def test_what_is_no_law_is_said_where_it_stands(law: str, said: str) -> None:
    lines = mistakes_in(
        f"warehouses: {{dock: {{lanes: 1, time: {law}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
    )
    assert any(line.startswith(said) for line in lines), lines
