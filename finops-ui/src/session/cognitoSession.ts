import { Amplify } from 'aws-amplify';
import { type AuthTokens, fetchAuthSession } from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { ConsoleLogger } from 'aws-amplify/utils';
import { SealedStorage } from './sealedStorage';
import type { Session, User } from './session';

export interface UserPool {
  readonly id: string;
  /** Of its app client. */
  readonly clientId: string;
}

// Beside Amplify's own entries: who signed in last, also after the tokens have expired.
const USER = 'user';

// What Cognito says when the sign-in itself is over, and not just out of reach.
const OVER =
  /^(NotAuthorized|TokenRevoked|UserNotFound|PasswordResetRequired|UserNotConfirmed|RefreshTokenReuse|UserUnAuthenticated)/;

/**
 * The session of a page whose people sign in at a Cognito user pool.
 *
 * Amplify gets no identity pool: one that fails hides a good token. It takes the region from the pool's id.
 *
 * @param endpoint speaks to a local cloud instead of AWS
 */
export async function cognitoSession(
  pool: UserPool,
  endpoint?: string,
): Promise<Omit<Session, 'hasSignIn' | 'opened'>> {
  const storage = await SealedStorage.open(`finops.session.${pool.clientId}`);
  // It warns of every endpoint that is not AWS's.
  ConsoleLogger.LOG_LEVEL = 'ERROR';
  Amplify.configure({
    Auth: {
      Cognito: {
        userPoolId: pool.id,
        userPoolClientId: pool.clientId,
        ...(endpoint && { userPoolEndpoint: endpoint }),
      },
    },
  });
  cognitoUserPoolsTokenProvider.setKeyValueStorage(storage);

  const listeners = new Set<() => void>();
  const known = (): User | undefined => JSON.parse(storage.get(USER) ?? 'null') ?? undefined;
  let user = known();
  let isSignedIn = storage.hasKeyEnding('.refreshToken');
  // Grows when somebody signs out, so that a token that was on its way then is thrown away.
  let generation = 0;

  function update(): void {
    const before = { user, isSignedIn };
    user = known();
    isSignedIn = storage.hasKeyEnding('.refreshToken');
    if (before.user && !user) {
      generation += 1;
    }
    if (before.user?.id !== user?.id || (isSignedIn && !before.isSignedIn)) {
      for (const listener of [...listeners]) {
        listener();
      }
    }
  }

  storage.onChange = update;

  return {
    getUser: () => user,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async credentials(renew) {
      const began = generation;
      try {
        const { tokens } = await fetchAuthSession({ forceRefresh: renew });
        if (began !== generation) {
          await storage.clear();
          return undefined;
        }
        if (!tokens) {
          isSignedIn = false;
          return undefined;
        }
        const { id, name } = userOf(tokens);
        if (user?.id !== id) {
          await storage.setItem(USER, JSON.stringify({ id, name }));
          update();
        }
        return { userId: id, username: name, token: tokens.accessToken.toString() };
      } catch (error) {
        if (error instanceof Error && OVER.test(error.name)) {
          isSignedIn = false;
          return undefined;
        }
        throw error;
      }
    },
    async signOut() {
      const tokens = await cognitoUserPoolsTokenProvider.tokenOrchestrator.getTokenStore().loadTokens();
      const cleared = storage.clear();
      update();
      await cleared;
      if (tokens?.refreshToken) {
        await revoke(endpoint ?? endpointOf(pool.id), pool.clientId, tokens.refreshToken);
      }
    },
  };
}

/** The access token's user, whom the server sees, by a name that people know. */
function userOf({ accessToken, idToken }: AuthTokens): User {
  const id = String(accessToken.payload.sub);
  const name = String(accessToken.payload.username ?? id);
  // In pools where people sign in with their address, the username is a number.
  return { id, name: name === id ? String(idToken?.payload.email ?? name) : name };
}

/**
 * Takes a sign-in back. Not by Amplify's signOut, which waits for the answer before it forgets the tokens, and which the
 * closing of the tab would interrupt.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
 */
async function revoke(endpoint: string, clientId: string, token: string): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSCognitoIdentityProviderService.RevokeToken',
  };
  const body = JSON.stringify({ ClientId: clientId, Token: token });
  // Out of reach: it ends by itself.
  await fetch(endpoint, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
}

function endpointOf(userPoolId: string): string {
  const region = userPoolId.split('_')[0];
  return `https://cognito-idp.${region}.amazonaws.com${region?.startsWith('cn-') ? '.cn' : ''}/`;
}
