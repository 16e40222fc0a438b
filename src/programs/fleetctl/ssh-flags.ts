/** The flag of commands that may go to a machine. */
import { whole } from '../../core/base/settings.ts';

export const sshPort = whole(22, 'Port that SSH answers at on the machine.');
