import { expect, it } from 'vitest';
import { isWellKnownText } from './well-known-text.ts';

it.each([
  'POINT(1.5 -2.25)',
  'point ( 1e3 .5 )',
  'LINESTRING(0 0,1 1,2 0)',
  'POLYGON((0 0,1 0,1 1,0 0),(0.2 0.1,0.3 0.1,0.3 0.2,0.2 0.1))',
  'MULTIPOINT(0 0,1 1)',
  'MULTIPOINT((0 0),(1 1))',
  'MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))',
  'GEOMETRYCOLLECTION(POINT(0 0),LINESTRING(0 0,1 1))',
  'GEOMETRYCOLLECTION EMPTY',
])('%s is a geometry', (text) => {
  expect(isWellKnownText(text)).toBe(true);
});

it.each([
  '',
  'a',
  'POINT',
  'POINT()',
  'POINT(1)',
  'POINT(1 2 3)',
  'POINT(1 2) x',
  'POINT(1, 2)',
  'LINESTRING(0 0)',
  'POLYGON((0 0,1 0,1 1))',
  'POLYGON((0 0,1 0,1 1,0 1))',
  'GEOMETRYCOLLECTION(POINT(0 0)',
  'CIRCLE(0 0)',
])('%s is none', (text) => {
  expect(isWellKnownText(text)).toBe(false);
});
