/** A machine's running containers, as an observer sees them: what registrator needs, and no more. */

export interface Binding {
  /** Empty when the engine gave none. */
  readonly address: string;
  readonly port: number;
}

/** The facts of `docker inspect` that registration depends on. @see registrator.md 2 and 3 */
export interface ContainerFacts {
  /** The full 64-digit id. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** The image reference as given to `docker run`. */
  readonly image: string;
  readonly hostname: string;
  /** `NAME=value`, in order. */
  readonly environment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly networkMode: string;
  /** `port/protocol`, from the image and the command line. */
  readonly exposed: readonly string[];
  /** `port/protocol` to its bindings; null or empty when not published. */
  readonly published: Readonly<Record<string, readonly Binding[] | null>>;
  /** Address on the default bridge, else empty. */
  readonly bridgeAddress: string;
  /** Network name to address. */
  readonly networks: Readonly<Record<string, string>>;
  readonly running: boolean;
  readonly exitCode: number;
}

export interface ContainerEvent {
  readonly kind: 'start' | 'die';
  readonly id: string;
  /** Present on `die`. */
  readonly exitCode?: number;
}

export interface Containers {
  /** Ids of the running containers. @throws {ContainersUnreachable} */
  list(): Promise<readonly string[]>;
  /** @returns undefined when there is no such container (any more) */
  inspect(id: string): Promise<ContainerFacts | undefined>;
  /**
   * Start and die events, in order, buffered from the moment this resolves. The iteration ends when the engine closes
   * the stream or `stop` aborts.
   */
  events(stop: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
}
