"""The JSON schema of space.yaml, for editors: it accepts what `run` accepts, and refuses what `run` refuses.

What no JSON schema can say, such as arithmetic between two values, is listed in `tests/space/test_json_schema.py`.
It keeps to draft 7, and refers to nothing: each section is written out, which editors show best.
"""

from sweep.space.json_schema.space import ID, schema

__all__ = ["ID", "schema"]
