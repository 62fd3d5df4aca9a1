"""Runs in the tools' environment: exits with an error where standard input is no CycloneDX 1.6 document."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

sys.exit(str(error.data if hasattr(error, "data") else error)[:500]
         if (error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())) else 0)
