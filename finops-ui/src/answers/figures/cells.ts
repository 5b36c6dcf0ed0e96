import type { Figure, FigureCell, FigureColumn } from '../../wire/messages';
import { compareDecimals, isDecimal } from './decimal';

/** As the agents write numbers, months and days ("1 May 2026"): one page has one way to write them. */
export const LOCALE = 'en-GB';

const MONTH = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const DATE = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const MOST_DIGITS = { number: 6, percent: 2, tiny: 12 };

export const isNumeric = ({ type }: FigureColumn): boolean => ['money', 'number', 'percent'].includes(type);

/** A cell as text: a JSON number without an exponent. undefined where there is no value. Pure. */
export function cellText(cell: FigureCell | undefined): string | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined;
  if (typeof cell === 'string') return cell;
  return /e/.test(`${cell}`) ? cell.toFixed(20).replace(/\.?0+$/, '') : `${cell}`;
}

/** A column's heading, with what its cells leave out: the currency. Pure. */
export const columnHeading = ({ label, currency }: FigureColumn): string =>
  currency && !label.includes(currency) ? `${label} (${currency})` : label;

/**
 * Makes what writes a column's cells for people: money and numbers exactly as given, with as many digits after the
 * point in each row. Pure.
 */
export function cellWriter(
  column: FigureColumn,
  cells: readonly (FigureCell | undefined)[],
): (cell: FigureCell) => string {
  const digits = fractionDigits(column, cells);
  const percent = column.type === 'percent' ? '\u00a0%' : '';
  const number = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (cell) => {
    const text = cellText(cell) ?? '';
    if (isNumeric(column)) return isDecimal(text) ? `${number.format(text as `${number}`)}${percent}` : text;
    return isTime(column, text) ? writtenTime(text) : text;
  };
}

function fractionDigits(column: FigureColumn, cells: readonly (FigureCell | undefined)[]): number {
  const texts = cells.map(cellText).filter((text) => text !== undefined && isDecimal(text)) as string[];
  const given = Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length));
  const usual =
    column.type === 'money'
      ? currencyDigits(column.currency)
      : Math.min(given, column.type === 'percent' ? MOST_DIGITS.percent : MOST_DIGITS.number);
  // A price of 0.0001 is not nothing.
  const vanishes = texts.some((text) => Number(text) !== 0 && Math.abs(Number(text)) < 10 ** -usual / 2);
  return vanishes ? Math.min(given, MOST_DIGITS.tiny) : usual;
}

function currencyDigits(currency: string | undefined): number {
  if (!currency || !/^[A-Z]{3}$/.test(currency)) return 2;
  return new Intl.NumberFormat(LOCALE, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

const isTime = ({ type }: FigureColumn, text: string): boolean =>
  (type === 'month' && /^\d{4}-\d\d$/.test(text)) || (type === 'date' && /^\d{4}-\d\d-\d\d$/.test(text));

function writtenTime(text: string): string {
  const time = Date.parse(`${text}${text.length === 7 ? '-01' : ''}T00:00:00Z`);
  return Number.isNaN(time) ? text : (text.length === 7 ? MONTH : DATE).format(time);
}

export type Direction = 'ascending' | 'descending';

const COLLATOR = new Intl.Collator(LOCALE, { numeric: true, sensitivity: 'base' });

/**
 * Gives the order of a figure's rows by one column: numbers by their exact value, months and days by time, text as
 * dictionaries do; rows without a value last, either way; equals in the order they had. Pure.
 *
 * @returns the rows' indices
 */
export function rowOrder({ columns, rows }: Figure, key?: string, direction: Direction = 'ascending'): number[] {
  const order = rows.map((_, index) => index);
  const column = columns.find((one) => one.key === key);
  if (!column) return order;
  const texts = rows.map((row) => cellText(row[column.key]));
  const sign = direction === 'ascending' ? 1 : -1;
  return order.sort((a, b) => {
    const [one, other] = [texts[a], texts[b]];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return sign * compared(column, one, other);
  });
}

function compared(column: FigureColumn, one: string, other: string): number {
  if (!isNumeric(column))
    return ['month', 'date'].includes(column.type)
      ? one < other
        ? -1
        : Number(one > other)
      : COLLATOR.compare(one, other);
  if (isDecimal(one) && isDecimal(other)) return compareDecimals(one, other);
  return Number(isDecimal(other)) - Number(isDecimal(one));
}
