"""What a model is taught to write: completions, the triggers that call for them, and policies made of both."""
