import { expect, it } from 'vitest';
import { measuredSizes, recordedSizes } from '../../hosting/sizes.js';

/** What a part may grow before somebody looks at it, and records what it takes now: npm run size -- --record */
const GROWTH = 1.05;

it('takes no more of the line than it may, and hardly more than when that was last recorded', async () => {
  const recorded = recordedSizes();
  const measured = await measuredSizes();
  expect(Object.keys(measured).sort()).toEqual(Object.keys(recorded).sort());
  const grown = Object.entries(measured).filter(([part, size]) => {
    const { most = 0, recorded: before = 0 } = recorded[part] ?? {};
    return size > most || size > before * GROWTH;
  });
  expect(Object.fromEntries(grown)).toEqual({});
}, 60_000);
