// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AesSecretBox } from '../secrets/aes-secret-box.ts';
import { variableContext } from '../secrets/sealed-values.ts';
import type { VariableScope } from '../store/model.ts';
import { RunRig, rigSecretBox } from './test-rig-suite.ts';
import {
  createMysqlSide,
  createNumbers,
  createPostgresSide,
  createTarget,
  hasServers,
  type Side,
} from './test-sides-suite.ts';

describe.skipIf(!hasServers)('variables of a run', () => {
  let sides: Readonly<Record<Side['kind'], Side>>;
  let rig: RunRig;

  beforeAll(async () => {
    sides = { postgres: await createPostgresSide(), mysql: await createMysqlSide() };
    for (const side of Object.values(sides)) await createNumbers(side, 'source', 50);
    rig = await RunRig.open();
  });
  afterAll(async () => {
    await rig?.close();
    await Promise.all(Object.values(sides ?? {}).map((side) => side.drop()));
  });

  async function set(scope: VariableScope, name: string, value: string, isSecret = false): Promise<void> {
    const sealedValue = isSecret ? rigSecretBox.seal(value, variableContext(scope.id, name)) : null;
    const by = { updatedBy: 'test', updatedAt: Date.now() };
    await rig.store.variables.put({ scope, name, value: isSecret ? null : value, sealedValue, ...by });
  }
  const cluster = (): VariableScope => ({ kind: 'cluster', id: rig.cluster.id });

  test.each([
    { from: 'postgres', to: 'mysql' },
    { from: 'mysql', to: 'postgres' },
  ] as const)('are filled in from $from to $to: table, condition, target', async ({ from, to }) => {
    const toTable = `target_of_${from}`;
    await createTarget(sides[to], toTable);
    await set(cluster(), 'stem', 'source');
    await set({ kind: 'project', id: rig.cluster.projectId }, 'last', '7');
    await set(cluster(), 'secret_target', toTable, true);
    const run = await rig.run({
      from: sides[from],
      to: sides[to],
      fromTable: '${stem}',
      toTable: '${secret_target}',
      fromOptions: { 'fromJobConfig.whereClause': 'id <= ${last}' },
    });
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(run.counts.rowsWritten).toBe(7);
    expect(run.job.toOptions['toJobConfig.tableName']).toBe('${secret_target}');
    const [counted] = await sides[to].sql(`SELECT COUNT(*) AS n FROM ${toTable}`);
    expect(Number(counted?.n)).toBe(7);
  });

  test('that are nowhere make the run one that could not be submitted', async () => {
    const run = await rig.run({ from: sides.postgres, to: sides.mysql, toTable: '${nowhere}' });
    expect([run.state, run.failure?.code]).toEqual(['rejected', 'Cdm.0014']);
    expect(run.failure?.summary.en).toContain('nowhere');
    expect(run.failure?.summary.zh).toContain('nowhere');
  });

  test.each(['postgres', 'mysql'] as const)(
    'that are secret are in no text of a run that fails, %s',
    async (kind) => {
      const secret = 'no_such_thing_at_all';
      await set(cluster(), 'secret_word', secret, true);
      await createTarget(sides[kind], 'other');
      const before = rig.events.length;
      for (const options of [
        { fromOptions: { 'fromJobConfig.whereClause': `${'${secret_word}'} = 1` } },
        { fromTable: '${secret_word}' },
        { fromOptions: { 'fromJobConfig.columnList': 'id&${secret_word}' } },
      ]) {
        const run = await rig.run({ from: sides[kind], to: sides[kind], toTable: 'other', ...options });
        expect(run.state).toMatch(/failed|rejected/);
        expect(JSON.stringify(run)).not.toContain(secret);
        expect(run.failure?.details.en).toContain('******');
      }
      const told = rig.events
        .slice(before)
        .map(({ event, fields }) => [event, Object.values(fields).map(String)]);
      expect(JSON.stringify(told)).not.toContain(secret);
      expect(rigSecretBox).toBeInstanceOf(AesSecretBox);
    },
  );

  test.each(['postgres', 'mysql'] as const)(
    'that are secret are in no text in pieces either, where the database quotes the statement from within them, %s',
    async (kind) => {
      await set(cluster(), 'phrase', 'p4ss word-of mine 77', true);
      await createTarget(sides[kind], 'pieces');
      const before = rig.events.length;
      const run = await rig.run({
        from: sides[kind],
        to: sides[kind],
        toTable: 'pieces',
        fromOptions: { 'fromJobConfig.whereClause': 'name = ${phrase}' },
      });
      expect(run.state).toMatch(/failed|rejected/);
      const told = rig.events.slice(before).map(({ fields }) => Object.values(fields).map(String));
      for (const text of [JSON.stringify(run), JSON.stringify(told)])
        expect(text).not.toContain('word-of mine');
    },
  );
});
