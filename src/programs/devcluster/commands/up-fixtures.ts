import { OperatingError } from '../../../core/errors/define.ts';
import { ApiRefused } from '../../../core/errors/fleet-api.ts';
import { readClusters } from '../clusters.ts';
import { type Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import { type UpOptions, up } from './up.ts';

/** The code of the error with which it ends, or `none`. */
export const codeOf = async (running: Promise<unknown>): Promise<string> => {
  try {
    await running;
    return 'none';
  } catch (error) {
    if (error instanceof OperatingError) return error.code;
    throw error;
  }
};

/** Runs `up` on a desk of its own; the clusters are those of `before`. */
export const upOn = async (scratch: Scratch, options: UpOptions, before?: TestDesk): Promise<TestDesk> => {
  const desk = testDesk({ scratch, ...(before === undefined ? {} : { before }) });
  await up(desk, options);
  return desk;
};

export const machinesOf = async ({ docker }: TestDesk, name = 'lab') =>
  (await readClusters(docker)).find((cluster) => cluster.name === name)?.machines ?? [];
/** How many calls to the engine began so. */
export const counted = (desk: TestDesk, call: string): number =>
  desk.docker.calls.filter((made) => made.startsWith(call)).length;

/** The API refuses a call this many times, and then does it. @returns how often it has refused */
export const refuse = ({ fleet }: TestDesk, call: 'units' | 'putUnit' | 'setTarget', status: number, times: number) => {
  let count = 0;
  const refusing = () => {
    if (count >= times) return;
    count += 1;
    throw new ApiRefused({ status, message: 'not now', body: '' });
  };
  const usual = { units: fleet.units, putUnit: fleet.putUnit, setTarget: fleet.setTarget };
  Object.assign(fleet, {
    [call]: async (...facts: readonly never[]) => {
      refusing();
      return await Reflect.apply(usual[call], fleet, facts);
    },
  });
  return () => count;
};
