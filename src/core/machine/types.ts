/** A machine as its fleetd announces it. */

declare const brand: unique symbol;

/** The content of /etc/machine-id: 32 hex digits on real machines, any non-empty text in the registry. */
export type MachineId = string & { readonly [brand]: 'MachineId' };

export interface Machine {
  readonly id: MachineId;
  /** Empty when unknown. */
  readonly publicIp: string;
  /** Static metadata merged with what was set at run time; sorted by key wherever it is printed. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** The fleetd version. */
  readonly version: string;
}
