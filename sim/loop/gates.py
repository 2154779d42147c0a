"""Ceilings over gates in the compiled loop: the desk that gives the turns, and what is used of each ceiling."""

from sim.jit import part
from sim.loop.clock import decide, level, log, next_change_s, touch, wake_at
from sim.loop.queues import joined, without_first
from sim.loop.state import HAS_PASSED, KG, LITRES, NEVER_S, NOBODY, PALLETS_BEHIND, PASSED, ZERO, Board
from sim.loop.trucks import tells_wait
from sim.rules import has_turn_before, is_under, next_period_s, used_in_period, used_today


@part
def joins_line(board: Board, i: int, gate: int) -> None:
    """A truck, or a convoy as one, joins the line for the ceilings over its load."""
    line = board.gate_lines[board.gate_line[gate, board.source[board.trucks[i]["load"]]]]
    line["queue"] = joined(board.trucks, line["queue"], i)
    touch(board, board.places[gate]["desk"])


@part
def desk_starts(board: Board, place: int) -> None:
    """Lets those pass who wait at its gates, in the order of turns, as far as the ceilings allow."""
    desk, lines, now_s = board.places[place], board.gate_lines, board.clock[0]["now_s"]
    for group in range(desk["first_group"], desk["end_group"]):
        board.passed[group] = used_today(board.passed[group], desk["turns_s"], now_s)
    desk["turns_s"] = now_s
    for line in range(desk["first_line"], desk["end_line"]):
        lines[line]["shut"] = level(board, lines[line]["gate"]) == 0
    while True:
        line = first_in_turn(board, place)
        if line == NOBODY:
            break
        if not first_passes(board, place, line):
            lines[line]["shut"] = 1
    chance_s = NEVER_S
    for line in range(desk["first_line"], desk["end_line"]):
        if lines[line]["queue"] != NOBODY:
            chance_s = min(chance_s, line_chance_s(board, line))
    wake_at(board, place, chance_s)


@part
def first_in_turn(board: Board, place: int) -> int:
    """The line whose turn it is: of those with the fewest turns for their weight the one who comes first in a queue."""
    desk, lines, first = board.places[place], board.gate_lines, NOBODY
    for line in range(desk["first_line"], desk["end_line"]):
        if lines[line]["shut"] or lines[line]["queue"] == NOBODY:
            continue
        if first != NOBODY:
            one, other = lines[line]["group"], lines[first]["group"]
            comes_first = board.trucks[lines[line]["queue"]]["key"] < board.trucks[lines[first]["queue"]]["key"]
            if not has_turn_before(
                board.passed[one], board.weights[one], board.passed[other], board.weights[other], comes_first
            ):
                continue
        first = line
    return int(first)


@part
def first_passes(board: Board, place: int, number: int) -> bool:
    """Lets the first of a line pass, if there is room for the whole party under every ceiling."""
    line, desk = board.gate_lines[number], board.places[place]
    i = line["queue"]
    for k in range(line["first"], line["end"]):
        if not has_room_for(board, board.over[k], amount_of(board, board.over[k], i)):
            return False
    line["queue"] = without_first(board.trucks, i)
    for k in range(line["first"], line["end"]):
        takes(board, board.over[k], i)
    m = i
    while m != NOBODY:
        if desk["end_group"] - desk["first_group"] > 1:
            board.passed[line["group"]] += 1
        log(board, m, PASSED, line["gate"], NOBODY)
        tells_wait(board, line["gate"], i)
        m = board.trucks[m]["mate"]
    decide(board, i, HAS_PASSED)
    return True


@part
def amount_of(board: Board, number: int, i: int) -> int:
    """What a party takes of a ceiling."""
    unit, amount, m = board.places[number]["unit"], ZERO, i
    while m != NOBODY:
        if unit == KG:
            amount += board.kg[board.trucks[m]["load"]]
        elif unit == PALLETS_BEHIND:
            amount += board.trucks[m]["pallets"]
        elif unit == LITRES:
            load = board.trucks[m]["load"]
            amount += board.trucks[m]["pallets"] * board.litres[board.source[load]]
        else:
            amount += 1
        m = board.trucks[m]["mate"]
    return int(amount)


@part
def used_of(board: Board, number: int) -> int:
    """What has been used of a ceiling: today, or by what is on the way to a platform and stands there."""
    ceiling = board.places[number]
    if ceiling["behind"] != NOBODY:
        return int(ceiling["used"] + board.places[ceiling["behind"]]["stock"])
    return int(used_in_period(ceiling["used"], ceiling["used_s"], board.clock[0]["now_s"], ceiling["period_s"]))


@part
def has_room_for(board: Board, number: int, amount: int) -> bool:
    """Whether a party has room under a ceiling."""
    return is_under(used_of(board, number), amount, level(board, number))


@part
def takes(board: Board, number: int, i: int) -> None:
    """A party passes under a ceiling."""
    ceiling, amount = board.places[number], amount_of(board, number, i)
    if ceiling["behind"] == NOBODY:
        ceiling["used"] = used_of(board, number) + amount
        ceiling["used_s"] = board.clock[0]["now_s"]
        return
    ceiling["used"] += amount
    m = i
    while m != NOBODY:
        board.trucks[m]["reserved"] = number
        m = board.trucks[m]["mate"]


@part
def gives_up_room(board: Board, i: int) -> None:
    """Truck `i` stands where room was kept for it, or will not come there."""
    truck = board.trucks[i]
    if truck["reserved"] == NOBODY:
        return
    ceiling = board.places[truck["reserved"]]
    ceiling["used"] -= truck["pallets"]
    truck["reserved"] = NOBODY
    touch(board, ceiling["desk"])


@part
def platform_has_less(board: Board, platform: int) -> None:
    """Those who wait until less stands on a platform may pass."""
    for k in range(len(board.kept)):
        ceiling = board.places[board.kept[k]]
        if ceiling["behind"] == platform:
            touch(board, ceiling["desk"])


@part
def line_chance_s(board: Board, number: int) -> int:
    """When time alone may let the first of a line pass."""
    line = board.gate_lines[number]
    chance_s = next_change_s(board, line["gate"])
    for k in range(line["first"], line["end"]):
        chance_s = min(chance_s, next_change_s(board, board.over[k]))
        if board.places[board.over[k]]["behind"] == NOBODY:
            period_s = board.places[board.over[k]]["period_s"]
            chance_s = min(chance_s, next_period_s(board.clock[0]["now_s"], period_s))
    return int(chance_s)
