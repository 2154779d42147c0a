"""The page of one run of the benchmarks, from its raw numbers."""

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.everything import times
from benchmarks.page_text import FOOT, HEAD, JOBS, WHO
from benchmarks.timing import loads_per_s, ratios, spread
from benchmarks.worlds import REFERENCE, TANDEM

Turns = dict[str, list[dict[str, Any]]]
OURS, OURS_SIMPY, PLAIN, CIMBA = "ours, compiled engine", "ours, simpy engine", "plain SimPy", "cimba"
DRAWS, LOOP = "draws alone", "compiled loop alone"


def page(results: dict[str, Any]) -> str:
    """Markdown."""
    jobs = results["jobs"]
    return "\n\n".join([
        HEAD, _measured(results),
        "## The tandem job", JOBS[TANDEM], _speeds(jobs[TANDEM]), _plainly(jobs[TANDEM]["turns"]),
        "## The reference corridor", JOBS[REFERENCE], _speeds(jobs[REFERENCE]), _plainly(jobs[REFERENCE]["turns"]),
        "## Where our time goes", _parts(jobs),
        "## Did they do the same job?", _agreement(results),
        "## How it grows", _growth(results["growth"]),
        "## Starting", _starts(results["starts"]),
        "## The page of a study", _analysed(results["analysed"]),
        "## All of it at once", _everything(results["everything"]),
        WHO, FOOT,
    ]) + "\n"  # fmt: skip


def _measured(results: dict[str, Any]) -> str:
    on, versions = results["machine"], results["machine"]["versions"]
    named = ", ".join(f"{name} {number or 'not installed'}" for name, number in versions.items())
    kind = "a quick run, of fewer turns and without what takes long" if results["quick"] else "a full run"
    return (
        f"Measured in {kind}, {results['took_s'] / 60:.0f} minutes, {results['repeats']} turns: {on['processor']}, "
        f"{on['cores']} cores, {on['memory']}, {on['system']}, {on['python']}; {named}. The cores were shared with "
        "other work, hence processor time, and ratios within a turn."
    )


def _speeds(job: dict[str, Any]) -> str:
    turns: Turns = job["turns"]
    rows = []
    for name, told in turns.items():
        if "loads" in told[0]:
            ratio = "" if name == OURS else _range(ratios(turns[OURS], told), 2)
            rows.append((name, _range([t["cpu_s"] for t in told], 3), _range(loads_per_s(told), 0), ratio))
    rows += [(name, "not installed", "", "") for name in job["not_installed"]]
    heads = ("who", "CPU s a run", "loads a CPU second", "speed of ours, compiled, over theirs")
    return (
        _table(heads, rows)
        + "\n\nMedian (lowest to highest) of the turns; ratios are taken within a turn. A turn lasts "
        "at least a second: short runs are repeated."
    )


def _plainly(turns: Turns) -> str:
    """Who is faster, in words."""
    said = []
    for name, told in turns.items():
        if name == OURS or "loads" not in told[0]:
            continue
        ratio = statistics.median(ratios(turns[OURS], told))
        if ratio < 1:
            said.append(
                f"**{name} is faster than our compiled engine here**: {1 / ratio:.1f} times as many loads a second."
            )
    simpy = statistics.median(ratios(turns[OURS_SIMPY], turns[PLAIN]))
    if simpy < 1:
        said.append(
            f"Our SimPy engine is slower than plain SimPy: plain SimPy does {1 / simpy:.1f} times as many loads."
        )
    else:
        said.append(f"Our SimPy engine does {simpy:.1f} times as many loads a second as plain SimPy.")
    return " ".join(said)


def _parts(jobs: dict[str, Any]) -> str:
    """Luck, loop and the rest of our ordinary path, and how far they are from the fastest peer."""
    rows, said = [], []
    for job, measured in jobs.items():
        turns: Turns = measured["turns"]
        whole, draws, loop = ([t["cpu_s"] for t in turns[name]] for name in (OURS, DRAWS, LOOP))
        rest = [w - d - e for w, d, e in zip(whole, draws, loop, strict=True)]
        loads = statistics.median(t["loads"] for t in turns[OURS])
        for name, part in (("luck", draws), ("compiled loop", loop), ("the rest", rest), ("all of it", whole)):
            micro = [1e6 * seconds / loads for seconds in part]
            rows.append((job, name, _range(micro, 2), f"{statistics.median(part) / statistics.median(whole):.0%}"))
        if CIMBA in turns:
            floor = [(d + e) / t["loads"] for d, e, t in zip(draws, loop, turns[OURS], strict=True)]
            cimba = [t["cpu_s"] / t["loads"] for t in turns[CIMBA]]
            bare = [f / c for f, c in zip(floor, cimba, strict=True)]
            said.append(
                f"Luck and loop alone, without measures and digests, take {_range(bare, 2)} times the time of cimba's "
                f"{job}, which draws its luck as well but keeps nothing of a load but a sum."
            )
    table = _table(("job", "part", "CPU microseconds a load", "share"), rows)
    return "\n\n".join([
        "One replication by the ordinary path (`sim.study.replication.replicate`) "
        "does more than a simulation loop. Luck and "
        "loop were run alone in the same turns (the loop with its board laid out and its log put in order); the rest "
        "is the difference: milestones, measures and days of each place, conservation, tables, three digests.",
        table, *said,
    ])  # fmt: skip


def _agreement(results: dict[str, Any]) -> str:
    rows = [
        (job, row["name"], f"{row['mean_min']:.2f}", f"{row['ours_mean_min']:.2f}", f"{row['difference']:+.2%}",
         "yes" if row["agrees"] else "**no**")
        for job, measured in results["jobs"].items() for row in measured["agreement"]
    ]  # fmt: skip
    heads = ("job", "who", "mean minutes from start to end", "ours, 20 replications", "difference", "agrees")
    return (
        f"Mean time of a load from its start to its arrival. The tolerance, {results['tolerance']:.0%}, was set "
        "beforehand; `make bench` fails beyond it, and where the two engines of ours differ in a digest.\n\n"
        + _table(heads, rows)
    )


def _growth(grown: dict[str, Any]) -> str:
    heads = ("loads a day", "days", "loads", "CPU microseconds a load", "peak memory, MB")
    rows = [
        (f"x{row['factor']}", row["days"], f"{row['loads']:,}",
         _range([1e6 * seconds / row["loads"] for seconds in row["cpu_s"]], 2), f"{row['peak_kb'] / 1024:.0f}")
        for row in [*grown["by_factor"], *grown["by_days"][1:]]
    ]  # fmt: skip
    studies = [
        (f"{row['replications']:,}", row["workers"], f"{row['wall_s']:.1f}", f"{row['cpu_s']:.1f}",
         f"{1000 * row['cpu_s'] / row['replications']:.0f}", f"{row['peak_kb'] / 1024:.0f}")
        for row in grown["studies"]
    ]  # fmt: skip
    memory = grown["memory"]
    return "\n\n".join([
        "The reference corridor with more loads a day and as many times the lanes, vehicles and room, and over more "
        "days; compiled engine, ordinary path, each row in a process of its own.",
        _table(heads, rows),
        f"From x{memory['from_factor']} to x{memory['to_factor']} the peak of memory grows by "
        f"{memory['bytes_per_load']:,.0f} bytes for each load more.",
        "Whole studies of the reference corridor (35 days), files and all, as the program runs them, with as many "
        "threads as workers.",
        _table(("replications", "workers", "clock s", "CPU s", "CPU ms a replication", "peak memory, MB"), studies),
    ])  # fmt: skip


def _starts(started: dict[str, list[dict[str, float]]]) -> str:
    rows = [
        (name, _range([t["wall_s"] for t in told], 2), _range([t["cpu_s"] for t in told], 2))
        for name, told in started.items()
    ]
    ratio = [
        own["cpu_s"] / bare["cpu_s"]
        for own, bare in zip(started["ours --help"], started["bare Hydra --help"], strict=True)
    ]
    return (
        "A new process that runs one day of the reference corridor, with what Numba keeps on disk missing and there, "
        "and with the SimPy engine; and `python -m sim --help` beside a Hydra program of ten lines.\n\n"
        + _table(("what", "wall clock s", "CPU s"), rows)
        + f"\n\nOur `--help` takes {_range(ratio, 2)} times the CPU of the bare program's."
    )


def _analysed(measured: dict[str, Any]) -> str:
    rows = [(_range([t["wall_s"] for t in measured["turns"]], 1), _range([t["cpu_s"] for t in measured["turns"]], 1))]
    return (
        f"`python -m analysis` on {measured['runs']} runs of the reference corridor with {measured['replications']} "
        "replications each, a new process from their files to `comparison.html` and its plots. The aim is 20 s.\n\n"
        + _table(("wall clock s", "CPU s"), rows)
    )


def _everything(measured: dict[str, Any]) -> str:
    names, whole, alone = ("cpu_s", "replicating_s"), times(measured), times(measured, "replicating_s")
    rows = []
    for world in whole:
        process, study = ([turn[world][name] for turn in measured["turns"]] for name in names)
        each = [1000 * spent / measured["replications"] for spent in study]
        rows.append((world, _range(process, 1), _range(whole[world], 2), _range(each, 0), _range(alone[world], 2)))
    return (
        f"`ceasefire_2025` over its 50 days, as a study of {measured['replications']} replications by one worker, "
        "files and all: its goods alone, with what people need, and with people who cross, fuel, tasks and needs at "
        "once (`experiment=everything`). The aim is 3 times at most.\n\n"
        + _table(("world", "CPU s of the process", "times", "CPU ms a replication", "times"), rows)
    )


def _range(values: list[float], digits: int) -> str:
    """`median (lowest to highest)`."""
    middle, low, high = spread(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def _table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    text = [f"| {' | '.join(map(str, line))} |" for line in lines]
    text.insert(1, "|---" * len(lines[0]) + "|")
    return "\n".join(text)
