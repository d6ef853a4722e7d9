"""Text in the forms in which it is shown, stored and compared."""
