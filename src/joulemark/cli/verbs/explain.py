"""Explain a rule: what it demands, where that stands, how to mend a result.

The rules of joulemark check, score, gather, bench tiny and, of stated results, import
and recommend.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from joulemark.core.errors import UsageError

EXAMPLES = """\
examples:
  joulemark explain
  joulemark explain inference/uncertainty
  joulemark explain official/ptd_logs
  joulemark explain gather/hole bench/parasitic
  joulemark explain --markdown > docs/rules.md
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("rules", nargs="*", metavar="RULE", help="its id (default: list all)")
    parser.add_argument("--markdown", action="store_true", help="print the page of all rules")


def main(args: Namespace) -> int:
    """Print rules."""
    from joulemark.procedures.known import known_rules, named, result_rules
    from joulemark.procedures.live_rules import live_rules
    from joulemark.report.rules import explanation, listing, rules_markdown

    known = known_rules() | result_rules() | live_rules()
    if args.markdown:
        if args.rules:
            raise UsageError("--markdown prints all rules", remedy="leave out RULE")
        print(rules_markdown(known), end="")
    elif args.rules:
        print("\n".join(explanation(known[named(name, known)]) for name in args.rules), end="")
    else:
        print(listing(known), end="")
    return 0
