/** The flags of commands that wait. @see fleet.md 7.3 */
import { whole, yesNo } from '../../core/base/settings.ts';

export const blockAttempts = whole(0, 'How often to wait two seconds before giving up; 0 waits for ever.');
export const noBlock = yesNo(false, 'Do not wait.');
export const replace = yesNo(false, 'Replace units that differ from the file here.');
/** Once meant signed units. */
export const sign = yesNo(false, 'Ignored.');

export const noUnitsGiven = 'No units given';
