import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings';

const GUIDES = {
  region: 'us-east-1',
  cognito: {
    userPoolId: 'us-east-1_DQpPM15TX',
    userPoolWebClientId: '4evk2m4ru8rrenij1ukg0044k6',
    identityPoolId: 'us-east-1:dd3fed4d-d712-440a-af16-b16bf5b9c2ef',
  },
  api: {
    websocketEndpoint: 'wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod',
    privateEndpoint: 'https://bybfgjmve5b5m4baexntp62d3e0dqjty.lambda-url.us-east-1.on.aws/',
    legacyEndpoint: 'https://mdog752949.execute-api.us-east-1.amazonaws.com/prod/query',
    useWebSocket: true,
  },
};
const withApi = (api: object) => ({ ...GUIDES, api: { ...GUIDES.api, ...api } });
const faultyKeys = (config: unknown) => {
  const read = readSettings(config);
  return 'faults' in read ? read.faults.map(({ key }) => key) : [];
};

describe('config.js', () => {
  it('is read as the guide shows it', () => {
    expect(readSettings(GUIDES)).toEqual({
      websocketEndpoint: GUIDES.api.websocketEndpoint,
      legacyEndpoint: GUIDES.api.legacyEndpoint,
      useWebSocket: true,
      userPool: { id: 'us-east-1_DQpPM15TX', clientId: '4evk2m4ru8rrenij1ukg0044k6' },
    });
  });

  it('needs nothing but the endpoint', () => {
    expect(readSettings({ api: { websocketEndpoint: 'ws://127.0.0.1:4510' } })).toEqual({
      websocketEndpoint: 'ws://127.0.0.1:4510',
      useWebSocket: true,
    });
  });

  it.each([
    [undefined, ['src/config.js']],
    [{}, ['api.websocketEndpoint']],
    [
      withApi({ websocketEndpoint: 'https://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod' }),
      ['api.websocketEndpoint'],
    ],
    [withApi({ websocketEndpoint: 7 }), ['api.websocketEndpoint']],
    [withApi({ useWebSocket: false, legacyEndpoint: '' }), ['api.legacyEndpoint']],
    [{ ...GUIDES, cognito: { ...GUIDES.cognito, userPoolId: 'DQpPM15TX' } }, ['cognito.userPoolId']],
    [{ ...GUIDES, cognito: { userPoolId: 'us-east-1_DQpPM15TX' } }, ['cognito.userPoolWebClientId']],
    [{ cognito: { userPoolWebClientId: 'x' } }, ['api.websocketEndpoint', 'cognito.userPoolId']],
  ])('says which key is wrong: %j', (config, keys) => {
    expect(faultyKeys(config)).toEqual(keys);
  });

  it('may hold anything: what is wrong is said, and nothing is thrown', () => {
    const section = fc.option(
      fc.dictionary(fc.constantFrom(...Object.keys({ ...GUIDES.api, ...GUIDES.cognito })), fc.anything()),
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ api: section, cognito: section })), (config) => {
        const read = readSettings(config);
        expect('faults' in read ? read.faults.length > 0 : URL.canParse(read.websocketEndpoint)).toBe(true);
      }),
    );
  });
});
