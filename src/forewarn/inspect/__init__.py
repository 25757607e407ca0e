"""The person's room: one snapshot is opened and looked into, and its probes are asked by hand."""
