"""What the trucks of a corridor cost, where a planner says so. Settings alone; `cost_days.py` reads off the log."""

from pydantic import Field, model_validator

from sim.settings import Settings
from sim.units import Money


class Costs(Settings):
    """US dollars for inbound trucks on a corridor; what is not said costs nothing here."""

    per_truck: Money = Field(0.0, description="of each, as its first drive begins")
    per_tonne: Money = Field(0.0, description="that it carries, as its first drive begins")
    per_waiting_day: Money = Field(0.0, description="of 24 h in a queue, or held because the next place has no room")

    @model_validator(mode="after")
    def _says_something(self) -> "Costs":
        if not self.model_fields_set:
            raise ValueError("wanted one of per_truck, per_tonne and per_waiting_day, found none")
        return self
