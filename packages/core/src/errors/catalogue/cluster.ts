import type { CataloguePart } from '../catalogue-entry.ts';

/** Clusters and their life. */
export const clusterErrors = {
  'Cdm.0201': {
    status: 400,
    facts: ['cluster'],
    text: { en: 'The data of cluster {cluster} could not be read.', zh: '未能获取集群 {cluster} 的信息。' },
    remedy: {
      en: 'Check the id of the cluster; if it is right, try again in a minute.',
      zh: '请检查集群 ID；若无误，请一分钟后重试。',
    },
  },
  'CDM.5090': {
    status: 400,
    facts: ['status', 'cluster'],
    text: {
      en: 'The present status {status} of cluster {cluster} does not allow this action (CDM.5090).',
      zh: '集群当前状态 {status} 不允许对集群 {cluster} 执行该操作（CDM.5090）。',
    },
    remedy: {
      en: "Ask for the cluster's detail and repeat the action when its status allows it.",
      zh: '请查询集群详情，待状态允许后重试。',
    },
  },
} as const satisfies CataloguePart;
