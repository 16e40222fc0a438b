/** The global units that every cluster runs: its DNS, and what fills it. */
import registrator from '../registrator/systemd/registrator.service';
import skydns from '../skydns/systemd/skydns.service';
import type { UnitText } from './cluster-files.ts';

/** What stands for the cluster's domain in the texts. */
const domainMark = '@DOMAIN@';

export const clusterUnits = (domain: string): readonly UnitText[] => [
  { name: 'registrator.service', text: registrator.replaceAll(domainMark, domain), target: 'launched' },
  { name: 'skydns.service', text: skydns.replaceAll(domainMark, domain), target: 'launched' },
];
