/** Sockets that HTTP is served on: handed over by systemd, or opened here. */

/** Answers one request; a body may stream for as long as it likes, and is cancelled when the client goes away. */
export type Handler = (request: Request) => Promise<Response>;

/** Stops listening and ends the connections that are open. A socket handed over by systemd stays with systemd. */
export interface Serving extends AsyncDisposable {
  /** Where it listens, for tests that let the system choose: a port, or the path of a unix socket. */
  readonly address: string | number;
}
