"""Several modules as one: what stands where, and what is refused with a sentence that says how to mend it."""

from __future__ import annotations

import pytest

from bot.channels.modules import joined

PARTS = {
    "entry.js": "import { b, B } from './b.js';\nimport { a } from './a.js';\n\nstart(a, b, B);\n",
    "b.js": "// B.\n\nimport {\n  a,\n} from './a.js';\n\nexport function b() { return a; }\nexport class B {}\n",
    "a.js": "export const a = 'import nothing';\nconst own = new URL('x', import.meta.url);\n",
}


def test_what_is_imported_stands_before_it_once() -> None:
    """In the order in which a browser would run them; comments and all else stay as they are."""
    assert joined(PARTS, "entry.js") == (
        "const a = 'import nothing';\nconst own = new URL('x', import.meta.url);\n"
        "// B.\n\n\nfunction b() { return a; }\nclass B {}\n"
        "\nstart(a, b, B);\n")


def test_what_nobody_imports_is_left_out() -> None:
    """And what is not asked for is not looked at."""
    assert joined({**PARTS, "c.js": "export default 7;\n"}, "entry.js") == joined(PARTS, "entry.js")


def test_a_last_line_without_an_end_does_not_run_into_the_next() -> None:
    """A comment there would swallow it."""
    parts = {"a.js": "export const a = 1; // one", "b.js": "import { a } from './a.js';\nrun(a);"}
    assert joined(parts, "b.js") == "const a = 1; // one\nrun(a);\n"


@pytest.mark.parametrize(("text", "told"), [
    ("import { a } from './gone.js';\n", "b.js: imports from 'gone.js', which is not there"),
    ("import { own } from './a.js';\n", "b.js: imports 'own', which a.js does not export"),
    ("import { a as x } from './a.js';\n", "b.js: imports 'as', which a.js does not export"),
    ("import { a } from './a.js';\nconst own = 2;\n", "b.js: 'own' is given in a.js, too"),
    ("import { a } from './c.js';\n", "b.js imports c.js imports b.js: a circle"),
    ("import * as a from './a.js';\n", "b.js: 'import * as a from './a.js';' cannot be joined"),
    ("import a from './a.js';\n", "cannot be joined"),
    ("import './a.js';\n", "cannot be joined"),
    ("import { a } from 'https://cdn.example/a.js';\n", "cannot be joined"),
    ("export default function x() {}\n", "cannot be joined"),
    ("const x = 1;\nexport { x };\n", "cannot be joined"),
    ("export * from './a.js';\n", "cannot be joined"),
    ("const { x } = y;\n", "cannot be joined"),
    ("export const [x] = y;\n", "cannot be joined"),
    ("var x = 1;\n", "cannot be joined"),
    ("run(() => import('./a.js'));\n", "cannot be joined"),
], ids=lambda text: text.splitlines()[0])
def test_what_cannot_be_joined_is_refused(text: str, told: str) -> None:
    """By name, before anything reaches a browser."""
    parts = {"a.js": PARTS["a.js"], "b.js": text, "c.js": "import { b } from './b.js';\nexport const a = 1;\n"}
    if "circle" in told:
        parts["b.js"] += "export const b = a;\n"
    with pytest.raises(ValueError, match="b.js") as raised:
        joined(parts, "b.js")
    assert told in str(raised.value)
