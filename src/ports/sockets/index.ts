/** Sockets that HTTP is served on: handed over by systemd, or opened here. */
import type { Millis } from '../../core/base/time.ts';

/** Answers one request; a body may stream for as long as it likes, and is cancelled when the client goes away. */
export type Handler = (request: Request) => Promise<Response>;

/** What a client sent is no request that a handler could answer: it breaks HTTP, or a limit. */
export interface Rejection {
  readonly status: 400 | 405 | 408 | 413 | 417 | 431;
  /** For the client to read; perhaps empty. */
  readonly why: string;
}

/** What one client can ask of a server; it gets a 400-class answer beyond. */
export interface Limits {
  /** From the start of a connection, or of a request, to the end of its header. */
  readonly headerWithin: Millis;
  /** To the end of its body. */
  readonly requestWithin: Millis;
  /** How long a connection may stay open between two requests. */
  readonly idleFor: Millis;
  /** How often the limits above are looked at. */
  readonly lookEvery: Millis;
  /** Request line and header together. */
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** Stops listening and ends the connections that are open. A socket handed over by systemd stays with systemd. */
export interface Serving extends AsyncDisposable {
  /** Where it listens, for tests that let the system choose: a port, or the path of a unix socket. */
  readonly address: string | number;
}
