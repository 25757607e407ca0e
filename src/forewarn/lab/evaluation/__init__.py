"""Both kinds of error of every detector, on runs whose truth is known."""
