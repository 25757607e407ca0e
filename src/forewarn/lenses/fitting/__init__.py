"""From prompts to lenses: what they are fitted on, the fits, and how good they are."""
