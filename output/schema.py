"""The JSON schema of a manifest, for those who read mixes with other tools.

It is published beside this file; `python -m output.schema` writes it anew from the model.
"""

from pathlib import Path
from typing import Any

import orjson
from pydantic.json_schema import GenerateJsonSchema

from output.manifest import Manifest

SCHEMA = Path(__file__).resolve().parent / "manifest.schema.json"


class _Written(GenerateJsonSchema):
    """The schema of what is written: every key is there, also where it has a default."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> bytes:
    """The schema as it stands in its file."""
    found = Manifest.model_json_schema(mode="serialization", schema_generator=_Written)
    whole = {"$schema": _Written.schema_dialect, **found}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    SCHEMA.write_bytes(schema())
