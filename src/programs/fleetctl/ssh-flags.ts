/** The flag of commands that may go to a machine. */
import { whole } from '../../core/base/settings.ts';

export const sshPort = whole(22, 'Port that SSH answers at on the machine.', {
  check: (port) => (port > 0 && port < 65_536 ? undefined : 'a port between 1 and 65535'),
});
