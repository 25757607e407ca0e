"""Weights and ledger on disk.

Import what you need from its module (`forewarn.store.ledger`, `forewarn.store.snapshots`, ...): this package
imports nothing by itself, so that reading a ledger does not wait for torch.
"""
