import { type FormEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { QrCode } from './QrCode';
import type { Session } from './session';
import './session.css';
import { signInSentence } from './signInSentences';
import { answer, begin, type Method, type SignInStep, sendResetCode, setPassword } from './signInSteps';

interface Props {
  readonly session: Session;
  readonly onSignedIn: () => void;
}

/** The sign-in over the page, which stays as it is below it. One form for each step, all of them Cognito's. */
export default function SignInDialog({ session, onSignedIn }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [step, setStep] = useState<SignInStep>({ name: 'password' });
  const [username, setUsername] = useState(() => session.getUser()?.name ?? '');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const isAgain = session.getUser() !== undefined;
  const titleId = useId();
  const faultId = useId();

  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element?.open) element?.showModal();
    // While it is still there: the focus goes back to where it was.
    return () => element?.close();
  }, []);
  // Each step begins where it is filled in: what is not filled in yet, or the first of all.
  useEffect(() => {
    const inputs = [...(form.current?.querySelectorAll<HTMLInputElement>('input:not([hidden])') ?? [])];
    (inputs.find((input) => input.value === '' || input.type === 'radio') ?? inputs[0])?.focus();
  }, [step]);

  function go(to: SignInStep): void {
    setFault(undefined);
    setStep(to);
  }

  async function take(attempt: () => Promise<SignInStep>): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    try {
      const reached = await attempt();
      if (reached.name === 'done') {
        // From here on the session knows who it is.
        await session.credentials(false);
        onSignedIn();
      } else {
        go(reached);
      }
    } catch (error) {
      setFault(signInSentence(error));
      const inputs = form.current?.querySelectorAll<HTMLInputElement>('input:not([hidden])') ?? [];
      const last = inputs[inputs.length - 1];
      last?.focus();
      last?.select();
    } finally {
      setBusy(false);
    }
  }

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const { password = '', code = '', method = '' } = values;
    const name = (values.username ?? username).trim();
    setUsername(name);
    switch (step.name) {
      case 'password':
        return void take(() => begin(name, password));
      case 'forgotten':
        return void take(() => sendResetCode(name));
      case 'resetCode':
        return void take(() => setPassword(name, digits(code), password));
      case 'newPassword':
        return void take(() =>
          answer(password, Object.fromEntries(step.missing.map((each) => [each, values[each] ?? '']))),
        );
      case 'method':
        return void take(() => answer(method));
      default:
        return void take(() => answer(digits(code)));
    }
  }

  const { title, explanation, fields, action } = view(step, username, isAgain);
  return (
    // Nothing behind it works without a sign-in, so Escape does not close it. Browsers let only the first be refused.
    <dialog
      ref={dialog}
      className="sign-in"
      aria-labelledby={titleId}
      onCancel={(event) => event.preventDefault()}
      onClose={() => !dialog.current?.open && dialog.current?.showModal()}
    >
      <form ref={form} key={step.name} onSubmit={submit} aria-describedby={fault && faultId}>
        <h2 id={titleId}>{title}</h2>
        {explanation}
        {fields}
        <p id={faultId} className="sign-in-fault" role="alert">
          {fault}
        </p>
        <button type="submit" className="button" aria-disabled={isBusy}>
          {isBusy ? 'One moment' : action}
        </button>
        <footer>
          {step.name === 'password' && (
            <button type="button" className="link-button" onClick={() => go({ name: 'forgotten' })}>
              Forgotten your password?
            </button>
          )}
          {step.name === 'resetCode' && (
            <button
              type="button"
              className="link-button"
              onClick={() => void take(() => sendResetCode(username, step.sent))}
            >
              Send another code
            </button>
          )}
          {step.name !== 'password' && (
            <button type="button" className="link-button" onClick={() => go({ name: 'password' })}>
              Back to sign in
            </button>
          )}
        </footer>
      </form>
    </dialog>
  );
}

interface View {
  readonly title: string;
  readonly explanation?: ReactNode;
  readonly fields: ReactNode;
  readonly action: string;
}

function view(step: SignInStep, username: string, isAgain: boolean): View {
  switch (step.name) {
    case 'forgotten':
      return {
        title: 'Set a new password',
        explanation: <p>You get a code at the email address that your account has.</p>,
        fields: <Username value={username} />,
        action: 'Send the code',
      };
    case 'resetCode':
      return {
        title: 'Set a new password',
        explanation:
          step.sent === 0 ? (
            <p>Your password must be set anew. Enter the code that you were sent.</p>
          ) : (
            <p role="status">
              If <b>{username}</b> is an account with a verified email address, {step.sent > 1 ? 'another' : 'a'} code
              is on its way there. If none comes, ask whoever manages the accounts.
            </p>
          ),
        fields: (
          <>
            <Code label="Code" />
            <Password label="New password" autoComplete="new-password" username={username} />
          </>
        ),
        action: 'Set the password and sign in',
      };
    case 'newPassword':
      return {
        title: 'Choose a password',
        explanation: <p>The one that you were given is for the first sign-in only.</p>,
        fields: (
          <>
            {step.missing.map((name) => (
              <Field key={name} label={attributeLabel(name)}>
                {(id) => (
                  <input id={id} name={name} type={name === 'email' ? 'email' : 'text'} autoComplete={name} required />
                )}
              </Field>
            ))}
            <Password label="New password" autoComplete="new-password" username={username} />
          </>
        ),
        action: 'Set the password and sign in',
      };
    case 'code':
      return {
        title: 'Enter the code',
        explanation: (
          <p>
            {step.from === 'app'
              ? 'Your authenticator app shows it.'
              : `It was sent by ${step.from}${step.destination ? ` to ${step.destination}` : ''}.`}
          </p>
        ),
        fields: <Code label="Code" />,
        action: 'Sign in',
      };
    case 'method':
      return {
        title: 'How do you get your code?',
        fields: (
          <fieldset aria-label="How do you get your code?">
            {step.methods.map((method, index) => (
              <label key={method} className="choice">
                <input type="radio" name="method" value={method} defaultChecked={index === 0} />
                {METHODS[method]}
              </label>
            ))}
          </fieldset>
        ),
        action: 'Continue',
      };
    case 'setUpApp':
      return {
        title: 'Add an authenticator app',
        explanation: (
          <>
            <p>Scan this with your authenticator app, or type the key into it. Then enter the code that it shows.</p>
            <QrCode text={step.address} label="The key as a QR code" />
            <p className="sign-in-key">
              <code>{step.key.match(/.{1,4}/g)?.join(' ')}</code>
            </p>
          </>
        ),
        fields: <Code label="Code" />,
        action: 'Sign in',
      };
    default:
      return {
        title: isAgain ? 'Sign in again' : 'Sign in',
        explanation: isAgain && <p>Your sign-in has ended. What is on this page stays.</p>,
        fields: (
          <>
            <Username value={username} />
            <Password label="Password" autoComplete="current-password" />
          </>
        ),
        action: 'Sign in',
      };
  }
}

const METHODS: Readonly<Record<Method, string>> = {
  TOTP: 'From my authenticator app',
  SMS: 'By SMS',
  EMAIL: 'By email',
};

function Field({ label, children }: { readonly label: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="sign-in-field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}

function Username({ value }: { readonly value: string }) {
  return (
    <Field label="Username">
      {(id) => (
        <input
          id={id}
          name="username"
          defaultValue={value}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={128}
          required
        />
      )}
    </Field>
  );
}

interface PasswordProps {
  readonly label: string;
  readonly autoComplete: 'current-password' | 'new-password';
  /** Whose it is, where the form does not ask: a password manager wants to know. */
  readonly username?: string;
}

function Password({ label, autoComplete, username }: PasswordProps) {
  const [isShown, setShown] = useState(false);
  return (
    <>
      {username !== undefined && <input hidden readOnly value={username} autoComplete="username" />}
      <Field label={label}>
        {(id) => (
          <div className="sign-in-password">
            <input
              id={id}
              name="password"
              type={isShown ? 'text' : 'password'}
              autoComplete={autoComplete}
              autoCapitalize="none"
              spellCheck={false}
              maxLength={256}
              required
            />
            <button
              type="button"
              className="link-button"
              aria-label={isShown ? 'Hide the password' : 'Show the password'}
              onClick={() => setShown(!isShown)}
            >
              {isShown ? 'Hide' : 'Show'}
            </button>
          </div>
        )}
      </Field>
    </>
  );
}

function Code({ label }: { readonly label: string }) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          className="sign-in-code"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,12}"
          title="Six digits"
          maxLength={12}
          required
        />
      )}
    </Field>
  );
}

/** A code as apps show it, with spaces, as Cognito takes it. */
function digits(code: string): string {
  return code.replaceAll(' ', '');
}

/** `given_name` as people read it: Given name. */
function attributeLabel(name: string): string {
  const words = name.replace(/^custom:/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
