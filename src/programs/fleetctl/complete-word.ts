/** What shells call fleetctl with when somebody presses TAB: no command, so that none loses an abbreviation to it. */
export const completeWord = '__complete';
