// Speaks with the server. Every way in which that can go wrong becomes a Failure that says whether trying again helps.

export const SLOW_MS = 5000;
// Longer than the server takes for its slowest answer (20 s): who gives up first asks twice.
export const TIMEOUT_MS = 25000;
export const MAX_CHARACTERS = 2000;

/** A request that brought nothing. `again`: whether the same request may succeed later. */
export class Failure extends Error {
  constructor(kind, { status = 0, code = '', message = '', retryAfterS = 0 } = {}) {
    super(message || kind);
    this.kind = kind; // 'offline' | 'unreachable' | 'busy' | 'unavailable' | 'refused' | 'stopped'
    this.status = status;
    this.code = code;
    this.words = message; // the server's own sentence, in the language that was asked for
    this.retryAfterS = retryAfterS;
    this.again = kind !== 'refused' && kind !== 'stopped';
  }
}

/** 128 random bits as hexadecimal digits. crypto.randomUUID is missing on http and on older phones. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
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
    const { sender } = await this._post('session', {});
    if (typeof sender !== 'string' || !sender) throw new Failure('unreachable');
    return sender;
  }

  /**
   * The reply to a message: a list of messages, never empty. The same `messageId` gets the same reply.
   * @param {{sender: ?string, message: string, metadata: Object}} body
   */
  async send(body) {
    const reply = await this._post('webhook', body);
    const usable = Array.isArray(reply) && reply.length > 0 && reply.every((part) => part && typeof part === 'object'
      && part.custom && typeof part.custom === 'object');
    if (!usable) throw new Failure('unreachable');
    return reply;
  }

  /** Keeps what a person thinks of an answer; resolves to the crisis lines where they wrote of danger. */
  async feedback(body) {
    const { lines } = await this._post('feedback', body);
    return Array.isArray(lines) ? lines : [];
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
    const told = await response.json().catch(() => ({}));
    const error = (told && told.error) || {};
    const kind = response.status === 429 ? 'busy' : response.status >= 500 || response.status === 408 ? 'unavailable' : 'refused';
    throw new Failure(kind, {
      status: response.status,
      code: typeof error.code === 'string' ? error.code : '',
      message: typeof error.message === 'string' ? error.message : '',
      retryAfterS: Number(response.headers.get('Retry-After')) || 0,
    });
  }
}
