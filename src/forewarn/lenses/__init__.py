"""Fitted maps between layers, and the weight views read through them."""
