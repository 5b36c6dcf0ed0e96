import type { Figure, FigureCell, FigureColumn, FigureRow } from '../../wire/messages';
import { cellText, cellWriter, isNumeric } from './cells';
import { markdownFigure } from './markdownFigure';
import type { MarkdownTable } from './markdownTable';
import { visibleFigure } from './visibleFigure';

/** A figure as it is drawn, with what the answer's text says of its cells beyond the figures. */
export interface ShownFigure {
  readonly id: string;
  readonly figure: Figure;
  /** By row (the total's is the number of rows) and column. */
  readonly said: readonly (readonly (Said | undefined)[])[];
  /** Of a markdown table, whose title nobody has given. */
  readonly isUntitled: boolean;
}

export interface Said {
  /** What stands behind the cell's value, or in place of a value that is missing. */
  readonly remark?: string;
  /** The cell as the markdown has it, in place of the value. */
  readonly element?: Element;
}

/**
 * Finds for each figure the markdown table that says the same, in whose place it is then drawn; its remarks are kept,
 * since figures have none. Tables without a figure are read as figures themselves. Pure, but for the elements it passes
 * on.
 *
 * @returns what is drawn in place of each table, and the figures that have none
 */
export function placedFigures(
  tables: readonly MarkdownTable[],
  figures: readonly Figure[],
): { inPlace: ShownFigure[]; first: ShownFigure[] } {
  const free = figures.map((figure, index) => ({ figure: visibleFigure(figure), id: `figure${index}` }));
  const inPlace = tables.map((table, index) => {
    const at = free.findIndex(({ figure }) => isSame(table, figure));
    const [found] = at < 0 ? [] : free.splice(at, 1);
    if (!found) return ownFigure(table, `table${index}`);
    const figure = withAllRows(found.figure, table);
    return { id: found.id, figure, said: remarksOf(table, figure), isUntitled: false };
  });
  return { inPlace, first: free.map((one) => ({ ...one, said: [], isUntitled: false })) };
}

/** Whether headings and first row are the same: two tables of one form may have different months. */
function isSame({ headings, lines }: MarkdownTable, { columns, rows, total }: Figure): boolean {
  return (
    headings.length === columns.length &&
    columns.every(({ label }, index) => headings[index]?.startsWith(label)) &&
    lines.length >= rows.length + (total ? 1 : 0) &&
    columns.every((column, index) => isSameCell(lines[0]?.[index]?.trim() ?? '', column, rows[0]?.[column.key] ?? null))
  );
}

function isSameCell(text: string, column: FigureColumn, cell: FigureCell): boolean {
  const given = cellText(cell);
  if (given === undefined) return true;
  const written = cellWriter(column, [cell])(cell);
  if (!isNumeric(column)) return text.startsWith(written) || text.startsWith(given);
  // The text may have a sign, a unit, or fewer digits.
  const [one, other] = [text, written].map((each) => each.replace(/\D/g, '')) as [string, string];
  return one !== '' && (one.startsWith(other) || other.startsWith(one));
}

/** A figure that was cut to fit into a message, with the rows of the table that has all of them. */
function withAllRows(figure: Figure, { headings, lines }: MarkdownTable): Figure {
  const { columns, rows, total } = markdownFigure(figure.title, headings, lines);
  const isRead = columns.every(({ type }, index) => type === figure.columns[index]?.type);
  if (!isRead || rows.length <= figure.rows.length) return figure;
  const keyed = (row: FigureRow): FigureRow =>
    Object.fromEntries(figure.columns.map(({ key }, index) => [key, row[columns[index]?.key ?? ''] ?? null]));
  return { ...figure, rows: rows.map(keyed), ...(total && { total: keyed(total) }) };
}

function remarksOf({ lines }: MarkdownTable, { columns, rows, total }: Figure): ShownFigure['said'] {
  const all = total ? [...rows, total] : rows;
  // Figures that were cut to fit into a message have other rows than the text.
  if (lines.length !== all.length) return [];
  const writers = columns.map((column) =>
    cellWriter(
      column,
      rows.map((row) => row[column.key]),
    ),
  );
  return all.map((row, at) =>
    columns.map(({ key }, index) => {
      const text = lines[at]?.[index]?.trim() ?? '';
      const cell = row[key] ?? null;
      if (cellText(cell) === undefined) return text ? { remark: text } : undefined;
      const written = writers[index]?.(cell) ?? '';
      const rest = index === 0 && text.startsWith(written) ? text.slice(written.length).trim() : '';
      return rest ? { remark: rest } : undefined;
    }),
  );
}

function ownFigure({ headings, lines, cells }: MarkdownTable, id: string): ShownFigure {
  const figure = markdownFigure(headings.join(', '), headings, lines);
  return { id, figure, isUntitled: true, said: cells.map((row) => row.map((element) => ({ element }))) };
}
