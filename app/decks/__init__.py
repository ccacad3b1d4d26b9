"""The live decks: what the server does for the two decks that play in the browser."""
