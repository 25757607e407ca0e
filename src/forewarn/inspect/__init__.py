"""One snapshot looked into for a person: lenses, neurons, virtual weights, heads."""
