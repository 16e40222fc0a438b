/** Whatever is sent to the API, over a real socket: no answer blames the server, nothing is logged as our failure. */
import { expect, it } from 'vitest';
import { type Choices, seeded, seeds } from '../../../core/base/choices.ts';
import { ms } from '../../../core/base/time.ts';
import { isUnitName } from '../../../core/unit/index.ts';
import { serving, talk } from '../../../ports/sockets/fixtures.ts';
import { TestCluster } from '../fixtures.ts';
import { apiRejection } from './handler.ts';

const methods = [
  'GET',
  'GET',
  'PUT',
  'PUT',
  'DELETE',
  'PATCH',
  'POST',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'get',
  'BREW',
  '',
];
const segments = [
  ...[
    'fleet',
    'v1',
    'v1-alpha',
    'units',
    'state',
    'machines',
    'discovery',
    'batch',
    'metrics',
    'a.service',
    'a@.service',
  ],
  ...[
    'a%401.service',
    'a\\x2d.service',
    '',
    '.',
    '..',
    '%2e%2e',
    '%00',
    '%ff',
    '%',
    '%zz',
    '%2F',
    '*',
    'http:',
    ' ',
    '\0',
    '\xff',
    '#',
    '__proto__',
    'constructor',
    'x'.repeat(300),
  ],
];
const parameters = ['nextPageToken', 'unitName', 'machineID', 'alt', '__proto__', ''];
const values = ['', 'ZAACAA==', 'ZAACAA%3D%3D', 'ZAD//w==', 'a.service', 'json', '%', '%00', '..', 'A'.repeat(1_000)];
const headers = [
  ...[
    'Host: x',
    'Host: x',
    'Host: x',
    'Host: y',
    'Content-Type: application/json',
    'Content-Type: application/json',
    'Content-Type: a,b',
    'content-type:',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: 99999999999',
    'Content-Length: -1',
    'Expect: 100-continue',
    'Expect: x',
  ],
  ...[
    'Connection: close',
    'Connection: keep-alive',
    'Connection: Upgrade',
    'Upgrade: h2c',
    ': x',
    'A',
    'A: \0',
    'A: \xff',
    ' folded',
    `A: ${'b'.repeat(9_000)}`,
  ],
];
const scalars = [
  'null',
  'true',
  '1e999',
  '-1',
  '""',
  '"a.service"',
  '"running"',
  '"\\u0000"',
  '"\\ud800"',
  '"\xff"',
  '"a\\\\"',
  '"b\\nc"',
  '"[X]"',
  '"add"',
  '"remove"',
  '"/m/metadata/k"',
  '"A]\\n[X-Fleet"',
  `"${'x'.repeat(3_000)}"`,
];
const keys = [
  'name',
  'options',
  'desiredState',
  'units',
  'section',
  'value',
  'VALUE',
  'op',
  'path',
  '__proto__',
  'toString',
  '',
];

const some = (choices: Choices, most: number, one: () => string): string[] =>
  Array.from({ length: choices.below(most + 1) }, one);

function aTarget(choices: Choices): string {
  const known = [
    '/fleet/v1/units',
    '/fleet/v1/units/',
    '/fleet/v1/state',
    '/fleet/v1/machines',
    '/v1-alpha/units/',
    '/fleet/v1/batch',
    '',
  ];
  const path = choices.oneOf(known) + some(choices, 2, () => choices.oneOf(segments)).join('/');
  const query = some(
    choices,
    3,
    () => `${choices.oneOf(parameters)}${choices.oneOf(['=', '', '=='])}${choices.oneOf(values)}`,
  );
  return query.length === 0 ? path : `${path}?${query.join(choices.oneOf(['&', ';', '&&']))}`;
}

function aValue(choices: Choices, depth: number): string {
  if (depth === 0 || choices.chance(1, 3)) return choices.oneOf(scalars);
  if (choices.chance(1, 2)) return `[${some(choices, 3, () => aValue(choices, depth - 1)).join(',')}]`;
  return `{${some(choices, 4, () => `"${choices.oneOf(keys)}":${aValue(choices, depth - 1)}`).join(',')}}`;
}

interface Sent {
  readonly line: string;
  readonly body: string;
}

/** Shaped as the API wants it, so that the rubbish gets to where values are used. */
function aMeantRequest(choices: Choices): Sent {
  const strange = () => choices.chance(1, 6);
  const text = (...good: readonly string[]) =>
    strange() ? choices.oneOf(scalars) : JSON.stringify(choices.oneOf(good));
  const name = () =>
    strange() ? choices.oneOf(segments) : choices.oneOf(['a.service', 'b@1.service', 'b@.service', 'c.timer']);
  const option = () =>
    `{"section":${text('Service', 'X-Fleet', 'Unit')},"name":${text('ExecStart', 'Conflicts', 'MachineID', 'Global')},"value":${text('x', 'a.service', '*', 'true', 'a\\')}}`;
  const options = () => `[${some(choices, 4, option).join(',')}]`;
  const state = () => text('inactive', 'loaded', 'launched');
  const unit = () =>
    `{"name":${text('', '', 'a.service')},"desiredState":${state()},"options":${strange() ? 'null' : options()}}`;
  const named = () =>
    `{"name":${text('a.service', 'b@.service', 'c.timer')},"desiredState":${state()},"options":${options()}}`;
  const value = () => choices.oneOf([text('v', ''), `{"Value":${text('v')}}`]);
  const operation = () =>
    `{"op":${text('add', 'remove', 'replace')},"path":${text('/m1/metadata/k', '/m2/metadata/9')},"value":${value()}}`;
  const prefix = choices.oneOf(['/fleet/v1', '/v1-alpha']);
  const query = some(choices, 2, () => `${choices.oneOf(parameters)}=${choices.oneOf(values)}`).join('&');
  return choices.oneOf<() => Sent>([
    () => ({ line: `PUT ${prefix}/units/${name()}?alt=json`, body: unit() }),
    () => ({ line: `PUT ${prefix}/units/${name()}`, body: unit() }),
    () => ({ line: `POST ${prefix}/batch`, body: `{"units":[${some(choices, 5, named).join(',')}]}` }),
    () => ({ line: `PATCH ${prefix}/machines`, body: `[${some(choices, 5, operation).join(',')}]` }),
    () => ({ line: `DELETE ${prefix}/units/${name()}`, body: '' }),
    () => ({ line: `GET ${prefix}/${choices.oneOf(['units', 'state', 'machines'])}?${query}`, body: '' }),
    () => ({ line: `GET ${prefix}/${choices.oneOf(['units', 'state'])}/${name()}`, body: '' }),
    () => ({ line: 'GET /metrics', body: '' }),
  ])();
}

function aRequest(choices: Choices): string {
  const meant = choices.chance(1, 2);
  const sent = meant
    ? aMeantRequest(choices)
    : { line: `${choices.oneOf(methods)} ${aTarget(choices)}`, body: choices.chance(1, 2) ? aValue(choices, 4) : '' };
  const version = meant ? '1.1' : choices.oneOf(['1.1', '1.1', '1.0', '2.0', '0.9', '']);
  const sound = ['Host: x', 'Content-Type: application/json', `Content-Length: ${sent.body.length}`];
  const lines = meant || choices.chance(1, 2) ? sound : some(choices, 5, () => choices.oneOf(headers));
  const request = `${sent.line} HTTP/${version}\r\n${lines.map((text) => `${text}\r\n`).join('')}\r\n${sent.body}`;
  return choices.chance(1, 10) ? mutated(choices, request) : request;
}

/** A few bytes changed, taken out or put in. */
function mutated(choices: Choices, text: string): string {
  const bytes = [...text];
  for (let times = 1 + choices.below(4); times > 0 && bytes.length > 0; times--) {
    const put = choices.chance(1, 2) ? [String.fromCharCode(choices.below(256))] : [];
    bytes.splice(choices.below(bytes.length), choices.below(3), ...put);
  }
  return bytes.join('');
}

const limits = { headerWithin: ms(300), requestWithin: ms(300), lookEvery: ms(50), idleFor: ms(50) };

it.each(seeds(40))('nothing that is sent is our fault (seed %i)', async (seed) => {
  const choices = seeded(seed);
  await using cluster = new TestCluster();
  const { api, log, registry } = cluster.start('m1');
  await using server = await serving(api, { reject: apiRejection, limits });
  const conversations = Array.from({ length: 12 }, () => some(choices, 3, () => aRequest(choices)).join(''));
  const answers = await Promise.all(
    conversations.map((bytes) => talk(server.path, Buffer.from(bytes, 'latin1'), (socket) => socket.end())),
  );
  for (const [at, answer] of answers.entries()) {
    expect(answer, JSON.stringify(conversations[at])).not.toMatch(/(^|\r\n)HTTP\/1.1 5/);
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1.1 [1-4]\d\d /);
  }
  expect(server.failures).toEqual([]);
  expect(log.events.filter(({ event }) => event === 'Failed answering a request:')).toEqual([]);
  // What got through can be read again.
  const { units } = await registry.read();
  expect(units.every(({ name }) => isUnitName(name))).toBe(true);
  const alive = await talk(server.path, 'GET /fleet/v1/units HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(alive).toMatch(/^HTTP\/1.1 200 OK\r\n/);
});
