import { describe, expect, it } from 'vitest';
import { type Choices, everyChoice } from '../base/choices.ts';
import { containerName, machineName } from './names.ts';
import { dependsOnQuorum, type Given, type Plan, plan } from './plan.ts';
import type { PresentCluster, PresentMachine } from './present.ts';
import { clusterSpec } from './spec.ts';
import type { ClusterName, ClusterSpec } from './types.ts';

const lab = 'lab' as ClusterName;
const image = 'sha256:today';

const wanting = (machines: number, more: Partial<ClusterSpec> = {}): ClusterSpec => ({
  ...clusterSpec(lab, { flags: { machines, metadata: new Map() } }),
  ...more,
});

const machine = (index: number, state = 'running', spec = wanting(3)): PresentMachine => ({
  index,
  name: machineName(index),
  container: containerName(lab, index),
  image: 'node',
  imageId: image,
  state,
  address: `172.17.8.${100 + index}`,
  sshPort: 2221 + index,
  hostKey: '',
  spec,
});

const there = (machines: readonly PresentMachine[], founders = 3, network: string | undefined = 'net') =>
  ({
    name: lab,
    origin: { subnet: '172.17.8.0/24', token: 'token', founders },
    network,
    machines,
    lock: undefined,
  }) satisfies PresentCluster;

const planFor = (wanted: ClusterSpec, present: PresentCluster | undefined, more: Partial<Given> = {}): Plan =>
  plan({ wanted, present, imageId: image, quorum: true, consent: { remove: false, recreate: false }, ...more });

const words = ({ steps }: Plan): string[] =>
  steps.map((step) =>
    'index' in step ? `${step.kind} ${step.index}${'etcd' in step ? ` ${step.etcd}` : ''}` : step.kind,
  );

describe('a plan', () => {
  it('makes a network and founds a cluster where there is nothing', () => {
    expect(words(planFor(wanting(3), undefined))).toEqual([
      'create-network',
      'create-machine 1 found',
      'create-machine 2 found',
      'create-machine 3 found',
    ]);
  });

  it('has no steps when everything runs', () => {
    expect(planFor(wanting(3), there([machine(1), machine(2), machine(3)]))).toEqual({
      steps: [],
      needs: [],
      outdated: [],
    });
  });

  it('starts what is stopped and resumes what is paused', () => {
    const present = there([machine(1, 'exited'), machine(2, 'paused'), machine(3)]);
    expect(words(planFor(wanting(3), present))).toEqual(['start-machine 1', 'resume-machine 2']);
  });

  it('lets a new machine join those that run', () => {
    const present = there([machine(1), machine(2), machine(3)]);
    expect(words(planFor(wanting(4), present))).toEqual(['create-machine 4 join']);
  });

  it('asks before it removes machines that are not wanted any more', () => {
    const present = there([machine(1), machine(2), machine(3)]);
    const without = planFor(wanting(1), present);
    expect(without.steps).toEqual([]);
    expect(without.needs).toEqual([{ kind: 'remove', machines: ['core-02', 'core-03'] }]);
    const agreed = planFor(wanting(1), present, { consent: { remove: true, recreate: false } });
    expect(words(agreed)).toEqual(['remove-machine 2', 'remove-machine 3']);
    expect(agreed.needs).toEqual([]);
  });

  it.each([
    ['metadata', wanting(3, { machines: wanting(3).machines.map((one) => ({ ...one, metadata: { a: 'b' } })) })],
    ['domain', wanting(3, { domain: 'other.test' })],
    ['folders', wanting(3, { folders: [{ from: '/a', to: '/code' }] })],
    ['images', wanting(3, { images: [{ reference: 'redis:2.8' }] })],
  ])('asks before it makes machines again whose %s changed', (part, wanted) => {
    const present = there([machine(1), machine(2, 'exited'), machine(3)]);
    const without = planFor(wanted, present);
    expect(without.needs).toEqual([
      {
        kind: 'recreate',
        machines: [1, 2, 3].map((index) => ({ name: machineName(index), because: `changed: ${part}` })),
      },
    ]);
    const agreed = planFor(wanted, present, { consent: { remove: false, recreate: true } });
    expect(words(agreed)).toEqual(['recreate-machine 1', 'recreate-machine 2', 'recreate-machine 3']);
  });

  it('asks before it starts over in another subnet', () => {
    const present = there([machine(1)], 1);
    const wanted = wanting(1, { subnet: '10.200.1.0/24' });
    expect(planFor(wanted, present).needs).toMatchObject([{ kind: 'start-over' }]);
    const agreed = planFor(wanted, present, { consent: { remove: false, recreate: true } });
    expect(words(agreed)).toEqual(['clear', 'create-network', 'create-machine 1 found']);
  });

  it('tells of machines from an older image, and leaves them alone', () => {
    const present = there([machine(1), { ...machine(2), imageId: 'sha256:old' }, machine(3)]);
    expect(planFor(wanting(3), present)).toEqual({ steps: [], needs: [], outdated: ['core-02'] });
  });
});

describe('a plan after an interrupted up', () => {
  it('replaces containers that never ran', () => {
    const present = there([machine(1), machine(2), machine(3, 'created')]);
    expect(words(planFor(wanting(3), present))).toEqual(['remove-machine 3', 'create-machine 3 join']);
  });

  it('clears a network without machines and begins again', () => {
    expect(words(planFor(wanting(1), there([])))).toEqual(['clear', 'create-network', 'create-machine 1 found']);
    expect(words(planFor(wanting(1), there([machine(1, 'created')])))).toEqual([
      'clear',
      'create-network',
      'create-machine 1 found',
    ]);
  });

  it('lets missing founders found, when those that are there cannot alone', () => {
    const present = there([machine(1)]);
    expect(dependsOnQuorum(present)).toBe(true);
    expect(words(planFor(wanting(4), present, { quorum: false }))).toEqual([
      'create-machine 2 found',
      'create-machine 3 found',
      'create-machine 4 join',
    ]);
  });

  it('lets them join, when the cluster turns out to work without them', () => {
    expect(words(planFor(wanting(2), there([machine(1)]), { quorum: true }))).toEqual(['create-machine 2 join']);
  });

  it('asks before it starts over, when too few founders are wanted to ever form a quorum', () => {
    const present = there([machine(1)]);
    expect(planFor(wanting(1), present, { quorum: false }).needs).toMatchObject([{ kind: 'start-over' }]);
    expect(planFor(wanting(1), present, { quorum: true })).toMatchObject({ steps: [], needs: [] });
  });

  it('makes machines again whose network is gone, if that is agreed to', () => {
    const present = { ...there([machine(1, 'exited')], 1), network: undefined };
    expect(planFor(wanting(1), present).needs).toMatchObject([{ kind: 'recreate' }]);
    const agreed = planFor(wanting(1), present, { consent: { remove: false, recreate: true } });
    expect(words(agreed)).toEqual(['create-network', 'recreate-machine 1']);
  });
});

/** Every cluster of up to three machines in every state, against every wish for one to three machines. */
const anyGiven = (choices: Choices): Given => {
  const founders = 1 + choices.below(3);
  const states = ['missing', 'created', 'running', 'exited', 'dead'];
  const machines = [1, 2, 3].flatMap((index) => {
    const state = choices.oneOf(states);
    return state === 'missing' ? [] : [{ ...machine(index, state), spec: wanting(3) }];
  });
  return {
    wanted: wanting(1 + choices.below(3)),
    present: there(machines, founders),
    imageId: image,
    quorum: choices.oneOf([true, false]),
    consent: { remove: choices.oneOf([true, false]), recreate: choices.oneOf([true, false]) },
  };
};

/** The cluster as it is when every step was taken. */
function after({ wanted, present }: Given, { steps }: Plan): PresentCluster {
  let machines = [...(present?.machines ?? [])];
  let founders = present?.origin?.founders ?? 0;
  for (const step of steps) {
    if (step.kind === 'clear') {
      machines = [];
      founders = wanted.machines.length;
    }
    if (!('index' in step)) continue;
    machines = machines.filter(({ index }) => index !== step.index);
    if (step.kind !== 'remove-machine') machines.push(machine(step.index));
  }
  return there(
    machines.toSorted((a, b) => a.index - b.index),
    founders,
  );
}

/** Told only when it is broken: tens of thousands of cases hold it. */
const holds = (isTrue: boolean, about: object): void => {
  if (!isTrue) throw new Error(JSON.stringify(about, undefined, 1));
};

describe('in every small cluster', () => {
  it('a plan that was carried out leaves nothing to do, or says what it needs', () => {
    const law = (choices: Choices): void => {
      const given = anyGiven(choices);
      const first = plan(given);
      // Carried out in full, it leads to a quorum; what waits for consent changes nothing about it.
      const quorum = first.needs.length === 0 || given.quorum;
      const second = plan({ ...given, present: after(given, first), quorum });
      holds(second.steps.length === 0, { given, first, second });
      holds(second.needs.length <= first.needs.length, { given, first, second });
    };
    expect(everyChoice(law)).toBeGreaterThan(1_000);
  });

  it('nothing that ever ran is lost without consent', () => {
    everyChoice((choices) => {
      const given = anyGiven(choices);
      const { consent } = given;
      const ran = (index: number): boolean =>
        given.present?.machines.some((one) => one.index === index && ['running', 'exited'].includes(one.state)) ??
        false;
      for (const step of plan(given).steps) {
        if (step.kind === 'remove-machine' && ran(step.index)) holds(consent.remove, { given, step });
        if (step.kind === 'recreate-machine') holds(consent.recreate, { given, step });
        if (step.kind === 'clear' && [1, 2, 3].some(ran)) holds(consent.recreate, { given, step });
      }
    });
  });

  it('no machine is touched twice but to replace one that never ran', () => {
    everyChoice((choices) => {
      const given = anyGiven(choices);
      const { steps } = plan(given);
      for (const index of [1, 2, 3]) {
        const own = steps.filter((step) => 'index' in step && step.index === index).map(({ kind }) => kind);
        const replaces = own.length === 2 && own[0] === 'remove-machine' && own[1] === 'create-machine';
        holds(own.length < 2 || replaces, { given, steps });
      }
    });
  });
});
