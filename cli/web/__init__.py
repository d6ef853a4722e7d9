"""The page: its HTML, in `pages/`, and the server that shows it and says when it changes."""
