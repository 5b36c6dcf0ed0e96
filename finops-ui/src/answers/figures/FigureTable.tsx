import { memo, useMemo } from 'react';
import type { FigureCell, FigureColumn, FigureRow } from '../../wire/messages';
import { Prose } from '../Prose';
import { useOverflow } from '../useOverflow';
import { cellText, cellWriter, columnHeading, isNumeric } from './cells';
import type { Sorting } from './FigureView';
import type { Said, ShownFigure } from './placedFigures';

interface Props {
  readonly shown: ShownFigure;
  /** The rows' indices, as they are to stand. */
  readonly order: readonly number[];
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting | undefined) => void;
}

/** A figure's rows, which can be sorted by any column; the total stays below. */
export const FigureTable = memo(function FigureTable({ shown, order, sorting, onSort }: Props) {
  const { figure, said } = shown;
  const { columns, rows, total, title } = figure;
  const writers = useMemo(
    () =>
      columns.map((column) =>
        cellWriter(
          column,
          [...rows, ...(total ? [total] : [])].map((row) => row[column.key]),
        ),
      ),
    [columns, rows, total],
  );
  const { box, isWide } = useOverflow();
  const line = (row: FigureRow, index: number) =>
    columns.map((column, at) => {
      const Cell = at === 0 ? 'th' : 'td';
      return (
        <Cell key={column.key} scope={at === 0 ? 'row' : undefined} className={form(column, row[column.key])}>
          <CellContent value={row[column.key]} write={writers[at]} said={said[index]?.[at]} />
        </Cell>
      );
    });
  return (
    <div
      ref={box}
      className="table-box"
      {...(isWide && { role: 'region', 'aria-label': `${title}, table`, tabIndex: 0 })}
    >
      <table>
        <caption className="visually-hidden">{title}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length}>There are no rows.</td>
            </tr>
          )}
          {order.map((index) => (
            <tr key={index}>{line(rows[index] as FigureRow, index)}</tr>
          ))}
        </tbody>
        {total && (
          <tfoot>
            <tr>{line(total, rows.length)}</tr>
          </tfoot>
        )}
      </table>
    </div>
  );
});

/** Sorts by its column: the largest or the first letter first, then the other way round, then as it came. */
function Heading({ column, sorting, onSort }: { column: FigureColumn } & Pick<Props, 'sorting' | 'onSort'>) {
  const first = isNumeric(column) ? 'descending' : 'ascending';
  const direction = sorting?.key === column.key ? sorting.direction : undefined;
  const next = direction === undefined ? first : direction === first ? other(first) : undefined;
  return (
    <th scope="col" className={form(column, column.label)} aria-sort={direction ?? 'none'}>
      <button type="button" onClick={() => onSort(next && { key: column.key, direction: next })}>
        {columnHeading(column)}
      </button>
    </th>
  );
}

const other = (direction: Sorting['direction']) => (direction === 'ascending' ? 'descending' : 'ascending');

// A word that would push the amounts out of sight, such as a resource's name, may be broken anywhere.
const LONG_WORD = /\S{15}/;

function form(column: FigureColumn, cell: FigureCell | undefined): string | undefined {
  const isLong = LONG_WORD.test(cellText(cell) ?? '');
  return [isNumeric(column) && 'number', isLong && 'long'].filter(Boolean).join(' ') || undefined;
}

interface CellProps {
  readonly value: FigureRow[string] | undefined;
  readonly write: ReturnType<typeof cellWriter> | undefined;
  readonly said: Said | undefined;
}

function CellContent({ value, write, said }: CellProps) {
  if (said?.element) return <MarkdownCell element={said.element} />;
  const written = cellText(value) === undefined ? '' : (write?.(value ?? null) ?? '');
  if (!said?.remark) return written;
  return (
    <>
      {written} <small>{said.remark}</small>
    </>
  );
}

function MarkdownCell({ element }: { element: Element }) {
  const nodes = useMemo(() => [...element.childNodes].map((node) => node.cloneNode(true)), [element]);
  return element.childElementCount === 0 ? element.textContent : <Prose nodes={nodes} className="cell" />;
}
