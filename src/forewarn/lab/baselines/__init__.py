"""What the field would measure instead: one baseline a file. They are here to be beaten, not to be used."""
