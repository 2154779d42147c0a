"""Stocks of goods that people in areas consume evenly over the day: by hand, and as the workload of a queue.

The stock is the workload in tonnes: a load adds its tonnes, and people consume a constant amount per day.
"""

from analysis.verification.cases import (
    Case,
    ExactStatistic,
    MeanStatistic,
    exponential_law,
    flow_entry,
    flow_settings,
    initial_batch,
    run_settings,
)
from analysis.verification.formulas import pollaczek_khinchin
from analysis.verification.readings import measure_reading

PEOPLE, NEEDED_T = 500_000, 500.0  # 1 kg a day each
AREA_SETTINGS = f"areas: {{here: {{population: {PEOPLE}}}}}\n"
DOCK_WORLD = (
    "warehouses: {dock: {lanes: 999, time: 1 s}}\ncorridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
)
FOOD_NEED = "needs: {food: {of: [food], per_person: 1 kg/day, unmet: UNMET}}\n"
SUPPLY_KEY = "food:un"


def dated_deliveries(unmet: str, without: float, met_t: float) -> Case:
    """Returns the case of three deliveries of 500 t and a consumption of 100 t/day: days 10 and 11 are empty.

    Deliveries come at the start and after 3 and 12 days. The unmet need is lost, or carried to day 12, so that the last
    delivery lasts for three days only.
    """
    days = ("2024-05-13", "2024-05-16", "2024-05-25")
    dated = ", ".join(f"d{i}: {{need: food, sector: un, amount: 500 t/day, from: {on}, to: {on}}}"
                      for i, on in enumerate(days))  # fmt: skip
    return Case(
        "needs", f"three deliveries in 17 days, what is missing is {unmet}", "by hand",
        DOCK_WORLD + initial_batch(0) + FOOD_NEED.replace("UNMET", unmet)
        + f"areas: {{here: {{population: 100000, deliveries: {{{dated}}}}}}}\n" + run_settings(17),
        [
            ExactStatistic("days without", without, measure_reading(f"stock_out_days:{SUPPLY_KEY}:here")),
            ExactStatistic("share of the need that is met on its day", met_t / 1700,
                measure_reading(f"fill_rate:{SUPPLY_KEY}")),
            ExactStatistic("unmet [t]", 200.0, measure_reading(f"unmet_tonnes_per_day:{SUPPLY_KEY}", 17)),
            ExactStatistic("stock at the end [days]", 0.0, lambda run: float(run.needs.stock[0, 0, 0,
                -1]) / 86_400 / 100_000),
        ],
    )  # fmt: skip


def random_loads(law: str, weight: str, second: float) -> Case:
    """Returns the case of 20 loads of 20 t per day.

    `second` is their second moment [t^2]. Relaxation time about 5 days.
    """
    lasts, days = pollaczek_khinchin(20, 20 / NEEDED_T, second / NEEDED_T**2), 360
    return Case(
        "needs", f"{law} loads, what is missing is lost", "the work in hand of M/G/1 (Pollaczek and Khinchin)",
        f"cargos: {{food: {{pallets: 20, weight: {weight}}}}}\n" + DOCK_WORLD
        + flow_settings(flow_entry("rate: 20/day")) + FOOD_NEED.replace("UNMET",
            "lost") + AREA_SETTINGS + run_settings(days + 40, 40),
        [
            MeanStatistic("share of time without", 0.2, measure_reading(f"stock_out_days:{SUPPLY_KEY}:here", 1 / days)),
            MeanStatistic("stock in the mean [t]", lasts * NEEDED_T,
                measure_reading(f"days_of_stock_mean:{SUPPLY_KEY}:here", NEEDED_T)),
        ],
    )  # fmt: skip


CASES = (
    dated_deliveries("lost", 2.0, 1500),
    dated_deliveries("carried", 4.0, 1300),
    random_loads("exponential", exponential_law("20 t"), 2 * 20**2),
    random_loads("constant", "20 t", 20**2),
)
