"""What `streamlit run` opens: the app object, nothing else."""

import streamlit as st

from app.server import lifespan, middleware, routes

app = st.App("app/pages/main.py", routes=routes(), middleware=middleware(), lifespan=lifespan)
