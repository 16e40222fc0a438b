import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';

const run = promisify(execFile);
const systemctl = async (...args: readonly string[]) => (await run('systemctl', args)).stdout.trim();
const unit = 'notifying.service';

afterEach(async () => {
  await run('systemctl', ['stop', unit]).catch(() => {});
});

it('a service is started once it has said so, and its status is told on', async () => {
  const folder = await mkdtemp('/run/notifying-');
  await writeFile(
    `${folder}/main.mts`,
    `import { systemdNotifier } from '/repo/src/ports/notifier/systemd.ts';
     import { writeFileSync } from 'node:fs';
     const notifier = systemdNotifier(process.env.NOTIFY_SOCKET, (why) => writeFileSync('${folder}/failed', why));
     writeFileSync('${folder}/begun', '');
     await notifier.tell('READY=1', 'STATUS=in the cluster as m1');
     await notifier.tell('STATUS=stopping its units');
     setInterval(() => {}, 1_000);`,
  );
  await writeFile(
    `/run/systemd/system/${unit}`,
    `[Service]\nType=notify\nNotifyAccess=all\nExecStart=${process.execPath} ${folder}/main.mts\n`,
  );
  await systemctl('daemon-reload');
  await systemctl('start', unit);
  await expect(readFile(`${folder}/begun`, 'utf8')).resolves.toBe('');
  const status = () => systemctl('show', '--property', 'StatusText', '--value', unit);
  while ((await status()) !== 'stopping its units') await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(readFile(`${folder}/failed`)).rejects.toThrow('ENOENT');
});
