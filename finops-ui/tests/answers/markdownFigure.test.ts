import { expect, test } from 'vitest';
import { markdownFigure } from '../../src/answers/figures/markdownFigure';
import { placedFigures } from '../../src/answers/figures/placedFigures';
import type { Figure } from '../../src/wire/messages';

const read = (headings: string[], ...lines: string[][]) => markdownFigure('', headings, lines);

test('a column is of money, percent, numbers or months if all its cells are', () => {
  const { columns, rows, total } = read(
    ['Month', 'Cost (USD)', 'Paid', 'Share', 'Requests', 'Note'],
    ['May 2026', '1,204.50', '$1,204.50', '+41 %', '1,200', 'a'],
    ['June 2026', '-80.00', '-$80.00', '−2 %', '', '7'],
    ['Total', '1,124.50', '', '', '', ''],
  );
  expect(columns.map(({ type, label, currency }) => [type, label, currency])).toEqual([
    ['month', 'Month', undefined],
    ['money', 'Cost', 'USD'],
    ['money', 'Paid', 'USD'],
    ['percent', 'Share', undefined],
    ['number', 'Requests', undefined],
    ['text', 'Note', undefined],
  ]);
  expect(rows.map((row) => Object.values(row))).toEqual([
    ['2026-05', '1204.50', '1204.50', '41', '1200', 'a'],
    ['2026-06', '-80.00', '-80.00', '-2', null, '7'],
  ]);
  expect(total?.column0).toBe('Total');
  expect(total?.column1).toBe('1124.50');
});

test('two currencies in one column are text, and draw no chart', () => {
  const { columns, chart } = read(['Team', 'Cost'], ['a', '5 USD'], ['b', '5 EUR']);
  expect(columns[1]?.type).toBe('text');
  expect(chart).toBeUndefined();
});

test.each(['1.234,50', '12,34', '1e5', '(12.00)', '5 of 7'])('%s is no number', (text) => {
  expect(read(['Team', 'x'], ['a', text], ['b', '5']).columns[1]?.type).toBe('text');
});

test('a chart is of the first amounts, over time as a line', () => {
  expect(read(['Team', 'n', 'Cost'], ['a', '1', '$5'], ['b', '2', '$6']).chart).toEqual({
    kind: 'bar',
    x: 'column0',
    y: 'column2',
  });
  expect(read(['Month', 'Cost'], ['2026-05', '$1'], ['2026-06', '$2']).chart?.kind).toBe('line');
});

test('what would draw something else than the table says has no chart', () => {
  expect(read(['Team', 'Account'], ['a', '123456789012'], ['b', '210987654321']).chart).toBeUndefined();
  expect(read(['Month', 'Cost'], ['2026-06', '$2'], ['2026-05', '$1']).chart).toBeUndefined();
  expect(read(['Region', 'Service', 'Cost'], ['eu', 'S3', '$2'], ['eu', 'EC2', '$1']).chart).toBeUndefined();
});

test('three capitals are a currency if there is one of that name', () => {
  expect(read(['Team', 'Latency (AVG)'], ['a', '5'], ['b', '6']).columns[1]).toMatchObject({ type: 'number' });
  expect(read(['Team', 'Load'], ['a', '5 CPU'], ['b', '6 CPU']).columns[1]?.type).toBe('text');
});

test('a dash or n/a is no value, and a total may have a colon', () => {
  const { columns, rows, total } = read(['Team', 'Cost'], ['a', '$5'], ['b', '—'], ['c', 'N/A'], ['Total:', '$5']);
  expect(columns[1]?.type).toBe('money');
  expect(rows.map(({ column1 }) => column1)).toEqual(['5', null, null]);
  expect(total?.column1).toBe('5');
});

const FIGURE: Figure = {
  title: 'Cost',
  columns: [
    { key: 'm', label: 'Month', type: 'month' },
    { key: 'c', label: 'Cost', type: 'money', currency: 'USD' },
  ],
  rows: [
    { m: '2026-10', c: '5.00' },
    { m: '2026-11', c: null },
  ],
};
const table = (headings: string[], ...lines: string[][]) => ({ headings, lines, cells: [] });

test('a figure takes the place of the table that says the same, and keeps its remarks', () => {
  const same = table(['Month', 'Cost (USD)'], ['October 2026', '5.00'], ['November 2026 (to 21 November)', 'unknown']);
  const { inPlace, first } = placedFigures([table(['Team'], ['a']), same], [FIGURE]);
  expect(first).toEqual([]);
  expect(inPlace.map(({ isUntitled }) => isUntitled)).toEqual([true, false]);
  expect(inPlace[1]?.said).toEqual([
    [undefined, undefined],
    [{ remark: '(to 21 November)' }, { remark: 'unknown' }],
  ]);
});

test('a table that says something else stays, and the figure comes first', () => {
  const { inPlace, first } = placedFigures([table(['Team', 'Cost'], ['a', '5'], ['b', '6'])], [FIGURE]);
  expect(inPlace[0]?.isUntitled).toBe(true);
  expect(first.map(({ figure }) => figure.title)).toEqual(['Cost']);
});

test('a figure of another month does not take the place of a table of the same form', () => {
  const may = table(['Month', 'Cost (USD)'], ['October 2026', '7.00'], ['November 2026', '8.00']);
  const { inPlace, first } = placedFigures([may], [FIGURE]);
  expect(inPlace[0]?.figure.rows[0]?.column1).toBe('7.00');
  expect(first.length).toBe(1);
});

test('a figure that was cut has the rows of the table that has all', () => {
  const whole = table(['Team', 'Cost (USD)'], ['a', '5.00'], ['b', '4.00'], ['c', '3.00'], ['Total', '12.00']);
  const cut: Figure = {
    title: 'Cost',
    columns: [
      { key: 't', label: 'Team', type: 'text' },
      { key: 'c', label: 'Cost', type: 'money', currency: 'USD' },
    ],
    rows: [
      { t: 'a', c: '5.00' },
      { t: '2 more', c: '7.00' },
    ],
    total: { t: 'Total', c: '12.00' },
  };
  const { figure } = placedFigures([whole], [cut]).inPlace[0] ?? {};
  expect(figure?.rows.map(({ t, c }) => [t, c])).toEqual([
    ['a', '5.00'],
    ['b', '4.00'],
    ['c', '3.00'],
  ]);
  expect([figure?.title, figure?.total?.c]).toEqual(['Cost', '12.00']);
});
