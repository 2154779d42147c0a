"""Ceilings over gates in the compiled loop: the desk that gives the turns, and what is used of each ceiling."""

from sim.jit import part
from sim.loop.clock import fire_after_round, level, log, next_change_s, touch, wake_at
from sim.loop.queues import push, remove_first
from sim.loop.state import EVENT_PASSED, KG, LITRES, NEVER_S, NONE, PALLETS_BEHIND, PASSED, ZERO, EngineState
from sim.loop.trucks import record_wait
from sim.rules import has_turn_before, is_within_limit, next_period_s, used_in_period, used_today


@part
def join_gate_queue(state: EngineState, i: int, gate: int) -> None:
    """A truck, or a convoy as one, joins the line for the ceilings over its load."""
    line = state.gate_queues[state.gate_queue_index[gate, state.source[state.trucks[i]["load"]]]]
    line["queue"] = push(state.trucks, line["queue"], i)
    touch(state, state.places[gate]["desk"])


@part
def serve_desk(state: EngineState, place: int) -> None:
    """Lets those pass who wait at its gates, in the order of turns, as far as the ceilings allow."""
    desk, lines, now_s = state.places[place], state.gate_queues, state.clock[0]["now_s"]
    for group in range(desk["first_group"], desk["end_group"]):
        state.passed_by_group[group] = used_today(state.passed_by_group[group], desk["last_turns_s"], now_s)
    desk["last_turns_s"] = now_s
    for line in range(desk["first_queue"], desk["end_queue"]):
        lines[line]["is_closed"] = level(state, lines[line]["gate"]) == 0
    while True:
        line = next_in_turn(state, place)
        if line == NONE:
            break
        if not pass_first(state, place, line):
            lines[line]["is_closed"] = 1
    chance_s = NEVER_S
    for line in range(desk["first_queue"], desk["end_queue"]):
        if lines[line]["queue"] != NONE:
            chance_s = min(chance_s, queue_next_check_s(state, line))
    wake_at(state, place, chance_s)


@part
def next_in_turn(state: EngineState, place: int) -> int:
    """The line whose turn it is: of those with the fewest turns for their weight the one who comes first in a queue."""
    desk, lines, first = state.places[place], state.gate_queues, NONE
    for line in range(desk["first_queue"], desk["end_queue"]):
        if lines[line]["is_closed"] or lines[line]["queue"] == NONE:
            continue
        if first != NONE:
            one, other = lines[line]["group"], lines[first]["group"]
            comes_first = state.trucks[lines[line]["queue"]]["key"] < state.trucks[lines[first]["queue"]]["key"]
            if not has_turn_before(
                state.passed_by_group[one],
                state.group_weights[one],
                state.passed_by_group[other],
                state.group_weights[other],
                comes_first,
            ):
                continue
        first = line
    return int(first)


@part
def pass_first(state: EngineState, place: int, number: int) -> bool:
    """Lets the first of a line pass, if there is room for the whole party under every ceiling."""
    line, desk = state.gate_queues[number], state.places[place]
    i = line["queue"]
    for k in range(line["first"], line["end"]):
        if not has_room_for(state, state.ceilings_over_queue[k], party_amount(state, state.ceilings_over_queue[k], i)):
            return False
    line["queue"] = remove_first(state.trucks, i)
    for k in range(line["first"], line["end"]):
        acquire_ceiling(state, state.ceilings_over_queue[k], i)
    m = i
    while m != NONE:
        if desk["end_group"] - desk["first_group"] > 1:
            state.passed_by_group[line["group"]] += 1
        log(state, m, PASSED, line["gate"], NONE)
        record_wait(state, line["gate"], i)
        m = state.trucks[m]["next_in_convoy"]
    fire_after_round(state, i, EVENT_PASSED)
    return True


@part
def party_amount(state: EngineState, number: int, i: int) -> int:
    """What a party takes of a ceiling."""
    unit, amount, m = state.places[number]["unit"], ZERO, i
    while m != NONE:
        if unit == KG:
            amount += state.kg[state.trucks[m]["load"]]
        elif unit == PALLETS_BEHIND:
            amount += state.trucks[m]["pallets"]
        elif unit == LITRES:
            load = state.trucks[m]["load"]
            amount += state.trucks[m]["pallets"] * state.litres_per_pallet[state.source[load]]
        else:
            amount += 1
        m = state.trucks[m]["next_in_convoy"]
    return int(amount)


@part
def current_use(state: EngineState, number: int) -> int:
    """What has been used of a ceiling: today, or by what is on the way to a platform and stands there."""
    ceiling = state.places[number]
    if ceiling["behind"] != NONE:
        return int(ceiling["used"] + state.places[ceiling["behind"]]["stock"])
    return int(used_in_period(ceiling["used"], ceiling["last_used_s"], state.clock[0]["now_s"], ceiling["period_s"]))


@part
def has_room_for(state: EngineState, number: int, amount: int) -> bool:
    """Whether a party has room under a ceiling."""
    return is_within_limit(current_use(state, number), amount, level(state, number))


@part
def acquire_ceiling(state: EngineState, number: int, i: int) -> None:
    """A party passes under a ceiling."""
    ceiling, amount = state.places[number], party_amount(state, number, i)
    if ceiling["behind"] == NONE:
        ceiling["used"] = current_use(state, number) + amount
        ceiling["last_used_s"] = state.clock[0]["now_s"]
        return
    ceiling["used"] += amount
    m = i
    while m != NONE:
        state.trucks[m]["reserved_ceiling"] = number
        m = state.trucks[m]["next_in_convoy"]


@part
def release_room(state: EngineState, i: int) -> None:
    """Truck `i` stands where room was kept for it, or will not come there."""
    truck = state.trucks[i]
    if truck["reserved_ceiling"] == NONE:
        return
    ceiling = state.places[truck["reserved_ceiling"]]
    ceiling["used"] -= truck["pallets"]
    truck["reserved_ceiling"] = NONE
    touch(state, ceiling["desk"])


@part
def touch_desks_of_platform(state: EngineState, platform: int) -> None:
    """Those who wait until less stands on a platform may pass."""
    for k in range(len(state.platform_ceilings)):
        ceiling = state.places[state.platform_ceilings[k]]
        if ceiling["behind"] == platform:
            touch(state, ceiling["desk"])


@part
def queue_next_check_s(state: EngineState, number: int) -> int:
    """When time alone may let the first of a line pass."""
    line = state.gate_queues[number]
    chance_s = next_change_s(state, line["gate"])
    for k in range(line["first"], line["end"]):
        chance_s = min(chance_s, next_change_s(state, state.ceilings_over_queue[k]))
        if state.places[state.ceilings_over_queue[k]]["behind"] == NONE:
            period_s = state.places[state.ceilings_over_queue[k]]["period_s"]
            chance_s = min(chance_s, next_period_s(state.clock[0]["now_s"], period_s))
    return int(chance_s)
