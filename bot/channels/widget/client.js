// Speaks with the server. Client: one request, and every way in which it can go wrong as a Failure. Outbox: messages on
// their way, one after the other, until each has its reply: through a dead network, a busy server, a reload. A message
// keeps its id however often it is sent, and the server answers an id once, so nothing is ever doubled.

const SLOW_MS = 5000;
// Longer than the server takes for its slowest answer (20 s): who gives up first asks twice.
const TIMEOUT_MS = 25000;
export const MAX_CHARACTERS = 2000;
// How long to wait before trying again: after the first failure, the second, …; the last for as long as it takes.
const PAUSES_MS = [1500, 3000, 6000, 12000, 30000];
// Some of the clients that were cut off together should come back a little later than the others.
const SPREAD = 0.25;

// The message itself is at fault: it will not be taken another time either.
const AT_FAULT = [400, 413];

/** A request that brought nothing. `again`: it is worth being sent again by itself; `final`: not even by hand. */
class Failure extends Error {
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

/** The text of anything: a string as it is, everything else nothing. */
export function text(value) {
  return typeof value === 'string' ? value : '';
}

/** The fields of anything; none where it has none. */
export function fields(value) {
  return value && typeof value === 'object' ? value : {};
}

/** The list in anything, of what has fields. */
export function list(value) {
  return Array.isArray(value) ? value.filter((entry) => entry === fields(entry)) : [];
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

export class Outbox {
  /**
   * @param {Client} client
   * @param {{session: function(): Promise<?string>, renew: function(), changed: function(Object),
   *          replied: function(Object, Array), failed: function(Failure), trouble: function(string)}} on
   */
  constructor(client, on) {
    this._client = client;
    this._on = on;
    this._queue = [];
    this._running = false;
    this._stopped = false;
    this._wake = () => {};
    this._failures = 0;
  }

  /** Whether something is being sent at this moment; the typing indicator shows this and nothing else. */
  get busy() {
    return this._queue.length > 0 && this._queue[0].status === 'sending';
  }

  /** Whether nothing waits to be sent. */
  get idle() {
    return this._queue.length === 0;
  }

  /** @param {{id: string, text: string, metadata: Object, status: string}} entry */
  add(entry) {
    // While the first one waits for a limit or a network, what is said now goes before it: it may be a cry for help,
    // and that is answered even where a limit is hit.
    const waits = this._queue.length && this._queue[0].status === 'waiting';
    this._queue.splice(waits ? 0 : this._queue.length, 0, entry);
    this.hurry();
    this._run();
  }

  /** Tries again now, where it was waiting to. */
  hurry() {
    this._wake();
  }

  /** Nothing more is sent, and nothing that is under way is heard. */
  stop() {
    this._stopped = true;
    this._queue = [];
    this.hurry();
  }

  async _run() {
    if (this._running) return;
    this._running = true;
    while (this._queue.length && !this._stopped) await this._first();
    this._running = false;
  }

  async _first() {
    const entry = this._queue[0];
    this._become(entry, 'sending');
    const slow = setTimeout(() => this._on.trouble('slow'), SLOW_MS);
    const [reply, error] = await this._send(entry).then((found) => [found], (thrown) => [null, thrown]);
    clearTimeout(slow);
    if (this._stopped) return;
    if (error) {
      await this._failed(entry, error);
      return;
    }
    this._failures = 0;
    this._queue.shift();
    this._become(entry, 'sent');
    this._on.replied(entry, reply);
  }

  async _send(entry) {
    const sender = await this._on.session().catch((error) => {
      // A limit must not stand between a person in danger and the crisis lines: without an id the server gives one with
      // its answer.
      if (!error.status) throw error;
    });
    const body = { message: entry.text, metadata: { message_id: entry.id, ...entry.metadata } };
    return this._client.send(sender ? { sender, ...body } : body);
  }

  async _failed(entry, error) {
    const failure = error instanceof Failure ? error : new Failure('unreachable');
    if (failure.code === 'sender_invalid' && !entry.renewed) {
      // Once: the server's secret changed, and a new id is all that is missing.
      entry.renewed = true;
      this._on.renew();
      return;
    }
    this._queue.shift();
    this._become(entry, failure.final ? 'refused' : 'waiting');
    this._on.failed(failure);
    if (failure.final) return;
    const [next] = this._queue;
    // What was said while this was on its way is not held up by it: that, too, may be a cry for help.
    if (next && next.status === 'new') {
      this._queue.push(entry);
      return;
    }
    this._queue.unshift(entry);
    const pause = PAUSES_MS[Math.min(this._failures, PAUSES_MS.length - 1)];
    this._failures += 1;
    const ms = Math.max(failure.retryAfterS * 1000, pause) * (1 + Math.random() * SPREAD);
    await this._pause(failure.again && ms);
  }

  _become(entry, status) {
    entry.status = status;
    this._on.changed(entry);
  }

  /** For so long, or until something else wakes it. */
  _pause(ms) {
    return new Promise((resolve) => {
      const timer = ms && setTimeout(resolve, ms);
      this._wake = () => { clearTimeout(timer); resolve(); };
    });
  }
}
