import type { Text } from '@sluice/core/data/text';
import type { Operation } from './operation.ts';

/** Events that no operation of the tables stands for: what was refused, and a link that was only checked. */
export const otherAuditEvents = {
  signInFailed: { en: 'Sign-in failed', zh: '登录失败' },
  accessDenied: { en: 'Access denied', zh: '访问被拒绝' },
  verifyLink: { en: 'Check a link without storing it', zh: '校验连接' },
} as const satisfies Readonly<Record<string, Text>>;

/** Names as published; stopCluster and exportJob are ours, for the published list has none. */
const published: Readonly<Record<string, readonly string[]>> = {
  CreateCluster: ['createCluster'],
  DeleteCluster: ['deleteCluster'],
  ModifyCluster: ['modifyCluster'],
  StartCluster: ['startCluster'],
  StopCluster: ['stopCluster'],
  RestartCluster: ['restartCluster'],
  CreateLink: ['createLink'],
  UpdateLink: ['modifyLink'],
  DeleteLink: ['deleteLink'],
  CreateJob: ['createJob'],
  UpdateJob: ['modifyJob'],
  DeleteJob: ['deleteJob'],
  StartJob: ['startJob'],
  StopJob: ['stopJob'],
  CreateAndStartRandomClusterJob: ['createJob', 'startJob'],
  ImportObjects: ['clusterImportJob'],
  ExportObjects: ['exportJob'],
  ExportSealedObjects: ['exportJob'],
  TestLink: ['verifyLink'],
  TestLinkDraft: ['verifyLink'],
};

/** What an operation needs to say of itself here; a row of either table does. */
export type AuditedOperation = Pick<
  Operation<string>,
  'operationId' | 'method' | 'path' | 'tag' | 'access' | 'summary'
>;

/**
 * The events that a call of this operation is written down as, in the order in which they come about. Reads are none. One that
 * changes something and has no published name goes by its own.
 */
export function auditEventsOf(operation: AuditedOperation): readonly string[] {
  const names = published[operation.operationId];
  if (names !== undefined) return names;
  const isRead = operation.access === 'read' || operation.method === 'GET';
  return isRead ? [] : [lowerFirst(operation.operationId)];
}

/** What kind of thing an operation acts on: that which its path names last, or of which it makes a new one. */
export function auditResourceOf(operation: AuditedOperation): string {
  const parts = operation.path.split('/');
  const last = parts.at(-1) ?? '';
  const isMade = operation.operationId.startsWith('Create') && !last.startsWith('{');
  const isNamed = (part: string) => part.startsWith('{') && part !== '{role_scope}';
  const named = isMade ? last.replace(/s$/, '') : (parts.findLast(isNamed) ?? '');
  const kind = named
    .replace(/[{}]/g, '')
    .replace(/_(id|name)$/, '')
    .replaceAll('-', '_');
  return kind === 'ak' ? 'access_key' : kind;
}

/** Every name of an event with its text, made from the operations given. */
export function auditEventTexts(operations: readonly AuditedOperation[]): ReadonlyMap<string, Text> {
  const texts = new Map<string, Text>(Object.entries(otherAuditEvents));
  for (const operation of operations) {
    const [only, ...more] = auditEventsOf(operation);
    // One that stands for several events does each of them as another operation does it alone.
    if (only === undefined || more.length > 0 || texts.has(only)) continue;
    texts.set(only, operation.summary);
  }
  return texts;
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
