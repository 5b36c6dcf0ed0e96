import type { Figure } from '../../wire/messages';
import { cellText, cellWriter } from './cells';
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
    return found
      ? { ...found, said: remarksOf(table, found.figure), isUntitled: false }
      : ownFigure(table, `table${index}`);
  });
  return { inPlace, first: free.map((one) => ({ ...one, said: [], isUntitled: false })) };
}

const isSame = ({ headings, lines }: MarkdownTable, { columns, rows, total }: Figure): boolean =>
  headings.length === columns.length &&
  columns.every(({ label }, index) => headings[index]?.startsWith(label)) &&
  lines.length >= rows.length + (total ? 1 : 0);

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
