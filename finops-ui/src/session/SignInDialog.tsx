import { useEffect, useRef } from 'react';
import type { Session } from './session';

interface Props {
  readonly session: Session;
  /** Told when somebody has signed in. */
  readonly onSignedIn: () => void;
}

/** A place for the sign-in, over the page, which keeps what was written. */
export default function SignInDialog(_props: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label="Sign in">
      <p>Please sign in.</p>
    </dialog>
  );
}
