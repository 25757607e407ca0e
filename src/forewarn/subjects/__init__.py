"""Models opened for reading: found, copied, checked, asked; never trained."""
