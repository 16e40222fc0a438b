/** What a machine says that it can do, in the keys of fleet's presence record. @see fleet.md 2.1 */

export interface Capabilities {
  /** Whether this fleetd may lead. */
  readonly engine: boolean;
}

/** As announced. gRPC between fleetds does not exist here. */
export const printCapabilities = ({ engine }: Capabilities): Readonly<Record<string, boolean>> => ({
  DISABLE_ENGINE: !engine,
  GRPC: false,
});

/** As read from an announcement; what is absent is allowed. */
export const parseCapabilities = (announced: Readonly<Record<string, boolean>>): Capabilities => ({
  engine: announced['DISABLE_ENGINE'] !== true,
});
