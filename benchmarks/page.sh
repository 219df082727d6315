#!/usr/bin/env bash
# page.sh NAME COMMAND …: write docs/trust/NAME.md from what COMMAND --markdown prints, with the command, the day and the
# machine at its head. Exit code 1 of a command is a finding, not a failure: its page is written.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
mkdir -p docs/trust
page=docs/trust/$name.md
status=0
body=$("$@" --markdown) || status=$?
[ "$status" -le 1 ] || exit "$status"
words=()
for word in "$@"; do
  case $word in */python) word=python ;; */data/*) word=$(basename "$word") ;; */joulemark) word=joulemark ;; /*) word=$(basename "$word") ;; esac
  words+=("$word")
done
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
{
  echo "<!-- written by benchmarks/page.sh; do not edit -->"
  echo
  echo "    ${words[*]} --markdown"
  echo
  echo "$(date -u +%Y-%m-%d), $(nproc) hardware threads of ${processor:-an unnamed processor}," \
    "Python $("$(dirname "$0")/../.venv/bin/python" -c 'import platform; print(platform.python_version())')."
  echo
  echo "$body"
} >"$page.new"
mv "$page.new" "$page"
echo "$page"
