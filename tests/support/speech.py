"""What a screen reader would say, out of the accessibility tree that the browser hands it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

# Boxes without a meaning of their own; their contents are read as if they were not there.
_SILENT = {"none", "generic", "paragraph", "InlineTextBox", "LineBreak", "DisclosureTriangle", "Figcaption",
           "RootWebArea", "strong", "ListMarker"}
# Read as a whole: what is inside is their name.
_WHOLE = {"button", "link", "textbox", "radio", "heading"}


class Speech:
    """Reads a page, and listens to its live regions."""

    # What is put into a live region is said where nothing between it and the region is set to be silent, and once for
    # each change, as it stands at the end of the task in which it came.
    LISTENER = """() => {
        window.announced = [];
        const seen = new WeakSet();
        const live = (node) => {
            for (let at = node.nodeType === 1 ? node : node.parentElement; at; at = at.parentElement) {
                if (at.getAttribute('aria-hidden') === 'true') return false;
                const set = at.getAttribute('aria-live');
                if (set) return set !== 'off';
                if (at.getAttribute('role') === 'log') return true;
            }
            return false;
        };
        const words = (node) => {
            if (node.nodeType === 3) return node.data;
            if (node.nodeType !== 1 || node.hidden || node.getAttribute('aria-hidden') === 'true'
                || node.getAttribute('aria-live') === 'off') return '';
            return Array.from(node.childNodes, words).join(' ');
        };
        const watch = (root) => new MutationObserver((changes) => {
            for (const change of changes) {
                for (const node of change.addedNodes) {
                    if (!live(node)) continue;
                    const said = words(node).replace(/\\s+/g, ' ').trim();
                    if (said) window.announced.push(said);
                }
            }
        }).observe(root, { childList: true, subtree: true, characterData: true });
        const find = () => {
            for (const chat of document.querySelectorAll('imh-chat')) {
                if (!chat.shadowRoot || seen.has(chat.shadowRoot)) continue;
                seen.add(chat.shadowRoot);
                watch(chat.shadowRoot);
            }
        };
        new MutationObserver(find).observe(document, { childList: true, subtree: true });
        find();
    }"""

    def __init__(self, page: Page) -> None:
        self._page = page

    def listen(self) -> None:
        """Begin to note what live regions say."""
        self._page.evaluate(self.LISTENER)

    def heard(self) -> list[str]:
        """What they said since, in order."""
        return self._page.evaluate("() => window.announced || []")

    def read(self, selector: str) -> list[str]:
        """Everything in the first element of this selector, in reading order: role, name, state."""
        session = self._page.context.new_cdp_session(self._page)
        session.send("DOM.enable")
        handle = self._page.locator(f"imh-chat {selector}").first
        handle.evaluate("element => { window.readHere = element; }")
        found = session.send("Runtime.evaluate", {"expression": "window.readHere"})["result"]["objectId"]
        node = session.send("DOM.describeNode", {"objectId": found})["node"]["backendNodeId"]
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        by_id = {each["nodeId"]: each for each in nodes}
        (start,) = [each for each in nodes if each.get("backendDOMNodeId") == node]
        return list(_lines(start, by_id))


def _lines(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> Any:
    role = node.get("role", {}).get("value", "")
    name = " ".join(node.get("name", {}).get("value", "").split())
    if not node.get("ignored") and role not in _SILENT:
        states = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])}
        told = [word for word, value in (("checked", states.get("checked") in (True, "true")),
                                         ("expanded", states.get("expanded") is True),
                                         ("collapsed", states.get("expanded") is False),
                                         ("pressed", states.get("pressed") in (True, "true"))) if value]
        line = " ".join(filter(None, (role if role != "StaticText" else "", name, *told)))
        if line:
            yield line
        if role in _WHOLE or role == "StaticText":
            return
    for child in node.get("childIds", []):
        if child in by_id:
            yield from _lines(by_id[child], by_id)
