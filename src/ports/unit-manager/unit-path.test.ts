import { expect, it } from 'vitest';
import { unitOfPath, unitPath } from './unit-path.ts';

it.each([
  ['a plain name', 'hello.service', 'hello_2eservice'],
  ['a dash and an at sign', 'foo-bar@1.service', 'foo_2dbar_401_2eservice'],
  ['a digit in front', '1st.service', '_31st_2eservice'],
  ['an underscore', 'a_b.service', 'a_5fb_2eservice'],
  ['a backslash', 'a\\x2d.mount', 'a_5cx2d_2emount'],
  ['a letter of two bytes', 'ä.service', '_c3_a4_2eservice'],
  ['nothing', '', '_'],
])('the object path of %s is escaped byte by byte', (_, name, label) => {
  const path = `/org/freedesktop/systemd1/unit/${label}`;
  expect(unitPath(name)).toBe(path);
  expect(unitOfPath(path)).toBe(name);
});

it('knows the path of something else', () => {
  expect(unitOfPath('/org/freedesktop/systemd1/job/1')).toBeUndefined();
});
