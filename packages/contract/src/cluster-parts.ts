import Type, { type Static } from 'typebox';
import { answer, oneOfTexts, request, text } from './wire-types.ts';

// Datastore and SysTag go both ways, so they are open like everything that is received.

export const ClusterLink = answer(
  'ClusterLink',
  {
    rel: Type.Optional(text('What the address is to this object: self, bookmark.')),
    href: Type.Optional(text('The address.')),
  },
  'An address that belongs to an object; no link to a data source.',
);
export type ClusterLink = Static<typeof ClusterLink>;

export const Datastore = request(
  'Datastore',
  {
    type: Type.Optional(text('Always cdm.')),
    version: Type.Optional(text('Version of the software.')),
  },
  'Software of a cluster.',
);
export type Datastore = Static<typeof Datastore>;

export const SysTag = request(
  'SysTag',
  {
    key: oneOfTexts(
      ['_sys_enterprise_project_id'],
      'The one key that binds a cluster to an enterprise project.',
    ),
    value: text('Id of the enterprise project, as text; 0 is the default one.'),
  },
  'Binding to an enterprise project.',
);
export type SysTag = Static<typeof SysTag>;
