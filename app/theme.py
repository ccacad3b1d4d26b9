"""The look, handed to Streamlit: one style sheet for pages, one for our own components."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).resolve().parent / "assets"
SERVED = {
    "engine.js": "text/javascript",
    "preview.js": "text/javascript",
    "transition.js": "text/javascript",
    "clock.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The only files below `ASSETS` that the server hands out, with their media types."""


@cache
def assets_version() -> str:
    """Return a short hash of every asset, so that a browser never mixes two versions."""
    digest = hashlib.sha256()
    for name in sorted(SERVED):
        digest.update((ASSETS / name).read_bytes())
    return digest.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of a served asset, which changes whenever any of them does."""
    return f"/dj/assets/{assets_version()}/{name}"


@cache
def _text(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def component_css() -> str:
    """Return the style sheet of our own components, for their shadow roots."""
    return _text("components.css")


def page_icon() -> str:
    """Return the icon of the browser's tab, as SVG."""
    return _text("icon.svg")


def apply() -> None:
    """Put the style sheet into the page."""
    st.html(f"<style>{_text('segue.css')}</style>")
