import type { ConnectorSpec } from '@sluice/core/connector/registry';
import { genericJdbcConnector } from './jdbc/index.ts';

/** Every connector that ships with the product: the only list of them. Importing it loads no driver. */
export const bundle: readonly ConnectorSpec[] = [genericJdbcConnector];
