"""Many runs whose truth is known: made, verified, looked at, and recorded in one table."""
