import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { SdkResponse } from '@huaweicloud/huaweicloud-sdk-core/SdkResponse.js';
import type { Access } from './cdm-client.ts';

type ProjectList = SdkResponse & { projects?: { id?: unknown; name?: unknown }[] };

/** Asks the server for the id of the project that bears the region's name, with the vendor's signer. */
export async function lookUpProject(endpoint: string, access: Access, region: string): Promise<string> {
  const credentials = new BasicCredentials({ ak: access.accessKey, sk: access.secretKey });
  const client = new ClientBuilder((made) => made).withCredential(credentials).withEndpoint(endpoint).build();
  const answer = await client.sendRequest<ProjectList>({
    method: 'GET',
    url: '/v3/projects',
    contentType: 'application/json',
    queryParams: { name: region },
    pathParams: {},
    headers: {},
  });
  const id = answer.projects?.find((project) => project.name === region)?.id;
  if (typeof id !== 'string') throw new Error(`the server knows no project named ${region}`);
  return id;
}
