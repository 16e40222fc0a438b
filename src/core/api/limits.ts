/** How much one request may ask for; beyond it is refused with a 400-class answer. */

/** A unit file as it is stored: etcd takes 1.5 MiB at once, and a transaction has more to carry than the file. */
export const unitFileBytes = 1024 * 1024;

/** Units in one batch. */
export const batchUnits = 1_000;

/** Operations in one PATCH: each is a write of its own. */
export const patchOperations = 1_000;

/** A machine's id, a key and a value together. */
export const metadataBytes = 64 * 1024;
