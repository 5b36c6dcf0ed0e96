import { expect, it } from 'vitest';
import { measuredDelivery, recordedDelivery } from '../../hosting/delivered.js';

/** What a part may grow before somebody looks at it, and records what it takes now: npm run size -- --record */
const GROWTH = 1.05;

it('is as large as it may be, hardly larger than recorded, and of the packages whose licences are listed', async () => {
  const { most, sizes, packages } = recordedDelivery();
  const delivered = await measuredDelivery();
  expect(Object.keys(delivered.sizes).sort()).toEqual(Object.keys(most).sort());
  const grown = Object.entries(delivered.sizes).filter(
    ([part, size]) => size > (most[part] ?? 0) || size > (sizes[part] ?? 0) * GROWTH,
  );
  expect(Object.fromEntries(grown)).toEqual({});
  expect(delivered.packages).toEqual(packages);
}, 60_000);
