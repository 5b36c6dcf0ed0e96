import type { Fault } from '../settings';

/** Stands in place of the page when config.js leads nowhere: for whoever has installed it. */
export function WrongSettings({ faults }: { faults: readonly Fault[] }) {
  return (
    <main>
      <div className="whole-page">
        <h1>This page is not set up yet</h1>
        <p>
          Its file <code>src/config.js</code> must be mended, and the page built again. Who uses this page cannot do
          that: tell whoever runs it.
        </p>
        <dl className="faults">
          {faults.map(({ key, sentence }) => (
            <div key={key}>
              <dt>
                <code>{key}</code>
              </dt>
              <dd>{sentence}</dd>
            </div>
          ))}
        </dl>
        <p>
          <code>ops/write_frontend_config.sh</code> writes the file from the stack's outputs.
        </p>
      </div>
    </main>
  );
}
