import { expect, test } from 'vitest';
import { cellWriter, columnHeading, rowOrder } from '../../src/answers/figures/cells';
import type { Figure, FigureCell, FigureColumn } from '../../src/wire/messages';

const column = (type: FigureColumn['type'], more: Partial<FigureColumn> = {}): FigureColumn => ({
  key: 'x',
  label: 'X',
  type,
  ...more,
});
const written = (one: FigureColumn, ...cells: FigureCell[]) => cells.map(cellWriter(one, cells));
const sorted = (type: FigureColumn['type'], cells: FigureCell[], direction: 'ascending' | 'descending') => {
  const figure: Figure = { title: '', columns: [column(type)], rows: cells.map((x) => ({ x })) };
  return rowOrder(figure, 'x', direction).map((index) => cells[index]);
};

test('money is written to the cent, however much it is', () => {
  expect(written(column('money', { currency: 'USD' }), '12345678901234567890.1', '-5')).toEqual([
    '12,345,678,901,234,567,890.10',
    '-5.00',
  ]);
});

test('a currency has its own digits, and a price below its smallest coin is not nothing', () => {
  expect(written(column('money', { currency: 'JPY' }), '1500')).toEqual(['1,500']);
  expect(written(column('money', { currency: 'USD' }), '0.0004', '12.5')).toEqual(['0.0004', '12.5000']);
  expect(written(column('number'), '0.0000001', '3')).toEqual(['0.0000001', '3.0000000']);
});

test('percent, months and days are written for people', () => {
  expect(written(column('percent'), '12.5', 3)).toEqual(['12.5\u00a0%', '3.0\u00a0%']);
  expect(written(column('month'), '2026-05')).toEqual(['May 2026']);
  expect(written(column('date'), '2026-05-21')).toEqual(['21 May 2026']);
});

test('what is not of its column is shown as it is', () => {
  expect(written(column('money'), 'much')).toEqual(['much']);
  expect(written(column('month'), '2026-99', 'Total')).toEqual(['2026-99', 'Total']);
});

test('a heading has the currency that the cells leave out', () => {
  expect(columnHeading(column('money', { label: 'Cost', currency: 'EUR' }))).toBe('Cost (EUR)');
});

test('numbers are sorted by value, and rows without one are last either way', () => {
  const cells = ['10', null, '9.5', '-3', '9007199254740993', '9007199254740992'];
  const up = ['-3', '9.5', '10', '9007199254740992', '9007199254740993'];
  expect(sorted('money', cells, 'ascending')).toEqual([...up, null]);
  expect(sorted('money', cells, 'descending')).toEqual([...up.toReversed(), null]);
});

test('months are sorted by time, texts as in a dictionary', () => {
  expect(sorted('month', ['2026-10', '2025-12', '2026-02'], 'ascending')).toEqual(['2025-12', '2026-02', '2026-10']);
  expect(sorted('text', ['b', 'Ä', 'a10', 'a9', null], 'ascending')).toEqual(['Ä', 'a9', 'a10', 'b', null]);
});
