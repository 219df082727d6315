"""Which configuration to choose: the least energy that meets a target of time.

A PATH holds results of ML.ENERGY: files of its leaderboards V2 and V3, results.json of
runs, folders, archives or git repositories of them. Each group (generation, task and
model, across GPU, parallelism, precision and batch) gets a recommendation, what it
saves against the fastest configuration and against the default, and its frontier. Any
table will do too: name its columns by --x and --y.

Without a target, the least energy of all; with a budget alone, the fastest within it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.cli import costs, frontiers
from joulemark.cli.common import print_json

EXAMPLES = """\
examples:
  joulemark recommend leaderboard leaderboard-v2 --tpot 100ms --latency 5s
  joulemark recommend leaderboard-v2 --group '*llama-3.1-8b*' --tpot 100ms
  joulemark recommend leaderboard --itl-p99 100ms --per token --json
  joulemark recommend run/llm --ttft-p95 2s --e2e 30s --assume 5%
  joulemark recommend sweep.csv --x p99_s --y joules --at-most p99_s=0.1
  joulemark recommend leaderboard --tpot 100ms --region DE --price 0.30EUR/kWh

exit codes: 0 at least one group has a recommendation; 1 none has; 2 wrong argument, or
no group holds what is asked for; 3 a path may not be read; 4 a path is damaged, or
holds no such result.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    frontiers.arguments(parser, words)
    costs.arguments(parser)


def main(args: Namespace) -> int:
    """Print the recommendations."""
    from joulemark.report.frontier.table import print_answers

    factors = costs.of_points(args)
    answers = frontiers.answers_of(args)
    costs.need_energy(answers, factors)
    if args.json:
        print_json(costs.answers_json(answers, factors))
    else:
        print_answers(answers)
        costs.print_declared(answers, factors)
    return 0 if any(answer.recommended is not None for answer in answers) else 1
