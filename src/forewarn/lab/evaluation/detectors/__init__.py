"""What is compared: one detector a file."""
