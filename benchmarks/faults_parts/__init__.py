"""Parts of `benchmarks/faults.py`: each tries faults of one kind and counts those that did no harm."""
