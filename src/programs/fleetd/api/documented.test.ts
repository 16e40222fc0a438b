/** `docs/api.md` says what the router, the limits and the metrics say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as limits from '../../../core/api/limits.ts';
import { routes } from '../../../core/api/routes.ts';
import { usualLimits } from '../../../ports/sockets/serve.ts';
import { call, TestCluster } from '../fixtures.ts';

const document = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8');

/** The rows of the table below a heading, their cells without the marks of code. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = document.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const rows = own.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

it('documents every route, and no other', () => {
  const documented = tableBelow('Resources').map(([method, path]) => `${method} ${path}`);
  const routed = Object.values(routes).flatMap(({ path, methods }) => methods.map((method) => `${method} ${path}`));
  expect(documented.toSorted()).toEqual(routed.toSorted());
});

it('documents routes that are there, with the methods they have', async () => {
  await using cluster = new TestCluster();
  const { api } = cluster.start('m1');
  for (const [method = '', path = ''] of tableBelow('Resources')) {
    const response = await call(api, method, path.replace('<name>', 'none.service'));
    expect([200, 204, 400, 404, 415], `${method} ${path}`).toContain(response.status);
    await response.body?.cancel();
  }
});

it('documents the limits as they are', () => {
  const most = Object.fromEntries(tableBelow('Limits').map(([what = '', limit]) => [what, limit]));
  expect(most).toEqual({
    'request line and header': `${usualLimits.headerBytes / 1024} KiB`,
    body: `${usualLimits.bodyBytes / 1024 ** 2} MiB`,
    'a unit file as it is stored': `${limits.unitFileBytes / 1024 ** 2} MiB`,
    'units in a batch': limits.batchUnits.toLocaleString('en'),
    'operations in a PATCH': limits.patchOperations.toLocaleString('en'),
    'machine id, key and value of one operation together': `${limits.metadataBytes / 1024} KiB`,
    'time for a header to arrive': `${usualLimits.headerWithin / 1_000} s`,
    'time for a whole request to arrive': `${usualLimits.requestWithin / 1_000} s`,
    'a connection without a request': `${usualLimits.idleFor / 60_000} min`,
  });
});

it('documents every metric with its type', async () => {
  await using cluster = new TestCluster();
  const text = await (await call(cluster.start('m1').api, 'GET', '/metrics')).text();
  const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(
    tableBelow('Metrics')
      .map(([name, type]) => `${name} ${type}`)
      .toSorted(),
  ).toEqual(told.toSorted());
});

it('shows requests that work', async () => {
  await using cluster = new TestCluster();
  const { api } = cluster.start('m1');
  const [, unit = '', path = ''] = /-d '(.*)' \\\n {2}http:\/\/fleet(\S+)/.exec(document) ?? [];
  expect((await call(api, 'PUT', path, JSON.parse(unit))).status).toBe(201);
  const [, operations = ''] = /^```json\n(\[[\s\S]*?)^```/m.exec(document) ?? [];
  const patch = JSON.parse(operations.replaceAll('<machine-id>', 'm1'));
  expect((await call(api, 'PATCH', '/fleet/v1/machines', patch)).status).toBe(204);
});
