import { defineConfig } from 'vitest/config';

const common = { environment: 'node', testTimeout: 20_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  define: { BUILD_VERSION: '"0.0.0-test"', BUILD_REVISION: '"test"' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/render/**', 'test/cluster/**', 'test/container/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One at a time: these share the machine's nf_conntrack_max.
        extends: true,
        test: {
          ...common,
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The real image, under podman.
        extends: true,
        test: {
          ...common,
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
