"""What changed between two snapshots of one model: new directions of writing, put back and read in words."""
