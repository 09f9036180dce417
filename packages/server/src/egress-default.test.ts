import { expect, test } from 'vitest';
import { configOptions } from './config/options.ts';
import { egressDenyDefault } from './runs/egress.ts';

test('what is denied where nobody says anything is what the tests of the rules take for it', () => {
  expect(configOptions.egressDeny.default({} as never)).toEqual(egressDenyDefault);
});
