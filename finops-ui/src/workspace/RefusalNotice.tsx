import type { ReactNode } from 'react';
import { type Remedy, wordsOf } from '../wire/codes';
import { Icon } from './Icon';
import { duration, useNow } from './status/times';

interface Props {
  readonly refusal: { readonly code: string; readonly sentence: string; readonly retryAt?: number };
  /** What can be done here. The code's own remedy comes first, if it is among them. */
  readonly remedies: Partial<Record<Remedy, () => void>>;
  /** What stands between the sentences and the buttons, such as the jobs that can be cancelled. */
  readonly children?: ReactNode;
}

const LABELS: Readonly<Record<Remedy, string>> = {
  askAnew: 'Ask again',
  edit: 'Edit',
  askAnyAgent: 'Ask whichever fits',
  wait: 'Send now',
  cancelOne: 'Send again',
  signIn: 'Sign in',
  forget: 'Remove',
  reload: 'Reload the page',
  connect: 'Try again',
};

/** What was refused or has failed: what it is, why, what to do, and buttons that do it. */
export function RefusalNotice({ refusal, remedies, children }: Props) {
  const { title, sentence = refusal.sentence, advice, remedy } = wordsOf(refusal.code);
  const first = remedies[remedy] && remedy !== 'wait' ? [remedy] : [];
  const others = (Object.keys(remedies) as Remedy[]).filter((name) => name !== remedy && OFTEN.includes(name));
  return (
    <div className="notice" data-tone={remedy === 'wait' ? 'warning' : 'bad'} data-code={refusal.code}>
      <Icon name={remedy === 'wait' ? 'clock' : 'alert'} />
      <div>
        <p className="notice-title">{title}</p>
        <p>
          {sentence}
          {advice && ` ${advice}`}
        </p>
        {remedy === 'wait' && <Countdown until={refusal.retryAt} />}
        {children}
        <p className="buttons">
          {[...first, ...others].map((name) => (
            <button
              key={name}
              type="button"
              className={name === remedy ? 'button' : 'quiet-button'}
              onClick={remedies[name]}
            >
              {LABELS[name]}
            </button>
          ))}
        </p>
      </div>
    </div>
  );
}

/** What may be offered beside the code's own remedy. */
const OFTEN: readonly Remedy[] = ['edit', 'forget'];

/** Says when the same is sent again. Not spoken each second: it is in no live region. */
function Countdown({ until }: { until: number | undefined }) {
  const now = useNow(until !== undefined);
  if (until === undefined) return null;
  const seconds = Math.ceil((until - now) / 1000);
  return (
    <p className="countdown">{seconds > 0 ? `It is sent again in ${duration(seconds)}.` : 'It is sent again now.'}</p>
  );
}
