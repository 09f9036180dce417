import type { CataloguePart } from '../catalogue-entry.ts';

/** Values of a request that are missing, malformed or out of bounds. */
export const parametersErrors = {
  'Cdm.0004': {
    status: 400,
    facts: ['name', 'cause'],
    text: {
      en: 'Parameter {name} has the wrong data type: {cause}.',
      zh: '参数 {name} 的数据类型不正确：{cause}。',
    },
    remedy: {
      en: 'Send the type that the API description gives for it: numbers and booleans without quotes, dates as milliseconds.',
      zh: '请按 API 说明的类型传值：数字与布尔值不加引号，时间使用毫秒数。',
    },
  },
  'Cdm.0009': {
    status: 400,
    facts: ['name', 'value'],
    text: {
      en: 'Setting {name} must be a whole number from 0 to 2147483647: it is {value}.',
      zh: '参数 {name} 必须是 0～2147483647 之间的整数：当前值为 {value}。',
    },
    remedy: {
      en: 'Enter digits only, without sign, point or unit.',
      zh: '请只填写数字，不要带符号、小数点或单位。',
    },
  },
  'Cdm.0010': {
    status: 400,
    facts: ['name', 'range'],
    text: {
      en: 'Setting {name} must be a whole number within its range {range}.',
      zh: '参数 {name} 必须是取值范围 {range} 内的整数。',
    },
    remedy: { en: 'Enter a whole number that lies in this range.', zh: '请填写该范围内的整数。' },
  },
  'Cdm.0011': {
    status: 400,
    facts: ['name', 'cause'],
    text: {
      en: 'Setting {name} is malformed or outside its limits: {cause}.',
      zh: '参数 {name} 格式有误或超出限制：{cause}。',
    },
    remedy: {
      en: "Compare the value with the setting's description and correct it.",
      zh: '请对照该参数的说明修改取值。',
    },
  },
  'Cdm.0014': {
    status: 400,
    facts: ['name', 'cause'],
    text: { en: 'Parameter {name} is not acceptable: {cause}.', zh: '参数 {name} 不可接受：{cause}。' },
    remedy: {
      en: 'Correct the parameter as the API description says and send the request again.',
      zh: '请按 API 说明修改该参数后重新发送请求。',
    },
  },
  'Cdm.0020': {
    status: 400,
    facts: ['name', 'text'],
    text: {
      en: 'The value of setting {name} lacks the required part {text}.',
      zh: '参数 {name} 的值缺少必需的内容 {text}。',
    },
    remedy: { en: 'Add the missing part to the value.', zh: '请在取值中补充缺少的内容。' },
  },
  'Cdm.0024': {
    status: 400,
    facts: ['name', 'range'],
    text: {
      en: 'Setting {name} must lie within its range {range}.',
      zh: '参数 {name} 必须在取值范围 {range} 内。',
    },
    remedy: {
      en: 'Choose one of the values, or a value inside the range.',
      zh: '请选择允许的取值，或填写范围内的值。',
    },
  },
  'Cdm.0085': {
    status: 400,
    facts: ['name', 'max'],
    text: { en: 'Setting {name} is above its maximum {max}.', zh: '参数 {name} 超过最大值 {max}。' },
    remedy: { en: 'Enter a value that does not exceed the maximum.', zh: '请填写不超过最大值的取值。' },
  },
  'Cdm.0089': {
    status: 400,
    facts: ['names'],
    text: { en: 'The connector has no setting [{names}].', zh: '该连接器没有参数 [{names}]。' },
    remedy: {
      en: 'Remove it or correct its spelling; upper and lower case count.',
      zh: '请删除该参数或修正拼写（区分大小写）。',
    },
  },
  'Cdm.0238': {
    status: 400,
    facts: ['name'],
    text: { en: 'Setting {name} must not be empty.', zh: '参数 {name} 不能为空。' },
    remedy: { en: 'Give the setting a value.', zh: '请为该参数填写取值。' },
  },
} as const satisfies CataloguePart;
