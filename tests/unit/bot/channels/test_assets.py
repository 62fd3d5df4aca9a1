"""The widget's files: what they weigh, what is in its words, and what old phones would not understand."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels import assets
from bot.knowledge import LANGUAGES, Knowledge, use

SCRIPTS = sorted(assets.WIDGET.glob("*.js"))
# What a browser of 2018 cannot parse, or does not have: one such sign and the parent sees nothing.
TOO_NEW = {"optional chaining": r"\w\?\.\w|\?\.\[", "nullish": r"\?\?", "private field": r"\bthis\.#",
           "class field": r"^  (?:static )?\w+ = ", "top-level await": r"^await ", "logical assignment": r"\|\|=|&&=",
           "replaceAll": r"\.replaceAll\(", "at()": r"\.at\(-", "randomUUID": r"randomUUID\(",
           "hasOwn": r"Object\.hasOwn\(", "AbortSignal.timeout": r"AbortSignal\.timeout",
           "toggleAttribute": r"\.toggleAttribute\(", "flat": r"\.flat(Map)?\(", "fromEntries": r"Object\.fromEntries",
           "lookbehind": r"\(\?<[=!]", "catch without a name": r"\bcatch \{", "numeric separator": r"\d_\d",
           "replaceChildren": r"\.replaceChildren\(", "allSettled": r"allSettled|Promise\.any", "matchAll": r"\.matchAll\(",
           "structuredClone": r"structuredClone", "findLast": r"\.findLast", "BigInt": r"\b\d+n\b"}
README = (assets.WIDGET / "README.md").read_text(encoding="utf-8")
STYLE = re.sub(r"/\*.*?\*/", "", (assets.WIDGET / "imh-chat.css").read_text(encoding="utf-8"), flags=re.S)


@pytest.fixture
def words(knowledge: Knowledge) -> dict[str, dict]:
    """What `words.js` exports, by name."""
    return {name: json.loads(value)
            for name, value in re.findall(r"^export const (\w+) = (.*);$", assets.words(knowledge), re.M)}


def test_the_widget_weighs_20_kilobytes_at_most(knowledge: Knowledge) -> None:
    """Gzipped, with its style, both languages and all crisis lines."""
    parts = [assets.script(knowledge), assets.files()["imh-chat.css"]]
    assert sum(len(part.compressed) for part in parts) <= 20_000


def test_every_module_is_in_the_one_script(knowledge: Knowledge) -> None:
    """What each of them declares, once; nothing is left to be fetched."""
    text = assets.script(knowledge).body.decode()
    for path in SCRIPTS:
        for name in re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", path.read_text(encoding="utf-8"), re.M):
            assert len(re.findall(rf"(?:function|class|const) {name}\b(?! of)", text)) >= 1, (path.name, name)
    assert not re.search(r"\b(?:import|export)\b(?!\.meta)", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_module_imports_what_it_uses(path: Path) -> None:
    """Joined, a name that was forgotten would be there all the same; the sources are modules by themselves, too."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", text, flags=re.M)
    exported = {name for other in SCRIPTS if other != path for name in re.findall(
        r"^export (?:async )?(?:function|class|const) (\w+)", other.read_text(encoding="utf-8"), re.M)}
    imported = {name for names in re.findall(r"^import \{(.*?)\} from", text, re.M | re.S)
                for name in re.findall(r"\w+", names)}
    called = set(re.findall(r"(?<![.\w$'])([A-Za-z_$][\w$]*)\(", code)) | set(re.findall(r"\bnew (\w+)", code))
    own = set(re.findall(r"^  (?:async )?(\w+)\(.*\{$", code, re.M)) | set(re.findall(r"(?:const|function) (\w+)", code))
    constants = {name for name in exported if name.isupper() and re.search(rf"\b{name}\b", code)}
    assert (called & exported | constants) - own <= imported
    assert imported <= set(re.findall(r"[\w$]+", re.sub(r"^import .*$", "", code, flags=re.M))), "imported for nothing"


def test_a_module_is_one_that_a_person_reads_in_one_go() -> None:
    """None grows beyond what the others are."""
    assert {path.name: lines for path in SCRIPTS
            if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300} == {}


def test_what_is_compressed_is_the_same(knowledge: Knowledge) -> None:
    """And its tag follows its content."""
    for asset in (*assets.files().values(), assets.script(knowledge)):
        assert gzip.decompress(asset.compressed) == asset.body
        assert asset.tag != assets.Asset(asset.body + b" ", asset.content_type).tag


def test_only_what_a_browser_needs_is_handed_out() -> None:
    """No page template, no README, nothing of Python."""
    assert set(assets.files()) == {"imh-chat.css", "page.css", "icon.svg"}


def test_every_phrase_that_a_script_says_is_there(words: dict[str, dict]) -> None:
    """In both languages; none is shipped that nobody says."""
    source = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    said = set(re.findall(r"'((?:widget|labels|page|errors)\.\w+)'", source))
    said |= {"change_to_spanish", "widget.parent", "widget.provider"}
    assert words["LANGUAGES"] == list(LANGUAGES)
    assert said <= set(words["WORDS"])
    assert all(len(phrases) == len(LANGUAGES) and all(map(str.strip, phrases)) for phrases in words["WORDS"].values())
    assert {key for key in words["WORDS"] if not key.startswith("labels.")} <= said


def test_spanish_is_not_english(words: dict[str, dict]) -> None:
    """Every phrase is translated."""
    assert [key for key, phrases in words["WORDS"].items() if len(set(phrases)) < len(phrases)] == []


def test_the_crisis_lines_travel_with_it(words: dict[str, dict], knowledge: Knowledge) -> None:
    """All of them, as the contract has them, in both languages."""
    for language in LANGUAGES:
        assert words["LINES"][language] == [line.to_dict(language) for line in knowledge.crisis.lines.values()]


def test_no_sentence_stands_in_a_script() -> None:
    """What a reader sees is content: no text of two words or more between quotes, but for names and selectors."""
    sentence = re.compile(r"'([A-ZÁÉÍÓÚ¡¿][a-záéíóúñ']+ [a-záéíóúñ].*?)'")
    sentences = [(path.name, found) for path in SCRIPTS
                 for found in sentence.findall(path.read_text(encoding="utf-8"))]
    assert sentences == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_one_that_old_phones_read(path: Path) -> None:
    """The language of 2018, so that the oldest browsers that the README names can parse it."""
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.M)
    assert [name for name, sign in TOO_NEW.items() if re.search(sign, code, re.M)] == []


def test_the_style_is_one_that_old_phones_and_odd_pages_take() -> None:
    """No gap, which a row has only since 2020; no rem but beside 16 px, since a page's may be 10 px."""
    assert not re.search(r"[{;\s](row-|column-)?gap:", STYLE)
    assert [rule.strip() for rule in re.findall(r"[^;{]*\drem[^;}]*", STYLE)] == ["font-size: max(16px, 1rem)"]


def test_the_readme_names_every_attribute() -> None:
    """Those that the element watches, in its table, and no others."""
    element = (assets.WIDGET / "element.js").read_text(encoding="utf-8")
    (watched,) = re.findall(r"observedAttributes\(\) \{\s+return \[(.*?)\];", element, re.S)
    table = README.split("## Attributes")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == re.findall(r"'(\w+)'", watched)


def test_the_readme_names_every_property_of_the_style() -> None:
    """Each `--imh-…` that the style reads, and no other; each colour has a value of its own in the dark."""
    listed = README.split("## Colours and sizes")[1].split("```")[0]
    assert set(re.findall(r"`(--imh-[a-z-]+)`", listed)) == set(re.findall(r"var\((--imh-[a-z-]+)", STYLE))
    light, dark = re.findall(r":host \{(.*?)\}", STYLE, re.S)[:2]
    colours = set(re.findall(r"(--imh-[a-z-]+): #", light))
    assert colours == set(re.findall(r"(--imh-[a-z-]+): #", dark)) and len(colours) == 10


def test_the_readme_names_every_kind_of_error() -> None:
    """Those that a page may be told; that the element was taken away is none."""
    client = (assets.WIDGET / "client.js").read_text(encoding="utf-8")
    (kinds,) = re.findall(r"// ((?:'\w+' \| )+'\w+')\n", client)
    row = next(line for line in README.splitlines() if line.startswith("| `imh-error`"))
    told = re.findall(r"`(\w+)`", row.split("`kind` (")[1].split(")")[0])
    assert set(told) | {"stopped"} == set(re.findall(r"'(\w+)'", kinds))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_markup_out_of_text(path: Path) -> None:
    """No way in which a string becomes an element, a script or a style."""
    code = path.read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
                "createContextualFragment", "setHTML", ".style.", "cssText", "localStorage", "document.cookie"):
        assert way not in code, way


def test_the_script_follows_the_content_that_is_live(knowledge: Knowledge) -> None:
    """A new release, new words; the same release, the same answer."""
    use(knowledge)
    held = assets.Assets()
    first = held.get(assets.SCRIPT)
    assert first and held.get(assets.SCRIPT) is first
    assert held.get("nothing.js") is None and held.get("element.js") is None
    use(replace(knowledge, phrases={**knowledge.phrases, "widget.title": {"en": "Another", "es": "Otra"}}))
    second = held.get(assets.SCRIPT)
    assert second and b'"Another"' in second.body and second.tag != first.tag
    use(knowledge)


def test_a_line_separator_cannot_end_a_string() -> None:
    """Legal in JSON, the end of a line in older JavaScript."""
    assert assets._literal({"a": "b\u2028c\u2029"}) == '{"a":"b\\u2028c\\u2029"}'


def test_the_files_can_be_hosted_elsewhere(tmp_path: Path, knowledge: Knowledge) -> None:
    """A folder with everything that a site needs, words included, and nothing of the page."""
    use(knowledge)
    assert {path.name for path in assets.export(tmp_path / "chat")} == {"imh-chat.js", "imh-chat.css"}
    assert (tmp_path / "chat" / "imh-chat.js").read_bytes() == assets.script(knowledge).body
