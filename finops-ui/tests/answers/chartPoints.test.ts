import { expect, test } from 'vitest';
import { chartOf } from '../../src/answers/charts/chartPoints';
import type { Figure, FigureChart, FigureRow } from '../../src/wire/messages';

const CHART: FigureChart = { kind: 'bar', x: 's', y: 'c' };
const figure = (rows: FigureRow[], more: Partial<Figure> = {}): Figure => ({
  title: 'Cost by service',
  columns: [
    { key: 's', label: 'Service', type: 'text' },
    { key: 'c', label: 'Cost', type: 'money', currency: 'USD' },
  ],
  rows,
  chart: CHART,
  ...more,
});
const many = Array.from({ length: 20 }, (_, index) => ({ s: `s${index}`, c: `${20 - index}.10` }));

test('a row without a value is left out, and one bar alone is no chart', () => {
  expect(
    chartOf(
      figure([
        { s: 'a', c: '1' },
        { s: 'b', c: null },
      ]),
    ),
  ).toBeUndefined();
  expect(
    chartOf(
      figure([
        { s: 'a', c: '1' },
        { s: 'b', c: null },
        { s: 'c', c: '-2' },
      ]),
    )?.points.length,
  ).toBe(2);
});

test('of many bars the others are one, if the total says that they add up', () => {
  const chart = chartOf(figure(many, { total: { s: 'Total', c: '212.00' } }));
  expect(chart?.points.length).toBe(13);
  expect(chart?.points.at(-1)).toMatchObject({ label: '8 others together', text: '36.80' });
  expect(chart?.note).toBeUndefined();
});

test.each([undefined, { s: 'Average', c: '10.60' }])(
  'otherwise the first are drawn, and the chart says so (%o)',
  (total) => {
    const chart = chartOf(figure(many, total && { total }));
    expect(chart?.points.length).toBe(12);
    expect(chart?.note).toBe('The first 12 of 20 are drawn; the table has all of them.');
  },
);

test('time goes on in a line: forecast, range and what is not whole are marked, and said', () => {
  const chart = chartOf({
    title: 'Forecast',
    columns: [
      { key: 'm', label: 'Month', type: 'month' },
      { key: 'c', label: 'Cost', type: 'money', currency: 'USD' },
      { key: 'l', label: 'Low', type: 'money', currency: 'USD' },
      { key: 'h', label: 'High', type: 'money', currency: 'USD' },
    ],
    rows: [
      { m: '2026-10', c: '100', l: null, h: null },
      { m: '2026-11', c: '60', l: null, h: null },
      { m: '2026-12', c: '110', l: '100', h: '120' },
    ],
    chart: { kind: 'line', x: 'm', y: 'c', low: 'l', high: 'h', forecastFrom: '2026-12', partial: '2026-11' },
  });
  expect(chart?.shape).toBe('line');
  expect(chart?.points.map(({ isForecast, isPartial }) => [isForecast, isPartial])).toEqual([
    [false, false],
    [false, true],
    [true, false],
  ]);
  expect(chart?.points[2]?.range).toEqual([100, 120]);
  expect(chart?.sentence).toBe(
    'Line chart: Cost (USD) by Month, from October 2026 to December 2026. ' +
      'Highest: December 2026, 110.00. Lowest: October 2026, 100.00. ' +
      'From December 2026 on it is a forecast. November 2026 is not whole yet. The table has the same values.',
  );
});

test('a kind that is not known draws no chart', () => {
  expect(chartOf(figure(many, { chart: { ...CHART, kind: 'pie' as 'bar' } }))).toBeUndefined();
  expect(chartOf(figure(many, { chart: { ...CHART, y: 'nothing' } }))).toBeUndefined();
});
