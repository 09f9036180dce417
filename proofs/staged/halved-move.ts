import type { Plant } from '../kill/planted-bug.ts';

/** The copy commits the moved rows by themselves, ahead of what says that they were moved. */
export const halvedMove: Plant = {
  bug: 'moves staged rows in a transaction of their own, ahead of the one that says so',
  edits: [
    {
      file: 'packages/connectors/src/postgres/publish.ts',
      before: 'await session.query(dropStageSql(stage));',
      after: "await session.query('COMMIT; BEGIN'); await session.query(dropStageSql(stage));",
    },
    {
      file: 'packages/connectors/src/mysql/publish.ts',
      before: "await checkpoints.mark(session, 'move');\n    await move(session, rows, checkpoints, name);",
      after:
        "await move(session, rows, checkpoints, name);\n    await session.run('COMMIT', 'write', name);\n    await checkpoints.mark(session, 'move');",
    },
  ],
};
