"""Training runs whose truth is known. They are the answer key, which nothing that decides may see."""
