"""The page: what it holds, how it is written, and whether it is up to date."""
