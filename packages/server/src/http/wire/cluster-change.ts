import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { ActionWish } from '../../clusters/cluster-actions.ts';
import type { ClusterChange } from '../../clusters/cluster-service.ts';
import type { PowerActionName } from '../../clusters/cluster-states.ts';
import { clusterLimits } from '../../clusters/limits.ts';
import type { PowerSettings } from '../../clusters/power-settings.ts';
import { type Document, flagMember, isDocument, textMember, wrongMember } from './documents.ts';

/** Empty text and the word `null` both mean unset. */
export function setText(document: Document, member: string): string | null {
  const text = textMember(document, member);
  return text === 'null' ? null : text;
}

/**
 * Reads when a cluster is switched on and off by itself; the two flags are spelt one way in the create call and another in
 * the modify call. A member that is absent is absent in what is returned; one that says "unset" is empty there.
 * @throws Cdm.0004 wrong type; Cdm.0011 a time of another form than HH:mm:ss.
 */
export function readPower(
  document: Document,
  names: { readonly autoOff: string; readonly bootOff: string },
): Partial<PowerSettings> {
  const flags = {
    ...(has(document, names.autoOff) ? { isAutoOff: flagMember(document, names.autoOff, false) } : {}),
    ...(has(document, names.bootOff)
      ? { isScheduleBootOff: flagMember(document, names.bootOff, false) }
      : {}),
  };
  const times = (['scheduleBootTime', 'scheduleOffTime'] as const).flatMap((member) =>
    member in document ? [[member, timeOfDay(document, member)]] : [],
  );
  return { ...flags, ...Object.fromEntries(times) };
}

function has(document: Document, member: string): boolean {
  return document[member] !== undefined && document[member] !== null;
}

/** @returns `HH:mm:ss`; empty when unset. */
function timeOfDay(document: Document, member: string): string {
  const text = setText(document, member)?.trim() ?? '';
  if (text === '') return '';
  const parts = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const [hour, minute, second] = [parts?.[1] ?? '', parts?.[2] ?? '', parts?.[3] ?? '00'];
  if (parts === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw new SluiceError('Cdm.0011', {
      name: member,
      ...explained({
        en: `${member} must be a time of day such as 08:30:00.`,
        zh: `${member} 必须是形如 08:30:00 的时刻。`,
      }),
    });
  }
  return `${hour.padStart(2, '0')}:${minute}:${second}`;
}

/** Telephone numbers or mail addresses with commas between them. @throws Cdm.0011 too many of them. */
export function contactsOf(document: Document, ...members: readonly string[]): string | null {
  const member = members.find((name) => name in document);
  if (member === undefined) return null;
  const text = setText(document, member) ?? '';
  const contacts = text.split(/[,，;]/).filter((each) => each.trim() !== '');
  if (contacts.length <= clusterLimits.contactsMax) return text;
  throw new SluiceError('Cdm.0011', {
    name: member,
    ...explained({
      en: `${member} names at most ${clusterLimits.contactsMax} contacts.`,
      zh: `${member} 最多包含 ${clusterLimits.contactsMax} 个联系方式。`,
    }),
  });
}

/** Reads the body of the modify call: what it names is changed, and nothing else. @throws as `readPower` and `contactsOf`. */
export function readClusterChange(body: unknown): ClusterChange {
  if (!isDocument(body)) throw wrongMember('body', { en: 'an object', zh: '对象' });
  const settings: Record<string, Json> = {};
  if (has(body, 'autoRemind')) settings.autoRemind = flagMember(body, 'autoRemind', false);
  const phoneNumbers = contactsOf(body, 'phoneNum');
  if (phoneNumbers !== null) settings.phoneNumbers = phoneNumbers;
  const email = contactsOf(body, 'email');
  if (email !== null) settings.email = email;
  return { power: readPower(body, { autoOff: 'autoOff', bootOff: 'scheduleBootOff' }), settings };
}

/**
 * Reads the body of an action call: one member names the action and holds its settings. Some clients wrap twice.
 * @throws Cdm.0238 no action; Cdm.0014 several, or a mode that does not go with the level; Cdm.0004, Cdm.0011, Cdm.0024.
 */
export function readAction(body: unknown, name: PowerActionName): ActionWish {
  const outer = isDocument(body) ? body : {};
  const named = (['restart', 'start', 'stop'] as const).filter((member) => member in outer);
  if (named.length > 1) throw notTogether(named);
  if (!(name in outer)) throw new SluiceError('Cdm.0238', { name: 'restart, start, stop' });
  const content = outer[name] ?? {};
  if (!isDocument(content)) throw wrongMember(name, { en: 'an object', zh: '对象' });
  const inner = content[name];
  const settings = isDocument(inner) ? inner : content;
  if (name === 'start') return { name, patience: 'none', delaySeconds: null };
  return name === 'stop' ? readStop(settings) : readRestart(settings);
}

function readStop(settings: Document): ActionWish {
  const mode = wordMember(settings, 'stopMode', { IMMEDIATELY: 'none', GRACEFULLY: 'drain' }) ?? 'none';
  const delay = secondsMember(settings, 'delayTime');
  if (mode === 'none') return { name: 'stop', patience: 'none', delaySeconds: null };
  // Without a time, and with -1, all runs are waited for.
  return { name: 'stop', patience: 'drain', delaySeconds: delay === null || delay < 0 ? null : delay };
}

function readRestart(settings: Document): ActionWish {
  const level = wordMember(settings, 'restartLevel', { SERVICE: 'SERVICE', VM: 'VM' }) ?? 'SERVICE';
  const given = wordMember(settings, 'restartMode', {
    IMMEDIATELY: 'IMMEDIATELY',
    FORCELY: 'FORCELY',
    FORCIBLY: 'FORCELY',
    SOFTLY: 'SOFTLY',
    GRACEFULL: 'SOFTLY',
    GRACEFULLY: 'SOFTLY',
  });
  if (level === 'VM' && given === 'IMMEDIATELY') {
    throw new SluiceError('Cdm.0014', {
      name: 'restartMode',
      ...explained({
        en: 'A restart of level VM is FORCELY or SOFTLY.',
        zh: '虚拟机级别的重启仅支持 FORCELY 或 SOFTLY。',
      }),
    });
  }
  const delay = secondsMember(settings, 'restartDelayTime');
  if (given === 'SOFTLY') {
    // No delay, or 0, is what clients send that mean none: then all runs are waited for.
    return { name: 'restart', patience: 'drain', delaySeconds: delay === null || delay <= 0 ? null : delay };
  }
  const isDelayed = delay !== null && delay > 0;
  return { name: 'restart', patience: isDelayed ? 'wait' : 'none', delaySeconds: isDelayed ? delay : null };
}

/** One of a few words, in any case. @returns null when absent or blank. @throws Cdm.0011 any other word. */
function wordMember<Value extends string>(
  document: Document,
  member: string,
  words: Readonly<Record<string, Value>>,
): Value | null {
  const text = textMember(document, member)?.trim().toUpperCase() ?? null;
  if (text === null) return null;
  const value = Object.hasOwn(words, text) ? words[text] : undefined;
  if (value !== undefined) return value;
  const known = Object.keys(words).join(', ');
  throw new SluiceError('Cdm.0011', {
    name: member,
    ...explained({ en: `${member} is one of ${known}.`, zh: `${member} 的取值为 ${known} 之一。` }),
  });
}

/** Whole seconds from -1 on; text that is a number is taken. @throws Cdm.0004, Cdm.0024 */
function secondsMember(document: Document, member: string): number | null {
  const text = textMember(document, member)?.trim() ?? null;
  if (text === null) return null;
  if (!/^[+-]?\d{1,10}$/.test(text)) throw wrongMember(member, { en: 'a whole number', zh: '整数' });
  const seconds = Number(text);
  if (seconds >= -1 && seconds <= clusterLimits.delayMaxSeconds) return seconds;
  throw new SluiceError('Cdm.0024', { name: member, range: `-1, ${clusterLimits.delayMaxSeconds}` });
}

function notTogether(names: readonly string[]): SluiceError {
  const shown = names.join(', ');
  return new SluiceError('Cdm.0014', {
    name: shown,
    ...explained({ en: 'One call takes one action.', zh: '每次调用只能执行一个动作。' }),
  });
}
