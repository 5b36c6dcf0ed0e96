import { periodsFor, withPeriod } from './periods';

/** The same question once more: for another period, or to be changed. It goes into the ask box, and is not sent. */
export function AskAgain({ question, onAskAgain }: { question: string; onAskAgain: (text: string) => void }) {
  const periods = periodsFor(question);
  return (
    <div className="ask-again">
      <button type="button" className="quiet-button" onClick={() => onAskAgain(question)}>
        Ask again
      </button>
      {periods.length > 0 && <span>or for</span>}
      {periods.map((period) => (
        <button
          type="button"
          key={period}
          className="chip"
          onClick={() => onAskAgain(withPeriod(question, period))}
          aria-label={`Ask again for ${period}`}
        >
          {period}
        </button>
      ))}
    </div>
  );
}
