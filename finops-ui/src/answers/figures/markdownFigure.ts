import type { Figure, FigureColumn, FigureRow } from '../../wire/messages';

const NUMBER = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/;
const SYMBOLS: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR' };
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
const TOTAL = /^(?:(?:grand )?total|sum):?$/i;
// How people write that there is no value.
const NONE = /^(?:|[-–—]|n\/a)$/i;

type Read = { readonly type: FigureColumn['type']; readonly value: string; readonly currency?: string };

/**
 * Reads a markdown table's texts as a figure, so that it can be sorted and kept as a file as others can: a column is
 * of money if all its cells are amounts of one currency, of numbers if all are, and so on; otherwise it is text. Pure.
 */
export function markdownFigure(
  title: string,
  headings: readonly string[],
  lines: readonly (readonly string[])[],
): Figure {
  const last = lines.at(-1);
  const total = lines.length > 1 && last && TOTAL.test(last[0]?.trim() ?? '') ? last : undefined;
  const body = total ? lines.slice(0, -1) : lines;
  const columns = headings.map((heading, index) =>
    columnOf(
      heading,
      index,
      body.map((line) => line[index] ?? ''),
    ),
  );
  const row = (line: readonly string[]): FigureRow =>
    Object.fromEntries(columns.map((column, index) => [column.key, cellOf(column, line[index] ?? '')]));
  return {
    title,
    columns: columns as [FigureColumn, ...FigureColumn[]],
    rows: body.map(row),
    ...(total && { total: row(total) }),
    ...chartOf(columns, body.map(row)),
  };
}

function columnOf(heading: string, index: number, texts: readonly string[]): FigureColumn {
  const key = `column${index}`;
  const named = /^(?<label>.*\S) \((?<currency>[A-Z]{3})\)$/.exec(heading)?.groups;
  const reads = texts
    .map((text) => text.trim())
    .filter((text) => !NONE.test(text))
    .map(read);
  const types = new Set(reads.map((one) => one.type));
  const type = types.size === 1 ? (reads[0]?.type ?? 'text') : 'text';
  if (type === 'number' && named?.label && CURRENCIES.has(named.currency ?? ''))
    return { key, label: named.label, type: 'money', currency: named.currency ?? '' };
  if (type !== 'money') return { key, label: heading, type };
  const currencies = new Set(reads.map((one) => one.currency));
  const [currency = ''] = currencies;
  return currencies.size === 1 ? { key, label: heading, type, currency } : { key, label: heading, type: 'text' };
}

function cellOf(column: FigureColumn, text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (column.type === 'text') return trimmed;
  const { type, value } = read(trimmed);
  if (type === column.type || (column.type === 'money' && type === 'number')) return value;
  // A dash, or a word in a total: no value of this column.
  return column.type === 'month' || column.type === 'date' ? trimmed : null;
}

function read(text: string): Read {
  const plain = text.replaceAll('−', '-').replaceAll('\u00a0', ' ');
  if (NUMBER.test(plain)) return { type: 'number', value: decimal(plain) };
  const percent = /^(?<number>\S+) ?%$/.exec(plain)?.groups?.number;
  if (percent && NUMBER.test(percent)) return { type: 'percent', value: decimal(percent) };
  const money =
    /^(?<sign>[+-]?)(?<currency>[A-Z]{3}|[$€£¥₹]) ?(?<number>[+-]?[\d.,]+)$/.exec(plain)?.groups ??
    /^(?<number>[+-]?[\d.,]+) ?(?<currency>[A-Z]{3}|[$€£¥₹])$/.exec(plain)?.groups;
  const amount = `${money?.sign ?? ''}${money?.number ?? ''}`;
  const currency = SYMBOLS[money?.currency ?? ''] ?? money?.currency;
  if (currency && CURRENCIES.has(currency) && NUMBER.test(amount))
    return { type: 'money', value: decimal(amount), currency };
  if (/^\d{4}-\d\d-\d\d$/.test(plain)) return { type: 'date', value: plain };
  const month = /^(?<name>[A-Z][a-z]+) (?<year>\d{4})$/.exec(plain)?.groups;
  const number = MONTHS.indexOf(month?.name ?? '') + 1;
  if (number) return { type: 'month', value: `${month?.year}-${String(number).padStart(2, '0')}` };
  return { type: /^\d{4}-\d\d$/.test(plain) ? 'month' : 'text', value: text };
}

const decimal = (text: string): string => text.replaceAll(',', '').replace('+', '');

/** A chart of the first amounts over the first column of names or times, if those are in order and none comes twice. */
function chartOf(columns: readonly FigureColumn[], rows: readonly FigureRow[]): Pick<Figure, 'chart'> {
  const x = columns.find(({ type }) => ['text', 'month', 'date'].includes(type));
  const y = columns.find(({ type }) => type === 'money');
  if (!x || !y || rows.length < 2) return {};
  const names = rows.map((row) => `${row[x.key]}`);
  const isInOrder = x.type === 'text' || names.every((name, index) => index === 0 || name > (names[index - 1] ?? ''));
  if (!isInOrder || new Set(names).size < names.length) return {};
  return { chart: { kind: x.type === 'text' ? 'bar' : 'line', x: x.key, y: y.key } };
}
