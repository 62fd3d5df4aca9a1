// What this tab keeps.

import { list, text } from './values.js';
import { LANGUAGES } from './words.js';

// What the switches can stand at; the first is the usual.
export const KNOWN = { language: LANGUAGES, audience: ['parent', 'provider'] };

// Old phones have little memory, and nobody reads back a hundred messages in a narrow window.
export const MAX_ENTRIES = 100;
const VERSION = 1;

/** What a conversation is, kept in this tab until it is closed: no cookie, nothing for other sites to see. */
export class Memory {
  /** @param {string} key one for each server and each widget of a page */
  constructor(key) {
    this.key = `imh-chat:${key}`;
    this.state = { version: VERSION, sender: null, language: null, audience: null, open: null, draft: '' };
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key));
      if (kept && kept.version === VERSION) Object.assign(this.state, kept);
    } catch (error) {
      // Storage is forbidden or holds something else: the conversation then lasts as long as the page.
    }
    // Other scripts of the site can write here, too.
    for (const name of ['asked', 'page']) this.state[name] = { ...this.state[name] };
    this.state.entries = list(this.state.entries);
    // Ids of conversations that are being deleted on the server.
    this.state.erasing = [].concat(this.state.erasing).filter(text);
  }

  /** Saves once what is going on has been shown. What is lost with the page until then is asked for again. */
  saveSoon() {
    if (!this._saving) this._saving = setTimeout(() => this.save());
  }

  save() {
    clearTimeout(this._saving);
    this._saving = null;
    this.state.entries = this.state.entries.slice(-MAX_ENTRIES);
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.state));
    } catch (error) {
      // Full or forbidden; see above.
    }
  }

  /** What was said goes, but for what was said since; the switches stay as they were put. */
  forget(entries) {
    this.state.entries = this.state.entries.filter((entry) => !entries.includes(entry));
    this.save();
  }
}
