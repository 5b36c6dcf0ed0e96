/** A number as it is written: digits times ten to the power of minus `scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const DECIMAL = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d*))?$/;
const LONGEST = 400;

export const isDecimal = (text: string): boolean => text.length <= LONGEST && DECIMAL.test(text);

/**
 * Compares two decimal strings exactly, however long they are. Pure.
 *
 * @returns below, equal to or above 0, as sort functions do
 */
export function compareDecimals(one: string, other: string): number {
  const [a, b] = aligned([parsed(one), parsed(other)]);
  return a === b ? 0 : (a ?? 0n) < (b ?? 0n) ? -1 : 1;
}

/** Gives the exact sum of decimal strings, as one. Pure. */
export function sumOfDecimals(texts: readonly string[]): string {
  const decimals = texts.map(parsed);
  const scale = Math.max(0, ...decimals.map((one) => one.scale));
  const sum = aligned(decimals).reduce((total, digits) => total + digits, 0n);
  const sign = sum < 0n ? '-' : '';
  const digits = `${sum < 0n ? -sum : sum}`.padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${sign}${whole}${scale ? `.${digits.slice(-scale)}` : ''}`;
}

function parsed(text: string): Decimal {
  const { sign = '', whole = '0', fraction = '' } = DECIMAL.exec(text)?.groups ?? {};
  return { digits: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}

function aligned(decimals: readonly Decimal[]): bigint[] {
  const scale = Math.max(0, ...decimals.map((one) => one.scale));
  return decimals.map((one) => one.digits * 10n ** BigInt(scale - one.scale));
}
