"""The script behind the page: Streamlit runs it from top to bottom for every change."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.decks import component
from app.pages import deck, editor, mixer, session, topbar, welcome
from app.studio import get_studio

st.set_page_config(page_title="Segue", page_icon=theme.page_icon(), layout="wide")
theme.apply()
studio = get_studio()
session.begin(studio)
page, search = topbar.show(studio)
if studio.has_music():
    # always here, whatever page is open: elsewhere the style sheet hides it, and it plays on
    component.show(studio, session.live(), search)
if page == topbar.SET:
    from app.pages import set as set_page  # plotly waits until somebody asks for it

    set_page.show(studio)
elif page == topbar.BUCKETS:
    from app.pages import buckets as buckets_page

    buckets_page.show(studio)
elif studio.has_music():
    plan = mixer.planned(studio)
    with st.container(key="console"):
        left, middle, right = st.columns([38, 24, 38], gap="small", wrap=False)
        with left:
            deck.show(studio, "a")
        with middle:
            mixer.show(studio, plan)
        with right:
            deck.show(studio, "b")
    if plan.choice is not None and mixer.editing():
        editor.show(studio, plan)
else:
    welcome.show(studio)
session.show_notices()
