import { defineConfig } from 'vite';

export default defineConfig({
  root: 'app',
  base: './',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  esbuild: { jsx: 'automatic' },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    minify: false,
    target: 'chrome110',
    chunkSizeWarningLimit: 100_000,
    reportCompressedSize: false,
  },
});
