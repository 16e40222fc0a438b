import { describe, expect, it } from 'vitest';
import { parseAnswers } from './dig.ts';
import { namesOfKey, parseUnits } from './running.ts';

describe('what systemctl shows of units', () => {
  it('is read into those that are active, with their environment and their commands', () => {
    const shown = [
      'Id=web.service\nActiveState=active\nEnvironment=SERVICE_NAME=web "GREETING=hello \\"you\\" there" SERVICE_PORT=80\nExecStart={ path=/usr/bin/python3 ; argv[]=/usr/bin/python3 -m http.server 80 ; ignore_errors=no ; start_time=[n/a] }',
      'Id=dead.service\nActiveState=inactive\nEnvironment=SERVICE_NAME=dead SERVICE_PORT=81\n',
    ].join('\n\n');
    expect(parseUnits(shown)).toEqual([
      {
        name: 'web.service',
        environment: ['SERVICE_NAME=web', 'GREETING=hello "you" there', 'SERVICE_PORT=80'],
        commands: [['/usr/bin/python3', '-m', 'http.server', '80']],
      },
    ]);
    expect(parseUnits('')).toEqual([]);
  });
});

it('a record has a name of its own, and one that it shares', () => {
  expect(namesOfKey('/skydns/dev/webapp/redis/redis-1')).toEqual(['redis-1.redis.webapp.dev', 'redis.webapp.dev']);
  expect(namesOfKey('/elsewhere/dev')).toEqual([]);
});

it('answers of dig are read, and its comments passed over', () => {
  expect(
    parseAnswers(';; ANSWER SECTION:\nRedis.webapp.dev.\t3600\tIN\tSRV\t10 100 6379 a.webapp.dev.\n\n;; done\n'),
  ).toEqual([{ name: 'redis.webapp.dev', ttl: 3600, type: 'SRV', value: '10 100 6379 a.webapp.dev.' }]);
});
