"""Runs whose truth is known: the answer key, which nothing that decides may see."""
