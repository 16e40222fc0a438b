/** One connection: its requests are answered one after the other, in the order in which they came. */
import type { Duplex } from 'node:stream';
import type { Rejection } from './index.ts';

/** A client may send that many requests ahead of their answers before it is not listened to. */
const aheadAtMost = 100;

export class Conversation {
  readonly #socket: Duplex;
  readonly #broken = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #ahead = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Aborts with a `Rejection` when nothing more can be read, which concerns a request that was read in part. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** @param answer begins when all before it have ended; it never rejects */
  turn(answer: () => Promise<void>): void {
    this.#ahead += 1;
    if (this.#ahead > aheadAtMost) this.#socket.pause();
    this.#last = this.#last.then(answer).then(() => {
      this.#ahead -= 1;
      if (this.#ahead === aheadAtMost) this.#socket.resume();
      // The client has closed its half, and nothing of what it asked is open any more.
      if (this.#ahead === 0 && this.#socket.readableEnded) this.#socket.end();
    });
  }

  /**
   * Nothing more can be read.
   *
   * @param tell begins when everything that was asked before is answered; the connection may have ended by then, when
   *   the request that was read in part was told so
   */
  break(rejection: Rejection, tell: () => Promise<void>): void {
    if (this.#broken.signal.aborted) return;
    this.#broken.abort(rejection);
    this.turn(tell);
  }
}
