"""Runs in the tools' environment: reads a compose file as the Compose specification says, and gives it back as JSON.

Exits with an error where the specification does not allow what stands in it.
"""

import sys

import compose_spec

print(compose_spec.PyCompose.from_yaml(sys.stdin.read()).to_json())
