"""The file ``manifest.json``: what a set in CIFAR-10's layout is, where it is not CIFAR-10."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.workloads.images.sets import CLASSES

FILE = "manifest.json"
FORMAT = "joulemark-images"
VERSION = 1
"""1: the first."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is said of a set, and the checksums by which its files are known.

    Attributes:
        name: what the set is called; never CIFAR-10.
        classes: names of the ten labels.
        files: SHA-256 of each file of records, by name.
        made: how the set was made.
        format: always :data:`FORMAT`.
        version: of the format.
    """

    name: str
    classes: tuple[str, ...]
    files: dict[str, str]
    made: dict[str, Any] = field(default_factory=dict)
    format: str
    version: int

    def text(self) -> str:
        """Return the file: the same bytes for the same values."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_manifest(data: bytes, where: str) -> Manifest:
    """Return a manifest from the bytes of its file.

    Raises:
        FormatError: if it is not one, is of a later version, or calls its set CIFAR-10.
    """
    import msgspec

    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"not a manifest of images ({error})", where=where) from None
    if manifest.format != FORMAT or manifest.version != VERSION:
        raise FormatError(
            f"format {manifest.format!r} version {manifest.version}, where {FORMAT!r} version "
            f"{VERSION} is expected",
            where=where,
            remedy="export the set again with this version of joulemark",
        )
    _check_names(manifest, where)
    return manifest


def check_files(manifest: Manifest, files: Mapping[str, bytes], where: str) -> None:
    """Compare the files with the manifest.

    Raises:
        FormatError: if a file is missing, or its checksum is another.
    """
    for name, expected in manifest.files.items():
        if name not in files:
            raise FormatError(f"{name} is missing", where=where, remedy="copy the whole set")
        found = hashlib.sha256(files[name]).hexdigest()
        if found != expected:
            raise FormatError(
                f"SHA-256 is {found}, expected {expected}",
                where=f"{where}, {name}",
                remedy="copy the set again, or export it again",
            )


def _check_names(manifest: Manifest, where: str) -> None:
    if not _NAME.fullmatch(manifest.name):
        raise FormatError(f"{manifest.name[:80]!r} is not a name", where=where)
    if re.sub(r"[^a-z0-9]", "", manifest.name.lower()) == "cifar10":
        raise FormatError(
            "a set with a manifest of its own is not CIFAR-10",
            where=where,
            remedy="give the set a name of its own, or give CIFAR-10 without a manifest",
        )
    if len(manifest.classes) != CLASSES or max(map(len, manifest.classes)) > 64:
        raise FormatError(f"{len(manifest.classes)} classes, not {CLASSES} names", where=where)
