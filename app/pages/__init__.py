"""What the DJ sees: `main` is the script that Streamlit runs, the others are its parts."""
