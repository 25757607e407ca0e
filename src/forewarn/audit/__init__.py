"""One look: snapshot in, ledger entries out; and the audit of a whole run."""
