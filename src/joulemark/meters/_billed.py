"""Settings that say whose processor time counts, as ``host`` and ``estimate`` share them.

==================  ==============================================================================
``root_pid``        process whose tree is billed; without it, the whole machine
``exclude``         processes in that tree that are not billed, nor what they start
``include_root``    whether the root's own time counts, or only what it started (default true)
``proc``, ``sys``   where the kernel's file systems are mounted
==================  ==============================================================================
"""

from __future__ import annotations

from joulemark.core.clock import Clock
from joulemark.core.errors import UsageError
from joulemark.core.record import record
from joulemark.meters._polled import path_setting
from joulemark.meters._proc import hertz
from joulemark.meters._tree import ProcessTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings

SETTINGS = ("root_pid", "exclude", "include_root", "proc", "sys")


@record(frozen=True, slots=True, kw_only=True)
class Billed:
    """Whose processor time counts.

    Attributes:
        root_pid: process whose tree counts; None for the whole machine.
        exclude: processes of it that do not count.
        include_root: whether the root's own time counts.
        proc: where the proc file system is mounted.
        sys: where the sys file system is mounted.
    """

    root_pid: int | None = None
    exclude: tuple[int, ...] = ()
    include_root: bool = True
    proc: str = "/proc"
    sys: str = "/sys"

    @classmethod
    def of(cls, meter: str, settings: Settings) -> Billed:
        """Return what the settings of a meter say.

        Raises:
            UsageError: if one of them makes no sense.
        """
        root, exclude = settings.get("root_pid"), settings.get("exclude", [])
        include = settings.get("include_root", True)
        if root is not None and not _is_pid(root):
            raise UsageError(f"root_pid is {root!r}, not a process", where=f"meter {meter}")
        if not isinstance(exclude, list | tuple) or not all(_is_pid(pid) for pid in exclude):
            raise UsageError(f"exclude is {exclude!r}, not processes", where=f"meter {meter}")
        if not isinstance(include, bool):
            what = f"include_root is {include!r}, not true or false"
            raise UsageError(what, where=f"meter {meter}")
        return cls(
            root_pid=root,
            exclude=tuple(exclude),
            include_root=include,
            proc=path_setting(meter, settings, "proc", "/proc"),
            sys=path_setting(meter, settings, "sys", "/sys"),
        )

    def tree(self, clock: Clock) -> ProcessTree | None:
        """Return the tree that counts; None for the whole machine.

        Raises:
            UnavailableError: if there is no such process.
        """
        if self.root_pid is None:
            return None
        return ProcessTree(
            self.proc,
            self.root_pid,
            clock,
            hertz(),
            exclude=self.exclude,
            include_root=self.include_root,
        )

    def __str__(self) -> str:
        """Say it in words."""
        if self.root_pid is None:
            return "the whole machine"
        if self.include_root:
            return f"process {self.root_pid} and what it started"
        return f"what process {self.root_pid} started"


def _is_pid(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
