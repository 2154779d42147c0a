"""The words of the page that no measurement changes."""

HEAD = """# Benchmarks

Written by `make bench` from one run; all raw numbers are in `results.json`. It measures speed on two jobs, checks
that all did the same job, and says how cost grows. It does not say which tool is better: see "What is not
compared"."""

JOBS = {
    "tandem": """\
Four services in series, always open, first come first served, any room to wait: 685 loads a day (Poisson) for 35
days, about 24,000 loads and 96,000 services (`tandem.yaml`). Every library can do this one.""",
    "reference": """\
24,000 loads in 35 days over three crossings: a drive, an inspection on shifts (08:00-16:00) that sends 5 % away for
hours (at most three times), a drive, a second inspection that sends 5 % back to the first, a gate, bays and a
platform with limited room, convoys of 20 vehicles (or of fewer after 4 hours) from one shared fleet, a drive, a
dock, and the way home (`reference.yaml`; every place is used for 60 to 85 % of the time that it is open). Beside
ours only plain SimPy does it (`idiomatic.py`: the rules of this one world, as a SimPy user would write them).""",
}

WHO = """\
## What each of them did

- **ours** is `sim.study.replication.replicate`, the path of every study, except that nothing is written to disk: luck
  for
  each load, place and visit from streams of its own (so that two worlds can be compared on the same luck), whole
  seconds, a log of every event, a check that nothing was lost, all measures, days of each place, and three SHA-256
  digests. The peers do none of that: they tell how many loads arrived, and one mean.
- **plain SimPy**: a `Resource` for each service and a process for each load. In the reference corridor, shifts are
  requests of higher priority that hold the lanes at night; a `Container` is the fleet, and convoys get vehicles in
  the order in which they ask (ours: by whose first load was offloaded first).
- **Ciw**: a network of four nodes; it keeps a record of each service, as it always does, from which the times are
  read.
- **salabim**: without animation, its monitors off, lanes as components that take loads from queues. Requests for a
  Resource by each load, and greenlets (`yieldless=True`), were tried and took longer.
- **cimba**: compiled model code on its engine in C, one trial on one thread; lanes are processes, and a store
  passes on the minute at which a load began. A process for each load was tried and took longer.

Each draws its random numbers inside its own time, by its own generator, so no two have the same loads. Compilation
is in the times of neither compiled engine (it happens in the warm-up; "Starting" has ours)."""

FOOT = """\
## What is not compared

- Other jobs. A tandem favours nobody's special features, and the reference corridor is ours; a model with other
  bottlenecks (many entities in one queue, conditions on state, preemption) may order the peers differently.
- The reference corridor in Ciw, salabim and cimba. Whether and how fast they could do it is not known from this.
- Many replications in parallel: cimba runs trials on all cores by itself, ours by processes; only ours is measured.
- Memory, start and compilation of the peers; animation, statistics, input analysis and whatever else they offer.
- What a model costs to write, to read and to get right.
- Other machines. Absolute numbers hold for the machine above, while other work shared it; ratios travel better.

## How to rerun

`make bench` does the whole of it, `python -m benchmarks --quick` in a few minutes, `--repeats N` with other turns.
The peers come with `pip install -e '.[bench]'`; one that is missing is listed as not installed. A run writes
`results.json` and this page, and fails where mean times differ beyond the tolerance."""
