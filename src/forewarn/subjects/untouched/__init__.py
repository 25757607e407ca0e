"""What a process may be left with: everything that a probe could switch, and a guard that puts it back."""
