"""Several ES modules as one: people read small files, a browser fetches a single one.

Only what the widget's sources use is understood, `import { a, b } from './x.js';` and `export` before a declaration;
anything else is an error, not a guess. The names of all modules then stand in one scope, so each is given once.
"""

from __future__ import annotations

import re
from typing import Mapping

_IMPORT = re.compile(r"^import \{([^}]*)\} from '\./([\w-]+\.js)';\n", re.M)
_DECLARATION = r"(?:async )?(?:function\*?|class|const|let)\b"
_DECLARED = re.compile(rf"^(export )?{_DECLARATION} ([\w$]+)", re.M)
_EXPORT = re.compile(rf"^export (?={_DECLARATION} [\w$])", re.M)
# What is left of a module once these are gone: another way to import or export, or to declare at its top level.
_NOT_UNDERSTOOD = re.compile(rf"^(?:import|export|var)\b.*|^{_DECLARATION} [^\w$].*|\bimport\(.*", re.M)


def joined(modules: Mapping[str, str], entry: str) -> str:
    """The text of one module that does what `entry` does: what is imported stands before it, each module once.

    `modules` are texts by file name. Raises ValueError, naming the module and the mend, where one is not there, where
    modules import each other in a circle, a name is not exported or is given twice, or a form is not understood.
    """
    order: list[str] = []
    _place(entry, modules, order, ())
    given: dict[str, str] = {}
    for name in order:
        for _, declared in _DECLARED.findall(modules[name]):
            if declared in given:
                raise ValueError(f"{name}: '{declared}' is given in {given[declared]}, too. Call one of them otherwise: "
                                 "they end up in one file.")
            given[declared] = name
    return "".join(_inside(name, modules[name]) for name in order)


def _place(name: str, modules: Mapping[str, str], order: list[str], above: tuple[str, ...]) -> None:
    """Put a module into the order, behind what it imports."""
    if name in order:
        return
    if name in above:
        raise ValueError(f"{' imports '.join((*above, name))}: a circle. Move what both need into a third module.")
    for names, source in _IMPORT.findall(modules[name]):
        if source not in modules:
            raise ValueError(f"{name}: imports from '{source}', which is not there.")
        exported = {declared for exports, declared in _DECLARED.findall(modules[source]) if exports}
        for wanted in filter(None, re.split(r"[\s,]+", names)):
            if wanted not in exported:
                raise ValueError(f"{name}: imports '{wanted}', which {source} does not export.")
        _place(source, modules, order, (*above, name))
    order.append(name)


def _inside(name: str, text: str) -> str:
    """The module without its imports and exports."""
    bare = _EXPORT.sub("", _IMPORT.sub("", text))
    if odd := _NOT_UNDERSTOOD.search(bare):
        raise ValueError(f"{name}: '{odd[0]}' cannot be joined. Write import {{ a }} from './x.js'; and export before "
                         "a function, class, const or let of one name.")
    return bare if bare.endswith("\n") else f"{bare}\n"
