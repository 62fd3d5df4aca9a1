// What is said and what becomes of it: sends, shows, remembers, and says in plain words when something goes wrong.

import { Client } from './client.js';
import { KNOWN } from './memory.js';
import { Outbox } from './outbox.js';
import { phrase } from './phrases.js';
import { randomId, text } from './values.js';

// The sentence for each way in which a message can fail.
const TROUBLES = { offline: 'widget.offline', unreachable: 'widget.unreachable', busy: 'widget.busy',
  unavailable: 'widget.unavailable', refused: 'widget.not_sent', slow: 'widget.slow',
  not_set_up: 'widget.not_set_up' };

export class Conversation {
  /**
   * @param {{address: ?string, memory: Memory, log: Log, given: function(): ?string,
   *          tell: function(string, Object), settled: function()}} parts `given` is an id that the page brought along,
   *          `tell` sends an event, `settled` is called when the server answers in another language or another way
   */
  constructor(parts) {
    Object.assign(this, parts);
    this._begin();
    // An erase that a reload cut short.
    this._keep();
  }

  _begin() {
    this._client = new Client(this.address || 'about:blank');
    this._asking = null;
    this._outbox = new Outbox(this._client, this);
  }

  /** Nothing more is sent, and nothing that is under way is heard. */
  _end() {
    this._outbox.stop();
    this._client.stop();
  }

  /** What could not be erased goes on under its id, unless another was begun meanwhile. */
  _keep() {
    const { state } = this.memory;
    if (!state.sender) state.sender = state.erasing.pop() || null;
  }

  /** The next message gets another id; not the page's own, which is no better. */
  renew() {
    this.memory.state.sender = null;
    this.given = () => null;
  }

  get language() {
    return this.memory.state.language;
  }

  /** What was on its way when the page was left is sent on; its id keeps it from being said twice. */
  resume(entries = this.memory.state.entries) {
    if (!this.address) {
      this.trouble('not_set_up');
      return;
    }
    for (const entry of entries) {
      if (!['new', 'sending', 'waiting'].includes(entry.status)) continue;
      entry.status = 'new';
      this._outbox.add(entry);
    }
    if (navigator.onLine === false) this.trouble('offline');
  }

  stop() {
    this._stopped = true;
    this._end();
    this.memory.save();
  }

  /** The network may be back: what waits is sent now. */
  hurry() {
    if (this.log.troubled === 'offline' && this._outbox.idle && navigator.onLine !== false) this._recovered();
    this._outbox.hurry();
  }

  /** The id of this conversation, asked for once; the page's own where it brought one. */
  session() {
    const { state } = this.memory;
    if (!state.sender) state.sender = this.given();
    if (state.sender) return Promise.resolve(state.sender);
    if (!this._asking) {
      const asking = this._client.session().then((sender) => {
        state.sender = sender;
        this.memory.save();
      }).finally(() => { if (this._asking === asking) this._asking = null; });
      this._asking = asking;
    }
    return this._asking.then(() => state.sender);
  }

  /**
   * Says something. `shown` is what is seen where it is not the text itself, as with a choice.
   * @returns {Object} the entry
   */
  say(words, { shown = null, language = null } = {}) {
    const { asked, entries } = this.memory.state;
    const entry = { who: 'you', id: randomId(), text: words, shown, at: Date.now(), status: 'new',
      language: language || this.language, metadata: { ...asked } };
    entries.push(entry);
    this.memory.save();
    this.log.add(entry);
    this.tell('imh-message', { from: 'person', id: entry.id });
    if (this.address) this._outbox.add(entry);
    return entry;
  }

  /** Whether this text is still waiting for its reply. */
  pending(words) {
    return this.memory.state.entries.some((entry) => entry.text === words && entry.status === 'sending');
  }

  /** For the outbox: another state of a message, its reply, a failure. */
  changed(entry) {
    this.memory.saveSoon();
    this.log.mark(entry);
    this.log.typing(this._outbox.busy, this.language);
  }

  replied(entry, reply) {
    const { state } = this.memory;
    if (!state.sender) state.sender = text(reply[0].recipient_id) || null;
    const parts = reply.map(({ text: words, buttons, custom }) => ({ text: words, buttons, custom }));
    const answer = { who: 'bot', id: randomId(), to: entry.id, at: Date.now(), parts, rated: {} };
    state.entries.push(answer);
    if (!entry.metadata.language) entry.language = text(parts[0].custom.language) || entry.language;
    this._recovered();
    this.log.add(answer);
    this.log.mark(entry);
    this.memory.saveSoon();
    this._follow(parts[parts.length - 1].custom);
    parts.forEach(({ custom }) => this.tell('imh-message', { from: 'bot', id: custom.id, kind: custom.kind,
      topic: custom.topic || null, language: custom.language }));
  }

  /** The switches go where the person's own words put them: "in English, please", "soy maestra". */
  _follow(custom) {
    const { state } = this.memory;
    for (const [what, known] of Object.entries(KNOWN)) {
      if (!known.includes(custom[what]) || custom[what] === state[what]) continue;
      state[what] = custom[what];
      if (state.asked[what]) state.asked[what] = custom[what];
      this.memory.save();
      this.settled();
    }
  }

  failed(failure) {
    if (failure.final && failure.words) {
      this.log.calm();
      this.log.note(failure.words, this.language);
    } else {
      this.trouble(failure.kind, !failure.final);
    }
    this._report(failure);
  }

  _report({ kind, status, code, again }) {
    if (!this._stopped) this.tell('imh-error', { kind, status, code, again });
  }

  /** Says in plain words what is wrong, with the crisis lines; `again`: whether anything can be tried by hand. */
  trouble(kind, again = kind !== 'not_set_up') {
    const was = this.log.troubled;
    // That another attempt takes long is no news, and would be told anew at each.
    if (kind === 'slow' && was && was !== 'offline') return;
    this.log.trouble(kind, phrase(TROUBLES[kind], this.language), this.language, again);
  }

  /** The same in another language. */
  retell() {
    const kind = this.log.troubled;
    this.log.troubled = null;
    if (kind) this.trouble(kind);
  }

  _recovered() {
    const was = this.log.troubled;
    if (this.log.calm() && was !== 'slow') this.log.announce(phrase('widget.back', this.language), this.language);
  }

  /**
   * Keeps what a person thinks of an answer; resolves to crisis lines where they wrote of danger, to null where it
   * could not be stored.
   */
  async rate(entry, answerId, value, comment, language) {
    const { sender } = this.memory.state;
    try {
      const lines = await this._client.feedback({ sender, id: answerId, value, text: comment, language });
      if (this._stopped) return null;
      entry.rated = { ...entry.rated, [answerId]: value };
      this.memory.save();
      return lines;
    } catch (failure) {
      this._report(failure);
      return null;
    }
  }

  /**
   * Ends the conversation and deletes it, on the server first; false where the server could not be told, null where
   * the element was taken away or the same was asked again meanwhile. What is said until then is the next
   * conversation, and does not wait for this one's end: it may be a cry for help.
   */
  async erase() {
    const { state } = this.memory;
    const before = state.entries.slice();
    state.erasing = state.erasing.concat(state.sender || []);
    this._end();
    this._begin();
    this.renew();
    this.log.typing(false);
    this.memory.save();
    while (state.erasing.length) {
      const failure = await this._client.erase(state.erasing[0]).then(() => null, (thrown) => thrown);
      if (this._stopped || (failure && failure.kind === 'stopped')) return null;
      if (failure) {
        this._keep();
        this.memory.save();
        this.resume(before);
        this._report(failure);
        return false;
      }
      state.erasing.shift();
    }
    this.memory.forget(before);
    this.log.clear(state.entries);
    return true;
  }
}
