/** The version of SkyDNS that we are compatible with: what `-version` and `version.bind` say. */
export const version = '2.5.3a';
