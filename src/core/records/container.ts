/** A container as registration sees it: the facts of `docker inspect` that matter, and no more. @see registrator.md 2, 3 */

export interface Binding {
  /** Empty when the engine gave none. */
  readonly address: string;
  readonly port: number;
}

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
