// Keys for the inbox. Everything that they do is also a button or a link in the page, and works without this file.
"use strict";

(() => {
  const list = document.querySelector("[data-messages]");
  const groups = document.querySelector("[data-list]");
  const open = new Set(["new", "later"]);
  const undone = []; // ids of messages in the order in which they were dealt with

  const messages = () => [...list.querySelectorAll(".message")];
  const current = () => document.activeElement && document.activeElement.closest(".message");
  const isOpen = (message) => open.has(message.dataset.state);

  // After a message was dealt with: the next that is open, or one before it, or the link that goes on.
  function focusNext(from) {
    const all = messages();
    const at = all.indexOf(from);
    const next = all.slice(at + 1).find(isOpen) || all.slice(0, at).reverse().find(isOpen) ||
      document.querySelector("[data-next]") || document.querySelector("[data-after]");
    if (next) next.focus();
  }

  function step(items, from, by) {
    const at = items.indexOf(from);
    const next = items[at < 0 ? 0 : Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) next.focus();
  }

  function press(message, selector) {
    const button = message && message.querySelector(selector);
    if (button) button.click();
    return Boolean(button);
  }

  function undo() {
    while (undone.length) {
      if (press(document.getElementById(undone.pop()), "[data-undo]")) return true;
    }
    return press(document.querySelector(".message.stub"), "[data-undo]");
  }

  function searchTopics(message) {
    const dialog = document.getElementById("topics");
    const buttons = [...dialog.querySelectorAll("li button")];
    const words = dialog.querySelector("input");
    const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    const filter = () => {
      const wanted = fold(words.value).split(/\s+/);
      buttons.forEach((button) => {
        button.closest("li").hidden = !wanted.every((word) => fold(button.textContent).includes(word));
      });
    };
    words.value = "";
    filter();
    words.oninput = filter;
    words.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const first = buttons.find((button) => !button.closest("li").hidden);
      if (first) first.click();
    };
    dialog.onclose = () => {
      message.focus();
      if (!dialog.returnValue) return;
      const form = message.querySelector("form.places");
      const button = document.createElement("button");
      button.name = "topic";
      button.value = dialog.returnValue;
      button.hidden = true;
      form.append(button);
      button.click();
      button.remove();
    };
    dialog.returnValue = "";
    dialog.showModal();
    words.focus();
  }

  function onMessage(event, message) {
    if (event.key === "ArrowDown") step(messages(), message, 1);
    else if (event.key === "ArrowUp") step(messages(), message, -1);
    else if (/^[1-9li]$/.test(event.key)) press(message, `[data-key="${event.key}"]`);
    else if (event.key === "u") undo();
    else if (event.key === "x") press(message, "input[type=checkbox]");
    else if (event.key === "/" && isOpen(message) && document.getElementById("topics")) searchTopics(message);
    else if (event.key === "?") {
      const keys = document.getElementById("keys");
      keys.open = !keys.open;
      (keys.open ? keys.querySelector("summary") : message).focus();
    } else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    // Only while a message has the focus: whoever dictates or types elsewhere sets nothing off by a letter.
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    const message = list && current();
    if (message ? onMessage(event, message) : onGroup(event) || onWayOn(event)) event.preventDefault();
  });

  function onGroup(event) {
    if (!groups || !["ArrowDown", "ArrowUp"].includes(event.key)) return false;
    step([...groups.querySelectorAll("a")], document.activeElement, event.key === "ArrowDown" ? 1 : -1);
    return true;
  }

  // The link that goes on has the focus once the last message was dealt with: that can be undone there, too.
  function onWayOn(event) {
    return Boolean(list) && event.key === "u" && event.target.matches("[data-next], [data-after]") && undo();
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!list || !event.detail.requestConfig) return;
    const number = /\/inbox\/messages\/(\d+)\//.exec(event.detail.requestConfig.path);
    const message = number && document.getElementById(`m${number[1]}`);
    if (!message || event.detail.elt.id === "said") return;
    const first = message.querySelector("[data-first]");
    if (first) first.focus();
    else if (isOpen(message) && !message.classList.contains("stub")) message.focus();
    else {
      undone.push(message.id);
      focusNext(message);
    }
  });

  if (list) {
    const all = document.querySelector("[data-choose-all]");
    if (all) {
      all.hidden = false;
      all.addEventListener("click", () => {
        const boxes = [...document.querySelectorAll("input[form=bulk]")];
        const chosen = !boxes.every((box) => box.checked);
        boxes.forEach((box) => { box.checked = chosen; });
      });
    }
    const first = messages().find(isOpen);
    if (first) first.focus();
  }
})();
