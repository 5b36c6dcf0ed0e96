const NETWORK = 'The sign-in service cannot be reached. Check your connection, then try again.';
const AGAIN_LATER = 'There were too many tries. Wait a few minutes, then try again.';
const WRONG = 'The username or the password is not correct.';
const OVER = 'This took longer than a sign-in may last. Begin again.';

// By the name of the error, without its "Exception".
const SENTENCES: Readonly<Record<string, string>> = {
  CodeMismatch: 'The code is not correct. Check it, or wait for the next one.',
  EnableSoftwareTokenMFA: 'The code is not correct. Check it, or wait for the next one.',
  ExpiredCode: 'The code has expired or is not correct. Have a new one sent.',
  LimitExceeded: AGAIN_LATER,
  TooManyRequests: AGAIN_LATER,
  TooManyFailedAttempts: AGAIN_LATER,
  Network: NETWORK,
  NetworkError: NETWORK,
  PasswordHistoryPolicyViolation: 'This password was used before. Choose another one.',
  UserNotFound: WRONG,
  UserNotConfirmed: 'This account is not confirmed yet. Ask whoever manages the accounts.',
  UnknownStep: 'This account needs a way of signing in that this page does not have. Ask whoever manages the accounts.',
};

/**
 * Says in a sentence why a sign-in did not go on, and what to do. It never tells whether an account exists.
 *
 * @param error of Amplify: the name is Cognito's, the message may be
 */
export function signInSentence(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const kind = name.replace(/Exception$/, '');
  if (kind === 'NotAuthorized') return refusal(message);
  if (kind === 'InvalidPassword' || kind === 'InvalidParameter') {
    // Cognito names the rule: "Password did not conform with policy: Password must have symbol characters".
    const rules = [...message.matchAll(/Password (must have [^;.]*|not long enough)/g)].map(([, rule = '']) =>
      rule === 'not long enough' ? 'more characters' : rule.replace('must have ', ''),
    );
    if (rules.length > 0) return `The new password must have ${rules.join(', ')}.`;
    if (kind === 'InvalidPassword') return 'The new password does not meet the rules of this user pool.';
  }
  return SENTENCES[kind] ?? 'The sign-in did not work. Try again; if it happens again, tell whoever runs this page.';
}

/** NotAuthorizedException stands for several things, which only its text tells apart. */
function refusal(message: string): string {
  if (/attempts exceeded/i.test(message)) return AGAIN_LATER;
  if (/temporary password has expired/i.test(message)) {
    return 'The temporary password has expired. Ask whoever manages the accounts for a new one.';
  }
  if (/session/i.test(message)) return OVER;
  return WRONG;
}
