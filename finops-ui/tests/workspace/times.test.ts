import { expect, it } from 'vitest';
import { dayName, duration } from '../../src/workspace/status/times';

it.each([
  [-3, '0 s'],
  [12.9, '12 s'],
  [65, '1 min 5 s'],
  [3780, '1 h 3 min'],
])('puts %d seconds as %j', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

it('knows today and yesterday by the calendar, not by 24 hours', () => {
  const now = new Date(2026, 2, 30, 0, 10).getTime();
  const at = (...date: [number, number, number, number]) => new Date(...date).getTime() / 1000;
  expect(dayName(at(2026, 2, 30, 0), now)).toBe('Today');
  expect(dayName(at(2026, 2, 29, 23), now)).toBe('Yesterday');
  expect(dayName(at(2026, 2, 29, 0), now)).toBe('Yesterday');
  expect(dayName(at(2026, 2, 28, 23), now)).toMatch(/28/);
  expect(dayName(at(2025, 2, 28, 23), now)).toMatch(/2025/);
});
