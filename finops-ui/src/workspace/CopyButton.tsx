import { useEffect, useState } from 'react';
import { Icon } from './Icon';

interface Props {
  readonly text: string;
  readonly label: string;
  /** What it is for. */
  readonly about: string;
  readonly icon: 'copy' | 'link';
}

/** Copies a text, and says so in its own place. */
export function CopyButton({ text, label, about, icon }: Props) {
  const [outcome, setOutcome] = useState('');
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(''), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <button
      type="button"
      className="quiet-button copy"
      title={about}
      onClick={() =>
        navigator.clipboard.writeText(text).then(
          () => setOutcome('Copied'),
          () => setOutcome('Not copied'),
        )
      }
    >
      <Icon name={outcome === 'Copied' ? 'check' : icon} />
      {outcome || label}
    </button>
  );
}
