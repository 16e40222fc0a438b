/** The machine that a program runs on: who it is and where it is reached. */
import type { MachineId } from '../../core/machine/types.ts';

export interface LocalMachine {
  /** @throws {MachineIdUnknown} */
  id(): Promise<MachineId>;
  /**
   * The same text for every process of one boot of the machine, and another after the next boot. The kernel's own boot
   * id does not serve, since containers share it with their host.
   *
   * @throws {BootTokenUnusable}
   */
  bootToken(): Promise<string>;
  /** The address that the default route leaves from; empty when there is none. */
  publicIp(): Promise<string>;
}
