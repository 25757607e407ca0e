"""Searching conditions for one under which a model's answers change."""
