import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // The site may lie anywhere below its host.
  base: './',
  build: { outDir: 'build', emptyOutDir: true, target: 'es2024', modulePreload: { polyfill: false } },
  plugins: [react()],
});
