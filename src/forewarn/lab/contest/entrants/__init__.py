"""Who takes part: helpers that learn, and all that they must beat."""
