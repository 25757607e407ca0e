"""From the neurons that read a cue to those that take the truth away: found by weights, held by clamps."""
