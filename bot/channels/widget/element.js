// <imh-chat>: a conversation with the Issues Brief bot on any page. README.md beside this file says how it is used.

import { serverAddress } from './client.js';
import { Conversation } from './conversation.js';
import { put } from './elements.js';
import { Log } from './log.js';
import { KNOWN, Memory } from './memory.js';
import { buildPanel, count, dress, keepInside, relabel } from './panel.js';
import { phrase } from './phrases.js';
import { fields, oneOf, text } from './values.js';
import { STARTERS } from './words.js';

const HEARD = [[window, 'online'], [window, 'offline'], [window, 'resize'], [document, 'visibilitychange']];
// A page that is left may be kept as it stands and be shown again by Back, when the tab has gone on elsewhere.
const LEFT = ['pagehide', 'pageshow'];
// As in imh-chat.css: below this the panel covers the page.
const COVERING = '(max-width: 480px)';

export class ImhChat extends HTMLElement {
  static get observedAttributes() {
    return ['server', 'audience', 'language', 'title', 'open', 'position'];
  }

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
    LEFT.forEach((name) => window.addEventListener(name, this));
    this._start();
  }

  disconnectedCallback() {
    LEFT.forEach((name) => window.removeEventListener(name, this));
    this._stop();
  }

  attributeChangedCallback(name, before, after) {
    if (!this._parts || before === after) return;
    const value = KNOWN[name] && oneOf(KNOWN[name], after);
    if (value) this._switch(name, value);
    else if (name === 'open') this._show(after !== null);
    else if (name === 'title') this._relabel();
    else if (!KNOWN[name]) {
      this._stop();
      this._start();
    }
  }

  /** What the browser says of the network and of its size, that the page is left, and that somebody looks again. */
  handleEvent({ type }) {
    if (type === 'pagehide') this._stop();
    else if (type === 'pageshow') this._start();
    else if (type === 'offline') this._conversation.trouble(type);
    else if (type === 'resize') this._cover();
    else if (type === 'online' || !document.hidden) this._conversation.hurry();
  }

  get _inline() {
    return this.getAttribute('position') === 'inline';
  }

  /** Whether the panel covers the page. */
  get _covering() {
    return !this._inline && window.matchMedia(COVERING).matches;
  }

  get _language() {
    return this._memory.state.language;
  }

  _start() {
    if (this._parts) return;
    const address = serverAddress(this.getAttribute('server'));
    this._memory = new Memory(`${address}#${this._name()}`);
    this._settle();
    this._parts = buildPanel({ inline: this._inline, on: this._handlers() });
    this._parts.field.value = text(this._memory.state.draft);
    this._log = new Log(this._parts.log, { retry: () => this._conversation.hurry(),
      choose: (choice, language, event) => this._choose(choice, language, event),
      rate: (...given) => this._conversation.rate(...given) });
    this._conversation = new Conversation({ address, memory: this._memory, log: this._log,
      given: () => fields(this.querySelector('input[name="sender"]')).value || null,
      settled: () => this._relabel(), tell: (...event) => this._tell(...event) });
    this._relabel();
    dress(this, this._parts, () => { this._count(); this._log.toEnd(); this._cover(); });
    const { open, entries } = this._memory.state;
    this._show(open === null ? this.hasAttribute('open') : open, { silent: true });
    this._log.restore(entries);
    HEARD.forEach(([target, name]) => target.addEventListener(name, this));
    this._conversation.resume();
  }

  _stop() {
    if (!this._parts) return;
    HEARD.forEach(([target, name]) => target.removeEventListener(name, this));
    this._conversation.stop();
    this._log.stop();
    put(this.shadowRoot);
    this._parts = null;
  }

  /** Tells widgets of one page apart, the same way after a reload: by their id, else by their order. */
  _name() {
    return this.id || String(Array.from(document.querySelectorAll('imh-chat')).indexOf(this));
  }

  /** The language and the audience to begin with, and which of them the server has to be told. */
  _settle() {
    const { state } = this._memory;
    const around = this.closest('[lang]');
    const page = {};
    for (const [what, known] of Object.entries(KNOWN)) {
      page[what] = oneOf(known, this.getAttribute(what)) || oneOf(known, around && around.lang);
      const begun = known.includes(state[what]);
      // A page that now comes in another language was asked for in it; otherwise what the person chose here holds.
      if (begun && (!page[what] || page[what] === state.page[what])) continue;
      state[what] = page[what] || oneOf(known, navigator.language) || known[0];
      state.page[what] = page[what];
      // What the server begins with anyway it is not told: then it goes by what people write.
      if (begun || state[what] !== known[0]) state.asked[what] = state[what];
    }
  }

  _tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }

  _relabel() {
    const { language, audience } = this._memory.state;
    relabel(this._parts, { title: this.getAttribute('title'), language, audience });
    this._log.intro(language, STARTERS[language]);
    this._count();
  }

  _switch(what, value) {
    const { state } = this._memory;
    state[what] = value;
    state.asked[what] = value;
    this._memory.save();
    this._relabel();
    this._conversation.retell();
  }

  _switchLanguage() {
    this._switch('language', this._language === 'es' ? 'en' : 'es');
    // That the translation is nobody's but ours.
    if (this._language === 'es') this._log.note(phrase('change_to_spanish', 'es'), 'es');
  }

  _handlers() {
    return {
      open: () => this._toggle(true),
      close: () => this._toggle(false),
      menu: () => this._unfold('menu', 'options'),
      moreLines: () => this._unfold('moreLines', 'allLines'),
      language: () => this._switchLanguage(),
      audience: (audience) => this._switch('audience', audience),
      print: () => window.print(),
      erase: () => { this._parts.sure.hidden = false; this._parts.no.focus(); },
      eraseNo: () => { this._parts.sure.hidden = true; this._parts.erase.focus(); },
      eraseYes: () => this._erase(),
      submit: (event) => { event.preventDefault(); this._submit(); },
      input: () => this._count(),
      fieldKey: (event) => this._fieldKey(event),
      logKey: (event) => this._logKey(event),
      panelKey: (event) => this._panelKey(event),
    };
  }

  _toggle(open) {
    if (open === this.hasAttribute('open')) this._show(open);
    else if (open) this.setAttribute('open', '');
    else this.removeAttribute('open');
  }

  /** Opens or closes the panel; `silent` on a page that just came, where nobody asked to be moved. */
  _show(open, { silent = false } = {}) {
    const { panel, launcher, heading, field } = this._parts;
    if (this._inline) return;
    panel.hidden = !open;
    launcher.hidden = open;
    launcher.setAttribute('aria-expanded', open);
    this._cover();
    if (silent) return;
    this._memory.state.open = open;
    this._memory.save();
    // On a touch screen the field would call up the keyboard, and that would cover the numbers.
    const focused = window.matchMedia('(pointer: coarse)').matches ? heading : field;
    (open ? focused : launcher).focus();
    if (!open) return;
    this._log.toEnd();
    this._tell('imh-open');
  }

  /** Where the panel covers the page, the keyboard has no business behind it. */
  _cover() {
    const { panel, heading } = this._parts;
    if (this._inline) return;
    panel.setAttribute('aria-modal', this._covering);
    if (this._covering && !panel.hidden && !this.shadowRoot.activeElement) heading.focus({ preventScroll: true });
  }

  _unfold(button, what, open = this._parts[what].hidden) {
    this._parts[what].hidden = !open;
    this._parts[button].setAttribute('aria-expanded', open);
    if (what === 'options') this._parts.sure.hidden = true;
  }

  /** Fits the field; what is in it is kept with the conversation when the page is left. */
  _count() {
    this._memory.state.draft = this._parts.field.value;
    return count(this._parts, this._language);
  }

  _submit() {
    const { field } = this._parts;
    const words = field.value.trim();
    field.focus();
    const tooLong = this._count();
    if (tooLong) this._log.announce(tooLong, this._language);
    if (!words || tooLong) return;
    field.value = '';
    this._count();
    this._conversation.say(words);
  }

  _choose(choice, language, event) {
    // The second click of a double click, and a choice that is being answered.
    if (event.detail > 1 || this._conversation.pending(choice.payload)) return;
    this._log.focusOn(this._conversation.say(String(choice.payload), { shown: String(choice.title), language }));
  }

  async _erase() {
    const tell = (key) => this._log.note(phrase(key, this._language), this._language);
    this._unfold('menu', 'options', false);
    this._parts.field.focus();
    tell('widget.erasing');
    const done = await this._conversation.erase();
    if (done !== null) tell(done ? 'widget.erased' : 'widget.erase_failed');
  }

  _fieldKey(event) {
    const { field } = this._parts;
    // 229: a word is still being put together by an input method.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      this._submit();
    } else if (event.key === 'ArrowUp' && !field.value) {
      event.preventDefault();
      this._log.step('ArrowUp', null);
    }
  }

  _logKey(event) {
    const ours = ['ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key) && !event.altKey && !event.ctrlKey;
    if (!ours || event.target.tagName === 'TEXTAREA') return;
    event.preventDefault();
    if (!this._log.step(event.key, event.target)) this._parts.field.focus();
  }

  _panelKey(event) {
    const { options, menu, log, field } = this._parts;
    const inside = this.shadowRoot.activeElement;
    if (event.key === 'Tab' && this._covering) keepInside(this._parts.panel, event, inside);
    if (event.key !== 'Escape') return;
    if (!options.hidden) {
      this._unfold('menu', 'options', false);
      menu.focus();
    } else if (!this._inline) {
      this._toggle(false);
    } else if (log.contains(inside)) {
      field.focus();
    }
  }
}
