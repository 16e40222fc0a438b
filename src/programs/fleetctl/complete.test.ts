import { describe, expect, it } from 'vitest';
import { ApiUnreachable } from '../../core/errors/fleet-api.ts';
import { ClientUnusable } from '../../core/errors/fleetctl.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { commands } from './commands/index.ts';
import { operands } from './complete.ts';
import { everywhere, hello, m1, m2, stage } from './fixtures.ts';
import { fleetctl } from './run.ts';
import { settings } from './settings.ts';

/** Units in every condition: idle, launched, loaded, global, and a template. */
async function busyStage() {
  const scene = stage();
  const { api, put } = scene;
  for (const name of ['idle.service', 'redis@.service', 'redis@1.service', 'waiting.service']) await put(name, hello);
  await put('everywhere.service', everywhere);
  await api.setTarget('redis@1.service' as never, 'launched');
  await api.setTarget('everywhere.service' as never, 'launched');
  await api.setTarget('waiting.service' as never, 'loaded');
  api.place('waiting.service', undefined, 'inactive');
  return scene;
}

/** What a shell is told when the cursor stands at the end of the line. */
async function complete(line: string, scene = stage()) {
  const { code, out, err } = await scene.run('__complete', '--', ...line.split(' '));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const [instructions, ...lines] = out.slice(0, -1).split('\n');
  return { instructions, words: lines.map((one) => one.split('\t')[0]), lines };
}

const words = async (line: string, scene = stage()) => (await complete(line, scene)).words;

describe('completion of commands and flags', () => {
  it('offers commands with what they do', async () => {
    expect((await complete('list-u')).lines).toEqual([
      'list-unit-files\tList the units that exist in the cluster',
      'list-units\tList the current state of units in the cluster',
    ]);
    expect(await words('')).toEqual(commands.map(({ name }) => name));
    expect(await words('--debug --endpoint http://a:1 wat')).toEqual(['watch']);
    expect(await words('help pl')).toEqual(['plan']);
    expect(await words('help plan ')).toEqual([]);
  });

  it('offers the flags of the command and of the program, in the spelling that was begun', async () => {
    expect(await words('list-units --f')).toEqual(['--full', '--fields=']);
    expect(await words('list-units -f')).toEqual(['-full', '-fields=']);
    expect(await words('--end')).toEqual(['--endpoint=']);
    expect((await words('list-units -')).length).toBe(Object.keys(settings).length + 5);
    expect(await words('start --si')).toEqual([]);
    expect(await words('list-units -- --f')).toEqual([]);
  });

  it('leaves the word open when only a value is missing', async () => {
    expect((await complete('list-units --fi')).instructions).toBe(':nospace');
    expect((await complete('list-units --f')).instructions).toBe(':');
  });

  it.each([
    ['list-units --fields=ma', ['--fields=machine']],
    ['list-units -fields=unit,ma', ['-fields=unit,machine']],
    ['list-units --fields unit,a', ['unit,active']],
    ['list-machines --fields ', ['machine', 'ip', 'metadata']],
    ['list-units -o ', ['table', 'json']],
    ['watch --output=', ['--output=text', '--output=json']],
    ['--driver ', ['API', 'etcd']],
    ['list-units --driver=e', ['--driver=etcd']],
    ['list-units --full=', ['--full=true', '--full=false']],
    ['list-units --endpoint ', []],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['completion bash ', []],
  ])('offers values: %s', async (line, offered) => {
    expect(await words(line)).toEqual(offered);
  });

  it.each([
    ['--key-file ', ':files'],
    ['list-units --ca-file=/etc', ':files'],
    ['submit ', ':unit-files'],
    ['start a.service ', ':unit-files'],
    ['fd-forward ', ':files'],
  ])('leaves files to the shell: %s', async (line, instructions) => {
    expect((await complete(line)).instructions).toBe(instructions);
  });

  it.each(['frobnicate ', 'list-units --colour ', '-v ', 'version '])(
    'has nothing to offer behind %s',
    async (line) => {
      expect(await complete(line)).toEqual({ instructions: ':', words: [], lines: [] });
    },
  );

  it('knows what every command is about', () => {
    expect(Object.keys(operands).sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  it('is no command, and nothing is shortened to it', async () => {
    expect(commands.map(({ name }) => name)).not.toContain('__complete');
    expect((await stage().run('help', '__complete')).code).toBe(2);
  });
});

describe('completion of what the cluster has', () => {
  it.each([
    ['cat ', ['everywhere.service', 'idle.service', 'redis@.service', 'redis@1.service', 'waiting.service']],
    ['cat idle.service ', []],
    ['dest redis', ['redis@.service', 'redis@1.service']],
    ['explain redis@1', ['redis@1.service']],
    ['destroy idle.service re', ['redis@.service', 'redis@1.service']],
    ['destroy redis@1 redis@1', []],
    ['status ', ['everywhere.service', 'redis@1.service']],
    ['journal ', ['redis@1.service']],
    ['stop ', ['everywhere.service', 'redis@1.service']],
    ['unload ', ['everywhere.service', 'redis@1.service', 'waiting.service']],
    ['restart ', ['everywhere.service', 'redis@1.service']],
    ['start ', ['idle.service', 'redis@', 'waiting.service']],
    ['load ', ['idle.service', 'redis@']],
    ['watch i', ['idle.service']],
    ['ssh --unit wa', ['waiting.service']],
    ['ssh --machine ', ['113f16a7', '85c0c595']],
    ['ssh 1', ['113f16a7']],
    ['ssh r', ['redis@1.service']],
    ['ssh 113f16a7 ', []],
  ])('offers units that the command can act on, and machines: %s', async (line, offered) => {
    expect(await words(line, await busyStage())).toEqual(offered);
  });

  it('tells what they are', async () => {
    const scene = await busyStage();
    expect((await complete('cat ', scene)).lines).toEqual([
      'everywhere.service\tlaunched, global',
      'idle.service\tinactive',
      'redis@.service\ttemplate',
      'redis@1.service\tlaunched on 113f16a7...',
      'waiting.service\tloaded',
    ]);
    expect((await complete('ssh -m ', scene)).lines).toEqual(['113f16a7\t172.17.8.103 purpose=services', '85c0c595\t']);
    expect((await complete('start redis@', scene)).instructions).toBe(':unit-files,nospace');
  });

  it('offers whole ids where eight digits name two machines', async () => {
    const scene = stage();
    scene.api.join(`113f16a7${'0'.repeat(24)}`);
    expect(await words('ssh -m 113', scene)).toEqual([`113f16a7${'0'.repeat(24)}`, m1]);
    expect(await words('ssh -m 8', scene)).toEqual([m2]);
  });

  it('asks the cluster that the line would talk to', async () => {
    const scene = await busyStage();
    await words('--tunnel 10.0.0.1 cat ', scene);
    await words('cat --endpoint=http://a:1 ', scene);
    expect(scene.wired.map(({ values }) => [values.tunnel, values.endpoint])).toEqual([
      ['10.0.0.1', 'unix:///var/run/fleet.sock'],
      ['', 'http://a:1'],
    ]);
  });

  it('is silent when nobody answers', async () => {
    const scene = await busyStage();
    scene.api.units = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
    expect(await complete('cat ', scene)).toMatchObject({ instructions: ':', words: [] });
  });

  it('waits a second and no longer', async () => {
    const scene = await busyStage();
    scene.api.units = () => new Promise(() => {});
    scene.api.machines = () => new Promise(() => {});
    const before = scene.clock.now();
    expect((await scene.runForLong('__complete', '--', 'ssh', '')).out).toBe(':\n');
    expect(scene.clock.now() - before).toBe(1_000);
  });

  it('completes commands and flags also where there is no way to a cluster', async () => {
    const io = captureIo();
    const wire = () => Promise.reject(new ClientUnusable({ why: 'URL scheme undefined', advice: '' }));
    const code = await fleetctl({ argv: ['__complete', '--', '--endpoint', 'x', 'list-m'], env: {}, io, wire });
    expect({ code, out: io.output(), err: io.errors() }).toEqual({
      code: 0,
      out: ':\nlist-machines\tEnumerate the current hosts in the cluster\n',
      err: '',
    });
  });
});
