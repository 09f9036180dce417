import { noSuchPartition } from '../jdbc/column-pairs.ts';
import type { Leaf, Relation } from './catalog.ts';
import type { PgSession } from './session.ts';

interface TreeNode extends Leaf {
  readonly oid: string;
  readonly parent: string | null;
  readonly isLeaf: boolean;
}

/**
 * The partitions that hold the rows of those listed, by name.
 * @param list names of partitions at any level, sub-partitions also as `P2.SUBP1`; null: all.
 * @throws Cdm.0236 the table is not partitioned, or has no such partition.
 */
export async function chosenLeaves(
  session: PgSession,
  relation: Relation,
  list: readonly string[] | null,
): Promise<readonly Leaf[]> {
  const tableText = `${relation.name.schema}.${relation.name.table}`;
  if (relation.kind !== 'p') throw noSuchPartition(tableText, null);
  const tree = await readTree(session, relation.oid);
  const leaves = tree.filter((node) => node.isLeaf && node.kind !== 'p');
  if (list === null) return leaves;
  const chosen = new Set<string>();
  for (const name of list) {
    const node = findNode(tree, relation.oid, name);
    if (node === null) throw noSuchPartition(tableText, name);
    addLeaves(tree, node, chosen);
  }
  return leaves.filter((leaf) => chosen.has(leaf.oid));
}

async function readTree(session: PgSession, oid: string): Promise<readonly TreeNode[]> {
  const { rows } = await session.execute(
    `SELECT c.oid, t.parentrelid::oid, t.isleaf, n.nspname, c.relname, c.relkind, am.amname,
            CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) END
       FROM pg_partition_tree($1::oid) t
       JOIN pg_class c ON c.oid = t.relid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_am am ON am.oid = c.relam
      ORDER BY n.nspname, c.relname`,
    [oid],
  );
  return rows.map(([own, parent, isLeaf, schema, table, kind, accessMethod, bytes]) => ({
    oid: own ?? '',
    parent: parent ?? null,
    isLeaf: isLeaf === 't',
    name: { schema: schema ?? '', table: table ?? '' },
    kind: kind ?? 'r',
    accessMethod: accessMethod ?? null,
    bytes: Number(bytes ?? 0),
  }));
}

/** By its own name at any level, for a name may hold dots; else by its path from the table down. */
function findNode(tree: readonly TreeNode[], root: string, text: string): TreeNode | null {
  const named = tree.find((node) => node.oid !== root && node.name.table === text);
  if (named !== undefined) return named;
  let at: string = root;
  let found: TreeNode | null = null;
  for (const step of text.split('.')) {
    const children = tree.filter((node) => node.parent === at);
    found =
      children.find((node) => node.name.table === step) ??
      children.find((node) => node.name.table.toLowerCase() === step.toLowerCase()) ??
      null;
    if (found === null) return null;
    at = found.oid;
  }
  return found;
}

function addLeaves(tree: readonly TreeNode[], node: TreeNode, into: Set<string>): void {
  if (node.isLeaf) into.add(node.oid);
  for (const child of tree) if (child.parent === node.oid) addLeaves(tree, child, into);
}
