// One request to the server, and every way in which it can go wrong as a Failure.

import { fields, list, text } from './values.js';

// Longer than the server takes for its slowest answer (20 s): who gives up first asks twice.
const TIMEOUT_MS = 25000;

// The message itself is at fault: it will not be taken another time either.
const AT_FAULT = [400, 413];

/** A request that brought nothing. `again`: it is worth being sent again by itself; `final`: not even by hand. */
export class Failure extends Error {
  constructor(kind, { status = 0, code = '', message = '', retryAfterS = 0 } = {}) {
    super(message || kind);
    // 'offline' | 'unreachable' | 'busy' | 'unavailable' | 'refused' | 'stopped'
    this.kind = kind;
    this.status = status;
    this.code = code;
    // The server's own sentence, in the language that was asked for.
    this.words = message;
    this.retryAfterS = retryAfterS;
    this.again = kind !== 'refused' && kind !== 'stopped';
    this.final = AT_FAULT.includes(status);
  }
}

/**
 * Where the server is: the `server` attribute, else where this file came from.
 * @returns {string|null} ends with a slash; null where the attribute is no web address
 */
export function serverAddress(attribute) {
  if (!attribute) return new URL('../', import.meta.url).href;
  let url;
  try {
    url = new URL(attribute, document.baseURI);
  } catch (error) {
    return null;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/webhooks/web/`;
}

export class Client {
  /** @param {string} address where the web channel is, ending with a slash */
  constructor(address) {
    this.address = address;
    this._running = new Set();
  }

  /** A new, signed id for a conversation. */
  async session() {
    const sender = text(fields(await this._post('session', {})).sender);
    if (!sender) throw new Failure('unreachable');
    return sender;
  }

  /**
   * The reply to a message: a list of messages, never empty. The same `messageId` gets the same reply.
   * @param {{sender: ?string, message: string, metadata: Object}} body
   */
  async send(body) {
    const reply = await this._post('webhook', body);
    const usable = list(reply).filter(({ custom }) => custom === fields(custom));
    if (!usable.length || usable.length !== reply.length) throw new Failure('unreachable');
    return reply;
  }

  /** Keeps what a person thinks of an answer; resolves to the crisis lines where they wrote of danger. */
  async feedback(body) {
    return list(fields(await this._post('feedback', body)).lines);
  }

  /** Deletes what the server keeps of a conversation. */
  erase(sender) {
    return this._post('erase', { sender });
  }

  /** Ends whatever is under way. */
  stop() {
    for (const controller of this._running) controller.abort();
    this._running.clear();
  }

  async _post(path, body) {
    const controller = new AbortController();
    let late = false;
    const timer = setTimeout(() => { late = true; controller.abort(); }, TIMEOUT_MS);
    this._running.add(controller);
    try {
      return await this._exchange(path, body, controller.signal);
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (controller.signal.aborted && !late) throw new Failure('stopped');
      throw new Failure(navigator.onLine === false ? 'offline' : 'unreachable');
    } finally {
      clearTimeout(timer);
      this._running.delete(controller);
    }
  }

  async _exchange(path, body, signal) {
    const response = await fetch(this.address + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal,
      // No cookie goes either way, and the server learns nothing of the page.
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
    if (response.ok) return response.json();
    const error = fields(fields(await response.json().catch(() => null)).error);
    const { status } = response;
    const code = text(error.code);
    // Not the bot's own words: something in between has answered, as while the bot is being replaced.
    const between = !code && !AT_FAULT.includes(status);
    const kind = status === 429 ? 'busy' : between || status >= 500 || status === 408 ? 'unavailable' : 'refused';
    throw new Failure(kind, {
      status,
      code,
      message: text(error.message),
      retryAfterS: Number(response.headers.get('Retry-After')) || 0,
    });
  }
}
