"""The helper's game: looks at recorded runs, question by question, at a price."""
