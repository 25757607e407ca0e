"""Where the parts of a decoder are, found by what they do in one small batch."""
