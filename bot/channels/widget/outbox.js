// Messages on their way, one after the other, until each has its reply: through a dead network, a busy server, a reload.
// A message keeps its id however often it is sent, and the server answers an id once, so nothing is ever doubled.

import { Failure } from './client.js';

const SLOW_MS = 5000;
// How long to wait before trying again: after the first failure, the second, …; the last for as long as it takes.
const PAUSES_MS = [1500, 3000, 6000, 12000, 30000];
// Some of the clients that were cut off together should come back a little later than the others.
const SPREAD = 0.25;

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
