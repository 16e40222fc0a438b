import { describe, expect, it } from 'vitest';
import { parsePath, prefixes } from './paths.ts';
import { type ResourceKind, requireMethod, routes } from './routes.ts';

const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'toString', '__proto__'];

describe.each(Object.entries(routes))('%s', (kind, { path, methods }) => {
  it('is found at its path, below both prefixes', () => {
    for (const prefix of prefixes)
      expect(parsePath(path.replace('/fleet/v1', prefix).replace('<name>', 'a.service'))?.kind).toBe(kind);
  });

  it('answers its methods and refuses all others', () => {
    for (const method of every) {
      const ask = () => requireMethod(kind as ResourceKind, method);
      if (methods.includes(method)) expect(ask).not.toThrow();
      else expect(ask).toThrow(expect.objectContaining({ status: kind === 'discovery' ? 400 : 405 }));
    }
  });
});

it.each<[ResourceKind, string]>([
  ['root', ''],
  ['discovery', 'only HTTP GET supported against this resource'],
  ['machines', 'only GET and PATCH supported against this resource'],
  ['units', 'only GET supported against this resource'],
  ['unit', 'only GET, PUT and DELETE supported against this resource'],
  ['states', 'only GET supported against this resource'],
  ['state', 'only GET supported against this resource'],
])('refuses a method on %s with %j, as fleet does', (kind, message) => {
  expect(() => requireMethod(kind, 'POST')).toThrow(expect.objectContaining({ message }));
});
