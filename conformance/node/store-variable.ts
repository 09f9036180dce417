import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { SdkResponse } from '@huaweicloud/huaweicloud-sdk-core/SdkResponse.js';
import type { Access } from './cdm-client.ts';

/** A variable that a job may refer to, and whose value nobody looks at before the run. */
export interface SecretVariable {
  readonly name: string;
  readonly value: string;
}

/** Stores a secret variable for all jobs of a project: by our own API, for the vendor has no operation for it. */
export async function storeVariable(
  endpoint: string,
  access: Access,
  projectId: string,
  { name, value }: SecretVariable,
): Promise<void> {
  const credentials = new BasicCredentials({ ak: access.accessKey, sk: access.secretKey, projectId });
  const client = new ClientBuilder((made) => made).withCredential(credentials).withEndpoint(endpoint).build();
  await client.sendRequest<SdkResponse>({
    method: 'PUT',
    url: `/api/v1/projects/${projectId}/variables/${name}`,
    contentType: 'application/json',
    queryParams: {},
    pathParams: {},
    headers: {},
    data: { value, is_secret: true },
  });
}
