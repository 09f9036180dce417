import { clusterErrors } from './catalogue/cluster.ts';
import { databasesErrors } from './catalogue/databases.ts';
import { elasticsearchErrors } from './catalogue/elasticsearch.ts';
import { filesErrors } from './catalogue/files.ts';
import { gatewayErrors } from './catalogue/gateway.ts';
import { generalErrors } from './catalogue/general.ts';
import { hbaseErrors } from './catalogue/hbase.ts';
import { hiveErrors } from './catalogue/hive.ts';
import { identityErrors } from './catalogue/identity.ts';
import { jobsErrors } from './catalogue/jobs.ts';
import { kafkaErrors } from './catalogue/kafka.ts';
import { linksErrors } from './catalogue/links.ts';
import { mongodbErrors } from './catalogue/mongodb.ts';
import { parametersErrors } from './catalogue/parameters.ts';
import { redisErrors } from './catalogue/redis.ts';
import { runsErrors } from './catalogue/runs.ts';
import type { CatalogueEntry, CataloguePart } from './catalogue-entry.ts';
import type { ErrorCode } from './codes.ts';

/** The parts of the catalogue, in the order in which the reference lists them. */
export const catalogueParts = {
  general: generalErrors,
  parameters: parametersErrors,
  links: linksErrors,
  jobs: jobsErrors,
  runs: runsErrors,
  files: filesErrors,
  databases: databasesErrors,
  hive: hiveErrors,
  hbase: hbaseErrors,
  redis: redisErrors,
  mongodb: mongodbErrors,
  elasticsearch: elasticsearchErrors,
  kafka: kafkaErrors,
  cluster: clusterErrors,
  gateway: gatewayErrors,
  identity: identityErrors,
} as const satisfies Readonly<Record<string, CataloguePart>>;

/** Every code with its entry: the compiler refuses a code without one. */
export const errorCatalogue: Readonly<Record<ErrorCode, CatalogueEntry>> = {
  ...generalErrors,
  ...parametersErrors,
  ...linksErrors,
  ...jobsErrors,
  ...runsErrors,
  ...filesErrors,
  ...databasesErrors,
  ...hiveErrors,
  ...hbaseErrors,
  ...redisErrors,
  ...mongodbErrors,
  ...elasticsearchErrors,
  ...kafkaErrors,
  ...clusterErrors,
  ...gatewayErrors,
  ...identityErrors,
};

const known: ReadonlySet<string> = new Set(Object.keys(errorCatalogue));

/** Is this text one of the catalogue's codes? For codes that come back out of a store. */
export function isErrorCode(text: string): text is ErrorCode {
  return known.has(text);
}
