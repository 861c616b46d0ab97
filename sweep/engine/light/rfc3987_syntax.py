"""Replaces a package that takes seconds to import: jsonschema, and so each process of Ray's, would import it.

Ray fails if its processes take 15 s to start. jsonschema works without the package, as where it is not installed.
"""

raise ImportError("not needed by Ray, and slow to import")
