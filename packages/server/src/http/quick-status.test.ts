import { quickStatusSuite } from './quick-status-suite.ts';

quickStatusSuite('the status ahead of everything else, on an embedded store', async () => undefined);
