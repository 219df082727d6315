"""What a server tells of itself: its models and its version, where it has pages for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from joulemark.core.errors import UsageError
from joulemark.procedures.serving.ready import ServerError
from joulemark.workloads.openai.get import Got, get, root_of
from joulemark.workloads.openai.target import Target

Ask = Callable[[str], Got]
MOST_TEXT = 300
UNTRUSTED, TRUST = "CERTIFICATE_VERIFY_FAILED", "give its certificate (--cafile FILE)"
"""What OpenSSL says of a server that nobody vouches for, and what to do."""
PAGES: Mapping[str, tuple[str, ...]] = {
    "/version": ("version",),
    "/props": ("build_info", "total_slots"),
    "/info": ("version", "model_dtype", "max_concurrent_requests"),
}
"""Pages of vLLM and SGLang, of llama.cpp's server, of TGI; and what of them is kept."""


def models_of(target: Target) -> list[str]:
    """Return the names of the models that a server tells of; none where it tells of none."""
    return [shown(one["id"]) for one in _models(lambda path: get(target, path), root_of(target))]


def shown(text: str) -> str:
    """Return what a server said, at most 300 characters, without what a terminal would obey."""
    cut = text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in cut)


def the_model(target: Target) -> str:
    """Return the only model that a server tells of.

    Raises:
        ServerError: if it does not answer.
        UsageError: if it tells of none, or of several.
    """
    got = get(target, f"{root_of(target)}/v1/models")
    remedy = "give --model NAME"
    if got.status in (401, 403):
        remedy = "give its key (--key-file FILE), or --model NAME"
    elif not got.ok and not got.status:
        raise ServerError(
            f"no model is named, and it tells of none: {got.error}",
            where=target.url,
            remedy=TRUST if UNTRUSTED in got.error else "start the server, or correct --url",
        )
    names = [one["id"] for one in _models(lambda _: got, "")]
    if len(names) != 1:
        some = ", ".join(map(shown, names[:10]))
        told = f"it serves {len(names)}: {some}" if names else "it tells of none"
        raise UsageError(f"no model is named, and {told}", where=target.url, remedy=remedy)
    return str(names[0])


def about(target: Target) -> dict[str, Any]:
    """Return what a server tells of itself, as JSON values; what it does not tell is absent."""
    root = root_of(target)
    found: dict[str, Any] = {}

    def ask(path: str) -> Got:
        return get(target, path, timeout_s=2.0)

    models = _models(ask, root)
    mine = next((one for one in models if one["id"] == target.model), None)
    for name in ("owned_by", "max_model_len", "root"):
        if mine is not None and isinstance(mine.get(name), str | int):
            found[name] = _short(mine[name])
    for page, names in PAGES.items():
        told = _json(ask(root + page))
        if isinstance(told, dict):
            kept = {n: _short(told[n]) for n in names if isinstance(told.get(n), str | int)}
            found |= {name: value for name, value in kept.items() if name not in found}
    return found


def _models(ask: Ask, root: str) -> list[dict[str, Any]]:
    told = _json(ask(f"{root}/v1/models"))
    listed = told.get("data") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        return []
    return [one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _json(got: Got) -> object:
    if not got.ok:
        return None
    try:
        return msgspec.json.decode(got.body)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _short(value: Any) -> Any:
    return value[:MOST_TEXT] if isinstance(value, str) else value
