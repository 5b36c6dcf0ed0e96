import { lazy, Suspense, useId, useMemo, useState } from 'react';
import { chartHeight } from '../charts/chartHeight';
import { chartOf } from '../charts/chartPoints';
import { figureCsv } from '../exports/csv';
import { downloadText } from '../exports/downloadText';
import { fileName } from '../exports/fileName';
import { type Direction, rowOrder } from './cells';
import { FigureTable } from './FigureTable';
import type { ShownFigure } from './placedFigures';

export interface Sorting {
  readonly key: string;
  readonly direction: Direction;
}

const Chart = lazy(async () => ({ default: (await import('../charts/Chart')).Chart }));

/** A figure as a chart or as a table, whichever is wanted, and as a CSV file in the order shown. */
export function FigureView({ shown, question }: { shown: ShownFigure; question: string }) {
  const { figure, isUntitled } = shown;
  const chart = useMemo(() => chartOf(figure), [figure]);
  const [isTable, setIsTable] = useState(!chart || isUntitled);
  const [sorting, setSorting] = useState<Sorting>();
  const order = useMemo(() => rowOrder(figure, sorting?.key, sorting?.direction), [figure, sorting]);
  const name = useId();
  return (
    <figure className="figure">
      <figcaption className={isUntitled ? 'visually-hidden' : undefined}>{figure.title}</figcaption>
      <div className="figure-tools">
        {chart && (
          <fieldset className="switch">
            <legend className="visually-hidden">Show as</legend>
            {['Chart', 'Table'].map((label) => (
              <label key={label}>
                <input
                  type="radio"
                  name={name}
                  checked={isTable === (label === 'Table')}
                  onChange={() => setIsTable(label === 'Table')}
                />
                {label}
              </label>
            ))}
          </fieldset>
        )}
        <button
          type="button"
          className="quiet-button"
          aria-label={`CSV of ${figure.title}`}
          onClick={() => downloadText(fileName(question, figure.title, 'csv'), 'text/csv', figureCsv(figure, order))}
        >
          CSV
        </button>
      </div>
      {chart && !isTable ? (
        <Suspense fallback={<div style={{ height: chartHeight(chart) }} />}>
          <Chart chart={chart} />
        </Suspense>
      ) : (
        <FigureTable shown={shown} order={order} sorting={sorting} onSort={setSorting} />
      )}
    </figure>
  );
}
