import type { CataloguePart } from '../catalogue-entry.ts';

/** Kafka. */
export const kafkaErrors = {
  'Cdm.1601': {
    status: 400,
    facts: ['cause'],
    text: { en: 'Kafka cannot be reached: {cause}.', zh: '无法连接到 Kafka：{cause}。' },
    remedy: {
      en: 'Check the brokers of the link, and that the addresses they announce are open to this service too.',
      zh: '请检查连接的 Broker 列表，并确认 Broker 对外公布的地址也对本服务开放。',
    },
  },
  'Cdm.1603': {
    status: 400,
    facts: ['topic', 'cause'],
    text: {
      en: 'No sample message of topic {topic} could be read: {cause}.',
      zh: '未能读取主题 {topic} 的样例消息：{cause}。',
    },
    remedy: {
      en: "Check the data format and the consumer rights of the link's user on the topic.",
      zh: '请检查数据格式，以及连接的用户对该主题的消费权限。',
    },
  },
  'Cdm.1604': {
    status: 400,
    facts: ['topic'],
    text: { en: 'The topic {topic} holds no data.', zh: '主题 {topic} 中没有数据。' },
    remedy: {
      en: 'Send a message to the topic, or have the job read from the earliest one.',
      zh: '请向该主题写入消息，或将作业设为从最早的位置消费。',
    },
  },
} as const satisfies CataloguePart;
