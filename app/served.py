"""Streamlit components (version 2) whose script is a module that our own server hands out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st


def served_component(name: str, address: str, css: str | None = None) -> Callable[..., Any]:
    """Register a component.

    Parameters
    ----------
    name
        What Streamlit calls it.
    address
        Where the module is, from the root of the server; its default export is given the
        component. It must change whenever the module does.
    css
        Its style sheet.

    Returns
    -------
    callable
        Mounts the component, with Streamlit's own arguments (``key``, ``data``, …).
    """
    # A line break marks the script as inline; a blob URL has no base, so the address is made whole.
    script = (
        "export default async (component) => {\n"
        f'  const path = "{address}";\n'
        "  const part = await import(new URL(path, window.location.origin).href);\n"
        "  return part.default(component);\n"
        "}\n"
    )
    part: Callable[..., Any] = st.components.v2.component(name, js=script, css=css)
    return part
