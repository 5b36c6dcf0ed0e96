import type { Figure, FigureCell, FigureColumn, FigureRow } from '../../wire/messages';
import { cellText, cellWriter, columnHeading } from '../figures/cells';
import { compareDecimals, isDecimal, sumOfDecimals } from '../figures/decimal';

/** A bar, or a point of a line. Numbers are good for heights; what is read is the text. */
export interface ChartPoint {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  readonly range?: readonly [low: number, high: number];
  readonly isForecast: boolean;
  readonly isPartial: boolean;
}

/** What a chart draws. */
export interface ChartModel {
  /** Ranked bars lie, one below the other; points of time go from left to right. */
  readonly shape: 'bars' | 'columns' | 'line';
  readonly points: readonly ChartPoint[];
  /** What is drawn, with its unit. */
  readonly heading: string;
  /** The same in a sentence, for those who do not see it. */
  readonly sentence: string;
  /** What the chart leaves out. */
  readonly note?: string;
  readonly isPercent: boolean;
}

const MOST_BARS = 12;
const MOST_POINTS = 400;

/**
 * Reads how a figure is to be drawn.
 *
 * @returns undefined where there is nothing to compare, or the chart is of a kind that is not known. Pure.
 */
export function chartOf(figure: Figure): ChartModel | undefined {
  const { chart, columns } = figure;
  const x = columns.find(({ key }) => key === chart?.x);
  const y = columns.find(({ key }) => key === chart?.y);
  if (!chart || !x || !y || !['bar', 'line'].includes(chart.kind)) return undefined;
  const rows = figure.rows.filter((row) => isDecimal(cellText(row[y.key]) ?? ''));
  if (rows.length < 2 || rows.length > MOST_POINTS) return undefined;
  const all = pointsOf(figure, rows, x, y);
  const shape =
    chart.kind === 'line' ? 'line' : x.type === 'text' || all.some(({ range }) => range) ? 'bars' : 'columns';
  const { points, note: left } = shape === 'bars' ? firstBars(figure, rows, all, y) : { points: all };
  const thin = shape === 'bars' && points.some(({ range }) => range) && 'The thin lines are ranges.';
  const note = [left, thin].filter(Boolean).join(' ');
  const heading = columnHeading(y);
  return {
    shape,
    points,
    heading,
    sentence: sentenceOf(shape, heading, x, all),
    isPercent: y.type === 'percent',
    ...(note && { note }),
  };
}

/** What is to be said of a value that is no plain one. Pure. */
export function remark({ isForecast, isPartial }: ChartPoint): string {
  if (isForecast) return ' expected';
  return isPartial ? ', not whole yet' : '';
}

function pointsOf(figure: Figure, rows: readonly FigureRow[], x: FigureColumn, y: FigureColumn): ChartPoint[] {
  const { chart } = figure;
  const writeX = cellWriter(
    x,
    rows.map((row) => row[x.key]),
  );
  const writeY = cellWriter(
    y,
    rows.map((row) => row[y.key]),
  );
  const name = (row: FigureRow) => writeX(row[x.key] ?? null);
  const forecast = rows.findIndex(
    (row) => chart?.forecastFrom !== undefined && cellText(row[x.key]) === chart.forecastFrom,
  );
  return rows.map((row, index) => {
    const range = [row[chart?.low ?? ''], row[chart?.high ?? '']].map((cell) => cellText(cell) ?? '');
    return {
      label: name(row) || '(blank)',
      value: numberOf(row[y.key]),
      text: writeY(row[y.key] ?? null),
      isForecast: forecast >= 0 && index >= forecast,
      isPartial: chart?.partial !== undefined && cellText(row[x.key]) === chart.partial,
      ...(range.every(isDecimal) && { range: [Number(range[0]), Number(range[1])] as const }),
    };
  });
}

/** Of many bars the first, and the others in one if their sum is what the total says. */
function firstBars(
  figure: Figure,
  rows: readonly FigureRow[],
  points: readonly ChartPoint[],
  y: FigureColumn,
): { points: readonly ChartPoint[]; note?: string } {
  if (points.length <= MOST_BARS + 1) return { points };
  const cells = rows.map((row) => cellText(row[y.key]) ?? '0');
  const total = cellText(figure.total?.[y.key]);
  const first = points.slice(0, MOST_BARS);
  const left = points.length - MOST_BARS;
  const note = `The first ${MOST_BARS} of ${points.length} are drawn; the table has all of them.`;
  if (y.type !== 'money' || !total || !isDecimal(total) || !isSum(cells, total)) return { points: first, note };
  const sum = sumOfDecimals(cells.slice(MOST_BARS));
  const text = cellWriter(y, [...cells, sum])(sum);
  const rest = { label: `${left} others together`, value: Number(sum), text, isForecast: false, isPartial: false };
  return { points: [...first, rest] };
}

/** Whether amounts add up to a total, but for what rounding each of them to a cent may take. */
function isSum(cells: readonly string[], total: string): boolean {
  const off = sumOfDecimals([...cells, total.startsWith('-') ? total.slice(1) : `-${total}`]).replace('-', '');
  return compareDecimals(off, (cells.length * 0.005).toFixed(3)) <= 0;
}

function sentenceOf(
  shape: ChartModel['shape'],
  heading: string,
  x: FigureColumn,
  points: readonly ChartPoint[],
): string {
  const [first, last] = [points[0], points.at(-1)];
  const sorted = points.filter(({ isPartial }) => !isPartial).sort((a, b) => a.value - b.value);
  const [least, most] = [sorted[0] ?? first, sorted.at(-1) ?? last];
  const kind = shape === 'line' ? 'Line chart' : 'Bar chart';
  const span = shape === 'bars' ? `${points.length} bars` : `from ${first?.label} to ${last?.label}`;
  const forecast = points.find(({ isForecast }) => isForecast);
  const partial = points.find(({ isPartial }) => isPartial);
  return [
    `${kind}: ${heading} by ${x.label}, ${span}.`,
    `Highest: ${most?.label}, ${most?.text}. Lowest: ${least?.label}, ${least?.text}.`,
    ...(forecast ? [`From ${forecast.label} on it is a forecast.`] : []),
    ...(partial ? [`${partial.label} is not whole yet.`] : []),
    'The table has the same values.',
  ].join(' ');
}

const numberOf = (cell: FigureCell | undefined): number => Number(cellText(cell) ?? 0);
