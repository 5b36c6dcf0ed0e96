const config = {
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
export default config;
