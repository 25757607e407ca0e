"""The families of precursors: mechanisms that deceive, each with honest look-alikes."""
