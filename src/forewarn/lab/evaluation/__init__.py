"""The referee: both kinds of error, on runs whose truth is known."""
