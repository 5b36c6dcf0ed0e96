/** config.js, which is not in the repository: the guide's Step 7 says how it is written, src/settings.ts reads it. */
declare const config: unknown;
export default config;
