"""Areas whose people use up what comes, evenly over the day: by hand, and against the queue that such a stock is.

What is there is work in hand, in tonnes: a load adds its tonnes, and people take so many a day.
"""

from analysis.verification.cases import Case, Exact, Mean, batch, exponential, flow, flows, run_of
from analysis.verification.formulas import pollaczek_khinchin
from analysis.verification.readings import measured

PEOPLE, NEEDED_T = 500_000, 500.0  # 1 kg a day each
AREA = f"areas: {{here: {{population: {PEOPLE}}}}}\n"
DOCK = (
    "warehouses: {dock: {lanes: 999, time: 1 s}}\ncorridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
)
FOOD = "needs: {food: {of: [food], per_person: 1 kg/day, unmet: UNMET}}\n"
OF = "food:un"


def deliveries(unmet: str, without: float, met_t: float) -> Case:
    """500 t as the run starts, 3 and 12 days later, and 100 t a day are used: none are left on days 10 and 11.

    What was missing then is lost; or used on day 12, so that the rest lasts for three days only.
    """
    days = ("2024-05-13", "2024-05-16", "2024-05-25")
    dated = ", ".join(f"d{i}: {{need: food, sector: un, amount: 500 t/day, from: {on}, to: {on}}}"
                      for i, on in enumerate(days))  # fmt: skip
    return Case(
        "needs", f"three deliveries in 17 days, what is missing is {unmet}", "by hand",
        DOCK + batch(0) + FOOD.replace("UNMET", unmet)
        + f"areas: {{here: {{population: 100000, deliveries: {{{dated}}}}}}}\n" + run_of(17),
        [
            Exact("days without", without, measured(f"stock_out_days:{OF}:here")),
            Exact("share of the need that is met on its day", met_t / 1700, measured(f"fill_rate:{OF}")),
            Exact("unmet [t]", 200.0, measured(f"unmet_tonnes_per_day:{OF}", 17)),
            Exact("stock at the end [days]", 0.0, lambda ran: float(ran.needs.stock[0, 0, 0, -1]) / 86_400 / 100_000),
        ],
    )  # fmt: skip


def random_loads(law: str, weight: str, second: float) -> Case:
    """20 loads a day of 20 t. Relaxation about 5 days."""
    lasts, days = pollaczek_khinchin(20, 20 / NEEDED_T, second / NEEDED_T**2), 360
    return Case(
        "needs", f"{law} loads, what is missing is lost", "the work in hand of M/G/1 (Pollaczek and Khinchin)",
        f"cargos: {{food: {{pallets: 20, weight: {weight}}}}}\n" + DOCK
        + flows(flow("rate: 20/day")) + FOOD.replace("UNMET", "lost") + AREA + run_of(days + 40, 40),
        [
            Mean("share of time without", 0.2, measured(f"stock_out_days:{OF}:here", 1 / days)),
            Mean("stock in the mean [t]", lasts * NEEDED_T, measured(f"days_of_stock_mean:{OF}:here", NEEDED_T)),
        ],
    )  # fmt: skip


CASES = (
    deliveries("lost", 2.0, 1500),
    deliveries("carried", 4.0, 1300),
    random_loads("exponential", exponential("20 t"), 2 * 20**2),
    random_loads("constant", "20 t", 20**2),
)
