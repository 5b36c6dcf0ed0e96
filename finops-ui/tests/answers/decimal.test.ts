import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDecimals, isDecimal, sumOfDecimals } from '../../src/answers/figures/decimal';

const cents = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const written = (amount: bigint) => {
  const digits = `${amount < 0n ? -amount : amount}`.padStart(3, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

test('amounts of any size are compared to the cent', () => {
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      expect(Math.sign(compareDecimals(written(a), written(b)))).toBe(a < b ? -1 : Number(a > b));
    }),
  );
});

test('a sum loses no cent', () => {
  fc.assert(
    fc.property(fc.array(cents), (amounts) => {
      const sum = amounts.reduce((total, amount) => total + amount, 0n);
      expect(compareDecimals(sumOfDecimals(amounts.map(written)), written(sum))).toBe(0);
    }),
  );
});

test.each([
  ['1', '1.000', 0],
  ['-0', '0.00', 0],
  ['9', '10', -1],
  ['-9', '-10', 1],
  ['9007199254740993', '9007199254740992', 1],
])('%s and %s are compared as numbers', (one, other, order) => {
  expect(compareDecimals(one, other)).toBe(order);
});

test('only what the contract calls a decimal is one', () => {
  expect(['12.50', '-3', '0'].every(isDecimal)).toBe(true);
  expect(['', '1,200', '1e3', '+1', '.5', 'NaN', '٣', `1${'0'.repeat(1000)}`].some(isDecimal)).toBe(false);
});
