"""Stands in for a package that takes seconds to import, which jsonschema, and so each process of Ray's, would import.

Ray ends if its processes take 15 s to start. jsonschema does without the package, as it does where it is not installed.
"""

raise ImportError("not needed by Ray, and slow to import")
