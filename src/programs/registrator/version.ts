/** The version of registrator that we are compatible with. */
export const version = 'v7.4.0';
