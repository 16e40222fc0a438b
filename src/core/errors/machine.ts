/** What can be wrong with a machine's description of itself. */
import { defineError } from './define.ts';

/** @see fleet.md 8.4 */
export const MachineIdInvalid = defineError<{ text: string }>({
  code: 'MACHINE_ID_INVALID',
  status: 400,
  message: ({ text }) =>
    text === '' ? 'unable to determine local machine ID' : `invalid machine ID ${JSON.stringify(text)}`,
  remedy: () => 'Give the machine an id: systemd-machine-id-setup writes /etc/machine-id.',
});
