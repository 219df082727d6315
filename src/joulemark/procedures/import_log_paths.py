"""Logs of power among the paths of an import: loose ones, and folders that hold a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.procedures.import_bundles import LogOrder, Told, bundles, is_log, order
from joulemark.procedures.import_logs import import_log
from joulemark.procedures.imported import Imported


def take_logs(path: str, told: Told, store: Path, done: Imported, *, keep_raw: bool) -> bool:
    """Import what a path holds of logs; say whether it is one, or holds some.

    Args:
        path: of a log, or a folder with logs and results beside each other.
        told: what is told of them.
        store: the directory of all runs.
        done: takes what came of it.
        keep_raw: copy the files into the runs.

    Raises:
        UsageError: if there is no such time zone.
        StoreError: if the store cannot be written.
    """
    try:
        orders = _orders(path, told)
    except FormatError as error:
        done.refuse(path, str(error))
        return True
    for each in orders:
        try:
            made = import_log(told.of(each), store, keep_raw=keep_raw)
        except (FormatError, UnavailableError) as error:
            done.refuse(str(each.result or each.log), str(error))
            continue
        done.logs.append(made)
        done.new += int(made.new)
        done.known += int(not made.new)
    return bool(orders)


def _orders(path: str, told: Told) -> Sequence[LogOrder]:
    if told.result or is_log(path, told.columns):
        return [order(Path(path), Path(told.result) if told.result else None)]
    return bundles(Path(path)) if Path(path).is_dir() else []
