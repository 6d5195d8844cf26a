import { defineConfig } from 'vitest/config';

const common = { environment: 'node', testTimeout: 20_000, hookTimeout: 60_000 } as const;

/** `npm run test:cluster`: takes a cluster that takes long to build, and minutes of a full table. */
const CLUSTER = {
  extends: true as const,
  test: {
    ...common,
    name: 'cluster',
    include: ['test/cluster/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
};

/** `npm run test:container`, and CI: the real image under podman; base images take a minute or two to make. */
const CONTAINER = {
  extends: true as const,
  test: {
    ...common,
    name: 'container',
    include: ['test/container/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
    sequence: { groupOrder: 2 },
  },
};

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
          exclude: ['test/kernel/**', 'test/web/browser/**', 'test/render/**', 'test/cluster/**', 'test/container/**'],
          maxWorkers: 3, // Most of them wait more than they reckon.
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'page',
          include: ['test/web/browser/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 3,
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
      ...(process.argv.includes('cluster') ? [CLUSTER] : []),
      ...(process.argv.includes('container') || process.env['CI'] === 'true' ? [CONTAINER] : []),
    ],
  },
});
