"""Asking a language model, whatever the question: until an answer is valid, within a budget."""
