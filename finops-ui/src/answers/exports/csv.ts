import Papa from 'papaparse';
import type { Figure, FigureCell } from '../../wire/messages';
import { cellText, columnHeading } from '../figures/cells';

// What a spreadsheet takes for a formula, in the wide forms of the signs too; a negative number and a dash are none.
// https://owasp.org/www-community/attacks/CSV_Injection
const FORMULA = /^(?!-(?:\d+(?:\.\d+)?)?$)\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
// Without it, Excel reads UTF-8 as the machine's old code page.
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Makes a CSV file (RFC 4180) of a figure: headings, the rows in the order given, the total. Numbers are as they came,
 * so no cent is lost, and no cell is taken for a formula. Pure.
 *
 * @param order the rows' indices
 */
export function figureCsv({ columns, rows, total }: Figure, order: readonly number[]): string {
  const lines = [...order.map((index) => rows[index]), ...(total ? [total] : [])];
  return csvText([
    columns.map(
      (column) => `${columnHeading(column)}${column.type === 'percent' && !column.label.includes('%') ? ' (%)' : ''}`,
    ),
    ...lines.map((line) => columns.map(({ key }) => line?.[key])),
  ]);
}

/** Writes cells as CSV, each in quotes and none a formula. Pure. */
export function csvText(lines: readonly (readonly (FigureCell | undefined)[])[]): string {
  const cells = lines.map((line) => line.map((cell) => inert(cellText(cell) ?? '')));
  return `${BYTE_ORDER_MARK}${Papa.unparse(cells, { quotes: true, newline: '\r\n' })}\r\n`;
}

const inert = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
