"""Helpers against each other at equal budget, on every split of the scorecard."""
