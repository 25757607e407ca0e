"""A live model copied, and a snapshot put into the copy."""
