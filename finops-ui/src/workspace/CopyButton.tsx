import { useEffect, useState } from 'react';
import { Icon } from './Icon';

/** Copies a text, and says so in its own place. */
export function CopyButton({ text, label, icon }: { text: string; label: string; icon: 'copy' | 'link' }) {
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
