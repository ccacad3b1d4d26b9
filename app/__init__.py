"""What people touch: the command line, the Streamlit pages, and the routes behind them."""
