"""Self-contained HTML: our style and script in one text, and a policy that bars all others."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from joulemark.core.units import digits
from joulemark.report import style
from joulemark.report.format import clean, harmless
from joulemark.report.words import PROVENANCE

if TYPE_CHECKING:
    from jinja2 import Environment

STYLES, SCRIPTS = ("page.css",), ("page.js",)


def rendered(
    template: str,
    *,
    styles: tuple[str, ...] = STYLES,
    scripts: tuple[str, ...] = SCRIPTS,
    program: str = "",
    **context: object,
) -> str:
    """Return a page.

    Args:
        template: its name.
        styles: files of style beside the colours, in their order.
        scripts: files of script.
        program: a script after those that loads files of data, which are scripts themselves.
        context: what the template shows; every text of it is escaped and made harmless.
    """
    css = _css(styles)
    script = "\n".join((*map(static, scripts), *filter(None, (program,))))
    policy = _policy(css, script, "'strict-dynamic'" if program else "")
    return (
        templates().get_template(template).render(css=css, script=script, policy=policy, **context)
    )


@cache
def _css(names: tuple[str, ...]) -> str:
    return "\n".join((style.css(), *map(static, names)))


@cache
def _policy(css: str, script: str, more: str) -> str:
    """Return a content security policy that lets nothing run but our own style and script.

    Args:
        css: the style.
        script: the script.
        more: what else may run: ``'strict-dynamic'`` for files that our script loads.
    """
    allowed = " ".join(filter(None, (f"'{_hash(script)}'", more)))
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(css)}'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def static(name: str) -> str:
    """Return a file of style or script."""
    return files("joulemark.report").joinpath("static", name).read_text("utf-8")


@cache
def templates() -> Environment:
    """Return the templates; whatever they print is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("joulemark.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    environment.globals["meaning"] = {kind.value: text for kind, text in PROVENANCE.items()}
    return environment


def _shown(value: object) -> object:
    """Return what an expression of a template prints; text of a run is made harmless first."""
    return harmless(value) if type(value) is str else value


def _figure(value: object) -> str:
    """Return a number of a record that is not ours, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return clean(value) if isinstance(value, str) else ""
    return str(value) if isinstance(value, int) else digits(value, 4)
