import {
  type ConfirmSignInInput,
  confirmResetPassword,
  confirmSignIn,
  resetPassword,
  type SignInOutput,
  signIn,
  signOut,
} from 'aws-amplify/auth';

/** What the dialog asks for next. */
export type SignInStep =
  | { readonly name: 'password' | 'forgotten' | 'done' }
  /** At the first sign-in; `missing` are attributes that the pool wants to know of everybody. */
  | { readonly name: 'newPassword'; readonly missing: readonly string[] }
  | { readonly name: 'code'; readonly from: 'app' | 'SMS' | 'email'; readonly destination?: string | undefined }
  | { readonly name: 'method'; readonly methods: readonly Method[] }
  /** Where everybody must have an authenticator app, and this user has none yet. */
  | { readonly name: 'setUpApp'; readonly key: string; readonly address: string }
  /** So many codes for a new password are on their way, if the account has an address for them. */
  | { readonly name: 'resetCode'; readonly sent: number };

export type Method = 'TOTP' | 'SMS' | 'EMAIL';

/** The account needs a way of signing in that this page does not have. */
export class UnknownStep extends Error {
  override name = 'UnknownStep';
}

/** Begins a sign-in. The password does not leave the browser (SRP). */
export async function begin(username: string, password: string): Promise<SignInStep> {
  try {
    return next(await signIn({ username, password }));
  } catch (error) {
    if (error instanceof Error && error.name === 'UserAlreadyAuthenticatedException') {
      // By a token that is good for Amplify, but that the server has refused.
      await signOut();
      return next(await signIn({ username, password }));
    }
    throw error;
  }
}

/** Gives what a step has asked for: a new password, a code, a method. */
export async function answer(challengeResponse: string, attributes?: Record<string, string>): Promise<SignInStep> {
  const input: ConfirmSignInInput = { challengeResponse };
  return next(await confirmSignIn(attributes ? { ...input, options: { userAttributes: attributes } } : input));
}

/**
 * Has a code for a new password sent. Whether there is such an account, and such an address, is not told.
 *
 * @param sent how many were sent before
 */
export async function sendResetCode(username: string, sent = 0): Promise<SignInStep> {
  try {
    await resetPassword({ username });
  } catch (error) {
    // No such user, no address to send to, a temporary password that was never changed.
    const isTold = ['UserNotFound', 'InvalidParameter', 'NotAuthorized'].some((name) =>
      (error as Error).name.startsWith(name),
    );
    if (!isTold) throw error;
  }
  return { name: 'resetCode', sent: sent + 1 };
}

/** Sets the new password by the code, and signs in with it. */
export async function setPassword(username: string, code: string, password: string): Promise<SignInStep> {
  await confirmResetPassword({ username, confirmationCode: code, newPassword: password });
  return begin(username, password);
}

function next({ nextStep }: SignInOutput): SignInStep {
  switch (nextStep.signInStep) {
    case 'DONE':
      return { name: 'done' };
    case 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED':
      return { name: 'newPassword', missing: nextStep.missingAttributes ?? [] };
    case 'CONFIRM_SIGN_IN_WITH_TOTP_CODE':
      return { name: 'code', from: 'app' };
    case 'CONFIRM_SIGN_IN_WITH_SMS_CODE':
      return { name: 'code', from: 'SMS', destination: nextStep.codeDeliveryDetails?.destination };
    case 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE':
      return { name: 'code', from: 'email', destination: nextStep.codeDeliveryDetails?.destination };
    case 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION':
    case 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION':
      return { name: 'method', methods: nextStep.allowedMFATypes ?? [] };
    case 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP': {
      const { sharedSecret, getSetupUri } = nextStep.totpSetupDetails;
      return { name: 'setUpApp', key: sharedSecret, address: getSetupUri('FinOps Agent').href };
    }
    case 'RESET_PASSWORD':
      return { name: 'resetCode', sent: 0 };
    default:
      throw new UnknownStep(nextStep.signInStep);
  }
}
