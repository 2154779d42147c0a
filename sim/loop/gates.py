"""Ceilings over gates: the desk that lets parties pass in turns, and the use of each ceiling."""

from sim.jit import part
from sim.loop.clock import fire_after_round, level, log, next_change_s, touch, wake_at
from sim.loop.queues import push, remove_first
from sim.loop.state import EVENT_PASSED, KG, LITRES, NEVER_S, NONE, PALLETS_BEHIND, PASSED, ZERO, EngineState
from sim.loop.trucks import record_wait
from sim.rules import has_turn_before, is_within_limit, next_period_s, used_in_period, used_today


@part
def join_gate_queue(state: EngineState, i: int, gate: int) -> None:
    """Puts a truck, or a convoy as one, into the queue of its gate and ceilings."""
    line = state.gate_queues[state.gate_queue_index[gate, state.source[state.trucks[i]["load"]]]]
    line["queue"] = push(state.trucks, line["queue"], i)
    touch(state, state.places[gate]["desk"])


@part
def serve_desk(state: EngineState, place: int) -> None:
    """Lets parties pass at open gates, turn by turn, while the ceilings have room."""
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
    check_s = NEVER_S
    for line in range(desk["first_queue"], desk["end_queue"]):
        if lines[line]["queue"] != NONE:
            check_s = min(check_s, queue_next_check_s(state, line))
    wake_at(state, place, check_s)


@part
def next_in_turn(state: EngineState, place: int) -> int:
    """Returns the queue whose turn it is: fewest passages for its weight, then the least key; NONE if there is none."""
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
    """Lets the first party of a queue pass if every ceiling has room for all of it; returns whether it passed."""
    line, desk = state.gate_queues[number], state.places[place]
    i = line["queue"]
    for k in range(line["first"], line["end"]):
        if not has_room_for(state, state.ceilings_over_queue[k], party_amount(state, state.ceilings_over_queue[k], i)):
            return False
    line["queue"] = remove_first(state.trucks, i)
    for k in range(line["first"], line["end"]):
        acquire_ceiling(state, state.ceilings_over_queue[k], i)
    member = i
    while member != NONE:
        if desk["end_group"] - desk["first_group"] > 1:
            state.passed_by_group[line["group"]] += 1
        log(state, member, PASSED, line["gate"], NONE)
        record_wait(state, line["gate"], i)
        member = state.trucks[member]["next_in_convoy"]
    fire_after_round(state, i, EVENT_PASSED)
    return True


@part
def party_amount(state: EngineState, number: int, i: int) -> int:
    """Returns how much the party led by truck `i` uses, in the unit of the ceiling. `number` : its place."""
    unit, amount, member = state.places[number]["unit"], ZERO, i
    while member != NONE:
        if unit == KG:
            amount += state.kg[state.trucks[member]["load"]]
        elif unit == PALLETS_BEHIND:
            amount += state.trucks[member]["pallets"]
        elif unit == LITRES:
            load = state.trucks[member]["load"]
            amount += state.trucks[member]["pallets"] * state.litres_per_pallet[state.source[load]]
        else:
            amount += 1
        member = state.trucks[member]["next_in_convoy"]
    return int(amount)


@part
def current_use(state: EngineState, number: int) -> int:
    """Returns the use of a ceiling: in this period, or by what is on the way to the platform and stands there."""
    ceiling = state.places[number]
    if ceiling["behind"] != NONE:
        return int(ceiling["used"] + state.places[ceiling["behind"]]["stock"])
    return int(used_in_period(ceiling["used"], ceiling["last_used_s"], state.clock[0]["now_s"], ceiling["period_s"]))


@part
def has_room_for(state: EngineState, number: int, amount: int) -> bool:
    """Whether `amount` more stays within the limit of a ceiling."""
    return is_within_limit(current_use(state, number), amount, level(state, number))


@part
def acquire_ceiling(state: EngineState, number: int, i: int) -> None:
    """Uses a ceiling for the party led by truck `i`, and reserves its room if the ceiling limits a platform."""
    ceiling, amount = state.places[number], party_amount(state, number, i)
    if ceiling["behind"] == NONE:
        ceiling["used"] = current_use(state, number) + amount
        ceiling["last_used_s"] = state.clock[0]["now_s"]
        return
    ceiling["used"] += amount
    member = i
    while member != NONE:
        state.trucks[member]["reserved_ceiling"] = number
        member = state.trucks[member]["next_in_convoy"]


@part
def release_room(state: EngineState, i: int) -> None:
    """Ends the reservation for truck `i`: its pallets are in place, or will never come."""
    truck = state.trucks[i]
    if truck["reserved_ceiling"] == NONE:
        return
    ceiling = state.places[truck["reserved_ceiling"]]
    ceiling["used"] -= truck["pallets"]
    truck["reserved_ceiling"] = NONE
    touch(state, ceiling["desk"])


@part
def touch_desks_of_platform(state: EngineState, platform: int) -> None:
    """Touches the desks of all ceilings that limit the stock of a platform."""
    for k in range(len(state.platform_ceilings)):
        ceiling = state.places[state.platform_ceilings[k]]
        if ceiling["behind"] == platform:
            touch(state, ceiling["desk"])


@part
def queue_next_check_s(state: EngineState, number: int) -> int:
    """Returns the next second at which the passage of time alone may let the first party of a queue pass."""
    line = state.gate_queues[number]
    check_s = next_change_s(state, line["gate"])
    for k in range(line["first"], line["end"]):
        check_s = min(check_s, next_change_s(state, state.ceilings_over_queue[k]))
        if state.places[state.ceilings_over_queue[k]]["behind"] == NONE:
            period_s = state.places[state.ceilings_over_queue[k]]["period_s"]
            check_s = min(check_s, next_period_s(state.clock[0]["now_s"], period_s))
    return int(check_s)
