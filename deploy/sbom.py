"""What is in the image, as CycloneDX: `python -m deploy.sbom OUTPUT LOCK…` out of the locks that it was installed from.

Runs on the packages of requirements/sbom.lock, not on the bot's.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

PROJECT = Path(__file__).resolve().parent.parent
# "name==1.2 ; marker \" and the hashes of its files below it.
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_OURS = re.compile(r'^(name|version) = "([^"]+)"$', re.MULTILINE)


def components(lock: str) -> Iterator[Component]:
    """The packages that a lock pins. Which of a package's files was installed depends on the machine: all hashes of a
    package stand with it as properties, and as its own hash where there is only one."""
    found = list(_PACKAGE.finditer(lock))
    for package, following in zip(found, [*found[1:], None]):
        name, version = package["name"], package["version"]
        hashes = sorted(_HASH.findall(lock[package.end():following.start() if following else None]))
        if not hashes:
            raise ValueError(f"{name}=={version} has no hash in its lock; make it again with 'make lock'.")
        url = PackageURL("pypi", None, name.lower().replace("_", "-"), version)
        yield Component(
            type=ComponentType.LIBRARY, name=name, version=version, purl=url, bom_ref=str(url),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashes[0])] if len(hashes) == 1 else [],
            properties=[Property(name="imh:accepted-sha256", value=digest) for digest in hashes])


def bill(locks: list[str], project: str) -> Bom:
    """The bill of materials of the application that pyproject.toml names, with the packages of these locks."""
    ours = dict(_OURS.findall(project))
    found = {component.bom_ref.value: component for lock in locks for component in components(lock)}
    bom = Bom(components=found.values())
    bom.metadata.component = Component(type=ComponentType.APPLICATION, name=ours["name"], version=ours["version"],
                                       bom_ref=ours["name"])
    bom.register_dependency(bom.metadata.component, bom.components)
    return bom


def main(output: str, *locks: str) -> None:
    """Write the bill of materials of these locks."""
    bom = bill([Path(lock).read_text(encoding="utf-8") for lock in locks],
               (PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    Path(output).write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
