import { visibleText } from '../../markdown/visibleText.js';
import type { Figure, FigureCell, FigureRow } from '../../wire/messages';

/** Gives a figure without the characters that nobody sees, and with which a text reads as something that it is not. Pure. */
export function visibleFigure(figure: Figure): Figure {
  const { title, columns, rows, total } = figure;
  const cell = (value: FigureCell) => (typeof value === 'string' ? visibleText(value) : value);
  const row = (cells: FigureRow): FigureRow =>
    Object.fromEntries(Object.entries(cells).map(([key, value]) => [key, cell(value)]));
  return {
    ...figure,
    title: visibleText(title),
    columns: columns.map((column) => ({ ...column, label: visibleText(column.label) })) as Figure['columns'],
    rows: rows.map(row),
    ...(total && { total: row(total) }),
  };
}
