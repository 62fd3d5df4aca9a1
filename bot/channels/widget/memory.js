// What a conversation is, kept in this tab until the tab is closed: no cookie, nothing for other sites to see.

import { list } from './dom.js';

// Old phones have little memory, and nobody reads back a hundred messages in a narrow window.
export const MAX_ENTRIES = 100;
const VERSION = 1;

/** Nothing said yet. */
function fresh() {
  return {
    version: VERSION, sender: null, language: null, audience: null, asked: {}, page: {}, open: null, entries: [],
  };
}

/** Whether this can be drawn: other scripts of the site can write here, too. */
function usable(entry) {
  return entry.id && (entry.who === 'you' ? entry.text && typeof entry.text === 'string'
    : Array.isArray(entry.parts) && entry.parts.every((part) => part && part.custom));
}

/** What was kept, as far as it is what it should be. */
function read(kept) {
  const state = fresh();
  if (!kept || kept.version !== VERSION) return state;
  Object.assign(state, kept);
  state.asked = Object.assign({}, state.asked);
  state.page = Object.assign({}, state.page);
  state.entries = list(state.entries).filter(usable);
  return state;
}

export class Memory {
  /** @param {string} key one for each server and each widget of a page */
  constructor(key) {
    this.key = `imh-chat:${key}`;
    this.state = fresh();
    try {
      this.state = read(JSON.parse(sessionStorage.getItem(this.key)));
    } catch (error) {
      // Storage is forbidden or holds something else: the conversation then lasts as long as the page.
    }
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

  /** Everything that was said goes, and the id with it; the switches stay as they were put. */
  forget() {
    const { language, audience, asked, page, open } = this.state;
    this.state = Object.assign(fresh(), { language, audience, asked, page, open });
    this.save();
  }

  /** The entry of this id. */
  find(id) {
    return this.state.entries.find((entry) => entry.id === id);
  }
}
