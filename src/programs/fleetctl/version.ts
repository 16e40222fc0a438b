/** The version of fleet that we are a drop-in for, as `fleetctl version` tells it. */
export const version = '1.0.0';
