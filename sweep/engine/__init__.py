"""Which runs to do, doing them on Ray, and the ledger of what has been done."""
