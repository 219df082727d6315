"""What measuring live may find, in words: of gathered nodes, and of sessions with tiny boards."""

from __future__ import annotations

from joulemark.core.finding import Severity
from joulemark.procedures.described import Described

_ALL = "power_measurement: Measure All Nodes"
_RUN = "power_measurement: Measure max(a run, 60 power samples)"
_RATE = "power_measurement: Report 1 Measurement per Second"
_CLOCK = "our own: energy in a run needs the clock of that run"
_WINDOWS = "benchmark rules of MLPerf Tiny: five windows, 10 s and 10 inferences each"
_OURS = "our own: a figure must rest on what was measured"
_AGAIN = "Look at the agent's own run (joulemark show) for the reason; measure again."
_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

_Row = tuple[str, Severity, str, str, str]
"""Name, the most severe of its findings, what it demands, where that stands, and advice."""
_GATHER: tuple[_Row, ...] = (
    (
        "missing", _E, "Every node and switch that is expected came.", _ALL,
        "Start joulemark agent on it; hand in its run later with joulemark gather RUN…",
    ),
    (
        "not-delivered", _E, "The run of every agent arrived by itself.", _ALL,
        "Copy the run from that machine, or name a store that both see with --shared.",
    ),
    (
        "damaged", _E, "The run of an agent can be read.", _ALL,
        "Copy it again; joulemark verify says which file is not as it was.",
    ),
    ("empty", _E, "The run of an agent holds samples that carry energy.", _ALL, _AGAIN),
    ("beside", _E, "Samples of a node lie in the run.", _RUN, _AGAIN),
    (
        "late", _E, "Samples of a node begin before the run does.", _RUN,
        "Start the agents before the training, or the training by them.",
    ),
    ("ended-early", _E, "Samples of a node go on to the end of the run.", _RUN, _AGAIN),
    ("hole", _E, "A node has a reading every second of the run.", _RATE, _AGAIN),
    (
        "not-measured", _W, "The power of a node is measured.", _ALL,
        "Give its agent a meter of the whole node: --meter ipmi:…, redfish:… or pdu:….",
    ),
    (
        "virtual", _W, "What a meter reads is hardware.", _OURS,
        "Read a real controller or power strip; joulemark virtual is for rehearsals.",
    ),
    (
        "meter", _W, "No meter failed or was lost, none was read without proof of what it is.",
        _OURS, "Mend what the message names: the way to the meter, its certificate, the outlet.",
    ),
    (
        "other-node", _W, "The meters of an agent read its own node alone.", _ALL,
        "Name the node in the settings of the meter; let one agent read what several share.",
    ),
    (
        "meter-clock", _N, "The clock of a meter is right.",
        "our own: nothing is counted by it, but its stamps in other logs would be wrong",
        "Set the clock of the controller, or let it ask a time server.",
    ),
    (
        "clock-unknown", _W, "The clock of every node was compared with that of the run.", _CLOCK,
        "Let agents and gatherer reach each other while the run goes on.",
    ),
    (
        "clock-off", _W, "The clock of a node is right within a second.", _CLOCK,
        "Keep the clocks of all nodes on one time server.",
    ),
    (
        "clock-set", _W, "No clock was set during the run.", _CLOCK,
        "Let the time server slew, not step, the clocks.",
    ),
    (
        "no-log", _E, "There is a log of the run, with its start and stop.", _RUN,
        "Name it by --run-log, here or for the agent of the first node.",
    ),
    (
        "no-run", _E, "The log of the run has a start and a stop.", _RUN,
        "Hand in the log as the training wrote it, to its end.",
    ),
    (
        "not-converged", _W, "The run reached its target.",
        "training_rules: Benchmark Results (minimum number of runs)",
        "Look at the run; in a result it counts as the slowest one.",
    ),
    (
        "command", _W, "The command of every agent ended by itself and with exit code 0.", _OURS,
        "Look at what it printed; measure again.",
    ),
    (
        "twice", _E, "Every node and switch came once.", _ALL,
        "Start one agent on each node; its rank, or --node, tells which it is.",
    ),
    (
        "turned-away", _N, "Whoever connects is an agent with the right token.", _OURS,
        "Look who it is; set the token of the agents as the message says.",
    ),
)  # fmt: skip
_BENCH: tuple[_Row, ...] = (
    (
        "edges", _E, "The pin of the board falls at both ends of every window.", _WINDOWS,
        "Look at the wire to the pin of the monitor (D7 of an LPM01A).",
    ),
    (
        "trials", _E, "There are as many windows as were asked for.", _WINDOWS,
        "Let the session end; look at what the board said last.",
    ),
    (
        "short-window", _E, "A window lasts as long as was asked for.", _WINDOWS,
        "Measure again: how many inferences fill a window is found from a first few.",
    ),
    (
        "iterations", _E, "A window has ten inferences or more.", _WINDOWS,
        "Look why an inference takes longer than a second; a window is as long as ten.",
    ),
    (
        "stamps", _E, "The board stamps both ends of every window.", _WINDOWS,
        "Let the firmware print its stamps of a timer, not of the serial line.",
    ),
    (
        "drift", _E, "The windows have nearly the same energy per inference.", _OURS,
        "Let the board settle: more --warmups, a steady temperature and supply.",
    ),
    (
        "loss", _E, "Hardly any sample of the monitor is lost; a few are a note.", _OURS,
        "Give it a USB port of its own, or a lower rate.",
    ),
    (
        "monitor", _E, "The energy monitor complains of nothing.", _OURS,
        "Mend what it says: overload, temperature, a full buffer; measure again.",
    ),
    (
        "parasitic", _E, "A board whose supply is off does not answer.",
        "our own: what comes through signal pins is not measured",
        "Use level shifters that are powered by the measured supply; leave no other wire.",
    ),
    (
        "inputs", _W, "The board is fed the inputs of the benchmark.",
        "benchmark rules of MLPerf Tiny: the given data sets",
        "Name the data set with --inputs.",
    ),
    (
        "late-lines", _W, "The board says nothing after it said that it is ready.",
        "our own: through a relay, which is half duplex, such lines are lost",
        "Let the firmware print before m-ready.",
    ),
    (
        "chatter", _N, "The board says nothing but what its protocol asks for.",
        "our own: printing takes energy", "Leave debug output out of the firmware.",
    ),
)  # fmt: skip


def live_rules() -> dict[str, Described]:
    """Return what ``joulemark gather`` and ``joulemark bench tiny`` may find, by id."""
    rows = [("gather", row) for row in _GATHER] + [("bench", row) for row in _BENCH]
    return {
        f"{room}/{name}": Described(f"{room}/{name}", demands, source, severity, advice)
        for room, (name, severity, demands, source, advice) in rows
    }
