"""What probes measure with: the subject with its audit set, searches, interventions, read-outs."""
