"""Searching conditions for one under which a model's reports change."""
