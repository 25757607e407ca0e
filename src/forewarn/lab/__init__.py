"""The laboratory: what makes runs whose truth is known, and judges the monitor by them.

Nothing outside imports it; its commands reach the command line by their entry points.
"""
