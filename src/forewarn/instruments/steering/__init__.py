"""Moving a model's states as if its context had been another one."""
