import { describe, expect, it } from 'vitest';
import { acceptsGzip } from '../../../src/web/server/responses.ts';

describe('acceptsGzip()', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['GZIP;q=0.5', true],
    ['x-gzip', true],
    ['*', true],
    ['br, *;q=0.1', true],
    ['gzip;q=0.5, identity;q=0.2', true],
    [undefined, false],
    ['', false],
    ['identity', false],
    ['deflate, br', false],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip;q=0, *', false],
    ['*;q=0', false],
    ['identity, gzip;q=0.5', false],
    ['gzip;q=no', false],
  ])('reads %j as %j', (header, wanted) => {
    expect(acceptsGzip(header)).toBe(wanted);
  });
});
