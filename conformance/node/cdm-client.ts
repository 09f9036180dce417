import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient.js';
import { Region } from '@huaweicloud/huaweicloud-sdk-core/region/region.js';

/** A JSON object as it came; this SDK hands answers on without looking at them. */
// biome-ignore lint/suspicious/noExplicitAny: the checks look into answers of unknown shape, and a wrong step is a failed check
export type Answer = any;

export type Access = { readonly accessKey: string; readonly secretKey: string };

/**
 * The CDM operations on the vendor's Node.js core. The vendor publishes no CDM package for Node.js, only the core that all
 * his service packages stand on (client builder, credentials, project look-up, signer, exceptions). So the requests are made
 * by hand here in the form that his packages give them, and everything below is his code, unmodified.
 */
export class CdmClient {
  readonly #client: HcClient;

  private constructor(client: HcClient) {
    this.#client = client;
  }

  static forProject(endpoint: string, access: Access, projectId: string): CdmClient {
    const credentials = new BasicCredentials({ ak: access.accessKey, sk: access.secretKey, projectId });
    const build = new ClientBuilder((client) => new CdmClient(client));
    return build.withCredential(credentials).withEndpoint(endpoint).build();
  }

  /** The project id is looked up at the identity service, which is the same server. */
  static forRegion(endpoint: string, access: Access, region: string): CdmClient {
    const credentials = new BasicCredentials({ ak: access.accessKey, sk: access.secretKey }).withIamEndpoint(
      endpoint,
    );
    const build = new ClientBuilder((client) => new CdmClient(client));
    return build.withCredential(credentials).withRegion(new Region(region, endpoint)).build();
  }

  listClusters(): Promise<Answer> {
    return this.#send('GET', '/clusters', {});
  }

  createCluster(body: Answer): Promise<Answer> {
    return this.#send('POST', '/clusters', { body, headers: { 'X-Language': 'en-us' } });
  }

  showClusterDetail(clusterId: string): Promise<Answer> {
    return this.#send('GET', '/clusters/{cluster_id}', { path: { cluster_id: clusterId } });
  }

  deleteCluster(clusterId: string): Promise<Answer> {
    const body = { keep_last_manual_backup: 0 };
    return this.#send('DELETE', '/clusters/{cluster_id}', { path: { cluster_id: clusterId }, body });
  }

  modifyCluster(clusterId: string, body: Answer): Promise<Answer> {
    const headers = { 'X-Language': 'en-us' };
    return this.#send('POST', '/cluster/modify/{cluster_id}', {
      path: { cluster_id: clusterId },
      headers,
      body,
    });
  }

  /** Restart, start or stop: the body says which. */
  clusterAction(clusterId: string, body: Answer): Promise<Answer> {
    return this.#send('POST', '/clusters/{cluster_id}/action', { path: { cluster_id: clusterId }, body });
  }

  showInstanceDetail(instanceId: string): Promise<Answer> {
    return this.#send('GET', '/instances/{instance_id}', { path: { instance_id: instanceId } });
  }

  showDatastores(): Promise<Answer> {
    return this.#send('GET', '/datastores', {});
  }

  showFlavors(datastoreId: string): Promise<Answer> {
    return this.#send('GET', '/datastores/{datastore_id}/flavors', { path: { datastore_id: datastoreId } });
  }

  showFlavorDetail(flavorId: string): Promise<Answer> {
    return this.#send('GET', '/flavors/{flavor_id}', { path: { flavor_id: flavorId } });
  }

  showAvailabilityZones(regionId: string): Promise<Answer> {
    return this.#send('GET', '/regions/{region_id}/availability_zones', { path: { region_id: regionId } });
  }

  showEnterpriseProjects(): Promise<Answer> {
    return this.#send('GET', '/enterprise-projects', {});
  }

  showClusterEnterpriseProjects(clusterId: string): Promise<Answer> {
    return this.#send('GET', '/clusters/{cluster_id}/enterprise-projects', {
      path: { cluster_id: clusterId },
    });
  }

  createAndStartRandomClusterJob(body: Answer): Promise<Answer> {
    return this.#send('POST', '/clusters/job', { body, headers: { 'X-Language': 'en-us' } });
  }

  createLink(clusterId: string, body: Answer, validate = false): Promise<Answer> {
    const query = validate ? { validate: 'true' } : {};
    return this.#send('POST', '/clusters/{cluster_id}/cdm/link', {
      path: { cluster_id: clusterId },
      query,
      body,
    });
  }

  showLink(clusterId: string, name: string): Promise<Answer> {
    return this.#link('GET', clusterId, name);
  }

  updateLink(clusterId: string, name: string, body: Answer): Promise<Answer> {
    return this.#link('PUT', clusterId, name, body);
  }

  deleteLink(clusterId: string, name: string): Promise<Answer> {
    return this.#link('DELETE', clusterId, name);
  }

  createJob(clusterId: string, body: Answer): Promise<Answer> {
    return this.#send('POST', '/clusters/{cluster_id}/cdm/job', { path: { cluster_id: clusterId }, body });
  }

  showJobs(clusterId: string, name: string, query: object = { page_no: 1, page_size: 10 }): Promise<Answer> {
    return this.#job('GET', clusterId, name, '', { query });
  }

  updateJob(clusterId: string, name: string, body: Answer): Promise<Answer> {
    return this.#job('PUT', clusterId, name, '', { body });
  }

  deleteJob(clusterId: string, name: string): Promise<Answer> {
    return this.#job('DELETE', clusterId, name, '', {});
  }

  /** @param body undefined: none is sent. */
  startJob(clusterId: string, name: string, body: Answer): Promise<Answer> {
    return this.#job('PUT', clusterId, name, '/start', { body });
  }

  stopJob(clusterId: string, name: string): Promise<Answer> {
    return this.#job('PUT', clusterId, name, '/stop', {});
  }

  showJobStatus(clusterId: string, name: string): Promise<Answer> {
    return this.#job('GET', clusterId, name, '/status', {});
  }

  showSubmissions(clusterId: string, jobName: string): Promise<Answer> {
    const path = { cluster_id: clusterId };
    return this.#send('GET', '/clusters/{cluster_id}/cdm/submissions', { path, query: { jname: jobName } });
  }

  #link(method: string, clusterId: string, name: string, body?: Answer): Promise<Answer> {
    const path = { cluster_id: clusterId, link_name: name };
    return this.#send(method, '/clusters/{cluster_id}/cdm/link/{link_name}', { path, body });
  }

  #job(
    method: string,
    clusterId: string,
    name: string,
    action: string,
    more: { query?: object; body?: Answer },
  ) {
    const path = { cluster_id: clusterId, job_name: name };
    return this.#send(method, `/clusters/{cluster_id}/cdm/job/{job_name}${action}`, { path, ...more });
  }

  async #send(
    method: string,
    resource: string,
    more: { path?: Record<string, string>; query?: object; headers?: Record<string, string>; body?: Answer },
  ): Promise<Answer> {
    return await this.#client.sendRequest({
      method,
      url: `/v1.1/{project_id}${resource}`,
      contentType: 'application/json',
      queryParams: { ...more.query },
      pathParams: { ...more.path },
      headers: { ...more.headers },
      ...(more.body === undefined ? {} : { data: more.body }),
    });
  }
}
