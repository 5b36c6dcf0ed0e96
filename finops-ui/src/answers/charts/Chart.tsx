import { Bars } from './Bars';
import type { ChartModel } from './chartPoints';
import { TimeSeries } from './TimeSeries';

/** A chart, its heading, and what it leaves out. Whoever does not see it hears a sentence, and has the table. */
export function Chart({ chart }: { chart: ChartModel }) {
  return (
    <div className="chart">
      <p className="chart-heading">{chart.heading}</p>
      {chart.shape === 'bars' ? <Bars chart={chart} /> : <TimeSeries chart={chart} />}
      {chart.note && <p className="chart-note">{chart.note}</p>}
    </div>
  );
}
