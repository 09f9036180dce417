import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';

/** A token for the project, got with the server's access key. */
export async function projectToken(server: SluiceProcess, projectId: string): Promise<string> {
  const { endpoint, accessKey, secretKey } = server;
  const answer = await fetch(`${endpoint}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['hw_ak_sk'],
          hw_ak_sk: { access: { key: accessKey }, secret: { key: secretKey } },
        },
        scope: { project: { id: projectId } },
      },
    }),
  });
  const token = answer.headers.get('x-subject-token');
  if (token === null) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  return token;
}
