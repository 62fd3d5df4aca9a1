// The conversation as it is seen and heard: one polite live region, into which everything is put in the order said.

import { append, button, el, put } from './elements.js';
import { MAX_ENTRIES } from './memory.js';
import { choices, mine, theirs } from './message.js';
import { phrase } from './phrases.js';
import { crisisLines } from './sources.js';
import { LINES } from './words.js';

// Long enough for a screen reader to have taken note of a message before its details are put in.
const DETAILS_AFTER_MS = 50;
// Quick answers come without "looking for an answer" being read out before them.
const TYPING_SAID_AFTER_MS = 1500;
const ANNOUNCED_FOR_MS = 8000;
// Closer to the end than this, the person is taken to follow the conversation, and it scrolls with it.
const NEAR_END_PX = 120;

export class Log {
  /**
   * @param {HTMLElement} box the live region
   * @param {{choose: function, rate: function, retry: function}} does
   */
  constructor(box, does) {
    this.box = box;
    this._does = does;
    this._timers = new Set();
    this._drawn = [];
    this._states = new Map();
    this._intro = el('div', { class: 'intro', 'aria-live': 'off' });
    this._earlier = el('p', { class: 'note-line', hidden: true, 'aria-live': 'off' });
    // What comes and goes stands behind the messages.
    this._note = el('div');
    this._trouble = el('div');
    this._typingText = el('span', { class: 'hidden' });
    this._typing = el('div', { class: 'typing', hidden: true },
      el('span', { 'aria-hidden': 'true' }, el('i'), el('i'), el('i')), this._typingText);
    append(box, [this._intro, this._earlier, this._note, this._trouble, this._typing]);
    this.troubled = null;
  }

  stop() {
    this._timers.forEach(clearTimeout);
    this._timers.clear();
  }

  /** What stands before the first message: what this is, and questions to begin with. Silent in another language, too. */
  intro(language, starters) {
    if (this._intro.lang === language) return;
    this._intro.lang = language;
    put(this._intro, el('p', null, phrase('page.not_a_person', language)),
      choices('widget.starters', starters, language, this._does));
    this._earlier.textContent = phrase('widget.earlier', language);
  }

  /** Draws what was said before; silent, since nobody has to hear it again. */
  restore(entries) {
    this.box.setAttribute('aria-live', 'off');
    for (const entry of entries) this._again(entry);
    this.toEnd();
    this._after(DETAILS_AFTER_MS, () => this.box.setAttribute('aria-live', 'polite'));
  }

  _again(entry) {
    try {
      this.add(entry, { restored: true });
    } catch (error) {
      // Not what was kept: another script of the site wrote over it.
    }
  }

  /** Draws one entry: a message of the person's, or all of a reply at once, so that they are heard in order. */
  add(entry, { restored = false } = {}) {
    const follows = this._nearEnd();
    const boxes = entry.who === 'you' ? [this._mine(entry)] : entry.parts.map((part) => theirs(part, entry, {
      ...this._does, announce: (words, language) => this.announce(words, language),
      later: (fill) => (restored ? fill() : this._after(DETAILS_AFTER_MS, fill)),
    }).box);
    const together = document.createDocumentFragment();
    append(together, boxes);
    this.box.insertBefore(together, this._note);
    this._drawn.push({ id: entry.id, boxes });
    this._trim();
    if (restored) return;
    // What is wrong is told right below.
    if (entry.who === 'you' && this.troubled) this._show(boxes[0]);
    else if (entry.who === 'you') this.toEnd();
    else if (follows) this._show(this._boxOf(entry.to) || boxes[0], 8, boxes[0]);
  }

  _mine(entry) {
    const { box, state } = mine(entry);
    this._states.set(entry.id, { box, state });
    this.mark(entry);
    return box;
  }

  /** Shows on a message of the person's whether it is on its way. */
  mark(entry) {
    const drawn = this._states.get(entry.id);
    if (!drawn) return;
    const key = { waiting: 'widget.waiting', refused: 'widget.refused' }[entry.status];
    drawn.state.textContent = key ? phrase(key, entry.language) : '';
    drawn.box.lang = entry.language;
  }

  /** Moves the keyboard to a message of the person's: after a choice, what follows it is the answer. */
  focusOn(entry) {
    const drawn = this._states.get(entry.id);
    if (drawn) drawn.box.focus({ preventScroll: true });
  }

  /** Takes the oldest messages out of the page: it must not grow for as long as somebody talks. */
  _trim() {
    while (this._drawn.length > MAX_ENTRIES) {
      const { id, boxes } = this._drawn.shift();
      if (boxes.some((box) => box.contains(box.getRootNode().activeElement))) this.box.focus({ preventScroll: true });
      boxes.forEach((box) => box.remove());
      this._states.delete(id);
      this._earlier.hidden = false;
    }
  }

  /** What was said is taken away, but for these entries. */
  clear(kept) {
    const ids = kept.map(({ id }) => id);
    this._drawn = this._drawn.filter(({ id, boxes }) => {
      if (ids.includes(id)) return true;
      boxes.forEach((box) => box.remove());
      return this._states.delete(id) && false;
    });
    this._earlier.hidden = true;
    if (!ids.length) this.calm();
  }

  /** A sentence that is heard and not seen. */
  announce(words, language) {
    const said = el('p', { class: 'hidden', lang: language }, words);
    this.box.insertBefore(said, this._note);
    this._after(ANNOUNCED_FOR_MS, () => said.remove());
  }

  /** A sentence between messages, in place of the one before it. */
  note(words, language) {
    put(this._note, el('p', { class: 'note-line', lang: language }, words));
    this.toEnd();
  }

  /** Shows that an answer is looked for, for exactly as long as one is. */
  typing(busy, language) {
    if (busy === !this._typing.hidden) return;
    this._typing.hidden = !busy;
    this._typingText.textContent = '';
    if (!busy) return;
    if (!this.troubled) this.toEnd();
    this._after(TYPING_SAID_AFTER_MS, () => {
      if (!this._typing.hidden && !this.troubled) this._typingText.textContent = phrase('widget.typing', language);
    });
  }

  /** Says what is wrong, once, however often it goes wrong in the same way; the crisis lines only the first time. */
  trouble(kind, words, language, again) {
    if (this.troubled === kind) return;
    const more = this.troubled;
    this.troubled = kind;
    if (more) {
      put(this._told, words);
      return;
    }
    this._told = el('p', null, words);
    put(this._trouble, el('div', { class: 'trouble', lang: language }, this._told,
      again && button('choice', { onclick: this._does.retry }, phrase('widget.retry', language)),
      crisisLines(LINES[language], language)));
    // With the end of what was not sent above it, and what can be done still in sight.
    const last = this._drawn[this._drawn.length - 1];
    const mine = last && this._boxOf(last.id);
    this._show(this._trouble, mine ? Math.min(mine.offsetHeight + 24, this.box.clientHeight / 3) : 8);
  }

  /** The trouble is over; true where there was one. */
  calm() {
    if (!this.troubled) return false;
    this.troubled = null;
    const focused = this._trouble.contains(this.box.getRootNode().activeElement);
    put(this._trouble);
    if (focused) this.box.focus({ preventScroll: true });
    return true;
  }

  /** Moves the keyboard among the messages; false where it leaves them at the end. */
  step(key, from) {
    const all = Array.from(this.box.querySelectorAll('.message'));
    const at = all.findIndex((message) => message.contains(from));
    const to = { ArrowUp: at < 0 ? all.length - 1 : at - 1, ArrowDown: at < 0 ? all.length : at + 1, Home: 0,
      End: all.length - 1 }[key];
    if (to >= all.length) return false;
    if (all[to]) {
      all[to].focus({ preventScroll: true });
      this._show(all[to]);
    }
    return true;
  }

  _boxOf(id) {
    const drawn = this._states.get(id);
    return drawn && drawn.box;
  }

  _nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.box;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  toEnd() {
    if (this._drawn.length) this.box.scrollTop = this.box.scrollHeight;
  }

  /**
   * Scrolls the log so that a message can be read from its top. Where it does not scroll itself, as with large letters,
   * all around it does so for `first`.
   */
  _show(message, room = 8, first = message) {
    if (this.box.scrollHeight > this.box.clientHeight + 1) {
      this.box.scrollTop += message.getBoundingClientRect().top - this.box.getBoundingClientRect().top - room;
    } else if (first.firstChild) {
      first.scrollIntoView({ block: 'nearest' });
    }
  }

  _after(ms, does) {
    const timer = setTimeout(() => { this._timers.delete(timer); does(); }, ms);
    this._timers.add(timer);
  }
}
